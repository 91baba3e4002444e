"""Ranges of a broken chain, in words: entries that are missing, and entries that stand where they do not belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fermata.domain.journal import AuditFault


@dataclass(slots=True)
class Shift:
    """Entries in a row that all stand the same distance from where they were written."""

    first: int
    last: int
    by: int
    """Place minus number: 1 when the entry belongs one further on."""

    @staticmethod
    def extend(shifts: list[Shift], sequence: int, by: int) -> None:
        """Add an entry to the last run, or start another."""
        if shifts and shifts[-1].by == by and shifts[-1].last == sequence - 1:
            shifts[-1].last = sequence
        else:
            shifts.append(Shift(sequence, sequence, by))


def list_missing_faults(missing: Sequence[range], kind: str, why: str) -> Iterator[AuditFault]:
    """Name each range of missing numbers once; empty ranges name nothing."""
    for gap in missing:
        if len(gap) == 1:
            yield AuditFault(sequence=gap.start, kind=kind, text=f"Entry {gap.start} is {why}")
        elif gap:
            text = f"Entries {gap.start} to {gap[-1]} ({len(gap)}) are {why}"
            yield AuditFault(sequence=gap.start, kind=kind, text=text)


def list_shift_faults(
    shifts: Sequence[Shift], missing: Sequence[range], inserted: Sequence[int]
) -> Iterator[AuditFault]:
    """Name runs that stand elsewhere, except those that only moved up or down behind a removed or inserted entry."""
    for shift in shifts:
        removed = sum(len(gap) for gap in missing if gap.start < shift.first + shift.by)
        explained = removed - sum(sequence < shift.first for sequence in inserted)
        if shift.by == explained:
            continue
        who = f"Entry {shift.first} was" if shift.first == shift.last else f"Entries {shift.first} to {shift.last} were"
        text = f"{who} reordered: written as number {shift.first + shift.by}"
        if shift.first != shift.last:
            text += f" to {shift.last + shift.by}"
        yield AuditFault(sequence=shift.first, kind="reordered", text=text)
