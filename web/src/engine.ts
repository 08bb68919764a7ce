// The engine as the page sees it: a worker that takes messages. If it fails (out of memory, a trap) it is started again
// and told the model and the picture, which are kept here; requests that died with it end in Failed.
import { adapt_threads, type ThreadState } from './adapt_threads.ts';
import type { BuildChoice } from './choose_build.ts';
import type { FromEngine, ToEngine } from './engine_worker.ts';
import { text, type Text } from './text.ts';
import { encode_failed, encode_set_threads, is_final, kEvent, kShellRequests, Reader, type Message } from './wire.ts';
import { transferables } from './wasm_module.ts';

export type EngineState = 'starting' | 'ready' | 'restarting' | 'failed';

export interface EngineListener {
  on_message(message: Message, event: Reader): void;
  on_state(state: EngineState, threads: number, notice: Text | null): void;
}

export interface EngineFiles {
  worker: string;
  script: string;
  module: WebAssembly.Module;
}

// After this many failures in a minute the engine stays down until someone asks for it.
const kMaxFailures = 3;
const kFailureWindowMs = 60_000;

const kRestarted = text(
  'The computing part stopped (it probably ran out of memory) and was started again; your model and picture are back. If it happens again, close other tabs or take a smaller picture.',
  '计算部分意外停止（可能内存不足），已重新启动，模型和图片已恢复。若再次发生，请关闭其他标签页或换用较小的图片。',
);
const kGaveUp = text(
  'The computing part stopped several times and stays off. Press “Restart”, or reload the page; closing other tabs frees memory.',
  '计算部分多次意外停止，现已关闭。请按“重新启动”，或重新加载页面；关闭其他标签页可释放内存。',
);
const kDied = text('The computing part stopped before it was done; it starts again.', '计算部分未完成便已停止，正在重新启动。');

type Build = (request: number) => Message;

// A command whose effect lasts, so that an engine which starts again is told of it. One that fails leaves the one before
// in place, here as in the engine.
class Lasting {
  latest: Build | null = null;
  private readonly pending = new Map<number, Build>();

  constructor(private readonly success: number) {}

  sent(request: number, build: Build): number {
    this.pending.set(request, build);
    this.latest ??= build;
    return request;
  }
  answered(event: Reader): void {
    const build = this.pending.get(event.request);
    this.pending.delete(event.request);
    if (build !== undefined && event.alternative === this.success) this.latest = build;
  }
  forget_pending(): void {
    this.pending.clear();
  }
}

export class Engine {
  private worker: Worker | null = null;
  private failures: number[] = [];
  private open = new Set<number>(); // requests without a final event
  private next_request = kShellRequests;
  private readonly model = new Lasting(kEvent.ModelLoaded);
  private readonly picture = new Lasting(kEvent.ImageReady);
  private threads: ThreadState;
  private state: EngineState = 'starting';
  private lag_timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly files: EngineFiles,
    private readonly choice: BuildChoice,
    cores: number,
    private readonly listener: EngineListener,
  ) {
    const maximum = choice.forced_threads || !choice.build.endsWith('threads') ? choice.threads : Math.min(cores, choice.threads + 1);
    this.threads = { threads: choice.threads, maximum: Math.max(choice.threads, maximum), lags: [], quiet_until: 0 };
    this.start();
  }

  get busy(): boolean {
    return this.open.size > 0;
  }

  // A message of the page, passed on as it is.
  send(message: Message): void {
    const { request } = new Reader(message.header);
    this.open.add(request);
    this.post(message);
    this.watch_lag();
  }

  // `build` makes the message for a request id; it is kept to be made again after a failure, and so must copy its bytes.
  send_model(build: Build): number {
    return this.model.sent(this.send_own(build), build);
  }
  send_picture(build: Build): number {
    return this.picture.sent(this.send_own(build), build);
  }

  // Ends the worker and starts a new one, whatever it does.
  restart(): void {
    this.failures = [];
    this.set_state('restarting', null);
    this.start_again();
  }

  private send_own(build: Build): number {
    const request = this.next_request++;
    this.send(build(request));
    return request;
  }

  private post(message: Message): void {
    const envelope: ToEngine = { type: 'message', message };
    this.worker?.postMessage(envelope, transferables(message));
  }

  private set_state(state: EngineState, notice: Text | null): void {
    this.state = state;
    this.listener.on_state(state, this.threads.threads, notice);
  }

  private start(): void {
    this.worker?.terminate();
    const worker = new Worker(this.files.worker, { type: 'module', name: 'convscope-engine' });
    this.worker = worker;
    worker.addEventListener('message', (event: MessageEvent<FromEngine>) => {
      if (this.worker === worker) this.receive(event.data);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.worker === worker) this.failed(event.message || 'the worker could not be loaded');
    });
    // It makes as many threads as it may ever use, and is told how many to use now.
    const { threads, maximum } = this.threads;
    const start: ToEngine = { type: 'start', ...this.files, threads: maximum };
    worker.postMessage(start);
    if (threads !== maximum) this.send_own((request) => encode_set_threads(request, threads));
  }

  private receive(message: FromEngine): void {
    if (message.type === 'fatal') {
      this.failed(message.detail);
      return;
    }
    if (message.type === 'started') {
      this.set_state('ready', this.failures.length > 0 ? kRestarted : null);
      return;
    }
    const event = new Reader(message.message.header);
    if (is_final(event.alternative)) this.open.delete(event.request);
    this.model.answered(event);
    this.picture.answered(event);
    this.listener.on_message(message.message, event);
  }

  // The new engine hears of model and picture first: the page may answer each failure with a new command.
  private start_again(): void {
    const lost = [...this.open];
    this.open.clear();
    this.start();
    for (const lasting of [this.model, this.picture]) {
      lasting.forget_pending();
      if (lasting.latest !== null) this.send_own(lasting.latest);
    }
    this.fail(lost);
  }

  private fail(requests: readonly number[]): void {
    for (const request of requests) {
      const message = encode_failed(request, 'engine_stopped', kDied.en, kDied.zh);
      this.listener.on_message(message, new Reader(message.header));
    }
  }

  private failed(detail: string): void {
    console.warn(`ConvScope's engine stopped: ${detail}`);
    this.worker?.terminate();
    this.worker = null;
    const now = performance.now();
    this.failures = [...this.failures.filter((at) => now - at < kFailureWindowMs), now];
    const gave_up = this.failures.length >= kMaxFailures;
    this.set_state(gave_up ? 'failed' : 'restarting', gave_up ? kGaveUp : null);
    if (gave_up) {
      const lost = [...this.open];
      this.open.clear();
      this.fail(lost);
    } else {
      this.start_again();
    }
  }

  // While the engine works, measures how late the page's timers come and adapts the threads to it.
  private watch_lag(): void {
    if (!this.choice.build.endsWith('threads') || this.choice.forced_threads || this.lag_timer !== null) return;
    const due = performance.now() + 100;
    this.lag_timer = setTimeout(() => {
      this.lag_timer = null;
      if (!this.busy || this.state !== 'ready') return;
      const now = performance.now();
      if (!document.hidden) this.adapt(now - due, now);
      this.watch_lag();
    }, 100);
  }

  private adapt(lag: number, now: number): void {
    const before = this.threads.threads;
    this.threads = adapt_threads({ ...this.threads, lags: [...this.threads.lags, lag] }, now);
    if (this.threads.threads === before) return;
    this.send_own((request) => encode_set_threads(request, this.threads.threads));
    this.set_state(this.state, null);
  }
}
