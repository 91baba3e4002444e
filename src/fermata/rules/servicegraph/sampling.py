"""Rates of sampled traces brought to the scale of what counts every call, where both know a caller.

How many calls a request makes is the same in a sample as in all of them: by the forced flow law a call's rate is that
of its caller's requests times the calls of each (P. J. Denning, J. P. Buzen, "The Operational Analysis of Queueing
Network Models", ACM Computing Surveys 10(3), 1978). Left as they are, rates of a sample beside rates of everything
would say that a service hardly waits for what only traces show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fermata.rules.servicegraph.partial import Basis, Edge, Fact, PartialGraph

_NEAR = 0.25
"""A factor this near to one is none: the sources cover different minutes."""

_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Counted:
    """Rates that count every call, by merged names, and who says so."""

    rates: Mapping[_Pair, float]
    sources: str


def scale_samples(parts: Sequence[PartialGraph], names: Mapping[tuple[int, str], str]) -> list[PartialGraph]:
    """Return the sources, with the rates of those calls scaled that only a sample has.

    Each by what is counted of all calls that lead to its caller, else of those that its caller makes; further down, by
    what follows from there. A caller of which nothing is counted keeps the sample's rates: lower bounds.

    Args:
        parts: Of all sources.
        names: (Number of the source, its name) -> merged name.
    """
    counted = _count(parts, names)
    return [
        _scale(part, number, names, counted) if part.is_sampled and counted.rates else part
        for number, part in enumerate(parts)
    ]


def _count(parts: Sequence[PartialGraph], names: Mapping[tuple[int, str], str]) -> _Counted:
    rates: dict[_Pair, float] = {}
    sources: dict[str, None] = {}
    for number, part in enumerate(parts):
        if part.basis is Basis.MEASURED and not part.is_sampled:
            for pair, rate in _list_rates(part, number, names):
                # Of equals the first is believed, here as well.
                rates.setdefault(pair, rate)
                sources[part.source] = None
    return _Counted(rates, ", ".join(sources))


def _list_rates(part: PartialGraph, number: int, names: Mapping[tuple[int, str], str]) -> Iterable[tuple[_Pair, float]]:
    for edge in part.edges:
        rate = edge.facts.get("rate_rps")
        if rate is not None and rate.value > 0:
            yield (names[number, edge.caller], names[number, edge.callee]), float(rate.value)


def _scale(part: PartialGraph, number: int, names: Mapping[tuple[int, str], str], counted: _Counted) -> PartialGraph:
    factors = _find_factors(dict(_list_rates(part, number, names)), counted.rates)
    edges = [
        _scale_edge(edge, factors.get((names[number, edge.caller], names[number, edge.callee]))) for edge in part.edges
    ]
    scaled = sum(one is not other for one, other in zip(edges, part.edges, strict=True))
    if not scaled:
        return part
    whose = "the rate of one call is" if scaled == 1 else f"the rates of {scaled} calls are"
    told = f"{whose} scaled to what {counted.sources} counts of the callers"
    return PartialGraph(
        part.source, part.basis, part.nodes, edges, part.journeys, part.problems, [*part.notes, told], is_sampled=True
    )


def _find_factors(seen: Mapping[_Pair, float], counted: Mapping[_Pair, float]) -> dict[_Pair, float]:
    """Return the factor of each call that only the sample has, as far as one is known."""
    into: dict[str, list[_Pair]] = {}
    out_of: dict[str, list[_Pair]] = {}
    for pair in seen:
        into.setdefault(pair[1], []).append(pair)
        out_of.setdefault(pair[0], []).append(pair)
    anchors = {pair: counted[pair] for pair in seen if pair in counted}
    factors: dict[_Pair, float] = {}
    waiting = [pair for pair in seen if pair not in counted]
    while waiting:
        found = {}
        for pair in waiting:
            factor = _compare(into.get(pair[0], ()), seen, anchors) or _compare(out_of[pair[0]], seen, anchors)
            if factor is not None:
                found[pair] = factor
        if not found:
            break
        factors |= found
        anchors |= {pair: seen[pair] * factor for pair, factor in found.items()}
        waiting = [pair for pair in waiting if pair not in found]
    return factors


def _compare(pairs: Iterable[_Pair], seen: Mapping[_Pair, float], anchors: Mapping[_Pair, float]) -> float | None:
    both = [pair for pair in pairs if pair in anchors]
    return sum(anchors[pair] for pair in both) / sum(seen[pair] for pair in both) if both else None


def _scale_edge(edge: Edge, factor: float | None) -> Edge:
    if factor is None or abs(factor - 1) <= _NEAR:
        return edge
    rate = edge.facts["rate_rps"]
    scaled = Fact(round(rate.value * factor, 4), rate.basis, f"{rate.source}, times {factor:.3g}")
    return replace(edge, facts={**edge.facts, "rate_rps": scaled})
