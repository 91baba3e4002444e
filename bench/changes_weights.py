"""Fit what signs about changes are worth beside each other, on what the rules said at first sight; print the table.

    python bench/changes_weights.py [--check]

`bench/cases/changes-first-sight.jsonl` keeps, for each case of seven exams, the signs of each change as the rules of
that time gave them before anybody had read the exam: on cases that rules were mended on, signs look better than they
are. The fit is a choice among all changes of a case and none of them, pulled to what reasons say; a sign for a change
may never count against it. `--check` judges each exam by what was fitted to the other six. No library is needed.
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
    "size": 0.0, "spread": 0.0, "adds": 0.0, "switch": 0.0, "together": 0.0,
}  # fmt: skip
"""Sign -> what it is worth before anything is fitted; the last five were not known of before."""
LEAST = 0.6
"""Share of that below which no fit may go."""
TIES = frozenset({"kind", "word", "number", "frame", "named", "activated", "due", "load", "copies", "constant"})
TIE, NEAR_ONLY, STEEP, EACH, DOUBTED, DOUBT = 0.3, 1.0, 2.0, 0.45, 0.4, 7.0
"""As in `rules/changes`, and not fitted: seven exams have too few causes outside to tell what one is worth."""
NONE = "none"
BEFORE = {**BY_REASON, NONE: 1.7}
WEIGHTY = 4.2
"""Points that a change needed before these signs were fitted, when all it was named by was set by reason."""
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
    none = worth[NONE] + EACH * math.log(max(len(found), 2)) + DOUBT * max(0.0, case.doubt - DOUBTED)
    return [*found, none]


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
) -> tuple[int, int, int, int]:
    """Guilty ones named, none said of cases without, decoys named, other innocents named."""
    said = [(case.has_guilty, judge(case, worth, enough, least)) for case in cases]
    right = sum(answer == "guilty" for _, answer in said)
    none = sum(answer == "none" and not has_guilty for has_guilty, answer in said)
    return right, none, sum(answer == "decoy" for _, answer in said), sum(answer == "innocent" for _, answer in said)


def check(examples: list[Example]) -> None:
    """Print what would be said of each exam by what was fitted to the others."""
    exams = sorted({case.exam for case in examples})
    parts = {exam: [case for case in examples if case.exam == exam] for exam in exams}
    show("before", [count(parts[exam], BEFORE, 0.5, WEIGHTY) for exam in exams])
    bare = [replace(case, signs=[_leave_out(signs) for signs in case.signs]) for case in examples]
    for what, cases in (("without size", bare), ("all signs", examples)):
        worths = {exam: fit([case for case in cases if case.exam != exam]) for exam in exams}
        own = {exam: [case for case in cases if case.exam == exam] for exam in exams}
        for enough in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
            show(f"{what}, from {enough:.2f}", [count(own[exam], worths[exam], enough) for exam in exams])


def _leave_out(signs: dict[str, float]) -> dict[str, float]:
    return {name: points for name, points in signs.items() if BY_REASON[name]}


def show(what: str, rows: list[tuple[int, int, int, int]]) -> None:
    """Print a row of the table: the sums, then each exam."""
    named, none, decoys, others = map(sum, zip(*rows, strict=True))
    print(f"{what:26} guilty {named}, none {none}, decoys {decoys}, other innocents {others}; by exam {rows}")


def main() -> None:
    """Fit, and print the table or what it is worth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="judge each exam by what was fitted to the others")
    examples = read_examples()
    if parser.parse_args().check:
        check(examples)
    for name, value in fit(examples).items():
        print(f"{name:10} {value:5.2f}")


if __name__ == "__main__":
    main()
