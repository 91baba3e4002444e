"""Words that were deleted are in no file of the store any more, while it is open."""

import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError as DriverError

from fermata.domain.heard import HeardMessage
from fermata.store import erasing
from fermata.testing.records import NOON
from fermata.testing.store_trail_contract import make_postmortem

WORDS = "the-board-fires-carol-on-friday"


def say(number, text, at=NOON, room="C1", **changes):
    """Give a message of a chat."""
    values = {"platform": "slack", "room": room, "id": str(number), "at": at, "user": "U1", "text": text}
    return HeardMessage(**(values | changes))


@pytest.fixture
def find(tmp_path):
    """Give what names the files of the store that hold the words."""

    def find():
        return {path.name for path in tmp_path.iterdir() if path.is_file() and WORDS.encode() in path.read_bytes()}

    return find


@pytest.fixture
def told(sqlite_store):
    """Give the store with talk of all lengths, and the words in the middle of it."""
    dice = random.Random(7)  # noqa: S311 - the same talk each time
    talk = [say(number, f"{number} " + "x" * dice.randrange(900)) for number in range(400)]
    talk[200:200] = [say("gone", f"{WORDS} {'and so on ' * 700}", room="C2")]
    with sqlite_store.begin() as transaction:
        transaction.trail.hear(talk)
    return sqlite_store


def forget(transaction):
    """Take a message out, as its deletion in the chat does."""
    transaction.trail.forget("slack", "C2", "gone", NOON)


WAYS = {
    "deleted": forget,
    "edited": lambda transaction: transaction.trail.hear([say("gone", "nothing", room="C2", edited_at=NOON)]),
    "left room": lambda transaction: transaction.trail.sweep_rooms([("slack", "C1")], 100),
    "too old": lambda transaction: transaction.trail.sweep(NOON + timedelta(seconds=1), 1_000),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_words_leave_the_files_with_the_commit_that_removes_them(told, find, way):
    """Neither the database nor its log holds them, and the others are all there."""
    assert find() != set()

    with told.begin() as transaction:
        way(transaction)

    assert find() == set()


def test_words_that_were_struck_from_a_post_mortem_leave_the_files(sqlite_store, find):
    """The version before is replaced, and so are its pages."""
    with sqlite_store.begin() as transaction:
        assert transaction.postmortems.save(make_postmortem(text=f"# Down\n{WORDS}\n" * 300))

    with sqlite_store.begin() as transaction:
        assert transaction.postmortems.save(make_postmortem(2))

    assert find() == set()


def test_reader_that_is_at_work_delays_it_to_a_later_write(told, find, monkeypatch):
    """The deletion itself is committed at once; nobody who reads is cut off."""
    monkeypatch.setattr(erasing, "_PATIENCE_MS", 50)
    monkeypatch.setattr(erasing, "_REST_S", 0.0)
    with told.begin_read() as reader:
        assert len(reader.trail.list_messages("slack", ["C2"], NOON, NOON)) == 1
        writer = threading.Thread(target=_write, args=(told, forget))
        writer.start()
        writer.join(10)
        assert len(reader.trail.list_messages("slack", ["C2"], NOON, NOON)) == 1
        assert find() != set()

    _write(told, lambda transaction: transaction.flags.put("any", {}))

    assert find() == set()


def test_log_that_cannot_be_emptied_is_tried_again_after_a_rest(told, find, monkeypatch):
    """What was written stands, and not every write waits for it."""
    monkeypatch.setattr(erasing, "_REST_S", 60.0)
    failing = [True]

    def refuse(_connection, _cursor, statement, *_):
        if "wal_checkpoint" in statement:
            asked.append(statement)
            if failing[0]:
                raise DriverError(statement, None, OSError("disk I/O error"))

    asked = []
    event.listen(told.database, "before_cursor_execute", refuse)
    _write(told, forget)
    failing[0] = False
    _write(told, lambda transaction: transaction.flags.put("any", {}))
    before = find()
    told._eraser._next_at = 0.0  # The clock that measures a rest is the machine's own.
    _write(told, lambda transaction: transaction.flags.put("other", {}))

    assert before != set()
    assert (find(), len(asked)) == (set(), 2)


def test_store_that_lost_no_words_is_left_alone(told):
    """An empty log costs the disk; most transactions take nothing out."""
    asked = []
    event.listen(told.database, "before_cursor_execute", lambda *call: asked.append(call[2]))

    _write(told, lambda transaction: transaction.flags.put("any", {}))
    _write(told, lambda transaction: transaction.trail.forget("slack", "C2", "unknown", NOON))

    assert not any("wal_checkpoint" in statement for statement in asked)


def _write(store, work):
    with store.begin() as transaction:
        work(transaction)
