"""Run by a Python that has torchvision: one of its networks with random weights, as oracle for tests.

    torchvision_oracle.py FOLDER [--legacy] [--full] [--photo FILE] NAME[:OPSET:SIDE]...

Writes FOLDER/NAME.pth, the state dict in the zip container (or the legacy one), or for NAME:OPSET:SIDE
FOLDER/NAME.onnx of that operator set for pictures of SIDE by SIDE; FOLDER/NAME.npz: a random picture as
bytes (HWC) and its logits, with the colours that torchvision's own presets of the published weights say;
FOLDER/NAME.json: those presets. Without --full the hidden layers of the heads of AlexNet and VGG are
narrow: they hold 9 of 10 weights, all alike.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch
import torchvision

NARROW = 128
# torchvision sets it where the published weights are asked for; it is no part of the state dict.
TRANSFORMS_INPUT = ("googlenet", "inception_v3")


def narrow_head(network):
    """torchvision's forward pass works with any width."""
    head = getattr(network, "classifier", None)
    if not isinstance(head, torch.nn.Sequential) or len(head) != 7:
        return
    linear = [i for i, module in enumerate(head) if isinstance(module, torch.nn.Linear)]
    widths = [head[linear[0]].in_features, NARROW, NARROW, 1000]
    for i, place in enumerate(linear):
        head[place] = torch.nn.Linear(widths[i], widths[i + 1])


def random_network(name, full):
    """As if it had been trained: batch norm has statistics and factors, no bias is zero."""
    torch.manual_seed(7)
    options = {"init_weights": False} if name in TRANSFORMS_INPUT else {}
    if name in TRANSFORMS_INPUT:
        options["transform_input"] = True
    network = getattr(torchvision.models, name)(weights=None, **options).eval()
    if not full:
        narrow_head(network)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
        elif isinstance(module, torch.nn.LayerNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
        elif getattr(module, "layer_scale", None) is not None:
            torch.nn.init.uniform_(module.layer_scale, 0.1, 0.5)
        elif getattr(module, "bias", None) is not None:
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
    return network


def presets(name):
    weights = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    transform = weights.transforms()
    return {
        "url": weights.url,
        "parameters": weights.meta["num_params"],
        "top1": weights.meta["_metrics"]["ImageNet-1K"]["acc@1"],
        "resize": transform.resize_size[0],
        "side": transform.crop_size[0],
        "filter": transform.interpolation.value,
        "mean": transform.mean,
        "std": transform.std,
    }


def picture_of(path, side):
    from PIL import Image

    if path is None:
        return np.random.default_rng(3).integers(0, 256, (side, side, 3), "u1")
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((side, side)), "u1")


def answer(asked, folder, arguments):
    name, *export = asked.split(":")
    network, known = random_network(name, arguments.full), presets(name)
    if export:
        opset, known["side"] = map(int, export)
    else:
        container = {"_use_new_zipfile_serialization": not arguments.legacy}
        torch.save(network.state_dict(), folder / f"{name}.pth", **container)
    image = picture_of(arguments.photo, known["side"])
    mean, std = (torch.tensor(known[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    batch = (torch.from_numpy(image.transpose(2, 0, 1).copy()).float()[None] / 255 - mean) / std
    with torch.no_grad():
        logits = network(batch).numpy()
    np.savez(folder / f"{name}.npz", image=image, logits=logits)
    (folder / f"{name}.json").write_text(json.dumps(known))
    if export:
        torch.onnx.export(network, batch, str(folder / f"{name}.onnx"), opset_version=opset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--photo", help="a picture instead of noise")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name in arguments.names:
        answer(name, arguments.folder, arguments)


if __name__ == "__main__":
    main()
