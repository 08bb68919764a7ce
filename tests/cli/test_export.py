"""`convscope export`: what it writes is valid for onnx.checker and equal in ONNX Runtime."""

import json
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from support import LITE0, SQUEEZENET, needs_network, read_npy
from test_program import FilesTest, picture

try:
    import onnx
    import onnxruntime
except ImportError:
    onnx = None

# Between ONNX Runtime and ConvScope, on logits of magnitude 10 to 30: sums in another order.
RELATIVE = 1e-5

needs_runtime = unittest.skipIf(onnx is None, "onnx or onnxruntime is not installed")


def session(path: Path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def metadata(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


@needs_runtime
class NetworksTest(FilesTest):
    def equals_onnx_runtime(self, model: str, side: int, order: slice, mean, deviation) -> Path:
        """Exports a network; its logits on one picture here, read back, and in ONNX Runtime."""
        exact, file = self.folder / "exact.png", self.folder / f"{model}.onnx"
        picture(side, side).save(exact)
        told = json.loads(self.succeeds("export", model, file, "--json"))
        self.assertEqual((told["bytes"], told["labels"]), (file.stat().st_size, True))
        onnx.checker.check_model(onnx.load(file), full_check=True)
        logits = {}
        for name in (model, file):
            npy = self.folder / "logits.npy"
            self.succeeds("classify", name, exact, "--exact-input", "--threads", "1", "--npy", npy)
            logits[name] = read_npy(npy).reshape(-1)
        # The same weights in the same kernels.
        np.testing.assert_array_equal(logits[file], logits[model])
        with Image.open(exact) as image:
            rgb = np.asarray(image.convert("RGB")).astype("f4")
        given = (rgb[..., order] - np.float32(mean)) / np.float32(deviation)
        runtime = session(file)
        self.assertEqual([o.name for o in runtime.get_outputs()], ["probabilities", "logits"])
        odds, scores = runtime.run(None, {"input": given.transpose(2, 0, 1)[None]})
        scale = np.abs(scores).max()
        self.assertLess(np.abs(scores[0] - logits[model]).max(), RELATIVE * scale)
        self.assertAlmostEqual(float(odds.sum()), 1, places=5)
        return file

    @needs_network()
    def test_efficientnet_lite0(self):
        file = self.equals_onnx_runtime(LITE0, 224, slice(None), 127, 128)
        # Batch normalization was folded long ago; nothing else may be added.
        kinds = {node.op_type for node in onnx.load(file).graph.node}
        self.assertEqual(
            kinds, {"Conv", "Clip", "Add", "GlobalAveragePool", "Flatten", "Gemm", "Softmax"}
        )
        kept = metadata(file)
        self.assertEqual(kept["ConvScope.title"], "EfficientNet-Lite0")
        self.assertEqual(kept["ConvScope.preprocessing"],
                         "order=rgb mean=127 std=128 resize=shorter-side:256 side=224 "
                         "filter=bicubic")
        self.assertEqual(len(kept["ConvScope.labels"].splitlines()), 1000)

    @needs_network(SQUEEZENET)
    def test_squeezenet(self):
        file = self.equals_onnx_runtime(
            SQUEEZENET, 227, slice(None, None, -1), [104, 117, 123], 1
        )
        kinds = {node.op_type for node in onnx.load(file).graph.node}
        self.assertEqual(
            kinds,
            {"Conv", "Relu", "Concat", "MaxPool", "GlobalAveragePool", "Flatten", "Softmax"},
        )

    @needs_network()
    def test_settings_are_remembered(self):
        """Without --exact-input: resize, crop and filter come from the file."""
        file, npy = self.folder / "saved.onnx", self.folder / "logits.npy"
        self.succeeds("export", LITE0, file)
        got = []
        for name in (LITE0, file):
            self.succeeds("classify", name, self.photo, "--threads", "1", "--npy", npy)
            got.append(read_npy(npy).reshape(-1))
        np.testing.assert_array_equal(got[0], got[1])

    @needs_network()
    def test_exported_again_it_is_the_same_file(self):
        files = [self.folder / name for name in ("a.onnx", "b.onnx", "c.onnx")]
        self.succeeds("export", LITE0, files[0])
        self.succeeds("export", LITE0, files[1])
        self.assertEqual(files[0].read_bytes(), files[1].read_bytes())
        self.succeeds("export", files[0], files[2])
        initializers = [
            {t.name: t.raw_data for t in onnx.load(file).graph.initializer} for file in files[::2]
        ]
        self.assertEqual(sorted(initializers[0].values()), sorted(initializers[1].values()))

    def test_mistakes(self):
        self.assertIn("want a name that ends in .onnx", self.fails(2, "export", LITE0, "x.csb"))
        self.assertIn("there is no network", self.fails(1, "export", "nothing", "x.onnx"))

    @needs_network()
    def test_a_folder_that_is_not_there(self):
        said = self.fails(1, "export", LITE0, self.folder / "no" / "x.onnx")
        self.assertIn("check the folder", said)


if __name__ == "__main__":
    unittest.main()
