"""Both networks on the 800 labelled photos, through the native program: how many it names rightly,
and how many ONNX Runtime does on the same photos.

CONVSCOPE_SHARED/data/photos has one photo per class, whose ImageNet index is the first number of
its file name.  onnx_runtime.json was made by tests/models/accuracy.py (its --answers).  One thread
per network: two of them beside each other are faster than two threads for each.
"""

import json
import os
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The build with sanitizers, unless CONVSCOPE_PROGRAM names another.
PROGRAM = Path(os.environ.get("CONVSCOPE_PROGRAM", ROOT / "build" / "dev" / "convscope"))
MODELS = Path(os.environ.get("CONVSCOPE_MODELS", ROOT / "build" / "models"))
FILES = {"squeezenet-1.0": "compressed_SqueezeNet.net", "efficientnet-lite0": "efficientnet-lite0.csb"}
LEAST_TOP1 = {"squeezenet-1.0": 64.0, "efficientnet-lite0": 86.0}  # per cent
FARTHEST = 1.0  # per cent, from ONNX Runtime
LEAST_AGREEMENT = 98.5  # per cent of the photos get the very same answer


def photos() -> list[Path]:
    shared = os.environ.get("CONVSCOPE_SHARED")
    if not shared:
        raise unittest.SkipTest("no labelled photos; set CONVSCOPE_SHARED to a folder with data/photos")
    found = sorted((Path(shared) / "data" / "photos").glob("[0-9][0-9][0-9]_*.jpg"))
    if not found:
        raise unittest.SkipTest(f"{shared}/data/photos has no photos named like 281_tabby.jpg")
    return found


class PhotosTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.photos = photos()
        cls.running = {}
        for model, file in FILES.items():
            if (MODELS / file).is_file():
                command = [PROGRAM, "classify", model, *cls.photos, "--json", "--threads", "1",
                           "--models", MODELS]
                cls.running[model] = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @classmethod
    def tearDownClass(cls):
        for process in cls.running.values():
            process.kill()
            process.communicate()

    def check(self, model: str):
        if model not in self.running:
            self.skipTest(f"{FILES[model]} is not there; run ./dev models (SqueezeNet's is "
                          "downloaded, or taken from the folder CONVSCOPE_DOWNLOADS)")
        process = self.running[model]
        output, problems = process.communicate()
        self.assertEqual((process.returncode, problems), (0, ""))
        told = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([one["file"] for one in told], [str(path) for path in self.photos])
        recorded = json.loads((Path(__file__).parent / "onnx_runtime.json").read_text())
        keys = [path.name[:3] for path in self.photos]
        got = [one["answers"][0]["index"] for one in told]
        peer = [recorded["answers"][model][key] for key in keys]

        def per_cent(pairs):
            return 100 * sum(a == b for a, b in pairs) / len(keys)

        labels = [int(key) for key in keys]
        top1, theirs = per_cent(zip(got, labels)), per_cent(zip(peer, labels))
        top5 = per_cent((label in (a["index"] for a in one["answers"]), True)
                        for one, label in zip(told, labels))
        same = per_cent(zip(got, peer))
        print(f"{model}: top-1 {top1:.2f} %, top-5 {top5:.2f} %, ONNX Runtime {theirs:.2f} %, "
              f"same answer on {same:.2f} % of {len(keys)} photos")
        self.assertGreaterEqual(top1, LEAST_TOP1[model])
        self.assertLessEqual(abs(top1 - theirs), FARTHEST)
        self.assertGreaterEqual(same, LEAST_AGREEMENT)

    def test_squeezenet(self):
        self.check("squeezenet-1.0")

    def test_efficientnet_lite0(self):
        self.check("efficientnet-lite0")


if __name__ == "__main__":
    unittest.main()
