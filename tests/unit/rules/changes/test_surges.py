"""Load that comes in by the door."""

import pytest

from fermata.rules.changes.surges import find_surge


@pytest.fixture
def crowd(incident):
    """Give an incident in which four times as many come in, and the store behind is asked for as many rows more."""
    incident.graph("edge>shop", "shop>db", edge="gateway", db="db").metric("db", "qps", 20, 80, since=-4)
    return incident.metric("edge", "rps", 10, 40, since=-4).metric("shop", "rps", 10, 40, since=-4)


def test_more_guests_at_the_door_are_a_surge(crowd):
    """The load grows alike at the door and behind it."""
    (found,) = find_surge(crowd.read())

    assert found.service == "edge"
    assert found.confidence == 0.7
    assert found.quotes


def test_more_work_for_each_guest_is_somebody_s_doing(crowd):
    """No guest makes a store read a hundred times as many rows for each request."""
    (found,) = find_surge(crowd.metric("db", "rows_read_per_s", 100, 90_000, since=-4).read())

    assert found.confidence == 0.4


def test_as_much_work_for_each_guest_as_ever_leaves_it_a_surge(crowd):
    """Rows grow with requests."""
    (found,) = find_surge(crowd.metric("db", "rows_read_per_s", 100, 420, since=-4).read())

    assert found.confidence == 0.7


def test_usual_load_is_no_surge(incident):
    """Without growth there is nothing to find."""
    assert list(find_surge(incident.metric("edge", "rps", 10, 12, since=-4).read())) == []


def test_load_of_every_such_morning_is_no_surge(crowd):
    """The same hour of last week had as much, and nothing failed then."""
    usual = crowd.metric("edge", "rps_same_time_last_week", 10, 41, since=-4).read()

    assert usual.usual == {"edge"}
    assert list(find_surge(usual)) == []


@pytest.mark.parametrize(
    ("line", "confidence"), [("WARN 302 to /sign-in for guest #", 0.4), ("WARN no seat for guest #", 0.7)]
)
def test_guests_that_are_sent_back_come_again_and_are_no_surge(crowd, line, confidence):
    """Who is redirected to where it came from asks again, so that few guests look like many."""
    (found,) = find_surge(crowd.calm("shop").log("shop", (-4, 60, line)).read())

    assert found.confidence == confidence


@pytest.mark.parametrize(("until", "count"), [(-12, 0), (-3, 1), (99, 1)])
def test_surge_that_was_over_well_before_it_began_to_fail_is_none(incident, until, count):
    """The load has to be there as it fails, or to end so shortly before that a queue may still be full of it."""
    incident.metric("edge", "rps", 10, 90, since=-20, until=until).metric("edge", "error_rate", 0.1, 9, since=-1)

    assert len(list(find_surge(incident.read()))) == count


@pytest.mark.parametrize(("count", "is_found"), [(9, True), (50, False)])
def test_failures_that_were_over_when_more_came_in_hide_no_surge(crowd, count, is_found):
    """A deployment's own minute, a quarter of an hour before, is another trouble; what goes on is the same."""
    crowd.log("edge", (-18, count, "ERROR getaddrinfo ENOTFOUND catalog"))

    assert bool(list(find_surge(crowd.read()))) is is_found
