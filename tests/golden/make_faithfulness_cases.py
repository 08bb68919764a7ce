#!/usr/bin/env python3
"""Writes faithfulness_cases.txt, which faithfulness_test.cpp reads: ROAD, the drop in confidence and rank correlations.

    python3 make_faithfulness_cases.py > faithfulness_cases.txt     (made with grad-cam 1.4.8, torch and SciPy)

Both programs make the same pictures, maps and scores from the formula below. A line is `NAME VALUE…`:

filled KIND PERCENTILE   the picture (H×W×C) after pytorch-grad-cam's NoisyLinearImputer with noise 0, KIND most or least
road                     scores of MoRF, then of LeRF, for 10, 20 … 90, then ROADCombined's
confidence               the score of the picture, of picture × map, and DropInConfidence's
spearman NAME            scipy.stats.spearmanr of two sequences
"""

import numpy as np
import torch
from pytorch_grad_cam.metrics import road
from pytorch_grad_cam.metrics.cam_mult_image import CamMultImageConfidenceChange, DropInConfidence
from scipy.stats import spearmanr

HEIGHT, WIDTH, CHANNELS = 14, 17, 3


def hashed(i, stream):
    h = ((i * 73856093) ^ (stream * 83492791)) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0x5BD1E995) & 0xFFFFFFFF
    h ^= h >> 15
    return (h & 0xFFFF) / 65536


def plane(count, stream):
    return np.array([hashed(i, stream) for i in range(count)], np.float32)


class Quiet(road.NoisyLinearImputer):
    def __init__(self):
        super().__init__(noise=0)


road.NoisyLinearImputer = Quiet  # the classes of road.py make their own

PIXELS = HEIGHT * WIDTH
picture = plane(PIXELS * CHANNELS, 1).reshape(HEIGHT, WIDTH, CHANNELS) * 4 - 2
cam = plane(PIXELS, 2).reshape(HEIGHT, WIDTH)
weights = plane(PIXELS * CHANNELS, 3).reshape(HEIGHT, WIDTH, CHANNELS) - np.float32(0.25)
chw = torch.from_numpy(picture.transpose(2, 0, 1).copy())
assert len(np.unique(cam)) == PIXELS and len(np.unique(1 - cam)) == PIXELS


class Additive(torch.nn.Module):
    def forward(self, x):
        return (x.double() * torch.from_numpy(weights.transpose(2, 0, 1).copy())).sum((1, 2, 3))[:, None]


def say(*words):
    print(*(f"{w:.9g}" if isinstance(w, float) else w for w in words))


target, network, cams = [lambda output: output[0]], Additive(), cam[None]
for kind, remove in (("most", road.RemoveMostRelevantFirst), ("least", road.RemoveLeastRelevantFirst)):
    for percentile in (10, 50, 80):
        filled = remove(percentile, Quiet())(chw, torch.from_numpy(cam)).numpy().transpose(1, 2, 0)
        say("filled", kind, percentile, *map(float, filled.ravel()))
scores = []
for metric in (road.ROADMostRelevantFirst, road.ROADLeastRelevantFirst):
    for percentile in range(10, 100, 10):
        scores.append(float(metric(percentile)(chw[None], cams, target, network, return_diff=False)[0]))
say("road", *scores, float(road.ROADCombined()(chw[None], cams, target, network)[0]))
change = CamMultImageConfidenceChange()
whole = float(network(chw[None])[0, 0])
say("confidence", whole, float(change(chw[None], cams, target, network, return_diff=False)[0]),
    float(DropInConfidence()(chw[None], cams, target, network)[0]))
other = plane(PIXELS, 4)
say("spearman", "unrelated", float(spearmanr(cam.ravel(), other).statistic))
say("spearman", "related", float(spearmanr(cam.ravel(), cam.ravel() + other).statistic))
say("spearman", "tied", float(spearmanr(np.floor(cam.ravel() * 5), np.floor((cam.ravel() + other) * 3)).statistic))
