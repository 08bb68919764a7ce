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
  return all(number(1, 8), bytes(2, 'a test'), bytes(7, all(bytes(2, 'graph'), graph)), bytes(8, number(2, 13)));
}

// Three classes: the logit of class c is ten times the mean of colour channel c, after the input's own scaling and a ReLU.
// `activation` stands between the convolutions.
export function colours_onnx({ activation = 'Relu' } = {}) {
  const first = new Array(6 * 3 * 9).fill(0); // 6×3×3×3: the three colours, and three edges
  for (let c = 0; c < 3; ++c) {
    first[(c * 3 + c) * 9 + 4] = 1;
    first[((c + 3) * 3 + c) * 9 + 3] = 1;
    first[((c + 3) * 3 + c) * 9 + 5] = -1;
  }
  const second = new Array(3 * 6).fill(0);
  for (let c = 0; c < 3; ++c) second[c * 6 + c] = 10;
  return model(
    node('Conv', 'conv1', ['x', 'w1', 'b1'], 'a', ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1])),
    node(activation, 'act1', ['a'], 'r'),
    node('Conv', 'conv2', ['r', 'w2', 'b2'], 'c', ints('kernel_shape', [1, 1])),
    node('GlobalAveragePool', 'pool', ['c'], 'p'),
    node('Flatten', 'flat', ['p'], 'y', integer('axis', 1)),
    weights('w1', [6, 3, 3, 3], first), weights('b1', [6], [0, 0, 0, 0, 0, 0]),
    weights('w2', [3, 6, 1, 1], second), weights('b2', [3], [0, 0, 0]),
    value(11, 'x', [1, 3, 32, 32]), value(12, 'y', [1, 3]),
  );
}
