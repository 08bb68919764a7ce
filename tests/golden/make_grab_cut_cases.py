#!/usr/bin/env python3
"""Writes grab_cut_cases.txt, which grab_cut_test.cpp reads: what OpenCV's grabCut makes of pictures that both draw.

    python3 make_grab_cut_cases.py > grab_cut_cases.txt        (made with opencv-python-headless 4.11; needs NumPy too)

A line is `case NAME ITERATIONS` with the seeds of the picture below, then as many lines as it has rows: 1 where OpenCV
sees the object. OpenCV's k-means starts elsewhere, so a pixel here and there may fall to the other side.
"""

import cv2
import numpy as np

WIDTH, HEIGHT = 48, 40


def noise(x, y, c):
    h = ((x * 73856093) ^ (y * 19349663) ^ (c * 83492791)) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0x5BD1E995) & 0xFFFFFFFF
    h ^= h >> 15
    return h % 41 - 20


def inside(x, y, shrink=1):
    return (shrink * (x - 24)) ** 2 * 100 + (shrink * (y - 18)) ** 2 * 196 < 19600


def colour(x, y):
    base = (200, 90 + 2 * (x % 16), 60) if inside(x, y) else (90 + x, 110, 130 - y)
    return [min(255, max(0, base[c] + noise(x, y, c))) for c in range(3)]


def seeds(kind):
    mask = np.full((HEIGHT, WIDTH), cv2.GC_PR_BGD, np.uint8)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            if kind == "box":  # the user's rectangle: nothing outside of it, perhaps something inside
                mask[y, x] = cv2.GC_PR_FGD if 6 <= x < 42 and 4 <= y < 32 else cv2.GC_BGD
            if kind == "middle" and inside(x, y, 2):
                mask[y, x] = cv2.GC_PR_FGD
            if kind == "wrong":  # what a heat map does: most of it right, some of it elsewhere
                if inside(x, y, 2) or (x < 4 and y > 30):
                    mask[y, x] = cv2.GC_PR_FGD
    return mask


picture = np.array([[colour(x, y) for x in range(WIDTH)] for y in range(HEIGHT)], np.uint8)
for kind in ("box", "middle", "wrong"):
    for iterations in (1, 5):
        cv2.setRNGSeed(1)
        mask = seeds(kind)
        cv2.grabCut(picture, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), iterations, cv2.GC_INIT_WITH_MASK)
        print(f"case {kind} {iterations}")
        for row in (mask & 1).tolist():
            print("".join(map(str, row)))
