"""Objects printed whole, by `-o json` or `-o yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fermata.rules.documents import Document
from fermata.rules.kubernetes.kubectl.yaml_text import read_yaml
from fermata.rules.kubernetes.objects import Passage


def read_objects(text: str, output: str) -> list[Mapping[str, Any]]:
    """Return the objects that a text holds, in order; text that is cut off or garbled holds none."""
    found = _read_json(text) if output == "json" or text.lstrip().startswith("{") else read_yaml(text)
    return list(iter_objects(found))


def iter_objects(body: Any) -> list[Mapping[str, Any]]:
    """Return an object, or what a list object holds, each with its kind; anything else is empty."""
    if not isinstance(body, Mapping):
        return []
    items = body.get("items")
    kind = body.get("kind")
    if not isinstance(items, list) or not isinstance(kind, str) or not kind.endswith("List"):
        return [body] if isinstance(kind, str) else []
    # Items of a typed list come without their kind.
    inner = kind.removesuffix("List")
    typed = ({"kind": inner, **item} for item in items if isinstance(item, Mapping))
    return [item for item in typed if isinstance(item["kind"], str) and item["kind"]]


def list_contents(body: Any) -> set[tuple[str, str]]:
    """Return kind and namespace of what a list holds completely; empty when it is no list of one kind, or goes on."""
    metadata = body.get("metadata") if isinstance(body, Mapping) else None
    goes_on = isinstance(metadata, Mapping) and bool(metadata.get("continue"))
    if goes_on or not isinstance(body, Mapping) or not str(body.get("kind")).endswith("List"):
        return set()
    items = iter_objects(body)
    if len({item["kind"] for item in items}) != 1:
        return set()
    places = (item.get("metadata") for item in items)
    namespaces = {str(place.get("namespace") or "") for place in places if isinstance(place, Mapping)}
    return {(items[0]["kind"], namespace) for namespace in namespaces}


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def place_objects(
    document: Document, bodies: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Passage]]:
    """Return bodies, in the order of the text, with the part of it each stands in."""
    if len(bodies) < 2:
        yield from ((body, Passage(document)) for body in bodies)
        return
    starts = _item_starts(document.text, len(bodies)) or _name_starts(document.text, bodies)
    for body, start, end in zip(bodies, starts, [*starts[1:], -1], strict=True):
        yield body, Passage(document, start, end)


# How the items of a list begin in JSON, at the indentation of the first one.
_JSON_ITEM = re.compile(r'"items": ?\[(\n *\{)')


def _item_starts(text: str, count: int) -> list[int]:
    """Return where each of so many items begins; empty when the text does not show it."""
    match = _JSON_ITEM.search(text)
    for marker in (match[1],) if match is not None else ("\n- ", "\n---"):
        found = []
        position = text.find(marker)
        while position >= 0:
            found.append(position + 1)
            position = text.find(marker, position + 1)
        if len(found) == count:
            return found
        if marker == "\n---" and len(found) == count - 1:
            return [0, *found]
    return []


def _name_starts(text: str, bodies: Sequence[Mapping[str, Any]]) -> list[int]:
    # Where an item's own name stands is close to where the item begins.
    starts: list[int] = []
    position = 0
    for body in bodies:
        metadata = body.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        spellings = (f'"name": "{name}"', f"name: {name}\n", f'"name":"{name}"', f'name: "{name}"')
        found = [place for spelling in spellings if (place := text.find(spelling, position)) >= 0]
        position = min(found) if found else position
        starts.append(position)
    return starts
