"""Stores that spans name by what they are (`postgresql`, `kafka`), for no host was recorded: which of ours they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from fermata.rules.servicegraph.kinds import kind_of_protocol
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, Edge

Pair = tuple[str, str]


def settle_nameless(
    edges: Mapping[Pair, Sequence[Edge]], kinds: Mapping[str, str], own: Collection[str]
) -> dict[Pair, list[Edge]]:
    """Return the calls, with those to a nameless store led to the one that the service is configured for.

    Only where that is one: the service is declared to use exactly one store of the kind, and no measurement names it.

    Args:
        edges: (Caller, callee) -> what sources tell of the call.
        kinds: Name -> kind, as far as it is known.
        own: What any source defines; nothing of that is nameless.
    """
    settled = {pair: list(told) for pair, told in edges.items()}
    nameless = {name for pair, told in edges.items() for name in pair if name not in own and _is_named_so(name, told)}
    for pair in edges:
        for name in nameless.intersection(pair):
            user = pair[0] if pair[1] == name else pair[1]
            found = _find_declared(user, str(kind_of_protocol(name)), edges, kinds)
            if len(found) == 1:
                moved = [_rename(edge, pair, name, found[0]) for edge in settled.pop(pair)]
                ends = (found[0], user) if pair[0] == name else (user, found[0])
                settled.setdefault(ends, []).extend(moved)
    return settled


def _is_named_so(name: str, told: Sequence[Edge]) -> bool:
    protocols = {clean_name(str(edge.facts["protocol"].value)) if "protocol" in edge.facts else "" for edge in told}
    return protocols == {name} and kind_of_protocol(name) is not None


def _find_declared(user: str, kind: str, edges: Mapping[Pair, Sequence[Edge]], kinds: Mapping[str, str]) -> list[str]:
    return [
        callee
        for (caller, callee), told in edges.items()
        if caller == user and kinds.get(callee) == kind and all(edge.basis is not Basis.MEASURED for edge in told)
    ]


def _rename(edge: Edge, pair: Pair, name: str, found: str) -> Edge:
    return replace(edge, caller=found) if pair[0] == name else replace(edge, callee=found)
