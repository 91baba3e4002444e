import pytest
from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.corners import closes, find_corners

OWN = ("checkout", "cart")
ENTITY = ("statement-pdf", "statement", "pdf", "spooler")
TALK = (
    ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
    ("12:01", "bob", "checkout pods crash looping with timeouts"),
    ("12:02", "cy", "rolled back the cart release"),
)
"""What an incident's channel says first: m1 to m3."""
SLOW = ("12:10", "ed", "statement-pdf is slow, render errors at 4%")
KILLED = ("12:20", "ed", "statement-pdf pods crash looping")
DONE = ("12:40", "ed", "statement-pdf recovered, closing mine")


def find(*lines, declared=None, entities=(ENTITY,)):
    """Return which of the lines after the talk are of a matter of its own; by default the last one says so."""
    items = heard(*TALK, *lines)
    said = len(lines) if declared is None else declared
    found = find_corners(items, {f"m{len(TALK) + said}"}, entities, OWN)
    return {int(name[1:]) - len(TALK) for name in found}


@pytest.mark.parametrize(
    "text",
    ["queue 0, closing mine", "ok again, closing our side", "our thing is over too", "the lease bug is separate"],
)
def test_matter_is_ones_own_in_many_words(text):
    """Whoever closes it, or says that it is separate."""
    assert closes(text)
    assert not closes("checkout is over capacity, closing the page")


def test_what_few_speak_of_and_somebody_closes_is_theirs():
    """All that has its name, from its first word, and what else they say until then; and its monitors."""
    fired = ("12:12", "pager", "[FIRING] spooler full, statement-pdf late")
    beside = ("12:30", "ed", "restarted the renderer twice")

    assert find(SLOW, fired, beside, KILLED, DONE) == {1, 2, 3, 4, 5}
    assert find(SLOW, KILLED, DONE, declared=9) == set()
    assert find(SLOW, KILLED, ("12:40", "ed", "recovered, closing mine"), entities=[("ledger",)]) == set()


def test_matter_needs_no_name_but_words_that_its_owner_comes_back_to():
    """Two words at least, three times: what they say meanwhile is of it, and what others say with a word of it not."""
    began = ("12:10", "ed", "docs search returns nothing for new pages")
    worse = ("12:15", "ed", "indexer crash looping, raised its memory")
    lost = ("12:20", "ed", "docs search index job failed again")
    over = ("12:40", "ed", "docs search is healthy again, closing mine")
    other = ("12:30", "fay", "rolled back what the docs say of timeouts")

    assert find(began, worse, lost, other, over, entities=()) == {1, 2, 3, 5}
    assert find(began, worse, over, entities=()) == set()


def test_matter_without_a_name_of_somebody_who_speaks_of_more_is_the_rooms():
    """Who tells as much of the incident is no owner; chatter counts neither way."""
    docs = [(f"12:{minute}", "ed", "docs search failed again") for minute in (10, 30, 50)]
    mixed = [(f"12:{minute}", "ed", f"checkout errors at {minute}%, cart too") for minute in (20, 25, 26, 40, 45)]
    chatter = [(f"12:{minute}", "ed", f"pancakes for {minute} people failed") for minute in (20, 25, 26, 40, 45)]

    assert find(*sorted(docs + mixed), entities=()) == set()
    assert find(*sorted(docs + chatter), entities=()) >= {1, 5, 8}


def test_words_of_the_incident_stay_its_own():
    """Unless they stand beside the whole name of the other matter, in the words of whose it is."""
    mixed = ("12:25", "ed", "put the cart back to the release of monday")
    named = ("12:26", "ed", "statement-pdf fails in the cart too")

    assert find(SLOW, KILLED, mixed, named, DONE) == {1, 2, 4, 5}


def test_part_of_a_name_means_it_only_to_those_who_say_the_whole():
    """`docs` is anybody's word where `docs.rs` is the builder's."""
    other = ("12:22", "ana", "read the statement of the bank, timeouts as well")

    assert find(SLOW, KILLED, other, DONE) == {1, 2, 4}


def test_going_on_at_once_counts_as_the_same():
    """Somebody who names a matter and goes on is as much about it."""
    more = (("12:11", "ed", "restarted the renderer"), ("12:12", "ed", "timeouts at 3% in the renderer"))

    assert find(SLOW, *more, KILLED, DONE) == {1, 2, 3, 4, 5}


def test_matter_of_somebody_who_speaks_of_more_is_the_rooms():
    """So is one that is mostly told in the incident's words, that many name, or that is named once."""
    busy = tuple((f"12:{minute}", "ed", "checkout errors at 30%, timeouts") for minute in range(50, 56))
    crowd = tuple(("12:15", name, "the spooler is full, timeouts") for name in ("ana", "bob", "cy"))
    single = ("12:40", "ed", "spooler recovered, closing mine")
    shared = tuple((f"12:{minute}", "ed", "the spooler of the cart fails") for minute in range(20, 24))

    assert find(SLOW, KILLED, DONE, *busy, declared=3) == set()
    assert find(*crowd, single) == set()
    assert find(single) == set()
    assert find(*shared, single) == set()
