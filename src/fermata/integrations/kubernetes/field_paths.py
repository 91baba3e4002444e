"""Paths into an object as managed fields spell them, and what two states of an object differ in. Pure.

A path is a tuple of elements of FieldsV1: `("f:spec", "f:containers", 'k:{"name":"web"}', "f:image")`.

Source: Kubernetes documentation, "Server-Side Apply", and the `x-kubernetes-list-map-keys` of the published OpenAPI
document for the lists named here (read November 2026). A list that is not named is taken as one value.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Path = tuple[str, ...]

_KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers", "env", "volumes"), ("name",)),
    "imagePullSecrets": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "protocol"),
}
_ATOMIC = frozenset({"selector", "nodeSelector", "fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"})
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Changes:
    """What turns one state into another."""

    written: Mapping[Path, Any] = field(default_factory=dict)
    """The new values of the fields that are set, leaf by leaf."""
    removed: frozenset[Path] = frozenset()

    @property
    def paths(self) -> frozenset[Path]:
        """Return every path it touches."""
        return frozenset(self.written) | self.removed


def compare(before: Json, after: Json) -> Changes:
    """Return what turns an object into another."""
    written: dict[Path, Any] = {}
    removed: set[Path] = set()
    _compare(before, after, (), "", (written, removed))
    return Changes(written, frozenset(removed))


def _compare(before: Any, after: Any, path: Path, name: str, found: tuple[dict[Path, Any], set[Path]]) -> None:
    new = list_children(after, name)
    if new is None or (not new and before is _ABSENT):
        if before is _ABSENT or before != after:
            found[0][path] = after
        return
    old = list_children(before, name) if isinstance(before, type(after)) else {}
    for element in old or {}:
        if element not in new:
            found[1].add((*path, element))
    for element, (item, item_name) in new.items():
        was = old[element][0] if old and element in old else _ABSENT
        _compare(was, item, (*path, element), item_name, found)


def list_children(value: Any, name: str) -> dict[str, tuple[Any, str]] | None:
    """Return what a map or a list of named things holds, by path element, with the field names; `None` for a leaf.

    Args:
        name: The field that the value is in.
    """
    if isinstance(value, Mapping) and name not in _ATOMIC:
        return {f"f:{key}": (item, str(key)) for key, item in value.items()}
    keys = _KEYS.get(name, ())
    if isinstance(value, list) and keys and all(isinstance(item, Mapping) for item in value):
        return {_write_key(item, keys): (item, "") for item in value}
    return None


def _write_key(item: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    pairs = {key: item.get(key, "TCP" if key == "protocol" else None) for key in keys}
    return "k:" + json.dumps(pairs, separators=(",", ":"), sort_keys=True)


def find_value(item: Any, path: Path) -> Any:
    """Return the value at a path; `None` when there is none."""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f" and isinstance(item, Mapping):
            item = item.get(rest)
        elif kind == "k" and isinstance(item, list):
            wanted = json.loads(rest)
            item = next((one for one in item if _has(one, wanted)), None)
        elif kind == "v" and isinstance(item, list):
            wanted = json.loads(rest)
            item = wanted if wanted in item else None
        else:
            return None
    return item


def _has(item: Any, wanted: Mapping[str, Any]) -> bool:
    defaults = {"protocol": "TCP"}
    return isinstance(item, Mapping) and all(item.get(key, defaults.get(key)) == want for key, want in wanted.items())


def put_value(item: Json, path: Path, value: Any) -> None:
    """Set the value at a path, in place; named things on the way are made with nothing but their keys."""
    place: Any = item
    for element, following in zip(path, (*path[1:], ""), strict=True):
        kind, _, rest = element.partition(":")
        if kind == "f":
            if not following:
                place[rest] = copy.deepcopy(value)
                return
            place = place.setdefault(rest, {} if following.startswith("f:") else [])
        elif kind == "k":
            keys = json.loads(rest)
            found = next((one for one in place if _has(one, keys)), None)
            if found is None:
                found = dict(keys)
                place.append(found)
            place = found
        else:
            wanted = json.loads(rest)
            if wanted not in place:
                place.append(wanted)
            return


def build_config(live: Json, owned: Iterable[Path], changes: Changes) -> Json:
    """Return the configuration to apply: what the manager applied before and still stands, and the changes.

    What a manager applied once and leaves out the next time is removed by the server. So everything it owns is said
    again, with the live value.
    """
    config: Json = {}
    for path in sorted(owned):
        is_gone = any(path[: len(gone)] == gone for gone in changes.removed)
        value = find_value(live, path)
        if not is_gone and value is not None:
            # A named thing that is owned itself is said by its keys; its fields are owned one by one.
            put_value(config, path, value)
    for path, value in changes.written.items():
        put_value(config, path, value)
    return config


def make_merge_patch(before: Any, after: Json) -> Json:
    """Return the JSON merge patch (RFC 7386) that turns an object into another."""
    patch: Json = {}
    for key in before:
        if key not in after:
            patch[key] = None
    for key, value in after.items():
        was = before.get(key)
        if isinstance(value, dict) and isinstance(was, dict):
            if inner := make_merge_patch(was, value):
                patch[key] = inner
        elif was != value or key not in before:
            patch[key] = value
    return patch


def show_path(path: Path) -> str:
    """Return a path as the API server names it in conflicts: `.spec.template.spec.containers[name="web"].image`."""
    shown = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "k":
            pairs = json.loads(rest)
            shown += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in pairs.items()) + "]"
        else:
            shown += f".{rest}" if kind == "f" else f"[={rest}]"
    return shown


def name_parts(path: Path) -> tuple[str | int, ...]:
    """Return a path as a manifest's edit spells it: keys, and the names of named things."""
    parts: list[str | int] = []
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "k":
            parts.append(next(iter(json.loads(rest).values())))
        else:
            parts.append(rest)
    return tuple(parts)
