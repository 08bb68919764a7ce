#!/usr/bin/env python3
"""Adds one of torchvision's networks to the models at hand, from its published weights.

    add.py list                                  what there is, and what has been added
    add.py add NAME [FILE.pth] [--8bit]          NAME as torchvision calls it
    add.py remove NAME

Without FILE the published file is looked for in CONVSCOPE_DOWNLOADS, the cache and PyTorch's own
cache, else downloaded; its SHA-256 must begin as its name says.  FILE may also hold weights that
you trained: a state dict of that architecture, in either of PyTorch's containers.  --out (default:
build/models) gets NAME.csb and an entry in added.json, which the page's menu is made from.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path

MODELS = Path(__file__).resolve().parent
sys.path.insert(0, str(MODELS))
from build import default_downloads, to_json, write_changed  # noqa: E402
from convert import fetch, torch_file, torchvision  # noqa: E402
from convert.bundle import encode_bundle  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

MAX_WEIGHT_FILE_BYTES = 1 << 30
ADDED = "added.json"


def torch_cache() -> Path:
    home = os.environ.get("TORCH_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "torch") / "hub" / "checkpoints"


def nearest(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, torchvision.ARCHITECTURES, 1)
    return f"; did you mean {near[0]}?" if near else "; ./dev models list says which there are"


def checked(data: bytes, file: str) -> bytes:
    """The bytes, where their SHA-256 begins as torchvision's file name says; other names say nothing."""
    said = re.search(r"-([0-9a-f]{8,10})\.pth$", file)
    got = fetch.sha256_of(data)
    if said and not got.startswith(said[1]):
        raise ModelFileError(
            f"{file} is damaged: its SHA-256 begins with {got[:len(said[1])]}, its name says {said[1]}; "
            "delete it and download it again"
        )
    return data


def read_file(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_WEIGHT_FILE_BYTES:
            raise ModelFileError(f"{path.name} has {size:,} bytes, want up to {MAX_WEIGHT_FILE_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}; check the name") from error


def published(name: str, downloads: Path | None, cache: Path, offline: bool) -> bytes:
    """torchvision's file of that network; where it cannot be had, what to download and where to put it."""
    file = torchvision.ARCHITECTURES[name].file
    for folder in (downloads, cache, torch_cache()):
        if folder and (folder / file).is_file():
            return checked(read_file(folder / file), file)
    address = torchvision.ADDRESS + file
    try:
        if offline:
            raise ModelFileError(f"{file} is not on this machine")
        data = checked(fetch.url_bytes(address, MAX_WEIGHT_FILE_BYTES), file)
    except ModelFileError as error:
        raise ModelFileError(
            f"{error}. Download {address} where there is a network, put it into "
            f"{downloads or cache} and run ./dev models add {name} again, or name the file: "
            f"./dev models add {name} {file}"
        ) from error
    write_changed(cache / file, data)
    return data


# What has been added ------------------------------------------------------------------------------


def read_added(out: Path) -> list[dict]:
    path = out / ADDED
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["models"]
        return [entry for entry in entries if (out / entry["file"]).is_file()]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged; delete it and add the networks again") from error


def write_added(out: Path, entries: list[dict]) -> None:
    entries.sort(key=lambda entry: entry["id"])
    write_changed(out / ADDED, to_json({"version": 1, "models": entries}))


def entry_of(name: str, network, bundle: bytes, is_published: bool) -> dict:
    """As in catalog.json, so far as the page needs it."""
    architecture = torchvision.ARCHITECTURES[name]
    return {
        "id": name,
        "title": {"en": network.title, "zh": network.title},
        "format": "bundle",
        "file": f"{name}.csb",
        "input": dict(zip(("height", "width", "channels"), network.input_shape[1:], strict=True)),
        "preprocessing": network.preprocessing,
        "classes": network.classes,
        "parameters": sum(array.size for array in network.params.values()),
        "accuracy": {"imagenet": {"top1": architecture.top1 if is_published else None}},
        "licence": network.licence,
        "citation": network.citation,
        "origin": network.origin,
        "bytes": len(bundle),
        "sha256": fetch.sha256_of(bundle),
    }


def add(
    name: str, file: Path | None, out: Path, downloads: Path | None, cache: Path, offline: bool,
    eight_bit: bool = False,
) -> dict:
    if name not in torchvision.ARCHITECTURES:
        raise ModelFileError(f"there is no network {name}{nearest(name)}")
    architecture = torchvision.ARCHITECTURES[name]
    if file is None:
        data, is_published = published(name, downloads, cache, offline), True
    else:
        data = checked(read_file(file), file.name)
        is_published = fetch.sha256_of(data).startswith(architecture.sha256_prefix)
    network = torchvision.build(name, torch_file.load_state_dict(data))
    del data
    if not is_published:
        network.origin = " ".join(f"weights from {file.name}, batch norm folded".split())
        network.licence = "as the weights'"
    network.eight_bit = eight_bit
    bundle = encode_bundle(network)
    entry = entry_of(name, network, bundle, is_published)
    write_changed(out / entry["file"], bundle)
    write_added(out, [old for old in read_added(out) if old["id"] != name] + [entry])
    return entry


def remove(name: str, out: Path) -> None:
    entries = read_added(out)
    if all(entry["id"] != name for entry in entries):
        raise ModelFileError(f"{name} has not been added, so there is nothing to remove")
    write_added(out, [entry for entry in entries if entry["id"] != name])
    (out / f"{name}.csb").unlink(missing_ok=True)


def print_list(out: Path) -> None:
    added = {entry["id"]: entry for entry in read_added(out)}
    for name, architecture in torchvision.ARCHITECTURES.items():
        state = f"added, {added[name]['bytes'] / 1e6:.1f} MB" if name in added else ""
        print(f"{name:<18} {architecture.title:<30} top-1 {architecture.top1:6.3f} %  {state}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    folders = argparse.ArgumentParser(add_help=False)
    folders.add_argument("--out", type=Path, default=MODELS.parent / "build" / "models")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", parents=[folders])
    adding = verbs.add_parser("add", parents=[folders])
    adding.add_argument("name")
    adding.add_argument("file", type=Path, nargs="?")
    adding.add_argument("--8bit", dest="eight_bit", action="store_true", help="a quarter of float32's size")
    adding.add_argument("--downloads", type=Path, default=default_downloads())
    adding.add_argument("--cache", type=Path, help="downloaded weight files (default: OUT/../cache)")
    adding.add_argument("--offline", action="store_true", help="download nothing")
    verbs.add_parser("remove", parents=[folders]).add_argument("name")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    try:
        if arguments.verb == "list":
            print_list(out)
        elif arguments.verb == "remove":
            remove(arguments.name, out)
        else:
            cache = (arguments.cache or out.parent / "cache").resolve()
            entry = add(
                arguments.name, arguments.file, out, arguments.downloads, cache,
                arguments.offline, arguments.eight_bit,
            )
            print(f"{entry['title']['en']}: {entry['bytes'] / 1e6:.1f} MB; the page's menu has it after ./dev run")
    except (ModelFileError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
