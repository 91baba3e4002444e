"""Which places of a graph or of a document are called like production, for people who only plan or write.

A run refuses such a place (`production.py`); who plans one, or writes a spec for other hands to apply, should hear of
it there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

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
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from _list_texts(value) if key in _OF_PLACES else list_document_places(value)
    elif isinstance(document, list):
        for item in document:
            yield from list_document_places(item)


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, text in value.items():
            yield f"{name}={text}"
    elif isinstance(value, list):
        for item in value:
            yield from _list_texts(item)
