"""The shape of a line: its tokens with what varies masked, and what a run of values amounts to folded together.

Two lines of one shape are of one kind beyond doubt; `clustering` decides which shapes are.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from fermata.rules.condense.masking import VARIES, TokenMasks

Shape: TypeAlias = tuple[str, ...]
"""Masked tokens of a line, in order; empty for a blank line."""

# A line is known by its first tokens: a list of ten thousand hosts says nothing more about its kind.
LONGEST_SHAPE = 96
"""Tokens of a line that count."""

_DATE_WORD = re.compile(
    r"\W{0,2}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6},?$"
)
_UNIT = re.compile(
    r"(?:[KMGTP]i?B|B|bytes?|[nmu]?s|secs?|seconds?|mins?|minutes?|hours?|days?|%|[kKMG]bps|[kMG]?Hz|MILLISECONDS)\W{0,3}$"
)
_OPENS = "([{\"'"
_EMPTY = re.compile(r"[(\[{\"']{2}$|\(\)[,;:.]?$|\[\][,;:.]?$|\{\}[,;:.]?$")
# Words that are told apart even in a line made of key=value pairs: what happened, not to whom.
_PAIR = re.compile(
    r"(\W{0,3}(?!(?i:level|lvl|severity|msg|message|event|err|error|reason|op|action|status|state|type)=)"
    r"[A-Za-z_][\w.-]{0,40}=)(?:[^\"'\s]*|\"[^\"]*\"?|'[^']*'?)[,;]?$"
)
_KEY = re.compile(r"\W{0,3}[A-Za-z_][\w.-]{0,40}=")
_KEY_OF_VALUE = re.compile(r"(\W{0,3}[A-Za-z_][\w.-]{0,40}[=:]\W{0,3}).*<\*>")
_SWITCH = re.compile(r"([=:]\W{0,2})(?:true|false|TRUE|FALSE|True|False|null|None|yes|no)(?!\w)")
_PAIRS_OF_LOGFMT = 3


def make_shape(folded: str, masks: TokenMasks) -> Shape:
    """Return the shape of a line whose digits are folded.

    Equal values in a row count once, a unit belongs to its number, and so does the same size in another unit that
    follows in brackets; day and month names beside numbers are part of a time.
    """
    shape: list[str] = []
    for token in map(masks.__getitem__, folded.split(None, LONGEST_SHAPE)[:LONGEST_SHAPE]):
        last = shape[-1] if shape else ""
        if VARIES in last:
            if token == last or _UNIT.match(token):
                continue
            if token.startswith("(<*>") and last != VARIES:
                shape.append(VARIES)
                continue
            if token.startswith("(<*>"):
                continue
        if VARIES in token and _DATE_WORD.match(last):
            _close_date(shape)
            continue
        shape.append(token)
    return tuple(shape)


def _close_date(shape: list[str]) -> None:
    """Let the date words at the end become one value."""
    while shape and _DATE_WORD.match(shape[-1]):
        shape.pop()
    if not shape or VARIES not in shape[-1]:
        shape.append(VARIES)


def frame_shape(shape: Shape) -> Shape:
    """Return the shape with every token that varies reduced to its key, if it has one, and `<*>`.

    A shape that would keep no word at all stays as it is: nothing else tells its lines apart.
    """
    is_pairs = sum(1 for token in shape if "=" in token and _KEY.match(token)) >= _PAIRS_OF_LOGFMT
    frame: list[str] = []
    for token in shape:
        framed = _frame_token(token, is_pairs=is_pairs)
        if not (framed == VARIES and frame and frame[-1] == VARIES):
            frame.append(framed)
    return tuple(frame) if any(token != VARIES for token in frame) else shape


def _frame_token(token: str, *, is_pairs: bool) -> str:
    if is_pairs:
        pair = _PAIR.match(token)
        if pair is not None:
            return pair[1] + VARIES
    if ":" in token or "=" in token:
        token = _SWITCH.sub(r"\1<*>", token)
    if VARIES not in token:
        return VARIES if token[0] in _OPENS and _EMPTY.match(token) else token
    key = _KEY_OF_VALUE.match(token)
    return key[1] + VARIES if key else VARIES
