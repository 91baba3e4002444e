"""Hand-overs to a person that say again what was said right before. Pure.

An execution that ends badly hands the incident over, and so does the look that follows it, mostly in the same words.
Who reads what happened, on the page, on the terminal or in a post-mortem, is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from fermata.domain.journal import JournalEntry

_HANDED = "incident.handed_over"
_TOGETHER = timedelta(seconds=60)
"""Between an execution's end and the look that follows it, at most."""


def drop_repeated(entries: Iterable[JournalEntry]) -> Iterator[JournalEntry]:
    """Yield journal entries, in their order, without hand-overs that repeat the one before."""
    handed: JournalEntry | None = None
    for entry in entries:
        if entry.event.kind == _HANDED:
            before, handed = handed, entry
            if before is not None and _says_the_same(before, entry):
                continue
        yield entry


def _says_the_same(before: JournalEntry, entry: JournalEntry) -> bool:
    """Answer whether a hand-over has no words that the one right before it had not."""
    words = _read_words(entry)
    is_same = words in _read_words(before) and bool(words)
    return is_same and before.event.incident_id == entry.event.incident_id and entry.at - before.at <= _TOGETHER


def _read_words(entry: JournalEntry) -> str:
    return " ".join(str(entry.event.data.get("reason") or "").split()).rstrip(".")
