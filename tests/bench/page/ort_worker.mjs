// ONNX Runtime Web, its WebAssembly backend.
import * as ort from '/npm/onnxruntime-web/dist/ort.wasm.min.mjs';
import { fetch_bytes, fetch_floats, serve } from './contestant.mjs';

let session, size, pixels;

// The network is NCHW inside, so its input is given that way, as its users do.
function planes(rows) {
  const out = new Float32Array(rows.length);
  const area = size * size;
  for (let i = 0; i < area; ++i) for (let c = 0; c < 3; ++c) out[c * area + i] = rows[3 * i + c];
  return out;
}

serve({
  async open({ network, threads }) {
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = new URL('/npm/onnxruntime-web/dist/', location.href).href;
    size = network.size;
    pixels = planes(await fetch_floats(`/build/bench/${network.base}.input.bin`));
    session = await ort.InferenceSession.create(await fetch_bytes(`/build/bench/${network.base}.onnx`), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    return { threads: ort.env.wasm.numThreads, version: ort.env.versions.web };
  },
  async run() {
    const image = new ort.Tensor('float32', pixels, [1, 3, size, size]);
    const answer = await session.run({ image }, ['logits']);
    return answer.logits.data;
  },
});
