"""Lines as they come from anywhere, made readable without losing what they say: encodings, colours, gigantic lines."""

from __future__ import annotations

import re

from fermata.rules.condense.wording import find_telling

LONGEST_LINE = 2_000
"""Characters of a line that are looked at; of a longer one its head, and what lies around its telling part."""
GAP = " [...] "
"""Stands between the two parts of a line that was cut."""
_HEAD = 240
_BEFORE = 120
_AFTER = 60  # What must follow the telling words for the head alone to do.
SEARCHED = 200_000
"""Characters of a gigantic line that are searched for words: a batch that was logged whole, in some 40 ms."""
# CSI sequences (ECMA-48, 5.4): parameters, intermediates, one final byte. Bounded: a forged one is left as it is.
_ANSI = re.compile(
    r"\x1b\[[0-?]{0,32}[ -/]{0,4}[@-~]"
    # Strings to the terminal (5.6): a title, a link's address. They end with a bell or with ST.
    r"|\x1b[\]PX^_][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


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


def flatten(text: str) -> str:
    """Return the text on one line: what else ends a line for a reader (U+2028, form feed) becomes a blank."""
    return " ".join(strip_controls(text).splitlines())


def cut_line(text: str, length: int = LONGEST_LINE) -> str:
    """Return at most `length` characters of a line, each part verbatim.

    Of a longer line that is its head, and where it tells something further on, what lies around that: the last cause
    of a stack that was logged in one line, else the first words of a fault.
    """
    if len(text) <= length:
        return text
    searched = text[:SEARCHED]
    cause = searched.rfind("Caused by: ")
    found = cause if cause >= 0 else find_telling(searched, _HEAD)
    if found is None or found + _AFTER <= length:
        return text[:length]
    start = found - min(_BEFORE, (length - _HEAD) // 4)
    return text[:_HEAD] + GAP + text[start : start + length - _HEAD - len(GAP)]
