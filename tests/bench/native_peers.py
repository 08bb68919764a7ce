#!/usr/bin/env python3
"""Times one network in ONNX Runtime or PyTorch on this machine's processor; `convscope bench` starts it.

    native_peers.py onnxruntime|torch BASE forward|gradient THREADS RUNS INPUT [NODE]

BASE is the path of a network without its ending: BASE.onnx for ONNX Runtime; for PyTorch BASE.json and BASE.bin, as
export_networks.py writes them, else BASE.onnx with the Python package onnx.  INPUT holds H×W×C of float32.  The gradient is that of the mean
square of NODE's value with respect to the pixels.  Prints lines of "version …", "answer …" (some values of the
result) and "ms …" (one per run); or "absent …" with the reason, where the peer cannot take part.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

SHOWN = 16  # values of the answer


def absent(reason: str) -> None:
    print("absent", reason)
    sys.exit(0)


def report(run, runs: int, rows) -> None:
    """`run()` gives the answer; `rows` makes it H×W×C or a vector."""
    import numpy as np

    answer = np.asarray(rows(run()), dtype="f4").ravel()
    print("answer", *(f"{v:.8g}" for v in answer[:: max(1, answer.size // SHOWN)][:SHOWN]))
    for _ in range(runs):
        start = time.perf_counter()
        run()
        print(f"ms {(time.perf_counter() - start) * 1e3:.4f}")


def pixels(file: Path, channels: int, height: int, width: int):
    import numpy as np

    return np.fromfile(file, "<f4").reshape(1, height, width, channels).transpose(0, 3, 1, 2).copy()


def onnxruntime(base: Path, operation: str, threads: int, runs: int, file: Path) -> None:
    if operation != "forward":
        absent("it has no gradients")
    try:
        import onnxruntime as ort
    except ImportError:
        absent("the Python package onnxruntime is not installed")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = ort.InferenceSession(f"{base}.onnx", options, providers=["CPUExecutionProvider"])
    given, outputs = session.get_inputs()[0], [each.name for each in session.get_outputs()]
    if not all(isinstance(extent, int) for extent in given.shape[1:]):
        absent("the network's file leaves the size of its input open")
    image = pixels(file, *given.shape[1:])
    wanted = "logits" if "logits" in outputs else outputs[0]
    answer = session.run([wanted], {given.name: image})[0]
    if (answer >= 0).all() and abs(answer.sum() - 1) < 1e-3:
        absent("its answer is probabilities, and ours is measured without the softmax")
    print("version", ort.__version__)
    report(lambda: session.run([wanted], {given.name: image})[0], runs, lambda y: y)


def torch_of_onnx(base: Path, operation: str, threads: int, runs: int, file: Path, wanted: str) -> None:
    try:
        import onnx
        import torch
    except ImportError as error:
        absent(f"the Python package {error.name} is not installed")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))
    from torch_network import TorchNetwork

    torch.set_num_threads(threads)
    graph = onnx.load(f"{base}.onnx").graph
    outputs = [each.name for each in graph.output]
    try:
        network = TorchNetwork(graph, "logits" if "logits" in outputs else outputs[0]).eval()
    except Exception as error:  # an operator that is not translated
        absent(f"the network cannot be made of modules: {type(error).__name__} {error}")
    constants = {each.name for each in graph.initializer}
    given = next(each for each in graph.input if each.name not in constants)
    image = torch.from_numpy(pixels(file, *(d.dim_value for d in given.type.tensor_type.shape.dim[1:])))
    print("version", torch.__version__)
    if operation == "forward":
        with torch.inference_mode():
            report(lambda: network(image), runs, lambda y: y.numpy())
        return
    named = {node.name: node.output[0] for node in graph.node} | {name: name for node in graph.node for name in node.output}
    if wanted not in named:
        absent(f"the network has no node {wanted}")
    image.requires_grad_(True)

    def gradient():
        return torch.autograd.grad(network.values(image)[named[wanted]].square().mean(), image)[0]

    report(gradient, runs, lambda g: g.numpy().transpose(0, 2, 3, 1))


def torch(base: Path, operation: str, threads: int, runs: int, file: Path, wanted: str) -> None:
    if not Path(f"{base}.json").exists():
        return torch_of_onnx(base, operation, threads, runs, file, wanted)
    try:
        import torch
        import torch.nn.functional as f
    except ImportError:
        absent("the Python package torch is not installed")
    import numpy as np

    torch.set_num_threads(threads)
    network = json.loads(Path(f"{base}.json").read_text())
    stored = np.fromfile(f"{base}.bin", "<f4")
    groups = {n["inputs"][1]: n["attributes"].get("group", 1) for n in network["nodes"] if n["kind"] == "Conv"}
    weights = {}
    for name, where in network["parameters"].items():
        first = where["offset"] // 4
        array = stored[first : first + int(np.prod(where["shape"]))].reshape(where["shape"])
        if array.ndim == 4:  # H×W×I×O; depthwise H×W×C×1
            array = array.transpose(2, 3, 0, 1) if groups[name] > 1 else array.transpose(3, 2, 0, 1)
        elif array.ndim == 2:
            array = array.T
        weights[name] = torch.from_numpy(np.ascontiguousarray(array))

    def padded(x, a, value: float):
        kernel, strides = a["kernel"], a["strides"]
        if a.get("auto_pad") == "same_upper":
            total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[2:], kernel, strides)]
            top, left = total[0] // 2, total[1] // 2
            pads = [left, total[1] - left, top, total[0] - top]
        else:
            top, left, bottom, right = a["pads"]
            if top == bottom and left == right:
                return x, (top, left)
            pads = [left, right, top, bottom]
        return (f.pad(x, pads, value=value) if any(pads) else x), (0, 0)

    def conv(x, weight, bias, a):
        x, pads = padded(x, a, 0.0)
        return f.conv2d(x, weight, bias, a["strides"], pads, 1, a["group"])

    def max_pool(x, a):
        x, pads = padded(x, a, -float("inf"))
        return f.max_pool2d(x, a["kernel"], a["strides"], pads, ceil_mode=bool(a.get("ceil_mode")))

    kinds = {
        "Conv": lambda a, x, w, b: conv(x, w, b, a),
        "Relu": lambda a, x: f.relu(x),
        "Clip": lambda a, x: torch.clamp(x, a["min"], a["max"]),
        "Add": lambda a, x, y: x + y,
        "Concat": lambda a, *parts: torch.cat(parts, 1),
        "MaxPool": lambda a, x: max_pool(x, a),
        "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
        "Flatten": lambda a, x: x.flatten(1),
        "Gemm": lambda a, x, w, b: f.linear(x, w, b),
    }

    def value(image, wanted: str):
        values = {network["input"]["name"]: image, **weights}
        for node in network["nodes"]:
            inputs = [values[name] for name in node["inputs"]]
            values[node["output"]] = kinds[node["kind"]](node["attributes"], *inputs)
            if node["output"] == wanted:
                return values[wanted]
        raise KeyError(wanted)

    side = network["input"]["shape"][1]
    image = torch.from_numpy(pixels(file, 3, side, side))
    print("version", torch.__version__)
    if operation == "forward":
        with torch.inference_mode():
            report(lambda: value(image, network["outputs"]["logits"]), runs, lambda y: y.numpy())
        return
    # ConvScope names a value after the node that gives it.
    named = {node["name"]: node["output"] for node in network["nodes"]}
    if wanted not in named:
        absent(f"the network has no node {wanted}")
    wanted = named[wanted]
    image.requires_grad_(True)

    def gradient():
        return torch.autograd.grad(value(image, wanted).square().mean(), image)[0]

    report(gradient, runs, lambda g: g.numpy().transpose(0, 2, 3, 1))


def main() -> None:
    if len(sys.argv) < 7:
        sys.exit(__doc__)
    peer, base, operation = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    threads, runs, file = int(sys.argv[4]), int(sys.argv[5]), Path(sys.argv[6])
    if not Path(f"{base}.onnx").exists():
        absent(f"{base.name}.onnx is not there")
    if peer == "onnxruntime":
        onnxruntime(base, operation, threads, runs, file)
    else:
        torch(base, operation, threads, runs, file, sys.argv[7] if len(sys.argv) > 7 else "")


if __name__ == "__main__":
    main()
