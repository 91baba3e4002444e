"""What was recorded joins what was said: nothing is told twice by machines, and the first sign is the detection."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.own_fact import FactPlace, OwnFact
from fermata.domain.trail import Entry, KeyTime, MessageKind, PostmortemDraft
from fermata.rules.own_facts import join_facts, word_cause

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EMPTY = PostmortemDraft(entries=(), key_times={}, impact=(), factors=(), dropped=())


def make_entry(name, minute=0.0, text="checkout is down", *others):
    """Give a line that cites this first."""
    return Entry(NOON + minute * MINUTE, text, ("ana",), (name, *others), MessageKind.MILESTONE)


ALERT = OwnFact(
    make_entry("j1", text="Alert CheckoutDown fired"), key_time="detected", why="it", names=("CheckoutDown",)
)


def test_facts_stand_among_what_was_said_by_time():
    """Lines in the timeline, a diagnosis among the candidates, an alert's effect as impact; a bare time nowhere."""
    facts = [
        ALERT,
        OwnFact(make_entry("j2", 1), FactPlace.FACTOR),
        OwnFact(make_entry("j3", -1), FactPlace.IMPACT),
        OwnFact(make_entry("j4", 3), FactPlace.NOWHERE, key_time="resolved", why="over"),
        OwnFact(make_entry("j5", 4)),
    ]
    told = replace(EMPTY, entries=(make_entry("m1", 2),), factors=(make_entry("m2", 9),), impact=(make_entry("m3", 0),))

    joined = join_facts(told, facts, bots=())

    def cite(entries):
        return [entry.citations[0] for entry in entries]

    assert cite(joined.entries) == ["j1", "m1", "j5"]
    assert cite(joined.factors) == ["m2", "j2"]
    assert cite(joined.impact) == ["j3", "m3"]
    assert joined.key_times["resolved"] == KeyTime(NOON + 3 * MINUTE, "j4", "over")


@pytest.mark.parametrize(
    ("entry", "is_same"),
    [
        (make_entry("bot", 2, "FIRING: checkoutdown on shop"), True),
        (make_entry("bot", 6, "FIRING: CheckoutDown on shop"), False),
        (make_entry("bot", 2, "FIRING: PaymentsDown"), False),
        (make_entry("ana", 2, "CheckoutDown, looking"), False),
    ],
)
def test_bot_that_tells_the_same_alert_is_no_second_line(entry, is_same):
    """Soon after and by name; people's words stay."""
    joined = join_facts(replace(EMPTY, entries=(entry,)), [ALERT], bots={"bot"})

    assert [line.citations for line in joined.entries] == ([("j1", "bot")] if is_same else [("j1",), entry.citations])


def test_fact_that_names_no_alert_replaces_nothing():
    """What a bot says about an execution stays beside our own record of it."""
    fact = OwnFact(make_entry("j1", text="Executed"))

    assert len(join_facts(replace(EMPTY, entries=(make_entry("bot"),)), [fact], bots={"bot"}).entries) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, {"detected": "j1", "started": "j1"}),
        ({"detected": 2}, {"detected": "j1", "started": "j1"}),
        ({"detected": -2}, {"detected": "detected", "started": "detected"}),
        ({"started": -5, "detected": 2}, {"detected": "j1", "started": "started"}),
        ({"started": 1}, {"detected": "j1", "started": "j1"}),
    ],
)
def test_first_sign_is_the_detection_whoever_told_it(said, expected):
    """What began later than it was noticed did not begin then."""
    times = {name: KeyTime(NOON + minute * MINUTE, name, "said") for name, minute in said.items()}

    joined = join_facts(replace(EMPTY, key_times=times), [ALERT], bots=())

    assert {name: found.citation for name, found in joined.key_times.items()} == expected


@pytest.mark.parametrize(
    ("text", "worded"),
    [
        ("e99 (Speed up totals) by Tomas Lind wrote a.py:44.", "e99 (Speed up totals) wrote a.py:44."),
        (
            "commit e99 by Tomas Lind is to blame: it wrote a.py.",
            "commit e99 is the most suspect change: it wrote a.py.",
        ),
        ("Tomas Lind's change broke it; ask Tomas.", "its author's change broke it; ask its author."),
        ("Tomasina wrote a.py, by hand.", "Tomasina wrote a.py, by hand."),
    ],
)
def test_cause_names_a_change_and_nobody(text, worded):
    """Whose change it was is on the card, for whoever decides; a post-mortem blames nobody."""
    assert word_cause(text, {"Tomas", "Tomas Lind", ""}) == worded


@pytest.mark.parametrize(("resolved", "mitigated"), [(9, "m1"), (14, "m1"), (8, "j1"), (4, "j1"), (3, "j1"), (2, "m1")])
def test_what_people_said_counts_before_what_was_measured(resolved, mitigated):
    """Somebody's "mitigated" is theirs, unless it was over by then: what is said later is of another incident.

    What was measured after the end settles nothing either.
    """
    said = {"mitigated": KeyTime(NOON + 9 * MINUTE, "m1", "said")}
    over = OwnFact(make_entry("j2", resolved), key_time="resolved")
    facts = [OwnFact(make_entry("j1", 3), key_time="mitigated"), over]

    joined = join_facts(replace(EMPTY, key_times=said), facts, bots=())

    assert {name: at.citation for name, at in joined.key_times.items()} == {"mitigated": mitigated, "resolved": "j2"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"mitigated": 2}, {"mitigated": "j4", "resolved": "j5"}),
        ({"mitigated": 2, "resolved": 3}, {"mitigated": "j4", "resolved": "j5"}),
        ({"mitigated": 6}, {"mitigated": "m-mitigated", "resolved": "j5"}),
    ],
)
def test_word_that_a_measurement_contradicts_is_no_key_time(said, kept):
    """What was measured later counts, with a line that says so; nothing counts against what was said after it."""
    times = {name: KeyTime(NOON + minute * MINUTE, f"m-{name}", "said") for name, minute in said.items()}
    facts = [
        OwnFact(make_entry("j1", 1), key_time="mitigated"),
        OwnFact(make_entry("j2", 4), FactPlace.NOWHERE, shows_trouble=True),
        OwnFact(make_entry("j3", 5), FactPlace.NOWHERE, shows_trouble=True),
        OwnFact(make_entry("j4", 7), key_time="mitigated"),
        OwnFact(make_entry("j5", 9), FactPlace.NOWHERE, key_time="resolved"),
        OwnFact(make_entry("j6", 11), FactPlace.NOWHERE, shows_trouble=True),
    ]

    joined = join_facts(replace(EMPTY, key_times=times), facts, bots=())

    assert {name: found.citation for name, found in joined.key_times.items()} == kept
    denied = ["j1", "j3", "j4"] if said["mitigated"] == 2 else ["j1", "j4"]
    assert [entry.citations[0] for entry in joined.entries] == denied


def test_word_that_is_contradicted_leaves_no_key_time_where_nothing_else_tells_one():
    """Nobody knows when it was over."""
    said = {"mitigated": KeyTime(NOON, "m1", "said")}
    trouble = OwnFact(make_entry("j1", 1), FactPlace.NOWHERE, shows_trouble=True)

    assert join_facts(replace(EMPTY, key_times=said), [trouble], bots=()).key_times == {}
