#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules for text that a program can check: CONTRIBUTING.md has them.

Usage: style.py CHECK SOURCE_ROOT
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

MOST_WORDS = 30
REFERENCE = "2.2."  # codespell of Debian 12
TEXT = (".md", ".scd")
# Copies of other programs' words, and bytes for a parser.
NOT_OURS = re.compile(r"(^|/)(LICENSE|package-lock\.json|.*\.(svg|patch|dict))$|^tests/(parity/cases|fuzz/corpus)/")


def tracked(root):
    """The files of the project. A tarball has no list of them, and nothing but them."""
    if (root / ".git").exists():
        names = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True,
                               check=True).stdout.split("\0")[:-1]
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        names = [name for name in names
                 if not re.match(r"build|subprojects/(libmicrohttpd-|packagecache)", name)]
    return [name for name in names if not NOT_OURS.search(name)]


def sentences(text):
    """What a reader takes for a sentence: no program text, the words of a link, a table's cells."""
    text = re.sub(r"^ *```.*?^ *```", "\n\n", text, flags=re.M | re.S)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`", "code", text)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*.]|\d+\.) )|\n(?=[|\[])|\|", text):
        yield from re.split(r"(?<=[.!?:;])\s+", " ".join(block.split()))


def length(root):
    """No sentence is longer than MOST_WORDS."""
    found = [f"{name}: {len(sentence.split())} words: {sentence}"
             for name in tracked(root) if name.endswith(TEXT)
             for sentence in sentences((root / name).read_text(encoding="utf-8"))
             if len(sentence.split()) > MOST_WORDS]
    return found


def banned(root):
    """The first column of CONTRIBUTING.md's table."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("| instead of | write |"):].split("\n\n")[0]
    phrases = [row.split("|")[1].strip().strip('"') for row in table.splitlines()[2:]]
    assert len(phrases) > 4, phrases
    return phrases


def phrases(root):
    """No text, comment or message has a phrase of the table."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, banned(root))) + r")\b", re.I)
    found = []
    for name in tracked(root):
        if name == "CONTRIBUTING.md" or not name.endswith((*TEXT, ".c", ".h", ".py", ".build", ".ini")):
            continue
        # A phrase may go on in the next line of a comment.
        text = re.sub(r"\s+(?:[*#]+ |// )?\s*", " ", (root / name).read_text(encoding="utf-8"))
        found += [f"{name}: {match[1]!r} in '{text[max(0, match.start() - 40):match.end() + 40]}'"
                  for match in pattern.finditer(text)]
    return found


def spelling(root):
    """codespell knows common misspellings, and takes no other word for a mistake."""
    if not shutil.which("codespell"):
        print("codespell is not installed", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    ignored = ["ot", "ttest"]  # a name in a test, and one of Check
    result = subprocess.run(["codespell", "--ignore-words-list", ",".join(ignored), *tracked(root)],
                            cwd=root, stdout=subprocess.PIPE, text=True, check=False)
    version = subprocess.run(["codespell", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if not version.startswith(REFERENCE):  # which has other words
        print(f"codespell {version.strip()}, not {REFERENCE}:\n{result.stdout}")
        return []
    return result.stdout.splitlines()


CHECKS = {check.__name__: check for check in (length, phrases, spelling)}

if __name__ == "__main__":
    mistakes = CHECKS[sys.argv[1]](pathlib.Path(sys.argv[2]))
    if mistakes:
        sys.exit("\n".join(["FAILED:", *mistakes]))
