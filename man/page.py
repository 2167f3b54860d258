#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make one man page: fill in what is the header's or an example's, and have scdoc format it.

Usage: page.py SCDOC PAGE SOURCE_ROOT OUTPUT

A line of a page is replaced with a block of code when it is
    @MINIMAL@               examples/minimal.c
    @EXAMPLE NAME [FUNCTION...]@    examples/NAME.c, or these functions of it
    @PROTOTYPES@            the declarations of the functions that the page's NAME lists
    @STRUCT TAG@ @ENUM TAG@ @TYPEDEF NAME@      their declarations
"""
import os
import re
import subprocess
import sys


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def only(what, found):
    if len(found) != 1:
        sys.exit(f"{len(found)} matches for {what}")
    return found[0]


def without_comments(text):
    text = re.sub(r"[ \t]*/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"\n\s*\n+", "\n", text).strip("\n")


class Filler:
    def __init__(self, page, root):
        self.header = without_comments(read(root, "include", "hello", "hello.h"))
        self.root = root
        self.names = [name.strip() for name in
                      page.split("# NAME\n")[1].split(" - ")[0].replace("\n", " ").split(",")]

    def minimal(self):
        source = read(self.root, "examples", "minimal.c")
        return source[source.index("#include"):]

    def example(self, name, *functions):
        source = read(self.root, "examples", name + ".c")
        if not functions:
            return source[source.index("#include"):]
        return "\n".join(only(function, re.findall(
            rf"^(?:/\*(?:(?!\*/).)*\*/\n)?static [^\n]*\b{function}\((?:[^\n]*\n)(?:[^{{\n][^\n]*\n)*"
            rf"{{\n.*?^}}\n", source, re.M | re.S)) for function in functions)

    def prototypes(self):
        declared = re.findall(r"^HELLO_API\s([^;]*?\b(\w+)\([^;]*\);)", self.header, re.M)
        return "\n".join(re.sub(r"\n\s+", "\n    ", text) for text, name in declared
                         if name in self.names)

    def struct(self, tag):
        return only(tag, re.findall(rf"^struct {tag} {{.*?^}};", self.header, re.M | re.S))

    def enum(self, tag):
        return only(tag, re.findall(rf"^enum {tag} {{.*?^}};", self.header, re.M | re.S))

    def typedef(self, name):
        return re.sub(r"\n\s+", "\n    ", only(name, re.findall(
            rf"^typedef [^;]*\b{name}\([^;]*;", self.header, re.M)))

    def fill(self, line):
        command = re.fullmatch(r"@([A-Z]+)((?: [\w-]+)*)@", line)
        if not command:
            return line
        code = getattr(self, command[1].lower())(*command[2].split())
        return "```\n" + code.rstrip("\n").replace("\\", "\\\\") + "\n```"


def tidy(page):
    """Remove empty paragraphs, which linters complain of, and hyphens within names: TH allows them."""
    page = re.sub(r"^(\.TH .*\n)", r"\1.nh\n", page, flags=re.M)
    page = re.sub(r"^(\.S[HS] .*\n)\.P\n", r"\1", page, flags=re.M)
    return re.sub(r"^\.P\n(?=\.(?:SH|SS|P|RS|RE|TP)\b|\Z)", "", page, flags=re.M)


def main(scdoc, page, root, output):
    text = read(page)
    filler = Filler(text, root)
    filled = "\n".join(filler.fill(line) for line in text.split("\n"))
    result = subprocess.run([scdoc], input=filled, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"scdoc does not take {page}")
    with open(output, "w", encoding="utf-8") as file:
        file.write(tidy(result.stdout))


if __name__ == "__main__":
    main(*sys.argv[1:])
