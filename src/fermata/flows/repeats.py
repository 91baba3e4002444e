"""Signed webhooks that come again: whoever recorded one can send it once more, and it must not change anything.

Where a time is signed along, an old one is refused at the door, and the same one within those minutes is the delivery
that was taken in already. Where none is, a body that comes again may also be a source that lost sight of a firing and
sends the same words: its firing alerts are taken as ever, for no alert may be lost, and only that something is over is
not taken twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.alert import SIGNED_WITHIN, AlertBatch, AlertStatus, Signed
from fermata.ports.store import Transaction

_STAMPED = "intake/stamped"
_PLAIN = "intake/plain"
_KEPT_STAMPED = 3 * SIGNED_WITHIN
"""One that is signed for later is accepted for twice as long as a time may be off."""
_KEPT_PLAIN = timedelta(days=1)
"""What is kept grows with the ends that a source sends: a day of one each second is 86,400 small rows."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What of a webhook is to be taken in."""

    batch: AlertBatch
    held_back: str = ""
    """Why not all of it, in words for its sender; empty when all is."""


def leave_out_repeats(transaction: Transaction, batch: AlertBatch, signed: Signed | None, now: datetime) -> Fresh:
    """Note a signed webhook in the transaction that takes it in, and return what of it did not come before."""
    if signed is None:
        return Fresh(batch)
    ends = [alert for alert in batch.alerts if alert.status is AlertStatus.RESOLVED]
    if not signed.is_stamped and not ends:
        return Fresh(batch)
    channel, kept = (_STAMPED, _KEPT_STAMPED) if signed.is_stamped else (_PLAIN, _KEPT_PLAIN)
    transaction.deliveries.forget(now - kept, channel)
    if transaction.deliveries.add(channel, signed.digest, now):
        return Fresh(batch)
    if signed.is_stamped:
        return Fresh(
            batch.model_copy(update={"alerts": (), "refused": (), "truncated": 0}), "this very message came before"
        )
    firing = tuple(alert for alert in batch.alerts if alert.status is not AlertStatus.RESOLVED)
    told = f"this very body came before: that {len(ends)} of its alerts are over is not taken again"
    return Fresh(batch.model_copy(update={"alerts": firing, "refused": (), "truncated": 0}), told)
