#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program in the header's overview and in each "Embed it" section is examples/minimal.c. All
other programs that a page shows are excerpts of examples.

Usage: documented.py SOURCE_ROOT
"""
import os
import re
import sys


def read(root, *path):
    with open(os.path.join(root, *path), encoding="utf-8") as file:
        return file.read()


def program(root):
    """examples/minimal.c without its opening comments."""
    text = read(root, "examples", "minimal.c")
    return text[text.index("#include"):]


def header_example(root):
    """The indented part of the header's overview."""
    overview = read(root, "include", "hello", "hello.h").split("*/")[1]
    lines = [re.sub(r"^ \* ?", "", line) for line in overview.splitlines()]
    shown = [line for line in lines if line.startswith("    ")]
    first, last = lines.index(shown[0]), len(lines) - lines[::-1].index(shown[-1])
    return "".join(line[4:] + "\n" for line in lines[first:last])


def code_blocks(markdown, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", markdown, re.M | re.S)


def check(what, shown, compiled):
    if shown != compiled:
        sys.exit(f"FAILED: {what} is not what examples/ compiles.\n"
                 f"--- shown\n{shown}--- compiled\n{compiled}")


def main(root):
    minimal = program(root)
    check("the example in hello.h", header_example(root), minimal)
    pages = ["examples/README.md"]  # those with examples/minimal.c
    if "Embed it" in (read(root, "README.md") if os.path.exists(os.path.join(root, "README.md"))
                      else ""):
        pages.append("README.md")
    sources = {name: read(root, "examples", name) for name in os.listdir(os.path.join(root, "examples"))
               if name.endswith((".c", ".cpp"))}
    for page in [*pages, "doc/health.md"]:
        blocks = code_blocks(read(root, page), "c")
        if page in pages and minimal not in blocks or not blocks:
            sys.exit(f"FAILED: {page} does not show examples/minimal.c; it shows\n" +
                     "\n".join(blocks))
        for block in blocks:
            if not any(block in source for source in sources.values()):
                sys.exit(f"FAILED: {page} shows what no example has:\n{block}")
    missing = [name for name in sources if name not in read(root, "examples/README.md")]
    if missing:
        sys.exit(f"FAILED: examples/README.md does not mention {missing}")


if __name__ == "__main__":
    main(sys.argv[1])
