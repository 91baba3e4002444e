"""Tells how a hash chain was tampered with: edited, removed, reordered, inserted or truncated, and where.

Called by `JournalRows.verify` with the stored rows in order of their sequence numbers; keeps a bounded number of them.
An entry's hash covers its own number, so an entry that was moved still says where it belongs: its *place*. What it
cannot tell is a chain that was recomputed to its end together with the head row; that takes a head kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fermata.domain.journal import GENESIS, AuditFault, AuditReport
from fermata.store.chain_faults import Shift, list_missing_faults, list_shift_faults

_SEARCHABLE_LENGTH = 200  # PostgreSQL indexes at most about 2,700 bytes; ids, digests and names are far shorter.
_KEPT = 200  # Broken entries compared with each other for swaps: 40,000 hashes, about 0.1 s.
_FAULTS_SHOWN = 1000
_NEIGHBOURS = 128
_FARTHEST_SHIFT = 64


class Head(NamedTuple):
    """What the head row says of the last entry."""

    sequence: int
    hash: str


class StoredEntry(NamedTuple):
    """A journal row as it is stored, nothing parsed."""

    sequence: int
    at: str
    kind: str
    incident_id: str | None
    event: str
    previous: str
    hash: str

    def fits(self, sequence: int, previous: str) -> bool:
        """Answer whether the hash is the one this content gets at this place. Twin of `JournalEntry.compute_hash`."""
        at = self.at.removesuffix("Z").removesuffix(".000000") + "+00:00"
        text = f'{{"at":{json.dumps(at)},"event":{self.event},"previous":{json.dumps(previous)},"sequence":{sequence}}}'
        return self.hash == "sha256:" + hashlib.sha256(text.encode(errors="replace")).hexdigest()

    def agrees_with_columns(self, searchable: set[tuple[str, str]]) -> bool:
        """Answer whether the columns entries are found by say the same as the event itself."""
        try:
            event = json.loads(self.event)
            stored = (event["kind"], event["incident_id"])
            return stored == (self.kind, self.incident_id) and searchable == set(list_searchable(event["data"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            return False


def list_searchable(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the search index holds of an event's data: its text values, long ones cut."""
    texts = {_storable(key): _storable(value) for key, value in data.items() if isinstance(value, str)}
    return sorted(texts.items())


def _storable(text: str) -> str:
    return text[:_SEARCHABLE_LENGTH].replace("\x00", "\ufffd")


@dataclass(slots=True)
class _Broken:
    """An entry whose hash fits no place that was tried."""

    row: StoredEntry
    place: int


