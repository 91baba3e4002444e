"""Whatever is done to a chain, short of recomputing it to its end, the audit finds; a whole one it never blames."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from fermata.domain.journal import GENESIS, JournalEntry
from fermata.kit.digest import canonical_json
from fermata.store.audit import ChainAudit, Head, StoredEntry, list_searchable
from fermata.store.tables import write_instant
from fermata.testing.records import NOON, make_event

LENGTH = 12


def make_chain(length):
    """Give the stored rows of a chain, and its head."""
    rows, previous = [], GENESIS
    for sequence in range(1, length + 1):
        event = make_event(f"test.{sequence}", plan_id=f"pl-{sequence}", number=sequence)
        entry = JournalEntry.chain(sequence, NOON, event, previous)
        text = canonical_json(event.to_json())
        at = write_instant(entry.at)
        rows.append(StoredEntry(sequence, at, event.kind, event.incident_id, text, entry.previous, entry.hash))
        previous = entry.hash
    return rows, Head(length, previous)


ROWS, HEAD = make_chain(LENGTH)
SEARCHABLE = {row.event: set(list_searchable({"plan_id": f"pl-{row.sequence}"})) for row in ROWS}


def audit(rows, head=HEAD):
    """Run an audit over rows in order of their numbers."""
    found = ChainAudit()
    for row in sorted(rows, key=lambda row: row.sequence):
        found.add(row, SEARCHABLE.get(row.event, set()))
    return found.finish(head)


class Tampering(NamedTuple):
    """One change: what, at which entry, and with which other."""

    kind: str
    index: int
    other: int


def tamper(rows, tampering):
    """Apply one change to a list of rows; it may change nothing (a swap with itself)."""
    kind, index, other = tampering
    if index >= len(rows) or other >= len(rows):
        return rows
    row, partner = rows[index], rows[other]
    replaced = list(rows)
    if kind == "remove":
        del replaced[index]
    elif kind == "edit":
        replaced[index] = row._replace(event=partner.event)
    elif kind == "rehash":
        replaced[index] = row._replace(hash=partner.hash)
    elif kind == "relink":
        replaced[index] = row._replace(previous=partner.previous)
    elif kind == "swap":
        replaced[index] = row._replace(sequence=partner.sequence)
        replaced[other] = partner._replace(sequence=row.sequence)
    elif kind == "insert":
        replaced = [each._replace(sequence=each.sequence + (each.sequence > row.sequence)) for each in rows]
        replaced.append(partner._replace(sequence=row.sequence + 1))
    return replaced


tamperings = st.lists(
    st.builds(
        Tampering,
        st.sampled_from(["remove", "edit", "rehash", "relink", "swap", "insert"]),
        st.integers(0, LENGTH - 1),
        st.integers(0, LENGTH - 1),
    ),
    min_size=1,
    max_size=4,
)


def test_whole_chain_has_no_fault():
    """What nobody touched is not blamed."""
    report = audit(ROWS)

    assert (report.entries, report.head, report.faults) == (LENGTH, HEAD.hash, ())


@given(tamperings)
def test_changed_chain_has_a_fault(changes):
    """Every combination of removals, edits, swaps and insertions that changes anything is noticed."""
    rows = ROWS
    for change in changes:
        rows = tamper(rows, change)

    assert audit(rows).holds == (sorted(rows) == ROWS)


@given(st.integers(0, LENGTH - 1), st.text(max_size=20), st.sampled_from(StoredEntry._fields[1:]))
def test_arbitrary_text_in_a_column_never_breaks_the_audit(index, text, column):
    """Rubbish is a fault to report, not an error to die of."""
    rows = list(ROWS)
    rows[index] = rows[index]._replace(**{column: text})

    faults = audit(rows).faults

    if rows != ROWS:
        assert index + 1 in {fault.sequence for fault in faults}


@given(st.integers(1, LENGTH))
def test_single_edit_blames_one_entry(sequence):
    """The entries around an edited one are not blamed."""
    rows = list(ROWS)
    rows[sequence - 1] = rows[sequence - 1]._replace(event=rows[sequence % LENGTH].event)

    assert [(fault.kind, fault.sequence) for fault in audit(rows).faults] == [("edited", sequence)]


def test_hash_is_the_domains():
    """The audit's quick way to a hash is the same function as the domain's, whatever the instant and the text."""
    event = make_event("test", text='ü"\\\x00\U0001f525', nested={"b": [1, 2.5, None], "a": True})
    for at in (NOON, NOON.replace(microsecond=1), NOON.replace(microsecond=120_000)):
        entry = JournalEntry.chain(1, at, event, GENESIS)
        text = canonical_json(event.to_json())
        stored = StoredEntry(1, write_instant(at), event.kind, event.incident_id, text, GENESIS, entry.hash)

        assert stored.fits(1, GENESIS)
        assert not stored.fits(2, GENESIS)


def test_fault_texts_name_their_entries():
    """Each fault is a sentence with the numbers it is about."""
    (fault,) = audit([row for row in ROWS if row.sequence not in (4, 5)]).faults

    assert fault.text == "Entries 4 to 5 (2) are missing between their neighbours"
