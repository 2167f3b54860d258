#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures each step from the model's Go program to the shipped hellod, for linux/amd64.

    script/bootstrap sizes
    doc/sizes/measure.py out/hellod

Writes sizes.tsv and sizes.svg beside this file, and the table of ../minimal-image.md. The argument is
hellod out of the image, which Debian trixie's musl is in: the last step."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CROSS = ["--cross-file", "docker/cross/linux-amd64.ini"]
PLAIN = ["-Doptimization=2", "-Db_lto=false"]


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, **options)


def go(folder, *flags):
    output = folder / "go"
    run("go", "build", "-o", output, *flags, HERE / "hello.go",
        env=os.environ | {"CGO_ENABLED": "0", "GO111MODULE": "off", "GOFLAGS": "",
                          "GOCACHE": str(folder / "cache")})
    return output.stat().st_size


def copy(folder, name):
    tree = folder / name
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", "build*", "libmicrohttpd-*.*.*[0-9]"))
    return tree


def hellod(tree, name, *options):
    """The size of a stripped hellod, built with these options."""
    run("meson", "setup", name, "-Dtests=disabled", "-Dexamples=disabled", "-Dman=disabled", *options,
        cwd=tree)
    run("ninja", "-C", name, "daemon/hellod", cwd=tree)
    stripped = tree / name / "stripped"
    run("strip", "-o", stripped, tree / name / "daemon/hellod")
    return stripped.stat().st_size


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path}: {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def whole_microhttpd(build):
    """With the threads and the poll() loop that libhello has no use for."""
    names = ("MHD_USE_POSIX_THREADS", "HAVE_PTHREAD_H", "HAVE_POLL", "HAVE_POLL_H")
    settings = "".join(f"config.set('{name}', 1)\n" for name in names)
    replace(build, "config.set('EPOLL_SUPPORT', 1)", settings + "config.set('EPOLL_SUPPORT', 1)")
    replace(build, "  'src/microhttpd/reason_phrase.c',", "  'src/microhttpd/mhd_threads.c',\n  'src/microhttpd/reason_phrase.c',")
    replace(build, "'-Dconnection_get_wait(connection)=UINT64_MAX',", "")


def steps(folder, shipped):
    yield "Go", go(folder)
    yield "Go, stripped", go(folder, "-ldflags=-s -w")
    tree = copy(folder, "tree")
    large = copy(folder, "large-printf")
    replace(large / "daemon/meson.build", "hellod_sources, static_sources,", "hellod_sources,")
    threaded = copy(folder, "threads")
    replace(threaded / "daemon/meson.build", "hellod_sources, static_sources,", "hellod_sources,")
    whole_microhttpd(threaded / "subprojects/packagefiles/libmicrohttpd/meson.build")
    # musl's own vsnprintf() on amd64 wants nothing of libgcc; glibc brings what it wants.
    yield "C, glibc, static", hellod(tree, "glibc", "-Dbuildtype=release", "-Ddefault_library=static",
                                     "-Dc_link_args=-static", "-Db_pie=false", "--wrap-mode=forcefallback")
    yield "musl, static PIE", hellod(threaded, "musl", *CROSS, *PLAIN)
    yield "for size", hellod(threaded, "small", *CROSS, "-Db_lto=false")
    yield "link-time optimisation", hellod(threaded, "lto", *CROSS)
    yield "no threads in MHD", hellod(large, "lto", *CROSS)
    yield "printf without floats", hellod(tree, "printf", *CROSS)
    yield "packed relocations, no section headers", shipped.stat().st_size


PLOT = """
set terminal svg size 760,380 font 'Arial,13' background rgb 'white'
set output 'sizes.svg'
set title 'One static file for linux/amd64, in bytes (logarithmic)'
set logscale x 10
set xrange [50000:20000000]
set yrange [{rows}-0.4:-0.6]
set datafile separator tab
set style fill solid 0.85 noborder
set border 3
set tics nomirror
set grid xtics
unset key
set lmargin 36
plot 'sizes.tsv' using (50000):0:(50000):2:($0-0.32):($0+0.32):ytic(1) with boxxyerror lc rgb '#3a6ea5', '' using 2:0:(sprintf('  %s', stringcolumn(3))) with labels left
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shipped", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = list(steps(pathlib.Path(name), arguments.shipped))
    tsv = HERE / "sizes.tsv"
    tsv.write_text("".join(f"{what}\t{size}\t{size:,}\n" for what, size in rows), encoding="utf-8")
    script = PLOT.format(rows=len(rows))
    run("gnuplot", "-", input=script, text=True, cwd=HERE)  # names in the picture are without folders
    write_table(rows)


def write_table(rows):
    lines = [f"| {what} | {size:,} | {100 * size / rows[0][1]:.1f} % |\n" for what, size in rows]
    page = HERE.parent / "minimal-image.md"
    text = page.read_text(encoding="utf-8")
    text, count = re.subn(r"(?m)^(\|---\|---:\|---:\|\n)(\|.*\n)+", lambda match: match[1] + "".join(lines), text)
    assert count == 1, page
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
