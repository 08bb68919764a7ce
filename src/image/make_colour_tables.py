#!/usr/bin/env python3
"""Writes colour_tables.h: magma and viridis as matplotlib has them, and our own signed map.

Usage: python3 make_colour_tables.py > colour_tables.h     (needs matplotlib; made with 3.11.2)
magma, viridis: Nathaniel Smith and Stefan van der Walt, CC0.  Signed: blue over white to orange, made here by
interpolating in Oklab (Ottosson 2020) so that both halves darken at the same perceived pace; the two halves
mirror each other in lightness, which keeps +x and -x equally strong.
"""

import matplotlib

BLUE = (11, 76, 138)
ORANGE = (178, 74, 8)
MIDDLES = ((70, 147, 196), (240, 142, 58))


def linear(byte):
    c = byte / 255
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def encoded(value):
    value = min(max(value, 0.0), 1.0)
    value = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return round(255 * value)


def oklab(rgb):
    r, g, b = map(linear, rgb)
    l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    )


def rgb(lab):
    L, a, b = lab
    l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (L - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
        encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
        encoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s),
    )


def half(middle, end):
    """128 colours from white to `end`; lightness is the same straight line for both halves."""
    white, middle, end = oklab((255, 255, 255)), oklab(middle), oklab(end)
    darkest = max(oklab(BLUE)[0], oklab(ORANGE)[0])
    out = []
    for i in range(128):
        t = i / 127
        a, b, u = (white, middle, 2 * t) if t < 0.5 else (middle, end, 2 * t - 1)
        mixed = [x + (y - x) * u for x, y in zip(a, b)]
        mixed[0] = 1 + (darkest - 1) * t
        out.append(rgb(mixed))
    return out


def published(name):
    table = matplotlib.colormaps[name].resampled(256)
    return [tuple(round(255 * c) for c in table(i)[:3]) for i in range(256)]


def write(name, table):
    print(f"inline constexpr ColourTable {name} = {{{{")
    for i in range(0, 256, 6):
        print("    " + " ".join("{%d, %d, %d}," % colour for colour in table[i : i + 6]))
    print("}};\n")


print("// Made by make_colour_tables.py; do not edit.\n#pragma once\n")
print('#include "image/colour_map.h"\n\nnamespace convscope {\n')
write("kMagmaTable", published("magma"))
write("kViridisTable", published("viridis"))
write("kSignedTable", half(MIDDLES[0], BLUE)[::-1] + half(MIDDLES[1], ORANGE))
print("}  // namespace convscope")
