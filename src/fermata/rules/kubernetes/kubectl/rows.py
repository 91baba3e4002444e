"""Rows of `kubectl get`, as the part of an object that their columns tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Cells = Mapping[str, str]


def row_body(kind: str, cells: Cells) -> dict[str, Any]:
    """Return what a row tells of an object in the API's shape, and the row itself under `printed`."""
    body: dict[str, Any] = {"printed": dict(cells)}
    reader = _READERS.get(kind)
    if reader is not None:
        body.update(reader(cells))
    return body


_READERS: dict[str, Callable[[Cells], dict[str, Any]]] = {}
