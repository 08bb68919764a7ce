// The running page: page module, engine, models and pictures, tied together.
import { Engine, type EngineState } from './engine.ts';
import { browser_picture, refusal, undecodable } from './browser_formats.ts';
import { absolute, load_engine } from './engine_files.ts';
import { DownloadError, fetch_bytes } from './fetch_bytes.ts';
import type { Boot } from './boot.ts';
import { site_file, type SampleEntry } from './manifest.ts';
import { ModelStore, type ModelState } from './models.ts';
import { tab_separated, type PageExports } from './page_module.ts';
import { PageHost } from './page_host.ts';
import {
  accept_drops,
  decode,
  kMaxFileBytes,
  no_file_there,
  pick_file,
  save_file,
  small_copy,
  too_long,
  Webcam,
  type Pixels,
  type SourceKind,
} from './pictures.ts';
import { text, type Text } from './text.ts';
import {
  elsewhere,
  fetch_model,
  file_name,
  is_model_file,
  kMaxModelBytes,
  model_url,
  OwnModels,
  read_label_file,
  too_large,
  type OwnModel,
} from './own_models.ts';
import { encode_load_model, encode_set_image, encode_set_pixels, kEvent, refused_nodes, type Message, type Reader } from './wire.ts';

const kModelStates: Record<ModelState, number> = { waiting: 0, downloading: 1, checking: 2, ready: 3, failed: 4 };
const kEngineStates: Record<EngineState, number> = { starting: 0, ready: 1, restarting: 2, failed: 3 };
const kWebcamStates = { off: 0, asking: 1, on: 2, refused: 3 } as const;
const kThumbnailSide = 128;

function sentence_of(error: unknown): Text {
  if (error instanceof DownloadError) return error.sentence;
  return text(`Something went wrong: ${String(error)}. Try again, or reload the page.`, `出现错误：${String(error)}。请重试或重新加载页面。`);
}

// What the shell itself asked of the engine: the key of its notice, and what the page learns when it has worked.
interface OwnRequest {
  key: string;
  done?: (host: PageHost) => void;
  failed?: () => void;
}

export class App {
  private host: PageHost | null = null;
  private engine: Engine | null = null;
  private engine_ready!: Promise<Engine>;
  private readonly models: ModelStore;
  private readonly own_models = new OwnModels();
  private imagenet_labels: Uint8Array[] = []; // English, Chinese
  private first_hash = location.hash.slice(1); // until a network of one's own has been shown
  private expects_own = false; // the network of `?model=` is on its way: the page's own default must not overtake it
  private labels_of = ''; // the own network whose names are shown; '': ImageNet's
  private readonly webcam: Webcam;
  private wanted_model = ''; // on its way or loaded
  private opening_sample = ''; // on its way
  private picture_number = 0; // latest picture asked for: an older one that arrives later is dropped
  private readonly own_requests = new Map<number, OwnRequest>();
  private show_picture_again: (() => void) | null = null; // the last picture that was no frame of the webcam
  private frame_sent: Pixels | null = null; // the webcam's latest frame on its way to the engine
  private frame_shown: Pixels | null = null; // … and the latest one that the engine has taken
  private first_answer_seen = false;
  private readonly early: ((host: PageHost) => void)[] = [];

  constructor(private readonly boot: Boot) {
    this.models = new ModelStore(boot.manifest, (id, received, total, state) => {
      this.host?.page.model_progress(id, received, total, kModelStates[state]);
      this.host?.frames.wake_for_progress();
    });
    this.webcam = new Webcam(
      (state, problem) => {
        this.host?.page.exports._page_webcam(kWebcamStates[state]);
        if (problem !== null) this.host?.notice('error', 'webcam', problem);
        else this.host?.remove_notice('webcam');
      },
      (pixels) => this.show_frame(pixels),
      () => this.engine === null || this.engine.busy,
    );
  }

