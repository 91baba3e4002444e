"""What readers of chats' JSON lean on: fields that are there or are not, and text that can be stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Fields = Mapping[str, Any]


def clean(value: object) -> str:
    """Return text that every store takes, without NULs and half characters; empty for anything that is no text."""
    if not isinstance(value, str):
        return ""
    text = value.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def get_fields(value: Fields, name: str) -> Fields:
    """Return an object's inner object; an empty one when there is none."""
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}


def list_fields(value: Fields, name: str) -> list[Fields]:
    """Return the objects of an object's list; none when it is no list."""
    inner = value.get(name)
    return [one for one in inner if isinstance(one, Mapping)] if isinstance(inner, Sequence) else []


def find_text(value: Fields, *names: str) -> str:
    """Return the first of these fields that holds words; empty when none does."""
    return next((text for name in names if (text := clean(value.get(name)).strip())), "")


def add_count(counts: dict[str, int], name: str, count: object) -> None:
    """Add to a count of reactions; what is no number counts as one."""
    is_number = isinstance(count, int) and not isinstance(count, bool) and count >= 0
    counts[name] = counts.get(name, 0) + (count if is_number else 1)  # type: ignore[operator]  # checked in words above
