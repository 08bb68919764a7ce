"""What the golden test OnnxConformance exported of ONNX's own cases is valid for onnx.checker and
equal in ONNX Runtime. A suite of its own, which begins when the golden tests have ended."""

import os
import unittest
from pathlib import Path

import numpy as np

try:
    import onnx
    import onnx.reference
    import onnxruntime
except ImportError:
    onnx = None
else:
    from test_export import session

# The folder that the golden tests wrote, and the cases that its files were made of.
EXPORTED = os.environ.get("CONVSCOPE_EXPORTED")
CASES = os.environ.get("CONVSCOPE_ONNX_TESTS")
# As in the conformance test: ONNX's data were made by NumPy.
CASE_RELATIVE, CASE_ABSOLUTE = 1e-3, 1e-5
# ONNX's reference keeps the fraction of extent × scale under align_corners, as its data do; ONNX
# Runtime rounds it first. These are compared in the reference.
RUNTIME_DIFFERS = {
    "test_resize_downsample_scales_cubic_align_corners",
    "test_resize_downsample_scales_linear_align_corners",
}


@unittest.skipIf(onnx is None, "onnx or onnxruntime is not installed")
@unittest.skipUnless(CASES and EXPORTED, "CONVSCOPE_ONNX_TESTS and CONVSCOPE_EXPORTED, as "
                     "./dev test sets them, are not set")
class CasesTest(unittest.TestCase):
    """ONNX's own cases after import and export."""

    def read(self, path: Path, declared: int) -> np.ndarray:
        """As float32, in which ConvScope computes. The package stores bfloat16 as uint16."""
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        values = onnx.numpy_helper.to_array(tensor)
        if declared == onnx.TensorProto.BFLOAT16 and values.dtype == np.uint16:
            return (values.astype("u4") << 16).view("f4")
        with np.errstate(over="ignore"):
            return values.astype("f4")

    def check(self, path: Path) -> None:
        case = Path(CASES) / path.parent.name / path.stem
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        original = onnx.load(case / "model.onnx", load_external_data=False)
        constants = {tensor.name for tensor in original.graph.initializer}
        inputs = [value for value in original.graph.input if value.name not in constants]
        data = case / "test_data_set_0"
        wanted = {value.name for value in model.graph.input}
        feeds = {
            value.name: self.read(data / f"input_{i}.pb", value.type.tensor_type.elem_type)
            for i, value in enumerate(inputs) if value.name in wanted
        }
        differs = path.stem in RUNTIME_DIFFERS
        runner = onnx.reference.ReferenceEvaluator(model) if differs else session(path)
        got = runner.run(None, feeds)
        self.assertLessEqual(len(list(data.glob("output_*.pb"))), len(got))
        for i, output in enumerate(original.graph.output[: len(list(data.glob("output_*.pb")))]):
            declared = output.type.tensor_type.elem_type
            relative = 2**-7 if declared == onnx.TensorProto.BFLOAT16 else CASE_RELATIVE
            np.testing.assert_allclose(got[i], self.read(data / f"output_{i}.pb", declared),
                                       rtol=relative, atol=CASE_ABSOLUTE)

    def test_every_case(self):
        files = sorted(Path(EXPORTED).glob("*/*.onnx"))
        self.assertGreater(len(files), 600, f"{EXPORTED} is written by the golden tests")
        for path in files:
            with self.subTest(case=path.stem):
                self.check(path)


if __name__ == "__main__":
    unittest.main()
