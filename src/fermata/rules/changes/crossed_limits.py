"""Limits that a change lowered, and what failing lines say of that very limit: its value, or what would have passed.

That something timed out is said of a hundred causes. A line that says `timed out after 10 seconds` is about a limit of
ten seconds, and a change that lowered one from sixty to ten made it. So it is with a body of five megabytes where
twenty were allowed and one is, and with a process that was killed while it held less than it was allowed before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fermata.rules.changes.diffs import Turn
from fermata.rules.changes.live import Change
from fermata.rules.changes.news import list_news
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling

_REPEATED = 2.0
"""Between a failing line in the changed ones and a name that is missed: amount, unit and kind of limit agree."""
_BETWEEN = 1.5
_LEAST = (
    1.5  # Times that a limit was higher before: below it, what reached the new one would soon have reached the old.
)
_SAME = 0.001  # Of two values, for what is lost when they are written.
_FILLED = 0.4  # Of a machine's memory that one process holds at the least when it is killed: the rest is the system's.
_VALUE = re.compile(r"^[\"']?(\d+(?:\.\d+)?)\s?([A-Za-z]{0,12})[\"']?$")
_AMOUNT = re.compile(r"(?<![\w.:-])(\d+(?:\.\d+)?)\s?([A-Za-z]{1,12})?(?![\w:]|\.\d)")
_KILLED = re.compile(r"\bKilled process \d+ \(")  # mm/oom_kill.c of Linux.
_RESIDENT = re.compile(r"\b(?:anon|file|shmem)-rss:(\d{1,15})kB")
_KILO = 1024.0
_NEAR = 60
"""Characters behind the words of a limit in which its amount stands."""
_ENDS = re.compile(r"[;\n]|\.\s")  # What comes then is about something else.
_IS = re.compile(r"\s?[=:]\s?")
_COUNTED = re.compile(r"(?:batch|pool|page|queue|chunk)[_-]?size", re.IGNORECASE)
"""Sizes in entries: without a unit they are neither bytes nor megabytes."""


@dataclass(frozen=True, slots=True)
class _Family:
    """Limits of one kind."""

    units: Mapping[str, float]
    bare: tuple[float, ...]
    """What a number without a unit may stand for."""
    named: re.Pattern[str]
    """What the names of such limits say."""
    told: re.Pattern[str]
    """How programs say that such a limit was reached, up to where the amount stands."""


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SIZES = {
    f"{prefix}{suffix}": _KILO**power
    for power, prefix in enumerate(("", "k", "m", "g"))
    for suffix in ("b", "ib", "i", "")
    if prefix or suffix == "b"
} | {"byte": 1.0, "bytes": 1.0}
_TIMES = {
    "ms": 1.0, "msec": 1.0, "millisecond": 1.0, "milliseconds": 1.0, "s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3,
    "seconds": 1e3, "m": 6e4, "min": 6e4, "mins": 6e4, "minute": 6e4, "minutes": 6e4, "h": 3.6e6,
}  # fmt: skip
_TIME = _Family(
    _TIMES,
    (1.0, 1e3, 6e4),
    _compile(r"time_?out|duration|deadline|max_?(?:wait|time)|time_?limit|budget"),
    _compile(
        r"(?:timed? ?out|deadline|time limit|(?:max\w{0,12} )?duration|longer than|more than|gave up|abort\w*|cancel\w*"
        r"|exceed\w*|terminated|killed|no (?:answer|response)|not (?:respond|finish|complete|answer)\w*)"
    ),
)
_SIZE = _Family(
    _SIZES,
    (1.0, _KILO, _KILO**2),
    _compile(r"memory|\bmem(?:_?limit)?\b|\bram\b|heap|body|size|bytes|length|payload|xmx"),
    _compile(
        r"(?:memory (?:limit|size|quota)|limit|max\w*|too (?:large|big|long)|larger than|bigger than|exceed\w*"
        r"|quota|allowed|heap)"
    ),
)
_FAMILIES = (_TIME, _SIZE)
_REFUSED = re.compile(r"too (?:large|big|long)\b|\b(?:larger|bigger|longer) than\b|\bexceed|\b413\b", re.IGNORECASE)


def judge_limits(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where new failing lines are about the very limit that a change lowered."""
    lowered = [turn for turn in change.diff.turns if turn.direction < 0 and not (turn.is_switch or turn.is_nought)]
    told = list_news(symptoms)
    if not lowered:
        return
    read = [(family, [_read_telling(one, family) for one in told]) for family in _FAMILIES]
    for turn in lowered:
        for family, tellings in read:
            sides = tuple(_read_limit(turn, family))
            found = next((sign for one in tellings for sign in _compare(turn, sides, one)), None) if sides else None
            if found is not None:
                yield found
                return


