"""Fit what speaks for the minute that a sentence names against the one in which it was said; write the table.

    python bench/postmortem_dating.py [--write]

A logistic regression over the marks of `rules/timeline/dating.py`: of each sentence that names a time and whose message
tells an event, was the event then? Judged on each exam by what was fitted on the others, beside two answers that look
at nothing; exams that are kept unread take no part in the fit, and are counted only.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from postmortem import UNREAD  # noqa: E402 - the path comes first
from postmortem_cases import EXAMS, Case, read_exam, write_bundle  # noqa: E402 - as above

from fermata.rules.timeline.dating import Told, list_marks  # noqa: E402 - as above
from fermata.rules.timeline.stated import StatedTime  # noqa: E402 - as above

TABLE = HERE.parent / "src" / "fermata" / "rules" / "timeline" / "dating_weights.py"
NEAR = timedelta(seconds=60)
PULL = 3.0
"""How strongly weights are pulled to zero, by the sum of their squares."""
FEWEST, FEWEST_EXAMS = 4, 3
"""Examples that a mark must have, and exams that they must be of."""
ROUNDS = 12


@dataclass(frozen=True)
class Example:
    """A time that a sentence names: its marks, and whether the event was then."""

    exam: str
    marks: dict[str, float]
    is_then: bool


def read_examples(exam: str) -> list[Example]:
    """Every time that is named where an event is told, of one exam."""
    found: list[Example] = []
    for case in read_exam(EXAMS / f"{exam}.tar.xz"):
        times: dict[str, list[datetime]] = {}
        for event in case.events.values():
            for name in event.ids:
                times.setdefault(name, []).append(event.at)
        for told, stated in list_told(case):
            right = times.get(told.message.id, [])
            is_said = any(abs(at - told.message.at) <= NEAR for at in right)
            for number, time in enumerate(stated):
                is_then = any(abs(at - time.at) <= NEAR for at in right)
                if is_then or (is_said and not time.is_name):
                    found.append(Example(exam, list_marks(told, stated, number), is_then))
    return found


def list_told(case: Case) -> Iterator[tuple[Told, Sequence[StatedTime]]]:
    """Every sentence of people that names a time, as `Moments` gives it to be weighed."""
    from fermata.flows.postmortem.trail_files import read_trail
    from fermata.rules.timeline import moments
    from fermata.rules.timeline.talk import hear

    with tempfile.TemporaryDirectory() as folder:
        write_bundle(case, Path(folder) / case.name)
        trail = read_trail(Path(folder) / case.name).trail
    asked: list[tuple[Told, Sequence[StatedTime]]] = []
    finds, moments.find_dated = moments.find_dated, lambda told, stated: asked.append((told, stated))
    try:
        times = moments.Moments(trail)
        for item in hear(trail.messages):
            told = [clause for clause in item.reading.clauses if not clause.is_recap]
            for clause in told:
                times.find(clause, item.message, is_alone=len(told) == 1)
    finally:
        moments.find_dated = finds
    yield from asked


def weigh(example: Example, weights: dict[str, float], always: float) -> float:
    """The logarithm of the odds that the event was then."""
    return always + sum(weights.get(mark, 0.0) * much for mark, much in example.marks.items())


def fit(examples: Sequence[Example]) -> tuple[dict[str, float], float]:
    """Weights, and what is added always, by Newton's method."""
    uses = Counter(mark for example in examples for mark in example.marks)
    exams = {mark: {e.exam for e in examples if mark in e.marks} for mark in uses}
    kept = sorted(mark for mark in uses if uses[mark] >= FEWEST and len(exams[mark]) >= FEWEST_EXAMS)
    rows = [[1.0, *(example.marks.get(mark, 0.0) for mark in kept)] for example in examples]
    weights = [0.0] * (len(kept) + 1)
    for _ in range(ROUNDS):
        slope = [PULL * weight for weight in weights]
        curve = [[PULL * (one == other) for other in range(len(weights))] for one in range(len(weights))]
        slope[0], curve[0][0] = 0.0, 1e-9
        for row, example in zip(rows, examples, strict=True):
            share = 1 / (1 + math.exp(-sum(weight * much for weight, much in zip(weights, row, strict=True))))
            there = [number for number, much in enumerate(row) if much]
            for one in there:
                slope[one] += (share - example.is_then) * row[one]
                for other in there:
                    curve[one][other] += share * (1 - share) * row[one] * row[other]
        weights = [weight - step for weight, step in zip(weights, solve(curve, slope), strict=True)]
    return dict(zip(kept, weights[1:], strict=True)), weights[0]


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The solution of a system of linear equations whose matrix is positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for pivot in range(size):
        for below in range(pivot + 1, size):
            share = rows[below][pivot] / rows[pivot][pivot]
            rows[below] = [value - share * above for value, above in zip(rows[below], rows[pivot], strict=True)]
    found = [0.0] * size
    for number in reversed(range(size)):
        known = sum(rows[number][other] * found[other] for other in range(number + 1, size))
        found[number] = (rows[number][size] - known) / rows[number][number]
    return found


def judge(examples: Sequence[Example], weights: dict[str, float], always: float) -> Counter[str]:
    """How many are right by the weights, by the minute in which it was said, and by the one that is named."""
    counts: Counter[str] = Counter()
    for example in examples:
        counts["all"] += 1
        counts["weighed"] += (weigh(example, weights, always) > 0) == example.is_then
        counts["said"] += not example.is_then
        counts["named"] += example.is_then
    return counts


def main() -> None:
    """Fit, judge and print; write the table if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write rules/timeline/dating_weights.py")
    arguments = parser.parse_args()
    exams = sorted(path.name.partition(".")[0] for path in EXAMS.glob("*.tar.xz"))
    with ProcessPoolExecutor(2) as pool:
        found = dict(zip(exams, pool.map(read_examples, exams), strict=True))
        read = [exam for exam in exams if exam not in UNREAD]
        others = [[example for exam in read if exam != out for example in found[exam]] for out in read]
        *parts, whole = pool.map(fit, [*others, [example for exam in read for example in found[exam]]])
    held_out = sum((judge(found[exam], *part) for exam, part in zip(read, parts, strict=True)), Counter())
    unread = sum((judge(found[exam], *whole) for exam in sorted(UNREAD)), Counter())
    print("right of all times that are named where an event is told, beside the answers that look at nothing:")
    print("exams, each by what was fitted on the others:", dict(held_out))
    print("exams that nobody reads:", dict(unread))
    weights, always = whole
    rows = [f'    "{mark}": {weight:.2f},' for mark, weight in sorted(weights.items(), key=lambda pair: -pair[1])]
    head = TABLE.read_text().partition("ALWAYS")[0]
    source = f"{head}ALWAYS = {always:.2f}\nWEIGHTS: dict[str, float] = {{\n" + "\n".join(rows) + "\n}\n"
    print(source)
    if arguments.write:
        TABLE.write_text(source)


if __name__ == "__main__":
    main()
