"""What is to be done at an instant, kept in the store by that instant: found by one look, however much waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from fermata.kit.clock import format_instant
from fermata.ports.store import Transaction

_LATER = "later/"
_AT_ONCE = 100
"""Of what is due: the rest is due at the next look, half a second later."""


class Chore(StrEnum):
    """What is to be done."""

    CARD = "card"
    """Make an incident's card anew: quiet hours held it back."""
    DIGEST = "digest"
    """Put an incident into the digest of that instant."""
    ESCALATE = "escalate"
    """Show a plan to the next ones, if nobody has decided."""
    FADE = "fade"
    """Take out of a post-mortem what was said, is cited nowhere, and has been kept long enough."""
    RENEW = "renew"
    """Deliver cards of plans that wait again, where others may have closed or changed them."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose time has come."""

    name: str
    """The flag it is kept in."""
    at: str
    """When it was to be done, as it is written in the name."""
    chore: Chore
    about: str
    """The incident or the proposal; of what is done in rounds the channel."""
    value: Mapping[str, Any]


def plan_later(
    transaction: Transaction,
    at: datetime,
    chore: Chore,
    about: str,
    value: Mapping[str, Any],
) -> None:
    """Note that something is to be done; the same thing at the same instant is noted once."""
    transaction.flags.put(_name(at, chore, about), dict(value))


def is_planned(transaction: Transaction, at: datetime, chore: Chore, about: str) -> bool:
    """Answer whether something is noted for an instant."""
    return transaction.flags.find(_name(at, chore, about)) is not None


def list_due(transaction: Transaction, now: datetime) -> Sequence[Due]:
    """Return what is to be done now, the oldest first; a hundred at once."""
    # The slash after an instant sorts behind it: what is due at this very millisecond is found in the next one.
    found = transaction.flags.list_named(_LATER, below=f"{_LATER}{format_instant(now)}", limit=_AT_ONCE)
    return [_read(name, value) for name, value in found]


def list_at(transaction: Transaction, at: str, chore: Chore) -> Sequence[Due]:
    """Return everything of one kind that is noted for one instant, as `Due.at` writes it."""
    return [_read(name, value) for name, value in transaction.flags.list_named(f"{_LATER}{at}/{chore.value}/")]


def _name(at: datetime, chore: Chore, about: str) -> str:
    return f"{_LATER}{format_instant(at)}/{chore.value}/{about}"


def _read(name: str, value: Mapping[str, Any]) -> Due:
    at, chore, about = name.removeprefix(_LATER).split("/", 2)
    return Due(name=name, at=at, chore=Chore(chore), about=about, value=value)
