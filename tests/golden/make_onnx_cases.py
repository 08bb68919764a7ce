#!/usr/bin/env python3
"""Converts ONNX's own conformance cases of single operators to the small text file that onnx_cases_test.cpp reads.

    pip install onnx==1.14.1 numpy  (1.14.1 is the last one that holds the cases as files);  make_onnx_cases.py > onnx_cases.txt

The cases are those of the PyPI package `onnx` (Apache-2.0).  Images are transposed to N×H×W×C, weights to O×KH×KW×I,
as the program does when it opens a model.  A case that needs something ConvScope's operator does not have is left out
and named on stderr.  Format, one line each: `case NAME KIND ATTRIBUTES…`, `then KIND ATTRIBUTES…` for each operator that
reads the one before (ONNX resizes, pads and slices several axes at once), then `input`, `parameter` and `output` lines:
`EXTENTS… : VALUES…`.
"""

import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

UNARY = """Abs Ceil Celu Cos Elu Erf Exp Floor HardSigmoid HardSwish LeakyRelu Log Mish Neg Reciprocal Selu Sigmoid Sign
Sin Softplus Softsign Sqrt Tanh ThresholdedRelu""".split()
REDUCTIONS = "ReduceMax ReduceMean ReduceProd ReduceSum".split()
KINDS = (
    UNARY
    + REDUCTIONS
    + """Add AveragePool Clip Concat Conv ConvTranspose DepthToSpace Div Flatten Gather Gemm GlobalAveragePool
    GlobalMaxPool LogSoftmax MatMul Max MaxPool Min Mul PRelu Pad Pow Relu Reshape Resize Slice Softmax SpaceToDepth Sub
    Transpose""".split()
)
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
    if kind == "ConvTranspose":
        known = known - {"auto_pad"} | {"output_padding"}
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
    if "output_padding" in attributes:
        out.append(f"output_padding={pair(attributes['output_padding'], [0, 0])}")
    return out


def resize(attributes, given, data, result):
    """One operator for each axis that changes."""
    for name, usual in (("antialias", 0), ("exclude_outside", 0), ("keep_aspect_ratio_policy", b"stretch")):
        if attributes.get(name, usual) != usual:
            raise Unsupported(name)
    coordinate = attributes.get("coordinate_transformation_mode", b"half_pixel").decode()
    if coordinate == "tf_crop_and_resize":
        raise Unsupported(coordinate)
    axes = list(attributes.get("axes", range(4)))
    if coordinate == "align_corners" and "scales" in given:
        if any(extent != size * scale for extent, size, scale in zip(result.shape, data.shape, given["scales"])):
            # These cases divide by the unrounded size, so no corner is aligned; ONNX Runtime, PyTorch and ConvScope
            # divide by the size of the output.
            raise Unsupported("align_corners to an unrounded size")
    ops = []
    for axis, place in ((2, 1), (3, 2)):
        text = [f"axis={place}", f"mode={attributes.get('mode', b'nearest').decode()}"]
        text += [f"coordinate_transformation_mode={coordinate}"]
        if "nearest_mode" in attributes:
            text += [f"nearest_mode={attributes['nearest_mode'].decode()}"]
        if "cubic_coeff_a" in attributes:
            text += [f"cubic_coeff_a={attributes['cubic_coeff_a']:.9g}"]
        if "sizes" in given:
            text += [f"size={result.shape[axis]}"]
        elif axis in axes:
            text += [f"scale={given['scales'][axes.index(axis)]:.9g}"]
        ops.append(["Resize", *text])
    return ops


def pad(attributes, given, data):
    mode = attributes.get("mode", b"constant").decode()
    if mode not in ("constant", "reflect", "edge"):
        raise Unsupported(mode)
    axes = [int(a) for a in given.get("axes", range(data.ndim))]
    pads = [int(p) for p in given["pads"]]
    ops = []
    for i, axis in enumerate(axes):
        before, after = pads[i], pads[i + len(axes)]
        if before < 0 or after < 0:
            raise Unsupported("negative pads")
        if before or after:
            value = [f"value={given['constant_value'].item():.9g}"] if "constant_value" in given else []
            ops.append(["Pad", f"axis={axis}", f"before={before}", f"after={after}", f"mode={mode}", *value])
    return ops


def slices(data, given):
    starts, ends = given["starts"], given["ends"]
    axes, steps = given.get("axes", range(len(starts))), given.get("steps", [1] * len(starts))
    ops = []
    for start, end, axis, step in zip(starts, ends, axes, steps):
        positions = range(*slice(int(start), int(end), int(step)).indices(data.shape[int(axis)]))
        if not positions:
            raise Unsupported("an empty slice")
        ops.append(["Slice", f"axis={int(axis)}", f"begin={positions.start}", f"length={len(positions)}", f"step={int(step)}"])
    return ops


