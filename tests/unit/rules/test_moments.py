"""What happened around an incident, once and in order."""

import re
from pathlib import Path

import pytest
from tests.unit.web import story
from tests.unit.web.house import make_view
from tests.unit.web.test_runs import make_journal

from fermata.domain.card import Tone
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, ProviderEvent, ProviderStatusFacts
from fermata.domain.journal import JournalEntry, JournalEvent
from fermata.domain.person import Actor
from fermata.rules.moments import _WORDS, list_moments


def tell(view):
    """Give the moments of a view."""
    return list_moments(view, {place: item.id for place, item in enumerate(view.evidence)})


def make_change(change_id, **distance):
    """Give a commit as evidence."""
    facts = ChangeFacts(id=change_id, title=f"Change {change_id}", author="Mei", changed_at=story.ago(**distance))
    lines = ((1, f"commit {change_id}"),)
    return story.make_evidence(change_id, lines, EvidenceKind.CHANGE, facts=facts.to_json(), cut="")


def test_plan_that_ended_after_one_yes_of_two_says_whose():
    """Somebody decided: only that it was too few is told."""
    view = make_view(
        alerts=(), evidence=(), plan=None, proposal=None, diagnosis=None,
        journal=make_journal(("proposal.expired", {"reason": "only ann approved within 30m"}, 5)),
    )  # fmt: skip

    (moment,) = tell(view)

    assert (moment.title, moment.detail) == ("The plan expired", "only ann approved within 30m")


def test_causes_come_before_what_was_done_about_them():
    """Changes, alerts, then Fermata's steps; alerts that ended say so."""
    alert = story.make_alert(ends_at=story.NOW, status="resolved")
    view = make_view(
        alerts=(alert,), evidence=(make_change("4be21d07c1", minutes=3),), plan=None, proposal=None, diagnosis=None,
        journal=make_journal(("incident.opened", {"reason": "first alert"}, 151)),
    )  # fmt: skip

    moments = tell(view)

    assert [moment.title for moment in moments] == [
        "Commit 4be21d07 by Mei",
        "CheckoutDown began",
        "Incident opened",
        "CheckoutDown ended",
    ]
    assert [moment.anchor for moment in moments] == [view.evidence[0].id, alert.id, "entry-1", alert.id]


def test_guilty_change_is_told_however_many_came_after_it():
    """The eight latest changes are told, and the one to blame."""
    changes = [make_change(f"c{number:02}", hours=20 - number) for number in range(12)]
    view = make_view(evidence=tuple(changes), plan=None, proposal=None, alerts=(), journal=())
    blamed = story.make_diagnosis(changes[0], changes[0]).model_copy(update={"guilty_change": "c01"})

    told = [moment.title for moment in tell(view.model_copy(update={"diagnosis": blamed}))]

    assert told[0] == "Commit c01 by Mei: to blame, as diagnosed"
    assert told[1:] == [f"Commit c{number:02} by Mei" for number in range(4, 12)]


def test_old_changes_are_left_to_the_evidence():
    """What changed days before rarely made the incident."""
    view = make_view(evidence=(make_change("old", days=9),), plan=None, proposal=None, diagnosis=None, journal=())

    assert not [moment for moment in tell(view) if moment.what == "change"]


def test_storm_of_alerts_is_one_moment():
    """The first dozen by name, the others by number."""
    alerts = tuple(story.make_alert(f"Alert{number}", starts_at=story.ago(seconds=99 - number)) for number in range(40))

    told = [moment.title for moment in tell(make_view(alerts=alerts, journal=()))]

    assert told[:2] == ["Alert0 began", "Alert1 began"]
    assert told[-1] == "28 more alerts began"


def test_provider_tells_of_its_own_trouble():
    """Its events with a start; others have no place in an order."""
    events = (
        ProviderEvent(id="1", service="compute", region="eu", title="Packet loss", started_at=story.ago(minutes=9)),
        ProviderEvent(id="2", service="dns"),
    )
    facts = ProviderStatusFacts(source="cloud status", events=events).to_json()
    feed = story.make_evidence("status", ((1, "x"),), EvidenceKind.PROVIDER_STATUS, facts=facts, cut="")
    view = make_view(evidence=(feed,), plan=None, proposal=None, diagnosis=None, journal=(), alerts=())

    (moment,) = tell(view)

    assert (moment.title, moment.detail, moment.tone) == ("cloud status: compute eu", "Packet loss", Tone.WARN)


