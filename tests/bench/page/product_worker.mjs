// The page's way to the same numbers: web/src/engine_worker.ts with an engine module, through messages. One forward run
// is SetPixels and Forward with the thumbnails that the page asks for.
import { encode_forward, encode_load_model, encode_set_pixels, kEvent, Reader } from '../../../web/src/wire.ts';
import { fetch_bytes, serve } from './contestant.mjs';

let engine, size, rgba;
const waiting = new Map(); // request → [resolve, reject]
let requests = 0;

function ask(encode) {
  const request = ++requests;
  return new Promise((resolve, reject) => {
    waiting.set(request, [resolve, reject]);
    engine.postMessage({ type: 'message', message: encode(request) });
  });
}

function receive({ data }) {
  if (data.type === 'fatal') {
    for (const [, reject] of waiting.values()) reject(new Error(data.detail));
  }
  if (data.type !== 'message') return;
  const reader = new Reader(data.message.header);
  const asked = waiting.get(reader.request);
  if (asked === undefined) return;
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
});
