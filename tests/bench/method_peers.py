#!/usr/bin/env python3
"""Runs one explanation with pytorch-grad-cam or Captum on this machine's processor; methods.mjs starts it.

    method_peers.py NETWORK.onnx PICTURE.rgba METHOD LAYER TARGET THREADS

NETWORK is what `convscope export` wrote; PICTURE holds side × side × RGBA bytes.  Says "ready" with versions, or "absent"
with the reason, then answers each line of its input: "run" with "ms …", "map FILE" by writing the last result as float32
of side × side, "memory" with "peak …", the bytes that the whole process held at most.
"""

import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))


def say(*words):
    print(*words, flush=True)


def method_of(name, network, layer, x, gray, target):
    """A function that gives the map, side × side; each with the batch that is fastest for it here."""
    import torch
    from captum.attr import IntegratedGradients, NoiseTunnel, Occlusion, Saliency
    from pytorch_grad_cam import AblationCAM, GradCAM, ScoreCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    cams = {"grad_cam": GradCAM, "score_cam": ScoreCAM, "ablation_cam": AblationCAM}
    if name in cams:
        cam = cams[name](model=network, target_layers=[network.layer(layer)], use_cuda=False)
        cam.batch_size = 32
        return lambda: cam(input_tensor=x.clone().requires_grad_(), targets=[ClassifierOutputTarget(target)])[0]
    if name == "integrated_gradients":
        one = IntegratedGradients(network)
        return lambda: one.attribute(x, gray, target, n_steps=50, internal_batch_size=10)[0].sum(0).numpy()
    if name == "smoothgrad":
        tunnel = NoiseTunnel(Saliency(network))
        sigma = 0.15 * float(x.max() - x.min())
        return lambda: tunnel.attribute(
            x.clone().requires_grad_(), nt_type="smoothgrad", nt_samples=50, nt_samples_batch_size=10, stdevs=sigma,
            target=target, abs=False)[0].abs().amax(0).detach().numpy()
    one = Occlusion(network)

    def occlusion():
        with torch.no_grad():
            return one.attribute(x, (3, 32, 32), (3, 16, 16), gray, target, perturbations_per_eval=16)[0, 0].numpy()

    return occlusion


def main(file, picture, name, layer, target, threads):
    try:
        import captum
        import numpy as np
        import pytorch_grad_cam  # noqa: F401
        import torch
        from torch_network import torch_network
    except ImportError as error:
        return say("absent", f"{error.name} is not installed for {sys.executable}")
    from importlib.metadata import version

    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    network, settings = torch_network(file)

    def three(text):
        values = [float(v) for v in text.split(",")]
        return np.array(values * (3 // len(values)), np.float32)

    def network_input(rgb):
        ordered = rgb[..., ::-1] if settings["order"] == "bgr" else rgb
        values = (ordered.astype(np.float32) - three(settings["mean"])) / three(settings["std"])
        return torch.from_numpy(values.transpose(2, 0, 1)[None].copy())

    side = int(settings["side"])
    rgb = np.fromfile(picture, np.uint8).reshape(side, side, 4)[..., :3]
    x, gray = network_input(rgb), network_input(np.full_like(rgb, 128))
    run = method_of(name, network, layer, x, gray, int(target))
    say("ready", f"PyTorch {torch.__version__}, captum {captum.__version__}, grad-cam {version('grad-cam')}")
    result = None
    for line in sys.stdin:
        word, *rest = line.split(maxsplit=1)
        if word == "run":
            start = time.perf_counter()
            result = run()
            say("ms", f"{(time.perf_counter() - start) * 1e3:.3f}")
        elif word == "map":
            np.asarray(result, np.float32).tofile(rest[0].strip())
            say("written")
        elif word == "memory":
            say("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
