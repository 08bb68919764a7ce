"""./dev models add: which files it takes, what it says where it cannot, and what it leaves for the page."""

import contextlib
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))
from convert import torchvision  # noqa: E402
from convert.bundle import Network, decode_bundle, encode_bundle, read_bundle  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

import add  # noqa: E402

PYTHON = os.environ.get("CONVSCOPE_TORCH_PYTHON", "/usr/bin/python3")
NAME = "squeezenet1_1"
FILE = torchvision.ARCHITECTURES[NAME].file
ADDRESS = torchvision.ADDRESS + FILE


def can_ask():
    if os.environ.get("CI"):  # there it must be: without it the tests fail
        return True
    asked = [PYTHON, "-c", "import torchvision"]
    return Path(PYTHON).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


class Folders(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.out, self.cache, self.downloads = (self.folder / n for n in ("out", "cache", "downloads"))
        for path in (self.out, self.cache, self.downloads):
            path.mkdir()
        self.enterContext(mock.patch.dict(os.environ, {"TORCH_HOME": str(self.folder / "torch")}))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def add(self, name=NAME, file=None, **options):
        return add.add(name, file, self.out, self.downloads, self.cache, True, **options)

    def message(self, *arguments, **options):
        with self.assertRaises(ModelFileError) as caught:
            self.add(*arguments, **options)
        return str(caught.exception)


class SaysWhatToDo(Folders):
    def test_a_name_that_is_not_there(self):
        self.assertEqual(self.message("resnet19"), "there is no network resnet19; did you mean resnet18?")
        self.assertEqual(
            self.message("xyz"), "there is no network xyz; ./dev models list says which there are"
        )

    def test_offline_what_to_download_and_where_to_put_it(self):
        self.assertEqual(
            self.message(),
            f"{FILE} is not on this machine. Download {ADDRESS} where there is a network, put it into "
            f"{self.downloads} and run ./dev models add {NAME} again, or name the file: "
            f"./dev models add {NAME} {FILE}",
        )

    def test_a_download_that_fails_says_the_same(self):
        with mock.patch.object(torchvision, "ADDRESS", "http://127.0.0.1:9/"), self.assertRaises(ModelFileError) as caught:
            add.add(NAME, None, self.out, None, self.cache, False)
        text = str(caught.exception)
        self.assertTrue(text.startswith(f"http://127.0.0.1:9/{FILE} could not be downloaded ("), text)
        self.assertTrue(text.endswith(f"or name the file: ./dev models add {NAME} {FILE}"), text)
        self.assertIn(f"put it into {self.cache} and run", text)

    def test_a_file_whose_hash_is_not_its_names(self):
        path = self.downloads / FILE
        path.write_bytes(b"something else")
        got = hashlib.sha256(b"something else").hexdigest()[:8]
        want = (
            f"{FILE} is damaged: its SHA-256 begins with {got}, its name says b8a52dc0; delete it and "
            "download it again"
        )
        self.assertEqual(self.message(), want)
        self.assertEqual(self.message(NAME, path), want)

    def test_a_file_that_cannot_be_read(self):
        path = self.folder / "none.pth"
        self.assertEqual(
            self.message(NAME, path), f"cannot read {path}: No such file or directory; check the name"
        )

    def test_a_pickle_that_would_run_something(self):
        class Evil:
            def __reduce__(self):
                return (os.system, ("touch " + str(marker),))

        marker, path = self.folder / "ran", self.folder / "mine.pth"
        path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C) + pickle.dumps(1001) + pickle.dumps(Evil()) + pickle.dumps(Evil()))
        self.message(NAME, path)
        self.assertFalse(marker.exists())
        self.assertEqual(list(self.out.iterdir()), [])

    def test_removing_what_was_not_added(self):
        with self.assertRaisesRegex(ModelFileError, "resnet18 has not been added, so there is nothing to remove"):
            add.remove("resnet18", self.out)


class EightBits(unittest.TestCase):
    def test_within_half_a_step(self):
        random = np.random.default_rng(5)
        weights = random.normal(size=(4, 3, 3, 2)).astype("f2")
        weights[2] = 0
        bias = random.normal(size=4).astype("f2")
        network = Network("n", "image", (1, 8, 8, 3), {"w": weights, "b": bias}, eight_bit=True)
        read = decode_bundle(encode_bundle(network)).params
        step = np.abs(weights.astype("f8")).max(axis=(1, 2, 3), keepdims=True) / 127
        self.assertTrue((np.abs(read["w"] - weights.astype("f8")) <= 0.5001 * step).all())
        np.testing.assert_array_equal(read["b"], bias)


@unittest.skipUnless(can_ask(), f"{PYTHON} has no torchvision")
class Adds(Folders):
    @classmethod
    def setUpClass(cls):
        cls.weights = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        oracle = [PYTHON, str(ROOT / "tests" / "models" / "torchvision_oracle.py"), cls.weights, NAME]
        subprocess.run(oracle, check=True)

    def test_own_weights(self):
        file = self.weights / f"{NAME}.pth"
        entry = self.add(NAME, file)
        raw = (self.out / f"{NAME}.csb").read_bytes()
        self.assertEqual(entry["bytes"], len(raw))
        self.assertEqual(entry["sha256"], hashlib.sha256(raw).hexdigest())
        self.assertEqual(entry["input"], {"height": 224, "width": 224, "channels": 3})
        self.assertIsNone(entry["accuracy"]["imagenet"]["top1"])  # torchvision's is not that of these weights
        self.assertEqual(json.loads((self.out / "added.json").read_text())["models"], [entry])
        network = read_bundle(self.out / f"{NAME}.csb")
        self.assertEqual(network.title, "SqueezeNet 1.1")
        self.assertEqual(network.preprocessing, entry["preprocessing"])

        smaller = self.add(NAME, file, eight_bit=True)
        self.assertLess(smaller["bytes"], 0.56 * entry["bytes"])
        self.assertEqual(add.read_added(self.out), [smaller])  # once
        add.remove(NAME, self.out)
        self.assertEqual(add.read_added(self.out), [])
        self.assertFalse((self.out / f"{NAME}.csb").exists())

    def test_published_file_is_found_where_it_may_lie(self):
        data = (self.weights / f"{NAME}.pth").read_bytes()
        prefix = hashlib.sha256(data).hexdigest()[:8]
        file = f"squeezenet1_1-{prefix}.pth"
        import dataclasses

        known = dataclasses.replace(torchvision.ARCHITECTURES[NAME], file=file)
        torch = self.folder / "torch" / "hub" / "checkpoints"
        torch.mkdir(parents=True)
        with mock.patch.dict(torchvision.ARCHITECTURES, {NAME: known}):
            for folder in (self.downloads, self.cache, torch):
                (folder / file).write_bytes(data)
                entry = self.add()
                self.assertEqual(entry["accuracy"]["imagenet"]["top1"], 58.178)
                self.assertIn(file, entry["origin"])
                (folder / file).unlink()


if __name__ == "__main__":
    unittest.main()
