"""Channels that fail are left alone for a while, and for how long they have failed is known to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fermata.domain.record import Instant, Record
from fermata.kit.clock import format_instant
from fermata.kit.errors import FermataError, OperationalError, TransientError
from fermata.ports.outbox import OutboxEntry
from fermata.ports.store import Transaction
from fermata.rules.notices import find_channel

_RESTING = "resting/"
_WHOLE = "/*"
FIRST_REST = timedelta(seconds=1)
LONGEST_REST = timedelta(minutes=5)
"""A channel that was down for an hour gets its cards within five minutes of coming back."""
_LONGEST_OF_ROOM = timedelta(seconds=30)
"""What was refused may be one card's own fault: the next one of its room is not kept for long."""
_LONGEST_ASKED = timedelta(hours=1)
"""Of what a service asks for: one that asks to be left alone for days would be forgotten."""


class Suspect(Record):
    """A card that failed where no other one was tried since."""

    channel: str
    key: str
    version: int
    attempts: int

    @classmethod
    def make(cls, entry: OutboxEntry) -> Suspect:
        """Return a card as one that may be refused for ever."""
        return cls(channel=entry.channel, key=entry.key, version=entry.version, attempts=entry.attempts)

    def is_same(self, entry: OutboxEntry) -> bool:
        """Answer whether it is this card, in whichever version."""
        return (self.channel, self.key) == (entry.channel, entry.key)


class Rest(Record):
    """That a channel, or one room of it, is left alone."""

    since: Instant
    """Of the first failure in a row."""
    until: Instant
    attempts: int
    """Failures in a row."""
    reason: str
    suspect: Suspect | None = None
    """The one card that failed, as long as it may be its own fault: no other one failed in this row."""
    is_of_place: bool = False
    """The last failure is known to be the place's own."""


class Rests:
    """Which channels and rooms rest, at one moment."""

    def __init__(self, found: Mapping[str, Rest]) -> None:
        self._found = found

    def find(self, address: str) -> Rest | None:
        """Return the rest of an address: its channel's, or its own."""
        return self._found.get(f"{find_channel(address)}{_WHOLE}") or self._found.get(address)

    def tell(self) -> Mapping[str, str]:
        """Return what is wrong with each address that fails, in words."""
        return {
            place.removesuffix(_WHOLE): f"cards have not arrived since {format_instant(rest.since)}: {rest.reason}"
            for place, rest in self._found.items()
        }

    def is_due(self, address: str, now: datetime) -> bool:
        """Answer whether something may be sent there. One far in the future is of a clock that was set back."""
        rest = self.find(address)
        return rest is None or not timedelta(0) < rest.until - now <= _LONGEST_ASKED


def list_rests(transaction: Transaction) -> Rests:
    """Return who rests."""
    found = transaction.flags.list_named(_RESTING)
    return Rests({name.removeprefix(_RESTING): Rest.from_json(value) for name, value in found})


def choose_rest(attempts: int, error: FermataError | None) -> timedelta:
    """Return how long to wait after so many failures before this one: what the service asks for, else ever longer."""
    asked = error.retry_after if isinstance(error, TransientError) else None
    if asked is not None:
        return min(max(asked, timedelta(0)), _LONGEST_ASKED)
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST_REST * doublings, LONGEST_REST)


def rest(transaction: Transaction, entry: OutboxEntry, reason: str, error: FermataError | None, now: datetime) -> Rest:
    """Let a card's place rest after a failure; return how it rests now.

    What may pass (no route, a limit) is of the whole channel; anything else (a room that was archived) of the address.
    """
    may_pass = isinstance(error, TransientError)
    place = f"{find_channel(entry.channel)}{_WHOLE}" if may_pass else entry.channel
    known = transaction.flags.find(f"{_RESTING}{place}")
    earlier = Rest.from_json(known) if known is not None else None
    attempts = earlier.attempts if earlier else 0
    wait = choose_rest(attempts, error) if may_pass else min(choose_rest(attempts, error), _LONGEST_OF_ROOM)
    is_of_place = isinstance(error, OperationalError) and error.is_of_place
    is_alone = earlier is None or is_suspect(earlier, entry)
    value = Rest(
        since=earlier.since if earlier else now,
        until=now + wait,
        attempts=attempts + 1,
        reason=reason,
        suspect=Suspect.make(entry) if is_alone and not is_of_place else None,
        is_of_place=is_of_place,
    )
    transaction.flags.put(f"{_RESTING}{place}", value.to_json())
    return value


def is_suspect(rest: Rest | None, entry: OutboxEntry) -> bool:
    """Answer whether a card alone failed where it is to go, so that it may be its own fault."""
    return rest is not None and rest.suspect is not None and rest.suspect.is_same(entry)


def choose_probe(rest: Rest, waiting: Sequence[OutboxEntry]) -> OutboxEntry:
    """Return what a place that fails is tried with, of the cards that wait for it in their order.

    The first of them, as nobody knows when the place is back; but one that may be refused for ever must not be all that
    is ever tried: so another one where only that one failed, and else, every other time, the one that waits longest.
    """
    if rest.suspect is not None:
        return next((entry for entry in waiting if not is_suspect(rest, entry)), waiting[0])
    if rest.is_of_place or rest.attempts % 2 == 0:
        return waiting[0]
    return min(waiting, key=lambda entry: entry.due_at)


def wake(transaction: Transaction, entry: OutboxEntry, now: datetime) -> None:
    """Forget that a card's place failed: it was delivered there. One that alone was refused is put off, ever longer."""
    for place in (entry.channel, f"{find_channel(entry.channel)}{_WHOLE}"):
        known = transaction.flags.find(f"{_RESTING}{place}")
        if known is None:
            continue
        transaction.flags.remove(f"{_RESTING}{place}")
        suspect = Rest.from_json(known).suspect
        if suspect is not None and not suspect.is_same(entry):
            wait = choose_rest(suspect.attempts, None)
            transaction.outbox.put_off(suspect.channel, suspect.key, suspect.version, wait, now=now)
