# SPDX-License-Identifier: MIT
"""The differences that are allowed: the rows of the tables in doc/behaviour.md, each with a
predicate of its id in allowed.py or, for the second table, unpatched.py. The tables say what and
why; a predicate says exactly when."""
import re
from dataclasses import dataclass

from cases import Case
from compare import Mismatch
from exchange import Outcome

_ROW = re.compile(r"^\| `([a-z0-9-]+)` \|")

# What the ids of the second table begin with, and those of the table for readers.py.
SECOND = "unpatched-"
READERS = "reader-"

PREDICATES = {}


@dataclass(frozen=True)
class Situation:
    """One mismatch, with everything that the rules read."""
    case: Case
    model: Outcome
    ours: Outcome
    mismatch: Mismatch

    def answer(self, outcome):
        index = self.mismatch.index
        return outcome.answers[index] if 0 <= index < len(outcome.answers) else None


def difference(name):
    def register(predicate):
        PREDICATES[name] = predicate
        return predicate
    return register


def read_table(path):
    """The ids of the rows, in order."""
    with open(path, encoding="utf-8") as file:
        return [match[1] for match in map(_ROW.match, file) if match]


class Table:
    """unpatched: the second table is in force, too."""

    def __init__(self, path, unpatched):
        rows = read_table(path)
        self.readers = [row for row in rows if row.startswith(READERS)]
        self.rows = [row for row in rows if row not in self.readers]
        self.second = [row for row in self.rows if row.startswith(SECOND)]
        self.must_occur = self.second if unpatched else [
            row for row in self.rows if row not in self.second]
        if len(set(rows)) != len(rows):
            raise ValueError(f"{path}: an id stands there twice")
        if set(self.rows) != set(PREDICATES):
            raise ValueError(f"{path} and differences.py do not have the same ids: "
                             f"{sorted(set(self.rows) ^ set(PREDICATES))}")
        if not unpatched:
            self.rows = self.must_occur
        self.seen = {row: 0 for row in self.rows}

    def explain(self, case, model, ours, mismatches):
        """The mismatches that no row allows. Rows that allow one are noted."""
        left = []
        for mismatch in mismatches:
            situation = Situation(case, model, ours, mismatch)
            row = next((r for r in self.rows if PREDICATES[r](situation)), None)
            if row:
                self.seen[row] += 1
            else:
                left.append(mismatch)
        return left

    def unseen(self):
        return [row for row in self.must_occur if not self.seen[row]]
