#!/usr/bin/env python3
"""Writes tests/unit/image_vectors.h: small files and resized pictures made by Pillow.

Usage: python3 make_image_vectors.py > ../unit/image_vectors.h      (made with Pillow 13.0.0)
"""

import io

import PIL
from PIL import Image

# A picture that every reader of this test can make again: no two neighbouring pixels are alike.
def pattern(width, height):
    image = Image.new("RGB", (width, height))
    image.putdata(
        [((x * 37 + y * 11) % 256, (x * x + 5 * y) % 256, (x * y * 3 + 90) % 256) for y in range(height) for x in range(width)]
    )
    return image


# Smooth, so that JPEG keeps it closely: red grows to the right, green downwards, blue to the upper left.
def ramp(width, height):
    image = Image.new("RGB", (width, height))
    image.putdata(
        [(x * 255 // (width - 1), y * 255 // (height - 1), 255 - (x + y) * 255 // (width + height - 2)) for y in range(height) for x in range(width)]
    )
    return image


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def write_bytes(name, data):
    print(f"inline constexpr std::string_view {name} =")
    text = data.hex()
    lines = [text[i : i + 92] for i in range(0, len(text), 92)]
    print("\n".join(f'    "{line}"' for line in lines) + ";\n")


def files():
    small = ramp(24, 16)
    yield "kJpegRamp", saved(small, "JPEG", quality=98, subsampling=0)
    yield "kJpegProgressive", saved(small, "JPEG", quality=98, subsampling=2, progressive=True)
    yield "kJpegGray", saved(small.convert("L"), "JPEG", quality=98)
    yield "kJpegCmyk", saved(small.convert("CMYK"), "JPEG", quality=98)
    yield "kPngRgb", saved(small, "PNG")
    red = Image.new("RGBA", (4, 1))
    red.putdata([(255, 0, 0, 255), (255, 0, 0, 128), (255, 0, 0, 0), (0, 0, 255, 51)])
    yield "kPngRgba", saved(red, "PNG")
    gray = Image.new("I;16", (3, 1))
    for x, value in enumerate([0, 0x1234, 0xFFFF]):
        gray.putpixel((x, 0), value)
    yield "kPngGray16", saved(gray, "PNG")
    both = Image.new("LA", (2, 1))
    both.putdata([(0, 255), (0, 0)])
    yield "kPngGrayAlpha", saved(both, "PNG")
    palette = Image.new("P", (3, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50, 1, 2, 3])
    palette.putdata([0, 1, 2])
    yield "kPngPalette", saved(palette, "PNG", transparency=1)
    frames = [Image.new("RGB", (2, 2), colour) for colour in ("red", "blue")]
    yield "kGif", saved(frames[0], "GIF")
    yield "kGifAnimated", saved(frames[0], "GIF", save_all=True, append_images=[frames[1]], duration=100)
    yield "kWebp", saved(small, "WEBP")
    yield "kBmp", saved(Image.new("RGB", (2, 2)), "BMP")
    yield "kTiff", saved(Image.new("RGB", (2, 2)), "TIFF")


def resizes():
    filters = {"kBox": Image.Resampling.BOX, "kBilinear": Image.Resampling.BILINEAR, "kBicubic": Image.Resampling.BICUBIC}
    sizes = [((23, 17), (9, 7)), ((23, 17), (40, 31)), ((23, 17), (23, 5)), ((500, 375), (341, 256)), ((375, 500), (256, 341)), ((1, 9), (4, 3)), ((640, 3), (5, 200))]
    for source, target in sizes:
        for name, kind in filters.items():
            yield source, target, name, pattern(*source).resize(target, kind).tobytes()


print(f"// Made by tests/golden/make_image_vectors.py with Pillow {PIL.__version__}; do not edit.\n#pragma once\n")
print('#include <cstdint>\n#include <string_view>\n\n#include "image/resize.h"\n\nnamespace convscope {\n')
print("// Files, as hexadecimal.")
for name, data in files():
    write_bytes(name, data)
print("struct ResizeVector {")
print("  int from_width, from_height, to_width, to_height;\n  ResizeFilter filter;\n  uint64_t fnv1a;  // of the result's bytes\n};")
print("inline constexpr ResizeVector kResizeVectors[] = {")
for source, target, name, data in resizes():
    print(f"    {{{source[0]}, {source[1]}, {target[0]}, {target[1]}, ResizeFilter::{name}, 0x{fnv1a(data):016x}u}},")
print("};\n")
print("// pattern(23, 17) resized to 9 × 7, bicubic.")
write_bytes("kBicubicBytes", pattern(23, 17).resize((9, 7), Image.Resampling.BICUBIC).tobytes())
print("\n// Of the bytes of pattern(256, 256) in Pillow's mode L.")
print(f'inline constexpr uint64_t kGrayPatternHash = 0x{fnv1a(pattern(256, 256).convert("L").tobytes()):016x}u;\n')
print("}  // namespace convscope")
