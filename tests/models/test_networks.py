"""SqueezeNet's decoder and EfficientNet-Lite0's structure, without the real weights."""

import struct
import sys
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
from convert import efficientnet_lite0, squeezenet  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

try:
    import onnxruntime
    from export_onnx import onnx_model
except ImportError:
    onnxruntime = None


def encode_squeezenet(rng):
    """A random .net file and the weights it holds (Caffe order)."""
    counts, bodies, weights = [], [], {}
    for shape in squeezenet.conv_shapes():
        size = shape.outputs * shape.inputs * shape.kernel**2
        dense = np.zeros(size, "f4")
        codebook = np.concatenate([[0], rng.standard_normal(255)]).astype("f4")
        chosen = np.flatnonzero(rng.random(size) < 0.05)  # many gaps longer than 15
        codes_at = rng.integers(1, 256, len(chosen))
        dense[chosen] = codebook[codes_at]
        codes, gaps, previous = [], [], -1
        for place, code in zip(chosen, codes_at):
            zeros = int(place) - previous - 1
            while zeros > 15:
                codes.append(0)
                gaps.append(15)
                zeros -= 16
            codes.append(int(code))
            gaps.append(zeros)
            previous = int(place)
        counts.append(len(codes))
        gaps += [0] * (len(gaps) % 2)
        packed = bytes(low | high << 4 for low, high in zip(gaps[::2], gaps[1::2]))
        bias = rng.standard_normal(shape.outputs).astype("<f4")
        bodies.append(codebook.tobytes() + bias.tobytes() + bytes(codes) + packed)
        caffe = dense.reshape(shape.outputs, shape.inputs, shape.kernel, shape.kernel)
        weights[f"{shape.name}.weight"] = caffe.transpose(0, 2, 3, 1)
        weights[f"{shape.name}.bias"] = bias
    return struct.pack("<26I", *counts) + b"".join(bodies), weights


class SqueezeNetTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data, cls.weights = encode_squeezenet(np.random.default_rng(1))

    def test_decodes_what_was_encoded(self):
        decoded = squeezenet.decode(self.data)
        self.assertEqual(list(decoded), list(self.weights))
        for name, want in self.weights.items():
            np.testing.assert_array_equal(decoded[name], want)

    def test_refuses_damaged_files(self):
        for bad, words in (
            (b"", "cut short"),
            (self.data[:50], "list of sizes"),
            (self.data[:-1], "cut short"),
            (self.data + b"\0", "too many"),
            (struct.pack("<I", 0xFFFFFFFF) + self.data[4:], "cut short"),
            (struct.pack("<I", 60000) + self.data[4:], ""),
        ):
            with self.assertRaises(ModelFileError) as caught:
                squeezenet.decode(bad)
            self.assertIn(words, str(caught.exception))


def random_state(rng):
    """Tensors with the names and shapes of the published file."""
    state = {}

    def conv(name, out, per_group, kernel):
        scale = (per_group * kernel * kernel) ** -0.5
        shape = (out, per_group, kernel, kernel)
        state[f"{name}.weight"] = (scale * rng.standard_normal(shape)).astype("f4")

    def norm(name, size):
        state[f"{name}.weight"] = rng.uniform(0.5, 2, size).astype("f4")
        state[f"{name}.bias"] = rng.standard_normal(size).astype("f4")
        state[f"{name}.running_mean"] = rng.standard_normal(size).astype("f4")
        state[f"{name}.running_var"] = rng.uniform(0.2, 3, size).astype("f4")
        state[f"{name}.num_batches_tracked"] = np.array(1, "i8")

    conv("_conv_stem", 32, 3, 3)
    norm("_bn0", 32)
    for index, block in enumerate(efficientnet_lite0.blocks()):
        prefix, wide = f"_blocks.{index}", block.inputs * block.expansion
        if block.expansion != 1:
            conv(f"{prefix}._expand_conv", wide, block.inputs, 1)
            norm(f"{prefix}._bn0", wide)
        conv(f"{prefix}._depthwise_conv", wide, 1, block.kernel)
        norm(f"{prefix}._bn1", wide)
        conv(f"{prefix}._project_conv", block.outputs, wide, 1)
        norm(f"{prefix}._bn2", block.outputs)
    conv("_conv_head", 1280, 320, 1)
    norm("_bn1", 1280)
    state["_fc.weight"] = (0.03 * rng.standard_normal((1000, 1280))).astype("f4")
    state["_fc.bias"] = rng.standard_normal(1000).astype("f4")
    return state


class EfficientNetLite0Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.state = random_state(np.random.default_rng(2))

    def test_has_the_published_tensors(self):
        self.assertEqual(len(self.state), efficientnet_lite0.STATE_KEYS)
        counted = [v for k, v in self.state.items() if "running" not in k and "num_" not in k]
        self.assertEqual(sum(v.size for v in counted), 4_652_008)

    def test_layers_are_named_in_order(self):
        network = efficientnet_lite0.build(self.state)
        names = [layer.name for layer in network.layers]
        want = ["stem", "block0d", "block0"]
        for index in range(1, 16):
            want += [f"block{index}e", f"block{index}d", f"block{index}"]
        self.assertEqual(names, want + ["head", "pool", "logits"])
        for layer in network.layers:
            self.assertEqual(layer.pre is not None, layer.name[-1] in "emd", layer.name)

    def test_other_weights_are_refused(self):
        missing = dict(self.state)
        missing["_conv_head.other"] = missing.pop("_conv_head.weight")
        for state, words in ((missing, "_conv_head.weight"), ({"a": np.zeros(1)}, "1 tensors")):
            with self.assertRaises(ModelFileError) as caught:
                efficientnet_lite0.build(state)
            self.assertIn(words, str(caught.exception))

    @unittest.skipUnless(onnxruntime, "needs requirements-tools.txt")
    def test_folding_changes_nothing_at_any_size(self):
        folded = efficientnet_lite0.build(self.state, dtype="f4")
        plain = efficientnet_lite0.build(self.state, fold=False, dtype="f4")
        for size in (64, 97):
            image = np.random.default_rng(size).standard_normal((1, 3, size, size)).astype("f4")
            results = []
            for network in (folded, plain):
                model = onnx_model(network, (size, size), outputs=["logits"]).SerializeToString()
                session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
                results.append(session.run(None, {"image": image})[0])
            error = np.abs(results[0] - results[1]).max() / np.abs(results[1]).max()
            self.assertLess(error, 1e-5)

    @unittest.skipUnless(onnxruntime, "needs requirements-tools.txt")
    def test_padding_is_asymmetric_where_tensorflow_pads_so(self):
        pads = {}
        for size in (224, 225):
            model = onnx_model(efficientnet_lite0.build(self.state), (size, size))
            stem = next(node for node in model.graph.node if node.name == "stem")
            pads[size] = list(next(a for a in stem.attribute if a.name == "pads").ints)
        self.assertEqual(pads, {224: [0, 0, 1, 1], 225: [1, 1, 1, 1]})


if __name__ == "__main__":
    unittest.main()
