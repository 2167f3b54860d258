# SPDX-License-Identifier: MIT
"""The tarball of meson dist, of the tree as it is now."""
import os
import pathlib
import subprocess
import tarfile

BUILD = os.environ["MESON_BUILD"]


def run(*command, **options):
    """Its output, or a failure with it."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n"
                             f"{done.stdout[-6000:]}")
    return done.stdout


def make():
    """Its path. A test that runs beside another makes the same file."""
    said = run("meson", "dist", "-C", BUILD, "--no-tests", "--allow-dirty", "--formats", "gztar")
    return pathlib.Path(said.split("Created ")[1].strip())


def unpack(tarball, folder):
    """The only folder in it."""
    with tarfile.open(tarball) as archive:
        archive.extractall(folder)
    unpacked, = pathlib.Path(folder).iterdir()
    return unpacked
