"""Streaming template mining: a cache of folded lines in front of shapes, shapes in front of clusters.

A line whose digits are folded was mostly met before: one translation and one lookup in C name its shape. Other lines
are cut into tokens, each of which was mostly met before. Shapes are merged into groups when somebody asks, or when
there are too many; so memory is bounded whatever is read, and what there was no room for is counted as overflow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fermata.rules.condense.clustering import Clusters, cluster
from fermata.rules.condense.masking import FOLD, VARIES, TokenMasks
from fermata.rules.condense.shapes import Shape, frame_shape, make_shape

MOST_SHAPES = 8_192
"""Shapes kept apart before they are merged; about 10 MB of them."""
OVERFLOW: Shape = ("<other>",)
"""Template of the group that takes what there was no room for."""
# Folded lines that are remembered with their shape; about 25 MB at 200 characters a line.
_MOST_LINES = 65_536
_FEW = 8  # Shapes of a group that may stay apart in a merge.
_MOST_OPEN = 16  # Sets of places that are tried for a new shape.
_LEAST_GAIN = 8  # A merge that joins fewer than one shape in so many was not worth its time.
_MOST_SKIPS = 15  # After merges that were not, so many at most go without.
# A longer line is not worth remembering: it is rare, or the tokens are the cheaper memory.
_LONGEST_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Renumbering:
    """What a merge made of the ids given before it."""

    new_id_of: tuple[int, ...]
    """For each earlier id the one that replaces it."""
    count: int
    """Ids in use now: 0 up to this."""


class Miner:
    """Groups lines as they come: `add` gives each a dense id, `merge` joins ids that are one kind of line."""

    def __init__(self, *, most_shapes: int = MOST_SHAPES) -> None:
        self._most_shapes = most_shapes
        self._masks = TokenMasks()
        self._lines: dict[bytes, int] = {}
        self.find_folded: Callable[[bytes], int | None] = self._lines.get
        """Return the id of a folded line that was met before, else `None`: bound once, for loops over millions."""
        self._ids: dict[Shape, int] = {}
        self._shapes: list[Shape] = []
        # After a merge: by length, the places in which templates of floods vary; and the ids of those templates.
        self._open: dict[int, set[tuple[int, ...]]] = {}
        self._open_ids: dict[Shape, int] = {}
        self._skips = 0
        self._to_skip = 0

    @property
    def shapes(self) -> list[Shape]:
        """Return the shape, or after a merge the template, of each id."""
        return self._shapes

    @property
    def is_full(self) -> bool:
        """Answer whether `merge` is due: ids go on being given, and memory goes on growing, until it is called."""
        return len(self._shapes) >= self._most_shapes

    def add(self, text: str) -> int:
        """Return the id of the line's shape: the same for lines that differ in values only."""
        folded = text.encode("utf-8", "replace").translate(FOLD)
        found = self.find_folded(folded)
        return found if found is not None else self.add_folded(folded, folded.decode("utf-8", "replace"))

    def add_folded(self, folded: bytes, text: str) -> int:
        """Do the same for a line that `find_folded` does not know.

        Args:
            text: What its shape is made of: the folded line, decoded, without colours and the like.
        """
        shape = make_shape(text, self._masks)
        found = self._ids.get(shape)
        if found is None and self._open:
            found = self._find_open(shape)
        if found is None:
            found = self._ids[shape] = len(self._shapes)
            self._shapes.append(shape)
        if len(folded) <= _LONGEST_LINE:
            if len(self._lines) >= _MOST_LINES:
                self._lines.clear()
            self._lines[folded] = found
        return found

    def group(self) -> Clusters:
        """Return the groups of the shapes as they are now; nothing is forgotten."""
        return cluster(self._shapes)

    def merge(self, worth: Callable[[int], float] | None = None) -> Renumbering:
        """Merge shapes into groups; ids given before are replaced by dense new ones.

        Groups of a few shapes stay apart while there is room: it is floods that are merged.

        Args:
            worth: How much an id (as it was before) matters. When even the groups are too many, the least worthy
                become overflow until half the room is free. Without it the latest met go.

        Returns:
            The new numbers. The template of overflow, if there is any, is `OVERFLOW`.
        """
        clusters = self._cluster_if_worth()
        new_id_of, templates = list(clusters.group_of), list(clusters.templates)
        if worth is not None:
            new_id_of, templates = self._keep_few_apart(clusters)
        if len(templates) > self._most_shapes // 2:
            new_id_of, templates = self._overflow(new_id_of, templates, worth)
        self._open_floods(new_id_of, templates)
        self._lines.clear()
        self._ids = dict(zip(self._shapes, new_id_of, strict=True))
        self._ids |= {shape: index for index, shape in enumerate(templates)}
        self._shapes = templates
        return Renumbering(tuple(new_id_of), len(templates))

    def _cluster_if_worth(self) -> Clusters:
        """Return the groups of the shapes; each for itself where looking for groups was in vain of late.

        In a flood of lines of which no two are alike each merge finds nothing, and takes most of the time.
        """
        if self._to_skip:
            self._to_skip -= 1
            return Clusters(tuple(range(len(self._shapes))), tuple(self._shapes))
        clusters = cluster(self._shapes)
        is_vain = (len(self._shapes) - len(clusters.templates)) * _LEAST_GAIN < len(self._shapes)
        self._skips = min(2 * self._skips + 1, _MOST_SKIPS) if is_vain else 0
        self._to_skip = self._skips
        return clusters

    def _find_open(self, shape: Shape) -> int | None:
        """Return the id of a flood's template that a new shape belongs to, without making it a shape of its own."""
        frame = frame_shape(shape)
        for places in self._open.get(len(frame), ()):
            tokens = list(frame)
            for place in places:
                tokens[place] = VARIES
            found = self._open_ids.get(tuple(tokens))
            if found is not None:
                return found
        return None

    def _open_floods(self, new_id_of: list[int], templates: list[Shape]) -> None:
        sizes = self._measure_groups(new_id_of)
        self._open, self._open_ids = {}, {}
        for number, size in sizes.items():
            template = templates[number]
            places = tuple(place for place, token in enumerate(template) if token == VARIES)
            known = self._open.get(len(template), set())
            if size > _FEW and template != OVERFLOW and (places in known or len(known) < _MOST_OPEN):
                self._open[len(template)] = known | {places}
                self._open_ids[template] = number

    def _measure_groups(self, group_of: Sequence[int]) -> Counter[int]:
        """Return how many shapes each group has; one that holds a flood's template is large for good."""
        sizes = Counter(group_of)
        for old in self._open_ids.values():
            sizes[group_of[old]] += _FEW
        return sizes

    def _keep_few_apart(self, clusters: Clusters) -> tuple[list[int], list[Shape]]:
        """Number the members of small groups each for itself."""
        sizes = self._measure_groups(clusters.group_of)
        numbers: dict[tuple[int, int], int] = {}
        templates: list[Shape] = []
        new_id_of: list[int] = []
        for index, group in enumerate(clusters.group_of):
            is_small = sizes[group] <= _FEW
            number = numbers.setdefault((group, index if is_small else -1), len(templates))
            if number == len(templates):
                templates.append(self._shapes[index] if is_small else clusters.templates[group])
            new_id_of.append(number)
        return new_id_of, templates

    def _overflow(
        self, group_of: list[int], templates: list[Shape], worth: Callable[[int], float] | None
    ) -> tuple[list[int], list[Shape]]:
        worths = [0.0] * len(templates)
        if worth is not None:
            for old, group in enumerate(group_of):
                worths[group] = max(worths[group], worth(old))
        ranked = sorted(range(len(templates)), key=lambda group: (-worths[group], group))
        kept = [group for group in sorted(ranked[: self._most_shapes // 2]) if templates[group] != OVERFLOW]
        number_of = {group: number for number, group in enumerate(kept)}
        return (
            [number_of.get(group, len(kept)) for group in group_of],
            [*(templates[group] for group in kept), OVERFLOW],
        )


def parse_messages(lines: Iterable[str], *, most_shapes: int = MOST_SHAPES) -> tuple[list[int], list[str]]:
    """Group messages of which all are wanted back: a group id and a template string for each, in their order."""
    miner = Miner(most_shapes=most_shapes)
    parts: list[tuple[list[int], Renumbering]] = []
    ids: list[int] = []
    find, add_folded = miner.find_folded, miner.add_folded
    for line in lines:
        folded = line.encode("utf-8", "replace").translate(FOLD)
        found = find(folded)
        if found is None:
            if miner.is_full:
                parts.append((ids, miner.merge()))
                ids = []
            found = add_folded(folded, folded.decode("utf-8", "replace"))
        ids.append(found)
    parts.append((ids, miner.merge()))
    groups = _number_throughout(parts)
    templates = [" ".join(shape) for shape in miner.shapes]
    return groups, [templates[group] for group in groups]


def _number_throughout(parts: list[tuple[list[int], Renumbering]]) -> list[int]:
    """Give every part the numbers of the last one."""
    groups: list[list[int]] = []
    final: tuple[int, ...] | None = None
    for ids, renumbering in reversed(parts):
        new = renumbering.new_id_of
        final = new if final is None else tuple(final[index] for index in new)
        groups.append([final[index] for index in ids])
    return [group for part in reversed(groups) for group in part]
