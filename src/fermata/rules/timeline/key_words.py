"""How much the words of a message speak for each of the key times: a sum of weights, one for each word and pair.

The weights are fitted by `bench/postmortem_keys.py`, which says on what; `key_odds` says what a sum is worth where the
message stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from fermata.rules.timeline.key_weights import WORDS
from fermata.rules.timeline.talk import Heard

_READ = 600
"""Characters of a message whose words count."""
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-z']+|0|[%?!]")


def list_marks(item: Heard) -> frozenset[str]:
    """Return what a message is made of: its words, each two that follow each other, and what its sentences are.

    Every number is one word, "0": which one it is says nothing of another incident.
    """
    said = _WORD.findall(_NUMBER.sub("0", item.message.text[:_READ].lower()))
    marks = {*said, *(f"{first} {second}" for first, second in pairwise(said))}
    for clause in item.reading.clauses:
        marks.update((f"kind {clause.kind.value}", f"stage {clause.stage.value if clause.stage else 'none'}"))
        if clause.post is not None:
            marks.add(f"post {clause.post.value}")
    return frozenset((*marks, "from a bot") if item.message.is_bot else marks)


def read_weights(table: str) -> dict[str, int]:
    """Return the weights of a table of `key_weights`, in hundredths."""
    return {mark: int(weight) for mark, _, weight in (cell.partition("=") for cell in table.split(";")) if mark}


def sum_marks(marks: Sequence[Collection[str]], weights: Mapping[str, int]) -> list[float]:
    """Return how much the marks of each message speak for a key time, as logarithm of the odds.

    Hundredths are whole numbers: their sum is the same in whatever order.
    """
    return [sum(weights.get(mark, 0) for mark in own) / 100 for own in marks]


KEY_WORDS = {name: read_weights(table) for name, table in WORDS.items()}
"""The weights of the marks for each key time."""
