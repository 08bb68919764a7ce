#!/usr/bin/env python3
"""Writes how PyTorch trains TinyVGG, as tiny_vgg_test.cpp reads it from tinyvgg.train.npz.

    python3 make_tiny_vgg.py OUT.npz [SAME.npz]        (requirements.txt pins torch and NumPy)

Four 3×3 convolutions of 10 channels, 2×2 max-pooling after the second and fourth, a linear layer of 10 classes. Inputs,
labels and weights are drawn at random, or those of SAME.npz. Arrays in PyTorch's layout (N×C×H×W), in float32:

x, labels, 0.weight …       the batch of four, every parameter by its place in the network
logits, loss                before any step; softmax cross-entropy, mean over the batch
grad.x, grad.0.weight …     the loss's gradients
sgd_losses                  before each of ten steps of SGD (0.05, momentum 0.9, weight decay 1e-4) on this batch
"""

import sys

import numpy as np
import torch
from torch import nn

PICTURES, CLASSES, STEPS, SEED = 4, 10, 10, 7


def tiny_vgg():
    def pair(channels):
        return [nn.Conv2d(channels, 10, 3), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(*pair(3), *pair(10), nn.Flatten(), nn.Linear(1690, CLASSES))


def main(out, same=None):
    torch.manual_seed(SEED)
    network = tiny_vgg()
    x, labels = torch.randn(PICTURES, 3, 64, 64), torch.randint(CLASSES, (PICTURES,))
    if same is not None:
        with np.load(same) as given:
            x, labels = torch.from_numpy(given["x"]), torch.from_numpy(given["labels"]).long()
            network.load_state_dict({name: torch.from_numpy(given[name]) for name in network.state_dict()})
    x.requires_grad_()
    logits = network(x)
    loss = nn.functional.cross_entropy(logits, labels)
    loss.backward()
    arrays = {"x": x, "labels": labels.int(), "logits": logits, "loss": loss, "grad.x": x.grad}
    for name, parameter in network.named_parameters():
        arrays |= {name: parameter, f"grad.{name}": parameter.grad}
    arrays = {name: value.detach().clone().numpy() for name, value in arrays.items()}
    optimiser = torch.optim.SGD(network.parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
    losses = []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(x.detach()), labels)
        losses.append(loss.item())
        loss.backward()
        optimiser.step()
    np.savez(out, **arrays, sgd_losses=np.float32(losses))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
