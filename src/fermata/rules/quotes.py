"""What somebody no longer says, found where others quote it. Pure: the text itself is not needed, only its lines' form.

A deleted message leaves digests of its lines behind and nothing else, so a quote is known by whole lines: one that is
marked as a quote, however short, or one that stands by itself and is long enough to be no chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SHORTEST = 12
"""Characters from which the same line said again is a copy and no chance."""
_SPACES = re.compile(r"\s+")
_MARK = re.compile(r"^\s*(?:(?:>|&gt;)\s?)+")


def list_plain_lines(text: str) -> tuple[str, ...]:
    """Return a text's lines as they are compared: without quote marks, case, outer quotation marks and odd spaces.

    Each line once, in order; empty ones are left out.
    """
    return tuple(dict.fromkeys(filter(None, map(_write_plain, text.split("\n")))))


def strike_quotes(text: str, is_gone: Callable[[str], bool | None]) -> str:
    """Return a text without the lines that say again what is no longer said.

    Args:
        is_gone: For a line as `list_plain_lines` gives it: `None` when it is still said, True when its message was
            deleted, False when its author changed it: then only a marked quote is struck, since a bot that turns
            "firing" into "resolved" would otherwise silence every other alert.
    """
    return "\n".join(line for line in text.split("\n") if not _is_quote(line, is_gone))


def _is_quote(line: str, is_gone: Callable[[str], bool | None]) -> bool:
    plain = _write_plain(line)
    if not plain:
        return False
    gone = is_gone(plain)
    if gone is None:
        return False
    return bool(_MARK.match(line)) or (gone and len(plain) >= _SHORTEST)


def _write_plain(line: str) -> str:
    return _SPACES.sub(" ", _MARK.sub("", line)).strip(" \"'“”").lower()
