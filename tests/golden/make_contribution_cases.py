#!/usr/bin/env python3
"""Writes contribution_cases.txt, which contribution_test.cpp reads: what Captum says that layers and channels add.

    ./dev convscope export build/models/compressed_SqueezeNet.net squeezenet.onnx
    python3 make_contribution_cases.py squeezenet.onnx > contribution_cases.txt    (made with torch 1.13, captum 0.6.0)

`small`       a network of two convolutions with biases, pooling and one linear layer: its parameters as ONNX holds them
              (O×I×KH×KW), its input (N×C×H×W) and, at its second layer, every unit (H×W×C)
`squeezenet`  SqueezeNet on the invented picture of picture(): `target`, `logit`, and the total of every channel of a layer

`gradient_x_activation` is LayerGradientXActivation, `conductance` LayerConductance with 50 Gauss-Legendre steps from 0.
Tensor lines: `WORD LAYER EXTENTS… : VALUES…`; the layer is - where there is none.
"""

import sys

import torch
from captum.attr import LayerConductance, LayerGradientXActivation
from torch import nn
from torch_network import torch_network

STEPS, LAYERS = 50, ("fire4", "fire9")


def write(word, layer, t, digits=9):
    extents = "".join(f" {e}" for e in t.shape)
    print(f"{word} {layer}{extents} :", *(f"{v:.{digits}g}" for v in t.detach().flatten().tolist()))


def units(network, place, x, target):
    yield "gradient_x_activation", LayerGradientXActivation(network, place).attribute(x, target)
    yield "conductance", LayerConductance(network, place).attribute(
        x, torch.zeros_like(x), target, n_steps=STEPS, internal_batch_size=10)


def small():
    torch.manual_seed(5)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    x = 2 * torch.randn(1, 1, 12, 20)
    print("case small")
    for name, parameter in network.named_parameters():
        write(name, "-", parameter)
    write("input", "-", x)
    write("logits", "-", network(x)[0])
    for word, t in units(network, network[4], x, 2):
        write(word, "second", t[0].permute(1, 2, 0))


def picture(side):
    c, y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in (3, side, side)), indexing="ij")
    return (60 * torch.sin(0.05 * (c + 1) * (x + 1)) + 50 * torch.cos(0.002 * x * y) - 20 * c).float()[None]


def squeezenet(file):
    network, settings = torch_network(file)
    x = picture(int(settings["side"]))
    logits = network(x)[0]
    target = int(logits.argmax())
    print("case squeezenet")
    write("target", "-", torch.tensor([target]))
    write("logit", "-", logits[target : target + 1])
    for layer in LAYERS:
        for word, t in units(network, network.layer(layer), x, target):
            write(word, layer, t[0].double().sum((1, 2)), 7)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    small()
    squeezenet(sys.argv[1])
