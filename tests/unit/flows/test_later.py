"""What is to be done at an instant is found when it has come, and not before."""

from datetime import timedelta

from tests.unit.flows.stage import NOON

from fermata.flows.later import Chore, list_at, list_due, plan_later

SECOND = timedelta(seconds=1)


def test_due_things_come_oldest_first(sqlite_store):
    """Each with its kind, what it is about and its value; the same noted again is one."""
    with sqlite_store.begin() as transaction:
        for seconds in (2, 1, 1, 9):
            plan_later(transaction, NOON + seconds * SECOND, Chore.CARD, "inc/1", {"n": seconds})

        due = list_due(transaction, NOON + 3 * SECOND)

        assert [(item.chore, item.about, item.value["n"]) for item in due] == [
            (Chore.CARD, "inc/1", 1),
            (Chore.CARD, "inc/1", 2),
        ]
        assert list_due(transaction, NOON) == []


def test_hundred_are_done_at_once_and_all_of_an_instant_are_found(sqlite_store):
    """A flood is worked off in steps; a digest is made of all that is noted for it."""
    with sqlite_store.begin() as transaction:
        for number in range(130):
            plan_later(transaction, NOON, Chore.DIGEST, f"inc-{number}", {})
        plan_later(transaction, NOON, Chore.CARD, "inc-1", {})

        due = list_due(transaction, NOON + SECOND)

        assert len(due) == 100
        assert len(list_at(transaction, due[0].at, Chore.DIGEST)) == 130
