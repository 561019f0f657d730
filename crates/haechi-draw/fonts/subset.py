#!/usr/bin/env python3
"""Makes the two fonts of this folder, and the table of widths in ../src/text/widths.rs.

They are subsets of Pretendard (npm package `pretendard`, version 1.3.9, SIL Open Font License 1.1),
renamed because the licence reserves its name. To make them again:

    npm pack pretendard@1.3.9 && tar xzf pretendard-1.3.9.tgz
    pip install fonttools==4.68.0
    python3 subset.py package/dist

The Regular has Latin, signs, arrows and the 2,350 Hangul syllables of KS X 1001; the SemiBold has
Latin, and takes Hangul from the Regular. The same input gives the same bytes.
"""

import pathlib
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "Haechi Sans"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180)]
SIGNS = [0x2010, 0x2011, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x2190, 0x2191, 0x2192,
         0x2193, 0x2194, 0x2212, 0x2260, 0x2264, 0x2265, 0x00D7, 0x25CF, 0x25CB, 0x2713, 0xFFFD]
HERE = pathlib.Path(__file__).resolve().parent


def ks_x_1001():
    """The 2,350 syllables: rows 0xB0 to 0xC8 of EUC-KR."""
    return [ord(bytes([row, cell]).decode("euc_kr")) for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF)]


def make(source, style, codepoints):
    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.drop_tables += ["GSUB", "vhea", "vmtx", "VORG", "BASE", "DSIG"]
    options.recalc_timestamp = False
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codepoints)
    subsetter.subset(font)
    names = {1: FAMILY if style == "Regular" else f"{FAMILY} {style}", 2: "Regular", 3: f"{FAMILY} {style} 1.3.9",
             4: f"{FAMILY} {style}", 6: f"{FAMILY.replace(' ', '')}-{style}", 16: FAMILY, 17: style}
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames = [names[6]]
    for key in ("Notice", "FullName", "FamilyName"):
        if hasattr(top[0], key):
            setattr(top[0], key, {"FullName": names[4], "FamilyName": FAMILY}.get(key, "See OFL.txt"))
    target = HERE / f"HaechiSans-{style}.otf"
    subset.save_font(font, str(target), options)
    return TTFont(target)


def widths(font, codepoints):
    """Advance widths in thousandths of the font size."""
    cmap, metrics, units = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    return [round(metrics[cmap.get(c, ".notdef")][0] * 1000 / units) for c in codepoints]


def table(name, doc, values):
    lines, line = [], "   "
    for value in values:
        if len(line) + len(f" {value},") > 120:
            lines.append(line)
            line = "   "
        line += f" {value},"
    lines.append(line)
    return f"/// {doc}\npub(super) const {name}: [u16; {len(values)}] = [\n" + "\n".join(lines) + "\n];\n"


def main():
    static = pathlib.Path(sys.argv[1]) / "public" / "static"
    regular = make(static / "Pretendard-Regular.otf", "Regular", LATIN + SIGNS + ks_x_1001())
    semibold = make(static / "Pretendard-SemiBold.otf", "SemiBold", LATIN + SIGNS)
    printable = range(0x20, 0x7F)
    latin = range(0xA0, 0x180)
    text = "//! Advance widths of the embedded fonts in thousandths of the font size, made by `fonts/subset.py`.\n\n"
    text += table("REGULAR_ASCII", "U+0020 to U+007E, Regular.", widths(regular, printable)) + "\n"
    text += table("SEMIBOLD_ASCII", "U+0020 to U+007E, SemiBold.", widths(semibold, printable)) + "\n"
    text += table("REGULAR_LATIN", "U+00A0 to U+017F, Regular.", widths(regular, latin)) + "\n"
    text += table("SEMIBOLD_LATIN", "U+00A0 to U+017F, SemiBold.", widths(semibold, latin)) + "\n"
    text += table("HANGUL", "A Hangul syllable, Regular.", widths(regular, [0xD574])).replace("[u16; 1]", "u16").replace(
        "[\n    ", "").replace(",\n]", "")
    (HERE.parent / "src" / "text" / "widths.rs").write_text(text)
    (HERE / "OFL.txt").write_bytes((pathlib.Path(sys.argv[1]) / "LICENSE.txt").read_bytes())


main()
