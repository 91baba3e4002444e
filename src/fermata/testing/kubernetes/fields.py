"""Field sets as managedFields writes them (FieldsV1), and what two objects differ in. Pure.

After `structured-merge-diff/v6`, `fieldpath` and `typed`: a path is a tuple of its elements as FieldsV1 spells them,
`("f:spec", "f:containers", 'k:{"name":"web"}', "f:image")`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fermata.testing.kubernetes.resources import ATOMIC_MAPS, SETS, find_keys, read_key

Path = tuple[str, ...]

# Fields that the server keeps for itself: they belong to no manager (`managedfields/internal/stripmeta.go`).
_STRIPPED_META = (
    *("name", "namespace", "creationTimestamp", "selfLink", "uid", "resourceVersion", "generation", "managedFields"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "generateName"),
)
STRIPPED = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)} | {("f:metadata", f"f:{name}") for name in _STRIPPED_META}
)


@dataclass(slots=True)
class Difference:
    """The paths that are only in the new object, in both with other values, and only in the old one."""

    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)


def list_children(value: Any, name: str) -> dict[str, tuple[Any, str]] | None:
    """Return what a granular map or keyed list holds, by path element, each with its field's name; `None` for a leaf.

    Args:
        name: The field that the value is in.
    """
    if isinstance(value, dict):
        return None if name in ATOMIC_MAPS else {f"f:{key}": (item, key) for key, item in value.items()}
    if isinstance(value, list):
        if name in SETS:
            return {f"v:{json.dumps(item)}": (item, "") for item in value}
        keys = find_keys(name, value[0] if value else None)
        if keys:
            return {_write_key(item, keys): (item, "") for item in value}
    return None


def _write_key(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    pairs = dict(zip(keys, read_key(item, keys), strict=True))
    return "k:" + json.dumps(dict(sorted(pairs.items())), separators=(",", ":"))


def flatten(value: Any, path: Path = (), name: str = "") -> set[Path]:
    """Return the fields of an applied configuration: its leaves, its empty maps and the items of its keyed lists."""
    children = list_children(value, name)
    if children is None or (not children and path):
        return {path}
    found: set[Path] = set()
    for element, (item, item_name) in children.items():
        inner = (*path, element)
        found |= flatten(item, inner, item_name)
        if element.startswith("k:"):
            found.add(inner)
    return found - STRIPPED if not path else found


def compare(old: Any, new: Any) -> Difference:
    """Return what differs between two whole objects, the server's own fields left out."""
    difference = Difference()
    _compare(old, new, (), "", difference)
    difference.added -= STRIPPED
    difference.modified -= STRIPPED
    difference.removed -= STRIPPED
    return difference


def _compare(old: Any, new: Any, path: Path, name: str, found: Difference) -> None:
    before, after = list_children(old, name), list_children(new, name)
    if before is None or after is None:
        if old != new:
            found.modified.add(path)
        return
    for element in before.keys() | after.keys():
        inner = (*path, element)
        if element not in before:
            found.added.update(list_all(*after[element], inner))
        elif element not in after:
            found.removed.update(list_all(*before[element], inner))
        else:
            _compare(before[element][0], after[element][0], inner, after[element][1], found)


def list_all(value: Any, name: str, path: Path) -> Iterator[Path]:
    """Yield the path of a value and of everything in it."""
    yield path
    for element, (item, item_name) in (list_children(value, name) or {}).items():
        yield from list_all(item, item_name, (*path, element))


def encode(paths: Iterable[Path]) -> dict[str, Any]:
    """Return FieldsV1."""
    ordered = sorted(paths)
    parents = {path[:length] for path in ordered for length in range(1, len(path))}
    tree: dict[str, Any] = {}
    for path in ordered:
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        if path in parents:
            node["."] = {}
    return tree


def decode(tree: dict[str, Any], path: Path = ()) -> set[Path]:
    """Return the paths of FieldsV1."""
    found: set[Path] = set()
    for element, below in tree.items():
        if element == ".":
            found.add(path)
        elif not below:
            found.add((*path, element))
        else:
            found |= decode(below, (*path, element))
    return found


def show_path(path: Path) -> str:
    """Return a path as conflicts name it: `.spec.template.spec.containers[name="web"].image`."""
    shown = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            shown += f".{rest}"
        elif kind == "k":
            pairs = json.loads(rest)
            shown += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in pairs.items()) + "]"
        else:
            shown += f"[={rest}]"
    return shown


def remove(value: Any, path: Path, name: str = "") -> None:
    """Take the field at a path out of an object, in place; nothing happens when it is not there."""
    children = list_children(value, name)
    if not children or path[0] not in children:
        return
    item, item_name = children[path[0]]
    if len(path) > 1:
        remove(item, path[1:], item_name)
    elif isinstance(value, dict):
        del value[path[0].removeprefix("f:")]
    else:
        value.remove(item)
