"""Runs the native program as a person does, and reads what it writes."""

from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
# The build with sanitizers, unless CONVSCOPE_PROGRAM names another.
PROGRAM = Path(os.environ.get("CONVSCOPE_PROGRAM", ROOT / "build" / "dev" / "convscope"))
MODELS = Path(os.environ.get("CONVSCOPE_MODELS", ROOT / "build" / "models"))
SHARED = os.environ.get("CONVSCOPE_SHARED")
LITE0, SQUEEZENET = "efficientnet-lite0", "squeezenet-1.0"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SECONDS = 1000


def run(*words: object) -> subprocess.CompletedProcess[str]:
    # A directory without the networks, so that nothing is found there by accident.
    environment = os.environ | {"CONVSCOPE_MODELS": str(MODELS)}
    command = [str(PROGRAM), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, timeout=SECONDS
    )


def needs_network(name: str = LITE0):
    """Skips where a network's file is not there."""
    file = {LITE0: "efficientnet-lite0.csb", SQUEEZENET: "compressed_SqueezeNet.net"}[name]
    return unittest.skipUnless(
        (MODELS / file).is_file(), f"{file} is not there; run ./dev models (SqueezeNet's is "
        "downloaded, or taken from the folder CONVSCOPE_DOWNLOADS)"
    )


def read_npy(path: Path) -> np.ndarray:
    """Checks the header byte by byte before NumPy reads it."""
    data = path.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    length = int.from_bytes(data[8:10], "little")
    assert (10 + length) % 64 == 0 and data[10 + length - 1] == ord("\n")
    array = np.load(path, allow_pickle=False)
    assert array.dtype == np.dtype("<f4") and array.flags.c_contiguous
    assert len(data) == 10 + length + array.nbytes
    return array


class ProgramTest(unittest.TestCase):
    def succeeds(self, *words: object) -> str:
        """Standard output; nothing may be on standard error, which is no terminal here."""
        done = run(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout

    def fails(self, status: int, *words: object) -> str:
        """What is said on standard error: one line, except where a usage follows."""
        done = run(*words)
        self.assertEqual((done.returncode, done.stdout), (status, ""), (words, done.stderr))
        self.assertTrue(done.stderr.startswith("convscope: "), done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)
        return done.stderr
