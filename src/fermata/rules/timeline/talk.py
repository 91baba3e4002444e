"""The channel as it was heard: each message with its reading and its telling words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.trail import Message, MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.confirmed import list_confirmed
from fermata.rules.timeline.orders import list_unheeded
from fermata.rules.timeline.reading import Clause, Reading, Stage, read_message
from fermata.rules.timeline.sayings import find_sayings
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.weights import SURE

_READ = 300
"""Characters of a message in which it says that it is about something else."""
_OVER = (Stage.MITIGATED, Stage.RESOLVED)
_UNHEEDED = Reading((), "an order to a bot that does not say it did it")
_SAYING = Reading((), "said again by somebody else at another time: no news")


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
        return any(
            clause.kind is MessageKind.HYPOTHESIS
            or (clause.kind is MessageKind.OBSERVATION and phrases.CLAIMED.search(clause.text) is not None)
            for clause in self.reading.clauses
        )

    def tells(self, stage: Stage) -> bool:
        """Answer whether one of its sentences is about a stage."""
        return any(clause.stage is stage for clause in self.reading.clauses)

    def list_clauses(self, *kinds: MessageKind) -> list[Clause]:
        """Return its sentences of these kinds, in its order."""
        return [clause for clause in self.reading.clauses if clause.kind in kinds]

    def join_clauses(self) -> str:
        """Return its sentences as one text, but for the moments that it lists: those have times of their own."""
        return " ".join(clause.text for clause in self.reading.clauses if not clause.is_recap)

    def list_terms(self, clause: Clause) -> frozenset[str]:
        """Return the telling words of one of its sentences."""
        return self.terms if clause.text == self.message.text else find_terms(clause.text)


def hear(messages: Sequence[Message]) -> list[Heard]:
    """Return every message read; the words of one that says nothing are looked for only where others hang from it."""
    roots = {message.thread for message in messages if message.thread}
    sayings = find_sayings(messages)
    unheeded, confirmed = list_unheeded(messages), list_confirmed(messages)
    heard = []
    for message in messages:
        reading = read_message(message)
        # That it is over, people say more than once, and mean it.
        if message.id in sayings and all(clause.stage not in _OVER for clause in reading.clauses):
            reading = _SAYING
        if message.id in unheeded:
            reading = _UNHEEDED
        elif message.id in confirmed and not any(clause.is_impact for clause in reading.clauses):
            reading = _read_report(message)
        is_read = reading.clauses or message.id in roots or phrases.SEPARATE.search(message.text[:_READ]) is not None
        heard.append(Heard(message, reading, find_terms(message.text) if is_read else frozenset()))
    return heard


def _read_report(message: Message) -> Reading:
    """Return a question that others said yes to as what it is: something that people see."""
    text = " ".join(message.text[:_READ].split())
    return Reading((Clause(text, MessageKind.OBSERVATION, is_impact=True, weight=SURE),))
