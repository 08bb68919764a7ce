"""Every architecture against torchvision itself, with random weights saved in both of PyTorch's containers: the bundle's
logits under ONNX Runtime must be torchvision's within 1e-4 of the largest.  That needs a Python with torchvision
(CONVSCOPE_TORCH_PYTHON, else /usr/bin/python3 with Debian's python3-torchvision); without it only refusals are tested.
"""

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
from convert.errors import ModelFileError  # noqa: E402

TOLERANCE = 1e-4
PYTHON = os.environ.get("CONVSCOPE_TORCH_PYTHON", "/usr/bin/python3")


def can_ask():
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        return False
    asked = [PYTHON, "-c", "import torchvision"]
    return Path(PYTHON).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(can_ask(), f"{PYTHON} has no torchvision, or this Python no onnxruntime")
class AgainstTorchvision(unittest.TestCase):
    def check(self, name, container):
        import onnxruntime

        from export_onnx import onnx_model

        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PYTHON, str(HERE / "torchvision_oracle.py"), name, container, folder], check=True)
            state = torch_file.load_state_dict(Path(folder) / "state.pth")
            oracle = dict(np.load(Path(folder) / "oracle.npz"))
        bundle = torchvision.build(name, state, dtype="f4")
        model = onnx_model(bundle, outputs=["logits"]).SerializeToString()
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        got, want = session.run(None, {"image": oracle["image"]})[0], oracle["logits"]
        self.assertEqual(got.shape, want.shape)
        self.assertLess(np.abs(got - want).max() / np.abs(want).max(), TOLERANCE)


def _add(name, container):
    setattr(AgainstTorchvision, f"test_{name}", lambda self: self.check(name, container))


for _index, _name in enumerate(torchvision.ARCHITECTURES):
    _add(_name, ("zip", "legacy")[_index % 2])


class Refusals(unittest.TestCase):
    def test_another_networks_weights(self):
        with self.assertRaisesRegex(ModelFileError, "no tensor 'conv1.weight': it is another network's"):
            torchvision.build("resnet18", {"features.0.weight": np.zeros((64, 3, 11, 11), "f4")})

    def test_every_file_carries_its_hash(self):
        for name, architecture in torchvision.ARCHITECTURES.items():
            self.assertRegex(architecture.sha256_prefix, "^[0-9a-f]{8}$", name)


if __name__ == "__main__":
    unittest.main()
