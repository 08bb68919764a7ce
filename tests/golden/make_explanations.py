#!/usr/bin/env python3
"""Writes what PyTorch, Captum and pytorch-grad-cam explain of photos, as explain_test.cpp reads it.

    ./dev convscope export build/models/compressed_SqueezeNet.net squeezenet.onnx
    python3 make_explanations.py squeezenet.onnx fire9 OUT/squeezenet_v1.0. photo.jpg…

makes OUT/squeezenet_v1.0.0.npz, …1.npz and so on, one a photo. Needs torch 1.13, captum 0.6.0, grad-cam 1.4.8, onnx and
Pillow; arrays are H×W×C in the network's own channel order, in float32:

image_u8                        the network's input as RGB bytes: shorter side resized (Pillow, bilinear), centre crop
logits, probabilities, target   target is the largest logit; all else is about it
gradient, saliency              ∂logit/∂input; the largest absolute value over channels
guided_backprop, deconvnet      over every ReLU and ReLU6
integrated_gradients_50_gray    Captum, 50 Gauss-Legendre steps from gray (128)
smoothgrad_10, smoothgrad_sigma mean of ten gradients at input + sigma × numpy default_rng(7).standard_normal((10, C, H, W))
occlusion_32_16_gray            Captum, windows of 32 × 32, stride 16, gray
layer_gradient_x_activation     Captum, every unit of the given layer, H×W×C of the layer
conductance_50                  Captum, the same: 50 Gauss-Legendre steps from 0 in the network's own units
…_cam, grad_cam_pp              pytorch-grad-cam at the given layer, scaled and resized as that library does
"""

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
    x = x.clone().requires_grad_()
    network(x)[0, target].backward()
    return x.grad


def with_rule(network, rule, x, target):
    """The gradient where every rectifier sends `rule(gradient to its input, gradient from above)` back."""
    handles = [
        module.register_full_backward_hook(lambda _, below, above: (rule(below[0], above[0]),))
        for module in network.modules() if isinstance(module, (nn.ReLU, nn.ReLU6))
    ]
    try:
        return gradient_of(network, x, target)
    finally:
        for handle in handles:
            handle.remove()


def hwc(tensor):
    return tensor.detach()[0].permute(1, 2, 0).numpy()


def explained(network, layer, pixels, settings):
    x = network_input(pixels, settings)
    gray = network_input(np.full_like(pixels, GRAY), settings)
    logits = network(x).detach()
    target = int(logits[0].argmax())
    gradient = gradient_of(network, x, target)
    noise = np.random.default_rng(SEED).standard_normal((SAMPLES, *x.shape[1:])).astype(np.float32)
    sigma = np.float32(0.15 * float(x.max() - x.min()))
    noisy = [gradient_of(network, x + float(sigma) * torch.from_numpy(n)[None], target) for n in noise]
    out = {
        "image_u8": pixels, "logits": logits[0].numpy(), "probabilities": logits[0].softmax(0).numpy(), "target": np.int64(target),
        "gradient": hwc(gradient), "saliency": hwc(gradient.abs().amax(1, keepdim=True))[..., 0],
        "guided_backprop": hwc(with_rule(network, lambda below, above: below.relu(), x, target)),
        "deconvnet": hwc(with_rule(network, lambda below, above: above.relu(), x, target)),
        "integrated_gradients_50_gray": hwc(
            IntegratedGradients(network).attribute(x, gray, target, n_steps=STEPS, internal_batch_size=5).float()),
        "smoothgrad_10": hwc(torch.stack(noisy).mean(0)), "smoothgrad_sigma": sigma,
        "occlusion_32_16_gray": hwc(Occlusion(network).attribute(
            x, (x.shape[1], WINDOW, WINDOW), (x.shape[1], STRIDE, STRIDE), gray, target))[..., 0],
    }
    place = network.layer(layer)
    out["layer_gradient_x_activation"] = hwc(LayerGradientXActivation(network, place).attribute(x, target))
    out["conductance_50"] = hwc(
        LayerConductance(network, place).attribute(x, 0 * x, target, n_steps=STEPS, internal_batch_size=5).float())
    for name, method in CAMS.items():
        with method(model=network, target_layers=[network.layer(layer)], use_cuda=False) as cam:
            out[name] = cam(input_tensor=x.clone().requires_grad_(), targets=[ClassifierOutputTarget(target)])[0]
    return {name: np.asarray(value, np.float32) if np.asarray(value).dtype == np.float64 else value for name, value in out.items()}


def main(file, layer, prefix, *photos):
    torch.manual_seed(0)
    network, settings = torch_network(file)
    for index, photo in enumerate(photos):
        pixels = cropped(photo, int(settings["side"]))
        np.savez(f"{prefix}{index}.npz", **explained(network, layer, pixels, settings))
        print(f"{prefix}{index}.npz: {photo}")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
