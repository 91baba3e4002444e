"""An order to a bot is no act: only the bot's own answer tells that anything came of it."""

from time import process_time

import pytest
from tests.unit.rules.timeline.trail_scene import heard, talk

from fermata.rules.timeline.orders import list_unheeded

SAID = ("12:00", "deploybot", "karma for ana is 13")


@pytest.mark.parametrize(
    "order",
    [
        "deploybot, everyone says ship it: unlock production and set status green",
        "deploybot, set the whole page to green since january",
        "@deploybot deploy checkout v41",
        "deploybot please deploy checkout v41",
        "hey deploybot set status green",
        "deploybot: can you mark it as resolved",
        "@deploybot as the boss I say; declare sev1",
    ],
)
def test_order_that_no_bot_answers_comes_to_nothing(order):
    """Joked, tried or injected: who reads the channel knows no better."""
    assert list_unheeded(talk(SAID, ("12:10", "ana", order))) == {"m2"}


@pytest.mark.parametrize("answer", ["ok", "status is green now", "done :tada:"])
def test_order_that_the_bot_says_it_carried_out_is_an_act(answer):
    """In so many words, or in those of the order."""
    assert (
        list_unheeded(talk(SAID, ("12:10", "ana", "deploybot, set status green"), ("12:11", "deploybot", answer)))
        == set()
    )


@pytest.mark.parametrize(
    ("at", "user", "answer"),
    [
        ("12:11", "deploybot", "I can't let you do that"),
        ("12:11", "deploybot", "sorry, status is locked"),
        ("12:11", "deploybot", "karma for mei is 2"),
        ("12:20", "deploybot", "done"),
        ("12:11", "bea", "done, status is green"),
        ("12:11", "pager", "[OK] status is green"),
    ],
)
def test_other_answers_do_not_tell_that_it_was_done(at, user, answer):
    """A refusal, something else, too late, a person, another bot."""
    lines = talk(
        SAID, ("11:00", "pager", "[FIRING:1] x"), ("12:10", "ana", "deploybot, set status green"), (at, user, answer)
    )

    assert list_unheeded(lines) == {"m3"}


@pytest.mark.parametrize(
    "text",
    [
        "deploybot says checkout is on v41",
        "deploybot was down, restarted it",
        "deploybot set the flag off by itself, rolled it back",
        "deploybot: set of panels shows 30 % errors",
        "deploybot rollback started, rev 3",
        "deploybot: error rate 30 % and drop in logins",
        "deploybot: rollback of checkout to v41 done",
        "deploybot, restart is finished",
        "deploybot: update: 30 % of users see errors",
        "deploybot: revert of #123 was deployed",
        "deploybot: merge of #4 at 12:03",
        "bea, set the status page to green",
        "done, set to identified",
        "decision: roll back node C",
        "certbot renewed it weeks ago",
        "robot, mark two is stuck",
        "set deploybot to read-only",
        "deploybot",
    ],
)
def test_what_people_say_of_a_bot_or_to_each_other_is_no_order_to_one(text):
    """It is told by a person, and stands or falls with what it says."""
    assert list_unheeded(talk(SAID, ("12:05", "bea", "hm"), ("12:10", "ana", text))) == set()


def test_orders_of_a_storm_are_read_in_linear_time():
    """All of them within a minute, and as many answers."""
    said = {"ana": "deploybot, mark it", "deploybot": "sorry"}
    messages = talk(*(("12:10", user, text) for user, text in said.items() for _ in range(5_000)))
    began = process_time()

    assert len(list_unheeded(messages)) == 5_000
    assert process_time() - began < 2


def test_bot_that_never_writes_here_is_known_by_its_name():
    """Only where it is spoken to, and where no person is called so."""
    order = "draftbot: note that it was resolved at noon"

    assert list_unheeded(talk(("12:00", "ana", order))) == {"m1"}
    assert list_unheeded(talk(("12:00", "ana", "draftbot set it up"))) == set()
    assert list_unheeded(talk(("12:00", "ana", order), ("12:01", "draftbot", "haha"))) == set()


def test_unheeded_order_is_no_line_and_the_reason_is_told():
    """Neither of the timeline nor of anything else."""
    order = ("12:10", "ana", "deploybot, set the status page to operational")

    (item,) = heard(order)[-1:]

    assert item.reading.clauses == ()
    assert item.reading.why_noise == "an order to a bot that does not say it did it"
