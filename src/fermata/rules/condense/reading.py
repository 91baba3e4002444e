"""Lines as they come from anywhere, made readable without losing what they say: encodings, colours, gigantic lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fermata.rules.condense.wording import find_telling

LONGEST_LINE = 2_000
"""Characters of a line that are looked at; of a longer one its head, and what lies around its telling part."""
_HEAD = 300
_BEFORE = 160
# So far a gigantic line is searched for words: enough for a batch that was logged whole, and no more than 10 ms.
_SEARCHED = 1_000_000
# CSI sequences (ECMA-48, 5.4): parameters, intermediates, one final byte. Bounded: a forged one is left as it is.
_ANSI = re.compile(r"\x1b\[[0-?]{0,32}[ -/]{0,4}[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a gigantic line that was looked at."""

    start: int
    """Characters before the part."""
    text: str
    """The part, verbatim."""


def decode_line(raw: bytes | str) -> str:
    """Return a line as text without its end; never raises.

    UTF-8 first; the NULs of UTF-16 are dropped, which leaves its Latin letters readable; other bytes become U+FFFD.
    """
    if isinstance(raw, str):
        return raw.rstrip("\r\n")
    if b"\0" in raw:
        raw = raw.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\0", b"")
    return raw.decode("utf-8", "replace").rstrip("\r\n").removeprefix("\ufeff")


def strip_controls(text: str) -> str:
    """Return the text without colours and control characters; a tab stays."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    return text if text.isprintable() else _CONTROL.sub("", text)


def cut_line(text: str, length: int = LONGEST_LINE) -> Cut:
    """Return at most `length` characters in one piece: the head, or the part around the first telling words."""
    if len(text) <= length:
        return Cut(0, text)
    found = find_telling(text[:_SEARCHED], _HEAD)
    if found is None or found < length - _BEFORE:
        return Cut(0, text[:length])
    start = max(0, found - _BEFORE)
    return Cut(start, text[start : start + length])
