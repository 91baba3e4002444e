"""Rare kinds of line that say nearly the same: each comes once, all of them together as a matter of course.

"slow template gale took 326 ms" and "slow template dune took 9 ms" are two kinds while names are words and few. A log
can hold a hundred such one-offs, and then being rare tells nothing of them. Grouping keeps them apart, for one word may
be all that matters; scoring asks how often the likes of a line came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from fermata.rules.condense.masking import VARIES

_MOST_KINDS = 2_000  # That are compared: where more are rare, rarity tells nothing anyway.
_USUAL = 0.05  # Words that so large a share of all lines has (levels, hosts, loggers) make none alike,
_LEAST_USUAL = 3  # so many at least.
_ENOUGH_WORDS = 2
_ALIKE = 0.5  # Share of the words of the longer one that two have in common.
_MOST_TRIED = 24  # Kinds with a word in common that are looked at, a word.
_NEAREST = 3


def find_likes(templates: Sequence[str], counts: Sequence[int], *, rare: int) -> dict[int, int]:
    """Return for each rare kind the one that stands for its likes: the first of them, itself where it has none.

    Args:
        templates: Of all kinds.
        counts: Lines of each kind.
        rare: Lines that a rare kind has at most; of rare kinds the first 2,000 are looked at.
    """
    words = [frozenset(template.split()) for template in templates]
    met: Counter[str] = Counter()
    for one, count in zip(words, counts, strict=True):
        met.update(dict.fromkeys(one, count))
    most = max(_LEAST_USUAL, _USUAL * sum(counts))
    stands_for: dict[int, int] = {}
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    told: dict[int, int] = {}
    for kind in [kind for kind, count in enumerate(counts) if count <= rare][:_MOST_KINDS]:
        own = sorted(word for word in words[kind] if VARIES not in word and met[word] <= most)  # Always in one order.
        tried = Counter(other for word in own for other in by_word[word][-_MOST_TRIED:])
        stands_for[kind] = next(
            (
                other
                for other, shared in tried.most_common(_NEAREST)
                if shared >= _ENOUGH_WORDS and shared >= _ALIKE * max(len(own), told[other])
            ),
            kind,
        )
        if stands_for[kind] == kind:
            told[kind] = len(own)
            for word in own:
                by_word[word].append(kind)
    return stands_for
