// ConvScope's own libraries in one of the engine's builds (tests/bench/engine), called directly.
import { fetch_bytes, fetch_floats, serve } from './contestant.mjs';

let module, pixels;
const programs = {}; // operation → { number, elements }

function fail() {
  throw new Error(module.UTF8ToString(module._bench_error()));
}
function copy_in(bytes) {
  const pointer = module._bench_allocate(bytes.length + 1) >>> 0;
  module.HEAPU8.set(bytes, pointer);
  module.HEAPU8[pointer + bytes.length] = 0;
  return pointer;
}
const text = (value) => copy_in(new TextEncoder().encode(value));
const floats = (pointer, count) => new Float32Array(module.HEAPU8.buffer, pointer >>> 0, count);

serve({
  async open({ build, threads, network, gradient_layer }) {
    const base = `/builds/wasm-${build}/engine_bench`;
    const [{ default: factory }, wasmBinary] = await Promise.all([import(`${base}.js`), fetch_bytes(`${base}.wasm`)]);
    module = await factory({ wasmBinary, pthread_pool_size: threads - 1 });
    const running = module._bench_start(threads);
    if (running === 0) fail();
    const file = await fetch_bytes(network.url);
    if (module._bench_open(text(network.id), text(network.format), copy_in(file), file.length) === 0) fail();
    pixels = await fetch_floats(`/build/bench/${network.base}.input.bin`);
    for (const operation of ['forward', 'layers', 'gradient']) {
      const number = module._bench_prepare(text(operation), text(gradient_layer));
      if (number < 0) fail();
      programs[operation] = { number, elements: module._bench_output_elements(number) };
    }
    const memory = {}; // of each as it has just run for the first time: what that has packed, and those before it
    for (const [name, { number }] of Object.entries(programs)) {
      if (module._bench_run(number) === 0) fail();
      memory[name] = JSON.parse(module.UTF8ToString(module._bench_memory(number)));
    }
    return { threads: running, memory, flops: Object.fromEntries(Object.entries(programs).map(([name, { number }]) => [name, module._bench_flops(number)])) };
  },
  run(operation) {
    const { number, elements } = programs[operation];
    floats(module._bench_input(), pixels.length).set(pixels);
    if (module._bench_run(number) === 0) fail();
    return floats(module._bench_output(number), elements).slice();
  },
  calls: {
    peaks: (count) => Array.from({ length: count }, () => module._bench_peak_gflops(1000)), // about 1.5 ms each
    profile(operation, runs) {
      const json = module._bench_profile(programs[operation].number, runs);
      if (json === 0) fail();
      return JSON.parse(module.UTF8ToString(json));
    },
  },
});
