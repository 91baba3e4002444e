"""Items of a JSON list read one after the other: a file that breaks off has told everything before that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_GAP = re.compile(r"\s*,\s*")
_END = re.compile(r"\s*\]")
_LIST = re.compile(r"\s*\[\s*")


@dataclass(slots=True)
class Broken:
    """Whether a list was read to its end, known when it was."""

    is_broken: bool = True
    """No closing bracket was found where one, or another item, was expected."""


def iterate_items(text: str, name: str = "", broken: Broken | None = None) -> Iterator[Any]:
    """Yield the items of a list up to where it breaks off.

    Args:
        name: Of the field that holds the list; empty when the text is the list itself.
        broken: Told whether the end was found.
    """
    decoder = json.JSONDecoder()
    start = re.search(rf'"{re.escape(name)}"\s*:\s*\[\s*', text) if name else _LIST.match(text)
    if start is None:
        return
    position = start.end()
    while not _END.match(text, position):
        try:
            item, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield item
        gap = _GAP.match(text, position)
        if gap is None:
            break
        position = gap.end()
    if broken is not None:
        broken.is_broken = _END.match(text, position) is None


def find_object(text: str, name: str) -> dict[str, Any]:
    """Return the object of the first field of this name; an empty one when there is none."""
    start = re.search(rf'"{re.escape(name)}"\s*:\s*(?=\{{)', text)
    if start is None:
        return {}
    try:
        item, _ = json.JSONDecoder().raw_decode(text, start.end())
    except (ValueError, RecursionError):
        return {}
    return item if isinstance(item, dict) else {}
