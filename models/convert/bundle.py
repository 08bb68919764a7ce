"""A network as this project ships it: nodes, parameters and visible layers in one `.csb` file.

models/README.md describes the format.  This module is the only writer; `read_bundle` is there for
the tests and for the ONNX export (the programs read bundles in C++).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .errors import ModelFileError

MAGIC = b"CSBNDL01"
DATA_ALIGNMENT = 64  # of the data section, from the start of the file
PARAM_ALIGNMENT = 16  # of each parameter, from the start of the data section
EIGHT_BIT = "q8"
DTYPES = {"f16": np.dtype("<f2"), "f32": np.dtype("<f4")}
SENTENCES = ("title", "preprocessing", "licence", "citation", "origin")  # words, once each

Attribute = int | float | str | tuple[int, ...]


@dataclass
class Node:
    kind: str  # the ONNX operator's name
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass
class Layer:
    """A layer people see. `value` is after the activation, `pre` before it (if there is one)."""

    name: str
    value: str
    kind: str
    pre: str | None = None


@dataclass
class Network:
    """One network. Activations are NHWC, convolution weights OHWI, linear weights OI."""

    name: str
    input_name: str
    input_shape: tuple[int, ...]
    params: dict[str, np.ndarray] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)  # role -> value
    title: str = ""
    preprocessing: str = ""  # as src/protocol/input_settings.h reads it: "order=rgb mean=127 …"
    classes: int = 0  # 0: not said
    licence: str = ""
    citation: str = ""
    origin: str = ""
    eight_bit: bool = False  # weights (not biases) as 8-bit numbers with a factor per output channel

    def add(self, kind: str, name: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(Node(kind, name, inputs, [output], attributes))
        return output

    def check(self) -> None:
        """Every value is defined once and before its use; every name can be written."""
        defined = {self.input_name, *self.params}
        for node in self.nodes:
            missing = [name for name in node.inputs if name not in defined]
            if missing:
                raise ModelFileError(f"node {node.name} uses {missing[0]}, which is not defined")
            for name in node.outputs:
                if name in defined:
                    raise ModelFileError(f"node {node.name} defines {name} a second time")
                defined.add(name)
        used = [layer.value for layer in self.layers] + list(self.outputs.values())
        used += [layer.pre for layer in self.layers if layer.pre]
        for name in used:
            if name not in defined:
                raise ModelFileError(f"a layer or output names {name}, which is not defined")
        for name in defined | {node.name for node in self.nodes} | {self.name}:
            if not name or any(c.isspace() or c in ",=#" for c in name):
                raise ModelFileError(f"the name '{name}' cannot be written to a bundle")
        for key in SENTENCES:
            if getattr(self, key) != " ".join(getattr(self, key).split()):
                raise ModelFileError(f"the {key} of {self.name} cannot be written in one line")


def _text(value: Attribute) -> str:
    if isinstance(value, tuple):
        return ",".join(str(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _align(count: int, alignment: int) -> int:
    return -(-count // alignment) * alignment


def _dtype_name(array: np.ndarray, name: str) -> str:
    for text, dtype in DTYPES.items():
        if array.dtype == dtype:
            return text
    raise ModelFileError(f"parameter {name} is {array.dtype}; a bundle holds float16 and float32")


def _eight_bits(array: np.ndarray) -> bytes:
    """A float32 factor for each index of the first axis, then the weights as int8 multiples of it."""
    rows = array.astype("f4").reshape(array.shape[0], -1)
    scales = (np.abs(rows).max(axis=1) / np.float32(127)).astype("<f4")
    steps = np.where(scales > 0, scales, np.float32(1))[:, None]
    return scales.tobytes() + np.clip(np.rint(rows / steps), -127, 127).astype("i1").tobytes()


def _parameter_bytes(array: np.ndarray, name: str, eight_bit: bool) -> tuple[str, bytes]:
    if eight_bit and array.ndim > 1:
        return EIGHT_BIT, _eight_bits(array)
    dtype = _dtype_name(array, name)
    return dtype, np.ascontiguousarray(array, DTYPES[dtype]).tobytes()


def encode_bundle(network: Network) -> bytes:
    """The bytes of the bundle; the same network always gives the same bytes."""
    network.check()
    lines = [f"model {network.name}"]
    lines.append(f"input {network.input_name} {' '.join(map(str, network.input_shape))}")
    lines += [f"{key} {getattr(network, key)}" for key in SENTENCES if getattr(network, key)]
    if network.classes:
        lines.append(f"classes {network.classes}")
    data = bytearray()
    for name, array in network.params.items():
        data += bytes(_align(len(data), PARAM_ALIGNMENT) - len(data))
        dtype, raw = _parameter_bytes(array, name, network.eight_bit)
        shape = " ".join(map(str, array.shape))
        lines.append(f"param {name} {dtype} {len(data)} {len(raw)} {shape}")
        data += raw
    for node in network.nodes:
        attributes = "".join(f" {key}={_text(value)}" for key, value in node.attributes.items())
        inputs, outputs = ",".join(node.inputs), ",".join(node.outputs)
        lines.append(f"node {node.kind} {node.name} {inputs} {outputs}{attributes}")
    for layer in network.layers:
        pre = f" pre={layer.pre}" if layer.pre else ""
        lines.append(f"layer {layer.name} {layer.value} kind={layer.kind}{pre}")
    lines += [f"output {role} {value}" for role, value in network.outputs.items()]
    header = ("\n".join(lines) + "\n").encode()
    head = MAGIC + struct.pack("<I", len(header)) + header
    return head + bytes(_align(len(head), DATA_ALIGNMENT) - len(head)) + bytes(data)


def _value(text: str) -> Attribute:
    if "," in text:
        return tuple(int(part) for part in text.split(","))
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            pass
    return text


def _attributes(tokens: list[str]) -> dict[str, Attribute]:
    return {key: _value(text) for key, text in (token.split("=", 1) for token in tokens)}


def _param(tokens: list[str], data: memoryview) -> np.ndarray:
    dtype_name, offset, size, *shape = tokens
    if dtype_name not in (*DTYPES, EIGHT_BIT):
        raise ModelFileError(f"a parameter has the type {dtype_name}; want one of {[*DTYPES, EIGHT_BIT]}")
    start, count, dims = int(offset), int(size), tuple(map(int, shape))
    if start % PARAM_ALIGNMENT or start + count > len(data):
        raise ModelFileError("a parameter lies outside the file; the bundle is cut short")
    elements, is_eight_bit = math.prod(dims), dtype_name == EIGHT_BIT
    want = 4 * dims[0] + elements if is_eight_bit else elements * DTYPES[dtype_name].itemsize
    if count != want:
        raise ModelFileError(
            f"a parameter of shape {dims} has {count} bytes; the bundle is damaged"
        )
    if is_eight_bit:
        scales = np.frombuffer(data[start : start + 4 * dims[0]], "<f4")
        rows = np.frombuffer(data[start + 4 * dims[0] : start + count], "i1").reshape(dims[0], -1)
        return (rows * scales[:, None]).reshape(dims)
    return np.frombuffer(data[start : start + count], DTYPES[dtype_name]).reshape(dims)


def decode_bundle(raw: bytes) -> Network:
    if raw[:8] != MAGIC or len(raw) < 12:
        raise ModelFileError("this is not a ConvScope bundle (wrong first bytes)")
    (length,) = struct.unpack("<I", raw[8:12])
    start = _align(12 + length, DATA_ALIGNMENT)
    if start > len(raw):
        raise ModelFileError("the bundle is cut short in its header; build it again")
    data = memoryview(raw)[start:]
    network = Network("", "", ())
    for line in raw[12 : 12 + length].decode().split("\n"):
        tokens = line.split()
        if not tokens or tokens[0].startswith("#"):
            continue
        kind, *rest = tokens
        if kind == "model":
            network.name = rest[0]
        elif kind == "input":
            network.input_name, network.input_shape = rest[0], tuple(map(int, rest[1:]))
        elif kind in SENTENCES:
            setattr(network, kind, " ".join(rest))
        elif kind == "classes":
            network.classes = int(rest[0])
        elif kind == "param":
            network.params[rest[0]] = _param(rest[1:], data)
        elif kind == "node":
            op, name, inputs, outputs, *more = rest
            network.nodes.append(
                Node(op, name, inputs.split(","), outputs.split(","), _attributes(more))
            )
        elif kind == "layer":
            extra = dict(token.split("=", 1) for token in rest[2:])
            network.layers.append(Layer(rest[0], rest[1], extra["kind"], extra.get("pre")))
        elif kind == "output":
            network.outputs[rest[0]] = rest[1]
        else:
            raise ModelFileError(f"the bundle has a line '{kind} …', which this reader cannot read")
    network.check()
    return network


def write_bundle(network: Network, path: Path) -> int:
    """Writes the bundle, returns its size in bytes."""
    raw = encode_bundle(network)
    Path(path).write_bytes(raw)
    return len(raw)


def read_bundle(path: Path) -> Network:
    return decode_bundle(Path(path).read_bytes())
