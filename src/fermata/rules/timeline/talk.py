"""The channel as it was heard: each message with its reading and its telling words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.trail import Message, MessageKind
from fermata.rules.timeline.reading import Clause, Reading, read_message
from fermata.rules.timeline.terms import find_terms


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, read."""

    message: Message
    reading: Reading
    terms: frozenset[str]

    @property
    def root(self) -> str:
        """Return the id of the thread it belongs to: its own where it begins one or stands alone."""
        return self.message.thread or self.message.id

    @property
    def is_guess(self) -> bool:
        """Answer whether it says what the cause may be or is: what can be taken back."""
        return any(clause.kind is MessageKind.HYPOTHESIS or clause.is_found for clause in self.reading.clauses)

    def list_clauses(self, *kinds: MessageKind) -> list[Clause]:
        """Return its sentences of these kinds, in its order."""
        return [clause for clause in self.reading.clauses if clause.kind in kinds]


def hear(messages: Sequence[Message]) -> list[Heard]:
    """Return every message read; the words of one that says nothing are not looked for."""
    heard = []
    for message in messages:
        reading = read_message(message)
        heard.append(Heard(message, reading, find_terms(message.text) if reading.clauses else frozenset()))
    return heard
