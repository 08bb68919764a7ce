"""EfficientNet-Lite0 from its PyTorch weights to a network with batch norm folded in.

Tan & Le, EfficientNet (arXiv:1905.11946); Lite0 drops squeeze-and-excite and uses ReLU6.  The
weights were trained in TensorFlow, so padding is TensorFlow's "same" (asymmetric at stride 2) and
batch norm's epsilon is 1e-3: with symmetric padding or 1e-5 the network still answers, but worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bundle import Layer, Network
from .errors import ModelFileError

BN_EPSILON = 1e-3
INPUT_SIZE = 224
STATE_KEYS = 296

# repeats, kernel, first stride, expansion, output channels
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
STEM_CHANNELS = 32


@dataclass(frozen=True)
class Block:
    kernel: int
    stride: int
    expansion: int
    inputs: int
    outputs: int

    @property
    def has_skip(self) -> bool:
        return self.stride == 1 and self.inputs == self.outputs


def blocks() -> list[Block]:
    result, channels = [], STEM_CHANNELS
    for repeats, kernel, stride, expansion, outputs in STAGES:
        for repeat in range(repeats):
            result.append(Block(kernel, stride if repeat == 0 else 1, expansion, channels, outputs))
            channels = outputs
    return result


class _Builder:
    """Adds convolutions to a network, folding each batch norm in float64 or keeping it."""

    def __init__(self, state: dict[str, np.ndarray], fold: bool, dtype: str):
        self.state = state
        self.fold = fold
        self.dtype = np.dtype(dtype)
        shape = (1, INPUT_SIZE, INPUT_SIZE, 3)
        self.network = Network("efficientnet-lite0", "image", shape)

    def tensor(self, key: str) -> np.ndarray:
        if key not in self.state:
            raise ModelFileError(f"the weight file has no tensor '{key}': it is another network's")
        return self.state[key].astype("f8")

    def conv(
        self, name: str, source: str, output: str, weight_key: str, norm: str, stride=1
    ) -> str:
        """`name` names the parameters, `output` the value after batch norm."""
        weight = self.tensor(weight_key + ".weight")  # O, I/group, KH, KW
        gamma, beta, mean, variance = (
            self.tensor(f"{norm}.{part}")
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        kernel = weight.shape[2]
        group = weight.shape[0] if "_depthwise" in weight_key else 1
        pads = {"auto_pad": "same_upper"} if kernel > 1 else {"pads": (0, 0, 0, 0)}
        attributes = {
            "kernel": (kernel, kernel),
            "strides": (stride, stride),
            **pads,
            "group": group,
            "dilations": (1, 1),
        }
        scale = gamma / np.sqrt(variance + BN_EPSILON)
        bias = beta - mean * scale if self.fold else np.zeros_like(beta)
        if self.fold:
            weight = weight * scale[:, None, None, None]
        params = self.network.params
        params[f"{name}.weight"] = weight.transpose(0, 2, 3, 1).astype(self.dtype)
        params[f"{name}.bias"] = bias.astype("f4")
        inputs = [source, f"{name}.weight", f"{name}.bias"]
        if self.fold:
            return self.network.add("Conv", name, inputs, output, **attributes)
        raw = self.network.add("Conv", name, inputs, f"{output}.raw", **attributes)
        for part, value in zip(("scale", "shift", "mean", "var"), (gamma, beta, mean, variance)):
            params[f"{name}.{part}"] = value.astype("f4")
        inputs = [raw] + [f"{name}.{part}" for part in ("scale", "shift", "mean", "var")]
        return self.network.add(
            "BatchNormalization", f"{name}.bn", inputs, output, epsilon=BN_EPSILON
        )

    def conv_relu6(self, name: str, source: str, keys: tuple[str, str], kind: str, stride=1) -> str:
        pre = self.conv(name, source, f"{name}.pre", *keys, stride=stride)
        self.network.add("Clip", f"{name}.relu6", [pre], name, min=0, max=6)
        self.network.layers.append(Layer(name, name, kind, pre))
        return name

    def block(self, index: int, block: Block, source: str) -> str:
        name, prefix, value = f"block{index}", f"_blocks.{index}", source
        if block.expansion != 1:
            keys = (f"{prefix}._expand_conv", f"{prefix}._bn0")
            value = self.conv_relu6(f"{name}e", value, keys, "expand")
        keys = (f"{prefix}._depthwise_conv", f"{prefix}._bn1")
        value = self.conv_relu6(f"{name}d", value, keys, "depthwise", block.stride)
        project = f"{name}.project" if block.has_skip else name
        keys = (f"{prefix}._project_conv", f"{prefix}._bn2")
        value = self.conv(f"{name}.project", value, project, *keys)
        if block.has_skip:
            value = self.network.add("Add", f"{name}.add", [value, source], name)
        self.network.layers.append(Layer(name, value, "block"))
        return value


def build(state: dict[str, np.ndarray], fold: bool = True, dtype: str = "f2") -> Network:
    """The network; `fold=False, dtype="f4"` is the published one, batch norm and all."""
    if len(state) != STATE_KEYS:
        raise ModelFileError(
            f"the weight file has {len(state)} tensors, EfficientNet-Lite0 has {STATE_KEYS}"
        )
    builder = _Builder(state, fold, dtype)
    network = builder.network
    value = builder.conv_relu6("stem", "image", ("_conv_stem", "_bn0"), "conv", stride=2)
    for index, block in enumerate(blocks()):
        value = builder.block(index, block, value)
    value = builder.conv_relu6("head", value, ("_conv_head", "_bn1"), "head")
    value = network.add("GlobalAveragePool", "pool", [value], "pool")
    network.layers.append(Layer("pool", value, "pool"))
    value = network.add("Flatten", "flatten", [value], "features", axis=1)
    network.params["logits.weight"] = builder.tensor("_fc.weight").astype(builder.dtype)
    network.params["logits.bias"] = builder.tensor("_fc.bias").astype("f4")
    inputs = [value, "logits.weight", "logits.bias"]
    value = network.add("Gemm", "logits", inputs, "logits", transB=1)
    network.layers.append(Layer("logits", value, "logits"))
    network.add("Softmax", "softmax", [value], "probabilities", axis=-1)
    network.outputs = {"logits": "logits", "probabilities": "probabilities"}
    network.check()
    return network
