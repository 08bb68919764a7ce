"""Runs each libFuzzer program: first what once crashed it, then from seeds for a while.

CONVSCOPE_FUZZ_SECONDS says how long each (60), CONVSCOPE_FUZZ_SEED which random numbers (1). A file that crashes one is
left in build/dev/crashes; with its cause mended it belongs in tests/fuzz/regressions/<program>/.
"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import tempfile
import unittest
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "dev"
CRASHES = BUILD / "crashes"
REGRESSIONS = ROOT / "tests" / "fuzz" / "regressions"
ONNX_TESTS = Path(os.environ.get("CONVSCOPE_ONNX_TESTS", ROOT / "build" / "deps" / "onnx-tests"))
SECONDS = int(os.environ.get("CONVSCOPE_FUZZ_SECONDS", "60"))
SEED = os.environ.get("CONVSCOPE_FUZZ_SEED", "1")
# What a page may use, and more than any of these inputs needs; and the longest one input may take.
MEMORY_MB, INPUT_SECONDS = 2048, 20
MAX_ONNX_BYTES = 6000


def onnx_seeds() -> Iterator[bytes]:
    for file in sorted(ONNX_TESTS.rglob("model.onnx")):
        if file.stat().st_size < MAX_ONNX_BYTES:
            yield file.read_bytes()


# The network whose weights the program holds (tests/unit/model_test_files.h).
BUNDLE_HEADER = b"""model tiny
input image 1 8 8 3
param conv.weight f32 0 432 4 3 3 3
param conv.bias f32 432 16 4
param logits.weight f16 448 16 2 4
param logits.bias f32 464 8 2
node Conv conv image,conv.weight,conv.bias conv.pre kernel=3,3 strides=2,2 auto_pad=same_upper
node Clip conv.relu6 conv.pre conv min=0 max=6
node MaxPool pool conv pool kernel=2,2 strides=2,2
node GlobalAveragePool average pool average
node Flatten flatten average features axis=1
node Gemm logits features,logits.weight,logits.bias logits transB=1
node Softmax softmax logits probabilities axis=-1
layer conv conv kind=conv pre=conv.pre
layer logits logits kind=logits
output logits logits
output probabilities probabilities
"""


def bundle_seeds() -> Iterator[bytes]:
    yield BUNDLE_HEADER
    whole = b"CSBNDL01" + struct.pack("<I", len(BUNDLE_HEADER)) + BUNDLE_HEADER
    yield whole.ljust(-(-len(whole) // 64) * 64, b"\0") + bytes(472)


def image_seeds() -> Iterator[bytes]:
    pixels = np.random.default_rng(1).integers(0, 256, (9, 13, 4), dtype=np.uint8)
    for mode in ("RGBA", "RGB", "L", "P", "1", "LA"):
        image = Image.fromarray(pixels)
        if mode != "RGBA":
            image = image.convert("RGB").convert(mode)
        for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TGA", "PPM"):
            file = io.BytesIO()
            try:
                image.save(file, kind)
            except (OSError, KeyError):  # not every kind has every mode
                continue
            yield file.getvalue()
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).convert("RGB").save(file, "JPEG", exif=exif, progressive=True)
    yield file.getvalue()


def input_settings_seeds() -> Iterator[bytes]:
    yield b"order=bgr mean=104,117,123 std=1 resize=squash:256 side=227"
    yield b"order=rgb mean=123.675,116.28,103.53 std=58.395,57.12,57.375 resize=shorter-side:256 side=224"
    yield b"order=gray mean=255 std=-255 resize=squash:64 side=64x32"


def permalink_seeds() -> Iterator[bytes]:
    yield b"#v=1&model=squeezenet-1.0&image=chelsea&lens=activations&layer=fire5&channel=12&class=281&lang=zh&deep_dream.octaves=6"
    yield b"#v=9&future=1&layer=<script>&channel=-7&class=99999&overlay=2&pre=yes&lens=gradient&theme=dark"


def squeezenet_net_seeds() -> Iterator[bytes]:
    yield bytes(range(256)) * 4


SEEDS = {
    "bundle": bundle_seeds,
    "image": image_seeds,
    "input_settings": input_settings_seeds,
    "onnx": onnx_seeds,
    "permalink": permalink_seeds,
    "squeezenet_net": squeezenet_net_seeds,
}


def run(target: str) -> subprocess.CompletedProcess[str]:
    """The regressions, then SECONDS of new inputs; what was found new is thrown away."""
    known = sorted((REGRESSIONS / target).glob("*"))
    with tempfile.TemporaryDirectory() as folder:
        for i, seed in enumerate(SEEDS[target]()):
            Path(folder, f"seed-{i}").write_bytes(seed)
        options = [f"-seed={SEED}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={INPUT_SECONDS}",
                   f"-artifact_prefix={CRASHES}/{target}-"]
        for arguments in ([*map(str, known)] if known else None, [f"-max_total_time={SECONDS}", folder]):
            if arguments is None:
                continue
            done = subprocess.run(
                [str(BUILD / f"fuzz_{target}"), *options, *arguments], capture_output=True, text=True, errors="replace",
                env=os.environ | {"ASAN_OPTIONS": "allocator_may_return_null=1:detect_stack_use_after_return=1"},
                check=False, timeout=SECONDS + 300,
            )
            if done.returncode != 0:
                break
        return done


class Fuzz(unittest.TestCase):
    """One test a program; two run at a time."""

    runs: dict[str, Future]

    @classmethod
    def setUpClass(cls) -> None:
        CRASHES.mkdir(parents=True, exist_ok=True)
        pool = ThreadPoolExecutor(max_workers=os.cpu_count())
        cls.runs = {target: pool.submit(run, target) for target in SEEDS}
        pool.shutdown(wait=False)

    def test_every_program_has_seeds(self) -> None:
        self.assertEqual(sorted(SEEDS), sorted(file.stem for file in Path(__file__).parent.glob("*.cpp")))

    def check(self, target: str) -> None:
        done = self.runs[target].result()
        tail = done.stderr[-3000:]
        self.assertEqual(done.returncode, 0, tail)
        self.assertRegex(done.stderr, r"Done [1-9]\d* runs", tail)


for name in SEEDS:
    setattr(Fuzz, f"test_{name}", lambda self, name=name: self.check(name))

if __name__ == "__main__":
    unittest.main()
