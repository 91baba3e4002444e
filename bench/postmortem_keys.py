"""Fit what words and places speak for which key time; judge it on exams that it was not fitted on; write the tables.

    python bench/postmortem_keys.py [--write]        (needs numpy, which Fermata does not)

Every minute of a channel competes with every other: a softmax over them, whose sum over the minutes that are right is
to be as high as it can be. First words are weighed, sparsely; then what their sums are worth where a message stands.
The second is fitted on sums of words that were fitted on other exams, because on its own exam every word seems to know
more than it does. The rules were developed on these exams too and seem better on them than they are: of every four
times that they found, one is replaced by a wrong one. Exams that are kept unread take no part.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from postmortem import UNREAD  # noqa: E402 - the path comes first
from postmortem_cases import EXAMS, Case, read_cases, read_exam, write_bundle  # noqa: E402 - as above

from fermata.domain.trail import KEY_TIMES, KeyTime, Trail  # noqa: E402 - as above
from fermata.rules.timeline import draft, key_odds, key_words  # noqa: E402 - as above
from fermata.rules.timeline.talk import Heard  # noqa: E402 - as above

TABLES = HERE.parent / "src" / "fermata" / "rules" / "timeline" / "key_weights.py"
OWN = "own"
FOLDS = 6
FEWEST = 3
"""Channels that must have a mark for it to get a weight: a name is said in one."""
SPARSE, PULL_WORDS, PULL_PLACES = 0.5, 0.1, 5.0
"""How strongly weights are pulled to zero: the sum of their sizes, and of their squares."""
WRONG = 0.25
"""The share of the rules' times that are replaced."""
NEAR = 60.0
"""Seconds."""


@dataclass
class Channel:
    """One incident of an exam, with what the rules made of it."""

    exam: str
    case: Case
    trail: Trail
    heard: Sequence[Heard]
    found: Mapping[str, KeyTime]
    marks: list[frozenset[str]] = field(default_factory=list)

    def is_right(self, name: str, at: float) -> bool:
        """Whether this is the key time."""
        return abs(at - self.case.key_times[name].timestamp()) <= NEAR


@dataclass
class Group:
    """The minutes of one channel that compete for one key time."""

    channel: Channel
    candidates: list[key_odds.Candidate]
    judged: list[key_odds.Candidate]
    """The same, measured with what the rules found in truth."""


def list_exams() -> list[str]:
    """The exams that rules may be made from, and the own cases."""
    return [OWN, *(name for path in sorted(EXAMS.glob("*.tar.xz")) if (name := path.name.split(".")[0]) not in UNREAD)]


def read_channels(exam: str) -> list[Channel]:
    """The channels of an exam."""
    from fermata.flows.postmortem.trail_files import read_trail

    channels: list[Channel] = []
    for case in read_cases(40) if exam == OWN else read_exam(EXAMS / f"{exam}.tar.xz"):

        def keep(trail: Trail, heard: Sequence[Heard], found: Mapping[str, KeyTime], case: Case = case) -> Any:
            channels.append(Channel(exam, case, trail, heard, found, [key_words.list_marks(item) for item in heard]))
            return found

        draft.weigh_key_times = keep
        with tempfile.TemporaryDirectory() as folder:
            write_bundle(case, Path(folder) / case.name)
            draft.draft_postmortem(read_trail(Path(folder) / case.name).trail)
    return [channel for channel in channels if len(channel.heard) >= key_odds.FEWEST]


def fit(
    forward: Callable[[Any], Any],
    backward: Callable[[Any], Any],
    groups: Any,
    right: Any,
    width: int,
    pulls: tuple[float, float],
) -> Any:
    """The weights under which what is right has most of its group's softmax: accelerated proximal gradient descent.

    Args:
        forward, backward: Multiply by the rows, and by their transpose.
        groups: Of each row, from 0.
        pulls: To zero, by the sizes of the weights and by their squares.
    """
    import numpy as np

    count = int(groups.max()) + 1

    def judge(weights: Any) -> tuple[float, Any]:
        sums = forward(weights)
        most = np.full(count, -np.inf)
        np.maximum.at(most, groups, sums)
        shares = np.exp(sums - most[groups])
        total, good = np.bincount(groups, shares, count), np.bincount(groups, shares * right, count)
        good = np.maximum(good, 1e-30)
        slope = backward(shares / total[groups] - np.where(right, shares / good[groups], 0))
        loss = float((np.log(total) - np.log(good)).sum() + pulls[1] * (weights**2).sum())
        return loss, slope + 2 * pulls[1] * weights

    weights = np.zeros(width)
    ahead, pace, size = weights, 1.0, 5.0
    for _ in range(300):
        loss, slope = judge(ahead)
        while True:
            moved = ahead - slope / size
            moved = np.sign(moved) * np.maximum(np.abs(moved) - pulls[0] / size, 0)
            step = moved - ahead
            if judge(moved)[0] <= loss + float(slope @ step) + size / 2 * float(step @ step) + 1e-3 or size > 1e6:
                break
            size *= 2
        faster = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead = moved + (pace - 1) / faster * (moved - weights)
        weights, pace = moved, faster
    return weights


