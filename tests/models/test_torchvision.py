"""Every architecture against torchvision itself, with random weights saved in both of PyTorch's containers: the bundle's
logits under ONNX Runtime must be torchvision's within 1e-4 of the largest, from the bytes of a picture on. That needs a
Python with torchvision (CONVSCOPE_TORCH_PYTHON, else /usr/bin/python3 with Debian's python3-torchvision); without it
only refusals are tested. CONVSCOPE_ALL_TORCHVISION=1 tests all of them, and AlexNet's and VGG's heads in full width
(about 5 minutes, 6 GB); else one or two of each family, and narrow heads.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "models"))
from convert import torch_file, torchvision  # noqa: E402
from convert.bundle import decode_bundle, encode_bundle  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

TOLERANCE = 1e-4
PYTHON = os.environ.get("CONVSCOPE_TORCH_PYTHON", "/usr/bin/python3")
ALL = os.environ.get("CONVSCOPE_ALL_TORCHVISION") == "1"
FEW = (
    "alexnet", "vgg11_bn", "vgg16", "resnet18", "resnet50", "resnext50_32x4d", "densenet121",
    "googlenet", "inception_v3", "squeezenet1_0", "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_large",
    "mobilenet_v3_small", "efficientnet_b0", "mnasnet1_0", "regnet_y_400mf", "shufflenet_v2_x1_0",
    "convnext_tiny",
)

# A file that was saved anew: the old address now gives the new file, whose hash its name does not tell. Names are of
# torchvision up to 0.16, and after.
SAVED_ANEW = {"efficientnet_b0_rwightman-3dd342df.pth": "efficientnet_b0_rwightman-7f5810bc.pth"}


def can_ask():
    if os.environ.get("CI"):  # there it must be: without it the tests fail
        return True
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        return False
    asked = [PYTHON, "-c", "import torchvision"]
    return Path(PYTHON).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


def settings_of(text):
    """order=rgb mean=1,2,3 … as numbers where they are numbers."""
    parts = dict(part.split("=") for part in text.split())
    for key in ("mean", "std"):
        parts[key] = np.array([float(v) for v in parts[key].split(",")])
    return parts


@unittest.skipUnless(can_ask(), f"{PYTHON} has no torchvision, or this Python no onnxruntime")
class AgainstTorchvision(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not ALL:  # starting PyTorch takes longer than a network: all in two processes
            cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
            cls.ask(FEW[::2], "--legacy")
            cls.ask(FEW[1::2])

    @classmethod
    def ask(cls, names, *options, folder=None):
        oracle = [PYTHON, str(HERE / "torchvision_oracle.py"), folder or cls.folder, *names, *options]
        subprocess.run(oracle, check=True)

    def check(self, name, legacy):
        if not ALL:
            self.compare(name, Path(self.folder))
            return
        with tempfile.TemporaryDirectory() as folder:
            self.ask([name], "--full", *(["--legacy"] if legacy else []), folder=folder)
            self.compare(name, Path(folder))

    def compare(self, name, folder):
        import onnxruntime

        from export_onnx import onnx_model

        oracle = dict(np.load(folder / f"{name}.npz"))
        known = json.loads((folder / f"{name}.json").read_text())
        state = torch_file.load_state_dict(folder / f"{name}.pth")
        bundle = torchvision.build(name, state, dtype="f4")
        model = onnx_model(bundle, outputs=["logits"])
        settings = onnxruntime.SessionOptions()
        session = onnxruntime.InferenceSession(model.SerializeToString(), settings, ["CPUExecutionProvider"])

        used = settings_of(bundle.preprocessing)
        image = (oracle["image"].astype("f8") - used["mean"]) / used["std"]
        image = image.transpose(2, 0, 1)[None].astype("f4")
        got, want = session.run(None, {"image": image})[0], oracle["logits"]
        self.assertEqual(got.shape, want.shape)
        self.assertEqual(bundle.classes, want.shape[1])
        error = np.abs(got - want).max() / np.abs(want).max()
        print(f"{name}: logits differ by {error:.1e} of the largest", flush=True)
        self.assertLess(error, TOLERANCE)

        published = torchvision.ARCHITECTURES[name]
        file = known["url"].removeprefix(torchvision.ADDRESS)
        self.assertEqual(published.file, SAVED_ANEW.get(file, file))
        self.assertEqual(published.top1, known["top1"])
        self.assertEqual(used["resize"], f"shorter-side:{known['resize']}")
        self.assertEqual(int(used["side"]), known["side"])
        self.assertEqual(known["filter"], used.get("filter", "bilinear"))


for _index, _name in enumerate(torchvision.ARCHITECTURES if ALL else FEW):

    def _test(self, name=_name, legacy=_index % 2 == 0):
        self.check(name, legacy)

    setattr(AgainstTorchvision, f"test_{_name}", _test)


class Refusals(unittest.TestCase):
    def test_another_networks_weights(self):
        with self.assertRaisesRegex(ModelFileError, "no tensor 'conv1.weight': it is another network's"):
            torchvision.build("resnet18", {"features.0.weight": np.zeros((64, 3, 11, 11), "f4")})

    def test_every_file_carries_its_hash(self):
        for name, architecture in torchvision.ARCHITECTURES.items():
            self.assertRegex(architecture.sha256_prefix, "^[0-9a-f]{8}([0-9a-f]{2})?$", name)


if __name__ == "__main__":
    unittest.main()
