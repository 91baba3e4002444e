"""Which shapes are one kind of line: siblings that differ where values stand are merged, words that matter are not.

Works on shapes, not on lines: there are thousands where there are millions of lines, so a decision can look at all
the words that stand in one place. One configuration for everything; nothing here knows a system's spelling.

Two shapes become one when
- only what varies differs (`frame_shape`), or the value of one key;
- they differ in one place, and what stands there are values: a number here and a word there, identifiers, many words
  in the same place, or fewer after a word that introduces a name;
- one of them has a value more in one place and enough words tell that the rest is the same.
Words of prose stay apart as long as they are few ("session opened", "session closed"), and at the start of a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.rules.condense.masking import VARIES
from fermata.rules.condense.shapes import Shape, frame_shape

_ROUNDS = 4  # Merging one place lets another merge; measured: after three rounds nothing changes in 16 systems.
_MANY_WORDS = 6  # So many different words in one place are names; prose rarely has more than open/close/fail/retry.
_SOME_WORDS = 3  # The same where the word before announces a name.
_ENOUGH_WORDS = 3  # Words that must agree before a value more or less is overlooked.
_FLOOD = 64  # So many templates of one pattern are a flood.
_KEY = re.compile(r"\W{0,3}[A-Za-z_][\w.-]{0,40}=")
_DOTTED = re.compile(r"[A-Za-z0-9][._/$@-][A-Za-z0-9]|::|^\W*$|^['\"].*['\"]$")
_CAMEL = re.compile(r"[a-z][A-Z]")
_BRACKETS = "()[]{}<>\"',;:.!"
# Words after which English names somebody or something.
_INTRODUCING = (
    "user for from to by host name named domain file class service called at on of job id process node device module "
    "server client port interface address"
)
_INTRODUCES = frozenset(_INTRODUCING.split())


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which group each shape belongs to, and what the groups look like."""

    group_of: tuple[int, ...]
    """For each shape the index of its group."""
    templates: tuple[Shape, ...]
    """For each group its tokens, `<*>` where they differ."""


def cluster(shapes: Sequence[Shape]) -> Clusters:
    """Group shapes; the order decides the numbering and nothing else that a reader would notice."""
    merging = _Merging(shapes)
    for _ in range(_ROUNDS):
        before = len(merging.current)
        for length in merging.list_lengths():
            merging.merge_siblings(length)
            merging.merge_floods(length)
        merging.merge_longer()
        if len(merging.current) == before:
            break
    return merging.close()


class _Merging:
    """The state of one clustering: current templates, each with the index of the shape that stands for it."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._parent = list(range(len(shapes)))
        self.current: dict[Shape, int] = {}
        for index, shape in enumerate(shapes):
            self._add(frame_shape(shape), index)

    def list_lengths(self) -> list[int]:
        return sorted({len(shape) for shape in self.current})

    def merge_siblings(self, length: int) -> None:
        """Merge the templates of one length that differ in one place only, where values stand there."""
        shapes = dict.fromkeys(shape for shape in self.current if len(shape) == length)
        for place in range(length):
            families: dict[Shape, list[Shape]] = {}
            for shape in shapes:
                families.setdefault((*shape[:place], *shape[place + 1 :]), []).append(shape)
            for siblings in families.values():
                words = {shape[place] for shape in siblings}
                if len(words) > 1 and _are_values(words, siblings[0], place):
                    merged = (*siblings[0][:place], _join(words), *siblings[0][place + 1 :])
                    for shape in siblings:
                        del shapes[shape]
                        self._add(merged, self.current.pop(shape))
                    shapes[merged] = None

    def merge_floods(self, length: int) -> None:
        """Merge a flood of templates that share their frequent words and differ in several places at once.

        Siblings cannot show that (no two of them differ in one place only); words that hundreds share can.
        """
        shapes = [shape for shape in self.current if len(shape) == length]
        if len(shapes) < _FLOOD:
            return
        counts = Counter((place, token) for shape in shapes for place, token in enumerate(shape))
        least = max(_FLOOD // 4, len(shapes) // 50)
        families: dict[Shape, list[Shape]] = {}
        for shape in shapes:
            pattern = tuple(token if counts[place, token] >= least else VARIES for place, token in enumerate(shape))
            families.setdefault(pattern, []).append(shape)
        for pattern, members in families.items():
            words = sum(1 for token in pattern if VARIES not in token)
            if len(members) >= _FLOOD and words >= _ENOUGH_WORDS and 2 * words >= length:
                for shape in members:
                    self._add(pattern, self.current.pop(shape))

    def merge_longer(self) -> None:
        """Merge a template that has one value more than another with it."""
        for shape in sorted(self.current, key=len):
            if sum(1 for token in shape if VARIES not in token) < _ENOUGH_WORDS:
                continue
            for place, token in enumerate(shape):
                if VARIES in token and "=" not in token:
                    shorter = (*shape[:place], *shape[place + 1 :])
                    if shorter in self.current:
                        self._add(shorter, self.current.pop(shape))
                        break

    def close(self) -> Clusters:
        """Number the groups in the order of their first shapes."""
        by_root = {self._find(index): shape for shape, index in self.current.items()}
        numbers = {root: number for number, root in enumerate(sorted(by_root))}
        return Clusters(
            tuple(numbers[self._find(index)] for index in range(len(self._parent))),
            tuple(by_root[root] for root in sorted(by_root)),
        )

    def _add(self, shape: Shape, index: int) -> None:
        other = self.current.setdefault(shape, index)
        if other != index:
            first, second = sorted((self._find(other), self._find(index)))
            self._parent[second] = first
            self.current[shape] = first

    def _find(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index


def _are_values(words: set[str], shape: Shape, place: int) -> bool:
    """Answer whether what stands in one place of otherwise equal templates are values of one kind."""
    keys = {match[0] if (match := _KEY.match(word)) else "" for word in words}
    if "" not in keys:
        return len(keys) == 1
    others = [token for index, token in enumerate(shape) if index != place and VARIES not in token]
    if not others:
        return False
    if any(VARIES in word for word in words):
        return True
    cores = [word.strip(_BRACKETS) for word in words]
    dotted = sum(1 for core in cores if _DOTTED.search(core))
    if place == 0:
        return dotted == len(words)
    if len(others) > 1 and 2 * dotted >= len(words):
        return True
    named = dotted + sum(1 for core in cores if _CAMEL.search(core))
    if len(others) > 1 and len(words) >= _SOME_WORDS and 2 * named >= len(words):
        return True
    before = shape[place - 1].lower().strip("\"'([")
    is_introduced = before in _INTRODUCES or before.endswith(("=", ":"))
    return len(words) >= (_SOME_WORDS if is_introduced else _MANY_WORDS)


def _join(words: set[str]) -> str:
    """Return what stands for all of them: `<*>`, behind the key that they share."""
    keys = {match[0] if (match := _KEY.match(word)) else "" for word in words}
    return (keys.pop() if len(keys) == 1 else "") + VARIES
