"""Sample pictures: taken from a wheel, made small, re-encoded."""

from __future__ import annotations

import io
import zipfile

from PIL import Image

from .errors import ModelFileError

MAX_SIDE = 480  # px
MAX_BYTES = 40_000
QUALITIES = (92, 90, 88, 85, 82, 80, 75, 70, 65, 60, 55, 50)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGBA", "LA", "P"):
        return image.convert("RGB")
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _jpeg(image: Image.Image) -> bytes:
    """The best quality that stays within MAX_BYTES."""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()


def encode_sample(archive: zipfile.ZipFile, sample: dict) -> tuple[bytes, tuple[int, int]]:
    """The file's bytes and its (width, height) in pixels."""
    with Image.open(io.BytesIO(archive.read(sample["source"]))) as source:
        image = _on_white(source)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    data = _png(image) if sample["file"].endswith(".png") else _jpeg(image)
    if len(data) > MAX_BYTES:
        raise ModelFileError(f"sample {sample['id']} takes {len(data)} bytes, want {MAX_BYTES}")
    return data, image.size
