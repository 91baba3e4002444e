"""What is known to exist of one kind, and where each thing was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from fermata.rules.documents import Document
from fermata.rules.kubernetes.kubectl.commands import Command
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


Reader = Callable[[Document, Command, str], Iterable[tuple[Key, Piece]]]
"""Reads the answer to a command about one object, by its name."""


class Pieces:
    """What all sources tell of one object.

    An answer about this object alone is read when somebody asks for more than lists show, which few objects live to
    see.
    """

    __slots__ = ("_key", "_read", "_waiting", "alone", "listed")

    def __init__(self, key: Key, read: Reader) -> None:
        self._key = key
        self._read = read
        self._waiting: list[tuple[Document, Command]] = []
        self.listed: list[tuple[Document, Row]] = []
        """The rows of lists, of which a capture holds thousands: they become pieces when somebody wants to quote."""
        self.alone: list[Piece] = []
        """What is read already of everything else."""

    def put_off(self, document: Document, command: Command) -> None:
        """Add an answer that is to be read when somebody asks."""
        self._waiting.append((document, command))

    def __iter__(self) -> Iterator[Piece]:
        """Return what tells of this object alone; the rows of lists are left out."""
        waiting, self._waiting = self._waiting, []
        self._take(waiting)
        return iter(self.alone)

    def descriptions(self) -> list[Piece]:
        """Return what descriptions tell, in the order captured; the answers to `get` go on waiting."""
        asked = [item for item in self._waiting if item[1].verb == "describe"]
        if asked:
            self._waiting = [item for item in self._waiting if item[1].verb != "describe"]
            self._take(asked)
        return [piece for piece in self.alone if piece.rank is Rank.DESCRIPTION]

    def _take(self, waiting: Iterable[tuple[Document, Command]]) -> None:
        for document, command in waiting:
            found = self._read(document, command, self._key.name)
            self.alone += [piece for key, piece in found if key == self._key]


@dataclass(slots=True)
class Holding:
    """All of one kind."""

    pieces: dict[Key, Pieces] = field(default_factory=dict)
    lists: dict[str, Document] = field(default_factory=dict)
    """Complete lists by namespace; `*` is all of them, and so is any list of a kind without namespaces."""
    absent: dict[Key, Passage] = field(default_factory=dict)
    """What the server said does not exist."""
