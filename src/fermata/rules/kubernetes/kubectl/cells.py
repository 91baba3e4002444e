"""Cells and values as kubectl prints them, and where they belong in an object."""

from __future__ import annotations

from typing import Any

# What kubectl prints for something that is not set or not known.
_NOTHING = frozenset({"", "<none>", "<unset>", "<unknown>", "<nil>", "<invalid>"})
ACCESS_MODES = {
    "RWO": "ReadWriteOnce",
    "ROX": "ReadOnlyMany",
    "RWX": "ReadWriteMany",
    "RWOP": "ReadWriteOncePod",
}
"""What kubectl prints of a volume, and the API's word."""


def known(text: str | None) -> str | None:
    """Return a printed value, or `None` for what stands for nothing."""
    return None if text is None or text in _NOTHING else text


def integer(text: str | None) -> int | None:
    """Return a count or port; anything but digits is `None`."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None


def split_list(text: str) -> list[str]:
    """Return the parts of a list with commas; what stands for nothing is empty."""
    parts = (part.strip() for part in text.split(","))
    return [part for part in parts if part not in _NOTHING]


def access_modes(text: str) -> list[str]:
    """Return access modes in the API's spelling from `RWO,RWX` or `[ReadWriteOnce]`."""
    return [ACCESS_MODES.get(part, part) for part in split_list(text.strip("[]").replace(" ", ","))]


def put(body: dict[str, Any], value: Any, *path: str) -> None:
    """Set the value at a path, making the mappings on the way; `None` is not known and sets nothing."""
    if value is None:
        return
    for step in path[:-1]:
        inner = body.get(step)
        if not isinstance(inner, dict):
            inner = body[step] = {}
        body = inner
    body[path[-1]] = value
