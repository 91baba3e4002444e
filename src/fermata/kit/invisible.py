"""What stands in a text and is not seen: a terminal's colour codes, and characters without width.

They part words that look whole: a program that reads `pass<zero width>word` as it is finds no password in it.
"""

from __future__ import annotations

import re

# ECMA-48: control sequences such as colours, and operating system commands such as a window's title, bounded.
_SEQUENCE = r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)"
# Soft hyphen, zero-width space, (non-)joiner, word joiner and its kin, byte order mark, and what turns the direction.
_WIDTHLESS = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_INVISIBLE = re.compile(f"{_SEQUENCE}|[{_WIDTHLESS}]")
_COLOURS = re.compile(_SEQUENCE)


def strip_colours(text: str) -> str:
    """Return text without a terminal's control sequences."""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def strip_invisible(text: str) -> str:
    """Return text without control sequences and without characters that have no width."""
    if text.isascii() and "\x1b" not in text:
        return text
    return _INVISIBLE.sub("", text)
