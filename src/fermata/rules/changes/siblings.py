"""Which changes are taken back together: of one release, a switch and its code, a run and the commit behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fermata.rules.changes.judge import RankedChange


def is_sibling(one: RankedChange, other: RankedChange) -> bool:
    """Answer whether two changes were released together, or are two sides of one: one step takes both back."""
    if bool(one.effect.times) and dict(one.effect.times) == dict(other.effect.times):
        return True
    return is_switched(one, other) or is_same(one, other)


def is_same(one: RankedChange, other: RankedChange) -> bool:
    """Answer whether two changes are one: the run of Terraform or of a migration, and the commit that it brought."""
    return other.id in one.effect.times or one.id in other.effect.times or _is_same_diff(one, other)


def _is_same_diff(one: RankedChange, other: RankedChange) -> bool:
    """Answer whether two changes do the same: a migration that was run, and the commit that wrote it."""
    both = [
        [(line.sign, line.text) for line in (*own.change.diff.removed, *own.change.diff.added)] for own in (one, other)
    ]
    return "migration" in (one.change.facts.kind, other.change.facts.kind) and bool(both[0]) and both[0] == both[1]


def is_switched(one: RankedChange, other: RankedChange) -> bool:
    """Answer whether one of two changes turned on the code of the other."""
    return one.turned_by == other.id or other.turned_by == one.id
