"""Which places of a graph or of a document are called like production, for people who only plan or write.

A run refuses such a place (`production.py`); who plans one, or writes a spec for other hands to apply, should hear of
it there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fermata.domain.experiment import FaultTarget
from fermata.domain.sandbox import PRODUCTION_WORDS
from fermata.rules.sandbox.likeness import find_production_word

_OF_PLACES = frozenset({"namespace", "namespaces", "labelSelectors", "externalTargets"})
"""Fields of Chaos Mesh's objects that say where (api/v1alpha1/selector.go and networkchaos_types.go, read 2026-11)."""


def find_production_places(names: Iterable[str], words: Sequence[str] = PRODUCTION_WORDS) -> dict[str, str]:
    """Return the names that carry a word for production, each with the word, in order."""
    found = {name: find_production_word(name, words) for name in names}
    return {name: word for name, word in found.items() if word}


def list_target_places(target: FaultTarget) -> tuple[str, ...]:
    """Return the names that say where a fault is aimed: services, namespace, labels."""
    labels = (f"{name}={value}" for pairs in (target.labels, target.callee_labels) for name, value in pairs.items())
    return tuple(name for name in (target.namespace, target.service, target.callee, *labels) if name)


def list_document_places(document: object) -> Iterator[str]:
    """Return what the fields of a document that say where hold, wherever they stand; nothing of what is no map."""
    waiting: list[tuple[object, bool]] = [(document, False)]
    seen: set[tuple[int, bool]] = set()
    while waiting:
        value, is_place = waiting.pop()
        if is_place and isinstance(value, str):
            yield value
        if not isinstance(value, Mapping | list) or (id(value), is_place) in seen:
            continue  # An alias of YAML is the same thing again, or leads back to itself.
        seen.add((id(value), is_place))
        if isinstance(value, list):
            waiting += [(item, is_place) for item in reversed(value)]
        elif is_place:
            yield from (f"{name}={text}" for name, text in value.items() if isinstance(text, str | int | float))
        else:
            waiting += [(item, key in _OF_PLACES) for key, item in reversed(tuple(value.items()))]
