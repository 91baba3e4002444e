"""Which nodes of several sources are one service: only those that something says are one. Likeness is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from fermata.rules.servicegraph.names import clean_name, fold_name, is_world_host, strip_tail
from fermata.rules.servicegraph.partial import Node, PartialGraph

_MOST_LOOKALIKES = 20


@dataclass(slots=True)
class Identities:
    """Names as sources have them -> names in the merged graph, which are those of the first source that has one."""

    names: dict[tuple[int, str], str] = field(default_factory=dict)
    """(Number of the source, its name) -> name."""
    aliases: dict[str, set[str]] = field(default_factory=dict)
    """Name -> what else it is called."""
    lookalikes: list[tuple[str, str]] = field(default_factory=list)
    """Names that differ by a word such as `service` alone, kept apart."""


@dataclass(slots=True)
class _Index:
    owners: dict[str, set[int]] = field(default_factory=dict)
    """Name -> sources that define it."""
    present: dict[str, set[int]] = field(default_factory=dict)
    """Name -> sources that have it in any way."""
    folded: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, set[str]] = field(default_factory=dict)
    """Alias -> names that claim it."""
    namespaces: dict[str, set[str]] = field(default_factory=dict)


def identify(parts: Sequence[PartialGraph]) -> Identities:
    """Decide which nodes are one.

    Two are, when their names are equal but for case and separators, when one source says that it goes by the other's
    name, or when one is the other with its namespace behind it; and never, when one source has both.
    """
    found, index = Identities(), _Index()
    for number, part in enumerate(parts):
        unclear = {
            alias for alias, count in Counter(a for n in part.nodes.values() for a in n.aliases).items() if count > 1
        }
        # Those that are defined first: what only stands at an edge must not take their place.
        for name, node in sorted(part.nodes.items(), key=lambda item: not item[1].is_defined):
            known = _find(index, number, node, unclear, part) or clean_name(name)
            found.names[number, name] = known
            _register(index, found, number, known, node, unclear)
    found.lookalikes = _list_lookalikes(list(index.owners))
    return found


def _find(index: _Index, number: int, node: Node, unclear: set[str], part: PartialGraph) -> str | None:
    for name in _list_candidates(index, node, unclear, part):
        if not node.is_defined or number not in index.owners[name]:
            return name
    folded = index.folded.get(fold_name(node.name))
    # A source that spells two names in two ways means two.
    return folded if folded is not None and number not in index.present[folded] else None


def _list_candidates(index: _Index, node: Node, unclear: set[str], part: PartialGraph) -> Iterator[str]:
    own = clean_name(node.name)
    if own in index.owners:
        yield own
    for alias in sorted(node.aliases - unclear):
        # What this very source tells apart from the alias is not it.
        if (clean := clean_name(alias)) in index.owners and clean not in part.nodes:
            yield clean
    claimed = index.claimed.get(own, set())
    if len(claimed) == 1:
        yield from claimed
    head, _, rest = own.partition(".")
    if rest and head in index.owners and _is_namespace(own, rest, index.namespaces[head]):
        yield head


def _is_namespace(name: str, rest: str, known: Collection[str]) -> bool:
    """Answer whether what follows a service's name is where it runs, and not somebody's domain: `api.stripe.com`."""
    return rest.partition(".svc.")[0] in known if known else not is_world_host(name)


def _register(index: _Index, found: Identities, number: int, known: str, node: Node, unclear: set[str]) -> None:
    index.present.setdefault(known, set()).add(number)
    owners = index.owners.setdefault(known, set())
    if node.is_defined:
        owners.add(number)
    index.folded.setdefault(fold_name(known), known)
    index.namespaces.setdefault(known, set()).update(filter(None, [node.namespace]))
    called = {clean_name(alias) for alias in node.aliases - unclear} | {clean_name(node.name)}
    for alias in called - {known}:
        index.claimed.setdefault(alias, set()).add(known)
    found.aliases.setdefault(known, set()).update(called - {known})


def _list_lookalikes(names: Sequence[str]) -> list[tuple[str, str]]:
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(strip_tail(name), []).append(name)
    pairs = [(group[0], other) for group in alike.values() for other in group[1:]]
    return pairs[:_MOST_LOOKALIKES]
