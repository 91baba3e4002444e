"""Fit how much a message's standing in its channel says beside what its words weigh; print the numbers.

Words are weighed on channels that their weights were not fitted on: on those that they were fitted on they seem to know
more than they do. The bound is not fitted: it is moved to where recall counts more than precision, on held-out
channels.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from postmortem_cases import Case, read_exam, write_bundle  # noqa: E402 - the path comes first
from postmortem_weights import ALIKE, Example, choose_names, fit, list_case, list_corpus, rate  # noqa: E402 - as above

STANDINGS = ("LENGTH", "SHARE", "PLACE", "REACTIONS", "CROWD")
PULL = 3.0
"""How strongly the numbers, each over its spread, are pulled to zero."""
STEPS = 12
MOVED = 1.1
"""What is added to the bias: told are messages that are events once in four times."""


@dataclass
class Told:
    """A message: what its words weigh, how it stands, whether it tells an event, and how much it counts."""

    values: list[float]
    is_event: bool
    weight: float


def list_told(case: Case, examples: list[Example], weights: list[float], weight: float) -> Iterator[Told]:
    """Yield the messages of a case whose words were weighed, with their standing."""
    from fermata.flows.postmortem.trail_files import read_trail
    from fermata.rules.timeline.standing import list_standings
    from fermata.rules.timeline.talk import hear

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / case.name
        write_bundle(case, path)
        heard = hear(read_trail(path).trail.messages)
    standings = list_standings(heard)
    texts = {item.message.text: item.message.id for item in heard if item.message.id in standings}
    for example, words in zip(examples, weights, strict=True):
        name = texts.get(example.text)
        if name is not None:
            values = [words, max(words, 0.0), *(standings[name][standing] for standing in STANDINGS)]
            yield Told(values, example.is_event, weight)


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The solution of some linear equations (Gauss)."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for step in range(len(rows)):
        pivot = max(range(step, len(rows)), key=lambda number: abs(rows[number][step]))
        rows[step], rows[pivot] = rows[pivot], rows[step]
        rows[step] = [value / rows[step][step] for value in rows[step]]
        for number, row in enumerate(rows):
            if number != step:
                rows[number] = [value - row[step] * own for value, own in zip(row, rows[step], strict=True)]
    return [row[-1] for row in rows]


def fit_told(told: list[Told]) -> list[float]:
    """The numbers in the order of the values, the last one the bias (Newton's steps, each value over its spread)."""
    count = len(told[0].values)
    means = [sum(item.values[i] for item in told) / len(told) for i in range(count)]
    spreads = [math.sqrt(sum((item.values[i] - means[i]) ** 2 for item in told) / len(told)) or 1 for i in range(count)]
    rows = [[*((item.values[i] - means[i]) / spreads[i] for i in range(count)), 1.0] for item in told]
    w = [0.0] * (count + 1)
    for _ in range(STEPS):
        slope = [PULL * value for value in w[:-1]] + [0.0]
        bend = [[PULL * (i == j) * (i < count) for j in range(count + 1)] for i in range(count + 1)]
        for row, item in zip(rows, told, strict=True):
            odds = 1 / (1 + math.exp(-sum(a * b for a, b in zip(w, row, strict=True))))
            for i, value in enumerate(row):
                slope[i] += item.weight * (odds - item.is_event) * value
                pull = item.weight * odds * (1 - odds) * value
                bend[i] = [known + pull * other for known, other in zip(bend[i], row, strict=True)]
        w = [value - step for value, step in zip(w, solve(bend, slope), strict=True)]
    plain = [value / spread for value, spread in zip(w, spreads, strict=False)]
    return [*plain, w[-1] - sum(value * mean for value, mean in zip(plain, means, strict=True))]


def main() -> None:
    """Fit, and print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exam", type=Path, action="append", default=[], help="a used exam; each is held out once")
    parser.add_argument("--alike", type=Path, action="append", default=[], help="likewise, whose channels count more")
    options = parser.parse_args()
    groups = [(read_exam(folder), 1.0) for folder in options.exam] + [
        ([case], ALIKE) for folder in options.alike for case in read_exam(folder)
    ]
    examples = [[list_case(case) for case in cases] for cases, _ in groups]
    corpus = [item for item in list_corpus() if item.sentences]
    told: list[Told] = []
    for held, (cases, weight) in enumerate(groups):
        train = corpus + [item for n, parts in enumerate(examples) if n != held for part in parts for item in part]
        names = choose_names(train)
        w = fit(train, names)
        for case, part in zip(cases, examples[held], strict=True):
            told += list_told(case, part, rate(part, names, w), weight)
    fitted = fit_told(told)
    fitted[-1] += MOVED
    for name, value in zip(("WORDS", "PLAIN", *STANDINGS, "BIAS"), fitted, strict=True):
        print(f'"{name}": {value:.2f},')


if __name__ == "__main__":
    main()
