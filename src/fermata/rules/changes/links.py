"""What ties a change to the symptoms: weak, independent signs, each worth points, added up.

No sign alone names a change. Points are set by hand from how telling a sign is, in steps of a quarter, and are the same
for every system; docs/changes.md lists them with their reasons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fermata.rules.changes.diffs import Diff, DiffLine, Hunk
from fermata.rules.changes.failures import weigh
from fermata.rules.changes.live import Change, Effect
from fermata.rules.changes.risks import Risk, find_move, find_risks
from fermata.rules.changes.symptoms import STORES, Place, Symptoms, Telling
from fermata.rules.changes.words import find_numbers, find_words, is_compound

_MOST_WORDS = 2.5
_MOST_KINDS = 2.75
_AT_ONCE = frozenset({"flag", "config", "terraform", "migration"})
_EXPLAINED = 0.6  # What remains of the signs of a service that suffers from what it calls.
_UNSURE = 0.75  # Others were rolled out on record, this one was not: perhaps it never was.
_LOUD = 0.4  # A warning, or an ordinary line that names a kind of failure.
_LINKS = frozenset({"kind", "word", "number", "frame", "named", "activated"})


@dataclass(frozen=True, slots=True)
class Sign:
    """One reason for or against."""

    name: str
    """`place`, `time`, `kind`, `word`, `number`, `frame`, `named`, `mends`, `activated` or `undone`."""
    points: float
    text: str
    line: DiffLine | None = None
    """The line of the diff it rests on."""
    telling: Telling | None = None
    """The lines of a log it rests on."""

    @property
    def is_link(self) -> bool:
        """Answer whether it ties what the change does to what fails; place and time only say that it was near."""
        return self.name in _LINKS and self.points > 0


def list_signs(change: Change, effect: Effect, symptoms: Symptoms, rarity: Mapping[str, float]) -> tuple[Sign, ...]:
    """Return every sign for and against a change that was in effect, the weightiest first.

    Args:
        rarity: Word -> 0..1, how few of the changes have it.
    """
    place, share = _judge_place(change, effect, symptoms)
    links = (
        *_judge_kinds(change, symptoms),
        *_judge_words(change, symptoms, rarity),
        # That a time limit fires is no news where what it waits for fails.
        *(_judge_numbers(change, symptoms) if share > _EXPLAINED else ()),
        *_judge_frames(change, symptoms),
        *_judge_names(change, effect, symptoms),
    )
    damped = [replace(sign, points=round(sign.points * (share if sign.points > 0 else 1.0), 2)) for sign in links]
    return tuple(sorted([place, _judge_time(change, effect, symptoms), *damped], key=lambda sign: -abs(sign.points)))


def measure_rarity(changes: Sequence[Change]) -> dict[str, float]:
    """Return word -> how few of the changes have it: 1 for a word of one change, towards 0 for a word of all."""
    counts: dict[str, int] = {}
    for change in changes:
        for word in weigh_words(change):
            counts[word] = counts.get(word, 0) + 1
    total = len(changes)
    return {word: math.log((total + 1) / count) / math.log(total + 1) for word, count in counts.items()}


def weigh_words(change: Change) -> dict[str, float]:
    """Return word -> how near it stands to what changed: 1 in a changed line, less around it and in the title."""
    found: dict[str, float] = {}

    def note(text: str, share: float) -> None:
        for word in find_words(text):
            found[word] = max(found.get(word, 0.0), share)

    shares = []
    for hunk in change.diff.effective:
        move = find_move(hunk)
        # Every call of a library has it in its stack, so that its name says little of a small step.
        share = 1.0 if move is None else move.strength**2
        shares.append(share)
        note(hunk.path.rpartition("/")[2].partition(".")[0], 0.6 * share)
        note(hunk.heading, 0.7 * share)
        for line in hunk.lines:
            note(line.text, (0.5 if line.sign == " " else 1.0) * share)
    if change.diff.effective or change.facts.kind == "flag":
        note(change.facts.title, 0.4 * max(shares, default=1.0))
        note(change.facts.ref, 1.0 if change.facts.kind == "flag" else 0.5)
        note(change.facts.state, 0.6)
    return found


def _judge_place(change: Change, effect: Effect, symptoms: Symptoms) -> tuple[Sign, float]:
    """Return the sign, and the share of its other signs that counts: less where others already explain the failure."""
    services = list_affected(change, effect, symptoms)
    if not services:
        return Sign("place", 0.5, "it names no service"), 1.0
    names = ", ".join(sorted(services)[:3])
    begins = services & symptoms.origins
    if begins:
        return Sign("place", 1.5, f"the trouble begins at {', '.join(sorted(begins)[:2])}"), 1.0
    if any(name in symptoms.graph.callees.get(origin, ()) for origin in symptoms.origins for name in services):
        return Sign("place", 1.0, f"what fails first calls {names}"), 1.0
    calls = {callee for name in services for callee in symptoms.graph.callees.get(name, ())}
    used = sorted(name for name in calls & symptoms.origins if symptoms.kinds_of.get(name) in STORES)
    if used:
        # A store does what it is asked; what it is asked is its callers' doing.
        return Sign("place", 1.0, f"{names} uses {used[0]}, where the trouble shows"), 1.0
    if services & symptoms.failing:
        return Sign("place", 0.25, f"{names} fails, and so does what it calls"), _EXPLAINED
    if calls & symptoms.origins and any(symptoms.kinds_of.get(name) == "gateway" for name in services):
        return Sign("place", 0.75, f"{names} decides what reaches {min(calls & symptoms.origins)}"), 1.0
    fed = {callee for name in symptoms.failing for callee in symptoms.graph.callees.get(name, ())}
    shared = sorted(name for name in calls & fed if symptoms.kinds_of.get(name) in STORES)
    if shared:
        # What one writes there the other reads.
        return Sign("place", 0.5, f"{names} shares {shared[0]} with what fails"), 1.0
    reachable = {name for own in symptoms.alerted | symptoms.origins for name in symptoms.graph.list_reachable(own)}
    if services & reachable or calls & symptoms.failing:
        return Sign("place", 0.25, f"{names} has to do with what fails"), 0.8
    if services <= symptoms.mapped:
        return Sign("place", -1.5, f"{names} is well, and nothing that fails depends on it"), 0.5
    return Sign("place", 0.0, f"nobody says what depends on {names}"), 0.8


def list_affected(change: Change, effect: Effect, symptoms: Symptoms) -> frozenset[str]:
    """Return the services a change works on: those it names, and the databases that a migration of theirs is run in."""
    services = effect.services
    if not services:
        told = " ".join([change.facts.ref, change.facts.title, *change.diff.paths])
        words = set(re.findall(r"[\w-]+", told))
        services = frozenset(name for name in symptoms.services if name in words)
    if change.facts.kind != "migration":
        return services
    callees = {callee for service in services for callee in symptoms.graph.callees.get(service, ())}
    return services | {name for name in callees if symptoms.kinds_of.get(name) in ("db", "cache")}


def _judge_time(change: Change, effect: Effect, symptoms: Symptoms) -> Sign:
    at = effect.find_time(symptoms.origins) or change.facts.changed_at
    ago = symptoms.began_at - at
    at_once = change.facts.kind in _AT_ONCE
    steps = (
        (timedelta(minutes=4), 1.75 if at_once else 1.25),
        (timedelta(minutes=12), 1.25),
        (timedelta(minutes=45), 0.75),
        (timedelta(hours=4), 0.25),
        (timedelta(hours=30), 0.0),
    )
    points = next((points for limit, points in steps if ago <= limit), -0.5)
    return Sign("time", points if effect.certain else min(points, 0.25) - _UNSURE, effect.why)


def _judge_kinds(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    risks = find_risks(change.diff)
    scored = sorted(((_match_risk(risk, symptoms), risk) for risk in risks), key=lambda pair: -pair[0])
    if scored and scored[0][0] > 0:
        points, risk = scored[0]
        seen = sorted(
            (kind for kind in risk.brings if kind in symptoms.kinds),
            key=lambda kind: (-symptoms.kinds[kind] * weigh(kind), kind),
        )
        points += 0.2 * sum(score for score, _ in scored[1:4])
        text = f"{risk.text}, and {' and '.join(seen[:2])} is what is seen"
        yield Sign("kind", round(min(_MOST_KINDS, points), 2), text, risk.line)
    if mended := _find_cure(risks, symptoms):
        yield mended


def _match_risk(risk: Risk, symptoms: Symptoms) -> float:
    weights = sorted((weigh(kind) * symptoms.kinds.get(kind, 0.0) for kind in risk.brings), reverse=True)
    # The first kind counts most: a row that lists many must not win by listing.
    total = sum(weight * share for weight, share in zip(weights, (1.2, 0.5, 0.3), strict=False))
    return risk.strength * total


def _find_cure(risks: Sequence[Risk], symptoms: Symptoms) -> Sign | None:
    for risk in risks:
        mended = sorted(
            kind for kind in risk.relieves if symptoms.kinds.get(kind, 0.0) >= 0.6 and kind not in risk.brings
        )
        if mended and not any(symptoms.kinds.get(kind, 0.0) >= 0.6 and weigh(kind) == 1.0 for kind in risk.brings):
            return Sign(
                "mends", -1.0, f"{risk.text} relieves {' and '.join(mended)} rather than bringing it", risk.line
            )
    return None


def _judge_words(change: Change, symptoms: Symptoms, rarity: Mapping[str, float]) -> Iterator[Sign]:
    shared = {
        word: share * symptoms.words[word] * rarity.get(word, 1.0) * (1.5 if is_compound(word) else 0.7)
        for word, share in weigh_words(change).items()
        if word in symptoms.words
    }
    best = sorted(shared, key=lambda word: (-shared[word], word))[:5]
    # The second word of a shared phrase says less than the first.
    points = sum(shared[word] / (1 + position) for position, word in enumerate(best))
    if points >= 0.2:
        line = _find_diff_line(change.diff, best[0])
        telling = next(
            (one for one in symptoms.tellings if any(best[0] in find_words(text) for text in one.samples)), None
        )
        yield Sign("word", round(min(_MOST_WORDS, points), 2), f"{', '.join(best[:3])} stands in both", line, telling)


def _find_diff_line(diff: Diff, word: str) -> DiffLine | None:
    return next((line for line in (*diff.added, *diff.removed) if word in find_words(line.text)), None)


def _judge_numbers(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    old = {number for line in change.diff.removed for number in find_numbers(line.text)}
    around = [line for hunk in change.diff.effective for line in hunk.lines if line.sign == " "]
    for lines, points in ((change.diff.added, 1.5), (around, 0.5)):
        for line in lines:
            for number in sorted(find_numbers(line.text) - old, reverse=True):
                telling = _find_number(number, symptoms)
                if telling is not None:
                    # Small whole numbers meet by chance.
                    worth = points if number >= 50 or not number.is_integer() else points / 3
                    yield Sign("number", worth, f"its {number:g} stands in the failing lines", line, telling)
                    return


def _find_number(number: float, symptoms: Symptoms) -> Telling | None:
    """Return the failing lines with a number, in whatever unit: a limit of 800 ms is logged as 0.8 by some."""
    same = {number, number / 1000, number * 1000}
    return next(
        (
            one
            for one in symptoms.tellings
            if one.weight >= 0.4 and any(same & find_numbers(text) for text in one.samples)
        ),
        None,
    )


def _judge_frames(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Compare the places that stacks name with what was touched: the line, its surroundings, or the file alone."""
    found = [sign for place in symptoms.places if (sign := _match_frame(place, change.diff.effective)) is not None]
    if found:
        yield max(found, key=lambda sign: sign.points)


