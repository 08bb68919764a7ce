#!/usr/bin/env python3
"""Writes what PyTorch, Captum and pytorch-grad-cam explain of photos, as explain_test.cpp reads it.

    ./dev convscope export build/models/compressed_SqueezeNet.net squeezenet.onnx
    python3 make_explanations.py squeezenet.onnx fire9 conv1 fire5 OUT/squeezenet_v1.0. photo.jpg…

makes OUT/squeezenet_v1.0.0.npz, …1.npz and so on, one a photo (of EfficientNet-Lite0: head stem block5). requirements.txt
pins the packages; README.md says more. Arrays are H×W×C in the network's own channel order, in float32:

image_u8                        the network's input as RGB bytes: shorter side resized (Pillow, bilinear), centre crop
logits, probabilities, target   target is the largest logit; all else is about it
act.LAYER.*                     of each large layer: shape, each channel's mean and maximum, 64 values at flat indices
gradient, saliency              ∂logit/∂input; the largest absolute value over channels
guided_backprop, deconvnet      over every ReLU and ReLU6
integrated_gradients_50_gray    Captum, 50 Gauss-Legendre steps from gray (128)
smoothgrad_10, smoothgrad_sigma mean of ten gradients at input + sigma × numpy default_rng(7).standard_normal((10, C, H, W))
occlusion_32_16_gray            Captum, windows of 32 × 32, stride 16, gray
unit.LAYER                      channel, row and column of the third layer's strongest unit …
unit_guided, unit_deconv.LAYER  … and its activation's gradient by the two rules
gram.LAYER                      of the second and third layer: products of channels / (C·H·W)
dream_gradient.LAYER            ∂mean(activation²)/∂input of the third layer
layer_gradient_x_activation     Captum, every unit of the first layer, H×W×C of the layer
conductance_50                  Captum, the same: 50 Gauss-Legendre steps from 0 in the network's own units
…_cam, grad_cam_pp              pytorch-grad-cam at the first layer, scaled and resized as that library does
"""

import re
import sys

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerConductance, LayerGradientXActivation, Occlusion
from PIL import Image
from pytorch_grad_cam import (
    AblationCAM, EigenCAM, EigenGradCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, ScoreCAM, XGradCAM,
)
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn
from torch_network import torch_network

GRAY, RESIZED, WINDOW, STRIDE, STEPS, SAMPLES, SEED = 128, 256, 32, 16, 50, 10, 7
LARGE_LAYER, SAMPLED = re.compile(r"conv1|pool\d|fire\d|stem|block\d+|head"), 64


class ScoreCAMOfConstants(ScoreCAM):
    """1.4.8 divides by max − min, which is 0 for a channel that is the same everywhere; later versions add 1e-8."""

    def get_cam_weights(self, input_tensor, target_layer, targets, activations, grads):
        with torch.no_grad():
            planes = nn.UpsamplingBilinear2d(size=input_tensor.shape[-2:])(torch.from_numpy(activations))[0]
            low, high = planes.amin((1, 2), keepdim=True), planes.amax((1, 2), keepdim=True)
            masks = (planes - low) / (high - low + 1e-8)
            scores = torch.cat([
                torch.stack([targets[0](answer) for answer in self.model(input_tensor * part[:, None])])
                for part in masks.split(16)])
            return scores.softmax(0)[None].numpy()


CAMS = {
    "grad_cam": GradCAM, "grad_cam_pp": GradCAMPlusPlus, "xgrad_cam": XGradCAM, "hires_cam": HiResCAM, "layer_cam": LayerCAM,
    "eigen_cam": EigenCAM, "eigen_grad_cam": EigenGradCAM, "score_cam": ScoreCAMOfConstants, "ablation_cam": AblationCAM,
}


def cropped(path, side):
    photo = Image.open(path).convert("RGB")
    scale = RESIZED / min(photo.size)
    photo = photo.resize([round(scale * edge) for edge in photo.size], Image.BILINEAR)
    left, top = (photo.width - side) // 2, (photo.height - side) // 2
    return np.asarray(photo.crop((left, top, left + side, top + side)))


