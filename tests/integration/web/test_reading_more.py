"""Searching, costs, and evidence on a page of its own."""

from decimal import Decimal

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.alert import Severity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.domain.incident import IncidentState
from fermata.domain.model import AttemptOutcome, Usage
from fermata.rules.budget import Left
from fermata.testing.records import make_attempt

HOSTILE = '"><script>alert(1)</script>'


def add_incident(house, number, title, state=IncidentState.RESOLVED, severity=Severity.CRITICAL):
    """Put another incident into the house."""
    incident = story.make_incident(state=state, id=f"inc-{number}", title=title, severity=severity)
    card = make_view().card.model_copy(update={"can_decide": False})
    house.views[incident.id] = make_view(incident=incident, card=card)


def make_call(number, **changes):
    """Give a settled call to a model."""
    values = {
        "cost_usd": "0.25", "target": "openai/big", "at": story.NOW, "outcome": AttemptOutcome.OK,
        "is_estimated": False, "incident_id": story.INCIDENT_ID,
        "usage": Usage(input_tokens=1200, output_tokens=34),
    }  # fmt: skip
    return make_attempt(f"call-{number}", **values | changes)


async def test_search_finds_by_words_and_state(ada, house):
    """What matches is listed alone; what waits for a decision is not repeated above it."""
    add_incident(house, "pay", "payments: Slow")
    add_incident(house, "held", "payments: Down", IncidentState.HELD)

    found = (await ada.get("/?q=PAYMENTS")).text
    narrowed = (await ada.get("/?q=payments&state=held")).text

    assert ("payments: Slow" in found, "payments: Down" in found) == (True, True)
    assert "Waiting for a person" not in found
    assert ("payments: Slow" in narrowed, "payments: Down" in narrowed) == (False, True)


async def test_search_that_finds_nothing_says_how_it_looks(ada):
    """And leads back to the list."""
    page = (await ada.get("/?q=nothing-like-this")).text

    assert "Nothing found" in page
    assert "Every word has to be in" in page
    assert 'href="/">Show all' in page


async def test_searched_words_stay_text(ada, house):
    """What is typed comes back on the page and in its links, and is neither markup nor another parameter."""
    for number in range(60):
        add_incident(house, number, HOSTILE)

    page = (await ada.get("/", params={"q": HOSTILE})).text

    assert "<script>alert" not in page
    assert 'href="/?q=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E&amp;offset=50" rel="next"' in page
    assert 'data-live="/fragments/home?q=%22%3E%3Cscript' in page


@pytest.mark.parametrize("address", ["/?state=gone", "/?q=" + "x" * 201, "/costs?by=colour", "/costs?days=x"])
async def test_question_nobody_can_answer_is_refused(ada, address):
    """In words, with what may be asked."""
    answer = await ada.get(address)

    assert answer.status_code == 400


async def test_outage_behind_a_storm_is_on_the_first_page(ada, house):
    """By age alone it is lost; and how many there are is told, not how many a page holds."""
    for number in range(70):
        add_incident(house, f"mild-{number}", f"service-{number}: Slow", IncidentState.NEEDS_PERSON, Severity.WARNING)
    add_incident(house, "bad", "database: Down", IncidentState.NEEDS_PERSON, Severity.CRITICAL)
    add_incident(house, "busy", "queue: Full", IncidentState.VERIFYING, Severity.HIGH)

    first = (await ada.get("/")).text
    second = (await ada.get("/?offset=50")).text

    assert first.index("database: Down") < first.index("service-1: Slow")
    assert "queue: Full" in first
    assert "of 71</span>" in first
    assert "on this page</span>" in second


async def test_costs_are_those_of_the_command_line(ada, house):
    """Sums, what failed, and what is left of the budgets."""
    house.spent = (make_call(1), make_call(2, outcome=AttemptOutcome.TIMED_OUT, is_estimated=True))
    left = {"budget": "of the day", "setting": "budgets.day_usd", "until": "2026-11-29T00:00:00Z"}
    house.left = (Left(**left, limit_usd=Decimal(5), spent_usd=Decimal("0.5")),)

    page = (await ada.get("/costs?by=model&days=7")).text

    assert "$0.50</span> for 2 calls in 7 days" in page
    assert "$0.25 is estimated" in page
    assert "openai/big" in page
    assert "(1 failed)" in page
    assert "$4.50 of $5.00 until 2026-11-29 00:00 UTC" in page


