// TensorFlow.js with its WebAssembly backend: the network is built from its operations, layer by layer, with the same
// weights. The gradient is tf.grad's.
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { fetch_bytes, fetch_floats, fetch_json, serve } from './contestant.mjs';

let network, weights, pixels, layer;
const fallbacks = {}; // kernel → { calls, ms }

// The WebAssembly backend has no such kernel: TensorFlow.js's own JavaScript kernel runs in its place. Its time is kept
// apart, so that a figure without it can be given too.
function fall_back(name) {
  const kernel = tf.getKernel(name, 'cpu');
  if (kernel === undefined || tf.getKernel(name, 'wasm') !== undefined) return;
  tf.registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const start = performance.now();
      const cpu = tf.findBackend('cpu');
      const moved = Object.fromEntries(Object.entries(inputs).map(([key, { dataId, shape, dtype }]) =>
        [key, cpu.makeTensorInfo(shape, dtype, backend.readSync(dataId))]));
      const result = kernel.kernelFunc({ inputs: moved, attrs, backend: cpu });
      const out = backend.makeOutput(result.shape, result.dtype);
      backend.typedArrayFromHeap(out).set(cpu.readSync(result.dataId));
      for (const info of [result, ...Object.values(moved)]) cpu.disposeData(info.dataId, true);
      const account = (fallbacks[name] ??= { calls: 0, ms: 0 });
      account.calls += 1;
      account.ms += performance.now() - start;
      return out;
    },
  });
}

function window_of({ kernel, strides, pads, auto_pad }) {
  if (auto_pad === 'same_upper') return { strides, pad: 'same' };
  if (new Set(pads).size !== 1) throw new Error(`TensorFlow.js has no padding ${pads}`);
  return { kernel, strides, pad: pads[0] === 0 ? 'valid' : pads[0] };
}

function convolution(node, x, activation) {
  const [filter, bias] = node.inputs.slice(1).map((name) => weights[name]);
  const { strides, pad } = window_of(node.attributes);
  const { group } = node.attributes;
  if (group !== 1 && group !== x.shape[3]) throw new Error(`TensorFlow.js has no ${group} groups for ${x.shape[3]} channels`);
  if (tf.engine().state.gradientDepth === 0) {
    const run = group === 1 ? tf.fused.conv2d : tf.fused.depthwiseConv2d;
    return run({ x, filter, bias, strides, pad, activation });
  }
  // A fused convolution's derivative needs the filter's too, for which the WebAssembly backend has no kernel.
  const run = group === 1 ? tf.conv2d : tf.depthwiseConv2d;
  const sum = tf.add(run(x, filter, strides, pad), bias);
  return activation === 'linear' ? sum : tf[activation](sum);
}

// What computes a node, given its inputs' values; `activation` follows it in the same step where it can.
const kOperations = {
  Conv: convolution,
  Relu: (node, x) => tf.relu(x),
  Clip: (node, x) => tf.relu6(x),
  Add: (node, a, b) => tf.add(a, b),
  Concat: (node, ...parts) => tf.concat(parts, node.attributes.axis),
  GlobalAveragePool: (node, x) => tf.mean(x, [1, 2]),
  Flatten: (node, x) => x,
  Gemm: (node, x) => tf.add(tf.matMul(x, weights[node.inputs[1]]), weights[node.inputs[2]]),
  MaxPool(node, x) {
    const { kernel, strides, pad } = window_of(node.attributes);
    const uneven = x.shape.slice(1, 3).some((n, axis) => (n - kernel[axis]) % strides[axis] !== 0);
    if (node.attributes.ceil_mode === 1 && uneven) throw new Error('TensorFlow.js has no ceil mode');
    return tf.maxPool(x, kernel, strides, pad);
  },
};

// Values by name; a convolution takes the activation that alone follows it into its own kernel.
function forward(image, wanted) {
  const values = { [network.input.name]: image };
  const readers = {};
  for (const node of network.nodes) for (const name of node.inputs) (readers[name] ??= []).push(node);
  for (const node of network.nodes) {
    if (node.output in values) continue;
    let { output } = node;
    let activation = 'linear';
    if (node.kind === 'Conv' && readers[output].length === 1) {
      const [next] = readers[output];
      if (next.kind === 'Clip' && (next.attributes.min !== 0 || next.attributes.max !== 6)) throw new Error('not a ReLU6');
      activation = { Relu: 'relu', Clip: 'relu6' }[next.kind] ?? 'linear';
      if (activation !== 'linear') ({ output } = next);
    }
    const given = node.inputs.filter((name) => name in values).map((name) => values[name]);
    values[output] = node.kind === 'Conv' ? convolution(node, given[0], activation) : kOperations[node.kind](node, ...given);
    if (output === wanted) return values[output];
  }
  throw new Error(`the network has no value ${wanted}`);
}

const operations = {
  forward: (image) => forward(image, network.outputs.logits),
  gradient: tf.grad((image) => tf.mean(tf.square(forward(image, network.layers[layer])))),
};

serve({
  async open({ network: chosen, threads, gradient_layer }) {
    setWasmPaths('/npm/@tensorflow/tfjs-backend-wasm/dist/');
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1); // one thread: the build without threads, its fastest
    setThreadsCount(threads);
    fall_back('DepthwiseConv2dNativeBackpropInput');
    if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend did not start');
    await tf.ready();
    layer = gradient_layer;
    network = await fetch_json(`/build/bench/${chosen.base}.json`);
    const bytes = await fetch_bytes(`/build/bench/${chosen.base}.bin`);
    weights = Object.fromEntries(Object.entries(network.parameters).map(([name, { shape, offset }]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [name, tf.tensor(new Float32Array(bytes.buffer, offset, count), shape)];
    }));
    pixels = await fetch_floats(`/build/bench/${chosen.base}.input.bin`);
    return { threads, version: tf.version.tfjs };
  },
  run(operation) {
    return tf.tidy(() => operations[operation](tf.tensor4d(pixels, network.input.shape)).dataSync());
  },
  calls: {
    // The JavaScript kernels that stood in since the last call, and the milliseconds they took.
    fallbacks() {
      const copy = structuredClone(fallbacks);
      for (const name of Object.keys(fallbacks)) delete fallbacks[name];
      return copy;
    },
  },
});
