"""Incidents as collections of alerts."""

from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.incident import IncidentState, MergeReason
from fermata.domain.person import Actor
from fermata.kit.errors import InvariantBroken, UserError
from fermata.rules.membership import MOST_ENTITIES, join_incident, merge_incidents, open_incident, split_incident
from fermata.rules.scope import find_entities

ALICE = Actor(kind="person", id="alice", channel="console")


@pytest.fixture
def join(noon):
    """Give the incident after an alert joined it, ten minutes after noon."""

    def ask(incident, alert, rule="entity", truncated=0):
        later = noon + timedelta(minutes=10)
        reason = MergeReason(alert_id=alert.id, rule=rule, text="because", at=later)
        return join_incident(incident, alert, reason, find_entities(alert), later, truncated)

    return ask


@pytest.fixture
def rejoin(build_alert, build_incident, join):
    """Give an incident in some state, changed last at noon, after another alert joined it."""

    def ask(state, rule, **alert):
        return join(build_incident(build_alert("A", after_s=-600), state=state), build_alert("B", **alert), rule)

    return ask


@pytest.fixture
def split(build_alert, build_incident, noon):
    """Give the split of an incident of alerts A and B, named by letters; Z is in another."""

    def ask(ids, state, known):
        alerts = {name: build_alert(name) for name in "ABZ"}
        incident = build_incident(alerts["A"], alerts["B"], state=state)
        rows = [alerts[name] for name in known]
        return split_incident(incident, rows, [alerts[name].id for name in ids], "inc-9", ALICE, noon)

    return ask


def test_opened_incident_is_what_its_alert_is(build_alert, noon):
    """Severity, start, title and entities follow from the first alert."""
    alert = build_alert("CheckoutDown", {"service": "checkout", "instance": "vm1:80"}, after_s=-30, severity="high")
    reason = MergeReason(alert_id=alert.id, rule="first", text="first alert", at=noon)

    incident = open_incident(alert, "inc-7", reason, find_entities(alert), noon, truncated=2)

    assert (incident.id, incident.state, incident.severity) == ("inc-7", "open", "high")
    assert incident.title == "checkout: CheckoutDown"
    assert (incident.started_at, incident.opened_at, incident.updated_at) == (alert.starts_at, noon, noon)
    assert [entity.ref for entity in incident.entities] == ["service/checkout", "host/vm1"]
    assert (incident.alert_ids, incident.merges, incident.truncated_alerts) == ((alert.id,), (reason,), 2)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Checkout is down", "Checkout is down"),
        ("Checkout. Down", "Checkout. Down"),
        ("Checkout-db is slow", "checkout: Checkout-db is slow"),
        ("checkout.internal is slow", "checkout: checkout.internal is slow"),
    ],
)
def test_alert_whose_name_begins_with_the_service_is_the_title(build_alert, noon, name, title):
    """An uptime monitor says `Checkout is down`; `CheckoutDown` is a rule's name, and a longer name another thing's."""
    alert = build_alert(name, {"service": "checkout"})
    reason = MergeReason(alert_id=alert.id, rule="first", text="first alert", at=noon)

    assert open_incident(alert, "inc-7", reason, find_entities(alert), noon).title == title


@pytest.mark.parametrize(
    ("labels", "title"),
    [
        ({"service": "checkout", "pod": "api-0", "deployment": "api"}, "checkout: X"),
        ({"pod": "api-0", "deployment": "api", "namespace": "shop"}, "api: X"),
        ({"pod": "api-0", "instance": "vm1:80"}, "api-0: X"),
        ({"instance": "vm1:80", "node": "w1"}, "w1: X"),
        ({}, "X"),
    ],
)
def test_title_names_what_people_know(build_alert, noon, labels, title):
    """A service before a workload, a workload before a pod, and the rule alone when nothing is named."""
    alert = build_alert("X", labels)
    reason = MergeReason(alert_id=alert.id, rule="first", text="first alert", at=noon)

    assert open_incident(alert, "inc-7", reason, find_entities(alert), noon).title == title


