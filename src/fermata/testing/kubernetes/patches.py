"""The three kinds of patch that say what to change: JSON merge patch, strategic merge patch, JSON patch. Pure.

What is not modelled (`$retainKeys` apart from dropping it, the lists of primitives, JSON patch's move and copy) is
refused with 501.
"""

from __future__ import annotations

import copy
from typing import Any

from fermata.testing.kubernetes.answers import Refusal, bad_request, not_modelled
from fermata.testing.kubernetes.resources import SETS, find_keys, read_key


def merge(value: Any, patch: Any) -> Any:
    """Return the value with a JSON merge patch applied (RFC 7386)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), change)
    return result


def merge_strategic(value: Any, patch: Any, name: str = "") -> Any:
    """Return the value with a strategic merge patch applied.

    Args:
        name: The field that the value is in; decides how a list merges.

    Raises:
        Refusal: 501 for a directive that is not modelled, 400 for an item without its key.
    """
    if isinstance(patch, list):
        return _merge_list(value if isinstance(value, list) else [], patch, name)
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    directive = patch.get("$patch", "merge")
    if directive == "replace":
        return {key: copy.deepcopy(item) for key, item in patch.items() if key != "$patch"}
    if directive != "merge":
        raise not_modelled(f"$patch: {directive} in a map")
    result = dict(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if key == "$retainKeys":
            result = {held: item for held, item in result.items() if held in change}
        elif key.startswith("$deleteFromPrimitiveList"):
            raise not_modelled(key)
        elif key.startswith("$"):
            continue  # $patch: merge is the default, and the order of lists is not modelled.
        elif change is None:
            result.pop(key, None)
        else:
            result[key] = merge_strategic(result.get(key), change, key)
    return result


def _merge_list(value: list[Any], patch: list[Any], name: str) -> list[Any]:
    if name in SETS:
        return [*value, *(item for item in patch if item not in value)]
    directives = [item for item in patch if isinstance(item, dict) and item.get("$patch") == "replace"]
    items = [item for item in patch if item not in directives]
    keys = find_keys(name, items[0] if items else None, strategic=True)
    if directives or not keys:
        return copy.deepcopy(items)
    result = copy.deepcopy(value)
    for item in items:
        if any(key not in item for key in keys):
            raise bad_request(f"map: {item} does not contain declared merge key: {keys[0]}")
        same = [index for index, held in enumerate(result) if read_key(held, keys) == read_key(item, keys)]
        if item.get("$patch") == "delete":
            result = [held for index, held in enumerate(result) if index not in same]
        elif same:
            result[same[0]] = merge_strategic(result[same[0]], item)
        else:
            result.append(merge_strategic({}, item))
    return result


def apply_json_patch(value: Any, operations: Any) -> Any:
    """Return the value with a JSON patch applied (RFC 6902): test, add, replace and remove.

    Raises:
        Refusal: 422 when a test fails or a place is not there, 501 for other operations.
    """
    result = copy.deepcopy(value)
    for operation in operations:
        kind, pointer = operation["op"], operation["path"]
        if kind not in ("test", "add", "replace", "remove"):
            raise not_modelled(f"the JSON patch operation {kind}")
        parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        try:
            _operate(_find(result, parts[:-1]), parts[-1], operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            message = "the server rejected our request due to an error in our request"
            raise Refusal(422, "Invalid", message, details={}) from error
    return result


def _find(value: Any, parts: list[str]) -> Any:
    for part in parts:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _operate(place: Any, key: str, operation: dict[str, Any]) -> None:
    at: Any = key
    if isinstance(place, list):
        at = len(place) if key == "-" else int(key)
    kind = operation["op"]
    if kind == "add":
        if isinstance(place, list):
            place.insert(at, copy.deepcopy(operation["value"]))
        else:
            place[at] = copy.deepcopy(operation["value"])
        return
    held = place[at]
    if kind == "remove":
        del place[at]
    elif kind == "replace":
        place[at] = copy.deepcopy(operation["value"])
    elif held != operation["value"]:
        raise ValueError(key)
