"""torchvision's networks with inverted residuals, squeeze and excitation or channel shuffles, for torchvision.py.

Parameter names are those of torchvision's state dicts; whether a block expands, or is squeezed and
excited, its names and shapes say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .torchvision import _Builder

Activation = Callable[["_Builder", str, str], str]


def _relu(b: _Builder, source: str, name: str) -> str:
    return b.relu(source, name)


def _hard_swish(b: _Builder, source: str, name: str) -> str:
    return b.node("HardSwish", [source], name)


def _hard_sigmoid(b: _Builder, source: str, name: str) -> str:
    return b.node("HardSigmoid", [source], name, alpha="0.16666667", beta="0.5")  # all of float32's digits


def _sigmoid(b: _Builder, source: str, name: str) -> str:
    return b.node("Sigmoid", [source], name)


def _silu(b: _Builder, source: str, name: str) -> str:
    return b.node("Mul", [source, _sigmoid(b, source, f"{name}.gate")], name)


def _unit(b, source, name, keys, kind, activation: Activation, **options) -> str:
    """Convolution, batch norm and activation; `keys` of the first two."""
    pre = b.conv(source, f"{name}.pre", *keys, **options)
    return b.layer(name, activation(b, pre, name), kind, pre)


def _pair(key: str, first: int = 0) -> tuple[str, str]:
    return f"{key}.{first}", f"{key}.{first + 1}"


def _excited(b, source, name, key, activation: Activation, gate: Activation) -> str:
    """Squeeze and excitation: each channel times a number from the means of all."""
    value = b.node("GlobalAveragePool", [source], f"{name}.mean")
    value = activation(b, b.conv(value, f"{name}.squeeze.pre", f"{key}.fc1"), f"{name}.squeeze")
    value = gate(b, b.conv(value, f"{name}.excite.pre", f"{key}.fc2"), f"{name}.excite")
    return b.node("Mul", [source, value], f"{name}.scaled")


def _residual(b: _Builder, source: str, value: str, name: str, stride: int) -> str:
    if stride == 1 and b.channels[source] == b.channels[value]:
        value = b.add(value, source, f"{name}.sum")
    return b.layer(name, value, "block")


def _inverted(b, source, name, key, stride, activation: Activation, excite: tuple[Activation, Activation]) -> str:
    value, step = source, 0
    if b.tensor(f"{key}.0.0.weight").shape[2] == 1:
        value = _unit(b, value, f"{name}.expand", _pair(f"{key}.0"), "expand", activation)
        step = 1
    options = {"stride": stride, "group": b.channels[value]}
    value = _unit(b, value, f"{name}.depthwise", _pair(f"{key}.{step}"), "depthwise", activation, **options)
    step += 1
    if f"{key}.{step}.fc1.weight" in b.state:
        value = _excited(b, value, name, f"{key}.{step}", *excite)
        step += 1
    value = b.conv(value, f"{name}.project", *_pair(f"{key}.{step}"))
    return _residual(b, source, value, name, stride)


def mobilenet_v3(blocks: tuple[tuple[Activation, int], ...]) -> Callable[[_Builder], None]:
    """Howard et al. 2019 (arXiv:1905.02244): activation and stride of each block."""

    def build(b: _Builder) -> None:
        value = _unit(b, "image", "conv1", _pair("features.0"), "conv", _hard_swish, stride=2)
        for index, (activation, stride) in enumerate(blocks, 1):
            key = f"features.{index}.block"
            value = _inverted(b, value, f"block{index}", key, stride, activation, (_relu, _hard_sigmoid))
        value = _unit(b, value, "head", _pair(f"features.{len(blocks) + 1}"), "head", _hard_swish)
        pre = b.linear(b.average(value), "fc1.pre", "classifier.0")
        b.classify(b.layer("fc1", _hard_swish(b, pre, "fc1"), "head", pre), "classifier.3")

    return build


_RE, _HS = _relu, _hard_swish
mobilenet_v3_large = mobilenet_v3(
    (
        (_RE, 1), (_RE, 2), (_RE, 1), (_RE, 2), (_RE, 1), (_RE, 1), (_HS, 2), (_HS, 1), (_HS, 1), (_HS, 1),
        (_HS, 1), (_HS, 1), (_HS, 2), (_HS, 1), (_HS, 1),
    )
)
mobilenet_v3_small = mobilenet_v3(
    (
        (_RE, 2), (_RE, 2), (_RE, 1), (_HS, 2), (_HS, 1), (_HS, 1), (_HS, 1), (_HS, 1), (_HS, 2), (_HS, 1),
        (_HS, 1),
    )
)


def efficientnet_b0(b: _Builder) -> None:
    """Tan & Le 2019 (arXiv:1905.11946)."""
    value = _unit(b, "image", "conv1", _pair("features.0"), "conv", _silu, stride=2)
    stages = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))  # blocks, stride of the first
    for stage, (count, first_stride) in enumerate(stages, 1):
        for index in range(count):
            key, stride = f"features.{stage}.{index}.block", first_stride if index == 0 else 1
            value = _inverted(b, value, f"block{stage}.{index + 1}", key, stride, _silu, (_silu, _sigmoid))
    value = _unit(b, value, "head", _pair("features.8"), "head", _silu)
    b.classify(b.average(value), "classifier.1")


def mnasnet(b: _Builder) -> None:
    """Tan et al. 2018 (arXiv:1807.11626), B1."""

    def separable(source: str, name: str, key: str, first: int, stride: int) -> str:
        options = {"stride": stride, "group": b.channels[source]}
        value = _unit(b, source, f"{name}.depthwise", _pair(key, first), "depthwise", _relu, **options)
        return b.conv(value, f"{name}.project", *_pair(key, first + 3))

    value = _unit(b, "image", "conv1", _pair("layers"), "conv", _relu, stride=2)
    value = b.layer("block0", separable(value, "block0", "layers", 3, 1), "block")
    stages = ((3, 2), (3, 2), (3, 2), (2, 1), (4, 2), (1, 1))
    for stage, (count, first_stride) in enumerate(stages, 1):
        for index in range(count):
            name, key = f"block{stage}.{index + 1}", f"layers.{stage + 7}.{index}.layers"
            stride, source = first_stride if index == 0 else 1, value
            value = _unit(b, value, f"{name}.expand", _pair(key), "expand", _relu)
            value = _residual(b, source, separable(value, name, key, 3, stride), name, stride)
    value = _unit(b, value, "head", _pair("layers", 14), "head", _relu)
    b.classify(b.average(value), "classifier.1")


def regnet_y(blocks: tuple[int, ...], group_width: int) -> Callable[[_Builder], None]:
    """Radosavovic et al. 2020 (arXiv:2003.13678)."""

    def block(b: _Builder, source: str, name: str, key: str, stride: int) -> str:
        value = _unit(b, source, f"{name}.a", _pair(f"{key}.f.a"), "expand", _relu)
        options = {"stride": stride, "group": b.channels[value] // group_width}
        value = _unit(b, value, f"{name}.b", _pair(f"{key}.f.b"), "expand", _relu, **options)
        value = _excited(b, value, name, f"{key}.f.se", _relu, _sigmoid)
        value = b.conv(value, f"{name}.c", *_pair(f"{key}.f.c"))
        if f"{key}.proj.0.weight" in b.state:
            source = b.conv(source, f"{name}.skip", *_pair(f"{key}.proj"), stride=stride)
        pre = b.add(value, source, f"{name}.sum")
        return b.layer(name, b.relu(pre, name), "block", pre)

    def build(b: _Builder) -> None:
        value = _unit(b, "image", "conv1", _pair("stem"), "conv", _relu, stride=2)
        for stage, count in enumerate(blocks, 1):
            for index in range(count):
                key = f"trunk_output.block{stage}.block{stage}-{index}"
                value = block(b, value, f"block{stage}.{index + 1}", key, 2 if index == 0 else 1)
        b.classify(b.average(value), "fc")

    return build


def shufflenet_v2(b: _Builder) -> None:
    """Ma et al. 2018 (arXiv:1807.11164)."""

    def half(source: str, name: str, begin: int, length: int) -> str:
        b.channels[name] = length
        options = {"axis": 3, "begin": begin, "length": length, "step": 1}
        return b.network.add("Slice", f"{name}.slice", [source], name, **options)

    def shuffled(source: str, name: str) -> str:
        """Channels of both halves in turn."""
        channels = b.channels[name] = b.channels[source]
        places = tuple(half * channels // 2 + place for place in range(channels // 2) for half in range(2))
        return b.network.add("Gather", f"{name}.gather", [source], name, indices=places, axis=3)

    def block(source: str, name: str, key: str, stride: int) -> str:
        channels = b.channels[source]
        kept, value = source, source
        if stride == 1:
            kept = half(source, f"{name}.kept", 0, channels // 2)
            value = half(source, f"{name}.changed", channels // 2, channels // 2)
        else:
            kept = b.conv(kept, f"{name}.skip.depthwise", *_pair(f"{key}.branch1"), stride=2, group=channels)
            kept = _unit(b, kept, f"{name}.skip", _pair(f"{key}.branch1", 2), "expand", _relu)
        value = _unit(b, value, f"{name}.expand", _pair(f"{key}.branch2"), "expand", _relu)
        options = {"stride": stride, "group": b.channels[value]}
        value = b.conv(value, f"{name}.depthwise", *_pair(f"{key}.branch2", 3), **options)
        value = _unit(b, value, f"{name}.project", _pair(f"{key}.branch2", 5), "expand", _relu)
        return b.layer(name, shuffled(b.concat([kept, value], f"{name}.both"), name), "block")

    value = _unit(b, "image", "conv1", _pair("conv1"), "conv", _relu, stride=2)
    value = b.layer("pool1", b.pool(value, "pool1", 3, 2, 1), "pool")
    for stage, count in ((2, 4), (3, 8), (4, 4)):
        for index in range(count):
            key = f"stage{stage}.{index}"
            value = block(value, f"block{stage}.{index + 1}", key, 2 if index == 0 else 1)
    value = _unit(b, value, "head", _pair("conv5"), "head", _relu)
    b.classify(b.average(value), "fc")
