"""Unified diffs: written, read for what they add, and shown without secrets.

Whatever brings changes as diffs (git, a forge) shows them through here, so that the same commit looks the same whoever
tells of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from fermata.kit.hiding import LONGEST_LINE, Hidden, LineHider, find_placeholder

_SETTING = re.compile(
    r"(?P<head>[ +-]?\s*(?:export\s+)?)(?P<name>[A-Za-z_][\w.-]*)(?P<equals>\s*[=:]\s*)(?P<value>\S.*)"
)
_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d{1,9}))? \+(?P<start>\d+)(?:,(?P<new>\d{1,9}))? @@")
_CONTEXT = 3
_PLAIN = "100644"
_NO_NEWLINE = "\\ No newline at end of file\n"
_DATA_SUFFIXES = frozenset({".env", ".ini", ".cfg", ".conf", ".properties", ".yaml", ".yml", ".toml"})


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of one text that become others."""

    start: int
    """First line, from 0."""
    stop: int
    """Behind the last one; equal to `start` where lines are only added."""
    lines: tuple[str, ...]
    """With their ends."""
    at: int
    """Where they stand in the new text, from 0."""


def hide_diff(lines: Sequence[str], declared: Collection[str] = (), longest: int = LONGEST_LINE) -> Hidden:
    """Redact a diff. In files of settings, values of secret names go too; in code a name alone gives nothing away.

    Args:
        declared: Paths that are files of settings whatever they are called.
        longest: Characters kept of a line; 0 keeps them all.
    """
    hider = LineHider(longest)
    is_data = False
    hunk = _Hunk()
    for line in lines:
        # Within a hunk it is a line that begins with two signs, and names no file.
        if not hunk.takes(line) and line.startswith(("+++ ", "--- ")):
            path = line[4:].removeprefix("a/").removeprefix("b/")
            is_data = path in declared or _is_data(path)
        # The sign stays: a diff without it could not be told from its own context.
        sign = line[:1] if line[:1] in "+- " else ""
        if not hider.add_if_key(line, sign):
            hider.add(line, partial(_hide_further, sign=sign, is_data=is_data))
    return hider.finish()


def hide_settings(lines: Sequence[str]) -> Hidden:
    """Redact the lines of a file of settings: by look, and values by their names. None of them names another file."""
    hider = LineHider(LONGEST_LINE)
    for line in lines:
        if not hider.add_if_key(line):
            hider.add(line, _hide_setting)
    return hider.finish()


def _hide_further(text: str, *, sign: str, is_data: bool) -> str:
    """Return a redacted line with its sign, which some secrets may begin with, and without what its file names one."""
    kept = text if text.startswith(sign) else sign + text
    return _hide_setting(kept) if is_data else kept


@dataclass(slots=True)
class _Hunk:
    """The hunk that is being read: how many lines of the old and of the new text are still to come, as it says."""

    old: int = 0
    new: int = 0

    def takes(self, line: str) -> bool:
        """Answer whether a line is one of the hunk's; one that is none ends it, and may begin the next."""
        sign = line[:1] or " "
        if (self.old <= 0 and self.new <= 0) or sign not in "+- \\":
            match = _HUNK.match(line)
            self.old, self.new = (int(match["old"] or 1), int(match["new"] or 1)) if match else (0, 0)
            return False
        self.old -= sign in "- "
        self.new -= sign in "+ "
        return True


def is_changed(line: str) -> bool:
    """Answer whether a line of a diff went or came, and is no header: an SQL comment that came (`+-- x`) is none."""
    return line.startswith(("+", "-")) and not line.startswith(("+++ ", "--- "))


