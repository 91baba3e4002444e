"""Layers of a graph for a drawing: entries first, then what they call, stores last.

Calls that close a ring are set aside, so that every other call leads to a later layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 4
"""Rounds of ordering; more change little on graphs that fit a page."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Where each node stands."""

    rows: tuple[tuple[str, ...], ...]
    """Names by layer, each layer in the order to draw it; lanes among them where they were asked for."""
    backward: frozenset[tuple[str, str]]
    """Calls against the order."""


def name_lane(callee: str, layer: int) -> str:
    """Return the name of the place where calls to a node pass a layer between. No service can be called so."""
    return f"\n{callee}\n{layer}"


def arrange(
    names: Sequence[str], calls: Iterable[tuple[str, str]], last: Iterable[str] = (), *, has_lanes: bool = False
) -> Layers:
    """Put names into layers by the longest way to them (Sugiyama, Tagawa, Toda, 1981), neighbours near each other.

    Args:
        names: All of them, in the order to prefer.
        calls: Caller and callee, each among the names.
        last: Names for the last layers whatever calls them: what keeps state.
        has_lanes: Leave room for calls that pass layers: one lane for each callee and layer (`name_lane`).
    """
    pairs = [pair for pair in dict.fromkeys(calls) if pair[0] != pair[1]]
    outgoing: dict[str, list[str]] = {name: [] for name in names}
    for caller, callee in pairs:
        outgoing[caller].append(callee)
    backward = _find_backward(names, outgoing)
    forward = [pair for pair in pairs if pair not in backward]
    depths = _measure_depths(names, forward)
    called = {callee for _, callee in forward}
    # A store that calls nobody goes to the end, where the eye looks for it.
    deepest = max(depths.values(), default=0)
    for name in last:
        if not outgoing[name] and name in called:
            depths[name] = deepest
    rows: list[list[str]] = [[] for _ in range(deepest + 1)]
    for name in names:
        rows[depths[name]].append(name)
    if has_lanes:
        forward = _add_lanes(rows, forward, depths)
    return Layers(tuple(tuple(row) for row in _order([row for row in rows if row], forward)), backward)


def _add_lanes(
    rows: Sequence[list[str]], forward: Iterable[tuple[str, str]], depths: Mapping[str, int]
) -> list[tuple[str, str]]:
    """Put lanes into the rows, and return the calls as steps from layer to layer."""
    steps: dict[tuple[str, str], None] = {}
    placed: set[str] = set()
    for caller, callee in forward:
        way = [caller]
        for layer in range(depths[caller] + 1, depths[callee]):
            lane = name_lane(callee, layer)
            way.append(lane)
            if lane not in placed:
                placed.add(lane)
                rows[layer].append(lane)
        steps.update(dict.fromkeys(pairwise([*way, callee])))
    return list(steps)


def _find_backward(names: Sequence[str], outgoing: Mapping[str, Sequence[str]]) -> frozenset[tuple[str, str]]:
    """Return the calls that lead back to something on the way; entries are begun at, so that rings break late."""
    called = {callee for callees in outgoing.values() for callee in callees}
    order = [name for name in names if name not in called] + [name for name in names if name in called]
    done: set[str] = set()
    found: set[tuple[str, str]] = set()
    for start in order:
        if start in done:
            continue
        way, on_way = [(start, iter(outgoing[start]))], {start}
        while way:
            name, rest = way[-1]
            callee = next(rest, None)
            if callee is None:
                way.pop()
                on_way.discard(name)
                done.add(name)
            elif callee in on_way:
                found.add((name, callee))
            elif callee not in done:
                way.append((callee, iter(outgoing[callee])))
                on_way.add(callee)
    return frozenset(found)


def _measure_depths(names: Sequence[str], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    waiting = dict.fromkeys(names, 0)
    callees: dict[str, list[str]] = {name: [] for name in names}
    for caller, callee in forward:
        waiting[callee] += 1
        callees[caller].append(callee)
    depths = dict.fromkeys(names, 0)
    ready = [name for name in names if not waiting[name]]
    for name in ready:
        for callee in callees[name]:
            depths[callee] = max(depths[callee], depths[name] + 1)
            waiting[callee] -= 1
            if not waiting[callee]:
                ready.append(callee)
    return depths


def _order(rows: list[list[str]], forward: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Order each layer by where its neighbours stand in the one before, and on the way back in the one after."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for caller, callee in forward:
        below.setdefault(caller, []).append(callee)
        above.setdefault(callee, []).append(caller)
    for sweep in range(_SWEEPS):
        near = above if sweep % 2 == 0 else below
        places = {name: index / max(len(row), 1) for row in rows for index, name in enumerate(row)}
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=lambda name: _centre(near.get(name, ()), places, places[name]))
            places.update({name: index / len(row) for index, name in enumerate(row)})
    return rows


def _centre(neighbours: Sequence[str], places: Mapping[str, float], own: float) -> float:
    return sum(places[name] for name in neighbours) / len(neighbours) if neighbours else own
