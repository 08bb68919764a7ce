#!/usr/bin/env python3
"""Writes what the peers of a benchmark need, from the very files that ConvScope opens.

    export_networks.py --models build/models --out build/bench

For each network: NAME.onnx for ONNX Runtime, NAME.json and NAME.bin (float32 weights in TensorFlow's
layouts) for TensorFlow.js, and NAME.input.bin, one photo as the network sees it (float32, H×W×C).
networks.json lists them.  Classic networks with random weights follow (random_networks.py); of those
ConvScope opens the ONNX file too.  Needs numpy, Pillow and onnx.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from PIL import Image

MODELS = Path(__file__).resolve().parents[2] / "models"
sys.path.insert(0, str(MODELS))
from convert.bundle import Network, Node  # noqa: E402
from export_onnx import onnx_model, read_network  # noqa: E402
from random_networks import random_networks  # noqa: E402

PHOTO = "chelsea.jpg"
GRADIENT_LAYER = {"squeezenet-1.0": "fire9", "efficientnet-lite0": "block15"}
IMAGENET = {"crop": 224, "channels": "rgb", "mean": [123.675, 116.28, 103.53],
            "std": [58.395, 57.12, 57.375]}


def tensorflow_layout(node: Node, weight: np.ndarray) -> np.ndarray:
    """OHWI to HWIO, or to H×W×C×1 for a depthwise convolution; a linear layer's OI to IO."""
    if weight.ndim == 2:
        return weight.T
    depthwise = node.attributes["group"] == weight.shape[0] > 1
    return weight.transpose(1, 2, 0, 3) if depthwise else weight.transpose(1, 2, 3, 0)


def relu_before_concat(network: Network) -> None:
    """Relu(Concat(a, b)) to Concat(Relu(a), Relu(b)): the same numbers, and a form in which the peers
    fuse each Relu into its convolution."""
    concats = {node.outputs[0]: node for node in network.nodes if node.kind == "Concat"}
    nodes = []
    for node in network.nodes:
        if node.kind == "Relu" and node.inputs[0] in concats:
            concat = concats[node.inputs[0]]
            nodes.remove(concat)
            parts = [f"{name}.relu" for name in concat.inputs]
            for source, part in zip(concat.inputs, parts):
                nodes.append(Node("Relu", part, [source], [part]))
            node = Node("Concat", concat.name, parts, node.outputs, concat.attributes)
        nodes.append(node)
    network.nodes = nodes


def write_weights(network: Network, path: Path) -> None:
    """`path`.json: the nodes as they are, and where each parameter stands in `path`.bin."""
    parameters, chunks, position = {}, [], 0
    for node in network.nodes:
        for slot, name in enumerate(node.inputs):
            if name not in network.params:
                continue
            array = network.params[name].astype("<f4")
            if slot == 1 and array.ndim in (2, 4):
                array = tensorflow_layout(node, array)
            array = np.ascontiguousarray(array)
            parameters[name] = {"shape": array.shape, "offset": position}
            chunks.append(array.tobytes())
            position += array.nbytes
    description = {
        "name": network.name,
        "input": {"name": network.input_name, "shape": network.input_shape},
        "outputs": network.outputs,
        "layers": {layer.name: layer.value for layer in network.layers},
        "parameters": parameters,
        "nodes": [
            {"name": n.name, "kind": n.kind, "inputs": n.inputs, "output": n.outputs[0],
             "attributes": n.attributes}
            for n in network.nodes
        ],
    }
    path.with_suffix(".json").write_text(json.dumps(description))
    path.with_suffix(".bin").write_bytes(b"".join(chunks))


def network_input(photo: Path, preprocessing: dict) -> np.ndarray:
    """The photo's centre as the network sees it; how it is resized does not matter here."""
    size = preprocessing["crop"]
    image = Image.open(photo).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side)).resize((size, size), Image.BILINEAR)
    pixels = np.asarray(image, dtype="f4")
    if preprocessing["channels"] == "bgr":
        pixels = pixels[..., ::-1]
    mean, std = (np.array(preprocessing[key], dtype="f4") for key in ("mean", "std"))
    return ((pixels - mean) / std).astype("<f4")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    photo, listed = arguments.models / "samples" / PHOTO, []

    def write(network: Network, preprocessing: dict, entry: dict) -> None:
        base = arguments.out / entry["id"].replace(".", "_")
        onnx.save(onnx_model(network), base.with_suffix(".onnx"))
        write_weights(network, base)
        base.with_suffix(".input.bin").write_bytes(network_input(photo, preprocessing).tobytes())
        listed.append({**entry, "base": base.name, "size": preprocessing["crop"]})

    for entry in json.loads((arguments.models / "catalog.json").read_text())["models"]:
        file = arguments.models / entry["file"]
        if not file.exists():
            print(f"{file.name} is not there: {entry['id']} is left out", file=sys.stderr)
            continue
        network = read_network(file)
        relu_before_concat(network)
        write(network, entry["preprocessing"],
              {"id": entry["id"], "url": f"/models/{entry['file']}", "format": entry["format"],
               "gradient_layer": GRADIENT_LAYER[entry["id"]]})
    for network, layer in random_networks():
        write(network, IMAGENET,
              {"id": network.name, "url": f"/build/bench/{network.name}.onnx", "format": "onnx",
               "gradient_layer": layer})
    (arguments.out / "networks.json").write_text(json.dumps(listed, indent=1) + "\n")


if __name__ == "__main__":
    main()
