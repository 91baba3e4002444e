"""Objects as lines of YAML: what a person reads, and what a claim quotes. Pure.

A list is written so that each object begins at the left margin, with a comment that says how it is, in the words of
`kubectl get`. PyYAML takes seconds for what a gathering holds; this writes the same form from JSON values in tens of
milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

# What YAML reads back as the same text without quotes: it begins like a word or a path, and holds nothing that ends it.
_PLAIN = re.compile(r"[A-Za-z/_$(][\x20-\x7e\xa1-\ud7ff]*")
_PRINTABLE = re.compile(r"[\x20-\x7e\xa1-\ud7ff]*")
_ENDS = (": ", " #", ":\t")
_QUANTITY = re.compile(r"[0-9]+(?:[KMGT]i|[mkMGT])")
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""What a block may not hold; a text with it stands in quotes, on one line."""
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


_MOST_TOLD = 12
"""Objects told of in a line each before the YAML begins: what a person sees without scrolling."""


def write_list(
    heading: str, kind: str, items: Sequence[Mapping[str, Any]], describe: Callable[[Mapping[str, Any]], str]
) -> list[str]:
    """Return a list of objects as YAML lines, the first of them as comments that sum it up.

    Args:
        heading: What the list is of; the first line.
        describe: One line on how an object is; it stands as a comment at the object's beginning, too.
    """
    told = [" ".join(describe(item).split()) for item in items]
    lines = [f"# {heading}", *(f"#   {words}" for words in told[:_MOST_TOLD])]
    if len(told) > _MOST_TOLD:
        lines.append(f"#   and {len(told) - _MOST_TOLD} more")
    lines += [f"kind: {kind}List", "items:"]
    for item, words in zip(items, told, strict=True):
        body = list(_write({key: value for key, value in item.items() if key != "apiVersion"}, ""))
        lines.append(f"- # {words}")
        lines += [f"  {line}" for line in body]
    return lines


def write_value(value: Any) -> list[str]:
    """Return any JSON value as YAML lines."""
    return list(_write(value, ""))


def _write(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield from _write_mapping(value, indent)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from _write_item(item, indent)
    else:
        yield indent + _write_scalar(value)


def _write_mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        name = _write_scalar(str(key))
        if isinstance(item, Mapping) and item:
            yield f"{indent}{name}:"
            yield from _write_mapping(item, f"{indent}  ")
        elif isinstance(item, list | tuple) and item:
            # As kubectl has it, but one step in: what begins at the margin is an object.
            yield f"{indent}{name}:"
            yield from _write(item, f"{indent}  ")
        elif isinstance(item, str) and "\n" in item and not _UNFIT.search(item):
            # As YAML has it: without the sign, a block ends with a line feed.
            yield f"{indent}{name}: {'|' if item.endswith(chr(10)) else '|-'}"
            yield from (f"{indent}  {line}" for line in item.removesuffix("\n").split("\n"))
        else:
            yield f"{indent}{name}: {_write_scalar(item)}"


def _write_item(item: Any, indent: str) -> Iterator[str]:
    lines = _write(item, "")
    yield f"{indent}- {next(lines)}"
    yield from (f"{indent}  {line}" for line in lines)


def _write_scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return json.dumps(value)
    if isinstance(value, str):
        return _write_text(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _write_text(value: str) -> str:
    if _QUANTITY.fullmatch(value):
        return value
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not any(end in value for end in _ENDS)
    if is_plain and not value.endswith((" ", ":")):
        return value
    # Single quotes, as kubectl has it, leave what is quoted inside as it was said; only they themselves are doubled.
    if ('"' in value or "\\" in value) and _PRINTABLE.fullmatch(value):
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False)
