"""Which frame of a stack says where a program's own code failed: the first one below an exception that is no library's.

A stack has dozens of frames of frameworks, and one or two that somebody can open in an editor.
"""

from __future__ import annotations

import re

from fermata.rules.changes.library_lines import is_library_line

BELOW = 40
"""Lines below an exception in which its frame is looked for: frameworks' frames stand before it."""
_PLACE = re.compile(
    r"(?<![\w$./<>-])[\w$./<>@\\:-]{1,300}\.(?:java|kt|scala|groovy|clj|py|go|rs|cs|fs|vb|php|rb|[cm]?[jt]sx?|exs?|erl|pm|pl)"
    r"(?::|\(|\", line |:line )\d"
)
_HEAD = 1_000


def names_own_place(text: str) -> bool:
    """Answer whether a line names a file with a line number, and the file is no library's."""
    head = text[:_HEAD]
    return _PLACE.search(head) is not None and not is_library_line(head)
