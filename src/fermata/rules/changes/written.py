"""What was written down of changes that broke something: the words of each change, and of what was seen then.

`bench/mechanisms.py --write` packs the table from `bench/cases`; what stands there of each are the stems of
its change and those of what was seen. It is read with the first case that has changes to compare, and kept.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fermata.kit.packed import read_packed

TABLE = "written.txt.xz"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORTEST, _STEM = 3, 6
_LONGEST = 1000  # Characters of a line.


@dataclass(frozen=True, slots=True)
class Incident:
    """A change that broke something, and what was seen."""

    change: tuple[str, ...]
    """Stems of what changed, as `list_change_stems` gives them."""
    seen: tuple[str, ...]


class Library:
    """All incidents, with what makes one look like another: the cosine of their stems by inverse document frequency."""

    def __init__(self, incidents: Sequence[Incident]) -> None:
        """Index them; linear in their stems."""
        self.incidents = incidents
        self._seen_worth = _measure_rarity(one.seen for one in incidents)
        self._change_worth = _measure_rarity(one.change for one in incidents)
        self._holders: dict[str, array[int]] = {}
        for number, one in enumerate(incidents):
            for stem in one.seen:
                self._holders.setdefault(stem, array("L")).append(number)
        self._seen_lengths = array("d", (_measure(one.seen, self._seen_worth) for one in incidents))
        self.usual = self.blend(dict.fromkeys(range(len(incidents)), 1 / max(len(incidents), 1)))
        """Stem -> what it counts in the change of any incident, on average."""

    def find_alike(self, stems: Iterable[str], most: int) -> dict[int, float]:
        """Return the number of each of the incidents that look most like what is seen -> how much, 0..1."""
        found: dict[int, float] = {}
        for stem, worth in _weigh(stems, self._seen_worth).items():
            for number in self._holders[stem]:
                found[number] = found.get(number, 0.0) + worth * self._seen_worth[stem]
        scored = ((product / self._seen_lengths[number], -number) for number, product in found.items())
        return {-number: alike for alike, number in sorted(scored, reverse=True)[:most]}

    def blend(self, shares: Mapping[int, float]) -> dict[str, float]:
        """Return stem -> what it counts in the changes of some incidents together, each by its share."""
        found: dict[str, float] = {}
        for number, share in shares.items():
            for stem, worth in self.weigh(self.incidents[number].change).items():
                found[stem] = found.get(stem, 0.0) + share * worth
        return found

    def weigh(self, stems: Iterable[str]) -> dict[str, float]:
        """Return stem -> what it counts in one change: together they are of length 1."""
        return _weigh(stems, self._change_worth)


@lru_cache(maxsize=1)
def read_library() -> Library:
    """Return the incidents that come with the program; none where the installation is broken."""
    rows = (line.split("\t") for line in read_packed("fermata.rules.changes", TABLE).splitlines())
    return Library([Incident(tuple(change.split()), tuple(seen.split())) for change, seen in rows])


def list_change_stems(lines: Iterable[tuple[str, str]], title: str) -> Iterator[str]:
    """Yield the stems of a change.

    Args:
        lines: Sign, which is `+`, `-` or a space, and text of each line.
        title: What it is called.
    """
    for sign, text in lines:
        for stem in _list_stems(text):
            yield stem
            if sign != " ":
                yield sign + stem
    yield from _list_stems(title)


def list_seen_stems(texts: Iterable[str]) -> Iterator[str]:
    """Yield the stems of what is seen: lines of logs, words of alerts, names of metrics that moved."""
    for text in texts:
        yield from _list_stems(text)


def _list_stems(text: str) -> tuple[str, ...]:
    words = (match[0] for match in _WORD.finditer(text[:_LONGEST]))
    return tuple(dict.fromkeys(word[:_STEM].lower() for word in words if len(word) >= _SHORTEST))


def _measure_rarity(texts: Iterable[Sequence[str]]) -> dict[str, float]:
    """Return stem -> logarithm of how few of the texts have it."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        counts.update(text)
        total += 1
    return {stem: math.log((total + 1) / (count + 0.5)) for stem, count in counts.items()}


def _weigh(stems: Iterable[str], worth: Mapping[str, float]) -> dict[str, float]:
    """Return each stem that is known, once, with its worth as a share of all of them: a vector of length 1."""
    own = {stem: worth[stem] for stem in dict.fromkeys(stems) if stem in worth}
    length = _measure(own, worth)
    return {stem: share / length for stem, share in own.items()}


def _measure(stems: Iterable[str], worth: Mapping[str, float]) -> float:
    return math.sqrt(sum(worth[stem] ** 2 for stem in stems)) or 1.0
