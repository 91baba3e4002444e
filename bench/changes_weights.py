"""Fit what signs about changes are worth beside each other, and that none of them is to blame; print the table.

    python bench/changes_weights.py [--check]

`bench/cases/changes-first-sight.jsonl` keeps, for each case of seven exams, the signs of each change as the rules of
that time gave them before anybody had read the exam: on cases that rules were mended on, signs look better than they
are. The fit is a choice among all changes of a case and none of them, pulled to what reasons say; a sign for a change
may never count against it. What did it is often not among what was read: how much speaks for that is fitted last, to
each case twice: as it is, and with its guilty change taken out. `--check` judges each exam by what was fitted to the
other six, both ways. No library is needed.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE / "cases" / "changes-first-sight.jsonl"
BY_REASON = {
    "place": 0.5, "time": 1.0, "kind": 1.5, "word": 1.2, "number": 0.7, "frame": 1.0, "named": 1.0, "activated": 1.0,
    "due": 1.0, "load": 1.0, "copies": 1.0, "constant": 1.0, "mends": 1.0, "known": 1.0, "undone": 1.0,
    "size": 0.0, "spread": 0.0, "adds": 0.0, "switch": 0.0, "together": 0.0, "likeness": 0.7,
}  # fmt: skip
"""Sign -> what it is worth before anything is fitted; size and the four after it were not known of before."""
LEAST = 0.6
"""Share of that below which no fit may go."""
TIES = frozenset({"kind", "word", "number", "frame", "named", "activated", "due", "load", "copies", "constant"})
TIE, NEAR_ONLY, STEEP, EACH, DOUBTED, DOUBT = 0.3, 1.0, 2.0, 0.45, 0.4, 7.0
"""As in `rules/changes`, and not fitted: seven exams have too few causes outside to tell what one is worth."""
NONE, NOT_READ = "none", "not read"
"""That none of them is, beside a cause outside that is seen; and that what did it is not among what was read."""
BEFORE = {**BY_REASON, NONE: 1.7}
WEIGHTY = 4.2
"""Points that a change needed before these signs were fitted, when all it was named by was set by reason."""
IS_READ = 0.7
"""Share of incidents in which what did it is among the changes that were read: as many outages are brought by changes
to a live system (Beyer et al., "Site Reliability Engineering", 2016, chapter 1). That all of these are read is a guess,
and a friendly one: nobody has counted what is changed where nobody looks."""
PULL = 0.3
ROUNDS = 400


@dataclass(frozen=True)
class Example:
    """A case: what the rules said of each change, and what was so."""

    exam: str
    doubt: float
    signs: list[dict[str, float]]
    truth: list[str]
    """Of each change `guilty`, `decoy` or `innocent`."""
    releases: list[set[int]]
    """Of each change those that are taken back with it."""
    has_guilty: bool
    """Whether one is; the rules may have ruled it out."""
    is_taken_out: bool = False
    """Whether the guilty one was."""


def take_out(case: Example) -> Example:
    """Return a case without its guilty changes; what is said of the others beside them stays as it was."""
    kept = [number for number, truth in enumerate(case.truth) if truth != "guilty"]
    places = {number: place for place, number in enumerate(kept)}
    releases = [{places[one] for one in case.releases[number] if one in places} for number in kept]
    signs, truth = [case.signs[number] for number in kept], [case.truth[number] for number in kept]
    return Example(case.exam, case.doubt, signs, truth, releases, has_guilty=False, is_taken_out=True)


def read_examples() -> list[Example]:
    """Read the table."""
    found = []
    for line in TABLE.read_text().splitlines():
        case = json.loads(line)
        changes = case["changes"]
        together = [{number, *one["with"]} for number, one in enumerate(changes)]
        signs, truth = [one["signs"] for one in changes], [one["is"] for one in changes]
        found.append(Example(case["exam"], case["doubt"], signs, truth, together, case["guilty"]))
    return found


def list_points(case: Example, worth: dict[str, float]) -> list[float]:
    """The points of each change, and last those of none."""
    found = []
    for signs in case.signs:
        own = sum(worth[name] * points for name, points in signs.items())
        tie = sum(worth[name] * points for name, points in signs.items() if name in TIES and points > 0)
        found.append(own if tie >= TIE else min(own, NEAR_ONLY))
    seen = worth[NONE] + DOUBT * max(0.0, case.doubt - DOUBTED)
    return [*found, EACH * math.log(max(len(found), 2)) + max(worth.get(NOT_READ, seen), seen)]


def share(points: list[float]) -> list[float]:
    """How likely each of them is."""
    most = max(points)
    weights = [math.exp(STEEP * (own - most)) for own in points]
    return [weight / sum(weights) for weight in weights]


def fit(cases: list[Example]) -> dict[str, float]:
    """What each sign is worth, by steps down the slope, each at its own pace (Adagrad)."""
    start = dict(BEFORE)
    worth = dict(start)
    pace = dict.fromkeys(worth, 1e-8)
    for _ in range(ROUNDS):
        slope = {name: 4 * PULL * (worth[name] - start[name]) / (start[name] or 1.0) ** 2 for name in worth}
        for case in cases:
            points = list_points(case, worth)
            shares = share(points)
            right = [truth == "guilty" for truth in case.truth]
            right.append(not any(right))
            total = max(sum(own for own, is_right in zip(shares, right, strict=True) if is_right), 1e-9)
            gaps = [own - (own / total if is_right else 0.0) for own, is_right in zip(shares, right, strict=True)]
            for gap, signs, own in zip(gaps, case.signs, points, strict=False):
                for name, value in signs.items() if own != NEAR_ONLY else ():
                    slope[name] += STEEP * gap * value
            slope[NONE] += STEEP * gaps[-1]
        for name, own in slope.items():
            pace[name] += own * own
            worth[name] = max(LEAST * start[name], worth[name] - 0.2 * own / math.sqrt(pace[name]))
    return worth


def fit_not_read(cases: list[Example], worth: dict[str, float]) -> dict[str, float]:
    """Return worths with what speaks for what was not read, by cases with and without their guilty change.

    In steps of 0.05. A case without changes tells nothing.
    """
    guilty = [case for case in cases if "guilty" in case.truth]
    innocent = (case for case in cases if not case.has_guilty)
    without = [case for case in (*innocent, *map(take_out, guilty)) if case.signs]
    weight = len(guilty) * (1 - IS_READ) / IS_READ / len(without)

    def cost(points: float) -> float:
        own = worth | {NOT_READ: points}
        read = sum(_surprise(case, own) for case in guilty)
        return read + weight * sum(_surprise(case, own) for case in without)

    return worth | {NOT_READ: min((step / 20 for step in range(80)), key=cost)}


def _surprise(case: Example, worth: dict[str, float]) -> float:
    shares = share(list_points(case, worth))
    right = [own for own, truth in zip(shares, case.truth, strict=False) if truth == "guilty"]
    return -math.log(max(sum(right) if right else shares[-1], 1e-9))


def judge(case: Example, worth: dict[str, float], enough: float, least: float = 0.0) -> str:
    """What is named: `guilty`, `decoy`, `innocent` or `none`."""
    points = list_points(case, worth)
    shares = share(points)
    if not case.signs:
        return "none"
    top = max(range(len(case.signs)), key=points.__getitem__)
    signs = case.signs[top]
    tie = sum(worth[name] * value for name, value in signs.items() if name in TIES and value > 0)
    is_likely = sum(shares[one] for one in case.releases[top]) >= enough
    return case.truth[top] if tie >= TIE and is_likely and points[top] >= least else "none"


def count(
    cases: list[Example], worth: dict[str, float], enough: float, least: float = 0.0
) -> tuple[int, int, int, int, int]:
    """Guilty ones named, none said of cases without, decoys and other innocents named; any with the guilty one out."""
    said = [(case.has_guilty, judge(case, worth, enough, least)) for case in cases]
    right = sum(answer == "guilty" for _, answer in said)
    none = sum(answer == "none" and not has_guilty for has_guilty, answer in said)
    decoys, others = (sum(answer == wrong for _, answer in said) for wrong in ("decoy", "innocent"))
    without = (judge(take_out(case), worth, enough, least) for case in cases if case.has_guilty)
    return right, none, decoys, others, sum(answer != "none" for answer in without)


def check(examples: list[Example]) -> None:
    """Print what would be said of each exam by what was fitted to the others."""
    exams = sorted({case.exam for case in examples})
    parts = {exam: [case for case in examples if case.exam == exam] for exam in exams}
    show("before", [count(parts[exam], BEFORE, 0.5, WEIGHTY) for exam in exams])
    bare = [replace(case, signs=[_leave_out(signs) for signs in case.signs]) for case in examples]
    for what, cases in (("without size", bare), ("all signs", examples)):
        rest = {exam: [case for case in cases if case.exam != exam] for exam in exams}
        own = {exam: [case for case in cases if case.exam == exam] for exam in exams}
        worths = {exam: fit(rest[exam]) for exam in exams}
        both = {exam: fit_not_read(rest[exam], worths[exam]) for exam in exams}
        for enough in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
            show(f"{what}, from {enough:.2f}", [count(own[exam], worths[exam], enough) for exam in exams])
            show("  and what was not read", [count(own[exam], both[exam], enough) for exam in exams])
        print("  not read:", ", ".join(f"{exam} {both[exam][NOT_READ]:.2f}" for exam in exams))


def _leave_out(signs: dict[str, float]) -> dict[str, float]:
    return {name: points for name, points in signs.items() if BY_REASON[name]}


def show(what: str, rows: list[tuple[int, int, int, int, int]]) -> None:
    """Print a row of the table: the sums, then each exam."""
    named, none, decoys, others, without = map(sum, zip(*rows, strict=True))
    print(
        f"{what:26} guilty {named}, none {none}, decoys {decoys}, other innocents {others}, "
        f"with the guilty one taken out {without}; by exam {rows}"
    )


def main() -> None:
    """Fit, and print the table or what it is worth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="judge each exam by what was fitted to the others")
    examples = read_examples()
    if parser.parse_args().check:
        check(examples)
    for name, value in fit_not_read(examples, fit(examples)).items():
        print(f"{name:10} {value:5.2f}")


if __name__ == "__main__":
    main()
