"""Reads a PyTorch weight file (.pth) as NumPy arrays, without PyTorch or running its pickle.

A .pth file is a pickle, and a pickle is a program: loading one from the internet may run anything.
Here `find_class` knows the few names a state dict needs and refuses every other, so nothing that
the file names is ever imported.  Both containers are read: the legacy one (five pickles, then the
raw storages) and the zip one that `torch.save` writes since 1.6.
"""

from __future__ import annotations

import collections
import io
import math
import pickle
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ModelFileError

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
MAX_RANK = 8

# Storage class name -> element type in the file.  bfloat16 is widened to float32 after reading.
STORAGE_DTYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "bf16",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class StorageType:
    """What `torch.FloatStorage` and its like become: a name, never a class of PyTorch."""

    name: str

    @property
    def itemsize(self) -> int:
        code = STORAGE_DTYPES[self.name]
        return 2 if code == "bf16" else np.dtype(code).itemsize

    def array(self, data: bytes, byteorder: str) -> np.ndarray:
        code = STORAGE_DTYPES[self.name]
        if code == "bf16":
            halves = np.frombuffer(data, byteorder + "u2").astype("u4")
            return (halves << 16).view("f4")
        dtype = np.dtype(code).newbyteorder(byteorder)
        return np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))


@dataclass
class _Storage:
    """A storage the pickle refers to; its bytes follow later in the legacy container."""

    kind: StorageType
    key: str
    size: int  # elements
    values: np.ndarray | None = None


@dataclass
class _LazyTensor:
    storage: _Storage
    offset: int  # elements
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # elements

    def array(self) -> np.ndarray:
        values = self.storage.values
        if values is None:
            raise ModelFileError(
                f"the tensor storage '{self.storage.key}' is missing from the file; "
                "download the file again"
            )
        # A tensor with stride 0 could claim any size; a saved weight fits its storage.
        if math.prod(self.shape) > values.size:
            raise ModelFileError(
                f"a tensor of shape {self.shape} does not fit storage '{self.storage.key}' of "
                f"{values.size} elements; the file is damaged, download it again"
            )
        last = self.offset + sum((d - 1) * s for d, s in zip(self.shape, self.strides))
        if 0 in self.shape:
            return np.zeros(self.shape, values.dtype)
        if last >= values.size:
            raise ModelFileError(
                f"a tensor reaches element {last} of storage '{self.storage.key}', which has "
                f"{values.size}; the file is damaged, download it again"
            )
        strides = tuple(s * values.itemsize for s in self.strides)
        view = np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides)
        return np.ascontiguousarray(view).reshape(self.shape)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _LazyTensor:
    """Stands in for torch._utils._rebuild_tensor and _rebuild_tensor_v2; checks every argument."""
    if not (
        isinstance(storage, _Storage)
        and _is_count(offset)
        and isinstance(shape, tuple)
        and isinstance(strides, tuple)
        and len(shape) == len(strides) <= MAX_RANK
        and all(map(_is_count, shape))
        and all(map(_is_count, strides))
    ):
        raise ModelFileError("a tensor in the file has no valid shape; the file is damaged")
    return _LazyTensor(storage, offset, shape, strides)


def _rebuild_parameter(data: Any, *_: Any) -> Any:
    return data


# A subclass keeps what the pickle sets (`_metadata`) away from the real OrderedDict.
class _Dict(collections.OrderedDict):
    def __setstate__(self, state: Any) -> None:
        del state  # `_metadata`: module versions, which nothing here needs


# These are plain functions, so a BUILD opcode aimed at one of them would set attributes on it:
# find_class hands out a fresh wrapper each time.
def _allowed(module: str, name: str) -> Any:
    if module == "collections" and name == "OrderedDict":
        return _Dict
    if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
        return lambda *args: _rebuild_tensor(*args)
    if module == "torch._utils" and name == "_rebuild_parameter":
        return lambda *args: _rebuild_parameter(*args)
    if module == "torch" and name in STORAGE_DTYPES:
        return StorageType(name)
    return None


class RestrictedUnpickler(pickle.Unpickler):
    """Unpickles plain data, tensors and storages; refuses any other global the file names."""

    def __init__(self, file: io.BufferedIOBase, storages: dict[str, _Storage]):
        super().__init__(file, encoding="utf-8")
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        found = _allowed(module, name)
        if found is None:
            raise ModelFileError(
                f"the weight file asks to run '{module}.{name}', which no weight file needs: it "
                "was refused and nothing was run; do not use this file"
            )
        return found

    def persistent_load(self, pid: Any) -> _Storage:
        # ('storage', type, key, device, element count[, view]); views are not written any more.
        valid = (
            isinstance(pid, tuple)
            and len(pid) in (5, 6)
            and pid[0] == "storage"
            and isinstance(pid[1], StorageType)
            and isinstance(pid[2], str)
            and _is_count(pid[4])
            and (len(pid) == 5 or pid[5] is None)
        )
        if not valid:
            raise ModelFileError("the file refers to a storage in a form that is not supported")
        _, kind, key, _, size = pid[:5]
        storage = self._storages.setdefault(key, _Storage(kind, key, size))
        if storage.kind != kind or storage.size != size:
            raise ModelFileError(f"the file describes storage '{key}' twice, differently")
        return storage