def fit_words(channels: Sequence[Channel]) -> dict[str, dict[str, int]]:
    """The weights of words for each key time, in hundredths."""
    import numpy as np

    return {name: _fit_words(name, channels, np) for name in KEY_TIMES}


def _fit_words(name: str, channels: Sequence[Channel], np: Any) -> dict[str, int]:
    counts = Counter(mark for channel in channels for mark in frozenset().union(*channel.marks))
    index = {mark: number for number, mark in enumerate(sorted(mark for mark in counts if counts[mark] >= FEWEST))}
    rows, columns, groups, right = [], [], [], []
    for number, channel in enumerate(one for one in channels if name in one.case.key_times):
        labels = [_tells(name, channel, place) for place in range(len(channel.heard))]
        if any(labels):
            for own, is_right in zip(channel.marks, labels, strict=True):
                known = [index[mark] for mark in own if mark in index]
                rows += [len(groups)] * len(known)
                columns += known
                groups.append(number)
                right.append(is_right)
    rows, columns = np.array(rows), np.array(columns)
    groups = np.unique(groups, return_inverse=True)[1]
    weights = fit(
        lambda own: np.bincount(rows, own[columns], len(groups)),
        lambda own: np.bincount(columns, own[rows], len(index)),
        groups,
        np.array(right),
        len(index),
        (SPARSE, PULL_WORDS),
    )
    rounded = {mark: round(100 * weights[number]) for mark, number in index.items()}
    return {mark: weight for mark, weight in rounded.items() if weight}


def _tells(name: str, channel: Channel, place: int) -> bool:
    """Whether a message is of the key time's minute or names it."""
    item = channel.heard[place]
    times = key_odds.list_stated(channel.trail, item.message)
    return any(channel.is_right(name, at) for at in (item.message.at.timestamp(), *times))


def use_words(tables: Mapping[str, Mapping[str, int]]) -> None:
    """Take these weights of words for the rest of this process."""
    key_words.KEY_WORDS.update({name: dict(tables[name]) for name in KEY_TIMES})


def list_groups(channels: Sequence[Channel], seed: int = 0) -> dict[str, list[Group]]:
    """What competes for each key time that an exam gives, by the words in use."""
    chance = random.Random(seed)
    groups: dict[str, list[Group]] = {name: [] for name in KEY_TIMES}
    for channel in channels:
        spoiled = {name: _spoil(time, channel, chance) for name, time in channel.found.items()}
        talk = key_odds.Talk(channel.trail, channel.heard, {name: time for name, time in spoiled.items() if time})
        judged = key_odds.Talk(channel.trail, channel.heard, channel.found)
        for name in KEY_TIMES:
            if name in channel.case.key_times:
                groups[name].append(Group(channel, talk.list_candidates(name), judged.list_candidates(name)))
    return groups


def _spoil(found: KeyTime, channel: Channel, chance: random.Random) -> KeyTime | None:
    """What the rules found; of some, another message's minute or nothing."""
    if chance.random() >= WRONG:
        return found
    return None if chance.random() < 0.3 else replace(found, at=chance.choice(channel.heard).message.at)


