"""Indented text with `Key: value` lines, as a tree: the form of everything that describe prints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.kubernetes.kubectl.cells import known
from fermata.rules.kubernetes.objects import parse_labels

_GAP = re.compile(r"\s{2,}")
# Deeper nesting than any description has: text that pretends to more is cut flat, so that depth never costs.
_MAX_DEPTH = 24


class Node:
    """One line, and the lines below it that are indented deeper."""

    __slots__ = ("children", "key", "text", "value")

    def __init__(self, text: str) -> None:
        self.text = text
        """Without its indentation."""
        self.children: list[Node] = []
        key, colon, value = text.partition(": ")
        if not colon and text.endswith(":"):
            key, colon = text[:-1], ":"
        self.key = key if colon else ""
        """What stands before the first colon that ends a word; empty for a line without one."""
        self.value = value.strip()

    def child(self, key: str) -> Node:
        """Return the first line below it with a key; an empty one when there is none."""
        for node in self.children:
            if node.key == key:
                return node
        return _NOTHING

    def get(self, key: str) -> str | None:
        """Return the value of a line below it; `None` when it is missing or stands for nothing."""
        return known(self.child(key).value)

    def has(self, key: str) -> bool:
        """Return whether there is a line below it with a key."""
        return any(node.key == key for node in self.children)

    def texts(self) -> list[str]:
        """Return the value of the line and the texts of all lines below it, in order."""
        return [*([self.value] if known(self.value) else []), *self._texts_below()]

    def _texts_below(self) -> Iterator[str]:
        for node in self.children:
            yield node.text
            yield from node._texts_below()  # noqa: SLF001 - Of its own class.

    def rows(self) -> list[list[str]]:
        """Return the cells of the table below it, without header and rule, parted by two spaces or more."""
        texts = list(self._texts_below())
        return [_GAP.split(text) for text in texts[1:] if not text.startswith("--")]


_NOTHING = Node("")


def read_outline(text: str) -> Node:
    """Return the lines of a text as a tree under a nameless root; blank lines are left out. Linear in the text."""
    root = Node("")
    depths, nodes = [-1], [root]
    for line in text.split("\n"):
        stripped = line.lstrip()
        if not stripped:
            continue
        indent = len(line) - len(stripped)
        while depths[-1] >= indent:
            depths.pop()
            nodes.pop()
        node = Node(stripped.rstrip())
        nodes[-1].children.append(node)
        if len(nodes) < _MAX_DEPTH:
            depths.append(indent)
            nodes.append(node)
    return root


def read_pairs(node: Node, separator: str = "=") -> dict[str, str]:
    """Return the labels, annotations or data of a key whose further entries stand on the lines below."""
    found: dict[str, str] = {}
    for text in node.texts():
        key, mark, value = text.partition(separator)
        if mark and key and " " not in key:
            found[key] = value.strip()
    return found


def read_selector(text: str) -> dict[str, str]:
    """Return the equalities of a selector; others (`tier in (a,b)`) are left out."""
    return parse_labels(text)
