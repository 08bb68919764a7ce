"""SqueezeNet v1.0 from Deep Compression's `compressed_SqueezeNet.net`, for tests and benchmarks.

Iandola et al., SqueezeNet (arXiv:1602.07360); Han et al., Deep Compression (arXiv:1510.00149).  The
page itself reads this file in C++; this independent reader checks it and feeds the ONNX export.

The file, little endian: u32 nonzero[26]; then for each convolution f32 codebook[256], f32
bias[out], u8 code[nonzero], u8 gap[(nonzero + 1) / 2].  Two 4-bit gaps a byte, low half first: how
many zeros come before this entry.  Code 0 is a filler (weight 0) where more than 15 zeros follow
each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bundle import Layer, Network
from .errors import ModelFileError

FILE_NAME = "compressed_SqueezeNet.net"
FILE_BYTES = 675_763
SHA256 = "e4ab6960ae8cd81505e1c2136921201507e930966c53deaf15862a395b3a3261"
INPUT_SIZE = 227
CODEBOOK_SIZE = 256

# fire module -> squeeze channels, channels of each of the two expansions
FIRES = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
POOL_AFTER = {4: "pool4", 8: "pool8"}


@dataclass(frozen=True)
class ConvShape:
    name: str
    outputs: int
    inputs: int
    kernel: int


def conv_shapes() -> list[ConvShape]:
    """The 26 convolutions in the file's order."""
    shapes, channels = [ConvShape("conv1", 96, 3, 7)], 96
    for index, (squeeze, expand) in FIRES.items():
        shapes.append(ConvShape(f"fire{index}s", squeeze, channels, 1))
        shapes.append(ConvShape(f"fire{index}x1", expand, squeeze, 1))
        shapes.append(ConvShape(f"fire{index}x3", expand, squeeze, 3))
        channels = 2 * expand
    return shapes + [ConvShape("conv10", 1000, channels, 1)]


class _Reader:
    def __init__(self, data: bytes):
        self.data = data
        self.position = 0

    def take(self, dtype: str, count: int, what: str) -> np.ndarray:
        size = np.dtype(dtype).itemsize * count
        left = len(self.data) - self.position
        if size > left:
            raise ModelFileError(
                f"{FILE_NAME} is cut short: {what} needs {size} bytes, {left} are left; "
                "download it again"
            )
        values = np.frombuffer(self.data, dtype, count, self.position)
        self.position += size
        return values


def _weights(shape: ConvShape, codebook: np.ndarray, codes: np.ndarray, gaps: np.ndarray):
    """Dense OHWI weights. The file counts in Caffe's order: out, in, row, column."""
    nibbles = np.stack([gaps & 15, gaps >> 4], axis=1).reshape(-1)[: len(codes)]
    positions = np.cumsum(nibbles.astype("i8") + 1) - 1
    dense = np.zeros(shape.outputs * shape.inputs * shape.kernel**2, "f4")
    if len(positions) and positions[-1] >= dense.size:
        raise ModelFileError(
            f"{FILE_NAME}: layer {shape.name} has an entry at {positions[-1]}, past its "
            f"{dense.size} weights; the file is damaged, download it again"
        )
    dense[positions] = codebook[codes]
    dense = dense.reshape(shape.outputs, shape.inputs, shape.kernel, shape.kernel)
    return np.ascontiguousarray(dense.transpose(0, 2, 3, 1))


def decode(data: bytes) -> dict[str, np.ndarray]:
    """`NAME.weight` (OHWI) and `NAME.bias` of each convolution."""
    reader, params = _Reader(data), {}
    shapes = conv_shapes()
    nonzeros = reader.take("<u4", len(shapes), "the list of sizes")
    for shape, nonzero in zip(shapes, map(int, nonzeros)):
        codebook = reader.take("<f4", CODEBOOK_SIZE, f"the codebook of {shape.name}")
        bias = reader.take("<f4", shape.outputs, f"the bias of {shape.name}")
        codes = reader.take("u1", nonzero, f"the codes of {shape.name}")
        gaps = reader.take("u1", (nonzero + 1) // 2, f"the gaps of {shape.name}")
        params[f"{shape.name}.weight"] = _weights(shape, codebook, codes, gaps)
        params[f"{shape.name}.bias"] = bias.copy()
    if reader.position != len(data):
        raise ModelFileError(f"{FILE_NAME} has {len(data) - reader.position} bytes too many")
    return params


def _conv(network: Network, shape: ConvShape, source: str, output: str, stride=1, pad=0) -> str:
    inputs = [source, f"{shape.name}.weight", f"{shape.name}.bias"]
    kernel = (shape.kernel, shape.kernel)
    return network.add(
        "Conv",
        shape.name,
        inputs,
        output,
        kernel=kernel,
        strides=(stride, stride),
        pads=(pad,) * 4,
        group=1,
        dilations=(1, 1),
    )


def _relu_layer(network: Network, name: str, pre: str, kind: str) -> str:
    network.add("Relu", f"{name}.relu", [pre], name)
    network.layers.append(Layer(name, name, kind, pre))
    return name


def _pool(network: Network, name: str, source: str) -> str:
    network.add(
        "MaxPool", name, [source], name, kernel=(3, 3), strides=(2, 2), pads=(0,) * 4, ceil_mode=1
    )
    network.layers.append(Layer(name, name, "pool"))
    return name


def build(data: bytes) -> Network:
    """The network; its input is NHWC in the order blue, green, red."""
    network = Network("squeezenet-1.0", "image", (1, INPUT_SIZE, INPUT_SIZE, 3), decode(data))
    shapes = {shape.name: shape for shape in conv_shapes()}
    pre = _conv(network, shapes["conv1"], "image", "conv1.pre", stride=2)
    value = _pool(network, "pool1", _relu_layer(network, "conv1", pre, "conv"))
    for index in FIRES:
        name = f"fire{index}"
        pre = _conv(network, shapes[f"{name}s"], value, f"{name}s.pre")
        squeezed = _relu_layer(network, f"{name}s", pre, "conv")
        one = _conv(network, shapes[f"{name}x1"], squeezed, f"{name}x1.pre")
        three = _conv(network, shapes[f"{name}x3"], squeezed, f"{name}x3.pre", pad=1)
        pre = network.add("Concat", f"{name}.concat", [one, three], f"{name}.pre", axis=3)
        value = _relu_layer(network, name, pre, "block")
        if index in POOL_AFTER:
            value = _pool(network, POOL_AFTER[index], value)
    # The published model really pads this 1x1 convolution: 13x13 in, 15x15 out.
    pre = _conv(network, shapes["conv10"], value, "conv10.pre", pad=1)
    value = _relu_layer(network, "conv10", pre, "head")
    value = network.add("GlobalAveragePool", "pool10", [value], "pool10")
    value = network.add("Flatten", "flatten", [value], "logits", axis=1)
    network.layers.append(Layer("logits", value, "logits"))
    network.add("Softmax", "softmax", [value], "probabilities", axis=-1)
    network.outputs = {"logits": "logits", "probabilities": "probabilities"}
    network.check()
    return network
