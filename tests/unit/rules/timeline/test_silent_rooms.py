"""What stays the incident's although it looks apart."""

from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.topics import sort_topics


def test_thread_for_findings_is_the_incidents():
    """A thread that is opened for something else is apart; one for what is found is not."""
    lines = (
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "ana", "thread for findings"),
        ("12:02", "bob", "the connection pool is exhausted", "m2"),
    )
    other = (*lines[:1], ("12:01", "ana", "thread for the warehouse export"), *lines[2:])

    assert sort_topics(heard(*lines), "Checkout errors", ()).foreign == frozenset()
    assert sort_topics(heard(*other), "Checkout errors", ()).foreign == {"m2", "m3"}


def test_tool_that_names_the_incidents_own_ticket_speaks_of_it():
    """Beside another ticket's talk, too."""
    items = heard(
        ("12:00", "pager", "Incident INC-2231 declared: checkout errors"),
        ("12:10", "ana", "INC-2232 for the search thing, lets keep it out of here"),
        ("12:11", "ana", "search caught up, INC-2232 closed"),
        ("12:12", "pager", "INC-2231 resolved by tom. search was closed before"),
    )

    assert sort_topics(items, "", ("inc-2231-checkout",)).foreign == {"m2", "m3"}


def test_alert_that_fills_a_silent_room_is_the_incidents():
    """Where nobody declares anything, that people come is what says so."""
    talk_of = (
        ("12:02", "ana", "all of frankfurt?"),
        ("12:03", "bob", "bgp session to transit is idle, errors"),
        ("12:04", "cy", "users are screaming, servers offline"),
        ("12:05", "dee", "login fails with timeouts too"),
        ("12:20", "ana", "announced the prefixes to lumen, bgp is up"),
    )
    alert = ("12:01", "pager", "[FIRING] ConnectTimeout dashboard-frontend-probe")

    assert sort_topics(heard(alert, *talk_of), "bgp", ()).foreign == frozenset()
    assert sort_topics(
        heard(("11:50", "ana", "bgp errors"), ("11:58", "ana", "hm"), alert, *talk_of), "bgp", ()
    ).foreign
