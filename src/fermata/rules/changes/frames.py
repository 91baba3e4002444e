"""What ties a change to the place that fails: stacks name files and functions, and quote lines of programs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from fermata.rules.changes.diffs import DiffLine, Hunk
from fermata.rules.changes.failures import classify
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import REFUSALS, Place, Symptoms

_CHECKS = re.compile(r"valid|check|guard|assert|verif|constraint|ensure|policy", re.IGNORECASE)
_REFUSED = 0.5
_WRAPPED = 0.5
_DEEPEST = 100
_CLOCKS = timedelta(minutes=2)
"""How far the clocks of who commits and of what logs may be apart; a guess."""
_CAUSED = re.compile(r"\s{0,20}(?:Caused by: |\[cause\]: |\[previous exception\] )")
_DEFINES = re.compile(r"\b(?:def|func|fn|fun|function)\s+(?:\([^)]{0,60}\)\s*)?([A-Za-z_]\w{2,60})")
_ANY = "*"
_WORD = re.compile(r"\w")
_IN = re.compile(r"\bline \d+, in ([A-Za-z_]\w{2,60})|\bin [`'](?:[\w:#.]{0,80}[#.])?([A-Za-z_]\w{2,60})[?!]?'")


def judge_frames(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Compare the places that stacks name with what was touched: the line, its surroundings, or the file alone."""
    places = (place for place in symptoms.places if not _is_over(place, change))
    found = [sign for place in places if (sign := _match_frame(place, change.diff.effective, symptoms)) is not None]
    if found:
        yield max(found, key=lambda sign: sign.points)


def _is_over(place: Place, change: Change) -> bool:
    """Answer whether a failure was logged for the last time before a change was made: that one cannot have brought it.

    A journal goes on over many runs, and holds what an earlier change had brought.
    """
    last_at = place.telling.last_at
    return last_at is not None and last_at < change.facts.changed_at - _CLOCKS


def _match_frame(place: Place, hunks: Sequence[Hunk], symptoms: Symptoms) -> Sign | None:
    found = [sign for hunk in hunks if _is_same(place.file, hunk.path) for sign in [_match(place, hunk)]]
    best = max(found, key=lambda sign: sign.points, default=None)
    if best is not None and _is_wrapped(place):
        return Sign("frame", _WRAPPED * best.points, f"{best.text}, as they wrap another", best.line, best.telling)
    if best is not None and _is_refusal(place, symptoms):
        return Sign("frame", _REFUSED * best.points, f"{best.text}, as a check that refuses", best.line, best.telling)
    return best


def _match(place: Place, hunk: Hunk) -> Sign:
    file, number, telling = place.file, place.line, place.telling
    if hunk.span is None:
        return Sign("frame", 1.5, f"{file}:{number} fails, which it touched", _find_line(hunk, None), telling)
    own, changed, declared = _read_functions(hunk, number)
    is_around = hunk.span[0] - 3 <= number <= hunk.span[1] + 3
    if is_around and changed & {own, _ANY}:
        text = f"it changed the lines around {file}:{number}, which fail"
        return Sign("frame", 2.0, text, _find_line(hunk, number), telling)
    # Versions differ by some lines, functions keep their names.
    told = {name for names in _IN.findall(telling.samples[0]) for name in names if name}
    named = told & (declared if _ANY in changed else changed)
    if named:
        return Sign("frame", 1.5, f"it changed {min(named)} of {file}, which fails", _find_line(hunk, None), telling)
    return Sign("frame", 0.25, f"it changed other lines of {file}", _find_line(hunk, None), telling)


class _Functions(NamedTuple):
    own: str
    """In which a line of the new file stands; empty where the hunk does not say."""
    changed: frozenset[str]
    """`_ANY` among them where something was changed that is within none: a constant, a decorator."""
    declared: frozenset[str]


def _read_functions(hunk: Hunk, number: int) -> _Functions:
    """Tell functions apart: the three lines around a change often show where the next one begins, which is as it was.

    Args:
        number: Of the line that is asked for.
    """
    at = hunk.span[0] if hunk.span is not None else 0
    heading = _DEFINES.findall(hunk.heading)
    within, margin = heading[-1] if heading else "", 0
    own, changed, declared = within, set[str](), set(heading)
    for line in hunk.lines:
        begins = None if line.inert else _DEFINES.search(line.text)
        if begins is not None:
            within, margin = begins[1], line.margin
            declared.add(within)
        if line.sign != " " and not line.inert and _WORD.search(line.text):
            changed.add(within if begins is not None or line.margin > margin else _ANY)
        if line.sign != "-":
            own = within if at <= number else own
            at += 1
    return _Functions(own, frozenset(changed or {_ANY}), frozenset(declared))


def _find_line(hunk: Hunk, number: int | None) -> DiffLine:
    """Return the line of a diff to cite: of those that take effect the nearest to a line of the new file, or the first.

    Args:
        number: In the new file; `None` where it is not known which line fails.
    """
    at = hunk.span[0] if hunk.span is not None else 0
    found: list[tuple[int, DiffLine]] = []
    for line in hunk.lines:
        if line.sign != " " and not line.inert:
            found.append((abs(at - (number or 0)), line))
        at += line.sign != "-"
    return min(found, key=lambda pair: pair[0])[1] if number is not None else found[0][1]


def _is_wrapped(place: Place) -> bool:
    """Answer whether a place only wraps an exception: below its stack stands what caused it."""
    lines = place.telling.evidence.lines
    start = bisect_right(lines, place.telling.number, key=lambda line: line.number)
    for line in lines[start : start + _DEEPEST]:
        if _CAUSED.match(line.text):
            return True
        if line.text[:1].strip() and line.text[:1] != "#":
            break
    return False


def _is_refusal(place: Place, symptoms: Symptoms) -> bool:
    """Answer whether a check speaks that refuses what others sent: it is where it was noticed."""
    is_asked = bool(symptoms.graph.callers.get(place.telling.service))
    return (
        is_asked
        and _CHECKS.search(place.file) is not None
        and bool(
            REFUSALS & {kind for text in place.telling.samples for kind in classify(text)}
            or place.telling.service in symptoms.refusing
        )
    )


def _is_same(logged: str, path: str) -> bool:
    """Answer whether a stack's file and a repository's path end alike; Java logs the bare file name."""
    own, other = logged.lstrip("./"), path.lstrip("./")
    return f"/{own}".endswith(f"/{other}") or f"/{other}".endswith(f"/{own}")
