"""Who owns which fields of an object, read from its managed fields. Pure.

Source: Kubernetes documentation, "Server-Side Apply", "Field management" and "Conflicts" (read November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.field_paths import Path, show_path

_CONFLICT = "FieldManagerConflict"
# `conflict with "kubectl-edit" using apps/v1 at 2026-11-25T20:00:00Z`: the name is a Go string literal.
_MANAGER = re.compile(r'conflict with "(?P<name>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Owner:
    """One entry of managed fields."""

    manager: str
    operation: str
    """`Apply` or `Update`: the two do not share, even under one name."""
    subresource: str
    leaves: frozenset[Path]
    """The fields that are its, by their values."""
    members: frozenset[Path]
    """The maps and named things that it owns as such, apart from what is in them."""

    def owns(self, path: Path, *, is_removed: bool) -> bool:
        """Answer whether a change of a path would change a field of this owner.

        Args:
            is_removed: Whether the path goes with everything below it.
        """
        if path in self.leaves or any(path[: len(leaf)] == leaf for leaf in self.leaves):
            return True
        mine = self.leaves | self.members
        return is_removed and any(one[: len(path)] == path for one in mine)


@dataclass(frozen=True, slots=True, order=True)
class Contested:
    """A field that somebody else owns and that a change would change."""

    manager: str
    field: str
    """As the API server names it."""


def list_owners(live: Mapping[str, Any]) -> tuple[Owner, ...]:
    """Return the entries of an object's managed fields."""
    entries = (live.get("metadata") or {}).get("managedFields") or ()
    return tuple(_read_owner(entry) for entry in entries)


def _read_owner(entry: Mapping[str, Any]) -> Owner:
    leaves: set[Path] = set()
    members: set[Path] = set()
    _decode(entry.get("fieldsV1") or {}, (), (leaves, members))
    return Owner(
        str(entry.get("manager") or ""),
        str(entry.get("operation") or ""),
        str(entry.get("subresource") or ""),
        frozenset(leaves),
        frozenset(members),
    )


def _decode(tree: Mapping[str, Any], path: Path, found: tuple[set[Path], set[Path]]) -> None:
    for element, below in tree.items():
        if element == ".":
            found[1].add(path)
        elif below:
            _decode(below, (*path, element), found)
        else:
            found[0].add((*path, element))


def list_applied(owners: Iterable[Owner], manager: str) -> frozenset[Path]:
    """Return the fields that a manager has applied: what it has to say again at its next apply."""
    mine = [owner for owner in owners if owner.manager == manager and owner.operation == "Apply"]
    return frozenset(path for owner in mine if not owner.subresource for path in owner.leaves)


def list_contested(owners: Iterable[Owner], removed: Iterable[Path], written: Iterable[Path]) -> tuple[Contested, ...]:
    """Return the fields that a change touches and somebody owns, as far as managed fields tell."""
    touched = [*((path, True) for path in removed), *((path, False) for path in written)]
    found = {
        Contested(owner.manager, show_path(path))
        for owner in owners
        if owner.subresource != "status"
        for path, is_removed in touched
        if owner.owns(path, is_removed=is_removed)
    }
    return tuple(sorted(found))


def read_conflicts(refusal: Refusal) -> tuple[Contested, ...]:
    """Return the fields that the API server says an apply is in conflict over; empty for any other refusal."""
    found = []
    for cause in refusal.causes:
        if cause.reason == _CONFLICT:
            match = _MANAGER.search(cause.message)
            found.append(Contested(match["name"] if match else cause.message, cause.field))
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Overwriting:
    """That somebody wrote what another had written before."""

    manager: str
    """Several, joined by "or", where more than one wrote in that second."""
    at: str
    """As the API server tells it, to the second."""


def find_overwriting(live: Mapping[str, Any], manager: str) -> Overwriting | None:
    """Return who wrote the spec last where nothing of it is a manager's any more that wrote no later; else `None`.

    A field is whose value it has: who writes another value takes it over, an equal one leaves it shared.
    """
    entries = [each for each in (live.get("metadata") or {}).get("managedFields") or () if not each.get("subresource")]
    mine = [each for each in entries if each.get("manager") == manager]
    since = max((str(each.get("time") or "") for each in mine), default="")
    if not since or any("f:spec" in (each.get("fieldsV1") or {}) for each in mine):
        return None
    others = [each for each in entries if each not in mine and "f:spec" in (each.get("fieldsV1") or {})]
    last = max((str(each.get("time") or "") for each in others), default="")
    if last < since:
        return None
    return Overwriting(" or ".join(str(each.get("manager")) for each in others if each.get("time") == last), last)


def describe_ownership(live: Mapping[str, Any], *, with_replicas: bool = False) -> Any:
    """Return who owns what of the spec, without times: equal unless ownership changed.

    Of the rest nothing counts: controllers write the status, and their notes into annotations, while a rollout goes on.

    Args:
        with_replicas: Whether it counts who owns the number of replicas. The first scaling by an autoscaler takes that
            from whoever declared it.
    """
    entries = (live.get("metadata") or {}).get("managedFields") or ()
    left_out = () if with_replicas else ("f:replicas",)
    found = []
    for entry in entries:
        spec = (entry.get("fieldsV1") or {}).get("f:spec") or {}
        fields = {name: below for name, below in spec.items() if name not in left_out}
        if fields and not entry.get("subresource"):
            found.append([str(entry.get("manager") or ""), str(entry.get("operation") or ""), fields])
    return sorted(found, key=str)
