"""A backup that was put in the store's place is noticed at a start: what was done since is not in it."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.seen_end import halt_if_lost, keep_end


async def append(stage, count=1):
    """Add entries to the journal."""
    event = JournalEvent(kind="executions.resumed", actor=FERMATA, data={})

    def work(transaction):
        for _ in range(count):
            transaction.journal.append(event, stage.clock.now())

    await stage.context.store.write(work)


def look(stage):
    """Look as a start does; give the halt that is in force."""
    with stage.context.store.begin_read() as transaction:
        halt_if_lost(transaction, stage.context.halt)
    return stage.context.halt.find()


def cut(stage, keep):
    """Put the store back to its first entries, as an older backup has them."""
    with stage.context.store.database.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
        connection.exec_driver_sql("DELETE FROM journal WHERE sequence > ?", (keep,))
        sql = "UPDATE journal_head SET sequence = ?, hash = (SELECT hash FROM journal WHERE sequence = ?)"
        connection.exec_driver_sql(sql, (keep, keep))


async def test_store_that_went_on_is_the_same(stage):
    """Entries that came after the last look, before a kill, are no loss; nor is a first start."""
    await append(stage)
    first = look(stage)
    await keep_end(stage.context)
    await append(stage)

    assert (first, look(stage)) == (None, None)


async def test_store_without_the_last_entry_that_was_seen_halts(stage):
    """It says what was seen and what is there; the next start has nothing to say of it."""
    await append(stage, 5)
    await keep_end(stage.context)
    cut(stage, 3)

    with capture_logs() as logs:
        halt = look(stage)
    await keep_end(stage.context)
    stage.context.halt.resume()

    assert "its journal ended with entry 5, and now ends with another, 3" in halt.reason
    assert [(line["event"], line["seen"], line["found"]) for line in logs] == [("store.went_back", 5, 3)]
    assert look(stage) is None


async def test_store_that_went_back_and_on_halts(stage):
    """Commands may have written into it before the start: the number is there, and the entry is another one."""
    await append(stage, 5)
    await keep_end(stage.context)
    cut(stage, 3)
    stage.clock.advance(timedelta(seconds=1))
    await append(stage, 4)

    assert look(stage) is not None


async def test_another_store_is_no_loss(stage):
    """Whoever moves to a new store, or begins anew, has lost nothing that could be taken up again."""
    await append(stage, 5)
    await keep_end(stage.context)
    stage.clock.advance(timedelta(seconds=1))
    with stage.context.store.database.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_delete")
        connection.exec_driver_sql("DELETE FROM journal")
        connection.exec_driver_sql("UPDATE journal_head SET sequence = 0, hash = ?", ("0" * 64,))

    empty = look(stage)
    await keep_end(stage.context)
    await append(stage)

    assert (empty, look(stage)) == (None, None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sequence": 3}'])
async def test_note_that_says_nothing_is_none(stage, text):
    """A full disk cuts files short: nothing is known then, and the next look writes it anew."""
    await append(stage, 5)
    note = stage.context.halt.path.with_name("journal_seen")
    note.parent.mkdir(exist_ok=True)
    note.write_text(text)
    cut(stage, 3)

    assert look(stage) is None
    await keep_end(stage.context)
    assert '"sequence": 3' in note.read_text()
