// Small ONNX files, written here byte by byte (onnx.proto, protobuf's wire format).

function varint(value) {
  const bytes = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return Buffer.from(bytes);
  }
}
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, content) => {
  const data = Buffer.isBuffer(content) ? content : Buffer.from(content);
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
};
const all = (...parts) => Buffer.concat(parts.flat());

const ints = (name, values) => bytes(5, all(bytes(1, name), values.map((value) => number(8, value)), number(20, 7)));
const integer = (name, value) => bytes(5, all(bytes(1, name), number(3, value), number(20, 2)));

function node(type, name, inputs, output, ...attributes) {
  return bytes(1, all(inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(3, name), bytes(4, type), attributes));
}
function weights(name, shape, values) {
  return bytes(5, all(shape.map((extent) => number(1, extent)), number(2, 1), bytes(8, name), bytes(9, Buffer.from(Float32Array.from(values).buffer))));
}
function value(field, name, shape) {
  const extents = all(shape.map((extent) => bytes(1, number(1, extent))));
  return bytes(field, all(bytes(1, name), bytes(2, bytes(1, all(number(1, 1), bytes(2, extents))))));
}
function model(...graph) {
  return all(number(1, 8), bytes(2, 'a test'), bytes(7, all(bytes(2, 'graph'), graph.flat())), bytes(8, number(2, 13)));
}

// Three classes: the logit of class c is ten times the mean of colour channel c, after the input's own scaling and a ReLU.
// `activation` stands between the convolutions, as often as `activations` says. With a `fixed_head` the mean is a fully
// connected layer, which takes pictures of 32 × 32 and no others.
export function colours_onnx({ activation = 'Relu', activations = 1, fixed_head = false } = {}) {
  const first = new Array(6 * 3 * 9).fill(0); // 6×3×3×3: the three colours, and three edges
  for (let c = 0; c < 3; ++c) {
    first[(c * 3 + c) * 9 + 4] = 1;
    first[((c + 3) * 3 + c) * 9 + 3] = 1;
    first[((c + 3) * 3 + c) * 9 + 5] = -1;
  }
  const second = new Array(3 * 6).fill(0);
  for (let c = 0; c < 3; ++c) second[c * 6 + c] = 10;
  const middle = Array.from({ length: activations }, (_, i) =>
    node(activation, `act${i + 1}`, [i === 0 ? 'a' : `a${i}`], i === activations - 1 ? 'r' : `a${i + 1}`));
  const mean = new Array(3 * 3 * 1024).fill(0); // 3×3072, over C,H,W
  for (let c = 0; c < 3; ++c) mean.fill(1 / 1024, (c * 3 + c) * 1024, (c * 3 + c + 1) * 1024);
  const head = fixed_head
    ? [node('Flatten', 'flat', ['c'], 'f', integer('axis', 1)), node('Gemm', 'head', ['f', 'w3'], 'y', integer('transB', 1)), weights('w3', [3, 3072], mean)]
    : [node('GlobalAveragePool', 'pool', ['c'], 'p'), node('Flatten', 'flat', ['p'], 'y', integer('axis', 1))];
  return model(
    node('Conv', 'conv1', ['x', 'w1', 'b1'], 'a', ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1])),
    middle,
    node('Conv', 'conv2', ['r', 'w2', 'b2'], 'c', ints('kernel_shape', [1, 1])),
    head,
    weights('w1', [6, 3, 3, 3], first), weights('b1', [6], [0, 0, 0, 0, 0, 0]),
    weights('w2', [3, 6, 1, 1], second), weights('b2', [3], [0, 0, 0]),
    value(11, 'x', [1, 3, 32, 32]), value(12, 'y', [1, 3]),
  );
}
