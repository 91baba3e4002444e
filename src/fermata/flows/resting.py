"""Channels that fail are left alone for a while, and for how long they have failed is known to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fermata.domain.record import Instant, Record
from fermata.kit.clock import format_instant
from fermata.kit.errors import FermataError, TransientError
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


class Rest(Record):
    """That a channel, or one room of it, is left alone."""

    since: Instant
    """Of the first failure in a row."""
    until: Instant
    attempts: int
    """Failures in a row."""
    reason: str


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


def rest(transaction: Transaction, address: str, reason: str, error: FermataError | None, now: datetime) -> timedelta:
    """Let an address rest after a failure; return for how long.

    What may pass (no route, a limit) is of the whole channel; anything else (a room that was archived) of the address.
    """
    may_pass = isinstance(error, TransientError)
    place = f"{find_channel(address)}{_WHOLE}" if may_pass else address
    known = transaction.flags.find(f"{_RESTING}{place}")
    earlier = Rest.from_json(known) if known is not None else None
    attempts = earlier.attempts if earlier else 0
    wait = choose_rest(attempts, error) if may_pass else min(choose_rest(attempts, error), _LONGEST_OF_ROOM)
    since = earlier.since if earlier else now
    value = Rest(since=since, until=now + wait, attempts=attempts + 1, reason=reason)
    transaction.flags.put(f"{_RESTING}{place}", value.to_json())
    return wait


def wake(transaction: Transaction, address: str) -> None:
    """Forget that an address failed: something was delivered there."""
    for place in (address, f"{find_channel(address)}{_WHOLE}"):
        transaction.flags.remove(f"{_RESTING}{place}")
