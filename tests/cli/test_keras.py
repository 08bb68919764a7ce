"""Networks as tf2onnx writes those of Keras: pictures N×H×W×C with a Transpose around each stretch that wants N×C×H×W,
TensorFlow's padding SAME written out, batch norm as Mul and Add, dense layers as MatMul and Add. The program's logits
must be ONNX Runtime's within 1e-5 of the largest.
"""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image
from support import ProgramTest, read_npy

try:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    onnx = None

TOLERANCE = 1e-5  # sums in another order
SIDE, CLASSES = 33, 10
# Keras' preprocess_input of the kind "tf": from -1 to 1.
SETTINGS = f"order=rgb mean=127.5 std=127.5 resize=shorter-side:{SIDE} side={SIDE}"
TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


class Keras:
    """A graph in the making: values are channels last, as in Keras, unless a name ends in `_nchw`."""

    def __init__(self, opset):
        self.opset = opset
        self.random = np.random.default_rng(11)
        self.nodes, self.constants, self.channels = [], [], {"input_1": 3}

    def constant(self, values, dtype="f4"):
        name = f"const__{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def emit(self, kind, *inputs, channels=None, **attributes):
        name = f"StatefulPartitionedCall/model/{kind}_{len(self.nodes)}:0"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        self.channels[name] = self.channels.get(inputs[0]) if channels is None else channels
        return name

    def numbers(self, *shape, low=-1.0, high=1.0):
        return self.constant(self.random.uniform(low, high, shape))

    def conv(self, x, kernel, filters=None, stride=1, padding="same"):
        """Depthwise without `filters`. A strided one is padded before, as MobileNet's ZeroPadding2D."""
        group = 1 if filters else self.channels[x]
        out, each = filters or group, self.channels[x] // group
        pads = [kernel // 2] * 4 if padding == "same" else [0] * 4
        if padding == "before":
            spatial = [0, 0, 1, 1]  # TensorFlow pads below and on the right
            widths = [0, *spatial[:2], 0, 0, *spatial[2:], 0]
            pads = [0] * 4
            if self.opset < 11:
                x = self.emit("Pad", x, pads=widths, value=0.0)
            else:
                x = self.emit("Pad", x, self.constant(widths, "i8"))
        first = self.emit("Transpose", x, perm=TO_FIRST)
        bound = np.sqrt(3 / (each * kernel * kernel))
        weight = self.numbers(out, each, kernel, kernel, low=-bound, high=bound)
        y = self.emit("Conv", first, weight, channels=out, kernel_shape=[kernel, kernel],
                      strides=[stride, stride], pads=pads, dilations=[1, 1], group=group)
        return self.emit("Transpose", y, perm=TO_LAST)

    def norm(self, x):
        """FusedBatchNormV3 that tf2onnx could not fold."""
        factor = self.numbers(self.channels[x], low=0.5, high=1.5)
        return self.emit("Add", self.emit("Mul", x, factor), self.numbers(self.channels[x]))

    def relu6(self, x):
        if self.opset < 11:
            return self.emit("Clip", x, min=0.0, max=6.0)
        return self.emit("Clip", x, self.constant(0.0), self.constant(6.0))

    def hard_swish(self, x):
        """x · relu6(x + 3) · (1/6), as Keras' MobileNetV3 has it."""
        gate = self.relu6(self.emit("Add", x, self.constant(3.0)))
        return self.emit("Mul", x, self.emit("Mul", gate, self.constant(1 / 6)))

    def swish(self, x):
        return self.emit("Mul", x, self.emit("Sigmoid", x))

    def mean(self, x, keep):
        """GlobalAveragePooling2D."""
        if self.opset < 18:
            return self.emit("ReduceMean", x, axes=[1, 2], keepdims=int(keep))
        return self.emit("ReduceMean", x, self.constant([1, 2], "i8"), keepdims=int(keep))

    def squeeze_and_excite(self, x):
        channels = self.channels[x]
        gate = self.emit("Reshape", self.mean(x, False), self.constant([-1, 1, 1, channels], "i8"))
        gate = self.emit("Relu", self.conv(gate, 1, max(2, channels // 4)))
        return self.emit("Mul", x, self.emit("Sigmoid", self.conv(gate, 1, channels)))

    def pool(self, x, kind, kernel, stride, pads=(0, 0, 0, 0)):
        first = self.emit("Transpose", x, perm=TO_FIRST)
        y = self.emit(kind, first, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=list(pads))
        return self.emit("Transpose", y, perm=TO_LAST)

    def squeeze(self, x, axes):
        if self.opset < 13:
            return self.emit("Squeeze", x, axes=axes)
        return self.emit("Squeeze", x, self.constant(axes, "i8"))

    def dense(self, x, inputs, outputs):
        bound = np.sqrt(3 / inputs)
        y = self.emit("MatMul", x, self.numbers(inputs, outputs, low=-bound, high=bound))
        return self.emit("Add", y, self.numbers(outputs))

    def model(self, logits):
        self.emit("Softmax", logits, axis=1 if self.opset < 13 else -1)
        for node in self.nodes:  # the names by which they are asked for
            names = {logits: "logits", self.nodes[-1].output[0]: "predictions"}
            node.output[0] = names.get(node.output[0], node.output[0])
        self.nodes[-1].input[0] = "logits"
        shape = {"input_1": ["unk__1", SIDE, SIDE, 3], "predictions": ["unk__2", CLASSES]}
        given, told = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape[name]) for name in shape
        )
        graph = helper.make_graph(self.nodes, "tf2onnx", [given], [told], self.constants)
        model = helper.make_model(
            graph, producer_name="tf2onnx", opset_imports=[helper.make_opsetid("", self.opset)], ir_version=7
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def mobilenet(k):
    """V1's head: global mean that keeps its axes, a 1x1 convolution, Squeeze."""
    x = k.relu6(k.norm(k.conv("input_1", 3, 8, stride=2, padding="before")))
    for filters, stride in ((16, 1), (24, 2)):
        x = k.relu6(k.norm(k.conv(x, 3, stride=stride, padding="before" if stride == 2 else "same")))
        x = k.relu6(k.norm(k.conv(x, 1, filters)))
    return k.squeeze(k.conv(k.mean(x, True), 1, CLASSES), [1, 2])


def mobilenet_v3(k):
    x = k.hard_swish(k.norm(k.conv("input_1", 3, 8, stride=2, padding="before")))
    y = k.squeeze_and_excite(k.hard_swish(k.norm(k.conv(x, 5))))
    x = k.emit("Add", x, k.norm(k.conv(y, 1, 8)))
    return k.dense(k.mean(x, False), 8, CLASSES)


def efficientnet(k):
    """Rescaling and Normalization in the network itself."""
    x = k.emit("Mul", "input_1", k.constant(0.5))
    x = k.emit("Add", x, k.constant(0.25))
    x = k.emit("Div", k.emit("Sub", x, k.constant([0.48, 0.46, 0.41])), k.constant([0.23, 0.22, 0.22]))
    x = k.swish(k.norm(k.conv(x, 3, 8, stride=2, padding="before")))
    y = k.squeeze_and_excite(k.swish(k.norm(k.conv(x, 3))))
    x = k.emit("Add", k.norm(k.conv(y, 1, 8)), x)
    return k.dense(k.mean(x, False), 8, CLASSES)


def vgg(k):
    """Flatten: the order of its numbers is that of channels last."""
    x = k.pool(k.emit("Relu", k.conv("input_1", 3, 8)), "MaxPool", 2, 2)
    x = k.pool(k.emit("Relu", k.conv(x, 3, 6)), "AveragePool", 4, 4)
    x = k.emit("Reshape", x, k.constant([-1, 4 * 4 * 6], "i8"))
    return k.dense(k.emit("Relu", k.dense(x, 96, 32)), 32, CLASSES)


def inception(k):
    """Concat along the last axis; pools with TensorFlow's SAME, which is not symmetric."""
    x = k.emit("Relu", k.norm(k.conv("input_1", 3, 8, stride=2, padding="valid")))  # 16 by 16
    parts = [k.conv(x, 1, 4), k.conv(k.conv(x, 1, 4), 5, 4), k.pool(x, "AveragePool", 3, 1, (1, 1, 1, 1))]
    x = k.emit("Concat", *parts, axis=3, channels=16)
    x = k.pool(k.emit("Relu", x), "MaxPool", 3, 2, (0, 0, 1, 1))
    return k.dense(k.mean(x, False), 16, CLASSES)


@unittest.skipIf(onnx is None, "onnx or onnxruntime is not installed")
class KerasTest(ProgramTest):
    def equals_onnx_runtime(self, build, opset):
        keras = Keras(opset)
        model = keras.model(build(keras))
        shown = onnx.ModelProto()
        shown.CopyFrom(model)
        shown.graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, CLASSES]))
        picture = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), "u1")
        session = onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
        given = (picture.astype("f4") - np.float32(127.5)) / np.float32(127.5)
        want = session.run(["logits"], {"input_1": given[None]})[0].ravel()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            onnx.save(model, folder / "keras.onnx")
            Image.fromarray(picture).save(folder / "picture.png")
            self.succeeds("classify", folder / "keras.onnx", folder / "picture.png", "--exact-input",
                          "--input", SETTINGS, "--npy", folder / "logits.npy")
            got = read_npy(folder / "logits.npy").ravel()
        self.assertEqual(got.shape, want.shape)
        self.assertLess(np.abs(got - want).max(), TOLERANCE * np.abs(want).max())


for _build in (mobilenet, mobilenet_v3, efficientnet, vgg, inception):
    for _opset in (9, 13, 18):

        def _test(self, build=_build, opset=_opset):
            self.equals_onnx_runtime(build, opset)

        setattr(KerasTest, f"test_{_build.__name__}_opset{_opset}", _test)

if __name__ == "__main__":
    unittest.main()
