#!/usr/bin/env python3
"""Writes a network as ONNX (float32, NCHW, batch 1) for the benchmarks and the accuracy check.

    export_onnx.py efficientnet-lite0.csb efficientnet-lite0.onnx
    export_onnx.py compressed_SqueezeNet.net squeezenet.onnx [--size 227]

The weights are those the page uses, widened to float32.  Needs the `onnx` package.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent))
from convert import squeezenet  # noqa: E402
from convert.bundle import MAGIC, Network, Node, decode_bundle  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

OPSET = 13
IR_VERSION = 8  # what OPSET's runtimes read, older than the newest
# Operators that are ONNX's own, attributes and all.
PLAIN = (
    "Relu", "Sigmoid", "Add", "Sub", "Mul", "Div", "Sqrt", "Flatten", "Gemm", "Softmax", "BatchNormalization",
)
LAYOUT_AXIS = {3: 1, 1: 2, 2: 3, 0: 0}  # NHWC axis -> NCHW axis


class _Exporter:
    def __init__(self, network: Network, size: tuple[int, int], outputs: list[str]):
        self.network = network
        self.size = size
        self.wanted = outputs
        self.sizes = {network.input_name: size}  # value -> rows, columns
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, array: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def emit(self, node: Node, inputs: list[str] | None = None, **attributes) -> None:
        inputs = node.inputs if inputs is None else inputs
        self.nodes.append(
            helper.make_node(node.kind, inputs, node.outputs, name=node.name, **attributes)
        )

    def compose(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def gelu(self, node: Node) -> None:
        """x · ½ (1 + erf(x / √2))"""
        source, name = node.inputs[0], node.name
        root, one, half = (
            self.constant(f"{name}.{key}", np.float32(value))
            for key, value in (("root", 0.5**0.5), ("one", 1), ("half", 0.5))
        )
        erf = self.compose("Erf", [self.compose("Mul", [source, root], f"{name}.scaled")], f"{name}.erf")
        double = self.compose("Mul", [source, self.compose("Add", [erf, one], f"{name}.sum")], f"{name}.double")
        self.compose("Mul", [double, half], node.outputs[0])

    def window(self, node: Node) -> dict:
        """Attributes of a convolution or pool; records the size of its output."""
        given = node.attributes
        kernel, strides = given["kernel"], given.get("strides", (1, 1))
        dilations = given.get("dilations", (1, 1))
        begin, end, out = [], [], []
        for axis, size in enumerate(self.sizes[node.inputs[0]]):
            extent, stride = (kernel[axis] - 1) * dilations[axis] + 1, strides[axis]
            if given.get("auto_pad") == "same_upper":
                count = -(-size // stride)
                total = max((count - 1) * stride + extent - size, 0)
                low, high = total // 2, total - total // 2
            else:
                low, high = given["pads"][axis], given["pads"][axis + 2]
                span = size + low + high - extent
                count = (-(-span // stride) if given.get("ceil_mode") else span // stride) + 1
            begin.append(low)
            end.append(high)
            out.append(count)
        self.sizes[node.outputs[0]] = tuple(out)
        result = {"kernel_shape": kernel, "strides": strides, "pads": begin + end}
        for key in ("ceil_mode", "count_include_pad"):
            if given.get(key):
                result[key] = 1
        if "dilations" in given and node.kind == "Conv":
            result["dilations"] = dilations
        return result

    def node(self, node: Node) -> None:
        kind, given = node.kind, node.attributes
        source = node.inputs[0]
        if kind == "Conv":
            self.emit(node, **self.window(node), group=given["group"])
            return
        if kind in ("MaxPool", "AveragePool"):
            self.emit(node, **self.window(node))
            return
        if kind == "Clip":
            bounds = [
                self.constant(f"{node.name}.{key}", np.float32(given[key]))
                for key in ("min", "max")
            ]
            self.emit(node, [source, *bounds])
        elif kind == "Concat":
            self.emit(node, axis=LAYOUT_AXIS[given["axis"]])
        elif kind == "HardSwish":  # an operator from 14 on
            gate = self.compose("HardSigmoid", [source], f"{node.name}.gate", alpha=1 / 6, beta=0.5)
            self.compose("Mul", [source, gate], node.outputs[0])
        elif kind == "HardSigmoid":
            self.emit(node, alpha=float(given["alpha"]), beta=float(given["beta"]))
        elif kind == "Gelu":  # an operator from 20 on
            self.gelu(node)
        elif kind == "Affine":
            names = [self.constant(f"{node.name}.{key}", np.float32(given[key])) for key in ("scale", "shift")]
            self.compose("Mul", [source, names[0]], f"{node.name}.scaled")
            self.compose("Add", [f"{node.name}.scaled", names[1]], node.outputs[0])
        elif kind == "ReduceMean":  # axes are an attribute up to 17
            axes = given["axes"] if isinstance(given["axes"], tuple) else (given["axes"],)
            axes = [LAYOUT_AXIS[axis] for axis in axes]
            self.emit(node, axes=axes, keepdims=given["keepdims"])
        elif kind == "Gather":
            indices = self.constant(f"{node.name}.indices", np.array(given["indices"], "i8"))
            self.emit(node, [source, indices], axis=LAYOUT_AXIS[given["axis"]])
        elif kind == "Slice":
            begin, step = given["begin"], given["step"]
            bounds = (begin, begin + given["length"] * step, LAYOUT_AXIS[given["axis"]], step)
            self.emit(node, [source] + [
                self.constant(f"{node.name}.{key}", np.array([value], "i8"))
                for key, value in zip(("starts", "ends", "axes", "steps"), bounds, strict=True)
            ])
        elif kind == "GlobalAveragePool":
            self.emit(node)
            self.sizes[node.outputs[0]] = (1, 1)
            return
        elif kind == "Flatten" and self.sizes.get(source, (1, 1)) != (1, 1):
            raise ModelFileError(f"{node.name}: flattening {self.sizes[source]} would change order")
        elif kind in PLAIN:
            self.emit(node, **given)
        else:
            raise ModelFileError(f"node {node.name}: {kind} has no export yet")
        if source in self.sizes:
            self.sizes[node.outputs[0]] = self.sizes[source]

    def parameter(self, name: str, array: np.ndarray) -> None:
        array = array.astype("f4")
        self.constant(name, array.transpose(0, 3, 1, 2) if array.ndim == 4 else array)

    def model(self) -> onnx.ModelProto:
        for name, array in self.network.params.items():
            self.parameter(name, array)
        for node in self.network.nodes:
            self.node(node)
        batch, _, _, channels = self.network.input_shape
        shape = [batch, channels, *self.size]
        graph = helper.make_graph(
            self.nodes,
            self.network.name,
            [helper.make_tensor_value_info(self.network.input_name, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(v, TensorProto.FLOAT, None) for v in self.wanted],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        model = onnx.shape_inference.infer_shapes(model)
        onnx.checker.check_model(model)
        return model


def onnx_model(
    network: Network, size: tuple[int, int] | None = None, outputs: list[str] | None = None
) -> onnx.ModelProto:
    """`outputs` are values of the network; by default the logits and the probabilities."""
    size = size or network.input_shape[1:3]
    return _Exporter(network, size, outputs or list(network.outputs.values())).model()


def read_network(path: Path) -> Network:
    """A bundle or the compressed SqueezeNet, told apart by the first bytes."""
    raw = Path(path).read_bytes()
    return decode_bundle(raw) if raw[: len(MAGIC)] == MAGIC else squeezenet.build(raw)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="a .csb bundle or compressed_SqueezeNet.net")
    parser.add_argument("output", type=Path, help="the .onnx file to write")
    parser.add_argument("--size", type=int, help="input height and width, default the model's own")
    parser.add_argument("--output-value", action="append", help="a value to add as an output")
    arguments = parser.parse_args()
    try:
        network = read_network(arguments.model)
        size = (arguments.size, arguments.size) if arguments.size else None
        outputs = list(network.outputs.values()) + (arguments.output_value or [])
        onnx.save(onnx_model(network, size, outputs), arguments.output)
    except (ModelFileError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
