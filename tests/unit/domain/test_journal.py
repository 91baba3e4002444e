"""The journal's entries: each hash covers the entry and the one before."""

from datetime import timedelta, timezone

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import EVENT, LATER, NOON

from fermata.domain.journal import GENESIS, AuditReport, JournalEntry, JournalEvent


def rehash(entry):
    """Compute the hash the entry must carry, as an audit does."""
    return JournalEntry.compute_hash(entry.sequence, entry.at, entry.event, entry.previous)


def test_chained_entry_carries_its_own_hash():
    """What an audit computes from the entry is what stands in it."""
    first = JournalEntry.chain(1, NOON, EVENT, GENESIS)
    second = JournalEntry.chain(2, LATER, EVENT, first.hash)

    assert rehash(first) == first.hash
    assert rehash(second) == second.hash
    assert second.previous == first.hash != second.hash


def test_chained_entry_verifies_after_its_round_trip():
    """The hash is over what is stored, not over what was in memory."""
    entry = JournalEntry.chain(1, NOON, EVENT, GENESIS)

    assert rehash(JournalEntry.from_json(entry.to_json())) == entry.hash


def test_instant_in_another_zone_hashes_the_same():
    """The entry keeps its instant in UTC: chained in local time, it must still verify."""
    local = NOON.astimezone(timezone(timedelta(hours=2)))
    entry = JournalEntry.chain(1, local, EVENT, GENESIS)

    assert rehash(entry) == entry.hash == JournalEntry.chain(1, NOON, EVENT, GENESIS).hash


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 2},
        {"at": NOON + timedelta(microseconds=1)},
        {"previous": "sha256:ff"},
        {"event": EVENT.model_copy(update={"kind": "proposal.rejected"})},
        {"event": EVENT.model_copy(update={"incident_id": None})},
        {"event": EVENT.model_copy(update={"actor": EVENT.actor.model_copy(update={"id": "bob"})})},
        {"event": JournalEvent.from_json(EVENT.to_json() | {"data": {"plan_id": "plan-1", "counts": [1, 3]}})},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_changed_entry_does_not_verify(changes):
    """Any edit shows: in the place, the time, the words, the actor, or deep in the data."""
    entry = JournalEntry.chain(1, NOON, EVENT, GENESIS)

    edited = entry.model_copy(update=changes)

    assert rehash(edited) != edited.hash


def test_sequence_begins_at_one():
    """There is nothing before the first entry but the genesis."""
    with pytest.raises(ValidationError):
        JournalEntry.chain(0, NOON, EVENT, GENESIS)


def test_genesis_has_the_form_of_a_hash():
    """The first entry names a predecessor like any other."""
    assert len(GENESIS) == len(JournalEntry.chain(1, NOON, EVENT, GENESIS).hash)


def test_report_holds_without_faults():
    """One fault is enough for the chain not to hold."""
    whole = AuditReport(entries=0, head=GENESIS, faults=())
    broken = AuditReport.from_json(
        whole.to_json() | {"faults": [{"sequence": 1, "kind": "edited", "text": "the hash differs"}]}
    )

    assert whole.holds
    assert not broken.holds