def list_added(diff: str) -> dict[str, tuple[int, ...]]:
    """Return the line numbers each file's diff adds or changes, as of that diff; a deleted file has none."""
    added: dict[str, list[int]] = {}
    path, number, is_in_hunk = "", 0, False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            is_in_hunk = False
        elif not is_in_hunk and line.startswith("+++ "):
            path = "" if line == "+++ /dev/null" else line[4:].removeprefix("b/").rstrip("\t")
        elif match := _HUNK.match(line):
            number, is_in_hunk = int(match["start"]), True
        elif is_in_hunk and line.startswith("+"):
            added.setdefault(path, []).append(number)
            number += 1
        elif is_in_hunk and line.startswith(" "):
            number += 1
    return {name: tuple(numbers) for name, numbers in added.items() if name}


def write_diff(path: str, before: str | None, after: str | None, *, mode: str = _PLAIN) -> str:
    """Return a file's change as git writes it, without ids: a header, three lines of context; empty for none.

    Args:
        before: The whole text; `None` when there was no such file.
        after: The whole text; `None` when there is none any more.
        mode: Of a file that comes or goes: one that is not the plain one is told.
    """
    if before == after:
        return ""
    old = "/dev/null" if before is None else f"a/{path}"
    new = "/dev/null" if after is None else f"b/{path}"
    lines, changed = split_lines(before or ""), split_lines(after or "")
    hunks = [_write_hunk(group, lines) for group in _group(list_edits(lines, changed))]
    verb = "new" if before is None else "deleted"
    told = f"{verb} file mode {mode}\n" if mode != _PLAIN and None in (before, after) else ""
    return f"diff --git a/{path} b/{path}\n{told}--- {old}\n+++ {new}\n{''.join(hunks)}"


def list_edits(base: Sequence[str], other: Sequence[str]) -> list[Edit]:
    """Return what changes from the first lines to the second ones, in order; no two touch."""
    # What is equal at both ends is left out: the matcher's cost grows with the square of what repeats.
    head = 0
    while head < min(len(base), len(other)) and base[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(base), len(other)) - head and base[-1 - tail] == other[-1 - tail]:
        tail += 1
    inner, changed = base[head : len(base) - tail], other[head : len(other) - tail]
    codes = difflib.SequenceMatcher(None, inner, changed, autojunk=False).get_opcodes()
    return [
        Edit(head + start, head + stop, tuple(changed[low:high]), head + low)
        for tag, start, stop, low, high in codes
        if tag != "equal"
    ]


def _group(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Put edits whose context would overlap or meet into one hunk."""
    groups: list[list[Edit]] = []
    for edit in edits:
        if groups and edit.start - groups[-1][-1].stop <= 2 * _CONTEXT:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _write_hunk(edits: Sequence[Edit], base: Sequence[str]) -> str:
    first, last = edits[0], edits[-1]
    start, stop = max(first.start - _CONTEXT, 0), min(last.stop + _CONTEXT, len(base))
    rows, at = [], start
    for edit in edits:
        rows += [f" {line}" for line in base[at : edit.start]]
        rows += [f"-{line}" for line in base[edit.start : edit.stop]]
        rows += [f"+{line}" for line in edit.lines]
        at = edit.stop
    rows += [f" {line}" for line in base[at:stop]]
    growth = sum(len(edit.lines) - (edit.stop - edit.start) for edit in edits)
    old = _write_range(start, stop - start)
    new = _write_range(first.at - (first.start - start), stop - start + growth)
    body = "".join(row if row.endswith("\n") else f"{row}\n{_NO_NEWLINE}" for row in rows)
    return f"@@ -{old} +{new} @@\n{body}"


def _write_range(start: int, length: int) -> str:
    # Where there is no line, the one before is named; one line needs no length.
    return f"{start + 1}" if length == 1 else f"{start + 1 if length else start},{length}"


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends; only a line feed ends one, as for git."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _is_data(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith(".env") or PurePosixPath(name).suffix in _DATA_SUFFIXES


def _hide_setting(line: str) -> str:
    match = _SETTING.fullmatch(line)
    placeholder = find_placeholder(match["name"], match["value"]) if match else None
    if match is None or placeholder is None:
        return line
    return f"{match['head']}{match['name']}{match['equals']}{placeholder}"
