"""torchvision's classification networks, from their published weights to this project's bundle.

Each architecture is written out as its paper and torchvision have it; parameter names are those of
torchvision's state dicts.  Batch norm is folded in float64 into the convolution before it; where it
stands before its ReLU and convolution (DenseNet), it becomes a 1x1 depthwise convolution.  A linear
layer on a flattened map becomes a convolution as large as the map, which is the same sum.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import torchvision_mobile as mobile
from .bundle import Layer, Network
from .errors import ModelFileError
from .torchvision_convnext import convnext

State = dict[str, np.ndarray]
ADDRESS = "https://download.pytorch.org/models/"
LICENCE = "BSD-3-Clause, as torchvision; weights may carry terms of their training data, here ImageNet's"
IMAGENET = "order=rgb mean=123.675,116.28,103.53 std=58.395,57.12,57.375"
HALVES = "order=rgb mean=127.5 std=127.5"  # what torchvision's transform_input comes to


class _Builder:
    def __init__(self, name: str, state: State, side: int, dtype: str, epsilon: float = 1e-5):
        self.state = {key: value for key, value in state.items() if "num_batches_tracked" not in key}
        self.unused = set(self.state)
        self.dtype = np.dtype(dtype)
        self.epsilon = epsilon
        self.network = Network(name, "image", (1, side, side, 3))
        self.channels = {"image": 3}

    def tensor(self, key: str) -> np.ndarray:
        if key not in self.state:
            raise ModelFileError(f"the weight file has no tensor '{key}': it is another network's")
        self.unused.discard(key)
        return self.state[key].astype("f8")

    def layer(self, name: str, value: str, kind: str, pre: str | None = None) -> str:
        self.network.layers.append(Layer(name, value, kind, pre))
        return value

    def norm(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Factor and offset that batch norm comes to in inference."""
        gamma, beta, mean, variance = (
            self.tensor(f"{key}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + self.epsilon)
        return scale, beta - mean * scale

    def convolution(self, source, output, weight, bias, stride, pad, group) -> str:
        """Weight is O, I/group, KH, KW; `pad` is one number, or rows and columns."""
        if weight.shape[1] * group != self.channels[source]:
            raise ModelFileError(
                f"{output} wants {weight.shape[1] * group} channels, {source} has "
                f"{self.channels[source]}: the weight file is another network's"
            )
        params, name = self.network.params, f"{output}.conv"
        params[f"{name}.weight"] = weight.transpose(0, 2, 3, 1).astype(self.dtype)
        params[f"{name}.bias"] = bias.astype("f4")
        self.channels[output] = weight.shape[0]
        rows, columns = (pad, pad) if isinstance(pad, int) else pad
        return self.network.add(
            "Conv", name, [source, f"{name}.weight", f"{name}.bias"], output,
            kernel=weight.shape[2:], strides=(stride, stride), pads=(rows, columns, rows, columns),
            group=group, dilations=(1, 1),
        )

    def conv(self, source, output, key, norm=None, stride=1, pad=None, group=1) -> str:
        """A convolution with the batch norm after it; `pad` keeps the size unless it is given."""
        weight = self.tensor(f"{key}.weight")
        bias = (
            self.tensor(f"{key}.bias") if f"{key}.bias" in self.state else np.zeros(weight.shape[0])
        )
        if norm:
            scale, shift = self.norm(norm)
            weight, bias = weight * scale[:, None, None, None], bias * scale + shift
        pad = (weight.shape[2] // 2, weight.shape[3] // 2) if pad is None else pad
        return self.convolution(source, output, weight, bias, stride, pad, group)

    def scaled(self, source: str, output: str, factor: np.ndarray, offset: np.ndarray) -> str:
        """Each channel times its factor, plus its offset: a 1x1 depthwise convolution."""
        return self.convolution(source, output, factor.reshape(-1, 1, 1, 1), offset, 1, 0, len(factor))

    def node(self, kind: str, sources: list[str], output: str, channels: int | None = None, **attributes) -> str:
        """An operator without weights; of as many channels as its first source unless they are given."""
        self.channels[output] = self.channels[sources[0]] if channels is None else channels
        return self.network.add(kind, f"{output}.{kind.lower()}", sources, output, **attributes)

    def relu(self, source: str, output: str) -> str:
        return self.node("Relu", [source], output)

    def relu6(self, source: str, output: str) -> str:
        self.channels[output] = self.channels[source]
        return self.network.add("Clip", f"{output}.relu6", [source], output, min=0, max=6)

    def conv_relu(self, source, name, key, norm=None, kind="", **options) -> str:
        pre = self.conv(source, f"{name}.pre", key, norm, **options)
        value = self.relu(pre, name)
        return self.layer(name, value, kind, pre) if kind else value

    def norm_relu(self, source: str, name: str, key: str) -> str:
        """Batch norm before its convolution."""
        return self.relu(self.scaled(source, f"{name}.norm", *self.norm(key)), name)

    def pool(self, source, name, kernel, stride, pad=0, ceil=False, kind="MaxPool", **more) -> str:
        self.channels[name] = self.channels[source]
        return self.network.add(
            kind, f"{name}.pool", [source], name, kernel=(kernel, kernel),
            strides=(stride, stride), pads=(pad, pad, pad, pad), ceil_mode=int(ceil), **more,
        )

    def concat(self, sources: list[str], name: str) -> str:
        return self.node("Concat", sources, name, sum(self.channels[source] for source in sources), axis=3)

    def add(self, a: str, b: str, name: str) -> str:
        return self.node("Add", [a, b], name)

    def average(self, source: str) -> str:
        self.channels["pool"] = self.channels[source]
        return self.layer("pool", self.network.add("GlobalAveragePool", "pool", [source], "pool"), "pool")

    def linear_on_map(self, source: str, name: str, key: str, side: int) -> str:
        """Linear on a flattened C x side x side map, then ReLU."""
        weight, bias = self.tensor(f"{key}.weight"), self.tensor(f"{key}.bias")
        channels = self.channels[source]
        if weight.shape[1] != channels * side * side:
            raise ModelFileError(f"'{key}.weight' does not fit: the file is another network's")
        weight = weight.reshape(-1, channels, side, side)
        pre = self.convolution(source, f"{name}.pre", weight, bias, 1, 0, 1)
        return self.layer(name, self.relu(pre, name), "head", pre)

    def linear(self, source: str, name: str, key: str) -> str:
        weight, bias = self.tensor(f"{key}.weight"), self.tensor(f"{key}.bias")
        return self.convolution(source, name, weight[:, :, None, None], bias, 1, 0, 1)

    def linear_relu(self, source: str, name: str, key: str) -> str:
        pre = self.linear(source, f"{name}.pre", key)
        return self.layer(name, self.relu(pre, name), "head", pre)

    def classify(self, source: str, key: str) -> None:
        """Flatten and the last linear layer."""
        network = self.network
        value = network.add("Flatten", "flatten", [source], "features", axis=1)
        network.params["logits.weight"] = self.tensor(f"{key}.weight").astype(self.dtype)
        network.classes = len(self.state[f"{key}.bias"])
        network.params["logits.bias"] = self.tensor(f"{key}.bias").astype("f4")
        inputs = [value, "logits.weight", "logits.bias"]
        self.finish(network.add("Gemm", "logits", inputs, "logits", transB=1))

    def finish(self, logits: str) -> None:
        self.layer("logits", logits, "logits")
        self.network.add("Softmax", "softmax", [logits], "probabilities", axis=-1)
        self.network.outputs = {"logits": logits, "probabilities": "probabilities"}


# Architectures ------------------------------------------------------------------------------------


def _alexnet(b: _Builder) -> None:
    """Krizhevsky 2014 (arXiv:1404.5997)."""
    value = "image"
    for index, (key, stride, pad) in enumerate(((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1))):
        name = f"conv{index + 1}"
        value = b.conv_relu(value, name, f"features.{key}", kind="conv", stride=stride, pad=pad)
        if name in ("conv1", "conv2", "conv5"):
            value = b.layer(f"pool{name[4]}", b.pool(value, f"pool{name[4]}", 3, 2), "pool")
    value = b.linear_on_map(value, "fc6", "classifier.1", 6)
    value = b.linear_relu(value, "fc7", "classifier.4")
    b.classify(value, "classifier.6")


def _vgg(convolutions: tuple[int, ...], norm: bool) -> Callable[[_Builder], None]:
    """Simonyan & Zisserman 2014 (arXiv:1409.1556): so many convolutions in each of five stages."""

    def build(b: _Builder) -> None:
        value, key = "image", 0
        for stage, count in enumerate(convolutions, 1):
            for step in range(1, count + 1):
                after = f"features.{key + 1}" if norm else None
                value = b.conv_relu(value, f"conv{stage}_{step}", f"features.{key}", after, "conv")
                key += 3 if norm else 2
            value = b.layer(f"pool{stage}", b.pool(value, f"pool{stage}", 2, 2), "pool")
            key += 1
        value = b.linear_on_map(value, "fc6", "classifier.0", 7)
        value = b.linear_relu(value, "fc7", "classifier.3")
        b.classify(value, "classifier.6")

    return build


def _resnet(blocks: tuple[int, ...], bottleneck: bool, groups: int = 1) -> Callable[[_Builder], None]:
    """He et al. 2015 (arXiv:1512.03385), stride in the 3x3 as torchvision has it; Xie et al. 2016
    (arXiv:1611.05431) with groups; Zagoruyko & Komodakis 2016 (arXiv:1605.07146) where it is wide."""

    def block(b: _Builder, source: str, name: str, stride: int) -> str:
        last = 3 if bottleneck else 2
        value = source
        for step in range(1, last):
            strided = stride if step == (2 if bottleneck else 1) else 1
            group = groups if bottleneck and step == 2 else 1
            value = b.conv_relu(
                value, f"{name}.conv{step}", f"{name}.conv{step}", f"{name}.bn{step}", "expand",
                stride=strided, group=group,
            )
        value = b.conv(value, f"{name}.conv{last}", f"{name}.conv{last}", f"{name}.bn{last}")
        if f"{name}.downsample.0.weight" in b.state:
            source = b.conv(
                source, f"{name}.skip", f"{name}.downsample.0", f"{name}.downsample.1", stride=stride
            )
        pre = b.add(value, source, f"{name}.sum")
        return b.layer(name, b.relu(pre, name), "block", pre)

    def build(b: _Builder) -> None:
        value = b.conv_relu("image", "conv1", "conv1", "bn1", "conv", stride=2)
        value = b.layer("pool1", b.pool(value, "pool1", 3, 2, 1), "pool")
        for stage, count in enumerate(blocks, 1):
            for index in range(count):
                stride = 2 if stage > 1 and index == 0 else 1
                value = block(b, value, f"layer{stage}.{index}", stride)
        b.classify(b.average(value), "fc")

    return build


def _densenet(blocks: tuple[int, ...]) -> Callable[[_Builder], None]:
    """Huang et al. 2016 (arXiv:1608.06993)."""

    def build(b: _Builder) -> None:
        value = b.conv_relu("image", "conv0", "features.conv0", "features.norm0", "conv", stride=2)
        value = b.layer("pool0", b.pool(value, "pool0", 3, 2, 1), "pool")
        for stage, count in enumerate(blocks, 1):
            for index in range(1, count + 1):
                key = f"features.denseblock{stage}.denselayer{index}"
                name = f"dense{stage}.{index}"
                inner = b.norm_relu(value, f"{name}.in", f"{key}.norm1")
                inner = b.conv_relu(inner, f"{name}.squeeze", f"{key}.conv1", f"{key}.norm2")
                new = b.conv(inner, f"{name}.new", f"{key}.conv2")
                value = b.layer(name, b.concat([value, new], name), "block")
            if stage < len(blocks):
                key, name = f"features.transition{stage}", f"transition{stage}"
                inner = b.norm_relu(value, f"{name}.in", f"{key}.norm")
                inner = b.conv(inner, f"{name}.conv", f"{key}.conv")
                value = b.layer(name, b.pool(inner, name, 2, 2, kind="AveragePool"), "pool")
        value = b.layer("norm5", b.norm_relu(value, "norm5", "features.norm5"), "conv")
        b.classify(b.average(value), "classifier")

    return build


def _googlenet(b: _Builder) -> None:
    """Szegedy et al. 2014 (arXiv:1409.4842), with batch norm, and 3x3 where the paper has 5x5."""

    def unit(source: str, name: str, key: str, kind: str = "", **options) -> str:
        return b.conv_relu(source, name, f"{key}.conv", f"{key}.bn", kind, **options)

    def inception(source: str, name: str) -> str:
        key = f"inception{name}"
        parts = [unit(source, f"{key}.1x1", f"{key}.branch1")]
        for branch in (2, 3):
            inner = unit(source, f"{key}.reduce{branch}", f"{key}.branch{branch}.0")
            parts.append(unit(inner, f"{key}.3x3.{branch}", f"{key}.branch{branch}.1"))
        inner = b.pool(source, f"{key}.pool", 3, 1, 1, ceil=True)
        parts.append(unit(inner, f"{key}.project", f"{key}.branch4.1"))
        return b.layer(key, b.concat(parts, key), "block")

    value = unit("image", "conv1", "conv1", "conv", stride=2)
    value = b.layer("pool1", b.pool(value, "pool1", 3, 2, ceil=True), "pool")
    value = unit(value, "conv2", "conv2", "conv")
    value = unit(value, "conv3", "conv3", "conv")
    value = b.layer("pool2", b.pool(value, "pool2", 3, 2, ceil=True), "pool")
    for name in ("3a", "3b"):
        value = inception(value, name)
    value = b.layer("pool3", b.pool(value, "pool3", 3, 2, ceil=True), "pool")
    for name in ("4a", "4b", "4c", "4d", "4e"):
        value = inception(value, name)
    value = b.layer("pool4", b.pool(value, "pool4", 2, 2, ceil=True), "pool")
    for name in ("5a", "5b"):
        value = inception(value, name)
    b.classify(b.average(value), "fc")


def _inception_v3(b: _Builder) -> None:
    """Szegedy et al. 2015 (arXiv:1512.00567)."""

    def unit(source: str, key: str, kind: str = "", **options) -> str:
        return b.conv_relu(source, key, f"{key}.conv", f"{key}.bn", kind, **options)

    def chain(source: str, block: str, *names: str, last_stride: int = 1) -> str:
        for name in names:
            strided = last_stride if name == names[-1] else 1
            options = {"stride": 2, "pad": 0} if strided == 2 else {}
            source = unit(source, f"{block}.{name}", **options)
        return source

    def pooled(source: str, block: str) -> str:
        options = {"kind": "AveragePool", "count_include_pad": 1}
        return unit(b.pool(source, f"{block}.average", 3, 1, 1, **options), f"{block}.branch_pool")

    def joined(block: str, parts: list[str]) -> str:
        return b.layer(block, b.concat(parts, block), "block")

    def same(x: str, block: str, *branches: tuple[str, ...]) -> str:
        parts = [chain(x, block, *branch) for branch in branches]
        return joined(block, [*parts, pooled(x, block)])

    def smaller(x: str, block: str, *branches: tuple[str, ...]) -> str:
        parts = [chain(x, block, *branch, last_stride=2) for branch in branches]
        return joined(block, [*parts, b.pool(x, f"{block}.pool", 3, 2)])

    def split(source: str, block: str, name: str) -> list[str]:
        return [unit(source, f"{block}.{name}a"), unit(source, f"{block}.{name}b")]

    def steps(name: str, *numbers: int) -> tuple[str, ...]:
        return tuple(f"{name}_{number}" for number in numbers)

    x = unit("image", "Conv2d_1a_3x3", "conv", stride=2, pad=0)
    x = unit(x, "Conv2d_2a_3x3", "conv", pad=0)
    x = unit(x, "Conv2d_2b_3x3", "conv")
    x = b.layer("pool1", b.pool(x, "pool1", 3, 2), "pool")
    x = unit(x, "Conv2d_3b_1x1", "conv")
    x = unit(x, "Conv2d_4a_3x3", "conv", pad=0)
    x = b.layer("pool2", b.pool(x, "pool2", 3, 2), "pool")
    double = steps("branch3x3dbl", 1, 2, 3)
    for block in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = same(x, block, ("branch1x1",), steps("branch5x5", 1, 2), double)
    x = smaller(x, "Mixed_6a", ("branch3x3",), double)
    sevens = (steps("branch7x7", 1, 2, 3), steps("branch7x7dbl", 1, 2, 3, 4, 5))
    for block in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        x = same(x, block, ("branch1x1",), *sevens)
    x = smaller(x, "Mixed_7a", steps("branch3x3", 1, 2), steps("branch7x7x3", 1, 2, 3, 4))
    for block in ("Mixed_7b", "Mixed_7c"):
        threes = split(chain(x, block, "branch3x3_1"), block, "branch3x3_2")
        doubles = split(chain(x, block, "branch3x3dbl_1", "branch3x3dbl_2"), block, "branch3x3dbl_3")
        x = joined(block, [chain(x, block, "branch1x1"), *threes, *doubles, pooled(x, block)])
    b.classify(b.average(x), "fc")


def _squeezenet(pools: tuple[int, ...]) -> Callable[[_Builder], None]:
    """Iandola et al. 2016 (arXiv:1602.07360); `pools` are the places of pools in `features`."""

    def build(b: _Builder) -> None:
        value = b.conv_relu("image", "conv1", "features.0", kind="conv", stride=2, pad=0)
        fire, pool = 2, 1
        for place in range(2, 13):
            if place in pools:
                value = b.layer(f"pool{pool}", b.pool(value, f"pool{pool}", 3, 2, ceil=True), "pool")
                pool += 1
                continue
            key, name = f"features.{place}", f"fire{fire}"
            inner = b.conv_relu(value, f"{name}.squeeze1x1", f"{key}.squeeze", kind="squeeze")
            parts = [
                b.conv_relu(inner, f"{name}.expand{size}", f"{key}.expand{size}") for size in ("1x1", "3x3")
            ]
            value = b.layer(name, b.concat(parts, name), "fire")
            fire += 1
        value = b.conv_relu(value, "conv10", "classifier.1", kind="conv")
        b.network.classes = b.channels[value]
        value = b.average(value)
        b.finish(b.network.add("Flatten", "flatten", [value], "logits", axis=1))

    return build


def _mobilenet_v2(b: _Builder) -> None:
    """Sandler et al. 2018 (arXiv:1801.04381)."""

    def unit(source: str, name: str, key: str, kind: str, stride: int = 1, group: int = 1) -> str:
        pre = b.conv(source, f"{name}.pre", f"{key}.0", f"{key}.1", stride=stride, group=group)
        return b.layer(name, b.relu6(pre, name), kind, pre)

    value = unit("image", "conv1", "features.0", "conv", stride=2)
    index = 1
    stages = ((1, 1, 1), (6, 2, 2), (6, 3, 2), (6, 4, 2), (6, 3, 1), (6, 3, 2), (6, 1, 1))
    for expansion, repeats, first_stride in stages:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            key, name, source = f"features.{index}.conv", f"block{index}", value
            step = 0
            if expansion != 1:
                value = unit(value, f"{name}e", f"{key}.0", "expand")
                step = 1
            group = b.channels[value]
            value = unit(value, f"{name}d", f"{key}.{step}", "depthwise", stride, group)
            value = b.conv(value, f"{name}.project", f"{key}.{step + 1}", f"{key}.{step + 2}")
            if stride == 1 and b.channels[source] == b.channels[value]:
                value = b.add(value, source, f"{name}.sum")
            b.layer(name, value, "block")
            index += 1
    value = unit(value, "head", f"features.{index}", "head")
    b.classify(b.average(value), "classifier.1")


# The list ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Architecture:
    """One of torchvision's networks with the weights it calls IMAGENET1K_V1."""

    title: str
    file: str  # ends with the first 8 or 10 hex digits of its SHA-256
    build: Callable[[_Builder], None]
    citation: str
    top1: float  # percent on ImageNet, as torchvision publishes it
    colours: str = IMAGENET
    resize: int = 256  # the shorter side
    side: int = 224  # of the square that is taken
    epsilon: float = 1e-5
    unused: str = "$^"  # keys that inference does not need
    filter: str = ""  # bilinear

    @property
    def preprocessing(self) -> str:
        text = f"{self.colours} resize=shorter-side:{self.resize} side={self.side}"
        return f"{text} filter={self.filter}" if self.filter else text

    @property
    def sha256_prefix(self) -> str:
        return re.search(r"-([0-9a-f]{8,10})\.pth$", self.file)[1]


_VGG = "Simonyan, Zisserman: Very Deep Convolutional Networks. arXiv:1409.1556, 2014"
_RESNET = "He, Zhang, Ren, Sun: Deep Residual Learning. arXiv:1512.03385, 2015"
_DENSENET = "Huang, Liu, van der Maaten, Weinberger: Densely Connected Networks. arXiv:1608.06993, 2016"
_SQUEEZENET = "Iandola et al.: SqueezeNet. arXiv:1602.07360, 2016"
_RESNEXT = "Xie, Girshick, Dollár, Tu, He: Aggregated Residual Transformations. arXiv:1611.05431, 2016"
_WIDE = "Zagoruyko, Komodakis: Wide Residual Networks. arXiv:1605.07146, 2016"
_MOBILENET_V3 = "Howard et al.: Searching for MobileNetV3. arXiv:1905.02244, 2019"
_CONVNEXT = "Liu et al.: A ConvNet for the 2020s. arXiv:2201.03545, 2022"
_V16, _V19 = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)

ARCHITECTURES = {
    "alexnet": Architecture(
        "AlexNet", "alexnet-owt-7be5be79.pth", _alexnet,
        "Krizhevsky: One weird trick for parallelizing convolutional networks. arXiv:1404.5997, 2014", 56.522,
    ),
    "vgg11": Architecture("VGG-11", "vgg11-8a719046.pth", _vgg((1, 1, 2, 2, 2), False), _VGG, 69.02),
    "vgg13": Architecture("VGG-13", "vgg13-19584684.pth", _vgg((2, 2, 2, 2, 2), False), _VGG, 69.928),
    "vgg16": Architecture("VGG-16", "vgg16-397923af.pth", _vgg(_V16, False), _VGG, 71.592),
    "vgg19": Architecture("VGG-19", "vgg19-dcbb9e9d.pth", _vgg(_V19, False), _VGG, 72.376),
    "vgg11_bn": Architecture("VGG-11 BN", "vgg11_bn-6002323d.pth", _vgg((1, 1, 2, 2, 2), True), _VGG, 70.37),
    "vgg13_bn": Architecture("VGG-13 BN", "vgg13_bn-abd245e5.pth", _vgg((2, 2, 2, 2, 2), True), _VGG, 71.586),
    "vgg16_bn": Architecture("VGG-16 BN", "vgg16_bn-6c64b313.pth", _vgg(_V16, True), _VGG, 73.36),
    "vgg19_bn": Architecture("VGG-19 BN", "vgg19_bn-c79401a0.pth", _vgg(_V19, True), _VGG, 74.218),
    "resnet18": Architecture("ResNet-18", "resnet18-f37072fd.pth", _resnet((2, 2, 2, 2), False), _RESNET, 69.758),
    "resnet34": Architecture("ResNet-34", "resnet34-b627a593.pth", _resnet((3, 4, 6, 3), False), _RESNET, 73.314),
    "resnet50": Architecture("ResNet-50", "resnet50-0676ba61.pth", _resnet((3, 4, 6, 3), True), _RESNET, 76.13),
    "resnet101": Architecture("ResNet-101", "resnet101-63fe2227.pth", _resnet((3, 4, 23, 3), True), _RESNET, 77.374),
    "resnet152": Architecture("ResNet-152", "resnet152-394f9c45.pth", _resnet((3, 8, 36, 3), True), _RESNET, 78.312),
    "resnext50_32x4d": Architecture(
        "ResNeXt-50 32×4d", "resnext50_32x4d-7cdf4587.pth", _resnet((3, 4, 6, 3), True, 32), _RESNEXT, 77.618
    ),
    "resnext101_32x8d": Architecture(
        "ResNeXt-101 32×8d", "resnext101_32x8d-8ba56ff5.pth", _resnet((3, 4, 23, 3), True, 32), _RESNEXT, 79.312
    ),
    "wide_resnet50_2": Architecture(
        "Wide ResNet-50-2", "wide_resnet50_2-95faca4d.pth", _resnet((3, 4, 6, 3), True), _WIDE, 78.468
    ),
    "wide_resnet101_2": Architecture(
        "Wide ResNet-101-2", "wide_resnet101_2-32ee1156.pth", _resnet((3, 4, 23, 3), True), _WIDE, 78.848
    ),
    "densenet121": Architecture(
        "DenseNet-121", "densenet121-a639ec97.pth", _densenet((6, 12, 24, 16)), _DENSENET, 74.434
    ),
    "densenet161": Architecture(
        "DenseNet-161", "densenet161-8d451a50.pth", _densenet((6, 12, 36, 24)), _DENSENET, 77.138
    ),
    "densenet169": Architecture(
        "DenseNet-169", "densenet169-b2777c0a.pth", _densenet((6, 12, 32, 32)), _DENSENET, 75.6
    ),
    "densenet201": Architecture(
        "DenseNet-201", "densenet201-c1103571.pth", _densenet((6, 12, 48, 32)), _DENSENET, 76.896
    ),
    "googlenet": Architecture(
        "GoogLeNet", "googlenet-1378be20.pth", _googlenet,
        "Szegedy et al.: Going Deeper with Convolutions. arXiv:1409.4842, 2014", 69.778,
        HALVES, epsilon=1e-3, unused=r"aux[12]\.",
    ),
    "inception_v3": Architecture(
        "Inception v3", "inception_v3_google-0cc3c7bd.pth", _inception_v3,
        "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception Architecture. arXiv:1512.00567, 2015",
        77.294, HALVES, 342, 299, 1e-3, r"AuxLogits\.",
    ),
    "squeezenet1_0": Architecture(
        "SqueezeNet 1.0 (torchvision)", "squeezenet1_0-b66bff10.pth", _squeezenet((2, 6, 11)), _SQUEEZENET, 58.092
    ),
    "squeezenet1_1": Architecture(
        "SqueezeNet 1.1", "squeezenet1_1-b8a52dc0.pth", _squeezenet((2, 5, 8)), _SQUEEZENET, 58.178
    ),
    "mobilenet_v2": Architecture(
        "MobileNetV2", "mobilenet_v2-b0353104.pth", _mobilenet_v2,
        "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2. arXiv:1801.04381, 2018", 71.878,
    ),
    "mobilenet_v3_large": Architecture(
        "MobileNetV3 Large", "mobilenet_v3_large-8738ca79.pth", mobile.mobilenet_v3_large, _MOBILENET_V3, 74.042,
        epsilon=1e-3,
    ),
    "mobilenet_v3_small": Architecture(
        "MobileNetV3 Small", "mobilenet_v3_small-047dcff4.pth", mobile.mobilenet_v3_small, _MOBILENET_V3, 67.668,
        epsilon=1e-3,
    ),
    "efficientnet_b0": Architecture(
        "EfficientNet-B0", "efficientnet_b0_rwightman-7f5810bc.pth", mobile.efficientnet_b0,
        "Tan, Le: EfficientNet: Rethinking Model Scaling. arXiv:1905.11946, 2019", 77.692, filter="bicubic",
    ),
    "mnasnet1_0": Architecture(
        "MNASNet 1.0", "mnasnet1.0_top1_73.512-f206786ef8.pth", mobile.mnasnet,
        "Tan et al.: MnasNet: Platform-Aware Neural Architecture Search. arXiv:1807.11626, 2018", 73.456,
    ),
    "regnet_y_400mf": Architecture(
        "RegNetY 400MF", "regnet_y_400mf-c65dace8.pth", mobile.regnet_y((1, 3, 6, 6), 8),
        "Radosavovic et al.: Designing Network Design Spaces. arXiv:2003.13678, 2020", 74.046,
    ),
    "shufflenet_v2_x1_0": Architecture(
        "ShuffleNetV2 ×1.0", "shufflenetv2_x1-5666bf0f80.pth", mobile.shufflenet_v2,
        "Ma, Zhang, Zheng, Sun: ShuffleNet V2: Practical Guidelines. arXiv:1807.11164, 2018", 69.362,
    ),
    "convnext_tiny": Architecture(
        "ConvNeXt Tiny", "convnext_tiny-983f1562.pth", convnext((3, 3, 9, 3)), _CONVNEXT, 82.52,
        resize=236, epsilon=1e-6,
    ),
    "convnext_small": Architecture(
        "ConvNeXt Small", "convnext_small-0c510722.pth", convnext((3, 3, 27, 3)), _CONVNEXT, 83.616,
        resize=230, epsilon=1e-6,
    ),
    "convnext_base": Architecture(
        "ConvNeXt Base", "convnext_base-6075fbad.pth", convnext((3, 3, 27, 3)), _CONVNEXT, 84.062,
        resize=232, epsilon=1e-6,
    ),
}


def older_names(state: State) -> State:
    """DenseNet's published files name 'norm.1' what torchvision now calls 'norm1'."""
    pattern = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d)\.")
    return {pattern.sub(r"\1\2.", key): value for key, value in state.items()}


def build(name: str, state: State, dtype: str = "f2") -> Network:
    """The network; a state dict of another one is a ModelFileError."""
    architecture = ARCHITECTURES[name]
    builder = _Builder(name, older_names(state), architecture.side, dtype, architecture.epsilon)
    architecture.build(builder)
    left = sorted(key for key in builder.unused if not re.match(architecture.unused, key))
    if left:
        raise ModelFileError(
            f"the weight file has {len(left)} tensors that {architecture.title} has not, "
            f"e.g. '{left[0]}': it is another network's"
        )
    network = builder.network
    network.title, network.preprocessing = architecture.title, architecture.preprocessing
    network.licence, network.citation = LICENCE, architecture.citation
    network.origin = f"torchvision, {architecture.file}, batch norm folded"
    network.check()
    return network
