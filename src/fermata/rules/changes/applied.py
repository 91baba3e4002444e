"""Whether a run of Terraform, or a step of its state, is what brought a commit of its configuration into effect.

A commit of Terraform's files does nothing until somebody applies it. The run changes a resource of a block that the
commit changed, and has a value in common with it on the same side: one that both take away, or both bring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fermata.rules.changes.blocks import list_heads

if TYPE_CHECKING:
    from fermata.rules.changes.diffs import Diff
    from fermata.rules.changes.live import Change

TERRAFORM = "terraform"
_FILE = re.compile(r"\.(?:tf|tfvars|hcl)(?:\.json)?$", re.IGNORECASE)
_VALUE = re.compile(r"\"([^\"]*)\"|(?<![\w.])(-?\d[\w.]*|true|false)(?![\w.])|=\s*([^\s\"\[{(][^\"\[{(]*?)\s*$")
_SHORTEST = 3
"""Characters of a value that says something without the block that it stands in."""


def is_configuration(change: Change) -> bool:
    """Answer whether all that a commit changes are files of Terraform's."""
    files = [hunk.path for hunk in change.diff.effective]
    return bool(files) and all(_FILE.search(path) for path in files)


def touches(run: Change, change: Change) -> bool:
    """Answer whether a run changed a resource of a block that a commit changed; a variable may stand for any."""
    own, theirs = _list_heads(change.diff), _list_heads(run.diff)
    return bool(own & theirs) or not own


def applies(run: Change, change: Change) -> bool:
    """Answer whether a run brought what a commit says."""
    own, theirs = _list_heads(change.diff), _list_heads(run.diff)
    least = 1 if own & theirs else _SHORTEST
    if own and not own & theirs:
        return False
    pairs = zip(_list_novel(change.diff), _list_novel(run.diff), strict=True)
    return any(len(value) >= least for mine, done in pairs for value in mine & done)


def find_run(change: Change, changes: Sequence[Change]) -> Change | None:
    """Return the run that applied a commit, the first one after it; a run without a time may have been any."""
    runs = [one for one in changes if one.facts.kind == TERRAFORM and one.facts.diff_read and not one.is_unconfirmed]
    late = (one for one in runs if one.facts.changed_at >= change.facts.changed_at or not one.facts.is_dated)
    fitting = [one for one in late if one is not change and applies(one, change)]
    return min(fitting, key=lambda one: (not one.facts.is_dated, one.facts.changed_at, one.id), default=None)


def is_all_of(run: Change, commits: Sequence[Change]) -> bool:
    """Answer whether a run changed nothing but resources of blocks that these commits changed."""
    theirs = frozenset(head for commit in commits for head in _list_heads(commit.diff))
    return all(list_heads(hunk) & theirs for hunk in run.diff.effective)


def is_missed(change: Change, changes: Iterable[Change]) -> bool:
    """Answer whether runs are known that changed the same block, and none of them brought what a commit says."""
    return any(one.facts.kind == TERRAFORM and one.facts.diff_read and touches(one, change) for one in changes)


def _list_heads(diff: Diff) -> frozenset[str]:
    return frozenset(head for hunk in diff.effective for head in list_heads(hunk))


def _list_novel(diff: Diff) -> tuple[frozenset[str], frozenset[str]]:
    """Return the values that a diff takes away, and those that it brings."""
    gone, come = (
        frozenset(value for line in lines for found in _VALUE.findall(line.text) for value in found if value)
        for lines in (diff.removed, diff.added)
    )
    return gone - come, come - gone
