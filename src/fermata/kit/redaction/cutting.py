"""A text without secrets, no longer than it may be. Cut last: half of a secret looks like none, or like a name."""

from __future__ import annotations

from fermata.kit.redaction.choke_point import Redacted, redact

BEYOND = 1024
"""Characters that are read behind the cut: a secret that stands across it is known by how it goes on."""
_UNSURE = 512
"""Characters at the end of what was read that are never kept: what stands there may go on, too."""


def redact_cut(text: str, longest: int) -> Redacted:
    """Return at most so many characters of a text, redacted before it is cut.

    However long it is, no more than `longest` and `BEYOND` characters are read. Where much is hidden, fewer are left.
    """
    cleaned = redact(text[: longest + BEYOND])
    return Redacted(cut_hidden(cleaned.text, longest, is_whole=len(text) <= longest + BEYOND), cleaned.count)


def cut_hidden(hidden: str, longest: int, *, is_whole: bool) -> str:
    """Return at most so many characters of a redacted text.

    Args:
        hidden: Redacted with `BEYOND` characters more than are kept, or all there were.
        is_whole: It is redacted to its end; otherwise a secret may go on behind it.
    """
    return (hidden if is_whole else hidden[:-_UNSURE])[:longest]
