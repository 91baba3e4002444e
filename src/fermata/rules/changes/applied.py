"""Whether a run of Terraform, or a step of its state, is what brought a commit of its configuration into effect.

A commit of Terraform's files does nothing until somebody applies it. The run changes a resource of a block that the
commit changed, and has a value in common with it on the same side: one that both take away, or both bring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fermata.rules.changes.blocks import list_heads

if TYPE_CHECKING:
    from fermata.rules.changes.diffs import Diff
    from fermata.rules.changes.live import Change

TERRAFORM = "terraform"
_FILE = re.compile(r"\.(?:tf|tfvars|hcl)(?:\.json)?$", re.IGNORECASE)
_VALUE = re.compile(r"\"([^\"]*)\"|(?<![\w.])(-?\d[\w.]*|true|false)(?![\w.])|=\s*+([^\s\"\[{(=][^\"\[{(=]*+)$")
_SHORTEST = 3
"""Characters of a value that says something without the block that it stands in."""
_SWITCHES = frozenset({"true", "false", "null"})
"""Values that say nothing without it."""


def is_configuration(change: Change) -> bool:
    """Answer whether all that a commit changes are files of Terraform's."""
    files = [hunk.path for hunk in change.diff.effective]
    return bool(files) and all(_FILE.search(path) for path in files)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a diff of Terraform is known by."""

    heads: frozenset[str]
    gone: frozenset[str]
    come: frozenset[str]

    def touches(self, other: _Marks) -> bool:
        """Answer whether both are about a block, or this one about a variable, which may stand for any."""
        return bool(self.heads & other.heads) or not self.heads

    def shares(self, other: _Marks) -> bool:
        """Answer whether both take away a value, or bring one; without a block it has to be one that says something."""
        common = (self.gone & other.gone) | (self.come & other.come)
        if self.heads:
            return self.touches(other) and bool(common)
        return any(len(value) >= _SHORTEST for value in common - _SWITCHES)


class Runs:
    """The runs of Terraform among changes, read once whoever asks."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._found: dict[str, Change | None] = {}

    def find(self, change: Change) -> Change | None:
        """Return the run that applied a commit, the first one after it; a run without a time may have been any."""
        if change.id not in self._found:
            own, since = _read_marks(change.diff), change.facts.changed_at
            fitting = [one for one, marks in self._marked if not one.is_unconfirmed and own.shares(marks)]
            late = (one for one in fitting if one.facts.changed_at >= since or not one.facts.is_dated)
            first = min(late, key=lambda one: (not one.facts.is_dated, one.facts.changed_at, one.id), default=None)
            self._found[change.id] = first
        return self._found[change.id]

    def miss(self, change: Change) -> bool:
        """Answer whether runs are known of a block that a commit changed."""
        own = _read_marks(change.diff)
        return any(own.touches(marks) for _, marks in self._marked)

    @cached_property
    def _marked(self) -> Sequence[tuple[Change, _Marks]]:
        runs = (one for one in self._changes if one.facts.kind == TERRAFORM and one.facts.diff_read)
        return [(one, _read_marks(one.diff)) for one in runs]


def is_all_of(run: Change, commits: Sequence[Change]) -> bool:
    """Answer whether a run changed nothing but resources of blocks that these commits changed."""
    theirs = frozenset(head for commit in commits for head in _list_heads(commit.diff))
    return all(list_heads(hunk) & theirs for hunk in run.diff.effective)


def _read_marks(diff: Diff) -> _Marks:
    return _Marks(_list_heads(diff), *_list_novel(diff))


def _list_heads(diff: Diff) -> frozenset[str]:
    return frozenset(head for hunk in diff.effective for head in list_heads(hunk))


def _list_novel(diff: Diff) -> tuple[frozenset[str], frozenset[str]]:
    """Return the values that a diff takes away, and those that it brings."""
    gone, come = (
        frozenset(value.strip() for line in lines for found in _VALUE.findall(line.text) for value in found if value)
        for lines in (diff.removed, diff.added)
    )
    return gone - come, come - gone
