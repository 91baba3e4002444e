"""What stands above the lines of a hunk: the file they are of, and what its own head says.

A full diff names the file and gives line numbers; a fragment names the file, or the resource of Terraform, in the head.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fermata.rules.changes.resources import read_address

_HUNK = re.compile(r"^@@(?: -\d+(?:,\d+)? \+\d+(?:,\d+)?)?(?: @@)?\s*(.*?)(?:\s*@@)?\s*$")
_RANGE = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_PATH = re.compile(r"^[^\s()]*[\w-]\.[A-Za-z]\w{0,9}$|^[^\s()]+/[^\s()]+$")


class Head(NamedTuple):
    """What stands above a hunk."""

    path: str
    heading: str = ""
    """A function, a section, or empty."""
    is_file: bool = False
    """Whether the lines of a full diff name the file: what a head says is a place in it then."""


def read_head(text: str, head: Head) -> Head:
    """Return what holds below a line that begins a file or a hunk.

    Args:
        head: What held above it.
    """
    for mark, side in (("+++ ", "b/"), ("--- ", "a/")):
        if text.startswith(mark) and "/dev/null" not in text:
            return Head(text[4:].split("\t", maxsplit=1)[0].removeprefix(side).strip(), is_file=True)
    if not text.startswith("@@"):
        return head
    found = _HUNK.match(text)
    words = found[1] if found else ""
    if not head.is_file and read_address(words):
        return Head(words, words)
    first = next((word for word in words.split() if _PATH.match(word)), "")
    is_other = bool(first) and not head.is_file and _RANGE.match(text) is None
    return Head(first if is_other else head.path or first, words, head.is_file)


def read_span(text: str) -> tuple[int, int] | None:
    """Return the first and the last line in the new file; `None` where the head does not say."""
    found = _RANGE.match(text)
    if found is None:
        return None
    first = int(found[1])
    return first, first + max(int(found[2] or 1), 1) - 1
