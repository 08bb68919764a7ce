"""Networks of torchvision with random weights, as torch.onnx.export writes them and as our own bundles: the program's
logits must be torchvision's within 1e-4 of the largest. Needs a Python with torchvision (CONVSCOPE_TORCH_PYTHON, else
/usr/bin/python3 with Debian's python3-torchvision). One or two of every family here, in small pictures where the
network takes them, for the program has sanitizers; CONVSCOPE_ALL_TORCHVISION=1 takes all that have a file below 600 MB.
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
ALL = os.environ.get("CONVSCOPE_ALL_TORCHVISION") == "1"
# Every family and every operator set that torch.onnx.export of PyTorch 1.13 and 2.6 both write: what is in it that
# others have not. The pictures are as small as the network or its exporter allows.
EXPORTS = {
    "alexnet": (7, 224),  # the head on a map: Flatten, Gemm
    "vgg11_bn": (8, 224),
    "resnet18": (9, 64),
    "resnext50_32x4d": (10, 64),  # grouped convolutions
    "densenet121": (12, 64),  # batch norm before its ReLU, which no convolution takes in; Concat; AveragePool
    "googlenet": (16, 64),  # Gather, Unsqueeze, Concat: transform_input
    "inception_v3": (14, 96),  # 1x7 and 7x1, AveragePool with padding
    "squeezenet1_1": (11, 64),  # Concat, ceil_mode
    "mobilenet_v2": (10, 64),  # ReLU6 as Clip with attributes, or with inputs from operator set 11 on
    "mobilenet_v3_small": (17, 64),  # HardSwish, HardSigmoid, squeeze and excitation
    "mobilenet_v3_large": (13, 64),  # the same as it was before HardSwish was an operator
    "shufflenet_v2_x0_5": (13, 64),  # Split, channel shuffle by Reshape and Transpose
    "mnasnet0_5": (9, 64),  # the head by ReduceMean
    "efficientnet_b0": (12, 64),  # SiLU as Sigmoid and Mul
    "regnet_y_400mf": (15, 64),  # grouped convolutions with squeeze and excitation
    "convnext_tiny": (17, 64),  # LayerNormalization over channels, Erf, layer scale
}
# The others: as those, but wider and deeper.
MORE_EXPORTS = {
    **dict.fromkeys(("vgg11", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"), (13, 224)),
    **dict.fromkeys(("resnet34", "resnet50", "resnet101", "resnet152", "resnext101_32x8d"), (13, 64)),
    **dict.fromkeys(("resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"), (11, 64)),
    **dict.fromkeys(("densenet161", "densenet169", "densenet201"), (17, 64)),
    **dict.fromkeys(("squeezenet1_0", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0"), (15, 64)),
    **dict.fromkeys(("mnasnet0_75", "mnasnet1_0", "mnasnet1_3"), (16, 64)),
    **{f"efficientnet_b{number}": (13, 64) for number in range(1, 8)},
    **dict.fromkeys(("efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l"), (17, 64)),
    **{f"regnet_y_{size}": (17, 64) for size in ("800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")},
    **{f"regnet_x_{size}": (14, 64) for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")},
    **dict.fromkeys(("convnext_small", "convnext_base"), (14, 64)),  # LayerNormalization as ReduceMean, Pow, Sqrt
}
if ALL:
    EXPORTS |= MORE_EXPORTS
BUNDLES = (
    tuple(torchvision.ARCHITECTURES)
    if ALL
    else (
        "alexnet", "resnet18", "densenet121", "googlenet", "inception_v3", "squeezenet1_1", "mobilenet_v2",
        "mobilenet_v3_small", "efficientnet_b0", "mnasnet1_0", "regnet_y_400mf", "shufflenet_v2_x1_0",
    )
)


def can_ask():
    if os.environ.get("CI"):  # there it must be: without it the tests fail
        return True
    asked = [PYTHON, "-c", "import torchvision"]
    return Path(PYTHON).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(can_ask(), f"{PYTHON} has no torchvision")
@unittest.skipUnless((MODELS / "labels.en.txt").is_file(), "the class names are not there; run ./dev models")
class TorchvisionTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        if not ALL:  # starting PyTorch takes longer than a small network: all in two processes
            cls.folders = {}
            for kind, names in asked_for().items():
                cls.folders[kind] = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
                cls.ask(cls.folders[kind], *names.values())

    @staticmethod
    def ask(folder, *names):
        subprocess.run([PYTHON, ORACLE, folder, *names], check=True, stdout=subprocess.DEVNULL)

    def check(self, name, kind):
        if not ALL:
            self.compare(name, kind, self.folders[kind])
            return
        with tempfile.TemporaryDirectory() as folder:
            self.ask(folder, asked_for()[kind][name])
            self.compare(name, kind, Path(folder))

    def compare(self, name, kind, folder):
        oracle = np.load(folder / f"{name}.npz")
        picture, logits = folder / f"{name}.png", folder / f"{name}.npy"
        Image.fromarray(oracle["image"]).save(picture)
        want = oracle["logits"].ravel()
        file, options = getattr(self, kind)(folder, name, json.loads((folder / f"{name}.json").read_text()))
        self.succeeds("classify", file, picture, "--exact-input", "--npy", logits, *options)
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


def asked_for():
    """What the oracle is to make for each name, in two folders, for the files have the same names."""
    return {
        "exported": {name: f"{name}:{opset}:{side}" for name, (opset, side) in EXPORTS.items()},
        "bundled": {name: name for name in BUNDLES},
    }


for _kind, _names in asked_for().items():
    for _name in _names:

        def _test(self, name=_name, kind=_kind):
            self.check(name, kind)

        setattr(TorchvisionTest, f"test_{_name}_{_kind}", _test)

if __name__ == "__main__":
    unittest.main()
