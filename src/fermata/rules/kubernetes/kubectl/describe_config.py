"""Descriptions of config maps and secrets: data of any form between a header and the next key."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import put

_DATA = re.compile(r"^Data\n====\n?", re.MULTILINE)
_BINARY = re.compile(r"^BinaryData\n====", re.MULTILINE)
_KEY = re.compile(r"^([-._a-zA-Z0-9]{1,253}):\n----\n", re.MULTILINE)
_LENGTH = re.compile(r"^([-._a-zA-Z0-9]{1,253}): +(\d{1,9} bytes)$", re.MULTILINE)


def read_config_map(body: dict[str, Any], text: str) -> str:
    """Add a config map's data and return the text before it."""
    start = _DATA.search(text)
    if start is None:
        return text
    end = None
    for end in _BINARY.finditer(text, start.end()):  # noqa: B007 - The last one: data may hold such lines too.
        pass
    stop = end.start() if end is not None else len(text)
    keys = list(_KEY.finditer(text, start.end(), stop))
    data = {
        key[1]: text[key.end() : following].strip("\n")
        for key, following in zip(keys, [*(each.start() for each in keys[1:]), stop], strict=bool(keys))
    }
    put(body, data, "data")
    return text[: start.start()]


def read_sizes(text: str) -> dict[str, str]:
    """Return the length of each value of a described secret by key, as in `4 bytes`."""
    start = text.find("\nData\n====")
    return dict(_LENGTH.findall(text, start)) if start >= 0 else {}


def read_secret(body: dict[str, Any], text: str) -> str:
    """Add the keys of a secret with the lengths of their values, its type, and return the text before the data."""
    start = _DATA.search(text)
    if start is None:
        return text
    put(body, dict(_LENGTH.findall(text, start.end())), "data")
    head = text[: start.start()]
    kind = re.search(r"^Type:[ \t]*(\S+)", head, re.MULTILINE)
    put(body, kind[1] if kind is not None else None, "type")
    return head
