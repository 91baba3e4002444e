"""Field managers: who owns which field after an update, and server-side apply with its conflicts. Pure.

After `structured-merge-diff/v6`, `merge/update.go`: an update takes what it changes from everybody else; an apply that
would do so conflicts, unless it is forced. What a manager applied before and does not apply any more is removed, if
nobody else owns it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fermata.testing.kubernetes import fields
from fermata.testing.kubernetes.answers import Refusal, apply_conflict, not_modelled
from fermata.testing.kubernetes.fields import Path
from fermata.testing.kubernetes.resources import SETS, find_keys, read_key


@dataclass(frozen=True, slots=True, order=True)
class Manager:
    """One entry of managedFields."""

    operation: str
    """`Apply` or `Update`. Applies come first, as in the server's lists."""
    name: str
    api_version: str
    subresource: str = ""

    def describe(self) -> str:
        """Return it as conflicts name it (`managedfields/internal/conflict.go`)."""
        text = f'"{self.name}"' + (f' with subresource "{self.subresource}"' if self.subresource else "")
        if self.operation != "Update":
            return text
        return f"{text} using {self.api_version}"


Owners = dict[Manager, set[Path]]


def read_owners(value: Mapping[str, Any]) -> tuple[Owners, dict[Manager, str]]:
    """Return who owns what, and when each last changed something."""
    owners: Owners = {}
    times: dict[Manager, str] = {}
    for entry in value.get("metadata", {}).get("managedFields", []):
        manager = Manager(entry["operation"], entry["manager"], entry["apiVersion"], entry.get("subresource", ""))
        owners[manager] = fields.decode(entry["fieldsV1"])
        times[manager] = entry.get("time", "")
    return owners, times


def write_owners(value: dict[str, Any], owners: Owners, times: Mapping[Manager, str], now: str) -> None:
    """Write managedFields into an object; an entry keeps its time when its fields are the same."""
    before, _ = read_owners(value)
    entries = []
    for manager in sorted(owners):
        if not owners[manager]:
            continue
        is_same = before.get(manager) == owners[manager]
        entry = {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": manager.api_version,
            "time": times.get(manager, now) if is_same else now,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields.encode(owners[manager]),
        }
        entries.append(entry | ({"subresource": manager.subresource} if manager.subresource else {}))
    value["metadata"]["managedFields"] = entries


def take(owners: Owners, manager: Manager, old: Any, new: Any) -> Owners:
    """Return the owners after an update: what it changed is the manager's, and nobody else's."""
    difference = fields.compare(old, new)
    changed = _restrict(difference.added | difference.modified, manager)
    if manager.subresource == "scale":
        # Who scales takes the number over from its owner; where it has none, nobody is recorded (seen on 1.36).
        changed &= {path for paths in owners.values() for path in paths}
    gone = difference.removed
    result = {other: paths - changed - gone for other, paths in owners.items() if other != manager}
    result[manager] = (owners.get(manager, set()) | changed) - gone
    return result


def _restrict(paths: set[Path], manager: Manager) -> set[Path]:
    # The main resource does not write status, and the subresource writes nothing else (reset fields).
    is_status = manager.subresource == "status"
    return {path for path in paths if is_status or path[0] != "f:status"}


def apply(
    live: dict[str, Any], config: dict[str, Any], manager: Manager, *, is_forced: bool
) -> tuple[dict[str, Any], Owners]:
    """Return the object and its owners after a server-side apply.

    Raises:
        Refusal: 409 with one cause per field that another manager owns and that would change; 501 for nulls.
    """
    owners, _ = read_owners(live)
    applied = fields.flatten(config)
    last = owners.get(manager, set())
    # A copy: what is taken out below must not be taken out of the stored object, least of all in a dry run.
    merged = _merge(copy.deepcopy(live), config)
    others = {path for other, paths in owners.items() if other != manager for path in paths}
    # A named thing goes before what is in it, and never loses the key that it is named by.
    for path in sorted(last - applied, key=len):
        if path not in others and not _has_below(path, others | applied) and not _is_key(path):
            fields.remove(merged, path)
    difference = fields.compare(live, merged)
    changed = difference.added | difference.modified
    conflicts = {other: paths & changed for other, paths in owners.items() if other != manager and paths & changed}
    if conflicts and not is_forced:
        raise _describe_conflicts(conflicts)
    result = {other: paths - changed - difference.removed for other, paths in owners.items()}
    result[manager] = applied
    return merged, result


def _is_key(path: Path) -> bool:
    return len(path) > 1 and path[-2].startswith("k:") and path[-1][2:] in json.loads(path[-2][2:])


def _has_below(path: Path, paths: set[Path]) -> bool:
    return any(other[: len(path)] == path for other in paths)


def _describe_conflicts(conflicts: Owners) -> Refusal:
    pairs = [(manager, path) for manager in sorted(conflicts) for path in sorted(conflicts[manager])]
    causes = [(f"conflict with {manager.describe()}", fields.show_path(path)) for manager, path in pairs]
    if len(causes) == 1:
        words, field = causes[0]
        return apply_conflict(f"Apply failed with 1 conflict: {words}: {field}", causes)
    lines = []
    for manager in sorted(conflicts):
        lines.append(f"conflicts with {manager.describe()}:")
        lines += [f"- {fields.show_path(path)}" for path in sorted(conflicts[manager])]
    return apply_conflict(f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines), causes)


def _merge(live: Any, config: Any, name: str = "") -> Any:
    if config is None:
        raise not_modelled("null in an applied configuration")
    children = fields.list_children(config, name)
    if children is None or not isinstance(live, type(config)):
        return copy.deepcopy(config) if children is None else _merge(type(config)(), config, name)
    if isinstance(config, dict):
        return {**live, **{key: _merge(live.get(key, _empty(item)), item, key) for key, item in config.items()}}
    if name in SETS:
        return [*live, *(item for item in config if item not in live)]
    return _merge_items(live, config, name)


def _empty(value: Any) -> Any:
    return type(value)() if isinstance(value, dict | list) else None


def _merge_items(live: list[Any], config: list[Any], name: str) -> list[Any]:
    keys = find_keys(name, config[0])
    result = list(live)
    for item in config:
        key = read_key(item, keys)
        at = next((index for index, held in enumerate(result) if read_key(held, keys) == key), None)
        if at is None:
            result.append(_merge({}, item))
        else:
            result[at] = _merge(result[at], item)
    return result
