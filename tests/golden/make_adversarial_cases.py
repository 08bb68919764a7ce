#!/usr/bin/env python3
"""Writes adversarial_cases.txt, which adversarial_test.cpp reads: what Captum's FGSM and PGD make of a picture.

    ./dev convscope export build/models/compressed_SqueezeNet.net squeezenet.onnx
    python3 make_adversarial_cases.py squeezenet.onnx > adversarial_cases.txt    (made with torch 1.13, captum 0.6.0)

The picture is SHARE of the invented one of make_contribution_cases.py, so that every colour is within a byte; all is computed in
double precision.  A case is a line
`case squeezenet TARGET EPSILON STEPS GOAL` (ε in steps of a byte; STEPS of 2.5 ε / STEPS each, one step of ε; GOAL 0 away
from the class, 1 towards it), then `logits`, all of the changed picture, and `changed`, the changes of every STRIDE-th
number of N×C×H×W, in steps of a byte.
"""

import sys

import torch
from captum.robust import FGSM, PGD
from make_contribution_cases import picture, write
from torch_network import torch_network

STRIDE, SHARE = 149, 0.8
CASES = ((None, 2.0, 1, 0), (None, 2.0, 2, 0), (281, 1.0, 2, 1), (None, 2.0, 10, 0))


def colours(text):
    values = [float(v) for v in text.split(",")]
    return torch.tensor(values * (3 // len(values))).view(1, 3, 1, 1)


def main(file):
    network, settings = torch_network(file)
    mean, std = colours(settings.get("mean", "0")), colours(settings.get("std", "1"))
    lowest, highest = (0 - mean) / std, (255 - mean) / std
    x = SHARE * picture(int(settings["side"])).double()  # single precision flips signs of its own
    assert bool(((x > lowest) & (x < highest)).all())
    first = int(network(x)[0].argmax())
    for target, epsilon, steps, goal in CASES:
        target = first if target is None else target
        attack = FGSM(lambda batch: torch.softmax(network(batch), 1))
        attack.zero_thresh = 0.0  # Captum leaves what has a slope below 1e-6 alone, whatever the units; the papers do not
        attack.bound = lambda batch: torch.clamp(batch, lowest, highest)
        assert len(set(std.flatten().tolist())) == 1, "one step for all colours"
        scale = 1 / float(std.flatten()[0])
        if steps == 1:
            y = attack.perturb(x, epsilon * scale, target, targeted=goal == 1)
        else:
            pgd = PGD(lambda batch: torch.softmax(network(batch), 1))
            pgd.fgsm, pgd.bound = attack, attack.bound
            y = pgd.perturb(x, epsilon * scale, 2.5 * epsilon * scale / steps, steps, target, targeted=goal == 1)
        print(f"case squeezenet {target} {epsilon:g} {steps} {goal}")
        write("logits", "-", network(y)[0], 6)
        write("changed", "-", ((y - x) / scale).flatten()[::STRIDE], 6)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
