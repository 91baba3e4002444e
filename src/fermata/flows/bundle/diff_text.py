"""Which files a diff touches and which lines it adds: unified diffs, and fragments of them.

A fragment has no `---`/`+++` lines and perhaps no line numbers; the text between its `@@` may name a path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.facts import FileChange

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_LOOSE_HUNK = re.compile(r"@@+ ?(.*?) ?(?:@@+.*)?$")
_PATH = re.compile(r"(?:^|[\s(])((?:[\w.@+-]+/)+[\w.@+-]+|[\w@+-]+(?:\.[\w-]+){0,3}\.[A-Za-z]{1,10})(?=$|[\s:,)])")
_GIT = re.compile(r'diff --git "?a/(.+?)"? "?b/(.+?)"?$')
_CHANGED = re.compile(r"^[+-](?![+-]{2} )")


def is_diff(text: str) -> bool:
    """Answer whether a text is a diff or a fragment of one: it has a hunk's head, or lines added or taken away."""
    return any(line.startswith(("@@", "diff --git ", "+++ ")) or _CHANGED.match(line) for line in text.split("\n"))


def list_file_changes(diff: str, named: Sequence[str] = ()) -> tuple[FileChange, ...]:
    """Return the files of a diff with the line numbers of what it adds, then those that are only named.

    Args:
        named: Paths the record names beside its diff. A single one is what a fragment without any path is of.
    """
    added: dict[str, list[int]] = {}
    path = named[0] if len(named) == 1 else ""
    number = 0
    for line in diff.split("\n"):
        if match := _GIT.match(line):
            path, number = match[2], 0
            added.setdefault(path, [])
        elif line.startswith("+++ ") and line != "+++ /dev/null":
            path, number = line[4:].removeprefix("b/").rstrip("\t").partition("\t")[0], 0
            added.setdefault(path, [])
        elif line.startswith("--- "):
            continue
        elif match := _HUNK.match(line):
            number = int(match[1])
        elif line.startswith("@@"):
            path, number = _find_loose_path(line) or path, 0
            if path:
                added.setdefault(path, [])
        elif number and line.startswith("+"):
            added.setdefault(path, []).append(number)
            number += 1
        elif number and not line.startswith(("-", "\\")):
            number += 1
    files = [FileChange(path=name, added=tuple(lines)) for name, lines in added.items() if name]
    known = {file.path for file in files}
    return (*files, *(FileChange(path=name) for name in dict.fromkeys(named) if name and name not in known))


def _find_loose_path(line: str) -> str:
    match = _LOOSE_HUNK.match(line)
    found = _PATH.search(match[1]) if match else None
    return found[1] if found else ""
