"""The parts of a card that a message may be too small for, and the order in which they leave it for files.

Nothing is ever cut: what does not fit is attached whole. What explains leaves before what would be approved. Pure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

from fermata.domain.card import CardSection
from fermata.ports.chat.attachment import Attachment

L = TypeVar("L")


class PartKind(IntEnum):
    """What a part is, in the order in which parts leave the message: what explains goes before what is approved."""

    QUOTES = 1
    DIFF = 2
    TEXT = 3


@dataclass(slots=True)
class CardPart(ABC):
    """What may be moved into a file: a section's text, its quotes or its diff."""

    kind: PartKind
    heading: str
    text: str
    """All of it, for a file."""
    file: Attachment | None = field(default=None, kw_only=True)

    @property
    @abstractmethod
    def size(self) -> int:
        """Return how much of the message it takes, as the chat counts."""

    @abstractmethod
    def attach(self, name: str) -> None:
        """Move it into a file, and say in its place which one.

        Args:
            name: The file's, without its ending.
        """

    @property
    def title(self) -> str:
        """Return what the file holds, in words."""
        return self.heading if self.kind is PartKind.TEXT else f"{self.heading}: {self.kind.name.lower()}"

    @property
    def ending(self) -> str:
        """Return the ending of the file's name."""
        return "diff" if self.kind is PartKind.DIFF else "txt"

    @property
    def label(self) -> str:
        """Return what stands before the file's name."""
        return "The whole diff" if self.kind is PartKind.DIFF else self.title


def list_texts(section: CardSection) -> Iterator[tuple[PartKind, str]]:
    """Yield the parts of a section, each whole: its text always, quotes and a diff if it has them."""
    rows = [f"{row.label}: {row.text}" for row in section.rows]
    yield PartKind.TEXT, "\n".join([section.heading, *section.paragraphs, *rows])
    if section.quotes:
        # A line feed inside a quote would start a line that looks like the card's own.
        quotes = [f"{quote.source}:{quote.line}  {quote.text}".replace("\n", "\\n") for quote in section.quotes]
        yield PartKind.QUOTES, "\n".join(quotes)
    if section.diff:
        yield PartKind.DIFF, section.diff


def attach_until_it_fits(
    parts: Sequence[CardPart], build: Callable[[], L | None], *, stem: str, least: int
) -> L | None:
    """Move parts into files, by kind and from the longest on, until the message keeps its limits.

    Args:
        build: Returns the message of the parts as they are now; `None` while it is too long.
        stem: Of the files' names; the part's number follows.
        least: Moving a part that is not larger than that would gain nothing.

    Returns:
        The message; `None` when it is too long with all of them moved.
    """
    for number, part in sorted(enumerate(parts, 1), key=lambda pair: (pair[1].kind, -pair[1].size)):
        if part.file is None and part.size > least:
            part.attach(f"{stem}-{number}")
            if (built := build()) is not None:
                return built
    return None
