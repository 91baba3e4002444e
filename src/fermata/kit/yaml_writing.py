"""Documents of JSON types as YAML, for people and for kubectl.

Every text that any YAML reader might take for something else is quoted: kubectl's reads YAML 1.1, where a label `on` is
true and `1e3` a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"})


def write_yaml(value: Mapping[str, Any]) -> str:
    """Return a document in block style, its keys in their order. Lists and maps of JSON types only."""
    return "".join(f"{line}\n" for line in _write(value))


def _write(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _write_entry(f"{_scalar(key)}:", item, "  ")
    else:
        for item in value:
            lines = list(_write(item)) if _is_filled(item) else [_inline(item)]
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])


def _write_entry(head: str, item: Any, indent: str) -> Iterator[str]:
    if not _is_filled(item):
        yield f"{head} {_inline(item)}"
        return
    yield head
    # A list stands at its key's own column, as kubectl writes it.
    yield from (f"{indent if isinstance(item, Mapping) else ''}{line}" for line in _write(item))


def _is_filled(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple) and bool(value)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        return "{}" if isinstance(value, Mapping) else "[]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
