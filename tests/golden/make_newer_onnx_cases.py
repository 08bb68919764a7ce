#!/usr/bin/env python3
"""Writes the cases of our operators that a newer onnx package has and 1.14.1, the last one with files, has not.

    make_newer_onnx_cases.py NODE_CASES_OF_1_14_1 FOLDER

A newer package holds its backend tests as Python that makes them. Of an operator that onnx_conformance_test.cpp
lists as ours, FOLDER gets each case with a new name and each whose operator has since been revised, in the same
form as the files of 1.14.1: NAME/model.onnx and NAME/test_data_set_0/. Cases of Pad in int32 are there in float32
too: of the modes edge, reflect and wrap there are no others, and the numbers are only moved. Left out are floats and integers of 8 bits
and fewer that came since, which ConvScope has not. Needs models/requirements-tools.txt.
"""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

NEWER_TYPES = onnx.TensorProto.FLOAT8E4M3FN  # the first of them
TEST = Path(__file__).with_name("onnx_conformance_test.cpp")


def claimed() -> set[str]:
    return set(re.findall(r'"(\w+)"', re.search(r"kClaimed\[\] = \{([^}]*)\}", TEST.read_text())[1]))


def revisions(model: onnx.ModelProto) -> set[tuple[str, int]]:
    """Each operator of the graph with the operator set that last changed it."""
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return {(node.op_type, onnx.defs.get_schema(node.op_type, opset).since_version) for node in model.graph.node}


def is_wanted(case, ours: set[str], older: Path) -> bool:
    nodes = case.model.graph.node
    if any(node.domain not in ("", "ai.onnx") or node.op_type not in ours for node in nodes):
        return False
    ports = (*case.model.graph.input, *case.model.graph.output)
    # A sequence has no element type: 0.
    if any(port.type.tensor_type.elem_type not in range(1, NEWER_TYPES) for port in ports):
        return False
    before = older / case.name / "model.onnx"
    return not before.is_file() or revisions(onnx.load(before)) != revisions(case.model)


def in_float32(case):
    """The same case of Pad with the same numbers as float32."""
    out = copy.deepcopy(case)
    out.name += "_float32"
    graph = out.model.graph
    for port in (graph.input[0], graph.output[0]):
        port.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    (data, *others), (result,) = out.data_sets[0]
    out.data_sets = [([data.astype("f4"), *others], [result.astype("f4")])]
    return out


def write(case, folder: Path) -> None:
    data = folder / case.name / "test_data_set_0"
    data.mkdir(parents=True)
    (folder / case.name / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for role, ports, values in zip(("input", "output"), (graph.input, graph.output), case.data_sets[0], strict=True):
        for i, (port, value) in enumerate(zip(ports, values, strict=True)):
            tensor = value if isinstance(value, onnx.TensorProto) else numpy_helper.from_array(value, port.name)
            (data / f"{role}_{i}.pb").write_bytes(tensor.SerializeToString())


def main() -> None:
    older, folder = map(Path, sys.argv[1:])
    np.random.seed(0)  # noqa: NPY002: the package's cases draw from NumPy's one generator
    ours = claimed()
    for case in collect_testcases():
        if is_wanted(case, ours, older):
            write(case, folder)
            if case.model.graph.node[0].op_type == "Pad" and case.data_sets[0][0][0].dtype == np.int32:
                write(in_float32(case), folder)


if __name__ == "__main__":
    main()
