"""What is known to exist of one kind, and where each thing was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from fermata.rules.documents import Document
from fermata.rules.kubernetes.kubectl.tables import Row
from fermata.rules.kubernetes.objects import Passage


class Rank(IntEnum):
    """How much a source knows; the higher one wins where two tell of the same field."""

    ROW = 1
    DESCRIPTION = 2
    API = 3


class Key(NamedTuple):
    """What tells objects of one kind apart."""

    namespace: str
    name: str


@dataclass(slots=True)
class Piece:
    """What one source tells of one object."""

    rank: Rank
    passage: Passage
    row: Row | None = None
    """`None` until the table, which holds nothing else, is read."""
    columns: tuple[str, ...] = ()
    """What the cells of such a table mean when its header is missing."""
    body: Mapping[str, Any] | None = None
    """Of an API object; `None` until the text, which holds nothing else, is read."""
    output: str = ""
    """How such a text is written: yaml or json."""


@dataclass(slots=True)
class Holding:
    """All of one kind."""

    pieces: dict[Key, list[Piece]] = field(default_factory=dict)
    lists: dict[str, Document] = field(default_factory=dict)
    """Complete lists by namespace; `*` is all of them, and so is any list of a kind without namespaces."""
    absent: dict[Key, Passage] = field(default_factory=dict)
    """What the server said does not exist."""
