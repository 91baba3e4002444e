import pytest
from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.asides import find_asides
from fermata.rules.timeline.topics import sort_topics

OWN = ("checkout", "cart")
TALK = (
    ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
    ("12:01", "bob", "checkout pods crash looping with timeouts"),
    ("12:02", "cy", "rolled back the cart release"),
)
"""What an incident's channel says first: m1 to m3."""
ALERT = ("12:05", "pager", "[FIRING] tape_mounts on vault: no mounts in the last half hour")
STUCK = ("12:06", "otto", "robot arm in the vault says slot 212 is occupied")
DUSTY = ("12:08", "wilma", "barcode reader in the library was dusty, cleaned it", "m5")
WAITING = ("12:30", "otto", "tape jobs of the vault are stuck, 14 waiting", "m5")
CLOSED = ("12:50", "otto", "the vault mounts again, nothing to do with the checkout drama")


def find(*lines):
    """Return which of the lines after the talk are of a matter that somebody closes as another."""
    items = heard(*TALK, *lines)
    return {int(name[1:]) - len(TALK) for name in find_asides(items, OWN)}


def test_matter_that_is_closed_as_another_is_none_of_the_incidents():
    """From its first word and its alert on, with what others say in its threads."""
    assert find(ALERT, STUCK, DUSTY, WAITING, CLOSED) == {1, 2, 3, 4, 5}
    assert find(ALERT, STUCK, DUSTY, WAITING) == set()


@pytest.mark.parametrize(
    "words",
    [
        "unrelated to the checkout mess",
        "not connected to your outage",
        "no relation to the cart",
        "separate from all this",
    ],
)
def test_matter_is_closed_in_many_words(words):
    """What it has nothing to do with, people name as they like."""
    assert find(ALERT, STUCK, WAITING, ("12:50", "otto", f"the vault mounts again, {words}")) == {1, 2, 3, 4}


def test_who_rules_a_suspicion_out_speaks_of_the_incident():
    """Their words are everybody's, or the incident's own."""
    shared = ("12:20", "dee", "timeouts of the pods in the release, nothing to do with the vault")
    own = ("12:20", "dee", "checkout waits on its lock, so nothing to do with the vault")

    assert find(("12:10", "dee", "pods and timeouts everywhere after the release"), shared) == set()
    assert find(("12:10", "dee", "checkout holds the ledger lock"), own) == set()


def test_matter_of_many_words_or_of_one_is_none():
    """What fills the room is the room's; one sentence closes nothing that was told."""
    much = [(f"12:{minute:02}", "otto", f"vault slot {minute}0 is stuck") for minute in range(10, 30)]

    assert find(CLOSED) == set()
    assert find(*much, CLOSED) == set()


def test_what_lies_hours_before_is_not_meant():
    """Nor is an alert that names the incident as well."""
    both = ("12:07", "pager", "[FIRING] vault of checkout is full")
    early = ("08:00", "otto", "vault firmware rolled back")

    items = heard(early, *TALK, STUCK, both, WAITING, CLOSED)

    assert find_asides(items, OWN) == {"m5", "m7", "m8"}


def test_matter_of_a_crowd_is_that_of_its_owner_alone():
    """Where many write in its threads, what they say besides is the incident's."""
    crowd = [
        (f"12:3{number}", name, f"motor-{name} squeals, lubricated it", "m5") for number, name in enumerate("defg")
    ]

    found = find(ALERT, STUCK, *crowd, WAITING, CLOSED)

    assert found == {1, 2, 7, 8}


def test_who_says_that_somebody_elses_matter_is_apart_closes_none_of_theirs():
    """What they say has no word of what they spoke of, or it answers somebody."""
    ours = [("12:1" + str(n), "dee", f"row-{n} has no power") for n in range(3)]

    assert find(*ours, ("12:50", "dee", "the panel sits elsewhere, nothing to do with the hall")) == set()
    assert find(*ours, ("12:50", "dee", "no, the panel has nothing to do with row-1")) == set()


def test_answer_to_a_question_of_something_else_takes_nobody_elses_words_along():
    """It is the question that is apart, although it told nothing; who spoke before it was not meant."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:10", "raj", "statuspage updated: investigating elevated payment failures"),
        ("12:11", "zed", "is this why my test order on staging fails?"),
        ("12:12", "ana", "no zed, separate thing. staging is down since yesterday"),
        ("12:13", "raj", "statuspage set to monitoring"),
        ("12:14", "eve", "payments go through again, errors at 0"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m3", "m4"}