@dataclass(frozen=True, slots=True)
class _Said:
    """What a sample of failing lines says of limits of one family."""

    amounts: Sequence[float]
    """Behind the words of a limit."""
    held: float
    """Bytes of what was killed for memory."""
    is_refusal: bool
    """Whether the amounts may be of what was refused for its size."""


def _read_telling(one: Telling, family: _Family) -> tuple[Telling, Sequence[_Said]]:
    """Read the samples once, for all the limits that a change lowered."""
    is_size = family is _SIZE
    return one, [
        _Said(
            _list_told(text, family),
            _find_held(text) if is_size else 0.0,
            is_refusal=is_size and _REFUSED.search(text) is not None,
        )
        for text in one.samples
    ]


def _read_limit(turn: Turn, family: _Family) -> Iterator[tuple[float, float]]:
    """Yield what a limit of a family went from and to; without a unit, in each that it may be in."""
    old, new = _VALUE.match(turn.old), _VALUE.match(turn.new)
    if old is None or new is None:
        return
    units = [match[2].lower() for match in (old, new)]
    is_plain = not any(units)
    is_known = not _COUNTED.search(turn.key) if is_plain else all(unit in family.units for unit in units)
    if not (is_known and family.named.search(turn.key)):
        return
    for factor in family.bare if is_plain else (1.0,):
        first, second = (
            float(match[1]) * family.units.get(unit, factor) for match, unit in zip((old, new), units, strict=True)
        )
        yield first, second


def _compare(
    turn: Turn, sides: tuple[tuple[float, float], ...], told: tuple[Telling, Sequence[_Said]]
) -> Iterator[Sign]:
    one, samples = told
    name = turn.key.strip(" \t\"':=-{(") or "a limit"
    step = f"{name} {turn.old} -> {turn.new}"
    # What grows without end stops at any limit: only a deep cut makes it likely that the old one was enough.
    share = max(0.0, min(1.0, turn.factor - 1.0)) if turn.factor >= _LEAST else 0.0
    for before, after in sides:
        for said in samples:
            if share and any(abs(amount - after) <= _SAME * after for amount in said.amounts):
                text = f"{step}, which is the very limit of the failing lines"
                yield Sign("number", round(_REPEATED * share, 2), text, turn.line, one)
            if share and _FILLED * after <= said.held < before:
                text = f"what was killed held {said.held / _KILO**2:,.0f} MiB, as it could before: {step}"
                yield Sign("number", round(_BETWEEN * share, 2), text, turn.line, one)
            if said.is_refusal and any(after < amount <= before for amount in said.amounts):
                yield Sign("number", _BETWEEN, f"what is refused would have passed before: {step}", turn.line, one)


def _list_told(text: str, family: _Family) -> list[float]:
    """Return the amounts of a family that stand behind the words of a limit that was reached."""
    found: list[float] = []
    for told in family.told.finditer(text):
        amount = _AMOUNT.search(text, told.end(), told.end() + _NEAR)
        between = text[told.end() : amount.start()] if amount is not None else ";"
        if amount is None or _ENDS.search(between):
            continue
        unit = (amount[2] or "").lower()
        if unit in family.units:
            found.append(float(amount[1]) * family.units[unit])
        elif not unit and _IS.fullmatch(between):
            found += [float(amount[1]) * factor for factor in family.bare]
    return found


def _find_held(text: str) -> float:
    """Return the bytes that a process held when the kernel killed it for memory; 0 where a line says nothing of it."""
    return sum(float(kilo) * _KILO for kilo in _RESIDENT.findall(text)) if _KILLED.search(text) else 0.0
