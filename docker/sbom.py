# SPDX-License-Identifier: MIT
"""What a static hellod is made of: its bill of materials as SPDX 2.3 JSON, and the licences.

Nothing in it depends on when or where it is made but SOURCE_DATE_EPOCH, 0 without it."""

import argparse
import configparser
import datetime
import hashlib
import json
import os
import pathlib
import platform
import re
import subprocess
import urllib.parse


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def find_musl(file, architecture):
    """The version of the package, with the distribution's changes counted, and the distribution. None
    where musl came otherwise."""
    if file:
        return pathlib.Path(file).read_text(encoding="ascii").split()
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", f"musl-dev:{architecture}"],
                              capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None, None
    system = platform.freedesktop_os_release()
    return done.stdout, f"{system['ID']}-{system.get('VERSION_ID', system.get('VERSION_CODENAME'))}"


def package(name, version, licence, origin, **more):
    """One package; origin is where its source can be had."""
    return {
        "SPDXID": f"SPDXRef-{name}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": origin,
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        **more,
    }


def checksum(value):
    return {"checksums": [{"algorithm": "SHA256", "checksumValue": value}]}


def purl(locator):
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}


def names(locator, vendor, product, version):
    """What scanners look a component up by: its package URL, and its CPE without Debian's revision. The
    vendor and the product are those of NVD's dictionary."""
    upstream = re.sub(r"^\d+:|-[^-]*$", "", version)
    return {"externalRefs": [
        purl(locator),
        {"referenceCategory": "SECURITY", "referenceType": "cpe23Type",
         "referenceLocator": f"cpe:2.3:a:{vendor}:{product}:{upstream}:*:*:*:*:*:*:*"}]}


def musl_names(version, distribution):
    """Of the source package: distributions name that one in their reports of vulnerabilities."""
    vendor, quoted = distribution.split("-")[0], urllib.parse.quote(version, safe="")
    return names(f"pkg:deb/{vendor}/musl@{quoted}?arch=source&distro={distribution}", "musl-libc", "musl",
                 version)


def bill(arguments):
    wrap = configparser.ConfigParser()
    wrap.read(arguments.wrap)
    wrap = wrap["wrap-file"]
    microhttpd = wrap["directory"].removeprefix("libmicrohttpd-")
    musl, distribution = find_musl(arguments.musl_version, arguments.architecture)
    hellod = sha256(arguments.hellod)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    patches = [name.strip() for name in wrap.get("diff_files", "").split(",") if name.strip()]
    packages = [
        package("hello", arguments.version, "MIT", "NOASSERTION", primaryPackagePurpose="APPLICATION",
                packageFileName="hellod", **checksum(hellod),
                # No CPE: NVD's dictionary does not list this program.
                externalRefs=[purl(f"pkg:generic/libhello@{arguments.version}")]),
        package("libmicrohttpd", microhttpd, "LGPL-2.1-or-later", wrap["source_url"],
                packageFileName=wrap["source_filename"], **checksum(wrap["source_hash"]),
                **names(f"pkg:generic/libmicrohttpd@{microhttpd}?download_url="
                        + urllib.parse.quote(wrap["source_url"], safe=""), "gnu", "libmicrohttpd", microhttpd),
                sourceInfo="the tarball, changed by " + ", ".join(patches)),
        package("musl", musl or "NOASSERTION", "MIT", "https://musl.libc.org/",
                packageFileName=arguments.libc.name, **checksum(sha256(arguments.libc)),
                **(musl_names(musl, distribution) if musl else {}),
                sourceInfo="the archive that was linked, of the package musl-dev"),
    ]
    links = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-hello"),
             ("SPDXRef-hello", "STATIC_LINK", "SPDXRef-libmicrohttpd"),
             ("SPDXRef-hello", "STATIC_LINK", "SPDXRef-musl")]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"hellod-{arguments.version}-linux-{arguments.architecture}",
        "documentNamespace": f"https://spdx.org/spdxdocs/hellod-{arguments.version}-{hellod}",
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "creators": ["Tool: libhello-docker-sbom.py"]},
        "packages": packages,
        "relationships": [{"spdxElementId": a, "relationshipType": how, "relatedSpdxElement": b}
                          for a, how, b in links],
    }


def licences(arguments):
    """The text of each, in full, as the LGPL wants it with a binary."""
    parts = [("hello (MIT)", arguments.licence),
             ("GNU libmicrohttpd (LGPL-2.1-or-later)", arguments.microhttpd_licence),
             ("musl (MIT)", arguments.musl_licence)]
    return "\n".join(f"==== {title} ====\n\n{path.read_text(encoding='utf-8')}"
                     for title, path in parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("hellod", "wrap", "libc", "licence", "microhttpd-licence", "musl-licence", "bill",
                 "licences"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--musl-version", help="a file with the version and the distribution, or dpkg is asked")
    parser.add_argument("--architecture", required=True)
    arguments = parser.parse_args()
    arguments.bill.write_text(json.dumps(bill(arguments), indent=2) + "\n", encoding="utf-8")
    arguments.licences.write_text(licences(arguments), encoding="utf-8")


if __name__ == "__main__":
    main()
