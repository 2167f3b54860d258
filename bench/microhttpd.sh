#!/bin/sh
# SPDX-License-Identifier: MIT
# Build libmicrohttpd as it comes: the pinned source, upstream's own configure, none of our patches.
# Usage: microhttpd.sh TARBALL SHA256 OUTPUT-FOLDER WORK-FOLDER
set -eu
tarball=$1
output=$(realpath "$3")
work=$4

echo "$2  $tarball" | sha256sum --check --quiet || {
    echo "script/bootstrap fetches it" >&2
    exit 1
}
rm -rf "$work"
mkdir -p "$work"
tar -xzf "$tarball" -C "$work" --strip-components=1
cd "$work"
{
    ./configure --disable-shared --disable-https --disable-doc --disable-examples --disable-tools \
        --disable-curl --disable-dependency-tracking CFLAGS=-O2
    make -C src/microhttpd libmicrohttpd.la
} >build.log 2>&1 || {
    tail -n 50 build.log >&2
    exit 1
}
cp src/microhttpd/.libs/libmicrohttpd.a src/include/microhttpd.h "$output"
