"""Which part of a changed line is what changed: beside another argument of the same call, a word was there before."""

from __future__ import annotations

import re

from fermata.rules.changes.diffs import DiffLine, Hunk

_BETWEEN = re.compile(r"[,;]")
_OTHER = {"-": "+", "+": "-"}


_COMPLAINS = re.compile(
    r"\b(?:raise|throw)\b|\bpanic!?\(|\b(?:errors\.New|\w*Errorf|\w+(?:Error|Exception|Rejected|Refused))\("
)
_SENTENCE = re.compile(r"\"[^\"\s]*\s[^\"]*\"|'[^'\s]*\s[^']*'|`[^`\s]*\s[^`]*`")


def leave_out_complaint(text: str) -> str:
    """Return a line of a program without the sentence that it fails with: that is what is noticed, not what is done."""
    return _SENTENCE.sub('""', text) if _COMPLAINS.search(text) else text


def find_changed_part(line: DiffLine, hunk: Hunk) -> str:
    """Return the pieces of a changed line, between commas, that do not stand on the other side of its hunk as well.

    A line that shares no piece with the other side changed as a whole, and so did one all of whose pieces stand there.
    """
    if line.sign not in _OTHER or not _BETWEEN.search(line.text):
        return line.text
    there = {piece for one in hunk.list_signed(_OTHER[line.sign]) for piece in _split(one.text)}
    # A call that is open at its end goes on in the next piece, and changed with it.
    own = [piece for piece in _split(line.text) if piece not in there or piece.count("(") > piece.count(")")]
    return ", ".join(own) or line.text


def _split(text: str) -> list[str]:
    return [piece for part in _BETWEEN.split(text) if (piece := part.strip())]