def three(text):
    values = [float(v) for v in text.split(",")]
    return np.array(values * (3 // len(values)), np.float32)


def network_input(pixels, settings):
    ordered = pixels[..., ::-1] if settings["order"] == "bgr" else pixels
    values = (ordered.astype(np.float32) - three(settings["mean"])) / three(settings["std"])
    return torch.from_numpy(values.transpose(2, 0, 1)[None].copy())


def gradient_of(network, x, target):
    return gradient_of_number(x, lambda x: network(x)[0, target])


def gradient_of_number(x, number):
    x = x.clone().requires_grad_()
    number(x).backward()
    return x.grad


def with_rule(network, rule, x, number):
    """The gradient of number(x) where every rectifier sends `rule(gradient to its input, gradient from above)` back."""
    handles = [
        module.register_full_backward_hook(lambda _, below, above: (rule(below[0], above[0]),))
        for module in network.modules() if isinstance(module, (nn.ReLU, nn.ReLU6))
    ]
    try:
        return gradient_of_number(x, number)
    finally:
        for handle in handles:
            handle.remove()


GUIDED, DECONVNET = lambda below, above: below.relu(), lambda below, above: above.relu()


def hwc(tensor):
    return tensor.detach()[0].permute(1, 2, 0).numpy()


def of_layers(network, gram_layer, unit_layer, x):
    """What no class has a part in: activations, one unit's projections, products of channels, a dream's gradient."""
    values = {name: hwc(value) for name, value in network.values(x).items() if LARGE_LAYER.fullmatch(name)}
    out, random = {}, np.random.default_rng(SEED)
    for name, value in values.items():
        index = random.integers(value.size, size=SAMPLED)
        out |= {
            f"act.{name}.shape": np.int32(value.shape), f"act.{name}.channel_mean": value.mean((0, 1)),
            f"act.{name}.channel_max": value.max((0, 1)), f"act.{name}.sample_index": np.int32(index),
            f"act.{name}.sample": value.ravel()[index],
        }
    for name in (gram_layer, unit_layer):
        flat = values[name].reshape(-1, values[name].shape[2]).astype(np.float64)
        out[f"gram.{name}"] = flat.T @ flat / flat.size
    row, column, channel = np.unravel_index(values[unit_layer].argmax(), values[unit_layer].shape)
    out[f"unit.{unit_layer}"] = np.int32([channel, row, column])
    for name, rule in {"unit_guided": GUIDED, "unit_deconv": DECONVNET}.items():
        out[f"{name}.{unit_layer}"] = hwc(
            with_rule(network, rule, x, lambda x: network.values(x)[unit_layer][0, channel, row, column]))
    out[f"dream_gradient.{unit_layer}"] = hwc(gradient_of_number(x, lambda x: network.values(x)[unit_layer].square().mean()))
    return out


def explained(network, layer, gram_layer, unit_layer, pixels, settings):
    x = network_input(pixels, settings)
    gray = network_input(np.full_like(pixels, GRAY), settings)
    logits = network(x).detach()
    target = int(logits[0].argmax())
    gradient = gradient_of(network, x, target)
    noise = np.random.default_rng(SEED).standard_normal((SAMPLES, *x.shape[1:])).astype(np.float32)
    sigma = np.float32(0.15 * float(x.max() - x.min()))
    noisy = [gradient_of(network, x + float(sigma) * torch.from_numpy(n)[None], target) for n in noise]
    out = {
        "image_u8": pixels, "logits": logits[0].numpy(), "probabilities": logits[0].softmax(0).numpy(), "target": np.int32(target),
        "gradient": hwc(gradient), "saliency": hwc(gradient.abs().amax(1, keepdim=True))[..., 0],
        "guided_backprop": hwc(with_rule(network, GUIDED, x, lambda x: network(x)[0, target])),
        "deconvnet": hwc(with_rule(network, DECONVNET, x, lambda x: network(x)[0, target])),
        "integrated_gradients_50_gray": hwc(
            IntegratedGradients(network).attribute(x, gray, target, n_steps=STEPS, internal_batch_size=5).float()),
        "smoothgrad_10": hwc(torch.stack(noisy).mean(0)), "smoothgrad_sigma": sigma,
        "occlusion_32_16_gray": hwc(Occlusion(network).attribute(
            x, (x.shape[1], WINDOW, WINDOW), (x.shape[1], STRIDE, STRIDE), gray, target))[..., 0],
    }
    out |= of_layers(network, gram_layer, unit_layer, x)
    place = network.layer(layer)
    out["layer_gradient_x_activation"] = hwc(LayerGradientXActivation(network, place).attribute(x, target))
    out["conductance_50"] = hwc(
        LayerConductance(network, place).attribute(x, 0 * x, target, n_steps=STEPS, internal_batch_size=5).float())
    for name, method in CAMS.items():
        with method(model=network, target_layers=[network.layer(layer)], use_cuda=False) as cam:
            out[name] = cam(input_tensor=x.clone().requires_grad_(), targets=[ClassifierOutputTarget(target)])[0]
    return {name: np.asarray(value, np.float32) if np.asarray(value).dtype == np.float64 else value for name, value in out.items()}


def main(file, layer, gram_layer, unit_layer, prefix, *photos):
    torch.manual_seed(0)
    network, settings = torch_network(file)
    for index, photo in enumerate(photos):
        pixels = cropped(photo, int(settings["side"]))
        np.savez(f"{prefix}{index}.npz", **explained(network, layer, gram_layer, unit_layer, pixels, settings))
        print(f"{prefix}{index}.npz: {photo}")


if __name__ == "__main__":
    if len(sys.argv) < 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
