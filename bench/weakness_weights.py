"""Fit how often each kind of weak point proves real, on what the rules listed at first sight; print the table.

    python bench/weakness_weights.py [--check]

`bench/cases/weakness-first-sight.jsonl` keeps the lists that the rules of that time made of six exams before anybody
had read them: each item's kind, target and score, and whether the expert listed it. On systems that rules were mended
on, every kind looks better than it is. The fit is a logistic regression on the logarithm of the score and on the kind,
of the first ten items of each list: what is far down stands there for want of better. It is pulled to a kind saying
nothing, and no kind may move further than `MOST`. `--check` judges each exam by what was fitted to the other five, on
the lists of then and on those of today. No library is needed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from weakness import FIRST, list_views, names, plan_graph  # noqa: E402 - the path comes first

from fermata.rules.weakness.faults import Fault, Kind, Predict  # noqa: E402 - as above
from fermata.rules.weakness.finding import Finding  # noqa: E402 - as above
from fermata.rules.weakness.planning import Planned, diversify  # noqa: E402 - as above

TABLE = HERE / "cases" / "weakness-first-sight.jsonl"
FITTED = 10
"""Items of a list that are fitted to, and that `--check` counts besides the first five."""
PULL = 3.0
MOST = 0.35
"""The furthest that the logarithm of what is left of a kind may be from nothing: 0.7 to 1.42 of its score."""
LEAST = 0.02
"""Score below which the logarithm tells nothing."""
ONE, SCORE = "one", "score"
FREE = {ONE: 0.001, SCORE: 0.01}
"""What is not pulled to nothing, only kept finite."""
ROUNDS = 12

Weights = Mapping[str, float]


@dataclass(frozen=True)
class Item:
    """An item of a list, and whether the expert listed it."""

    kind: str
    target: str
    score: float
    is_real: bool


@dataclass(frozen=True)
class Listed:
    """A list, in the order in which it was given."""

    exam: str
    view: str
    items: tuple[Item, ...]


def read_first_sight() -> list[Listed]:
    """Read the lists of before anybody had read the exam."""
    lists = []
    for line in TABLE.read_text().splitlines():
        row = json.loads(line)
        items = tuple(Item(kind, target, score, bool(real)) for kind, target, score, real in row["items"])
        lists.append(Listed(row["exam"], row["view"], items))
    return lists


def plan_today(exams: Sequence[str]) -> list[Listed]:
    """Make the lists of the same systems as the rules make them today, in the order of their scores alone."""
    lists = []
    for exam in exams:
        for path in sorted((HERE / "cases" / exam).glob("*.truth.json")):
            weak = json.loads(path.read_text())["weak"]
            graph = json.loads(path.with_name(path.name.replace(".truth", "")).read_text())
            for view, seen in list_views(graph):
                items = [
                    Item(each["kind"], each["target"], each["score"], any(names(each, entry) for entry in weak))
                    for each in plan_graph(seen)
                ]
                lists.append(Listed(exam, view, order(items, {})))
    return lists


def fit(lists: Sequence[Listed]) -> dict[str, float]:
    """Fit kind -> what it leaves of a score, by Newton's method."""
    rows = [item for each in lists for item in each.items[:FITTED]]
    columns = [ONE, SCORE, *sorted({item.kind for item in rows})]
    place = {name: number for number, name in enumerate(columns)}
    seen = [[(0, 1.0), (1, math.log(max(item.score, LEAST))), (place[item.kind], 1.0)] for item in rows]
    worth = [0.0] * len(columns)
    for _ in range(ROUNDS):
        pulls = [FREE.get(name, PULL) for name in columns]
        curve = [[pull if row == column else 0.0 for column in range(len(columns))] for row, pull in enumerate(pulls)]
        slope = [-pull * value for pull, value in zip(pulls, worth, strict=True)]
        for item, signs in zip(rows, seen, strict=True):
            chance = 1 / (1 + math.exp(-sum(worth[number] * value for number, value in signs)))
            for number, value in signs:
                slope[number] += (item.is_real - chance) * value
                for other, beside in signs:
                    curve[number][other] += chance * (1 - chance) * value * beside
        worth = [value + step for value, step in zip(worth, solve(curve, slope), strict=True)]
    # A kind's worth in units of the score's logarithm: what it adds to the one, a factor adds to the other.
    shifts = {name: worth[number] / worth[1] for name, number in place.items() if name not in FREE}
    return {name: math.exp(max(-MOST, min(MOST, shift))) for name, shift in shifts.items()}


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Solve a positive definite system of equations by Gaussian elimination."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(size):
        for row in range(column + 1, size):
            share = rows[row][column] / rows[column][column]
            rows[row] = [own - share * above for own, above in zip(rows[row], rows[column], strict=True)]
    found = [0.0] * size
    for row in reversed(range(size)):
        known = sum(rows[row][column] * found[column] for column in range(row + 1, size))
        found[row] = (rows[row][size] - known) / rows[row][row]
    return found


def order(items: Sequence[Item], weights: Weights) -> tuple[Item, ...]:
    """Order a list as the planner does, with what each kind leaves of a score."""
    known = {}
    for item in items:
        finding = Finding(
            Kind(item.kind), item.target, Fault.KILL, Predict.COLLAPSE, "", likelihood=item.score, journeys=1.0
        )
        known[id(finding)] = (item, Planned(finding, (), proven=weights.get(item.kind, 1.0)))
    waiting = sorted((planned for _, planned in known.values()), key=lambda each: (-each.weight, each.finding.target))
    return tuple(known[id(each.finding)][0] for each in diversify(waiting, len(waiting)))


def check() -> None:
    """Print what each exam would get by what was fitted to the others."""
    then = read_first_sight()
    exams = sorted({each.exam for each in then})
    fitted = {exam: fit([each for each in then if each.exam != exam]) for exam in exams}
    for what, lists in (("first sight", then), ("today", plan_today(exams))):
        for view in ("with code", "manifests"):
            own = [each for each in lists if each.view == view]
            show(f"{what}, {view}, as it was", exams, own)
            moved = [Listed(each.exam, view, order(each.items, fitted[each.exam])) for each in own]
            show(f"{what}, {view}, fitted to the others", exams, moved)


def show(what: str, exams: Sequence[str], lists: Sequence[Listed]) -> None:
    """Print how many of the first five and ten are right, and of the first five by exam."""
    right: Counter[tuple[str, int]] = Counter()
    for each in lists:
        for count in (FIRST, FITTED):
            right[each.exam, count] += sum(item.is_real for item in each.items[:count])
    five, ten = (sum(right[exam, count] for exam in exams) for count in (FIRST, FITTED))
    by_exam = ", ".join(str(right[exam, FIRST]) for exam in exams)
    print(f"{what:45} {five}/{FIRST * len(lists)}, {ten}/{FITTED * len(lists)}; first five by exam {by_exam}")


def main() -> None:
    """Fit, and print the table or what it is worth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="judge each exam by what was fitted to the others")
    if parser.parse_args().check:
        check()
        return
    lists = read_first_sight()
    listed = [item for each in lists for item in each.items[:FITTED]]
    for kind, weight in sorted(fit(lists).items(), key=lambda row: (-row[1], row[0])):
        own = [item.is_real for item in listed if item.kind == kind]
        print(f"{kind:24} {weight:.2f}   {sum(own)} of {len(own)}")


if __name__ == "__main__":
    main()
