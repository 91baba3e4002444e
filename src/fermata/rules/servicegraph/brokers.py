"""Messages and the broker between who sends and who takes them: one way, whatever the sources see of it.

Configuration names the broker at both ends, for whoever connects is the one that is configured. Measurements see
that a message went from one service to another, or the broker between them, or both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from fermata.rules.servicegraph.partial import Basis, Edge

Pair = tuple[str, str]
_OF_ONE_HOP = frozenset({"mode", "protocol"})
"""Facts that hold of both halves of a way: a sender may send more than this taker takes."""


def route_messages(edges: Mapping[Pair, Sequence[Edge]], queues: Collection[str]) -> dict[Pair, list[Edge]]:
    """Return the calls, with messages led through the broker that both ends are known to use.

    Where exactly one broker is between them, a measured message from one to the other went through it. Who is measured
    to take from a broker, and only configured to reach it, does not send there.

    Args:
        edges: (Caller, callee) -> what sources tell of the call.
        queues: Names of brokers.
    """
    routed = {pair: list(told) for pair, told in edges.items()}
    for caller, callee in edges:
        messages = [edge for edge in edges[caller, callee] if _is_message(edge)]
        between = [
            queue
            for queue in queues
            if (caller, queue) in edges and ((queue, callee) in edges or (callee, queue) in edges)
        ]
        if messages and len(between) == 1 and not {caller, callee} & set(queues):
            _move(routed, (caller, callee), messages, between[0])
    for caller, callee in [pair for pair in routed if pair[1] in queues]:
        taken = routed.get((callee, caller), [])
        if is_measured(taken) and not is_measured(routed[caller, callee]):
            taken += [replace(edge, caller=callee, callee=caller) for edge in routed.pop((caller, callee))]
    return routed


def _move(routed: dict[Pair, list[Edge]], pair: Pair, messages: Sequence[Edge], queue: str) -> None:
    caller, callee = pair
    sent = routed[caller, queue]
    if not is_measured(sent):
        for edge in messages:
            facts = {key: fact for key, fact in edge.facts.items() if key in _OF_ONE_HOP}
            sent.append(replace(edge, callee=queue, facts=facts))
    routed.setdefault((queue, callee), []).extend(replace(edge, caller=queue) for edge in messages)
    routed[pair] = [edge for edge in routed[pair] if edge not in messages]
    if not routed[pair]:
        del routed[pair]


def _is_message(edge: Edge) -> bool:
    return edge.basis is Basis.MEASURED and "mode" in edge.facts and edge.facts["mode"].value == "async"


def is_measured(told: Iterable[Edge]) -> bool:
    """Answer whether any source measured an edge, rather than declared it."""
    return any(edge.basis is Basis.MEASURED for edge in told)
