"""Lines of a change that only say the same in another form, or say something to people alone.

A value in other quotes, a list over several lines, an amount in another unit or a few percent away, an owner, a
description: none of these can be to blame, however much their words look like it. They are marked inert here before
anybody reads the diff for what it can bring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, Hunk
from fermata.rules.changes.entries import Shift, find_ratio, is_read_by_names, list_shifts

_ABOUT = re.compile(
    r"(?:^|\.)(?:description|comments?|authors?|maintainers?|owners?|team|contacts?|runbook\w*|home_?page|docs?|"
    r"documentation|cost_?cent(?:er|re)|display_?name|summary|\w*history_?limit|log_?format\w*|labels?_maintainer|"
    r"label|label_\w+|copyright)$|(?:^|\.)tags\.|formatters\.|annotations\..*(?:runbook|owner|team|checksum|description)"
)
_AMOUNTS = re.compile(
    r"time_?out|memory|cpu|replicas|size|limit|interval|ttl|count|max|min|threads|workers|pool|days|hours|duration|delay"
    r"|storage|capacity|rate|buffer|heap|period|_ms$|seconds"
)
_SMALL = 1.25  # Times more or less up to which no system is planned so closely that it matters.
_SAME = 1.05  # Of two units for one amount: a gigabyte has 1000 or 1024 megabytes.
_LAYOUT = re.compile(r"\.(?:sql|java|kt|cs|go|rs|c|cc|cpp|h|js|ts|tsx|php|scala|swift|json|tf|hcl)$", re.IGNORECASE)
_CREATES = re.compile(r"^\s*create\s+table\b", re.IGNORECASE)
_ENDS = re.compile(r";\s*$")


def leave_out_form(diff: Diff) -> Diff:
    """Return a diff in which lines that only change the form are inert."""
    return Diff(tuple(_read(hunk) for hunk in diff.hunks))


def _read(hunk: Hunk) -> Hunk:
    idle = {line.number for line in _list_idle(hunk)}
    if not idle:
        return hunk
    lines = (replace(line, inert=True) if line.number in idle else line for line in hunk.lines)
    return replace(hunk, lines=tuple(lines))


def _list_idle(hunk: Hunk) -> Iterator[DiffLine]:
    changed = [line for sign in "-+" for line in hunk.list_signed(sign)]
    if hunk.kind is FileKind.INERT:
        return
    if _LAYOUT.search(hunk.path) and all(_say(run, hunk.kind, "-") == _say(run, hunk.kind, "+") for run in _cut(hunk)):
        yield from changed
    elif is_read_by_names(hunk.path):
        shifts = list_shifts([hunk])
        alive = {number for shift in shifts if not _is_idle(shift) for number in _number(shift)}
        yield from (line for line in changed if line.number not in alive)
    elif hunk.kind is FileKind.MIGRATION:
        yield from _list_new_table(hunk.list_signed("+"))


def _list_new_table(lines: Sequence[DiffLine]) -> Iterator[DiffLine]:
    """Yield the lines that make a table: whatever it holds, nobody missed it before."""
    is_inside = False
    for line in lines:
        text = line.text.casefold()
        is_inside = is_inside or (_CREATES.match(text) is not None and "partition of" not in text)
        if is_inside:
            yield line
        is_inside = is_inside and not _ENDS.search(line.text)


def _cut(hunk: Hunk) -> list[list[DiffLine]]:
    """Return the runs of changed lines between those that stayed: who moves past one of them comes in another order."""
    runs: list[list[DiffLine]] = [[]]
    for line in hunk.lines:
        if line.sign != " ":
            runs[-1].append(line)
        elif line.text.strip() and not line.inert:
            runs.append([])
    return runs


def _say(lines: Sequence[DiffLine], kind: FileKind, sign: str) -> str:
    text = "".join("".join(line.text.split()) for line in lines if line.sign == sign and not line.inert)
    return text.casefold() if kind is FileKind.MIGRATION else text


def _number(shift: Shift) -> Iterator[int]:
    yield shift.line.number
    if shift.gone is not None:
        yield shift.gone.number


def is_for_people(name: str) -> bool:
    """Answer whether a name in small letters is one that no program acts on."""
    return bool(_ABOUT.search(name))


def _is_idle(shift: Shift) -> bool:
    if is_for_people(shift.spelled) or _is_other_minute(shift):
        return True
    ratio = find_ratio(shift.old, shift.new) if shift.old is not None and shift.new is not None else None
    if ratio is None:
        return False
    factor = max(ratio, 1 / ratio)
    if factor <= _SAME and shift.old != shift.new and _has_unit(shift):
        return True
    return factor <= _SMALL and _AMOUNTS.search(shift.spelled) is not None


_CRON = re.compile(r"[\"']?(\d{1,2})((?: [\d*/,A-Za-z-]+){4})[\"']?$")


def _is_other_minute(shift: Shift) -> bool:
    """Answer whether a schedule differs in its minute alone."""
    old, new = (_CRON.match((value or "").strip()) for value in (shift.old, shift.new))
    return old is not None and new is not None and old[2] == new[2]


def _has_unit(shift: Shift) -> bool:
    return any(value is not None and value[-1:].isalpha() for value in (shift.old, shift.new))
