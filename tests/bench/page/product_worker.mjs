// The page's way to the same numbers: web/src/engine_worker.ts with an engine module, through messages. One forward run
// is SetPixels and Forward with the thumbnails that the page asks for.
import { encode_forward, encode_load_model, encode_set_pixels, kEvent, Reader } from '../../../web/src/wire.ts';
import { fetch_bytes, serve } from './contestant.mjs';

let engine, size, rgba;
const waiting = new Map(); // request → [resolve, reject]
let requests = 0;

function ask(encode, preview) {
  const request = ++requests;
  return new Promise((resolve, reject) => {
    waiting.set(request, [resolve, reject, preview === undefined ? undefined : () => preview(request)]);
    engine.postMessage({ type: 'message', message: encode(request) });
  });
}

// Commands that only the page itself sends otherwise: src/protocol/command.h, numbers of its Command.
const kRunMethod = 7, kCancel = 8;
function command(request, alternative, write) {
  const bytes = [];
  const out = {
    u8: (value) => void bytes.push(value & 255),
    u32: (value) => void bytes.push(...new Uint8Array(Uint32Array.of(value).buffer)),
    f64: (value) => void bytes.push(...new Uint8Array(Float64Array.of(value).buffer)),
    string(value) {
      const utf8 = new TextEncoder().encode(value);
      out.u32(utf8.length);
      bytes.push(...utf8);
    },
  };
  out.u32(1), out.u32(request), out.u8(alternative);
  write(out);
  return { header: Uint8Array.from(bytes), blobs: [] };
}
const encode_cancel = (request, which) => command(request, kCancel, (out) => out.u32(which));
const encode_run_method = (request, { method, target, layer, parameters }) => command(request, kRunMethod, (out) => {
  out.string(method), out.u32(target), out.string(layer), out.u32(0); // all channels
  out.u8(0), out.u8(0), out.u32(1), out.u32(0); // trained, not paused, seed 1
  out.u32(Object.keys(parameters).length);
  for (const [id, value] of Object.entries(parameters)) out.string(id), out.f64(value);
});

function receive({ data }) {
  if (data.type === 'fatal') {
    for (const [, reject] of waiting.values()) reject(new Error(data.detail));
  }
  if (data.type !== 'message') return;
  const reader = new Reader(data.message.header);
  const asked = waiting.get(reader.request);
  if (asked === undefined) return;
  if (reader.alternative === kEvent.MethodPreview) return asked[2]?.();
  waiting.delete(reader.request);
  if (reader.alternative === kEvent.Failed) asked[1](new Error(`${reader.string()}: ${reader.string()}`));
  else asked[0](data.message);
}

serve({
  async open({ build, threads, network }) {
    const base = `${location.origin}/builds/wasm-${build}/engine-${build}`;
    const module = await WebAssembly.compile(await fetch_bytes(`${base}.wasm`));
    engine = new Worker('/build/bench/page/engine_worker.js', { type: 'module' });
    const started = new Promise((resolve, reject) => {
      engine.onmessage = (event) => {
        if (event.data.type === 'started') resolve();
        if (event.data.type === 'fatal') reject(new Error(event.data.detail));
        receive(event);
      };
      engine.onerror = (event) => reject(new Error(event.message));
    });
    engine.postMessage({ type: 'start', script: `${base}.js`, module, threads });
    await started;
    size = network.size;
    rgba = new Uint8Array(size * size * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 7919) % 251));
    const file = await fetch_bytes(network.url);
    await ask((request) => encode_load_model(request, network.id, network.format, '', file));
    return { threads };
  },
  async run() {
    await ask((request) => encode_set_pixels(request, size, size, rgba));
    const { blobs } = await ask((request) => encode_forward(request, 4));
    return new Float32Array(blobs[1].buffer, blobs[1].byteOffset, blobs[1].length / 4);
  },
  calls: {
    // Another picture of the network's size; answers its most probable class.
    async picture(bytes) {
      rgba = Uint8Array.from(bytes);
      await ask((request) => encode_set_pixels(request, size, size, rgba));
      const { blobs } = await ask((request) => encode_forward(request, 0));
      const logits = new Float32Array(blobs[1].slice().buffer);
      return logits.indexOf(Math.max(...logits));
    },
    // How long a method took, to its first preview and to its end, and its map. `cancel_after`: it is cancelled at that
    // preview, and answers how long that took.
    async method(wanted) {
      const start = performance.now();
      let first, previews = 0, cancelled_at;
      try {
        const { blobs } = await ask((request) => encode_run_method(request, wanted), (request) => {
          first ??= performance.now() - start;
          if (++previews !== wanted.cancel_after) return;
          cancelled_at = performance.now();
          void ask((cancel) => encode_cancel(cancel, request));
        });
        const whole = performance.now() - start;
        return { ms: whole, first: first ?? whole, map: blobs.length > 0 ? [...new Float32Array(blobs[0].slice().buffer)] : [] };
      } catch (error) {
        if (cancelled_at === undefined) throw error;
        return { ms: performance.now() - start, first, cancelled: performance.now() - cancelled_at };
      }
    },
    // Bytes of the engine's memory, which never shrinks.
    async heap() {
      const { header } = await ask((request) => encode_forward(request, 0));
      return Number(new DataView(header.buffer, header.byteOffset + header.length - 8, 8).getBigInt64(0, true));
    },
  },
});
