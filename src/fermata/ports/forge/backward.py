"""What a deployment of an older commit changes: the diffs of what it leaves out, read backwards. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fermata.ports.forge.records import ChangedFile, Commit, Event

_HEAD = re.compile(r"@@ -(\S+) \+(\S+) @@")
_OTHER = {"+": "-", "-": "+"}


def list_taken_back(event: Event, read: Mapping[str, Commit]) -> tuple[ChangedFile, ...]:
    """Return the files that a step back changes, the latest commit's first; empty where not all of it is known.

    Each file is of one commit: where several touched it, nobody knows from single diffs what became of its lines.

    Args:
        read: The commits that were read, by id.
    """
    dropped: Sequence[Commit] = [read[sha] for sha in event.dropped if sha in read]
    plain = [one for one in dropped if len(one.parents) < 2]
    files = [_turn(file) for one in plain for file in one.files]
    is_known = event.is_back and len(dropped) == len(event.dropped) and all(one.is_whole for one in plain)
    return tuple(files) if is_known and len({file.path for file in files}) == len(files) else ()


def _turn(file: ChangedFile) -> ChangedFile:
    patch = None if file.patch is None else "\n".join(_turn_line(line) for line in file.patch.split("\n"))
    old = file.path if file.old_path else ""
    return ChangedFile(file.old_path or file.path, old, patch, is_new=file.is_gone, is_gone=file.is_new)


def _turn_line(line: str) -> str:
    if line.startswith("@@"):
        return _HEAD.sub(r"@@ -\2 +\1 @@", line, count=1)
    return f"{_OTHER.get(line[:1], line[:1])}{line[1:]}"