async def test_costs_of_an_incident_lead_to_it(ada, house):
    """Calls for none are named as such, and are no dead link."""
    house.spent = (make_call(1), make_call(2, incident_id=None))

    page = (await ada.get("/costs?by=incident")).text

    assert f'<a href="/incidents/{story.INCIDENT_ID}">' in page
    assert "no incident" in page
    assert 'href="/incidents/-"' not in page


async def test_nothing_spent_is_said(ada):
    """Signatures are free."""
    assert "Nothing was spent" in (await ada.get("/costs")).text


async def test_incident_tells_its_costs_and_runs(ada, house):
    """Which model was asked for it, and what that cost."""
    house.views[story.INCIDENT_ID] = make_view().model_copy(update={"costs": (make_call(1),)})

    page = (await ada.get(f"/incidents/{story.INCIDENT_ID}")).text

    assert "<strong>$0.25</strong> for 1 call to models" in page


async def test_long_evidence_stands_whole_on_its_own_page(ada, house):
    """The incident's page shows the ends and what is cited, and leads to all of it."""
    log = story.make_evidence("long log", tuple((n, f"needle-{n:04}") for n in range(1, 901)), cut="")
    house.views[story.INCIDENT_ID] = make_view(evidence=(log,), plan=None, proposal=None, diagnosis=None)
    address = f"/incidents/{story.INCIDENT_ID}/evidence/{log.id}"

    page = (await ada.get(f"/incidents/{story.INCIDENT_ID}")).text
    whole = await ada.get(address)

    assert page.count("needle-") == 24
    assert f'href="{address}"' in page
    assert (whole.status_code, whole.text.count("needle-")) == (200, 900)


@pytest.mark.parametrize("path", [f"{story.INCIDENT_ID}/evidence/ev-none", "inc-none/evidence/ev-none"])
async def test_evidence_that_is_not_there_is_not_found(ada, path):
    """An id of nothing, or of another incident."""
    assert (await ada.get(f"/incidents/{path}")).status_code == 404


async def test_metrics_are_drawn_with_their_words(ada, house):
    """A drawing has a title, a description and the onset; series that cannot be drawn leave the page whole."""
    start = story.ago(minutes=9).timestamp()
    series = (Series(labels={"pod": HOSTILE}, points=tuple((start + 60 * n, n) for n in range(10))),)
    facts = MetricFacts(expression="x", unit="bytes", purpose="memory", step_s=60, series=series).to_json()
    drawn = story.make_evidence("memory", ((1, "x"),), EvidenceKind.METRICS, facts=facts, cut="")
    odd = story.make_evidence("odd", ((1, "y"),), EvidenceKind.METRICS, facts={"what": 1}, cut="")
    house.views[story.INCIDENT_ID] = make_view(evidence=(drawn, odd), plan=None, proposal=None, diagnosis=None)

    page = (await ada.get(f"/incidents/{story.INCIDENT_ID}")).text

    assert page.count('role="img"') == 1
    assert 'aria-labelledby="plot-1-title plot-1-desc"' in page
    assert "The incident began at 03:10:09." in page
    assert 'class="onset"' in page
    assert "<script>alert" not in page


async def test_journal_is_sent_again_only_when_it_grew(ada, house):
    """The part that keeps itself current answers 304 until there is an entry."""
    page = (await ada.get("/journal")).text
    tag = {"If-None-Match": '"' + page.split('data-version="')[1].split('"')[0] + '"'}

    same = await ada.get("/fragments/journal", headers=tag)
    house.happen()
    grown = await ada.get("/fragments/journal", headers=tag)

    assert (same.status_code, grown.status_code) == (304, 200)
    assert 'id="entry-7"' in grown.text
    assert "data-live" not in (await ada.get("/journal?before=3")).text


async def test_reading_needs_a_session(client):
    """Neither costs nor evidence are told to strangers."""
    for path in ("/costs", f"/incidents/{story.INCIDENT_ID}/evidence/ev-1", "/?q=x"):
        assert (await client.get(path)).status_code == 401
