"""torchvision's ConvNeXt, for torchvision.py.

Layer normalization is written out over the channels of each pixel. Its factor and offset are folded in
float64 into the convolution after it where that has no pads; so is a block's layer scale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .torchvision import _Builder


def _standardized(b: _Builder, source: str, name: str) -> str:
    """(x - mean) / sqrt(variance + epsilon) over channels."""
    over = {"axes": (3,), "keepdims": 1}
    mean = b.node("ReduceMean", [source], f"{name}.mean", 1, **over)
    centred = b.node("Sub", [source, mean], f"{name}.centred")
    square = b.node("Mul", [centred, centred], f"{name}.square")
    variance = b.node("ReduceMean", [square], f"{name}.variance", 1, **over)
    safe = b.node("Affine", [variance], f"{name}.safe", scale=1, shift=b.epsilon)
    deviation = b.node("Sqrt", [safe], f"{name}.deviation")
    return b.node("Div", [centred, deviation], f"{name}.standardized")


def _normalized(b: _Builder, source: str, name: str, key: str) -> str:
    """Layer normalization whose factor and offset stand alone, as a 1x1 depthwise convolution."""
    value = _standardized(b, source, name)
    return b.scaled(value, name, b.tensor(f"{key}.weight"), b.tensor(f"{key}.bias"))


def _normalized_conv(b: _Builder, source: str, name: str, norm: str, key: str, stride: int = 1) -> str:
    """Layer normalization and a convolution without pads (or a linear layer) after it."""
    value = _standardized(b, source, f"{name}.norm")
    weight, bias = b.tensor(f"{key}.weight"), b.tensor(f"{key}.bias")
    if weight.ndim == 2:
        weight = weight[:, :, None, None]
    factor, offset = b.tensor(f"{norm}.weight"), b.tensor(f"{norm}.bias")
    bias = bias + (weight.sum((2, 3)) * offset).sum(1)
    return b.convolution(value, name, weight * factor[None, :, None, None], bias, stride, 0, 1)


def convnext(blocks: tuple[int, ...]) -> Callable[[_Builder], None]:
    """Liu et al. 2022 (arXiv:2201.03545): so many blocks in each of four stages."""

    def block(b: _Builder, source: str, name: str, key: str) -> str:
        value = b.conv(source, f"{name}.depthwise", f"{key}.block.0", group=b.channels[source])
        b.layer(f"{name}.depthwise", value, "depthwise")
        pre = _normalized_conv(b, value, f"{name}.expand.pre", f"{key}.block.2", f"{key}.block.3")
        value = b.layer(f"{name}.expand", b.node("Gelu", [pre], f"{name}.expand"), "expand", pre)
        scale = b.tensor(f"{key}.layer_scale").reshape(-1)
        weight, bias = b.tensor(f"{key}.block.5.weight"), b.tensor(f"{key}.block.5.bias")
        weight = (weight * scale[:, None])[:, :, None, None]
        value = b.convolution(value, f"{name}.project", weight, bias * scale, 1, 0, 1)
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
