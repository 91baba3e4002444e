"""Merging what is generated anew into what people made of the last one, line by line. A person's edit always wins.

Unlike `kit.merging`, which refuses a text whose sides disagree, this one always gives a text: what a person wrote is in
it, what is new comes in beside it, and what would have replaced a person's words is shown as a diff instead. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fermata.kit.diffs import Edit, list_edits, write_diff

_NAME = "post-mortem"
"""What the diff calls the text."""
_TARGETS = re.compile(r"\]\(([^()\s]+)\)|<!-- (\S+ \S+) -->")
"""Where the links of a generated row lead, and its mark: it is the same row while these are the same."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that a person changed, and that was generated otherwise."""

    mine: tuple[str, ...]
    """The lines that stand in the text, without their ends; empty where a person removed them."""
    theirs: tuple[str, ...]
    """The lines that were generated for it; empty where nothing is generated any more."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Two changes of one text in one."""

    text: str
    """With every line that a person wrote, and no line that they removed."""
    conflicts: tuple[Conflict, ...]
    """In the order of the text."""
    diff: str
    """From `text` to what taking the generated side of every conflict would give; empty without conflicts."""


def merge_texts(base: str, mine: str, theirs: str) -> Merged:
    """Return a person's text with what was generated anew, wherever that does not collide with an edit.

    Lines ended by a carriage return, as forms send them, count as their plain twins.

    Args:
        base: What was generated last.
        mine: What people made of it.
        theirs: What is generated now.
    """
    old, own, new = (_split(text) for text in (base, mine, theirs))
    clusters = _cluster(_refine(old, own, keeps_removals=True), _refine(old, new))
    kept: list[str] = []
    taken: list[str] = []
    conflicts: list[Conflict] = []
    at = 0
    for cluster in clusters:
        untouched = old[at : cluster.start]
        ours = _apply(old, cluster, cluster.mine)
        others = _read_theirs(old, cluster, ours)
        if cluster.mine and ours != others:
            conflicts.append(Conflict(tuple(ours), tuple(others)))
        kept += [*untouched, *(ours if cluster.mine else others)]
        taken += [*untouched, *others]
        at = cluster.stop
    text = "\n".join([*kept, *old[at:]])
    return Merged(text, tuple(conflicts), write_diff(_NAME, text, "\n".join([*taken, *old[at:]])))


@dataclass(slots=True)
class _Cluster:
    """Edits of both sides that are about the same lines."""

    start: int
    stop: int
    mine: list[Edit]
    theirs: list[Edit]


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def _refine(base: Sequence[str], other: Sequence[str], *, keeps_removals: bool = False) -> list[Edit]:
    """Return the edits line by line where that can be told: each row of a table that changed is a change of its own.

    Args:
        keeps_removals: Lines that went together stay one edit: nothing is added in the midst of a section that is gone.
    """
    edits = list_edits(base, other)
    return [part for edit in edits for part in ([edit] if keeps_removals and not edit.lines else _divide(base, edit))]


def _divide(base: Sequence[str], edit: Edit) -> Iterator[Edit]:
    """Cut an edit at the rows that stand on both sides, and what is between two of them line by line if it can be."""
    olds, news = list(base[edit.start : edit.stop]), list(edit.lines)
    old_at = new_at = 0
    for old_end, new_end in [*_pair_rows(olds, news), (len(olds), len(news))]:
        yield from _divide_evenly(edit, range(old_at, old_end), range(new_at, new_end))
        if old_end < len(olds):
            yield _cut(edit, range(old_end, old_end + 1), range(new_end, new_end + 1))
        old_at, new_at = old_end + 1, new_end + 1


def _pair_rows(olds: Sequence[str], news: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of rows that rest on the same sources, in their order on both sides."""
    at = 0
    places: dict[str, list[int]] = {}
    for place, line in enumerate(news):
        places.setdefault(_read_key(line), []).append(place)
    for old_place, line in enumerate(olds):
        key = _read_key(line)
        found = next((place for place in places.get(key, ()) if place >= at), None) if key else None
        if found is not None:
            yield old_place, found
            at = found + 1


def _read_key(line: str) -> str:
    return " ".join(found[1] or found[2] for found in _TARGETS.finditer(line))


def _divide_evenly(edit: Edit, olds: range, news: range) -> Iterator[Edit]:
    if len(olds) == 0 or len(news) not in (0, len(olds)):
        if olds or news:
            yield _cut(edit, olds, news)
        return
    for place in range(len(olds)):
        yield _cut(edit, olds[place : place + 1], news[place : place + 1])


def _cut(edit: Edit, olds: range, news: range) -> Edit:
    lines = edit.lines[news.start : news.stop]
    return Edit(edit.start + olds.start, edit.start + olds.stop, lines, edit.at + news.start)


def _cluster(mine: Sequence[Edit], theirs: Sequence[Edit]) -> list[_Cluster]:
    """Put edits together that overlap; those that only touch are both made.

    Where both sides add lines at one place, the generated ones come first: a row that is added to a table stays in it
    although a person wrote a paragraph below. The same lines are added once.
    """
    found: list[_Cluster] = []
    for edit, is_mine in sorted(_mark(mine, theirs), key=lambda pair: (pair[0].start, pair[0].stop, pair[1])):
        last = found[-1] if found else None
        if last is None or not _meets(last, edit):
            last = _Cluster(edit.start, edit.stop, [], [])
            found.append(last)
        last.stop = max(last.stop, edit.stop)
        (last.mine if is_mine else last.theirs).append(edit)
    return found


def _mark(mine: Sequence[Edit], theirs: Sequence[Edit]) -> Iterable[tuple[Edit, bool]]:
    known = {(edit.start, edit.lines) for edit in mine if edit.start == edit.stop}
    fresh = [edit for edit in theirs if edit.start != edit.stop or (edit.start, edit.lines) not in known]
    return [*((edit, True) for edit in mine), *((edit, False) for edit in fresh)]


def _meets(cluster: _Cluster, edit: Edit) -> bool:
    # Lines that are added at the end of a cluster, or two additions at one place, share no line with it.
    return edit.start < cluster.stop


def _read_theirs(base: Sequence[str], cluster: _Cluster, ours: Sequence[str]) -> Sequence[str]:
    """Return what the generated side has for a place; where a person removed it, only what is new there."""
    if not cluster.theirs:
        return ours
    if cluster.mine and not any(edit.lines for edit in cluster.mine):
        return [line for edit in cluster.theirs for line in edit.lines] or ours
    return _apply(base, cluster, cluster.theirs)


def _apply(base: Sequence[str], cluster: _Cluster, edits: Sequence[Edit]) -> list[str]:
    lines: list[str] = []
    at = cluster.start
    for edit in edits:
        lines += [*base[at : edit.start], *edit.lines]
        at = edit.stop
    return [*lines, *base[at : cluster.stop]]