  async start(): Promise<void> {
    const { boot } = this;
    // Everything is asked for at once; each part goes on as soon as it has what it needs.
    this.engine_ready = this.start_engine();
    this.engine_ready.catch(() => {}); // shown below, where it is awaited
    void this.load_labels();
    const asked = new URLSearchParams(location.hash.replace(/^#/, ''));
    const opened = [
      this.open_first_model(asked.get('model') ?? boot.manifest.default_model),
      this.open_sample(this.sample(asked.get('image') ?? '')?.id ?? boot.manifest.default_sample),
    ];
    this.host = await this.start_page();
    for (const show of this.early.splice(0)) show(this.host);
    boot.view.dock();
    this.listen();
    await this.engine_ready;
    await Promise.all(opened);
    boot.view.finish();
  }

  private async start_page(): Promise<PageHost> {
    const { boot } = this;
    const fonts = Object.keys(boot.manifest.files).filter((name) => name.startsWith('font-'));
    const script = import(absolute(site_file(boot.manifest, 'page.js').url)) as Promise<{
      default: (options: Record<string, unknown>) => Promise<PageExports>;
    }>;
    const font_files = Promise.all(fonts.map(async (name) => ({ name, bytes: await boot.fetch(name) })));
    const wasm = await boot.fetch('page.wasm');
    const loaded_fonts = await font_files;
    boot.view.show_stage('compiling');
    const module = await WebAssembly.compile(wasm);
    boot.view.show_stage('starting');
    const host = await PageHost.create(
      {
        language: boot.language,
        source: boot.manifest.source,
        in_frame: boot.features.in_frame,
        module,
        factory: (await script).default,
        prepare: (page) => {
          for (const { name, bytes } of loaded_fonts) page.font(name.replace(/^font-|\.\w+$/g, ''), bytes);
          page.models(this.model_table());
          page.samples(this.sample_table());
          page.engine_state(kEngineStates.starting, boot.choice.build, boot.choice.threads, boot.choice.reason);
        },
      },
      {
        send: (message) => this.engine?.send(message),
        request: (verb, a, b) => this.request(verb, a, b),
        save_file,
        paste_files: (files) => void this.open_file(files.find((file) => file.type.startsWith('image/')) ?? files[0] ?? null, 'paste'),
      },
    );
    return host;
  }

  private async load_labels(): Promise<void> {
    try {
      const files = await Promise.all(['labels.en.txt', 'labels.zh.txt'].map((name) => this.boot.fetch(name)));
      this.with_host((host) => {
        this.imagenet_labels = files;
        if (this.labels_of === '') files.forEach((bytes, language) => host.page.labels(language, bytes));
        host.remove_notice('labels');
      });
    } catch (error) {
      this.notice('error', 'labels', sentence_of(error));
    }
  }

  private async start_engine(): Promise<Engine> {
    const { choice, features } = this.boot;
    this.engine = new Engine(await load_engine(this.boot), choice, features.cores, {
      on_message: (message, event) => this.receive(message, event),
      on_state: (state, threads, notice) => {
        this.with_host((host) => {
          host.page.engine_state(kEngineStates[state], choice.build, threads, choice.reason);
          if (notice !== null) host.notice(state === 'failed' ? 'error' : 'warning', 'engine', notice);
          host.frames.wake(2);
        });
      },
    });
    return this.engine;
  }

  // Now, or once the page module is there.
  private with_host(act: (host: PageHost) => void): void {
    if (this.host !== null) act(this.host);
    else this.early.push(act);
  }

  private model_table(): string {
    const listed = this.boot.manifest.models.map((model) => [
      model.id,
      model.title.en,
      model.bytes,
      model.top1 ?? '',
      model.licence,
      model.available ? 1 : 0,
      model.reason.en,
      model.reason.zh,
      model.input,
    ]);
    const own = this.own_models.all().map((model) => [model.id, model.id, model.bytes.length, '', '', 1, '', '', '']);
    return tab_separated([...listed, ...own]);
  }

  private sample_table(): string {
    return tab_separated(
      this.boot.manifest.samples.map((sample) => [sample.id, sample.title.en, sample.title.zh, sample.credit, sample.width, sample.height]),
    );
  }

  private sample(id: string): SampleEntry | undefined {
    return this.boot.manifest.samples.find((sample) => sample.id === id);
  }

  private listen(): void {
    const drop = document.getElementById('drop')!;
    accept_drops(
      (file) => void this.open_file(file, 'drop'),
      (over) => {
        drop.hidden = !over;
      },
    );
    window.addEventListener('online', () => this.host?.remove_notice('offline'));
    window.addEventListener('offline', () => {
      this.host?.notice(
        'info',
        'offline',
        text('You are offline. What has been opened before still works.', '您已离线。之前打开过的内容仍可使用。'),
      );
    });
  }

  // --- from the engine

  private receive(message: Message, event: Reader): void {
    const own = this.own_requests.get(event.request);
    this.own_requests.delete(event.request);
    if (own !== undefined && event.alternative === kEvent.Failed) {
      event.string(); // the code
      const sentence = text(event.string(), event.string());
      this.notice('error', own.key, sentence, refused_nodes(event));
      if (own.key.startsWith('model:')) this.wanted_model = '';
      own.failed?.();
    } else if (event.request === 0 && event.alternative === kEvent.Failed) {
      event.string(); // the engine could not begin
      this.notice('error', 'engine', text(event.string(), event.string()));
    } else if (own !== undefined) {
      this.with_host((host) => {
        host.remove_notice(own.key);
        own.done?.(host);
      });
    }
    this.with_host((host) => host.receive(message, event.alternative === kEvent.MethodPreview));
    if (event.alternative === kEvent.ForwardDone && !this.first_answer_seen) {
      this.first_answer_seen = true;
      this.after_first_answer();
    }
  }

  // What can wait: pictures for the menu, and the copies for offline use.
  private after_first_answer(): void {
    performance.mark('convscope-first-answer');
    const run = (): void => void this.load_thumbnails().then(() => this.keep_for_offline());
    // With a limit: while a dream runs the browser is never idle.
    if (globalThis.requestIdleCallback !== undefined) requestIdleCallback(run, { timeout: 800 });
    else setTimeout(run, 200);
  }

  private async load_thumbnails(): Promise<void> {
    // One after the other, so that the page answers between them.
    for (const sample of this.boot.manifest.samples) {
      try {
        await this.show_thumbnail(sample, await fetch_bytes(site_file(this.boot.manifest, sample.file)));
      } catch {
        return; // offline: the menu shows names; opening one says why it cannot be had
      }
    }
  }

  private async show_thumbnail(sample: SampleEntry, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const pixels = await small_copy(new Blob([bytes]), sample, kThumbnailSide);
    this.with_host((host) => {
      host.page.thumbnail(sample.id, pixels.width, pixels.height, pixels.rgba);
      host.frames.wake(1);
    });
  }

  private async keep_for_offline(): Promise<void> {
    const { features, manifest } = this.boot;
    if (!features.service_worker || new URLSearchParams(location.search).get('sw') === 'off') return;
    const worker = (await navigator.serviceWorker.ready).active;
    const names = ['engine_worker.js', `engine-${this.boot.choice.build}.js`]; // fetched by workers, not by the page
    const fetched = performance
      .getEntriesByType('resource')
      .map((entry) => entry.name)
      .filter((url) => url.startsWith(absolute('assets/')));
    const files = new Set([...fetched, ...names.map((name) => absolute(site_file(manifest, name).url))]);
    worker?.postMessage({ type: 'keep', files: [...files], current: Object.values(manifest.files).map((file) => file.url) });
  }

  // --- from the page

  private request(verb: string, a: string, b: string): void {
    switch (verb) {
      case 'model':
        if (!this.expects_own) void this.open_model(a);
        break;
      case 'open_model':
        void pick_file('.onnx').then((file) => (file === null ? undefined : this.open_own_model(file)));
        break;
      case 'input':
        this.load_own_model(this.own_models.get(a), b);
        break;
      case 'labels':
        void this.open_labels(a);
        break;
      case 'sample':
        void this.open_sample(a);
        break;
      case 'open_file':
        void this.open_picked_file();
        break;
      case 'webcam':
        if (a === 'start') void this.webcam.start();
        if (a === 'shot') this.take_photo();
        if (a === 'stop') this.leave_webcam();
        break;
      case 'restart_engine':
        this.engine?.restart();
        break;
      case 'retry':
        this.retry(a);
        break;
      default:
        console.warn(`the page asked for something unknown: ${verb}`);
    }
  }

  private retry(key: string): void {
    const [kind, id = ''] = key.split(':');
    if (kind === 'model') void this.open_model(id);
    if (kind === 'sample') void this.open_sample(id);
    if (kind === 'engine') this.engine?.restart();
    if (kind === 'labels') void this.load_labels();
    if (kind === 'webcam') void this.webcam.start();
    if (kind === 'image') void this.open_picked_file();
  }

  private async open_model(id: string): Promise<void> {
    if (id === this.wanted_model) return;
    const own = this.own_models.get(id);
    if (own !== undefined) {
      this.load_own_model(own, own.input);
      return;
    }
    const key = `model:${id}`;
    const entry = this.models.entry(id);
    if (entry === undefined) {
      this.notice('warning', key, this.no_such_model(id));
      if (this.wanted_model === '' && id !== this.boot.manifest.default_model) await this.open_model(this.boot.manifest.default_model);
      return;
    }
    this.wanted_model = id;
    try {
      const show = (received: number, total: number): void => {
        if (this.engine === null) this.boot.view.progress(id, entry.title, received, total);
      };
      const [bytes, engine] = await Promise.all([this.models.get(entry, show), this.engine_ready]);
      if (this.wanted_model !== id) return;
      // slice(): the copy moves to the engine, the original stays for a restart.
      const request = engine.send_model((number) => encode_load_model(number, id, entry.format, '', bytes.slice()));
      this.own_requests.set(request, { key, done: () => this.show_labels(null) });
    } catch (error) {
      if (this.wanted_model === id) this.wanted_model = '';
      this.notice('error', key, sentence_of(error));
    }
  }

  private no_such_model(id: string): Text {
    const listed = this.boot.manifest.models.find((model) => model.id === id);
    if (listed !== undefined) return listed.reason;
    if (/\.onnx$/i.test(id)) return elsewhere(id);
    return text(`There is no network called “${id}” here; choose one from the menu.`, `这里没有名为“${id}”的网络；请从菜单中选择。`);
  }

  // --- networks of a person's own

  // The network of `?model=`, where the address has one and it can be had.
  private async open_first_model(id: string): Promise<void> {
    const url = model_url(location.search, location.href);
    if (url === null) return this.open_model(id);
    const name = file_name(url);
    this.expects_own = true;
    try {
      const bytes = await fetch_model(url, (received, total) => {
        if (this.engine === null) this.boot.view.progress(name, text(name, name), received, Math.max(received, total));
      });
      await this.engine_ready;
      this.load_own_model(await this.own_models.read(name, bytes));
    } catch (error) {
      this.expects_own = false;
      this.notice('error', 'own-model', sentence_of(error));
      await this.open_model(this.models.entry(id) === undefined ? this.boot.manifest.default_model : id);
    }
  }

  private async open_own_model(file: File): Promise<void> {
    if (file.size > kMaxModelBytes) {
      this.notice('error', 'own-model', too_large(file.name, file.size));
      return;
    }
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.engine_ready;
      this.load_own_model(await this.own_models.read(file.name, bytes));
    } catch (error) {
      this.notice('error', 'own-model', sentence_of(error));
    }
  }

  // With another input than before, too. Until it has been opened, the network before it stays.
  private load_own_model(model: OwnModel | undefined, input = model?.input ?? ''): void {
    if (model === undefined || this.engine === null) return;
    const request = this.engine.send_model((number) => encode_load_model(number, model.id, 'onnx', input, model.bytes.slice()));
    this.own_requests.set(request, {
      key: 'own-model',
      done: (host) => {
        this.expects_own = false;
        this.own_models.keep(model, input);
        this.wanted_model = model.id;
        host.page.models(this.model_table());
        host.page.choose_model(model.id);
        // A view of this very network, whose layers only now have names.
        if (new URLSearchParams(this.first_hash).get('model') === model.id) host.page.hash(this.first_hash);
        this.first_hash = '';
        this.show_labels(model);
      },
      failed: () => {
        this.expects_own = false;
        if (this.wanted_model === '') void this.open_model(this.boot.manifest.default_model);
      },
    });
  }

  private show_labels(model: OwnModel | null): void {
    const wanted = model?.labels == null ? '' : model.id;
    if (wanted === '' && this.labels_of === '') return;
    this.labels_of = wanted;
    const own = wanted === '' ? null : new TextEncoder().encode(model!.labels!.join('\n'));
    this.with_host((host) => {
      for (const language of [0, 1]) host.page.labels(language, own ?? this.imagenet_labels[language] ?? new Uint8Array(), own !== null);
      host.frames.wake(2);
    });
  }

  private async open_labels(id: string): Promise<void> {
    const model = this.own_models.get(id);
    const file = await pick_file('.txt,.json,.names,text/plain,application/json');
    if (model === undefined || file === null) return;
    try {
      this.own_models.name_classes(model, await read_label_file(file));
      this.host?.remove_notice('labels');
      this.show_labels(model);
    } catch (error) {
      this.notice('error', 'labels', sentence_of(error));
    }
  }

  // --- pictures

  private async open_sample(id: string): Promise<void> {
    const sample = this.sample(id);
    if (sample === undefined || id === this.opening_sample) return;
    const number = ++this.picture_number;
    const key = `sample:${id}`;
    this.opening_sample = id;
    this.stop_webcam();
    try {
      const file = site_file(this.boot.manifest, sample.file);
      const show = (received: number, total: number): void => {
        if (this.engine === null) this.boot.view.progress('picture', text('Picture', '图片'), received, total);
      };
      const [bytes] = await Promise.all([fetch_bytes(file, show), this.engine_ready]);
      if (number !== this.picture_number) return;
      this.with_host((host) => host.remove_notice(key));
      this.set_image(id, bytes, 'sample');
      await this.show_thumbnail(sample, bytes);
    } catch (error) {
      this.notice('error', key, sentence_of(error));
    } finally {
      if (this.opening_sample === id) this.opening_sample = '';
    }
  }

  // `nodes` are those of a network that cannot run (wire.ts, refused_nodes).
  private notice(level: 'info' | 'warning' | 'error', key: string, sentence: Text, nodes = ''): void {
    this.with_host((host) => host.notice(level, key, sentence, nodes));
  }

  private async open_picked_file(): Promise<void> {
    const file = await pick_file();
    if (file !== null) await this.open_file(file, 'file');
  }

  private async open_file(file: File | null, kind: SourceKind): Promise<void> {
    if (file !== null && is_model_file(file.name, new Uint8Array(await file.slice(0, 8).arrayBuffer()))) return this.open_own_model(file);
    const number = ++this.picture_number;
    if (file === null || file.size > kMaxFileBytes) {
      this.host?.notice('error', 'image', file === null ? no_file_there() : too_long(file.name, file.size));
      return;
    }
    this.stop_webcam();
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const known = browser_picture(bytes);
      let problem = known === null ? null : refusal(known);
      let pixels: Pixels | null = null;
      if (known !== null && problem === null) {
        pixels = await decode(new Blob([bytes], { type: known.mime })).catch(() => null);
        if (pixels === null) problem = undecodable(known.format);
      }
      if (number !== this.picture_number) return;
      if (problem !== null) {
        this.notice('error', 'image', problem);
        return;
      }
      if (pixels !== null) this.set_pixels(pixels, kind, file.name);
      else this.set_image(file.name, bytes, kind);
    } catch (error) {
      this.host?.notice('error', 'image', sentence_of(error));
    }
  }

