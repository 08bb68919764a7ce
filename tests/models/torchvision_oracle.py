"""Run by a Python that has torchvision: one of its networks with random weights, its state dict in one of PyTorch's two
containers, and its logits for a random image.

    torchvision_oracle.py NAME zip|legacy FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torchvision


def random_network(name):
    """Batch norm has statistics and factors as if it had been trained."""
    torch.manual_seed(7)
    options = {"transform_input": False, "init_weights": False} if name == "googlenet" else {}
    network = getattr(torchvision.models, name)(weights=None, **options).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
    return network


def main():
    name, container, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    network = random_network(name)
    torch.save(network.state_dict(), folder / "state.pth", _use_new_zipfile_serialization=container == "zip")
    image = np.random.default_rng(3).standard_normal((1, 3, 224, 224)).astype("f4")
    with torch.no_grad():
        logits = network(torch.from_numpy(image)).numpy()
    np.savez(folder / "oracle.npz", image=image, logits=logits)


if __name__ == "__main__":
    main()
