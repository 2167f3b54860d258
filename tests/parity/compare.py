# SPDX-License-Identifier: MIT
"""What differs between two outcomes of one case."""
from dataclasses import dataclass

# What decides how a client goes on. The rest of an answer is compared, too.
HARD = ("answers", "status", "location", "connection")


@dataclass(frozen=True)
class Mismatch:
    aspect: str
    index: int  # of the answer; -1 for what concerns them all
    model: object
    ours: object

    def __str__(self):
        where = "" if self.index < 0 else f" of answer {self.index + 1}"
        return f"{self.aspect}{where}: {_short(self.model)} / {_short(self.ours)}"


def _short(value):
    text = repr(value)
    return text if len(text) < 160 else text[:100] + f"... ({len(text)})"


def _compare_answers(index, model, ours):
    if model.status != ours.status:
        yield Mismatch("status", index, model.status, ours.status)
        return
    for name in ("location", "content-length", "content-type"):
        if model.get(name) != ours.get(name):
            yield Mismatch(name, index, model.get(name), ours.get(name))
    if model.body != ours.body:
        yield Mismatch("body", index, model.body, ours.body)


def compare(model, ours):
    """All mismatches between two outcomes."""
    found = []
    if ours.broken or model.broken:
        found.append(Mismatch("broken", -1, model.broken, ours.broken))
    if len(model.answers) != len(ours.answers):
        found.append(Mismatch("answers", -1, len(model.answers), len(ours.answers)))
    for index, pair in enumerate(zip(model.answers, ours.answers)):
        found += _compare_answers(index, *pair)
    if model.open != ours.open:
        words = {True: "open", False: "closed"}
        found.append(Mismatch("connection", -1, words[model.open], words[ours.open]))
    return found
