"""What stands in a text and is not seen: a terminal's colour codes, and characters without width.

They part words that look whole: a program that reads `pass<zero width>word` as it is finds no password in it.
"""

from __future__ import annotations

import re

# ECMA-48: control sequences such as colours, and operating system commands such as a window's title, bounded. Their
# introducers have a form of one character, too.
_SEQUENCE = r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,512}(?:\x07|\x1b\\|\x9c)"
WIDTHLESS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""Characters that are not seen, as a class of a regular expression without its brackets: soft hyphen, joiners and
spaces of no width, what turns the direction, fillers that count as letters, selectors of a variant, interlinear
annotations, tags. Unicode's `Default_Ignorable_Code_Point` (DerivedCoreProperties, read 2026-11) with the annotations.
Whole sentences can be written in tags and selectors: no screen shows them, and models read them."""
# The controls of ISO 6429 beyond ASCII, but for the one that ends a line.
_INVISIBLE = re.compile(f"{_SEQUENCE}|[{WIDTHLESS}\x80-\x84\x86-\x9f]")
_COLOURS = re.compile(_SEQUENCE)
_INTRODUCERS = ("\x1b", "\x9b", "\x9d")
# C0 and C1 controls but tab and line feed; line separators; what has no width or turns the direction (UAX #9).
_HARMFUL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{WIDTHLESS}]")


def strip_colours(text: str) -> str:
    """Return text without a terminal's control sequences."""
    return _COLOURS.sub("", text) if any(char in text for char in _INTRODUCERS) else text


def strip_invisible(text: str) -> str:
    """Return text without control sequences and without characters that have no width."""
    if text.isascii() and "\x1b" not in text:
        return text
    return _INVISIBLE.sub("", text)


def make_harmless(text: str) -> str:
    r"""Write characters that steer a terminal, are not seen or reorder a line as their escapes (`\x1b`).

    Tab and line feed stay.
    """
    return _HARMFUL.sub(lambda match: ascii(match[0])[1:-1], text)