def test_joined_incident_takes_the_worst_and_the_earliest(build_alert, build_incident, join, noon):
    """Severity rises, the start moves back, entities unite, the reason is kept."""
    first = build_alert("A", severity="warning")
    second = build_alert("B", {"process": "checkout"}, after_s=-60, severity="critical")

    joined = join(build_incident(first, entities=find_entities(first)), second, truncated=3)

    assert (joined.severity, joined.started_at) == ("critical", second.starts_at)
    assert joined.alert_ids == (first.id, second.id)
    assert joined.merges[-1].text == "because"
    assert [entity.ref for entity in joined.entities] == ["process/checkout", "service/checkout"]
    assert (joined.updated_at, joined.truncated_alerts) == (noon + timedelta(minutes=10), 3)


def test_milder_and_later_alert_changes_neither(build_alert, build_incident, join):
    """An incident is as bad as its worst alert and as old as its first."""
    first = build_alert("A", severity="critical")

    joined = join(build_incident(first), build_alert("B", after_s=60, severity="info"))

    assert (joined.severity, joined.started_at) == ("critical", first.starts_at)


def test_alert_that_is_in_already_joins_once(build_alert, build_incident, join):
    """The same firing again changes nothing but what was cut off."""
    incident = build_incident(build_alert(), state="held")

    assert join(incident, build_alert()) == incident
    assert join(incident, build_alert(), truncated=1).truncated_alerts == 1


@pytest.mark.parametrize(
    ("state", "rule", "alert", "becomes"),
    [
        ("open", "entity", {"after_s": 60}, "open"),
        ("held", "fingerprint", {"after_s": 60}, "held"),
        ("mitigated", "fingerprint", {"after_s": -60}, "open"),
        ("mitigated", "entity", {"after_s": 0}, "open"),
        ("mitigated", "entity", {"after_s": -1}, "mitigated"),
        ("mitigated", "fingerprint", {"after_s": 60, "status": "resolved"}, "mitigated"),
        ("resolved", "fingerprint", {"after_s": 60}, "open"),
        ("resolved", "entity", {"after_s": -60}, "open"),
        ("resolved", "fingerprint", {"after_s": 60, "status": "resolved"}, "resolved"),
    ],
)
def test_firing_alert_reopens_what_was_thought_over(rejoin, state, rule, alert, becomes):
    """Mitigated or resolved and firing again means that somebody has to look; an alert from before does not."""
    joined = rejoin(state, rule, **alert)

    assert joined.state == becomes
    assert (joined.resolved_at is not None) is (becomes == "resolved")


@pytest.mark.parametrize(
    ("state", "title", "severity"),
    [("resolved", "nginx: LogSilent", "warning"), ("mitigated", "checkout: CheckoutDown", "critical")],
)
def test_resolved_incident_that_opens_again_is_called_after_what_fires(
    build_alert, build_incident, join, state, title, severity
):
    """Nothing else of a resolved one fires any more: its old name and severity would call for what is over."""
    incident = build_incident(build_alert(), state=state)
    alert = build_alert("LogSilent", {"service": "nginx"}, after_s=60, severity="warning")

    joined = join(incident, alert, "fingerprint")

    assert (joined.state, joined.title, joined.severity) == ("open", title, severity)


def test_merged_incident_takes_no_alert(build_alert, build_incident, join):
    """Its alerts belong to the incident it went into."""
    with pytest.raises(InvariantBroken, match="That incident was merged into inc-0"):
        join(build_incident(state="merged"), build_alert("B"))


def test_merging_by_hand_moves_everything_with_its_reason(build_alert, build_incident, noon):
    """The target has all alerts, each explained; the source says where it went."""
    common, mine, theirs = build_alert("A"), build_alert("B", severity="info"), build_alert("C", after_s=-90)
    target = build_incident(common, mine, id="inc-1", state="held", truncated_alerts=1)
    source = build_incident(common, theirs, id="inc-2", entities=find_entities(theirs), truncated_alerts=2)

    merged = merge_incidents(target, source, ALICE, noon)

    assert merged.target.alert_ids == (common.id, mine.id, theirs.id)
    assert (merged.target.merges[-1].rule, merged.target.merges[-1].text) == ("by_hand", "merged from inc-2 by alice")
    assert (merged.target.state, merged.target.severity) == ("held", "critical")
    assert (merged.target.started_at, merged.target.truncated_alerts) == (theirs.starts_at, 3)
    assert merged.target.entities == find_entities(theirs)
    assert (merged.source.state, merged.source.merged_into) == (IncidentState.MERGED, "inc-1")
    assert merged.source.alert_ids == source.alert_ids


