#!/usr/bin/env python3
"""Converts ONNX's own conformance cases of single operators to the small text file that onnx_cases_test.cpp reads.

    pip install onnx==1.14.1 numpy  (1.14.1 is the last one that holds the cases as files);  make_onnx_cases.py > onnx_cases.txt

The cases are those of the PyPI package `onnx` (Apache-2.0).  Images are transposed to N×H×W×C, weights to O×KH×KW×I,
as the program does when it opens a model.  A case that needs something ConvScope's operator does not have is left out
and named on stderr.  Format, one line each: `case NAME KIND ATTRIBUTES…`, then `input`, `parameter` and `output`
lines: `EXTENTS… : VALUES…`.
"""

import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

KINDS = "Add AveragePool Clip Concat Conv Flatten Gemm GlobalAveragePool MaxPool Mul Relu Reshape Slice Softmax".split()
MAX_VALUES = 4000  # of all tensors of a case together


class Unsupported(Exception):
    pass


def pair(values, fallback):
    values = list(values) if values is not None else fallback
    if len(values) != len(fallback):
        raise Unsupported("not two-dimensional")
    return ",".join(map(str, values))


def window(attributes, kind):
    known = {"kernel_shape", "strides", "pads", "dilations", "auto_pad", "group", "ceil_mode", "count_include_pad", "storage_order"}
    if set(attributes) - known or attributes.get("storage_order"):
        raise Unsupported("attributes")
    out = [f"kernel={pair(attributes['kernel_shape'], [1, 1])}", f"strides={pair(attributes.get('strides'), [1, 1])}"]
    if "dilations" in attributes:
        out.append(f"dilations={pair(attributes['dilations'], [1, 1])}")
    auto_pad = attributes.get("auto_pad", b"NOTSET").decode()
    if auto_pad == "SAME_UPPER":
        out.append("auto_pad=same_upper")
    elif auto_pad not in ("NOTSET", "VALID"):
        raise Unsupported(auto_pad)
    elif "pads" in attributes:
        out.append(f"pads={pair(attributes['pads'], [0, 0, 0, 0])}")
    for name in ("group", "ceil_mode", "count_include_pad"):
        if attributes.get(name):
            if name == "count_include_pad" and kind != "AveragePool":
                raise Unsupported(name)
            out.append(f"{name}={attributes[name]}")
    return out


def nhwc(array):
    if array.ndim != 4:
        raise Unsupported(f"rank {array.ndim}")
    return array.transpose(0, 2, 3, 1)


def convert(kind, node, inputs, outputs):
    """Attributes, inputs, parameters and outputs in ConvScope's terms."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if len(outputs) != 1:
        raise Unsupported("several outputs")
    if kind in ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool"):
        if kind == "Conv":
            attributes.setdefault("kernel_shape", inputs[1].shape[2:])
        text = [] if kind == "GlobalAveragePool" else window(attributes, kind)
        rest = [nhwc(inputs[1]), *inputs[2:]] if kind == "Conv" else []
        return text, [nhwc(inputs[0])], rest, [nhwc(outputs[0])]
    if kind in ("Concat", "Flatten", "Softmax"):
        fallback = {"Flatten": 1, "Softmax": -1}.get(kind)
        return [f"axis={attributes.get('axis', fallback)}"], inputs, [], outputs
    if kind == "Clip":
        if len(node.input) != len(inputs):
            raise Unsupported("an input left out")
        bounds = [f"{name}={value.item():.9g}" for name, value in zip(("min", "max"), inputs[1:])]
        return bounds, inputs[:1], [], outputs
    if kind == "Gemm":
        if attributes.get("alpha", 1) != 1 or attributes.get("beta", 1) != 1 or attributes.get("transA"):
            raise Unsupported("alpha, beta or transA")
        bias = [b.reshape(-1) for b in inputs[2:]]
        if bias and bias[0].size != outputs[0].shape[1]:
            raise Unsupported("a bias that broadcasts")
        return [f"transB={attributes.get('transB', 0)}"], inputs[:1], [inputs[1], *bias], outputs
    if kind == "Reshape":
        if attributes.get("allowzero"):
            raise Unsupported("allowzero")
        return ["shape=" + ",".join(str(int(v)) for v in inputs[1])], inputs[:1], [], outputs
    if kind == "Slice":
        data, starts, ends = inputs[:3]
        axes = inputs[3] if len(inputs) > 3 else np.arange(len(starts))
        steps = inputs[4] if len(inputs) > 4 else np.ones(len(starts), int)
        if len(axes) != 1 or steps[0] != 1:
            raise Unsupported("several axes or a step")
        begin, end, _ = slice(int(starts[0]), int(ends[0])).indices(data.shape[int(axes[0])])
        return [f"axis={int(axes[0])}", f"begin={begin}", f"length={end - begin}"], [data], [], outputs
    return [], inputs, [], outputs


def read(folder, prefix, graph_values):
    tensors = []
    for index in range(len(graph_values)):
        tensor = onnx.TensorProto()
        tensor.ParseFromString((folder / f"{prefix}_{index}.pb").read_bytes())
        tensors.append(numpy_helper.to_array(tensor))
    return tensors


def line(role, array):
    if array.dtype not in (np.float32, np.float64):
        raise Unsupported(str(array.dtype))
    if array.size == 0 or array.ndim > 6:
        raise Unsupported(f"shape {array.shape}")
    values = " ".join(f"{v:.9g}" for v in np.asarray(array, np.float32).reshape(-1))
    return f"{role} {' '.join(map(str, array.shape))} : {values}"


def main():
    from pathlib import Path

    print(f"# ONNX node conformance cases of onnx {onnx.__version__}, converted by make_onnx_cases.py")
    for case in sorted(load_model_tests(kind="node"), key=lambda c: c.name):
        model = onnx.load(Path(case.model_dir) / "model.onnx")
        if len(model.graph.node) != 1 or model.graph.node[0].op_type not in KINDS:
            continue
        node = model.graph.node[0]
        try:
            for folder in sorted(Path(case.model_dir).glob("test_data_set_*")):
                inputs = read(folder, "input", model.graph.input)
                outputs = read(folder, "output", model.graph.output)
                if sum(a.size for a in inputs + outputs) > MAX_VALUES:
                    raise Unsupported("too large")
                text, xs, parameters, ys = convert(node.op_type, node, inputs, outputs)
                lines = [" ".join(["case", case.name, node.op_type, *text])]
                lines += [line("input", a) for a in xs]
                lines += [line("parameter", a) for a in parameters]
                lines += [line("output", a) for a in ys]
                print("\n".join(lines))
        except Unsupported as reason:
            print(f"left out {case.name}: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