def _match_frame(place: Place, hunks: Sequence[Hunk]) -> Sign | None:
    file, number, telling = place.file, place.line, place.telling
    best: Sign | None = None
    for hunk in hunks:
        if not _is_same(file, hunk.path):
            continue
        if hunk.span is None:
            found = Sign("frame", 1.5, f"{file}:{number} fails, which it touched", hunk.lines[0], telling)
        elif hunk.span[0] - 3 <= number <= hunk.span[1] + 3:
            found = Sign(
                "frame", 2.0, f"it changed the lines around {file}:{number}, which fail", hunk.lines[0], telling
            )
        else:
            found = Sign("frame", 0.25, f"it changed other lines of {file}", hunk.lines[0], telling)
        if best is None or found.points > best.points:
            best = found
    return best


def _is_same(logged: str, path: str) -> bool:
    """Answer whether a stack's file and a repository's path end alike; Java logs the bare file name."""
    own, other = logged.lstrip("./"), path.lstrip("./")
    return f"/{own}".endswith(f"/{other}") or f"/{other}".endswith(f"/{own}")


def _judge_names(change: Change, effect: Effect, symptoms: Symptoms) -> Iterator[Sign]:
    """A failing service that its lines name, though it is not that service's own change: a rule about it."""
    removed = {word for line in change.diff.removed for word in find_words(line.text)}
    added = {word for line in change.diff.added for word in find_words(line.text)}
    differing = removed ^ added
    for service in sorted(symptoms.origins - list_affected(change, effect, symptoms)):
        parts = find_words(service)
        if parts and parts <= differing:
            line = _find_diff_line(change.diff, next(iter(sorted(parts))))
            yield Sign("named", 1.5, f"its lines are about {service}, where the trouble begins", line)
            return
