"""Merging two changes of one text, line by line, as `git merge-file` does: for systems that are asked without a git.

Stricter than git in one point: changes that touch each other are a conflict even where git would take both.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.kit.diffs import Edit, list_edits, split_lines


def merge_texts(base: str, ours: str, theirs: str) -> str | None:
    """Return our text with the change from base to theirs applied; `None` when both changed the same place.

    The same change on both sides is taken once.
    """
    if ours in (base, theirs):
        return theirs
    lines = split_lines(base)
    mine, others = list_edits(lines, split_lines(ours)), list_edits(lines, split_lines(theirs))
    merged = _unite(mine, others)
    if merged is None:
        return None
    result: list[str] = []
    at = 0
    for edit in merged:
        result += [*lines[at : edit.start], *edit.lines]
        at = edit.stop
    return "".join([*result, *lines[at:]])


def _unite(mine: Sequence[Edit], others: Sequence[Edit]) -> list[Edit] | None:
    """Return the edits of both sides in order; `None` where two that differ overlap or touch."""
    found: list[Edit] = []
    own = {(edit.start, edit.stop, edit.lines) for edit in mine}
    fresh = [edit for edit in others if (edit.start, edit.stop, edit.lines) not in own]
    for edit in sorted([*mine, *fresh], key=lambda one: (one.start, one.stop)):
        # Edits of one side never touch each other.
        if found and edit.start <= found[-1].stop:
            return None
        found.append(edit)
    return found
