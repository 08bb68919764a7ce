"""The classic networks that the benchmark runs beside the catalog's, with random weights: speed does
not depend on what a network learned. Batch norms are folded into convolutions, as exporters do it. The
weights depend on nothing but the network's name; variances are kept (He et al. 2015, arXiv:1502.01852),
so that every layer computes with ordinary numbers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from convert.bundle import Layer, Network

CLASSES = 1000


class _Builder:
    def __init__(self, name: str):
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.network = Network(name, "image", (1, 224, 224, 3))
        self.value, self.channels = "image", 3

    def weights(self, name: str, shape: tuple[int, ...], scale: float) -> list[str]:
        """A weight and a bias."""
        fan_in = int(np.prod(shape[1:]))
        weight = self.rng.standard_normal(shape, dtype="f4") * np.float32(scale * (2 / fan_in) ** 0.5)
        bias = self.rng.standard_normal(shape[0], dtype="f4") * np.float32(0.1)
        self.network.params |= {f"{name}.weight": weight, f"{name}.bias": bias}
        return [f"{name}.weight", f"{name}.bias"]

    def conv(self, name: str, out: int, kernel: int, stride: int = 1, group: int = 1,
             activation: str | None = "Relu", scale: float = 1.0, source: str | None = None) -> str:
        inputs = self.channels if source is None else self.source_channels
        pad = kernel // 2
        names = self.weights(name, (out, kernel, kernel, inputs // group), scale)
        self.value = self.network.add(
            "Conv", name, [source or self.value, *names], f"{name}.sum", kernel=(kernel, kernel),
            strides=(stride, stride), pads=(pad,) * 4, group=group)
        self.channels = out
        if activation is not None:
            bounds = {"min": 0.0, "max": 6.0} if activation == "Clip" else {}
            self.value = self.network.add(activation, f"{name}.act", [self.value], name, **bounds)
            self.network.layers.append(Layer(name, name, "conv"))
        return self.value

    def max_pool(self, name: str, kernel: int, pad: int = 0) -> None:
        self.value = self.network.add(
            "MaxPool", name, [self.value], name, kernel=(kernel, kernel), strides=(2, 2),
            pads=(pad,) * 4)

    def head(self) -> Network:
        value = self.network.add("GlobalAveragePool", "pool", [self.value], "pool")
        value = self.network.add("Flatten", "flat", [value], "flat", axis=1)
        names = self.weights("fc", (CLASSES, self.channels), 1.0)
        value = self.network.add("Gemm", "fc", [value, *names], "logits", transB=1)
        self.network.outputs = {"logits": value}
        self.network.check()
        return self.network


def resnet18() -> Network:
    """He et al. 2016, arXiv:1512.03385."""
    net = _Builder("resnet18")
    net.conv("conv1", 64, 7, stride=2)
    net.max_pool("maxpool", 3, pad=1)
    for stage, width in enumerate((64, 128, 256, 512), start=1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            shortcut, net.source_channels = net.value, net.channels
            net.conv(f"{name}.conv1", width, 3, stride)
            branch = net.conv(f"{name}.conv2", width, 3, activation=None, scale=0.5)
            if stride == 2:
                shortcut = net.conv(f"{name}.downsample", width, 1, stride, activation=None,
                                    scale=0.7, source=shortcut)
            total = net.network.add("Add", f"{name}.add", [branch, shortcut], f"{name}.add")
            net.value = net.network.add("Relu", f"{name}.relu", [total], f"{name}.relu")
    return net.head()


def vgg16_body() -> Network:
    """Simonyan & Zisserman 2015, arXiv:1409.1556, configuration D: its convolutions and poolings. The
    three linear layers, 90 % of the weights and 1 % of the arithmetic, make way for one."""
    net = _Builder("vgg16-body")
    for stage, (width, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), start=1):
        for i in range(1, count + 1):
            net.conv(f"stage{stage}.conv{i}", width, 3)
        net.max_pool(f"pool{stage}", 2)
    return net.head()


def mobilenet_v2() -> Network:
    """Sandler et al. 2018, arXiv:1801.04381."""
    net = _Builder("mobilenet-v2")
    net.conv("stem", 32, 3, stride=2, activation="Clip")
    index = 0
    for expand, out, repeats, first_stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                               (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for repeat in range(repeats):
            name, stride = f"block{index}", first_stride if repeat == 0 else 1
            source, inputs = net.value, net.channels
            if expand > 1:
                net.conv(f"{name}.expand", inputs * expand, 1, activation="Clip")
            net.conv(f"{name}.depthwise", net.channels, 3, stride, net.channels, "Clip")
            net.conv(f"{name}.project", out, 1, activation=None, scale=0.7)
            if stride == 1 and inputs == out:
                net.value = net.network.add("Add", f"{name}.add", [net.value, source], f"{name}.add")
            index += 1
    net.conv("head", 1280, 1, activation="Clip")
    return net.head()


def random_networks() -> Iterator[tuple[Network, str]]:
    """Each with the layer whose gradient is measured: its last convolution that ends in an
    activation."""
    for network in (resnet18(), vgg16_body(), mobilenet_v2()):
        yield network, network.layers[-1].name