  private set_image(name: string, bytes: Uint8Array, kind: SourceKind): void {
    if (this.engine === null) return;
    const request = this.engine.send_picture((id) => encode_set_image(id, name, bytes.slice()));
    this.own_requests.set(request, {
      key: 'image',
      done: (host) => {
        host.page.image_source(kind, name);
        this.show_picture_again = () => this.set_image(name, bytes, kind);
      },
    });
  }

  private set_pixels(pixels: Pixels, kind: SourceKind, name: string, done?: () => void): void {
    if (this.engine === null) return;
    const { width, height } = pixels;
    const request = this.engine.send_picture((id) => encode_set_pixels(id, height, width, pixels.rgba.slice()));
    this.own_requests.set(request, {
      key: 'image',
      done: (host) => {
        host.page.image_source(kind, name);
        if (done !== undefined) done();
        else this.show_picture_again = () => this.set_pixels(pixels, kind, name);
      },
    });
  }

  // --- the webcam

  private show_frame(pixels: Pixels): void {
    this.frame_sent = pixels;
    this.set_pixels(pixels, 'webcam', 'webcam', () => {
      this.frame_shown = pixels;
    });
  }

  // The frame on the screen stays, also where the next one is already on its way.
  private take_photo(): void {
    const { frame_sent, frame_shown } = this;
    this.stop_webcam();
    if (frame_shown === null) return;
    this.show_picture_again = () => this.set_pixels(frame_shown, 'webcam', 'webcam');
    if (frame_sent !== frame_shown) this.show_picture_again();
  }

  // As if the webcam had not been used.
  private leave_webcam(): void {
    const used = this.frame_sent !== null;
    this.stop_webcam();
    if (used) this.show_picture_again?.();
  }

  private stop_webcam(): void {
    this.webcam.stop();
    this.frame_sent = this.frame_shown = null;
  }
}
