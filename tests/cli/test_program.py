"""Every verb of the native program: its grammar, its files, its sentences, its exit status."""

import json
import os
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np
from PIL import Image
from support import (
    LITE0, MODELS, PNG_SIGNATURE, SQUEEZENET, ProgramTest, needs_network, read_npy, run,
)

VERBS = ("activations", "classify", "dream", "explain", "export", "filters", "models")
NO_RESULT = ("export", "models")  # verbs that write neither a picture nor an array
OK, FAILURE, USAGE = 0, 1, 2
INPUT = 224  # side of EfficientNet-Lite0's input
QUICK_DREAM = ("--layer", "block2", "--param", "octaves=1", "--param", "iterations=1")


def picture(width: int, height: int) -> Image.Image:
    """A bright disc on a gradient."""
    y, x = np.mgrid[:height, :width]
    rgb = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=-1).astype("u1")
    rgb[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (220, 140, 20)
    return Image.fromarray(rgb)


class FilesTest(ProgramTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.photo = self.folder / "photo.png"
        picture(300, 260).save(self.photo)

    def exact(self) -> Path:
        path = self.folder / "exact.png"
        picture(INPUT, INPUT).save(path)
        return path

    def written_png(self, path: Path) -> tuple[int, int]:
        """Width and height of a picture that Pillow can read to its end."""
        self.assertEqual(path.read_bytes()[:8], PNG_SIGNATURE)
        with Image.open(path) as image:
            image.load()
            return image.size


class GrammarTest(FilesTest):
    def test_help(self):
        for words in (["--help"], ["-h"], ["help"]):
            said = self.succeeds(*words)
            for verb in VERBS:
                self.assertIn(f"\n  {verb} ", said)
        for verb in VERBS:
            said = self.succeeds(verb, "--help")
            self.assertTrue(said.startswith(f"usage: convscope {verb} "), said)
            for option in ("--help", "--json", "--models"):
                self.assertIn(option, said, verb)
            if verb not in NO_RESULT:
                self.assertIn("--png FILE", said)
                self.assertIn("--npy FILE", said)
            self.assertEqual("--exact-input" in said, verb not in (*NO_RESULT, "filters"))
            self.assertEqual(self.succeeds(verb, "-h"), said)

    def test_help_defines_every_array(self):
        for verb in VERBS:
            if verb not in NO_RESULT:
                self.assertRegex(self.succeeds(verb, "--help"), r"float32, .*×.*×", verb)

    def test_mistakes_in_the_command_line(self):
        photo = self.photo
        for sentence, words in {
            "there is no verb named clasify; the nearest name is classify": ["clasify"],
            "classify needs MODEL IMAGE…": ["classify", LITE0],
            "explain: unexpected two.png": ["explain", "gradient", LITE0, "one.png", "two.png"],
            "classify has no option --jsn; the nearest name is --json": ["classify", "--jsn"],
            "classify has no option -x (a file of that name is ./-x)": ["classify", LITE0, "-x"],
            "--png was given twice": ["classify", "--png", "a", "--png", "b"],
            "--json takes no value": ["classify", "--json=yes"],
            "--npy needs FILE": ["classify", "--npy"],
            "--npy: got nothing, want FILE": ["classify", "--npy="],
            "activations needs --layer NAME": ["activations", LITE0, photo],
            "models takes no --png: a list is no picture": ["models", "--png", "a.png"],
            "models takes no --npy": ["models", "--npy", "a.npy"],
            "models takes no --exact-input": ["models", "--exact-input"],
            "leave out efficientnet-lite0": ["models", LITE0, "--methods"],
            "filters takes no --exact-input": ["filters", LITE0, "--exact-input"],
            "dream takes no --target": ["dream", LITE0, photo, "--target", "3"],
            "gradient takes no --layer": ["explain", "gradient", LITE0, photo, "--layer", "stem"],
            "gradient takes no --channel": ["explain", "gradient", LITE0, photo, "--channel", "3"],
            "--param method: there is no gradeint; the nearest name is gradient": [
                "explain", "faithfulness", LITE0, photo, "--param", "method=gradeint"],
            "no method named gradeint that explains an answer; the nearest name is gradient": [
                "explain", "gradeint", LITE0, photo],
        }.items():
            self.assertIn(sentence, self.fails(USAGE, *words))
        self.assertEqual(run().returncode, USAGE)

    def test_numbers_say_what_is_wanted(self):
        explain, dream = ["explain", "gradient", LITE0, self.photo], ["dream", LITE0, self.photo]
        index = "want a whole number from 0 to 2147483647"
        for sentence, words in {
            f'--target: got "4294967297", {index}': [*explain, "--target", "4294967297"],
            f'--target: got "-1", {index}': [*explain, "--target", "-1"],
            f'--target: got "cat", {index}': [*explain, "--target", "cat"],
            '--seed: got "-1", want a whole number from 0 to': [*explain, "--seed", "-1"],
            f'--channel: got "-1", {index}': [*dream, "--channel", "-1"],
            '--threads: got "0", want a whole number from 1 to 64': [*dream, "--threads", "0"],
            '--lang: got "fr", want en or zh': ["classify", LITE0, self.photo, "--lang", "fr"],
            "--param octaves: got 99, want a whole number from 1 to 8": [
                *dream, "--param", "octaves=99"],
            "--param octaves: got 2.5, want a whole number": [*dream, "--param", "octaves=2.5"],
            '--param step: got "nan", want a number': [*dream, "--param", "step=nan"],
            "--param octaves was given twice": [
                *dream, "--param", "octaves=2", "--param", "octaves=3"],
            '--param: got "octaves", want KEY=VALUE': [*dream, "--param", "octaves"],
            "no parameter named octave; the nearest name is octaves": [
                *dream, "--param", "octave=2"],
        }.items():
            self.assertIn(sentence, self.fails(USAGE, *words))

    @needs_network()
    def test_numbers_that_this_network_does_not_have(self):
        said = self.fails(USAGE, "explain", "gradient", LITE0, self.photo, "--target", "1000")
        self.assertIn("Class 1000 does not exist; this network has classes 0 to 999", said)
        said = self.fails(USAGE, "dream", LITE0, self.photo, "--channel", "99999")
        self.assertIn("Channel 99999 does not exist; block10e has channels 0 to 671", said)


class BenchTest(FilesTest):
    def setUp(self):
        super().setUp()
        root = Path(__file__).resolve().parents[2]
        sys.path += [str(root / "models"), str(root / "tests" / "bench")]
        import onnx
        from export_onnx import onnx_model
        from random_networks import mobilenet_v2

        pythons = {"CONVSCOPE_PYTHONS": f"{sys.executable}:/usr/bin/python3"}
        self.enterContext(unittest.mock.patch.dict(os.environ, pythons))
        self.script = root / "tests" / "bench" / "native_peers.py"
        self.network = self.folder / "mobile.onnx"
        onnx.save(onnx_model(mobilenet_v2()), self.network)

    def test_table(self):
        said = self.succeeds("bench", self.network, "--threads", "1", "--rounds", "1",
                             "--peers", self.script)
        for operation in ("forward", "gradient"):
            self.assertRegex(said, rf"{operation} +1 thread +ConvScope +\d+\.\d\d ms")
        # This Python has ONNX Runtime: its answer is compared with ours before anything is printed.
        self.assertRegex(said, r"onnxruntime \d[\d.]+ +\d+\.\d\d ms  ours takes \d+\.\d\d of it")
        self.assertIn("onnxruntime it has no gradients", said)
        # PyTorch takes part where it is installed, and says what is missing elsewhere.
        self.assertRegex(said, r"torch (\S+ +\d+\.\d\d ms|the Python package \w+ is not installed)")
        self.assertRegex(said, r"arena \d+\.\d MB, 1\.[01]\d\d of what is alive at once")

    def test_mistakes(self):
        self.assertIn("FILE.onnx", self.succeeds("bench", "--help"))
        self.fails(USAGE, "bench")
        self.assertIn("there is no network named", self.fails(FAILURE, "bench", "nothing.onnx"))
        said = self.fails(FAILURE, "bench", self.network, "--peers", self.folder / "none.py")
        self.assertIn("none.py", said)


class InputsTest(FilesTest):
    def test_networks_that_are_not_there(self):
        said = self.fails(FAILURE, "classify", "squeezenet", self.photo)
        self.assertIn("no network named squeezenet; the nearest name is squeezenet-1.0", said)
        said = self.fails(FAILURE, "classify", SQUEEZENET, self.photo, "--models", self.folder)
        self.assertIn("run ./dev models, which downloads it or takes it from the folder "
                      "CONVSCOPE_DOWNLOADS", said)
        said = self.fails(FAILURE, "models", LITE0, "--models", self.folder)
        self.assertIn("run ./dev models, or name the folder with --models", said)
        self.assertIn("not at hand: run ./dev models", self.succeeds("models", "--models", self.folder))

    def test_network_files_that_are_none(self):
        broken = self.folder / "broken.csb"
        broken.write_bytes(b"hello")
        self.assertIn("broken.csb: ", self.fails(FAILURE, "models", broken))
        (self.folder / "folder.csb").mkdir()
        self.assertIn("is a directory", self.fails(FAILURE, "models", self.folder / "folder.csb"))

    @needs_network()
    def test_names_that_the_network_does_not_have(self):
        said = self.fails(FAILURE, "activations", LITE0, self.photo, "--layer", "blokc4")
        self.assertIn("no layer named blokc4; the nearest names are block4, ", said)
        self.assertIn(f"`convscope models {LITE0}` lists its layers", said)
        said = self.fails(FAILURE, "dream", LITE0, self.photo, "--layer", "nowhere")
        self.assertIn(f"`convscope models {LITE0}` lists its layers", said)
        said = self.fails(FAILURE, "filters", LITE0, "--layer", "block4", "--filter", "depth")
        self.assertIn("it has expand, depthwise, project", said)
        self.assertIn(f"`convscope models {LITE0}` lists its layers and their filters", said)

    @needs_network()
    def test_pictures_that_are_none(self):
        whole = self.photo.read_bytes()
        for name, content, sentence in (
            ("cut.png", whole[: len(whole) // 2], "cut.png: "),
            ("empty.jpg", b"", "empty.jpg: "),
            ("notes.jpg", b"hello", "notes.jpg: "),
        ):
            path = self.folder / name
            path.write_bytes(content)
            self.assertIn(sentence, self.fails(FAILURE, "classify", LITE0, path))
            self.assertIn(sentence, self.fails(FAILURE, "dream", LITE0, path))
        self.assertIn("is a directory", self.fails(FAILURE, "classify", LITE0, self.folder))
        missing = self.folder / "missing.jpg"
        self.assertIn(f"cannot open {missing}", self.fails(FAILURE, "classify", LITE0, missing))

    @needs_network()
    def test_exact_input_refuses_another_size(self):
        said = self.fails(FAILURE, "classify", LITE0, self.photo, "--exact-input")
        self.assertIn("300", said)
        self.assertIn("224", said)

    @needs_network()
    def test_results_that_cannot_be_written(self):
        nowhere = self.folder / "missing" / "a.npy"
        said = self.fails(FAILURE, "filters", LITE0, "--npy", nowhere)
        self.assertIn(f"cannot write {nowhere}", said)


class ClassifyTest(FilesTest):
    @needs_network()
    def test_text_and_json_say_the_same(self):
        text = self.succeeds("classify", LITE0, self.photo)
        told = json.loads(self.succeeds("classify", LITE0, self.photo, "--json"))
        self.assertEqual(told["file"], str(self.photo))
        self.assertEqual(len(told["answers"]), 5)
        parts = text.rstrip("\n").split("\t")
        self.assertEqual(parts[0], str(self.photo))
        for part, answer in zip(parts[1:], told["answers"], strict=True):
            self.assertEqual(part, "{index} {label} {probability:.4f} (logit {logit:.3f})".format(**answer))
        probabilities = [answer["probability"] for answer in told["answers"]]
        self.assertEqual(probabilities, sorted(probabilities, reverse=True))
        chinese = json.loads(self.succeeds("classify", LITE0, self.photo, "--json", "--lang", "zh"))
        labels = (MODELS / "labels.zh.txt").read_text(encoding="utf-8").splitlines()
        for answer, same in zip(chinese["answers"], told["answers"], strict=True):
            self.assertEqual(answer, same | {"label": labels[same["index"]]})

    @needs_network()
    def test_logits_and_what_the_network_sees(self):
        exact, npy, png = self.exact(), self.folder / "l.npy", self.folder / "l.png"
        told = json.loads(self.succeeds("classify", LITE0, exact, "--exact-input", "--json",
                                        "--npy", npy, "--png", png))
        logits = read_npy(npy)
        self.assertEqual(logits.shape, (1, 1, 1000))
        for answer in told["answers"]:
            self.assertAlmostEqual(logits[0, 0, answer["index"]], answer["logit"], places=5)
        odds = np.exp(logits.astype("f8") - logits.max())
        want = (odds / odds.sum())[0, 0, told["answers"][0]["index"]]
        self.assertAlmostEqual(told["answers"][0]["probability"], want, places=5)
        self.assertEqual(self.written_png(png), (INPUT, INPUT))
        with Image.open(png) as seen, Image.open(exact) as given:
            np.testing.assert_array_equal(np.asarray(seen.convert("RGB")), np.asarray(given))

    @needs_network()
    def test_several_pictures(self):
        other = self.folder / "other.jpg"
        picture(200, 400).save(other)
        missing = self.folder / "missing.jpg"
        done = run("classify", LITE0, self.photo, missing, other, "--json", "--npy",
                   self.folder / "l.npy", "--png", self.folder / "l.png")
        self.assertEqual(done.returncode, FAILURE)
        self.assertIn(f"cannot open {missing}", done.stderr)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([one["file"] for one in told], [str(self.photo), str(other)])
        for one, stem in zip(told, ("photo", "other"), strict=True):
            first = one["answers"][0]
            logits = read_npy(self.folder / f"l-{stem}.npy")
            self.assertAlmostEqual(logits[0, 0, first["index"]], first["logit"], places=5)
            self.assertEqual(self.written_png(self.folder / f"l-{stem}.png"), (INPUT, INPUT))
        self.assertFalse((self.folder / "l.npy").exists())

    def test_several_results_of_one_name(self):
        (self.folder / "more").mkdir()
        twin = self.folder / "more" / "photo.jpg"
        said = self.fails(USAGE, "classify", LITE0, self.photo, twin, "--npy",
                          self.folder / "l.npy")
        self.assertIn("would have the same name", said)


class LayersTest(FilesTest):
    @needs_network()
    def test_models(self):
        networks = json.loads(self.succeeds("models", "--json"))["networks"]
        self.assertEqual([network["id"] for network in networks], [SQUEEZENET, LITE0])
        self.assertTrue(networks[1]["at_hand"])
        text = self.succeeds("models", LITE0)
        told = json.loads(self.succeeds("models", LITE0, "--json"))
        self.assertEqual(told["input"], [INPUT, INPUT, 3])
        self.assertEqual(sum(layer["parameters"] for layer in told["layers"] if not layer["minor"]),
                         told["parameters"])
        for line, layer in zip(text.splitlines()[1:], told["layers"], strict=True):
            words = line.split()
            self.assertEqual(words[0], layer["name"])
            self.assertEqual([int(words[i]) for i in (1, 3, 5)], layer["shape"])
            self.assertIn(f" {layer['parameters']} parameters", line)
            self.assertIn(f" {layer['flops']} FLOP", line)
            self.assertTrue(all(name in line for name in layer["filters"]))
        methods = json.loads(self.succeeds("models", "--methods", "--json"))["methods"]
        text = self.succeeds("models", "--methods")
        for method in methods:
            self.assertIn(f"{method['id']} ", text)
            for parameter in method["parameters"]:
                self.assertLessEqual(parameter["minimum"], parameter["initial"])

    @needs_network()
    def test_activations(self):
        npy, png = self.folder / "a.npy", self.folder / "a.png"
        told = json.loads(self.succeeds("activations", LITE0, self.exact(), "--exact-input",
                                        "--layer", "block2", "--json", "--npy", npy, "--png", png))
        maps = read_npy(npy)
        self.assertEqual(maps.shape, (told["height"], told["width"], told["channels"]))
        for channel, (low, high) in enumerate(told["range"]):
            self.assertAlmostEqual(maps[..., channel].min(), low, places=5)
            self.assertAlmostEqual(maps[..., channel].max(), high, places=5)
        self.written_png(png)
        self.assertIn("56 × 56 × 24" if maps.shape[2] == 24 else str(maps.shape[2]),
                      self.succeeds("activations", LITE0, self.photo, "--layer", "block2"))

    @needs_network()
    def test_filters(self):
        npy, png = self.folder / "f.npy", self.folder / "f.png"
        told = json.loads(self.succeeds("filters", LITE0, "--json", "--npy", npy, "--png", png))
        self.assertEqual((told["layer"], told["outputs"], told["inputs"]), ("stem", 32, 3))
        weights = read_npy(npy)
        self.assertEqual(weights.shape, (3, 3, 96))
        # A slice's weights times the picture's own colours: the colours are R, G, B side by side.
        width, height = self.written_png(png)
        self.assertEqual((width, height), (6 * (3 * 6 + 2), 6 * (3 * 6 + 2)))
        with Image.open(png) as sheet:
            pixels = np.asarray(sheet.convert("RGB")).astype("f4")
        first = weights[..., :3] / np.abs(weights[..., :3]).max()
        np.testing.assert_allclose(pixels[4:19:6, 4:19:6], 127.5 + 127.5 * first, atol=0.51)
        self.assertIn("32 filters × 3 inputs of 3 × 3", self.succeeds("filters", LITE0))


class MethodsTest(FilesTest):
    @needs_network()
    def test_faithfulness(self):
        told = json.loads(self.succeeds("explain", "faithfulness", LITE0, self.photo, "--json",
                                        "--param", "method=gradient", "--param", "steps=2"))
        deletion, insertion, most, least = told["curves"]
        self.assertEqual((deletion["title"], insertion["title"]), ("Deletion", "Insertion"))
        self.assertEqual(deletion["xs"], [0, 0.5, 1])
        self.assertEqual(deletion["ys"][0], insertion["ys"][-1])
        first, middle, last = deletion["ys"]
        self.assertAlmostEqual(told["figures"]["Deletion AUC"], (first + 2 * middle + last) / 4,
                               places=5)
        self.assertEqual([round(x, 1) for x in most["xs"]], [i / 10 for i in range(1, 10)])
        self.assertAlmostEqual(told["figures"]["ROAD"], (np.mean(least["ys"]) - np.mean(most["ys"])) / 2,
                               places=5)
        # By its number, and another test of the same map.
        told = json.loads(self.succeeds("explain", "randomisation", LITE0, self.photo, "--json",
                                        "--param", "method=10", "--param", "layers=0"))
        self.assertEqual(told["figures"]["Rank correlation with the original"], 1)

    @needs_network()
    def test_gradient(self):
        npy, png = self.folder / "g.npy", self.folder / "g.png"
        told = json.loads(self.succeeds("explain", "gradient", LITE0, self.exact(), "--exact-input",
                                        "--target", "281", "--json", "--npy", npy, "--png", png))
        self.assertEqual((told["method"], told["target"]), ("gradient", 281))
        gradient = read_npy(npy)
        self.assertEqual(gradient.shape, (INPUT, INPUT, 3))
        saliency = np.abs(gradient).max(axis=2)
        self.assertAlmostEqual(saliency.min(), told["map"]["minimum"], places=6)
        self.assertAlmostEqual(saliency.max(), told["map"]["maximum"], places=6)
        self.assertEqual(self.written_png(png), (INPUT, INPUT))
        text = self.succeeds("explain", "gradient", LITE0, self.photo, "--target", "281")
        self.assertIn("gradient, class 281: 224 × 224", text)

    @needs_network()
    def test_dream(self):
        npy, png = self.folder / "d.npy", self.folder / "d.png"
        told = json.loads(self.succeeds("dream", LITE0, self.exact(), "--exact-input", "--json",
                                        "--npy", npy, "--png", png, *QUICK_DREAM))
        self.assertEqual((told["method"], told["layer"], told["map"]), ("deep_dream", "block2", None))
        dream = read_npy(npy)
        self.assertEqual(dream.shape, (INPUT, INPUT, 3))  # as it is: no resize
        self.assertEqual(self.written_png(png), (INPUT, INPUT))
        with Image.open(png) as image:
            np.testing.assert_array_equal(dream, np.asarray(image.convert("RGB")))
        with Image.open(self.folder / "exact.png") as before:
            change = np.abs(dream - np.asarray(before)).mean()
        self.assertTrue(0.2 < change < 20, change)
        text = self.succeeds("dream", LITE0, self.photo, "--param", "size=128", *QUICK_DREAM)
        self.assertIn("deep_dream, layer block2", text)


if __name__ == "__main__":
    unittest.main()