@pytest.mark.parametrize("kind", [EvidenceKind.CHANGE, EvidenceKind.PROVIDER_STATUS])
def test_facts_of_another_form_cost_only_their_moment(kind):
    """An old store may hold such; the page is there all the same."""
    odd = story.make_evidence("odd", ((1, "x"),), kind, facts={"what": 1}, cut="")

    assert tell(make_view(evidence=(odd,), plan=None, proposal=None, diagnosis=None, journal=(), alerts=())) == ()


@pytest.mark.parametrize(
    ("kind", "data", "title", "detail", "tone"),
    [
        ("evidence.collected", {"evidence": [1, 2], "gaps": [1], "took_s": 1.5},
         "2 pieces of evidence collected in 1s, 1 missing", "", Tone.PLAIN),
        ("evidence.collected", {}, "0 pieces of evidence collected", "", Tone.PLAIN),
        ("incident.diagnosed", {"verdict": "identified", "causes": ["a", "b"]},
         "Signatures: identified", "a, b", Tone.PLAIN),
        ("model.refused", {"target": "", "text": "no budget"}, "A model was asked: none answered", "no budget",
         Tone.PLAIN),
        ("action.executed", {"action": "x.restart", "detail": "done"}, "x.restart done", "done", Tone.GOOD),
        ("action.failed", {"action": "x.restart", "target": "process/x"}, "x.restart failed", "process/x", Tone.BAD),
        ("execution.verified", {"verdict": "restored", "text": "runs"}, "Verified: restored", "runs", Tone.GOOD),
        ("approval.refused", {"text": "Not counted: this needs role oncall"}, "A click of Fermata did not count",
         "this needs role oncall", Tone.WARN),
        ("approval.refused", {}, "A click of Fermata did not count", "", Tone.WARN),
        ("execution.verified", {"verdict": "unchanged"}, "Verified: unchanged", "", Tone.WARN),
        ("incident.resolved", {"by": "alerts"}, "Resolved", "every alert of it ended", Tone.GOOD),
        ("incident.resolved", {"by": "verification"}, "Resolved", "the fix was verified", Tone.GOOD),
        ("incident.resolved", {}, "Resolved", "", Tone.GOOD),
    ],
)  # fmt: skip
def test_entries_are_told_in_words(kind, data, title, detail, tone):
    """With what they hold, and without what they lack: entries of older versions have other data."""
    (moment,) = tell(make_view(alerts=(), evidence=(), plan=None, proposal=None, diagnosis=None,
                               journal=make_journal((kind, data, 1))))  # fmt: skip

    assert (moment.title, moment.detail, moment.tone) == (title, detail, tone)


def test_people_are_named():
    """Who approved stands in the title, and has a mark of their own."""
    event = JournalEvent(kind="proposal.approved", actor=Actor(kind="person", id="ada"), data={"role": "oncall"})
    entry = JournalEntry.chain(1, story.NOW, event, "sha256:" + "0" * 64)

    moment = tell(make_view(alerts=(), evidence=(), plan=None, proposal=None, diagnosis=None, journal=(entry,)))[0]

    assert (moment.what, moment.title, moment.detail) == ("person", "ada approved", "oncall")


def test_end_by_hand_says_whose():
    """An end that no alert and no verification told of is somebody's word."""
    event = JournalEvent(
        kind="incident.resolved", actor=Actor(kind="person", id="ada"), data={"by": "ada", "reason": "failed over"}
    )
    entry = JournalEntry.chain(1, story.NOW, event, "sha256:" + "0" * 64)

    moment = tell(make_view(alerts=(), evidence=(), plan=None, proposal=None, diagnosis=None, journal=(entry,)))[0]

    assert (moment.title, moment.detail) == ("ada resolved it by hand", "failed over")


def test_every_kind_that_is_told_exists():
    """The words are for events that the journal's page lists."""
    text = (Path(__file__).parents[3] / "docs" / "journal.md").read_text()

    assert set(_WORDS) <= set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", text, re.MULTILINE))


def test_uneventful_entries_are_left_to_the_journal():
    """An enqueued run leads to something that is told."""
    journal = make_journal(("investigation.enqueued", {"run_id": "r", "why": "alerts"}, 60))

    assert tell(make_view(alerts=(), evidence=(), plan=None, proposal=None, diagnosis=None, journal=journal)) == ()
