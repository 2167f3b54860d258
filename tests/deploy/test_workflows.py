# SPDX-License-Identifier: MIT
"""The workflows of GitHub's, which do not run here: their schema, their expressions, their shell."""
import re
import subprocess
import unittest

import yaml

from checkers import ROOT, TOOLS, check
from client import main

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def run(*command, text):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=ROOT)


def steps_of(path):
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


class Workflows(unittest.TestCase):
    def test_are_there(self):
        self.assertEqual([path.stem for path in WORKFLOWS], ["release", "test", "upstream"])

    def test_pass_the_schema_and_the_linter(self):
        for path in WORKFLOWS:
            self.assertEqual(check("workflow.js", path.read_text(encoding="utf-8")), [], path.name)

    def test_are_refused_when_they_are_wrong(self):
        text = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
        for good, bad in {"runs-on:": "run-on:", "matrix.compiler": "matrix.compilr"}.items():
            self.assertIn(good, text)
            self.assertNotEqual(check("workflow.js", text.replace(good, bad)), [], bad)

    def test_pin_each_action_by_its_commit(self):
        for path in WORKFLOWS:
            for line in re.findall(r"^.*\buses:.*$", path.read_text(encoding="utf-8"), re.M):
                self.assertRegex(line, r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+$", path.name)

    def test_grant_only_what_they_name(self):
        for path in WORKFLOWS:
            granted = yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"]
            self.assertNotIn("write", granted.values(), f"{path.name}, for all its jobs")

    def test_run_sound_shell(self):
        for path in WORKFLOWS:
            for script in (step["run"] for step in steps_of(path) if "run" in step):
                self.assertNotIn("${{", script, "an expression can be anything: pass it in env")
                done = run("shellcheck", "--shell", "bash", "-", text=script)
                self.assertEqual(done.returncode, 0, f"{path.name}:\n{script}\n{done.stdout}{done.stderr}")

    def test_name_files_that_are_there(self):
        named = {name for path in WORKFLOWS for step in steps_of(path)
                 for name in re.findall(r"(?:script|docker|\.ci)/[\w.]*\w", step.get("run", ""))}
        self.assertIn("script/bootstrap", named)
        for name in named:
            self.assertTrue((ROOT / name).exists(), name)


class Scripts(unittest.TestCase):
    def test_are_sound_shell(self):
        scripts = [path for path in [ROOT / ".ci/run", *sorted((ROOT / "script").iterdir())]
                   if "python" not in path.read_text(encoding="utf-8").splitlines()[0]]
        done = run("shellcheck", "--exclude", "SC1091", *map(str, scripts), text="")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_find_the_notes_of_a_version(self):
        headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
        for heading in headings:
            done = run("script/notes", heading, text="")
            if heading == "Unreleased" and done.returncode == 1:
                continue  # the commit of a release leaves it empty
            self.assertRegex(done.stdout, r"(?m)^### (Added|Changed|Fixed|Removed)\n\n- ",
                             f"{heading}: {done.stderr}")
            self.assertNotIn("\n## ", done.stdout)
        self.assertEqual(run("script/notes", "0.0.99", text="").returncode, 1)

    def test_find_a_changelog_of_the_usual_form(self):
        """Keep a Changelog: the newest version first, each with its day, and the changes by their kinds."""
        lines = re.findall(r"^##+ .*$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
        first, *versions = [line for line in lines if line.startswith("## ")]
        self.assertEqual(first, "## Unreleased")
        found = [re.fullmatch(r"## ((\d+)\.(\d+)\.(\d+)) - (\d{4}-\d\d-\d\d)", line) for line in versions]
        self.assertNotIn(None, found, versions)
        order = [(*map(int, match.groups()[1:4]), match[5]) for match in found]
        self.assertEqual(order, sorted(order, reverse=True))
        if found:
            self.assertEqual(found[0][1], run("script/version", text="").stdout.strip())
        self.assertLessEqual({line for line in lines if not line.startswith("## ")},
                             {f"### {kind}" for kind in "Added Changed Deprecated Removed Fixed Security".split()})


if __name__ == "__main__":
    main("shellcheck", *TOOLS)
