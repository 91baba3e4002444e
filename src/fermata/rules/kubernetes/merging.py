"""Bodies of one object from several sources, laid over one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Nearly all of them are plain ones, which are told faster.
_MAPPINGS = (dict, Mapping)


def merge_into(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` on `base`, in place: mappings join, lists of named things join by name, anything else is replaced.

    `base` may come to share values with `over`, which is left as it is: whatever is merged has to start from an empty
    mapping of its own.
    """
    for key, value in over.items():
        old = base.get(key)
        if old is None:
            base[key] = value  # As nearly always, and told at once.
        elif isinstance(value, _MAPPINGS) and isinstance(old, _MAPPINGS):
            base[key] = merge_into(dict(old), value)
        elif isinstance(value, list) and isinstance(old, list):
            base[key] = _merge_lists(old, value)
        else:
            base[key] = value
    return base


def _merge_lists(old: list[Any], new: list[Any]) -> list[Any]:
    names = _names(old)
    if names is None or not old or set(names) != set(_names(new) or ()):
        return new  # Something came or went: the better source knows what there is now.
    by_name = dict(zip(names, old, strict=True))
    return [merge_into(dict(by_name[item["name"]]), item) for item in new]


def _names(items: list[Any]) -> list[str] | None:
    names = [str(item["name"]) for item in items if isinstance(item, _MAPPINGS) and item.get("name")]
    return names if len(set(names)) == len(items) else None