@pytest.mark.parametrize(
    ("target", "source", "words"),
    [
        ({"id": "inc-1"}, {"id": "inc-1"}, "cannot be merged into itself"),
        ({"id": "inc-1", "state": "resolved"}, {"id": "inc-2"}, "inc-1 is resolved"),
        ({"id": "inc-1"}, {"id": "inc-2", "state": "merged"}, "inc-2 is merged"),
        ({"id": "inc-1"}, {"id": "inc-2", "state": "executing"}, "inc-2 is executing, and that has to come to its end"),
        ({"id": "inc-1"}, {"id": "inc-2", "state": "verifying"}, "inc-2 is verifying"),
    ],
)
def test_merge_that_makes_no_sense_is_refused(build_incident, noon, target, source, words):
    """Neither itself, nor what is over, nor what is being acted on."""
    with pytest.raises(UserError, match=words):
        merge_incidents(build_incident(**target), build_incident(**source), ALICE, noon)


def test_splitting_by_hand_computes_both_sides_anew(build_alert, build_incident, checkout, noon):
    """Severity, start and entities follow the alerts; the new incident is open and says where it came from."""
    a = build_alert("A", {"service": "checkout"}, severity="warning", after_s=60)
    b = build_alert("B", {"service": "profile"}, severity="critical")
    c = build_alert("C", {"service": "profile"}, severity="info", after_s=90)
    profile = Entity(system="supervisor", kind="process", name="profile")
    incident = build_incident(a, b, c, state="held", entities=(checkout, profile), truncated_alerts=4)

    split = split_incident(incident, [c, b, a], [c.id, b.id], "inc-9", ALICE, noon + timedelta(minutes=1))

    remaining, separated = split.remaining, split.separated
    assert (remaining.id, remaining.state, remaining.truncated_alerts) == ("inc-1", "held", 4)
    assert (remaining.alert_ids, remaining.severity, remaining.started_at) == ((a.id,), "warning", a.starts_at)
    assert [entity.ref for entity in remaining.entities] == ["supervisor:process/checkout", "service/checkout"]
    assert [merge.alert_id for merge in remaining.merges] == [a.id]
    assert (separated.id, separated.state, separated.split_from) == ("inc-9", "open", "inc-1")
    assert (separated.alert_ids, separated.severity, separated.started_at) == ((b.id, c.id), "critical", b.starts_at)
    assert [entity.ref for entity in separated.entities] == ["supervisor:process/profile", "service/profile"]
    assert {(merge.rule, merge.text) for merge in separated.merges} == {("by_hand", "split from inc-1 by alice")}
    assert (separated.title, separated.truncated_alerts) == ("profile: B", 0)


@pytest.mark.parametrize(
    ("ids", "state", "known", "words"),
    [
        ("A", "resolved", "AB", "It is resolved"),
        ("", "open", "AB", "No alert was named"),
        ("AB", "open", "AB", "leave nothing behind"),
        ("AZ", "open", "AB", "not part of it: al-"),
        ("A", "open", "A", "not in the store: al-"),
    ],
)
def test_split_that_makes_no_sense_is_refused(split, ids, state, known, words):
    """Some of its own alerts, but not all, of an incident that is alive."""
    with pytest.raises(UserError, match=words):
        split(ids, state, known)


def test_alert_with_the_reason_of_another_does_not_join(build_alert, build_incident, noon):
    """Each alert of an incident has its own reason, or it is not let in."""
    reason = MergeReason(alert_id="al-other", rule="entity", text="because", at=noon)

    with pytest.raises(InvariantBroken, match="did not join"):
        join_incident(build_incident(build_alert("A")), build_alert("B"), reason, (), noon)


def test_incident_is_about_so_many_things_and_no_more(build_alert, build_incident, noon):
    """A storm over many things does not make the incident about all of them; its alerts are all there."""
    incident = build_incident(build_alert("A"))
    alert = build_alert("B")
    reason = MergeReason(alert_id=alert.id, rule="entity", text="because", at=noon)
    many = [Entity(kind="pod", name=f"pod-{number}") for number in range(2 * MOST_ENTITIES)]

    joined = join_incident(incident, alert, reason, many, noon)

    assert len(joined.entities) == MOST_ENTITIES
    assert alert.id in joined.alert_ids
    assert joined == type(joined).model_validate(joined.to_json())
