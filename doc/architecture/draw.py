#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draw each outline of this folder: NAME.txt becomes NAME.svg.

Usage: draw.py, or draw.py --check to compare the drawings with the outlines, and the names of
functions and files in the outlines with the sources.

A line is a box: "label | remark", indented by two spaces below the box that it belongs to.
"""
import html
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROW, HEIGHT, INDENT, MARGIN = 36, 26, 28, 12  # pixels
LETTER = 7.3  # pixels, of the label's font
REMARK_AT = 400
WIDTH = 860


def boxes(text):
    for line in text.splitlines():
        label, _, remark = line.strip().partition(" | ")
        yield (len(line) - len(line.lstrip())) // 2, label, remark


def draw(text):
    rows = list(boxes(text))
    height = 2 * MARGIN + ROW * len(rows) - (ROW - HEIGHT)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
           f'width="{WIDTH}" height="{height}" font-size="12">',
           '<rect width="100%" height="100%" fill="#ffffff"/>']
    last_at = {}  # depth: the middle of the last box there
    for number, (depth, label, remark) in enumerate(rows):
        x, y = MARGIN + INDENT * depth, MARGIN + ROW * number
        middle = y + HEIGHT // 2
        if depth:
            out.append(f'<path d="M{x - INDENT // 2} {last_at[depth - 1] + HEIGHT // 2}'
                       f'V{middle}H{x}" fill="none" stroke="#7a8694"/>')
        last_at[depth] = middle
        width = round(LETTER * len(label)) + 16
        out.append(f'<rect x="{x}" y="{y}" width="{width}" height="{HEIGHT}" rx="4" '
                   f'fill="#eef3f8" stroke="#7a8694"/>')
        out.append(f'<text x="{x + 8}" y="{middle + 4}" font-family="monospace" '
                   f'textLength="{width - 16}">{html.escape(label)}</text>')
        out.append(f'<text x="{max(REMARK_AT, x + width + 12)}" y="{middle + 4}" '
                   f'font-family="sans-serif" fill="#333333">{html.escape(remark)}</text>')
    return "\n".join([*out, "</svg>", ""])


def check(outline, drawing):
    text = outline.read_text()
    if drawing.read_text() != draw(text):
        sys.exit(f"FAILED: {drawing.name} is not drawn from {outline.name}: run doc/architecture/draw.py")
    sources = "".join(path.read_text() for path in ROOT.glob("lib/*.[ch]"))
    for name in re.findall(r"\w+(?=\(\))", text):
        if not re.search(rf"\b{name}\(", sources):
            sys.exit(f"FAILED: {outline.name} names {name}(), which lib/ does not have")
    for name in re.findall(r"\b\w+\.[ch]\b", text):
        if not (ROOT / "lib" / name).exists():
            sys.exit(f"FAILED: {outline.name} names lib/{name}, which does not exist")


if __name__ == "__main__":
    outlines = sorted(HERE.glob("*.txt"))
    if len(outlines) < 2:
        sys.exit("FAILED: no outlines")
    for outline in outlines:
        drawing = outline.with_suffix(".svg")
        if sys.argv[1:] == ["--check"]:
            check(outline, drawing)
        else:
            drawing.write_text(draw(outline.read_text()))
