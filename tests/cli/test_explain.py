"""What `convscope explain` writes against the golden data, and what its options change."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image
from support import PNG_SIGNATURE, SHARED, SQUEEZENET, ProgramTest, needs_network, read_npy

INPUT, LAYER = 227, "fire9"  # of SqueezeNet: the side of its input, the layer of the golden maps
MAPS = {"occlusion": "occlusion_32_16_gray", "ablation_cam": "ablation_cam"} | {
    name: name for name in ("grad_cam", "grad_cam_pp", "xgrad_cam", "hires_cam", "layer_cam", "eigen_cam", "eigen_grad_cam")
}
GRADIENTS = {
    "gradient": "gradient", "guided_backprop": "guided_backprop", "deconvnet": "deconvnet",
    "integrated_gradients": "integrated_gradients_50_gray",
}
# Left to the golden suite, for their time in this build, which checks every access: score_cam, with a pass for each of 512
# channels, and smoothgrad, with ten gradients.


@needs_network(SQUEEZENET)
@unittest.skipUnless(SHARED, "no golden data; set CONVSCOPE_SHARED")
class GoldenTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        with np.load(Path(SHARED) / "golden" / "squeezenet_v1.0.0.npz") as golden:
            cls.golden = {name: golden[name] for name in golden.files}
        cls.picture = cls.folder / "picture.png"
        Image.fromarray(cls.golden["image_u8"]).save(cls.picture)

    def explained(self, method, *options, target="target"):
        """The array, what was told of it, and the picture of it."""
        npy, png = self.folder / f"{method}.npy", self.folder / f"{method}.png"
        told = json.loads(self.succeeds(
            "explain", method, SQUEEZENET, self.picture, "--exact-input", "--json", "--npy", npy, "--png", png, *options))
        self.assertEqual(told["method"], method)
        self.assertEqual(png.read_bytes()[:8], PNG_SIGNATURE)
        with Image.open(png) as shown:
            shown.load()
            self.assertEqual(shown.size, (INPUT, INPUT))
        return read_npy(npy), told

    def assert_same_kind(self, got, want):
        self.assertEqual((got.shape, got.dtype), (want.shape, want.dtype))

    def test_maps(self):
        for method, name in MAPS.items():
            with self.subTest(method):
                got, told = self.explained(method)
                want = self.golden[name]
                self.assert_same_kind(got, want)
                largest = np.abs(want).max()
                self.assertLessEqual(np.abs(got - want).max(), 1e-3 * largest)
                self.assertAlmostEqual(told["map"]["minimum"], got.min(), places=5)
                self.assertAlmostEqual(told["map"]["maximum"], got.max(), places=5)
                self.assertEqual(told["layer"], "" if method == "occlusion" else LAYER)

    def test_gradients(self):
        for method, name in GRADIENTS.items():
            with self.subTest(method):
                got, told = self.explained(method)
                want = self.golden[name]
                self.assert_same_kind(got, want)
                self.assertEqual(told["target"], int(self.golden["target"]))
                self.assert_derivative(got, want)

    def assert_derivative(self, got, want):
        # A max-pool switch may flip between two orders of summation.
        self.assertLessEqual(np.linalg.norm(got - want), 2e-2 * np.linalg.norm(want))
        if not np.any(want):
            return
        cosine = np.vdot(got, want) / np.linalg.norm(got) / np.linalg.norm(want)
        self.assertGreaterEqual(cosine, 0.9995)

    def test_logits(self):
        npy, want = self.folder / "logits.npy", self.golden["logits"]
        self.succeeds("classify", SQUEEZENET, self.picture, "--exact-input", "--npy", npy)
        np.testing.assert_allclose(read_npy(npy)[0, 0], want, rtol=0, atol=1e-4 * np.abs(want).max())

    def test_input_times_gradient(self):
        # The network sees blue, green, red, each minus its mean.
        seen = self.golden["image_u8"][..., ::-1] - np.float32([104, 117, 123])
        got, _ = self.explained("input_x_gradient")
        self.assert_same_kind(got, seen)
        self.assert_derivative(got, seen * self.golden["gradient"])

    def test_one_channel_of_a_layer(self):
        channel, row, column = map(int, self.golden["unit.fire5"])
        for method, name in {"guided_backprop": "unit_guided.fire5", "deconvnet": "unit_deconv.fire5"}.items():
            got, told = self.explained(method, "--layer", "fire5", "--channel", channel)
            self.assert_same_kind(got, self.golden[name])
            self.assert_derivative(got, self.golden[name])
            figures = [told["figures"][title] for title in ("Channel", "Row", "Column")]
            self.assertEqual(figures, [channel, row, column])

    def test_layer_and_target_and_parameter(self):
        target = int(self.golden["target"])
        named, told = self.explained("grad_cam", "--layer", LAYER, "--target", target)
        self.assertEqual((told["layer"], told["target"]), (LAYER, target))
        np.testing.assert_allclose(named, self.golden["grad_cam"], atol=1e-3)
        elsewhere, told = self.explained("grad_cam", "--layer", "fire4")
        self.assertEqual((told["layer"], told["target"]), ("fire4", target))
        other, told = self.explained("grad_cam", "--target", 0)
        self.assertEqual(told["target"], 0)
        smooth, _ = self.explained("grad_cam", "--param", "eigen_smooth=1")
        for map_ in (elsewhere, other, smooth):
            self.assert_same_kind(map_, named)
            self.assertGreater(np.abs(map_ - named).max(), 0.05)


if __name__ == "__main__":
    unittest.main()