def _unpickle(file: io.BufferedIOBase, storages: dict[str, _Storage]) -> Any:
    try:
        return RestrictedUnpickler(file, storages).load()
    except ModelFileError:
        raise
    # A damaged pickle may raise nearly anything from inside the unpickler.
    except Exception as error:
        raise ModelFileError(
            f"the weight file is cut short or damaged ({type(error).__name__}: {error}); "
            "download it again"
        ) from error


def _read_exactly(file: io.BytesIO, count: int, what: str) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise ModelFileError(
            f"the weight file is cut short: {what} needs {count} bytes, {len(data)} are left; "
            "download it again"
        )
    return data


def _load_legacy(data: bytes) -> Any:
    # BytesIO has no peek(), so the unpickler stops exactly after its STOP opcode.
    file = io.BytesIO(data)
    if _unpickle(file, {}) != LEGACY_MAGIC:
        raise ModelFileError("this is not a PyTorch weight file (wrong magic number)")
    version = _unpickle(file, {})
    if version != LEGACY_PROTOCOL:
        raise ModelFileError(f"the weight file has protocol {version}, want {LEGACY_PROTOCOL}")
    system = _unpickle(file, {})
    little = not isinstance(system, dict) or bool(system.get("little_endian", True))
    byteorder = "<" if little else ">"

    storages: dict[str, _Storage] = {}
    result = _unpickle(file, storages)
    keys = _unpickle(file, {})
    if not isinstance(keys, list) or set(map(str, keys)) != set(storages):
        raise ModelFileError("the list of storages does not fit the tensors; the file is damaged")
    for key in keys:
        storage = storages[key]
        head = _read_exactly(file, 8, f"the length of storage '{key}'")
        (size,) = struct.unpack(byteorder + "q", head)
        if size != storage.size:
            raise ModelFileError(
                f"storage '{key}' holds {size} elements, want {storage.size}; the file is damaged"
            )
        raw = _read_exactly(file, size * storage.kind.itemsize, f"storage '{key}'")
        storage.values = storage.kind.array(raw, byteorder)
    return result


def _load_zip(data: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # torch.save stores without compressing, so an entry is never larger than the file.
            if any(entry.file_size > len(data) for entry in archive.infolist()):
                raise ModelFileError("the weight file's zip is damaged; download it again")
            return _load_archive(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise ModelFileError(
            f"the weight file is cut short or damaged ({error}); download it again"
        ) from error


def _load_archive(archive: zipfile.ZipFile) -> Any:
    names = set(archive.namelist())
    pickles = [name for name in names if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ModelFileError("this zip file is not a PyTorch weight file (no data.pkl)")
    root = pickles[0][: -len("data.pkl")]
    order = archive.read(root + "byteorder") if root + "byteorder" in names else b"little"
    byteorder = ">" if order.strip() == b"big" else "<"

    storages: dict[str, _Storage] = {}
    result = _unpickle(io.BytesIO(archive.read(pickles[0])), storages)
    for key, storage in storages.items():
        name = f"{root}data/{key}"
        want = storage.size * storage.kind.itemsize
        got = archive.getinfo(name).file_size if name in names else -1
        if got != want:  # checked before reading: a small zip may claim to unpack to anything
            raise ModelFileError(
                f"storage '{key}' has {max(got, 0)} bytes, want {want}; the file is damaged"
            )
        storage.values = storage.kind.array(archive.read(name), byteorder)
    return result


def load_state_dict(source: Path | bytes) -> dict[str, np.ndarray]:
    """Tensors of a .pth file by name, in the file's order.  Raises ModelFileError."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if not data:
        raise ModelFileError("the weight file is empty (0 bytes); download it again")
    result = _load_zip(data) if data[:4] == b"PK\x03\x04" else _load_legacy(data)
    if isinstance(result, dict) and isinstance(result.get("state_dict"), dict):
        result = result["state_dict"]
    if not isinstance(result, dict):
        raise ModelFileError("the weight file holds no dictionary of tensors")
    tensors = {}
    for name, value in result.items():
        if isinstance(name, str) and isinstance(value, _LazyTensor):
            tensors[name] = value.array()
    if not tensors:
        raise ModelFileError("the weight file holds no tensors")
    return tensors


if __name__ == "__main__":
    try:
        for tensor_name, tensor in load_state_dict(Path(sys.argv[1])).items():
            print(tensor_name, tensor.dtype, *tensor.shape)
    except ModelFileError as error:
        sys.exit(f"error: {error}")