def nhwc(array):
    if array.ndim != 4:
        raise Unsupported(f"rank {array.ndim}")
    return array.transpose(0, 2, 3, 1)


# What ONNX calls the inputs that are attributes here.
INPUT_NAMES = {
    "Pad": ["data", "pads", "constant_value", "axes"],
    "Resize": ["data", "roi", "scales", "sizes"],
    "Slice": ["data", "starts", "ends", "axes", "steps"],
}


def convert(kind, node, named, outputs):
    """Operators with their attributes, inputs, parameters and outputs in ConvScope's terms."""
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    inputs = [named[name] for name in node.input if name]
    if len(outputs) != 1:
        raise Unsupported("several outputs")
    if kind in INPUT_NAMES:
        given = {ours: named[name] for ours, name in zip(INPUT_NAMES[kind], node.input) if name}
        data, result = given["data"].astype(np.float32), outputs[0].astype(np.float32)
        if kind == "Resize":
            return resize(attributes, given, data, result), [nhwc(data)], [], [nhwc(result)]
        ops = pad(attributes, given, data) if kind == "Pad" else slices(data, given)
        return ops, [data], [], [result]
    if kind == "Pow" and inputs[1].size != 1:  # ours has another name where the exponent is a tensor
        return [["Power"]], [a.astype(np.float32) for a in inputs], [], [outputs[0].astype(np.float32)]
    text, xs, parameters, ys = convert_one(kind, node, attributes, inputs, outputs)
    return [["ReduceMax", *text] if kind == "GlobalMaxPool" else [kind, *text]], xs, parameters, ys


def convert_one(kind, node, attributes, inputs, outputs):
    if kind in UNARY:
        return [f"{name}={value:.9g}" for name, value in attributes.items()], inputs, [], outputs
    if kind in REDUCTIONS:
        axes = attributes.get("axes", inputs[1] if len(inputs) > 1 else [])
        if attributes.get("noop_with_empty_axes") and not len(axes):
            raise Unsupported("noop_with_empty_axes")
        text = ["axes=" + ",".join(str(int(a)) for a in axes)] if len(axes) else []
        return [*text, f"keepdims={attributes.get('keepdims', 1)}"], inputs[:1], [], outputs
    if kind in ("Max", "Min") and len(inputs) != 2:
        raise Unsupported("not two inputs")
    if kind == "Pow":
        return [f"exponent={inputs[1].item():.9g}"], [inputs[0].astype(np.float32)], [], [outputs[0].astype(np.float32)]
    if kind == "Transpose":
        perm = attributes.get("perm", range(inputs[0].ndim)[::-1])
        return ["perm=" + ",".join(map(str, perm))], inputs, [], outputs
    if kind == "Gather":
        if inputs[1].ndim != 1:
            raise Unsupported("indices that are no list")
        text = ["indices=" + ",".join(map(str, inputs[1])), f"axis={attributes.get('axis', 0)}"]
        return text, inputs[:1], [], outputs
    if kind in ("DepthToSpace", "SpaceToDepth"):
        mode = [f"mode={attributes['mode'].decode()}"] if "mode" in attributes else []
        return [f"blocksize={attributes['blocksize']}", *mode], [nhwc(inputs[0])], [], [nhwc(outputs[0])]
    if kind == "GlobalMaxPool":
        return ["axes=1,2"], [nhwc(inputs[0])], [], [nhwc(outputs[0])]
    if kind in ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool"):
        if kind.startswith("Conv"):
            attributes.setdefault("kernel_shape", inputs[1].shape[2:])
        text = [] if kind == "GlobalAveragePool" else window(attributes, kind)
        rest = [nhwc(inputs[1]), *inputs[2:]] if kind.startswith("Conv") else []
        return text, [nhwc(inputs[0])], rest, [nhwc(outputs[0])]
    if kind in ("Concat", "Flatten", "LogSoftmax", "Softmax"):
        fallback = {"Flatten": 1, "LogSoftmax": -1, "Softmax": -1}.get(kind)
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
                named = dict(zip((value.name for value in model.graph.input), inputs))
                ops, xs, parameters, ys = convert(node.op_type, node, named, outputs)
                lines = [" ".join(["case", case.name, *ops[0]]), *(" ".join(["then", *op]) for op in ops[1:])]
                lines += [line("input", a) for a in xs]
                lines += [line("parameter", a) for a in parameters]
                lines += [line("output", a) for a in ys]
                print("\n".join(lines))
        except Unsupported as reason:
            print(f"left out {case.name}: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
