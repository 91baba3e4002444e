"""Text from outside inside Discord's Markdown: shown as it stands, never a format, a link, a mention or an emoji.

Discord takes a backslash before any character that is no letter, digit or space for "as it stands" (its own parser is
built on simple-markdown, whose rule `escape` is that). Inside a block of code nothing is read but its end, three
backticks: text that holds them cannot stand in one. Pure.
"""

from __future__ import annotations

import re

from fermata.kit.invisible import make_harmless

FENCE = "```"
# What begins or ends something anywhere: emphasis, code, spoilers, links, mentions, timestamps, emoji, addresses.
_SPEAKING = re.compile(r"[\\*_~`|\[\]()<>@]|:(?=\S)")
# What means something only where a line begins: headings, quotes, lists, small print.
_LEADING = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]))", re.MULTILINE)


def escape(text: str) -> str:
    """Write text so that it is shown as it stands; line feeds stay."""
    escaped = _SPEAKING.sub(lambda match: f"\\{match[0]}", make_harmless(text))
    return _LEADING.sub(_escape_leading, escaped)


def _escape_leading(match: re.Match[str]) -> str:
    # A number cannot be escaped itself; the point behind it can.
    return f"{match[1]}{match[2]}\\" if match[2].isdigit() else f"{match[1]}\\{match[2]}"


def can_fence(text: str) -> bool:
    """Answer whether text can stand in a block of code: nothing in it ends it, and no part of it would be left out."""
    return FENCE not in text and not text.startswith("\n")


def fence(text: str, language: str = "") -> str:
    """Return text as a block of code; see `can_fence`."""
    return f"{FENCE}{language}\n{make_harmless(text).removesuffix(chr(10))}\n{FENCE}"
