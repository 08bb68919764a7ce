#!/usr/bin/env python3
"""Cuts the page's fonts down to the characters it can show.

    fonts.py --out DIR

Writes text.otf and text-bold.otf (Inter Regular and SemiBold), cjk.otf and cjk-bold.otf (Noto Sans CJK SC).
The characters are those of every source file and text the page draws from: the string table, the
C++ sources (names and explanations of methods and operators), the models' and samples' texts and
the class names in both languages, and Latin-1 for names of files. A character that neither font
has stops the build: it would be an empty box on the page.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[1]
INTER = Path("/usr/share/fonts/opentype/inter")
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
NOTO_BOLD = NOTO.with_name("NotoSansCJK-Bold.ttc")
NOTO_SIMPLIFIED_CHINESE = 2  # its place in the collection
TEXTS = (
    "src/ui/**/*.def",
    "src/**/*.cpp",
    "src/**/*.h",
    "web/src/*.ts",
    "models/labels.*.txt",
    "models/catalog.json",
    "models/samples.json",
)
# What program text may make besides: numbers, file names, units.
ALWAYS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "–—‘’“”…×−±≈≤≥·•→←↑↓°µ½"
DROPPED_TABLES = ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG", "STAT", "MATH"]
INVISIBLE = set("\u00ad\u200b\ufeff")


def characters() -> set[str]:
    found = set(ALWAYS)
    for pattern in TEXTS:
        for path in sorted(ROOT.glob(pattern)):
            found |= set(path.read_text(encoding="utf-8"))
    return {c for c in found if c.isprintable() or c == "\u00a0"} - INVISIBLE


def use_tabular_figures(font: TTFont) -> None:
    """Makes all digits equally wide: the renderer cannot ask the font for its tabular ones."""
    figures = "zero one two three four five six seven eight nine".split()
    glyphs = set(font.getGlyphOrder())
    for table in font["cmap"].tables:
        for code, name in enumerate(figures, ord("0")):
            if table.isUnicode() and f"{name}.tf" in glyphs:
                table.cmap[code] = f"{name}.tf"


def cut(source: Path, number: int, wanted: set[str], out: Path) -> set[str]:
    """Writes the subset and returns the characters that the font has."""
    font = TTFont(source, fontNumber=number, lazy=True)
    use_tabular_figures(font)
    have = {c for c in wanted if ord(c) in font.getBestCmap()}
    options = subset.Options()
    options.hinting = False  # the renderer does not hint
    options.layout_features = []  # the renderer neither kerns nor substitutes
    options.drop_tables += DROPPED_TABLES
    options.desubroutinize = True  # smaller once compressed
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 13, 14]  # the licence travels with the font
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(c) for c in have])
    subsetter.subset(font)
    font.flavor = None
    font["head"].modified = font["head"].created  # the same input gives the same file
    font.recalcTimestamp = False
    partial = out.with_suffix(".tmp")
    font.save(partial)
    partial.replace(out)
    return have


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    wanted = characters()
    sources = [INTER / "Inter-Regular.otf", INTER / "Inter-SemiBold.otf", NOTO, NOTO_BOLD]
    state = "".join(sorted(wanted)) + "".join(f"{s}{s.stat().st_size}" for s in sources)
    state += Path(__file__).read_text(encoding="utf-8")
    key = hashlib.sha256(state.encode()).hexdigest()
    stamp = out / ".built"
    if stamp.exists() and stamp.read_text() == key:
        return 0

    latin = cut(sources[0], -1, wanted, out / "text.otf")
    cut(sources[1], -1, wanted, out / "text-bold.otf")
    rest = wanted - latin
    chinese = cut(sources[2], NOTO_SIMPLIFIED_CHINESE, rest, out / "cjk.otf")
    cut(sources[3], NOTO_SIMPLIFIED_CHINESE, rest, out / "cjk-bold.otf")
    missing = sorted(rest - chinese)
    if missing:
        names = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing)
        print(f"No font has these characters of the page's texts: {names}", file=sys.stderr)
        return 1
    stamp.write_text(key)
    for name in ("text", "text-bold", "cjk", "cjk-bold"):
        print(f"{name}.otf: {(out / f'{name}.otf').stat().st_size} bytes")
    print(f"{len(wanted)} characters, {len(chinese)} of them only in the Chinese font")
    return 0


if __name__ == "__main__":
    sys.exit(main())
