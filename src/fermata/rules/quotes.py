"""What somebody no longer says, found where others quote it. Pure: the text itself is not needed, only its lines' form.

A deleted message leaves digests of its lines behind and nothing else, so a quote is known by whole lines: one that is
marked as a quote, however short, one that stands in quotation marks, or one that stands by itself and is long enough
to be no chance. Half of a line leaves another digest, and is not known again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SHORTEST = 12
"""Characters from which the same line said again is a copy and no chance."""
_SPACES = re.compile(r"\s+")
_MARK = re.compile(r"^\s*(?:(?:>|&gt;)\s?)+")
_MARKED_LINE = re.compile(r"^[ \t]*(?:(?:>|&gt;)[ \t]?)+(?P<inner>[^\n]*)", re.MULTILINE)
# Any two neighbours may be a pair: who leaves one mark out must not turn all others around.
_QUOTATION = re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb`]+|&quot;")
_SINGLE = re.compile(r"(?<!\w)['\u2018](?P<inner>(?=\S)[^\n]{3,400}?(?<=\S))['\u2019](?!\w)")
_OUTER = " \t\"'`\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019.,;:!?\u2026*_~()"
_LEFT_BEFORE_SIGN = re.compile(r"[ \t]+(?=[:,;.](?:\s|$))")
_LEFT_AT_START = re.compile(r"^[ \t]*[:,;.!?\u2013\u2014-]*[ \t]+|^[:,;.!?]+$", re.MULTILINE)
_WIDE = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text that may be struck, with the quotation marks around it."""

    start: int
    end: int
    inner_start: int
    inner_end: int
    is_marked: bool = False
    """It is a line behind `>`: a quote however short it is."""
    is_code: bool = False
    """It stands in backticks: a single word in them is a name."""


def list_quoted_spans(text: str) -> list[Span]:
    """Return what stands in quotation marks of any kind, or behind `>`; they may overlap."""
    spans = [
        Span(match.start(), match.end(), match.start("inner"), match.end(), is_marked=True)
        for match in _MARKED_LINE.finditer(text)
    ]
    marks = list(_QUOTATION.finditer(text))
    spans += [
        Span(first.start(), last.end(), first.end(), last.start(), is_code="`" in first[0])
        for first, last in pairwise(marks)
    ]
    spans += [Span(match.start(), match.end(), *match.span("inner")) for match in _SINGLE.finditer(text)]
    return spans


def remove_spans(text: str, spans: Sequence[Span]) -> str:
    """Return a text without some places, and without the spaces and the signs that they leave behind."""
    parts, done = [], 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.end > done:
            parts.append(text[done : max(done, span.start)])
            done = span.end
    left = " ".join([*parts, text[done:]])
    left = _LEFT_AT_START.sub("", _LEFT_BEFORE_SIGN.sub("", _WIDE.sub(" ", left)))
    if not any(map(str.isalnum, left)):
        return ""
    return "\n".join(line.strip() for line in left.split("\n") if line.strip(_OUTER))


def list_plain_lines(text: str) -> tuple[str, ...]:
    """Return a text's lines as they are compared: without quote marks, case, outer signs and odd spaces.

    Each line once, in order; empty ones are left out.
    """
    return tuple(dict.fromkeys(filter(None, map(_write_plain, text.split("\n")))))


def strike_quotes(text: str, is_gone: Callable[[str], bool | None]) -> str:
    """Return a text without the lines and the quotes that say again what is no longer said.

    Args:
        is_gone: For a line as `list_plain_lines` gives it: `None` when it is still said, True when its message was
            deleted, False when its author changed it: then only a marked quote is struck, since a bot that turns
            "firing" into "resolved" would otherwise silence every other alert.
    """
    lines = [line for line in text.split("\n") if not _is_quote(line, is_gone)]
    left = "\n".join(lines)
    spans = [
        span
        for span in list_quoted_spans(left)
        if len(plain := _write_plain(left[span.inner_start : span.inner_end])) >= _SHORTEST and is_gone(plain)
    ]
    return remove_spans(left, spans) if spans else left


def _is_quote(line: str, is_gone: Callable[[str], bool | None]) -> bool:
    plain = _write_plain(line)
    if not plain:
        return False
    gone = is_gone(plain)
    if gone is None:
        return False
    return bool(_MARK.match(line)) or (gone and len(plain) >= _SHORTEST)


def _write_plain(line: str) -> str:
    return _SPACES.sub(" ", _MARK.sub("", line)).strip(_OUTER).lower()
