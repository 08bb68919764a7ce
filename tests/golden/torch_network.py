"""A network that `convscope export` wrote, as PyTorch modules: one for each ONNX node, named as the value it makes.

    network, settings = torch_network("squeezenet.onnx")     settings: order, mean, std, side
    logits = network(x)                                      x: N×C×H×W, in the network's own units

Rectifiers are modules, so that Captum's and pytorch-grad-cam's hooks find them.
"""

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn


class Operation(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def same_padding(x, kernel, strides, value):
    """SAME_UPPER: the odd pixel goes to the end."""
    pads = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(strides)):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


def convolution(weight, bias, a):
    kernel, strides = a["kernel_shape"], a.get("strides", [1, 1])
    pads = a.get("pads", [0, 0, 0, 0])
    same = a.get("auto_pad", b"NOTSET") == b"SAME_UPPER"

    def run(x):
        x = same_padding(x, kernel, strides, 0) if same else F.pad(x, (pads[1], pads[3], pads[0], pads[2]))
        held = [None if t is None else t.to(x.dtype) for t in (weight, bias)]
        return F.conv2d(x, *held, strides, 0, a.get("dilations", [1, 1]), a.get("group", 1))

    return Operation(run)


def pooling(a):
    pads = a.get("pads", [0, 0, 0, 0])
    assert pads[:2] == pads[2:]
    return nn.MaxPool2d(a["kernel_shape"], a["strides"], pads[:2], ceil_mode=bool(a.get("ceil_mode", 0)))


def module_of(node, constants):
    a = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    held = [constants[name] for name in node.input if name in constants]
    match node.op_type:
        case "Conv":
            return convolution(held[0], held[1] if len(held) > 1 else None, a)
        case "Relu":
            return nn.ReLU()
        case "Clip":
            assert [float(v) for v in held] == [0, 6], "only ReLU6"
            return nn.ReLU6()
        case "MaxPool":
            return pooling(a)
        case "GlobalAveragePool":
            return nn.AdaptiveAvgPool2d(1)
        case "Flatten":
            return nn.Flatten()
        case "Add":
            return Operation(torch.add)
        case "Concat":
            return Operation(lambda *parts: torch.cat(parts, a["axis"]))
        case "Gemm":
            weight = held[0] if a.get("transB", 0) else held[0].T
            return Operation(lambda x: F.linear(x, weight, held[1]))
        case "Softmax":
            return nn.Softmax(a.get("axis", -1))
    raise ValueError(f"{node.name}: there is no module for {node.op_type} here yet")


class TorchNetwork(nn.Module):
    """Answers the value named `output`; what only follows it is left out."""

    def __init__(self, graph, output):
        super().__init__()
        constants = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
        self.input_name, self.output_name = graph.input[0].name, output
        self.steps = []
        for node in graph.node:
            name = node.output[0].replace(".", "_")  # a module's name may hold no dot
            inputs = [i for i in node.input if i not in constants]
            # pytorch-grad-cam takes the place of a layer, and its own has one input.
            if len(inputs) > 1:
                self.add_module(f"{name}_of", module_of(node, constants))
                self.steps.append((f"{name}_of", inputs, f"{node.output[0]} of"))
                self.add_module(name, nn.Identity())
                inputs = [f"{node.output[0]} of"]
            else:
                self.add_module(name, module_of(node, constants))
            self.steps.append((name, inputs, node.output[0]))
            if node.output[0] == output:
                break

    def layer(self, value):
        return getattr(self, value.replace(".", "_"))

    def values(self, x):
        values = {self.input_name: x}
        for name, inputs, made in self.steps:
            values[made] = getattr(self, name)(*(values[i] for i in inputs))
        return values

    def forward(self, x):
        return self.values(x)[self.output_name]


def torch_network(path, output="logits"):
    model = onnx.load(path)
    said = {p.key: p.value for p in model.metadata_props}["ConvScope.preprocessing"]
    settings = dict(word.split("=", 1) for word in said.split())
    return TorchNetwork(model.graph, output).eval(), settings
