"""The restricted unpickler: reads both containers, refuses everything that could run code."""

import collections
import io
import os
import pickle
import struct
import sys
import types
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
from convert.errors import ModelFileError  # noqa: E402
from convert.torch_file import LEGACY_MAGIC, LEGACY_PROTOCOL, load_state_dict  # noqa: E402


def rebuild_tensor(*_):
    raise AssertionError("only its name is used")


class FloatStorage:
    pass


class LongStorage:
    pass


class Tensor:
    """Pickles as PyTorch pickles a tensor: a rebuild function and a persistent storage."""

    def __init__(self, array, shape=None, strides=None, offset=0):
        self.array = array
        self.shape = array.shape if shape is None else shape
        self.strides = tuple(s // array.itemsize for s in array.strides)
        self.strides = self.strides if strides is None else strides
        self.offset = offset

    def __reduce__(self):
        hooks = collections.OrderedDict()
        return rebuild_tensor, (self.array, self.offset, self.shape, self.strides, False, hooks)


class Pickler(pickle.Pickler):
    def __init__(self, file, storages):
        super().__init__(file, protocol=2)
        self.storages = storages

    def persistent_id(self, value):
        if not isinstance(value, np.ndarray):
            return None
        key = str(1000 + len(self.storages))
        self.storages[key] = value
        kind = LongStorage if value.dtype == np.int64 else FloatStorage
        return "storage", kind, key, "cpu", value.size


def fake_torch():
    """Modules that let the pickler write PyTorch's names; nothing of them is used for reading."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in (FloatStorage, LongStorage):
        kind.__module__ = "torch"
        setattr(torch, kind.__name__, kind)
    rebuild_tensor.__module__, rebuild_tensor.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    rebuild_tensor.__name__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild_tensor
    return mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": utils})


def dump(value):
    buffer, storages = io.BytesIO(), {}
    with fake_torch():
        Pickler(buffer, storages).dump(value)
    return buffer.getvalue(), storages


def legacy_file(value, keys=None):
    body, storages = dump(value)
    parts = [pickle.dumps(LEGACY_MAGIC, 2), pickle.dumps(LEGACY_PROTOCOL, 2)]
    parts += [pickle.dumps({"little_endian": True}, 2), body]
    parts.append(pickle.dumps(sorted(storages) if keys is None else keys, 2))
    for key in sorted(storages):
        parts.append(struct.pack("<q", storages[key].size) + storages[key].tobytes())
    return b"".join(parts)


def zip_file(value, shorten=0):
    body, storages = dump(value)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", body)
        archive.writestr("archive/byteorder", "little")
        for key, array in storages.items():
            raw = array.tobytes()
            archive.writestr(f"archive/data/{key}", raw[: len(raw) - shorten])
    return buffer.getvalue()


class Hostile:
    def __reduce__(self):
        return os.system, ("touch /tmp/convscope-was-here",)


class HostileEval:
    def __reduce__(self):
        return eval, ("1 + 1",)


class Nested:
    """Asks for a name that is harmless alone and the way to everything else."""

    def __reduce__(self):
        return getattr, ("text", "upper")


def state():
    weights = np.arange(24, dtype="f4").reshape(2, 3, 4)
    return collections.OrderedDict(
        [("a.weight", Tensor(weights)), ("a.steps", Tensor(np.array(7, "i8")))]
    )


class TorchFileTest(unittest.TestCase):
    def assert_refused(self, data, *words):
        with self.assertRaises(ModelFileError) as caught:
            load_state_dict(data)
        message = str(caught.exception)
        for word in words:
            self.assertIn(word, message)
        return message

    def test_reads_both_containers(self):
        for make in (legacy_file, zip_file):
            tensors = load_state_dict(make(state()))
            self.assertEqual(list(tensors), ["a.weight", "a.steps"])
            np.testing.assert_array_equal(
                tensors["a.weight"], np.arange(24, dtype="f4").reshape(2, 3, 4)
            )
            self.assertEqual(tensors["a.steps"].shape, ())
            self.assertEqual(int(tensors["a.steps"]), 7)

    def test_reads_strided_and_offset_views(self):
        base = np.arange(12, dtype="f4")
        view = Tensor(base, shape=(3, 2), strides=(1, 3), offset=2)
        tensors = load_state_dict(legacy_file({"v": view}))
        np.testing.assert_array_equal(tensors["v"], [[2, 5], [3, 6], [4, 7]])

    def test_refuses_code(self):
        for hostile, name in (
            (Hostile(), "system"),
            (HostileEval(), "eval"),
            (Nested(), "getattr"),
        ):
            for make in (legacy_file, zip_file):
                message = self.assert_refused(make({"w": hostile}), name, "refused", "do not use")
                self.assertNotIn("\n", message)
        self.assertFalse(os.path.exists("/tmp/convscope-was-here"))

    def test_refuses_code_in_every_pickle_of_the_legacy_container(self):
        evil = pickle.dumps(Hostile(), 2)
        good = [pickle.dumps(v, 2) for v in (LEGACY_MAGIC, LEGACY_PROTOCOL, {}, {}, [])]
        for place in range(len(good)):
            parts = list(good)
            parts[place] = evil
            self.assert_refused(b"".join(parts), "system", "refused")

    def test_refuses_names_hidden_by_stack_global(self):
        body = pickle.dumps(Hostile(), 4)  # STACK_GLOBAL instead of GLOBAL
        self.assert_refused(body, "system", "refused")

    def test_says_so_when_cut_short(self):
        for make in (legacy_file, zip_file):
            data = make(state())
            for size in [*range(1, len(data) - 1, 7), len(data) - 1]:
                self.assert_refused(data[:size], "e")
        self.assert_refused(legacy_file(state())[:-1], "cut short", "download it again")
        self.assert_refused(b"", "empty")

    def test_survives_any_damaged_byte(self):
        rng = np.random.default_rng(3)
        for make in (legacy_file, zip_file):
            data = make(state())
            for _ in range(400):
                damaged = bytearray(data)
                damaged[rng.integers(len(damaged))] = rng.integers(256)
                try:
                    load_state_dict(bytes(damaged))
                except ModelFileError:
                    pass

    def test_refuses_tensors_outside_their_storage(self):
        base = np.arange(12, dtype="f4")
        for view in (
            Tensor(base, shape=(4,), strides=(4,)),
            Tensor(base, shape=(13,), strides=(1,)),
            Tensor(base, shape=(1 << 40,), strides=(0,)),
            Tensor(base, shape=(2,), strides=(1,), offset=11),
        ):
            self.assert_refused(legacy_file({"v": view}), "storage", "damaged")
        for view in (Tensor(base, shape=(2,), strides=(-1,)), Tensor(base, offset=-1)):
            self.assert_refused(legacy_file({"v": view}), "no valid shape")

    def test_refuses_other_files(self):
        self.assert_refused(b"not a pickle at all", "damaged")
        self.assert_refused(pickle.dumps(12345), "magic")
        self.assert_refused(legacy_file({"a": 1}), "no tensors")
        self.assert_refused(legacy_file([1, 2]), "no dictionary")
        self.assert_refused(legacy_file(state(), keys=["1000"]), "storages")
        self.assert_refused(zip_file(state(), shorten=1), "bytes, want")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("readme.txt", "hello")
        self.assert_refused(buffer.getvalue(), "not a PyTorch weight file")

    def test_needs_no_torch(self):
        self.assertNotIn("torch", sys.modules)


if __name__ == "__main__":
    unittest.main()
