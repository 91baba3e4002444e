"""One incident as text: what happened in order, and where there is more to read."""

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view
from tests.unit.web.test_runs import make_journal

from fermata.cli.output import get_console
from fermata.cli.story import print_story
from fermata.flows.readings import JOURNAL_LIMIT


@pytest.fixture
def tell(capsys):
    """Give what is printed of a view."""

    def tell(view, public_url=""):
        get_console.cache_clear()
        print_story(view, public_url)
        return capsys.readouterr().out

    return tell


def test_links_lead_to_what_was_made_and_to_where_it_came_from(tell):
    """The page, the alert's own rule and notes, tickets and documents, each once; what is no address is none."""
    alert = story.make_alert(
        generator_url="http://prom/graph?g0=up", annotations={"runbook": "see https://wiki/r1, soon"}
    )
    ticket = ("action.executed", {"action": "jira.create_issue", "detail": "Created https://jira/OPS-1"}, 60)
    export = ("postmortem.exported", {"target": "notion", "url": "https://notion/p1"}, 30)
    view = make_view(alerts=(alert, alert), journal=make_journal(ticket, export))

    links = tell(view, "https://ops.example/").split("LINKS\n")[1].splitlines()

    assert links == [
        f"Page: https://ops.example/incidents/{view.incident.id}",
        "CheckoutDown: http://prom/graph?g0=up",
        "CheckoutDown: https://wiki/r1",
        "action.executed: https://jira/OPS-1",
        "postmortem.exported: https://notion/p1",
        f"Like it before: fermata incidents similar {view.incident.id}",
        f"Post-mortem: fermata postmortem show {view.incident.id}",
    ]


def test_incident_that_was_merged_or_split_names_the_other(tell):
    """Its story goes on, or began, elsewhere."""
    view = make_view()
    incident = view.incident.model_copy(update={"merged_into": "inc-into", "split_from": "inc-from"})

    told = tell(view.model_copy(update={"incident": incident}))

    assert "Merged into: fermata incidents show inc-into" in told
    assert "Split from: fermata incidents show inc-from" in told
    assert "Page:" not in told


def test_incident_without_a_moment_has_no_heading_for_them(tell):
    """A heading above nothing is noise."""
    view = make_view(alerts=(), evidence=(), journal=(), diagnosis=None, plan=None, proposal=None)

    assert "WHAT HAPPENED" not in tell(view)


def test_words_from_outside_move_no_cursor(tell):
    """An alert's summary is shown, and obeyed by nobody."""
    alert = story.make_alert(annotations={"summary": "down\x1b[2J"})

    told = tell(make_view(alerts=(alert,), journal=()))

    assert "\x1b" not in told
    assert "down\\x1b[2J" in told


def test_story_that_is_longer_than_what_was_read_says_so(tell):
    """The first thousand entries are read; what came after them is not passed over in silence."""
    one = ("alert.grouped", {"alert_id": "a", "rule": "r", "reason": "x"}, 60)

    told = tell(make_view(journal=make_journal(*[one] * JOURNAL_LIMIT)))

    assert "Only the first 1,000 entries" in told
    assert "Only the first" not in tell(make_view(journal=make_journal(one)))
