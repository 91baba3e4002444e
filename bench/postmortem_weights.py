"""Fit how much each mark of a sentence speaks for an event, on what the rules may be developed on; print the table.

A logistic regression over the marks of `rules/timeline/tags.py` and of the phrases: small, readable, and the same for
every channel. A message is as telling as its most telling sentence. Kept exams are fitted on only once their figures at
first sight were written down.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from postmortem_cases import Case, read_cases, read_exam, write_bundle  # noqa: E402 - the path comes first

SENTENCES = HERE / "postmortem_sentences.txt"
FEWEST = 8
"""Examples that a mark must have to get a weight."""
FEWEST_WORDS = 10
"""The same for a single word."""
PULL = 3.0
"""How strongly weights are pulled to zero."""
PULL_WORDS = 6.0
"""The same for a single word: most of what it says, its kinds say already."""
OWN = 2.0
"""How much more an example of an own case counts: there are few of them."""
ALIKE = 2.5
"""The same for a channel that was made as those are that the rules are for."""
ROUNDS = 20
FITS = 4


@dataclass
class Example:
    """A message: the marks of each of its sentences, whether it tells an event, and how much it counts."""

    group: str
    sentences: list[set[str]]
    is_event: bool
    weight: float = 1.0
    text: str = ""
    is_script: bool = True


def list_corpus() -> list[Example]:
    """Single sentences, written down apart from any case."""
    from datetime import UTC, datetime

    from fermata.domain.trail import Message
    from fermata.rules.timeline.reading import list_sentences

    found = []
    for number, line in enumerate(SENTENCES.read_text().splitlines()):
        label, _, text = line.partition(" ")
        read = list_sentences(Message(str(number), datetime(2026, 1, 1, tzinfo=UTC), "somebody", text))
        if not isinstance(read, str) and read:
            marks = [set(item.marks) for item in read if item.clause.kind not in ("hypothesis", "retraction")]
            found.append(Example(f"corpus{number % 10}", marks, label == "E", 1.0, text))
    return found


def list_case(case: Case) -> list[Example]:
    """The messages of one case, with the words of the incident as the rules find them."""
    import tempfile

    from fermata.flows.postmortem.trail_files import read_trail
    from fermata.rules.timeline.incident import choose_shifts, find_topics
    from fermata.rules.timeline.reading import list_sentences
    from fermata.rules.timeline.setting import list_settings
    from fermata.rules.timeline.weights import find_anchors

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / case.name
        write_bundle(case, path)
        trail = read_trail(path).trail
    heard, topics = find_topics(trail, choose_shifts(trail))
    told = {name for event in case.events.values() for name in event.ids}
    around = list_settings(heard, trail.people)
    found = []
    seen: set[str] = set()
    for message in trail.messages:
        # A flood teaches once.
        shape = re.sub(r"[0-9a-f]*\d[0-9a-f]*", "0", message.text)
        if message.is_bot and shape in seen and message.id not in told:
            continue
        seen.add(shape)
        if message.id in case.other | case.retracted or (message.id not in told | case.noise and case.is_script):
            continue
        read = list_sentences(message)
        if isinstance(read, str):
            continue
        marks = [
            {*item.marks, *around.get(message.id, ()), *find_anchors(item.clause.text, topics.words)}
            for item in read
            if item.clause.kind not in ("hypothesis", "retraction") and not item.clause.is_recap
        ]
        weight = (
            1.0
            if message.id in told
            else 0.5
            if message.id.startswith("z")
            else 1.0
            if message.id in case.noise
            else 0.6
        )
        if marks:
            found.append(Example(case.name, marks, message.id in told, weight, message.text, case.is_script))
    return found


def fit(examples: list[Example], names: list[str]) -> list[float]:
    """The weights of the marks, the last one the bias: the mean of some fits, which differ by the order of examples."""
    fits = [fit_once(examples, names, seed) for seed in range(FITS)]
    return [sum(values) / FITS for values in zip(*fits, strict=True)]


def fit_once(examples: list[Example], names: list[str], seed: int) -> list[float]:
    """One fit: steps down the slope, each mark at its own pace (Adagrad)."""
    index = {name: position for position, name in enumerate(names)}
    rows = [[[index[mark] for mark in sorted(marks) if mark in index] for marks in item.sentences] for item in examples]
    bias = len(names)
    w = [0.0] * (bias + 1)
    pace = [1e-8] * len(w)
    pull = [PULL_WORDS if name.startswith("=") else PULL for name in names]
    dice = random.Random(seed)
    order = list(range(len(rows)))
    seen = Counter(mark for sentences in rows for found in sentences for mark in found)
    for _ in range(ROUNDS):
        dice.shuffle(order)
        for number in order:
            best = max(rows[number], key=lambda found: sum(w[mark] for mark in found))
            item = examples[number]
            odds = sum(w[mark] for mark in best) + w[bias]
            slope = item.weight * (1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))) - item.is_event)
            for mark in (*best, bias):
                step = slope + (pull[mark] * w[mark] / seen[mark] if mark != bias else 0.0)
                pace[mark] += step * step
                w[mark] -= 0.3 * step / math.sqrt(pace[mark])
    return w


def rate(examples: list[Example], names: list[str], w: list[float]) -> list[float]:
    """How telling each message is."""
    known = dict(zip(names, w, strict=False))
    return [max(sum(known.get(mark, 0) for mark in marks) for marks in item.sentences) + w[-1] for item in examples]


def choose_names(examples: list[Example]) -> list[str]:
    """The marks that enough examples have."""
    counts = Counter(mark for item in examples for mark in set().union(*item.sentences))
    fewest = {name: FEWEST_WORDS if name.startswith("=") else FEWEST for name in counts}
    return sorted(name for name, number in counts.items() if number >= fewest[name])


def check(examples: list[Example]) -> None:
    """Print what the weights would do on cases they were not fitted on."""
    groups = sorted({item.group for item in examples})
    random.Random(7).shuffle(groups)
    scored: list[tuple[float, Example]] = []
    for part in range(10):
        held = set(groups[part::10])
        train = [item for item in examples if item.group not in held]
        test = [item for item in examples if item.group in held]
        names = choose_names(train)
        scored += zip(rate(test, names, fit(train, names)), test, strict=True)
    for part in ("all", "exams"):
        print_table(scored if part == "all" else [pair for pair in scored if not pair[1].is_script], part)
    CHECKED.extend(scored)


def print_table(scored: list[tuple[float, Example]], part: str) -> None:
    """Print what each threshold would do."""
    if not scored:
        return
    print(part)
    for threshold in (-1.5, -1, -0.5, 0, 0.5, 1):
        told = [item for score, item in scored if score >= threshold]
        events = sum(item.is_event for _, item in scored)
        hits = sum(item.is_event for item in told)
        noise = [item for _, item in scored if not item.is_event]
        kept = sum(not item.is_event for item in told)
        shares = f"recall {hits / events:.3f} precision {hits / len(told):.3f} rest out {1 - kept / len(noise):.3f}"
        print(f"at {threshold:+.1f}: {shares}")


CHECKED: list[tuple[float, Example]] = []


def main() -> None:
    """Fit, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exam", type=Path, action="append", default=[], help="folders of used exams to fit on too")
    parser.add_argument(
        "--alike", type=Path, action="append", default=[], help="likewise, of channels that count more than others"
    )
    parser.add_argument("--check", action="store_true", help="only measure on held-out cases")
    parser.add_argument("--write", type=Path, help="the file whose table is replaced")
    parser.add_argument("--worst", type=int, default=0)
    options = parser.parse_args()
    cases = [case for folder in options.exam for case in read_exam(folder)]
    examples = list_corpus() + [item for case in cases for item in list_case(case)]
    alike = [case for folder in options.alike for case in read_exam(folder)]
    for more, known in ((OWN, read_cases(40)), (ALIKE, alike)):
        examples += [replace(item, weight=item.weight * more) for case in known for item in list_case(case)]
    examples = [item for item in examples if item.sentences]
    if options.check:
        check(examples)
        worst = sorted(CHECKED, key=lambda pair: pair[0] * (1 if pair[1].is_event else -1))[: options.worst]
        for score, item in worst:
            print(f"{score:+.1f} {'E' if item.is_event else 'N'} {item.group}: {item.text[:150]!r}")
        return
    names = choose_names(examples)
    w = fit(examples, names)
    table = {name: round(float(value), 1) for name, value in zip(names, w, strict=False) if abs(value) >= 0.05}
    print(f"{len(examples)} examples, {len(table)} marks, bias {w[-1]:.2f}")
    if options.write:
        write_table(options.write, table, float(w[-1]))


def write_table(path: Path, table: dict[str, float], bias: float) -> None:
    """Put the table between its marks in a file."""
    text = path.read_text()
    head, _, rest = text.partition("# Fitted table: begin\n")
    _, _, tail = rest.partition("# Fitted table: end\n")
    items = [f'"{name}": {value},' for name, value in sorted(table.items())]
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 1 > 118:
            lines.append(line)
            line = "   "
        line += f" {item}"
    lines.append(line)
    body = "WEIGHTS = {\n" + "\n".join(lines) + f"\n}}  # fmt: skip\nBIAS = {bias:.1f}\n"
    path.write_text(head + "# Fitted table: begin\n" + body + "# Fitted table: end\n" + tail)


if __name__ == "__main__":
    main()
