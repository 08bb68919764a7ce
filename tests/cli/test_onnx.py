"""ONNX files that cannot run, and networks at another size of their input than their file says."""

import json
import unittest

import numpy as np

from support import LITE0, needs_network
from test_program import FAILURE, FilesTest

try:
    import onnx
    from onnx import helper, numpy_helper
except ImportError:
    onnx = None

needs_onnx = unittest.skipIf(onnx is None, "onnx is not installed")
LISTED = 200  # nodes that the engine names (kMaxRefusedNodes)


def save(path, nodes, weights, shape=(1, 3, 16, 16)) -> None:
    """A network from `x` to `y`, the last node's output."""
    float32 = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "test",
        [helper.make_tensor_value_info("x", float32, shape)],
        [helper.make_tensor_value_info("y", float32, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)


@needs_onnx
class RefusedTest(FilesTest):
    def test_every_node_that_cannot_run_is_listed(self):
        path = self.folder / "odd.onnx"
        names = [f"m{i}" for i in range(LISTED + 5)]
        outputs = [*names[:-1], "y"]
        save(path, [
            helper.make_node("Det" if i % 2 else "Acos", [outputs[i - 1] if i else "x"],
                             [outputs[i]], name=name)
            for i, name in enumerate(names)
        ], {})
        said = self.fails(FAILURE, "models", path).splitlines()
        self.assertIn("ConvScope cannot run 205 of the network's 205 nodes: m0 (Acos): ", said[0])
        self.assertEqual(said[1], "  Acos m0: ConvScope has no such operator")
        self.assertEqual(said[LISTED], "  Det m199: ConvScope has no such operator")
        self.assertEqual(said[LISTED + 1:], ["  and 5 more"])


@needs_onnx
class SizeTest(FilesTest):
    CONV = np.linspace(-1, 1, 4 * 3 * 3 * 3, dtype="f4").reshape(4, 3, 3, 3)

    def classify(self, path, side: int) -> list:
        text = f"order=rgb mean=0 std=255 resize=squash:{side} side={side}"
        return json.loads(self.succeeds("classify", path, self.photo, "--input", text, "--json"))

    def test_another_size(self):
        pooled, fixed = self.folder / "pooled.onnx", self.folder / "fixed.onnx"
        conv = helper.make_node("Conv", ["x", "w"], ["c"], name="conv", pads=[1, 1, 1, 1])
        save(pooled, [conv, helper.make_node("GlobalAveragePool", ["c"], ["p"], name="pool"),
                      helper.make_node("Flatten", ["p"], ["y"], name="flat")], {"w": self.CONV})
        fc = np.linspace(-1, 1, 2 * 4 * 256, dtype="f4").reshape(2, 1024)
        save(fixed, [conv, helper.make_node("Flatten", ["c"], ["f"], name="flat"),
                     helper.make_node("Gemm", ["f", "fc"], ["y"], name="head", transB=1)],
             {"w": self.CONV, "fc": fc})
        for side in (16, 24):
            self.classify(pooled, side)
        self.classify(fixed, 16)
        said = self.fails(FAILURE, "classify", fixed, self.photo, "--input",
                          "order=rgb mean=0 std=255 resize=squash:24 side=24")
        self.assertIn("The network cannot take pictures of 24 × 24, only of 16 × 16: at node head: "
                      "Gemm(transB=1): x does not have as many columns as the weight wants; got "
                      "1×2304, 2×1024.", said)

    @needs_network()
    def test_a_bundle(self):
        self.classify(LITE0, 96)


if __name__ == "__main__":
    unittest.main()
