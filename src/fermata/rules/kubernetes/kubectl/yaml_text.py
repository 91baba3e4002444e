"""YAML as kubectl writes it, read without a library: this floor has none.

Block mappings and sequences, plain, quoted and block scalars, and collections on one line are read. Anchors, tags and
merges never occur in what kubectl prints; they are taken as text. A line that does not fit is left out, so that text
that was cut off still gives what stood before the cut.
"""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.yaml_scalars import closing_quote, read_flow, read_plain, split_key, unquote

# No object nests this deep; what does is left out.
_MAX_DEPTH = 60
_BREAKS = re.compile(r"\n+")
_BLOCK_SCALAR = re.compile(r"([|>])([-+]?)([1-9]?)([-+]?)")


def read_yaml(text: str) -> Any:
    """Return the first document of a text; `None` when there is nothing to read. Linear in the text."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith(("---", "..."))]
    if starts and not any(line.strip() for line in lines[: starts[0]]):
        lines = lines[starts[0] + 1 : starts[1] if len(starts) > 1 else None]
    elif starts:
        lines = lines[: starts[0]]
    reader = _Reader(lines)
    return reader.read_block(0) if reader.peek() is not None else None


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.indent = 0
        """Of the line that `peek` has found."""
        self._text = ""
        """That line, without its indentation."""
        self._found_at = -1

    def peek(self) -> str | None:
        """Stand on the next line that says something and return it without its indentation."""
        # Whoever reads a block looks at its first line, as whoever found the block did.
        if self._found_at == self.at:
            return self._text
        while self.at < len(self.lines):
            line = self.lines[self.at]
            text = line.strip()
            if text and not text.startswith("#"):
                self.indent = len(line) - len(line.lstrip())
                self._text, self._found_at = text, self.at
                return text
            self.at += 1
        return None

    def read_block(self, depth: int) -> Any:
        """Read what begins on the line stood on: everything indented like it."""
        text, indent = self.peek() or "", self.indent
        if depth > _MAX_DEPTH:
            self._skip_below(indent - 1)
            return None
        if _is_item(text):
            return self._read_sequence(indent, depth)
        if split_key(text) is not None:
            return self._read_mapping(indent, depth)
        self.at += 1
        return self._read_value(text, indent - 1, depth)

    def _read_mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (text := self.peek()) is not None and self.indent >= indent:
            is_own = self.indent == indent
            if is_own and _is_item(text):
                break
            self.at += 1
            if is_own and (pair := split_key(text)) is not None:
                found[pair[0]] = self._read_value(pair[1], indent, depth)
        return found

    def _read_sequence(self, indent: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while (text := self.peek()) is not None and self.indent == indent and _is_item(text):
            rest = text[1:].lstrip()
            if rest and (_is_item(rest) or split_key(rest) is not None):
                # What follows the dash is a block of its own, which begins where it stands.
                self.indent = indent + len(text) - len(rest)
                self._text = rest
                found.append(self.read_block(depth + 1))
                continue
            self.at += 1
            found.append(self._read_value(rest, indent, depth))
        return found

    def _read_value(self, rest: str, indent: int, depth: int) -> Any:
        """Read the value of a key or item whose line is at `indent`: what stands on the line and below it."""
        if not rest or rest.startswith("#"):
            following = self.peek()
            if following is None or self.indent < indent or (self.indent == indent and not _is_item(following)):
                return None
            return self.read_block(depth + 1)
        first = rest[0]
        match = _BLOCK_SCALAR.match(rest) if first in "|>" else None
        if match is not None:
            return self._read_block_scalar(match, indent)
        if first in "\"'":
            return self._read_quoted(rest, indent)
        if first in "[{":
            return read_flow(rest)
        parts = [rest.partition(" #")[0].rstrip()]
        while (text := self.peek()) is not None and self.indent > indent:
            parts.append(text)
            self.at += 1
        return read_plain(" ".join(parts))

    def _read_quoted(self, rest: str, indent: int) -> str:
        end = closing_quote(rest)
        if end >= 0:
            return unquote(rest[: end + 1])
        parts = [rest]
        while self.at < len(self.lines):
            text = self.lines[self.at].strip()
            if text and len(self.lines[self.at]) - len(self.lines[self.at].lstrip()) <= indent:
                break
            self.at += 1
            parts.append(text)
            if closing_quote(rest[0] + text) >= 0:
                break
        return unquote(_fold(parts))

    def _read_block_scalar(self, match: re.Match[str], indent: int) -> str:
        style, keep = match[1], match[2] or match[4]
        block = max(indent, 0) + int(match[3]) if match[3] else 0
        lines: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            found = len(line) - len(line.lstrip())
            if line.strip():
                block = block or found
                if found < block or found <= indent:
                    break
            lines.append(line[block:] if block else "")
            self.at += 1
        text = "\n".join(lines)
        body = text.rstrip("\n")
        if style == ">":
            body = _BREAKS.sub(lambda breaks: breaks[0][1:] or " ", body)
        if keep == "+":
            return body + text[len(text.rstrip("\n")) :] + "\n"
        return body if keep == "-" or not body else body + "\n"

    def _skip_below(self, indent: int) -> None:
        while self.peek() is not None and self.indent > indent:
            self.at += 1


def _is_item(text: str) -> bool:
    return text.startswith("- ") or text == "-"


def _fold(parts: list[str]) -> str:
    """Join the lines of a quoted scalar: a line break is a space, an empty line a line feed, a backslash joins."""
    text = parts[0]
    for part in parts[1:]:
        if text.endswith("\\") and not text.endswith("\\\\"):
            text = text[:-1] + part
        elif not part:
            text += "\n"
        else:
            text += part if text.endswith("\n") else f" {part}"
    return text
