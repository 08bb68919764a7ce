// The worker in which one engine build lives: passes messages in and out and lets the engine work in slices, looking
// at the message queue between them so that Cancel and Pause get in.
import type { Message } from './wire.ts';
import { shared_memory } from './shared_memory.ts';
import { copy_out, deliver, transferables, type WasmModule } from './wasm_module.ts';

export interface EngineStart {
  type: 'start';
  script: string; // address of the Emscripten module
  module: WebAssembly.Module;
  threads: number;
}
export type ToEngine = EngineStart | { type: 'message'; message: Message };
export type FromEngine =
  | { type: 'message'; message: Message }
  | { type: 'started' }
  | { type: 'fatal'; detail: string };

interface EngineModule extends WasmModule {
  _engine_start(threads: number): void;
  _engine_step(budget_ms: number): number;
}
type Factory = (options: Record<string, unknown>) => Promise<EngineModule>;

// Short enough that a command waits no longer, long enough that yielding costs nothing.
const kSliceMs = 8;

interface WorkerScope extends EventTarget {
  postMessage(message: FromEngine, transfer: Transferable[]): void;
}
const scope = globalThis as unknown as WorkerScope;
const post = (message: FromEngine, transfer: Transferable[] = []): void => scope.postMessage(message, transfer);

let engine: EngineModule | null = null;
let dead = false;
let stepping = false;
const queue: Message[] = [];
const turn = new MessageChannel();

function die(error: unknown): void {
  if (dead) return;
  dead = true;
  post({ type: 'fatal', detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
}

// One slice, then a turn through the event loop, while there is work.
function step(): void {
  stepping = false;
  if (engine === null || dead) return;
  try {
    if (engine._engine_step(kSliceMs) !== 0) schedule();
  } catch (error) {
    die(error);
  }
}

function schedule(): void {
  if (stepping) return;
  stepping = true;
  turn.port2.postMessage(0);
}
turn.port1.onmessage = step;

function receive(message: Message): void {
  if (dead) return;
  if (engine === null) {
    queue.push(message);
    return;
  }
  try {
    deliver(engine, message);
    schedule();
  } catch (error) {
    die(error);
  }
}

async function start({ script, module, threads }: EngineStart): Promise<void> {
  const { default: factory } = (await import(script)) as { default: Factory };
  const options: Record<string, unknown> = {
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), die);
      return {};
    },
    wasmMemory: shared_memory(module),
    pthread_pool_size: threads - 1, // made before the engine runs: it blocks its worker, which could start none later
    onAbort: (what: unknown) => die(new Error(`abort: ${String(what)}`)),
    on_send: (header: number, bytes: number, blobs: number, count: number) => {
      const message = copy_out(created ?? (options as unknown as EngineModule), header, bytes, blobs, count);
      post({ type: 'message', message }, transferables(message));
    },
  };
  let created: EngineModule | null = null;
  created = await factory(options);
  created._engine_start(threads);
  engine = created;
  post({ type: 'started' });
  schedule();
  for (const message of queue.splice(0)) receive(message);
}

scope.addEventListener('message', (event) => {
  const { data } = event as MessageEvent<ToEngine>;
  if (data.type === 'start') start(data).catch(die);
  else receive(data.message);
});
