#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold the man pages against what they are about.

Usage: pages.py lint PAGE...            the made pages, without a complaint
       pages.py header SOURCE_ROOT      every function, member, constant and error of the header
       pages.py daemon SOURCE_ROOT HELLOD   every option, as `hellod --help` has it
"""
import os
import re
import shutil
import subprocess
import sys


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def need(tool):
    if not shutil.which(tool):
        print(f"{tool} is not installed", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)


def fail_if(complaints):
    if complaints:
        sys.exit("FAILED:\n" + "\n".join(complaints))


def lint(*pages):
    need("mandoc")
    complaints = []
    for page in pages:
        result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                check=False)
        complaints += result.stdout.splitlines()
        if result.returncode != 0 and not result.stdout:
            complaints.append(f"{page}: mandoc ended with {result.returncode}")
    fail_if(complaints)


# ---- The header ----


def family(page):
    """The names that a page is about."""
    names = page.split("# NAME\n")[1].split(" - ")[0]
    return [name.strip() for name in names.replace("\n", " ").split(",")]


def section(page, title):
    found = re.search(rf"^# {title}\n(.*?)(?=^# |\Z)", page, re.M | re.S)
    return found[1] if found else ""


def functions(header):
    """Each declared function, with the comment before it."""
    comment = r"(/\*\*(?:(?!\*/).)*\*/)?\s*"
    return re.findall(comment + r"^HELLO_API\s[^;]*?\b(hello_\w+)\([^;]*;", header, re.M | re.S)


def members(header):
    """Each member of a struct that has any."""
    for tag, body in re.findall(r"^struct (\w+) {(.*?)^};", header, re.M | re.S):
        for declaration in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(";"):
            if declaration.strip():
                yield tag, re.search(r"(\w+)(?:\[\d+\])?\s*$", declaration)[1]


def header_complaints(header, pages):
    about = {}
    for file, page in pages.items():
        for name in family(page):
            if name in about:
                yield f"{name} is in {about[name]} and in {file}"
            about[name] = file
    declared = functions(header)
    if len(declared) < 20:
        yield f"found only {declared}"
    for comment, name in declared:
        if name not in about:
            yield f"{name} is in no page"
            continue
        page = pages[about[name]]
        if f"*{name}*(" not in page:
            yield f"{about[name]} says nothing of {name}()"
        for error in set(re.findall(r"-(E[A-Z0-9]+)\b", comment)):
            if error not in section(page, "ERRORS") + section(page, "RETURN VALUE"):
                yield f"{about[name]}: {name}() may return -{error}"
    known = {name for _, name in declared} | set(re.findall(r"^typedef [^;]*\b(hello_\w+)\(", header,
                                                            re.M))
    for name, file in about.items():
        if name not in known | {"libhello", "hellod"}:
            yield f"{file} is about {name}, which the header does not declare"
    text = "\n".join(pages.values())
    for tag, name in members(header):
        if f"_{name}_" not in text:
            yield f"no page has {name} of struct {tag}"
    for name in set(re.findall(r"\bHELLO_(?!API\b|HELLO_H\b)[A-Z_]+\b", header)):
        if name not in text:
            yield f"no page has {name}"


def header(root):
    directory = os.path.join(root, "man")
    pages = {file: read(directory, file) for file in os.listdir(directory)
             if file.endswith(".3.scd")}
    fail_if(list(header_complaints(read(root, "include", "hello", "hello.h"), pages)))


# ---- The daemon ----


def daemon_complaints(text, page):
    entries = dict(re.findall(r"^\*(--[a-z-]+)\*(?: _\w+_)?\n\t(.*?)(?=\n\n|\Z)",
                              section(page, "OPTIONS"), re.M | re.S))
    text = re.sub(r"\n {10,}", " ", text)
    helped = re.findall(r"^  (--[a-z-]+)(?: ([A-Z]+))? +(.*)$", text, re.M)
    if len(helped) < 5:
        yield f"found only {helped} in:\n{text}"
    for flag, argument, description in helped:
        if flag not in entries:
            yield f"{flag} is in --help, not in the page"
            continue
        title = f"*{flag}* _{argument}_" if argument else f"*{flag}*"
        if title + "\n" not in page:
            yield f"the page does not have {title}"
        default = re.search(r"\(default ([^)]*)\)", description)
        if default and not re.search(rf"Default \*?{re.escape(default[1])}\*?\.",
                                     entries[flag].replace("\n\t", " ")):
            yield f"{flag}: --help has the default {default[1]}; the page has {entries[flag]!r}"
    for flag in set(entries) - {flag for flag, _, _ in helped}:
        yield f"{flag} is in the page, not in --help"
    for code, meaning in re.findall(r"\b(\d) ([a-z]+)", text.split("Exit status:")[1]):
        if f"*{code}*\n" not in section(page, "EXIT STATUS"):
            yield f"the page does not have exit status {code}, {meaning}"
    for variable in set(re.findall(r"\b(?:HELLOD_[A-Z]+|PORT)\b(?! *\])", text.split("TIME is")[1])):
        if f"*{variable}*" not in section(page, "ENVIRONMENT"):
            yield f"the page does not have the variable {variable}"


def daemon(root, hellod):
    text = subprocess.run([hellod, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    fail_if(list(daemon_complaints(text, read(root, "man", "hellod.1.scd"))))


if __name__ == "__main__":
    {"lint": lint, "header": header, "daemon": daemon}[sys.argv[1]](*sys.argv[2:])
