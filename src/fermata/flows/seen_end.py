"""How far the journal was seen, kept beside the store: a start notices that a backup was put in its place.

Such a store knows nothing of what was approved, done and left unknown since, and neither does whoever starts on it. So
a Fermata that serves keeps the number and the hash of the last entry in its state directory, and one that starts and
misses that entry halts. A store whose first entry is another one is another store, of which nothing is known.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path

from fermata.domain.record import Record, Text
from fermata.flows.context import FlowContext
from fermata.flows.halt import HaltSwitch, halt_after_loss
from fermata.flows.signal_file import write_or_touch
from fermata.kit.errors import InvariantBroken
from fermata.ports.store import Transaction


class SeenEnd(Record):
    """The end of one store's journal."""

    first: Text
    """Hash of its first entry, which tells one store from another."""
    sequence: int
    """Number of its last entry."""
    hash: Text


def halt_if_lost(transaction: Transaction, switch: HaltSwitch) -> None:
    """Halt because the store does not hold the last entry that was seen in it, or do nothing.

    Raises:
        OperationalError: The halt file cannot be written.
    """
    seen = _find_kept(_name_file(switch))
    if seen is None or _find_hash(transaction, 1) != seen.first:
        return
    if _find_hash(transaction, seen.sequence) != seen.hash:
        halt_after_loss(switch, seen.sequence, transaction.journal.find_head())


async def keep_end(context: FlowContext) -> None:
    """Keep how far the journal goes now. Writes where it went on since, and nothing else.

    Raises:
        OSError: The state directory takes no file at all.
    """
    end = await context.store.read(_find_end)
    if end is not None:
        await asyncio.to_thread(_keep, _name_file(context.halt), end)


def _find_end(transaction: Transaction) -> SeenEnd | None:
    sequence = transaction.journal.find_head()
    first, last = _find_hash(transaction, 1), _find_hash(transaction, sequence)
    return SeenEnd(first=first, sequence=sequence, hash=last) if first and last else None


def _find_hash(transaction: Transaction, sequence: int) -> str:
    """Return an entry's hash; empty where there is none, or none that can be read: `audit verify` says which."""
    with suppress(InvariantBroken):
        found = transaction.journal.list_entries(after=sequence - 1, limit=1)
        return next((entry.hash for entry in found if entry.sequence == sequence), "")
    return ""


def _keep(path: Path, end: SeenEnd) -> None:
    if _find_kept(path) != end:
        write_or_touch(path, json.dumps(end.to_json()))


def _find_kept(path: Path) -> SeenEnd | None:
    # One that was cut short, by a full disk for one, says nothing, as on the first start.
    with suppress(OSError, ValueError, TypeError):
        return SeenEnd.from_json(json.loads(path.read_text()))
    return None


def _name_file(switch: HaltSwitch) -> Path:
    return switch.path.with_name("journal_seen")