def fit_places(name: str, groups: Sequence[Group]) -> tuple[float, ...]:
    """The weights of `key_odds.FEATURES` for a key time."""
    import numpy as np

    labels = [[group.channel.is_right(name, one.at) for one in group.candidates] for group in groups]
    told = [number for number, own in enumerate(labels) if any(own)]
    rows = np.array([one.values for number in told for one in groups[number].candidates])
    numbers = np.concatenate([np.full(len(labels[number]), place) for place, number in enumerate(told)])
    right = np.concatenate([np.array(labels[number]) for number in told])
    spread = rows.std(0) + 1e-6
    rows = (rows - rows.mean(0)) / spread
    weights = fit(lambda own: rows @ own, lambda own: own @ rows, numbers, right, rows.shape[1], (0.0, PULL_PLACES))
    return tuple(round(float(weight), 3) for weight in weights / spread)


def judge(name: str, group: Group, weights: Sequence[float]) -> dict[float, str]:
    """Whether what is chosen is right, by the share that it must have; with none, what the rules found counts.

    As in a draft, what they found nowhere stays unknown, and what was measured stays. Their order
    is not looked at.
    """
    found, cited = group.channel.found.get(name), {item.message.id for item in group.channel.heard}
    is_weighed = found is not None and found.citation in cited
    answers = {}
    for least in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 9.0):
        one = key_odds.choose(group.judged, weights, least) if is_weighed else None
        at = one.at if one is not None else found.at.timestamp() if found is not None else None
        answers[least] = "none" if at is None else "right" if group.channel.is_right(name, at) else "wrong"
    return answers


def write_tables(words: Mapping[str, Mapping[str, int]], places: Mapping[str, Sequence[float]]) -> str:
    """The source of `key_weights`."""
    lines = ['"""What words and places speak for which key time; written by `bench/postmortem_keys.py --write`."""', ""]
    lines += ["# fmt: off", "WORDS = {"]
    for name in KEY_TIMES:
        cells = (f"{mark}={weight};" for mark, weight in sorted(words[name].items()))
        lines += [f'    "{name}": (', *(f'        "{row}"' for row in _fill(cells, 105)), "    ),"]
    lines += [
        "}",
        '"""Of each key time, hundredths of what each mark of a message adds to the logarithm of its odds."""',
    ]
    lines.append("PLACES = {")
    for name in KEY_TIMES:
        rows = _fill((f"{value:g}, " for value in places[name]), 108)
        lines += [f'    "{name}": (', *(f"        {row.rstrip()}" for row in rows), "    ),"]
    lines += ["}", '"""Of each key time, the weights of `key_odds.FEATURES`."""', ""]
    return "\n".join(lines)


def _fill(cells: Iterable[str], width: int) -> Iterator[str]:
    row = ""
    for cell in cells:
        if len(row) + len(cell) > width:
            yield row
            row = ""
        row += cell
    yield row


def main() -> None:
    """Fit, judge and print; write the tables if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write rules/timeline/key_weights.py")
    arguments = parser.parse_args()
    exams = list_exams()
    with ProcessPoolExecutor(2) as pool:
        channels = [channel for found in pool.map(read_channels, exams) for channel in found]
        folds = [frozenset(exams[start::FOLDS]) for start in range(FOLDS)]
        parts = [[one for one in channels if one.exam not in fold] for fold in folds]
        *tables, words = pool.map(fit_words, [*parts, channels])
    groups: dict[str, list[Group]] = {name: [] for name in KEY_TIMES}
    for fold, table in zip(folds, tables, strict=True):
        use_words(table)
        for name, found in list_groups([one for one in channels if one.exam in fold]).items():
            groups[name] += found
    counts: Counter[tuple[str, float, str]] = Counter()
    for name in KEY_TIMES:
        for fold in folds:
            weights = fit_places(name, [group for group in groups[name] if group.channel.exam not in fold])
            for group in groups[name]:
                if group.channel.exam in fold:
                    for least, answer in judge(name, group, weights).items():
                        counts[name, least, answer] += 1
                        counts[group.channel.exam, least, answer] += 1
                        counts["all", least, answer] += 1
    print("right / wrong, by the share that a minute must have; below it, the rules' (9: the rules alone)")
    for row in ("all", *KEY_TIMES, *exams):
        leasts = sorted({least for _, least, _ in counts})
        print(
            f"{row:10}", *(f"{least}: {counts[row, least, 'right']}/{counts[row, least, 'wrong']}" for least in leasts)
        )
    source = write_tables(words, {name: fit_places(name, groups[name]) for name in KEY_TIMES})
    print(f"{sum(len(own) for own in words.values())} words, {len(source)} characters")
    if arguments.write:
        TABLES.write_text(source)


if __name__ == "__main__":
    main()