class ChainAudit:
    """Takes the entries one by one, then reports. Memory is bounded, whatever the length of the chain."""

    def __init__(self) -> None:
        self._entries = 0
        self._expected = 1
        self._shift = 0
        self._missing: list[range] = []
        self._inserted: list[int] = []
        self._edited: dict[int, str] = {}
        self._broken: OrderedDict[int, _Broken] = OrderedDict()
        self._shifts: list[Shift] = []
        self._bad_links: list[tuple[int, int]] = []
        self._recent: OrderedDict[int, StoredEntry] = OrderedDict()
        self._last: StoredEntry | None = None
        self._last_place = 0

    def add(self, row: StoredEntry, searchable: set[tuple[str, str]]) -> None:
        """Take the next entry, in order of sequence numbers.

        Args:
            searchable: The entry's rows of the search index.
        """
        self._entries += 1
        place = self._find_place(row)
        if place is None:
            self._take_broken(row)
        else:
            self._take(row, place)
            if not row.agrees_with_columns(searchable):
                lost = "" if searchable else ", or are gone: a restore that was cut short leaves them out"
                self._edited[row.sequence] = f"the columns it is found by differ from its content{lost}"
        self._last = row

    def _find_place(self, row: StoredEntry) -> int | None:
        return next((place for place in self._guess_places(row) if row.fits(place, row.previous)), None)

    def _guess_places(self, row: StoredEntry) -> Iterator[int]:
        """Yield where the entry may belong: where it stands, after its named predecessor, then ever farther away."""
        yield row.sequence
        for place, known in reversed(self._recent.items()):
            if known.hash == row.previous:
                yield place + 1
        if len(self._broken) > _KEPT:
            return
        for distance in range(_FARTHEST_SHIFT):
            yield row.sequence + self._shift + distance
            yield row.sequence + self._shift - distance

    def _take(self, row: StoredEntry, place: int) -> None:
        self._check_link(row, place)
        if place < self._expected and not self._fill(place) and not self._wins_conflict(row, place):
            return
        self._pass(place)
        self._shift = place - row.sequence
        if self._shift:
            Shift.extend(self._shifts, row.sequence, self._shift)
        self._remember(row, place)

    def _take_broken(self, row: StoredEntry) -> None:
        place = row.sequence + self._shift
        self._pass(place)
        if len(self._broken) <= _KEPT:
            self._broken[place] = _Broken(row, place)
        else:
            self._edited[row.sequence] = "its content does not match its hash"
        self._last_place = place

    def _pass(self, place: int) -> None:
        """Note what is missing before `place`, and wait for the one after it."""
        if place > self._expected:
            self._missing.append(range(self._expected, place))
        self._expected = max(self._expected, place + 1)

    def _fill(self, place: int) -> bool:
        """Take a place that was missing; answer whether it was."""
        for index, gap in enumerate(self._missing):
            if place in gap:
                parts = (range(gap.start, place), range(place + 1, gap.stop))
                self._missing[index : index + 1] = [part for part in parts if part]
                return True
        return False

    def _wins_conflict(self, row: StoredEntry, place: int) -> bool:
        """Two entries claim one place: the one that was moved away from it was there first, the other was inserted."""
        broken = self._broken.pop(place, None)
        if broken is not None:
            self._inserted.append(broken.row.sequence)
            return True
        wins = row.sequence != place
        self._inserted.append(place if wins else row.sequence)
        return wins

    def _check_link(self, row: StoredEntry, place: int) -> None:
        before = self._recent.get(place - 1)
        if place == 1 and row.previous != GENESIS:
            self._edited[row.sequence] = "it is the first entry and names a predecessor"
        elif before is not None and before.hash != row.previous and place - 1 not in self._broken:
            self._bad_links.append((before.sequence, row.sequence))

    def _remember(self, row: StoredEntry, place: int) -> None:
        self._recent[place] = row
        self._last_place = place
        if len(self._recent) > _NEIGHBOURS:
            self._recent.popitem(last=False)

    def finish(self, head: Head | None) -> AuditReport:
        """Report what was found.

        Args:
            head: The head row; `None` when it is missing.
        """
        faults = [*self._list_swapped(), *self._list_rewritten()]
        faults += list_missing_faults(self._missing, "removed", "missing between their neighbours")
        faults += list_shift_faults(self._shifts, self._missing, self._inserted)
        faults += self._check_head(head)
        inserted = dict.fromkeys(self._inserted, "no place in the chain is left for it")
        faults += [_fault(sequence, "inserted", why) for sequence, why in inserted.items()]
        faults += [
            _fault(sequence, "edited", why) for sequence, why in self._edited.items() if sequence not in inserted
        ]
        faults.sort(key=lambda fault: fault.sequence)
        if len(faults) > _FAULTS_SHOWN:
            left_out = len(faults) - _FAULTS_SHOWN
            text = f"{left_out} more faults from entry {faults[_FAULTS_SHOWN].sequence} on are not listed"
            faults[_FAULTS_SHOWN:] = [AuditFault(sequence=faults[_FAULTS_SHOWN].sequence, kind="edited", text=text)]
        return AuditReport(
            entries=self._entries, head=self._last.hash if self._last is not None else GENESIS, faults=tuple(faults)
        )

    def _list_swapped(self) -> Iterator[AuditFault]:
        """Tell broken entries that changed places with one another from those that were edited."""
        for broken in self._broken.values():
            row = broken.row
            for other in self._broken.values():
                number = other.row.sequence
                if number != row.sequence and (row.fits(number, row.previous) or row.fits(number, other.row.previous)):
                    yield _fault(row.sequence, "reordered", f"it was written as entry {number}")
                    break
            else:
                self._edited[row.sequence] = "its content does not match its hash"

    def _list_rewritten(self) -> Iterator[AuditFault]:
        """Name entries whose hash fits their content and which their successor does not know."""
        blamed = {before for before, _ in self._bad_links}
        for before, after in self._bad_links:
            # An entry that its own successor disowns too is the rewritten one, not the entry before it.
            if after not in blamed and before not in self._inserted:
                yield _fault(before, "edited", f"it was rewritten: entry {after} names another hash before it")

    def _check_head(self, head: Head | None) -> Iterator[AuditFault]:
        if head is None:
            yield _fault(self._expected, "truncated", "the head row is missing, so entries after this may be too")
            return
        yield from list_missing_faults(
            [range(self._expected, head.sequence + 1)], "truncated", "missing at the end: the head knows them"
        )
        if self._last is None or self._last_place < head.sequence:
            return
        if self._last_place > head.sequence:
            self._inserted += range(head.sequence + 1, self._last_place + 1)
        elif self._last.hash != head.hash and self._last_place not in self._broken:
            yield _fault(self._last.sequence, "edited", "it was rewritten: the head names another hash")


def _fault(sequence: int, kind: str, why: str) -> AuditFault:
    return AuditFault(sequence=sequence, kind=kind, text=f"Entry {sequence} was {kind}: {why}")
