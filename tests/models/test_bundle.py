"""The bundle's bytes are as models/README.md says, and come back as they went in."""

import struct
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
from convert.bundle import Layer, Network, decode_bundle, encode_bundle  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402


def tiny_network() -> Network:
    network = Network("tiny", "image", (1, 5, 5, 3))
    network.params["c.weight"] = np.arange(2 * 9 * 3, dtype="f2").reshape(2, 3, 3, 3)
    network.params["c.bias"] = np.array([1, -2], "f4")
    inputs = ["image", "c.weight", "c.bias"]
    network.add(
        "Conv", "c", inputs, "c.pre", kernel=(3, 3), strides=(2, 2), auto_pad="same_upper", group=1
    )
    network.add("Clip", "c.relu6", ["c.pre"], "c", min=0, max=6)
    network.layers.append(Layer("c", "c", "conv", "c.pre"))
    network.outputs["logits"] = "c"
    return network


class BundleTest(unittest.TestCase):
    def test_layout(self):
        raw = encode_bundle(tiny_network())
        self.assertEqual(raw[:8], b"CSBNDL01")
        (length,) = struct.unpack("<I", raw[8:12])
        header = raw[12 : 12 + length].decode()
        self.assertEqual(
            header.splitlines(),
            [
                "model tiny",
                "input image 1 5 5 3",
                "param c.weight f16 0 108 2 3 3 3",
                "param c.bias f32 112 8 2",
                "node Conv c image,c.weight,c.bias c.pre kernel=3,3 strides=2,2 "
                "auto_pad=same_upper group=1",
                "node Clip c.relu6 c.pre c min=0 max=6",
                "layer c c kind=conv pre=c.pre",
                "output logits c",
            ],
        )
        start = -(-(12 + length) // 64) * 64
        self.assertEqual(raw[12 + length : start], bytes(start - 12 - length))
        self.assertEqual(len(raw), start + 112 + 8)
        weights = np.frombuffer(raw[start : start + 108], "<f2")
        np.testing.assert_array_equal(weights, np.arange(54))
        np.testing.assert_array_equal(np.frombuffer(raw[start + 112 :], "<f4"), [1, -2])

    def test_round_trip(self):
        raw = encode_bundle(tiny_network())
        self.assertEqual(encode_bundle(decode_bundle(raw)), raw)

    def test_comments_and_blank_lines_mean_nothing(self):
        raw = encode_bundle(tiny_network())
        (length,) = struct.unpack("<I", raw[8:12])
        data = raw[-(-(12 + length) // 64) * 64 :]
        header = b"# made by hand\n\n" + raw[12 : 12 + length]
        head = raw[:8] + struct.pack("<I", len(header)) + header
        head += bytes(-len(head) % 64)
        self.assertEqual(encode_bundle(decode_bundle(head + data)), raw)

    def test_damaged_files_are_refused(self):
        raw = encode_bundle(tiny_network())
        for bad, words in (
            (b"", "wrong first bytes"),
            (b"X" + raw[1:], "wrong first bytes"),
            (raw[:40], "cut short"),
            (raw[:-1], "cut short"),
            (raw.replace(b" f32 ", b" u8q "), "u8q"),
            (raw.replace(b"108 2 3 3 3", b"108 2 3 3 4"), "damaged"),
            (raw.replace(b"output logits c", b"output logits d"), "not defined"),
            (raw.replace(b"output logits c", b"surprise logit c"), "cannot read"),
        ):
            with self.assertRaises(ModelFileError) as caught:
                decode_bundle(bad)
            self.assertIn(words, str(caught.exception))

    def test_wrong_networks_are_not_written(self):
        unknown = tiny_network()
        unknown.add("Relu", "r", ["nothing"], "r")
        twice = tiny_network()
        twice.add("Relu", "r", ["c"], "c.pre")
        spaced = tiny_network()
        spaced.add("Relu", "r", ["c"], "a value")
        double = tiny_network()
        double.params["c.bias"] = np.zeros(2, "f8")
        for network in (unknown, twice, spaced, double):
            with self.assertRaises(ModelFileError):
                encode_bundle(network)


if __name__ == "__main__":
    unittest.main()
