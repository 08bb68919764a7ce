"""torchvision's ConvNeXt, for torchvision.py.

Layer normalization is written out over the channels of each pixel. Its factor and offset are folded in
float64 into the convolution after it where that has no pads; so is a block's layer scale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import torchvision_mobile as mobile

if TYPE_CHECKING:
    from .torchvision import _Builder


def _node(b: _Builder, kind: str, sources: list[str], name: str, channels: int, **attributes) -> str:
    b.channels[name] = channels
    return b.network.add(kind, f"{name}.{kind.lower()}", sources, name, **attributes)


def _standardized(b: _Builder, source: str, name: str) -> str:
    """(x - mean) / sqrt(variance + epsilon) over channels."""
    channels = b.channels[source]
    over = {"axes": (3,), "keepdims": 1}
    mean = _node(b, "ReduceMean", [source], f"{name}.mean", 1, **over)
    centred = _node(b, "Sub", [source, mean], f"{name}.centred", channels)
    square = _node(b, "Mul", [centred, centred], f"{name}.square", channels)
    variance = _node(b, "ReduceMean", [square], f"{name}.variance", 1, **over)
    safe = _node(b, "Affine", [variance], f"{name}.safe", 1, scale=1, shift=b.epsilon)
    deviation = _node(b, "Sqrt", [safe], f"{name}.deviation", 1)
    return _node(b, "Div", [centred, deviation], f"{name}.standardized", channels)


def _normalized(b: _Builder, source: str, name: str, key: str) -> str:
    """Layer normalization whose factor and offset stand alone, as a 1x1 depthwise convolution."""
    value = _standardized(b, source, name)
    factor, offset = b.tensor(f"{key}.weight"), b.tensor(f"{key}.bias")
    return b._conv(value, name, factor.reshape(-1, 1, 1, 1), offset, 1, 0, len(factor))


def _normalized_conv(b: _Builder, source: str, name: str, norm: str, key: str, stride: int = 1) -> str:
    """Layer normalization and a convolution without pads (or a linear layer) after it."""
    value = _standardized(b, source, f"{name}.norm")
    weight, bias = b.tensor(f"{key}.weight"), b.tensor(f"{key}.bias")
    if weight.ndim == 2:
        weight = weight[:, :, None, None]
    factor, offset = b.tensor(f"{norm}.weight"), b.tensor(f"{norm}.bias")
    bias = bias + (weight.sum((2, 3)) * offset).sum(1)
    return b._conv(value, name, weight * factor[None, :, None, None], bias, stride, 0, 1)


def convnext(blocks: tuple[int, ...]) -> Callable[[_Builder], None]:
    """Liu et al. 2022 (arXiv:2201.03545): so many blocks in each of four stages."""

    def block(b: _Builder, source: str, name: str, key: str) -> str:
        value = b.conv(source, f"{name}.depthwise", f"{key}.block.0", group=b.channels[source])
        b.layer(f"{name}.depthwise", value, "depthwise")
        pre = _normalized_conv(b, value, f"{name}.expand.pre", f"{key}.block.2", f"{key}.block.3")
        value = b.layer(f"{name}.expand", mobile._unary(b, "Gelu", pre, f"{name}.expand"), "expand", pre)
        scale = b.tensor(f"{key}.layer_scale").reshape(-1)
        weight, bias = b.tensor(f"{key}.block.5.weight"), b.tensor(f"{key}.block.5.bias")
        weight = (weight * scale[:, None])[:, :, None, None]
        value = b._conv(value, f"{name}.project", weight, bias * scale, 1, 0, 1)
        return b.layer(name, b.add(value, source, name), "block")

    def build(b: _Builder) -> None:
        value = b.conv("image", "stem.conv", "features.0.0", stride=4, pad=0)
        value = b.layer("stem", _normalized(b, value, "stem", "features.0.1"), "conv")
        for stage, count in enumerate(blocks, 1):
            place = 2 * stage - 1
            if stage > 1:
                name, key = f"down{stage}", f"features.{place - 1}"
                value = b.layer(name, _normalized_conv(b, value, name, f"{key}.0", f"{key}.1", stride=2), "conv")
            for index in range(count):
                value = block(b, value, f"block{stage}.{index + 1}", f"features.{place}.{index}")
        b.classify(_normalized(b, b.average(value), "norm", "classifier.0"), "classifier.2")

    return build
