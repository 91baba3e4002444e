"""Limits that a change lowered, and what failing lines say of that very limit: its value, or what would have passed.

That something timed out is said of a hundred causes. A line that says `timed out after 10 seconds` is about a limit of
ten seconds, and a change that lowered one from sixty to ten made it. So it is with a body of five megabytes where
twenty were allowed and one is, and with a process that was killed while it held less than it was allowed before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fermata.rules.changes.diffs import Turn
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling

_REPEATED = 2.0
"""Between a failing line in the changed ones and a name that is missed: amount, unit and kind of limit agree."""
_BETWEEN = 1.5
_LEAST = (
    1.5  # Times that a limit was higher before: below it, what reached the new one would soon have reached the old.
)
_LOUD = 0.4
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
        r"(?:timed? ?out|deadline|time limit|(?:max\w* )?duration|longer than|more than|gave up|abort\w*|cancel\w*"
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
    told = [one for one in symptoms.tellings if one.before == 0 and one.weight >= _LOUD]
    for turn in lowered:
        for family in _FAMILIES:
            sides = tuple(_read_limit(turn, family))
            found = next((sign for one in told for sign in _compare(turn, sides, family, one)), None)
            if found is not None:
                yield found
                return


def _read_limit(turn: Turn, family: _Family) -> Iterator[tuple[float, float]]:
    """Yield what a limit of a family went from and to; without a unit, in each that it may be in."""
    old, new = _VALUE.match(turn.old), _VALUE.match(turn.new)
    if old is None or new is None:
        return
    units = [match[2].lower() for match in (old, new)]
    is_plain = not any(units)
    if not family.named.search(turn.key) or not (is_plain or all(unit in family.units for unit in units)):
        return
    for factor in family.bare if is_plain else (1.0,):
        first, second = (
            float(match[1]) * family.units.get(unit, factor) for match, unit in zip((old, new), units, strict=True)
        )
        yield first, second


def _compare(turn: Turn, sides: tuple[tuple[float, float], ...], family: _Family, one: Telling) -> Iterator[Sign]:
    name = turn.key.strip(" \t\"':=-{(") or "a limit"
    step = f"{name} {turn.old} -> {turn.new}"
    # What grows without end stops at any limit: only a deep cut makes it likely that the old one was enough.
    share = max(0.0, min(1.0, turn.factor - 1.0)) if turn.factor >= _LEAST else 0.0
    for before, after in sides:
        for text in one.samples:
            if share and any(abs(amount - after) <= _SAME * after for amount in _list_told(text, family)):
                yield Sign(
                    "number",
                    round(_REPEATED * share, 2),
                    f"{step}, which is the very limit of the failing lines",
                    turn.line,
                    one,
                )
            held = _find_held(text) if family is _SIZE else 0.0
            if share and _FILLED * after <= held < before:
                said = f"what was killed held {held / _KILO**2:,.0f} MiB"
                yield Sign("number", round(_BETWEEN * share, 2), f"{said}, as it could before: {step}", turn.line, one)
            refused = _list_told(text, family) if family is _SIZE and _REFUSED.search(text) else []
            if any(after < amount <= before for amount in refused):
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
