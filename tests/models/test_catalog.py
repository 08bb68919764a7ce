"""The catalog in C++ (src/model/catalog.cpp) says the same as models/catalog.json."""

import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cpp_entries():
    """The text of each entry, its adjacent string literals joined."""
    text = (ROOT / "src" / "model" / "catalog.cpp").read_text(encoding="utf-8")
    text = re.sub(r'"\s+"', "", text)
    starts = [match.start() for match in re.finditer(r"\{\.id = ", text)]
    return [text[a:b] for a, b in zip(starts, starts[1:] + [text.index("}  // namespace")])]


def number(entry, name):
    return int(re.search(rf"\.{name} = ([\d']+)", entry)[1].replace("'", ""))


def numbers(entry, name):
    return [float(part) for part in re.search(rf"\.{name} = \{{(.*?)\}}", entry)[1].split(",")]


class CatalogTest(unittest.TestCase):
    def setUp(self):
        self.models = json.loads((ROOT / "models" / "catalog.json").read_text(encoding="utf-8"))["models"]
        self.entries = cpp_entries()

    def test_same_models_in_the_same_order(self):
        self.assertEqual(len(self.models), len(self.entries))
        for model, entry in zip(self.models, self.entries):
            self.assertIn(f'.id = "{model["id"]}"', entry)

    def test_words(self):
        for model, entry in zip(self.models, self.entries):
            for text in (model["title"]["en"], model["file"], model["licence"], model["citation"]):
                self.assertIn(f'"{text}"', entry)

    def test_preprocessing(self):
        modes = {"squash": "kSquash", "shorter-side": "kShorterSide"}
        for model, entry in zip(self.models, self.entries):
            want = model["preprocessing"]
            self.assertIn(f".order = ChannelOrder::k{want['channels'].capitalize()}", entry)
            self.assertIn(f".resize_mode = ResizeMode::{modes[want['resize_mode']]}", entry)
            self.assertIn(f".filter = ResizeFilter::k{want['filter'].capitalize()}", entry)
            self.assertEqual(number(entry, "resize_size"), want["resize"])
            for side in ("crop_height", "crop_width"):
                self.assertEqual(number(entry, side), want["crop"])
            self.assertEqual(numbers(entry, "mean"), want["mean"])
            self.assertEqual(numbers(entry, "standard_deviation"), want["std"])

    def test_accuracy(self):
        for model, entry in zip(self.models, self.entries):
            accuracy = model["accuracy"]
            wanted = [accuracy["imagenet"]["top1"], *accuracy["photos800"].values()]
            texts = re.search(r'\.accuracy =\s*\{\s*"(.*?)",\s*"(.*?)"\}', entry).groups()
            for text in texts:  # English, Chinese; one decimal, halves may go either way
                said = [float(value) for value in re.findall(r"([\d.]+) %", text)]
                for want in wanted:
                    self.assertTrue(any(abs(value - want) < 0.051 for value in said), (want, text))

    def test_file_that_is_used_as_it_is(self):
        for model, entry in zip(self.models, self.entries):
            if model["origin"]["path"] == model["file"]:
                self.assertIn(f'.sha256 = "{model["origin"]["sha256"]}"', entry)
                self.assertEqual(number(entry, "bytes"), model["origin"]["bytes"])


if __name__ == "__main__":
    unittest.main()
