"""The smallest parts of YAML: keys, scalars, and collections on one line."""

from __future__ import annotations

import json
import re
from typing import Any

_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d{0,18})")
_FLOAT = re.compile(r"[-+]?\d{1,18}\.\d{0,18}(?:[eE][-+]?\d{1,3})?|[-+]?\d{1,18}[eE][-+]?\d{1,3}")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_ESCAPES = {"0": "\0", "a": "\a", "e": "\x1b", " ": " ", "_": "\xa0", "v": "\v", "N": "\x85"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/", **_ESCAPES}


def split_key(text: str) -> tuple[str, str] | None:
    """Return key and rest of a `key: value` line, or `None` for a line without a key."""
    if text[:1] in ('"', "'"):
        end = closing_quote(text)
        if end < 0 or text[end + 1 : end + 2] != ":" or text[end + 2 : end + 3] not in ("", " "):
            return None
        return unquote(text[: end + 1]), text[end + 2 :].strip()
    key, colon, rest = text.partition(": ")
    if colon:
        return key.rstrip(), rest.strip()
    return (text[:-1], "") if text.endswith(":") and len(text) > 1 else None


def closing_quote(text: str) -> int:
    """Return where the quote that a text begins with is closed; -1 when it is not."""
    mark = text[0]
    position = 1
    while True:
        position = text.find(mark, position)
        if position < 0:
            return -1
        if mark == "'":
            if text[position + 1 : position + 2] != "'":
                return position
            position += 2
            continue
        slashes = 0
        while text[position - 1 - slashes] == "\\":
            slashes += 1
        if slashes % 2 == 0:
            return position
        position += 1


def unquote(text: str) -> str:
    """Return what stands between quotes; a text without them is itself."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPE.sub(_unescape, text[1:-1])
    return text


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 1:
        return _SIMPLE.get(code, code)
    number = int(code[1:], 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def read_plain(text: str) -> Any:
    """Return a scalar without quotes: nothing, a truth, a number, or the text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def read_flow(text: str) -> Any:
    """Return a collection on one line, as JSON or as a list of plain scalars; any other is its text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    inner = text[1:-1].strip()
    if not (text[0] == "[" and text[-1] == "]") or any(mark in inner for mark in "[]{}\"'"):
        return text
    return [read_plain(part.strip()) for part in inner.split(",")]
