"""Networks of torchvision with random weights, as torch.onnx.export writes them and as our own bundles: the program's
logits must be torchvision's within 1e-4 of the largest. Needs a Python with torchvision (CONVSCOPE_TORCH_PYTHON, else
/usr/bin/python3 with Debian's python3-torchvision). Few and small here, for the program has sanitizers; the
bundles of all architectures are compared in tests/models.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image
from support import MODELS, ROOT, ProgramTest, read_npy

sys.path.insert(0, str(ROOT / "models"))
from convert import torch_file, torchvision  # noqa: E402
from convert.bundle import write_bundle  # noqa: E402

TOLERANCE = 1e-4
PYTHON = os.environ.get("CONVSCOPE_TORCH_PYTHON", "/usr/bin/python3")
ORACLE = ROOT / "tests" / "models" / "torchvision_oracle.py"
# Of every way of writing a network that differs for the importer one: opset and what is in it.
EXPORTS = {
    "squeezenet1_1": 11,  # Concat, ceil_mode
    "mobilenet_v3_small": 17,  # HardSwish, HardSigmoid, squeeze and excitation
    "shufflenet_v2_x0_5": 13,  # Split, channel shuffle by Reshape and Transpose
    "efficientnet_b0": 12,  # SiLU as Sigmoid and Mul
    "regnet_y_400mf": 15,  # grouped convolutions
    "googlenet": 16,  # Gather, Unsqueeze, Concat: transform_input
}
BUNDLES = ("squeezenet1_1", "googlenet", "resnet18")


def can_ask():
    asked = [PYTHON, "-c", "import torchvision"]
    return Path(PYTHON).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(can_ask(), f"{PYTHON} has no torchvision")
@unittest.skipUnless((MODELS / "labels.en.txt").is_file(), "the class names are not there; run ./dev models")
class TorchvisionTest(ProgramTest):
    def check(self, name, opset, use):
        with tempfile.TemporaryDirectory() as path:
            folder = Path(path)
            subprocess.run([PYTHON, ORACLE, folder, name, "--onnx", str(opset)], check=True, capture_output=True)
            oracle = np.load(folder / f"{name}.npz")
            Image.fromarray(oracle["image"]).save(folder / "picture.png")
            logits, want = folder / "logits.npy", oracle["logits"].ravel()
            file, options = use(folder, name, json.loads((folder / f"{name}.json").read_text()))
            self.succeeds("classify", file, folder / "picture.png", "--exact-input", "--npy", logits, *options)
            error = np.abs(read_npy(logits).ravel() - want).max() / np.abs(want).max()
        print(f"{file.name}: logits differ by {error:.1e} of the largest", flush=True)
        self.assertLess(error, TOLERANCE)

    @staticmethod
    def exported(folder, name, presets):
        mean, std = (",".join(f"{255 * v:.9g}" for v in presets[key]) for key in ("mean", "std"))
        side = presets["side"]
        text = f"order=rgb mean={mean} std={std} resize=shorter-side:{side} side={side}"
        return folder / f"{name}.onnx", ("--input", text)

    @staticmethod
    def bundled(folder, name, presets):
        del presets  # the bundle says it itself
        state = torch_file.load_state_dict(folder / f"{name}.pth")
        write_bundle(torchvision.build(name, state, dtype="f4"), folder / f"{name}.csb")
        return folder / f"{name}.csb", ()


def _add(name, opset, use):
    setattr(TorchvisionTest, f"test_{name}_{use.__name__}", lambda self: self.check(name, opset, use))


for _name, _opset in EXPORTS.items():
    _add(_name, _opset, TorchvisionTest.exported)
for _name in BUNDLES:
    _add(_name, 13, TorchvisionTest.bundled)

if __name__ == "__main__":
    unittest.main()
