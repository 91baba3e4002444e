"""What a comment asks for: the grammar of its first line. Pure.

Only the first line counts, and only when it begins with a slash: a quoted command begins with `>`, one in a block of
code with backticks or spaces, an answer of Fermata's with its marker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum

from fermata.kit.errors import UserError
from fermata.kit.units import parse_duration

LONGEST_SNOOZE = timedelta(days=1)
SHORTEST_NONCE = 8
"""Hex digits, as the desk takes them."""
_NONCE = re.compile(rf"[0-9a-f]{{{SHORTEST_NONCE},64}}", re.IGNORECASE)
_OWN = "fermata"
_DRAFT = "generate-postmortem"
"""The one command of the desk that every channel takes without its name."""
_DECISIONS = ("approve", "reject")
_ALIKE = 0.8
"""Of `difflib`: `aprove` and `aproove` are 0.92 and 0.86; `project`, which may stand before a date, is 0.77."""
_ITEM = r"(?:[-*+] +(?:\[[ x]\] +)?)?"
"""Of a list or of a list of boxes: a box that is ticked is no word of whoever ticks it."""
_NEARLY = re.compile(
    rf" {{0,3}}{_ITEM}[`*_]*/?(?:fermata\s+)?(?P<word>[a-z]{{5,9}}):?\s+`?[0-9a-f]{{8,64}}[\s`*_.!]*", re.IGNORECASE
)
# All of a comment: whoever writes no more, below a card, means its plan.
_BARE = re.compile(r"\s*[`*_]*(?:i\s+)?(?:approved?|reject(?:ed)?)[\s`*_.!]*", re.IGNORECASE)
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_HOW = (
    "A decision is the first line of a new comment, as it stands on the card: a slash, the word, the plan's digits, "
    "and nothing before them."
)


class Kind(StrEnum):
    """What is asked for."""

    APPROVE = "approve"
    REJECT = "reject"
    SNOOZE = "snooze"
    ASK = "ask"
    DESK = "fermata"
    """A command of the desk's own: `/fermata status`."""
    WRONG = "wrong"
    """A command of Fermata's that cannot be read; `words` says how it is written."""
    NEARLY = "nearly"
    """What looks like a decision and is none; `words` says how one is written. Machines may write what they like."""
    BARE = "bare"
    """As `NEARLY`, without a plan's digits: only while a plan waits on the issue is it told anything."""


UNHEARD = (Kind.NEARLY, Kind.BARE)
"""What somebody said, and no command."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    kind: Kind
    nonce: str = ""
    words: str = ""
    """The reason, the question, or what follows `/fermata`."""
    span: timedelta = timedelta(0)


def read_command(body: str) -> Command | None:
    """Return the command that a comment begins with; `None` for a comment that is none of Fermata's business."""
    line = body.partition("\n")[0].rstrip()
    if not line.startswith("/"):
        return _find_near_miss(body)
    word, rest = _split(line[1:])
    if word == _OWN:
        word, rest = _split(rest)
        if word not in _READERS:
            if _is_alike(word):
                return Command(Kind.NEARLY, words=_HOW)
            return Command(Kind.DESK, words=f"{word} {rest}".strip() or "help")
    if word == _DRAFT:
        return Command(Kind.DESK, words=f"{word} {rest}".strip())
    reader = _READERS.get(word)
    if reader:
        return reader(rest)
    # A rejection has its reason behind the digits.
    is_meant = _is_alike(word) and _NONCE.fullmatch(_cut_first(rest)[0])
    return Command(Kind.NEARLY, words=_HOW) if is_meant else _find_near_miss(body)


def _find_near_miss(body: str) -> Command | None:
    """Return what says how a decision is written, where some line names one and a plan, and would never be heard.

    Quotes and blocks of code stay nobody's business, and so does what Fermata itself wrote.
    """
    lines = [line for line in _FENCED.sub("", body).splitlines() if not line.startswith((">", "<!-- fermata "))]
    for line in lines if not body.startswith("<!-- fermata ") else ():
        found = _NEARLY.fullmatch(line)
        if found and _is_alike(found["word"].lower()):
            return Command(Kind.NEARLY, words=_HOW)
    return Command(Kind.BARE, words=_HOW) if _BARE.fullmatch(body) else None


def _is_alike(word: str) -> bool:
    """Answer whether a word is a decision's, or is spelt nearly like one."""
    return bool(get_close_matches(word, _DECISIONS, n=1, cutoff=_ALIKE))


def _split(text: str) -> tuple[str, str]:
    # Any blank: phones write some that do not break.
    word, *rest = text.split(maxsplit=1) or [""]
    return word.lower(), "".join(rest).strip()


def _cut_first(rest: str) -> tuple[str, str]:
    nonce, *more = rest.split(maxsplit=1) or [""]
    return nonce, "".join(more)


def _read_approve(rest: str) -> Command:
    nonce, more = _cut_first(rest)
    if not _NONCE.fullmatch(nonce):
        return Command(Kind.WRONG, words="It does not name the plan: write the line that stands on the card.")
    if more.strip():
        return Command(
            Kind.WRONG,
            words="Nothing may follow the plan's digits: an approval has no conditions. Words go on a second line.",
        )
    return Command(Kind.APPROVE, nonce=nonce.lower())


def _read_reject(rest: str) -> Command:
    nonce, reason = _cut_first(rest)
    if not _NONCE.fullmatch(nonce):
        return Command(Kind.WRONG, words="It does not name the plan: write the line that stands on the card.")
    return Command(Kind.REJECT, nonce=nonce.lower(), words=reason.strip())


def _read_snooze(rest: str) -> Command:
    try:
        span = parse_duration(rest or "1h")
    except UserError as error:
        return Command(Kind.WRONG, words=str(error))
    if not timedelta(minutes=1) <= span <= LONGEST_SNOOZE:
        return Command(Kind.WRONG, words="A snooze lasts from a minute to a day: write it like 30m.")
    return Command(Kind.SNOOZE, span=span)


def _read_ask(rest: str) -> Command:
    return Command(Kind.ASK, words=rest)


_READERS = {"approve": _read_approve, "reject": _read_reject, "snooze": _read_snooze, "ask": _read_ask}
