"""The layers that keep a storm from becoming a storm of investigations."""

from datetime import timedelta

import pytest

from fermata.domain.alert import AlertChange, Severity
from fermata.domain.silence import Silence
from fermata.rules.triage import Layer, triage_alert, triage_investigation

COOLDOWN = timedelta(minutes=15)


def test_new_alert_may_open_or_join(build_alert, noon):
    """Nothing holds back a firing alert seen for the first time."""
    triage = triage_alert(build_alert(), AlertChange.NEW, [], noon)

    assert (triage.layer, triage.opens_or_joins) == (Layer.NONE, True)


@pytest.mark.parametrize(
    ("change", "status", "layer"),
    [
        (AlertChange.REPEATED, "firing", Layer.DUPLICATE),
        (AlertChange.LATE, "firing", Layer.LATE),
        (AlertChange.RESOLVED, "resolved", Layer.NONE),
        (AlertChange.NEW, "resolved", Layer.LATE),
    ],
)
def test_alert_that_is_known_or_over_starts_nothing(build_alert, noon, change, status, layer):
    """Repetitions, late messages and resolutions are recorded and open no incident."""
    triage = triage_alert(build_alert(status=status), change, [], noon)

    assert (triage.layer, triage.opens_or_joins) == (layer, False)


@pytest.mark.parametrize(
    ("match", "silenced"),
    [
        ({"service": "check*"}, True),
        ({"alertname": "CheckoutDown", "service": "checkout"}, True),
        ({"service": "checkout", "cluster": ""}, True),
        ({"service": "checkout", "cluster": "eu"}, False),
        ({"service": "CHECKOUT"}, False),
    ],
)
def test_silence_matches_all_of_its_labels(build_alert, noon, match, silenced):
    """Every label it names must match its glob; one that is absent is empty text."""
    silence = Silence(id="sil-1", match=match, until=noon + timedelta(minutes=1), reason="load test")

    triage = triage_alert(build_alert(), AlertChange.NEW, [silence], noon)

    assert triage.opens_or_joins is not silenced
    if silenced:
        assert triage.layer is Layer.SILENCED
        assert triage.text == "silence sil-1 covers it until 2026-11-23T12:01:00.000Z: load test"


@pytest.mark.parametrize(("severity", "told"), [("none", False), ("None", False), ("info", True), ("", True)])
def test_alert_for_nobody_starts_nothing(build_alert, noon, severity, told):
    """A watchdog fires all the time, by which others see that alerting works: no incident, and it says why."""
    triage = triage_alert(build_alert("Watchdog", {"severity": severity}), AlertChange.NEW, [], noon)

    assert triage.opens_or_joins is told
    if not told:
        assert (triage.layer, triage.text) == (
            Layer.SILENCED,
            "its own label severity says none: nobody is to be told",
        )


def test_silence_ends_at_its_exact_instant(build_alert, noon):
    """At `until` the alert counts again."""
    silence = Silence(id="sil-1", match={"service": "*"}, until=noon, reason="load test")

    assert triage_alert(build_alert(), AlertChange.NEW, [silence], noon).opens_or_joins


@pytest.mark.parametrize(
    ("state", "minutes_ago", "started", "layer"),
    [
        ("open", None, 0, Layer.NONE),
        ("open", 15, 9, Layer.NONE),
        ("open", 14, 0, Layer.COOLDOWN),
        ("needs_person", 14, 0, Layer.COOLDOWN),
        ("investigating", 14, 0, Layer.GROUPED),
        ("held", 14, 0, Layer.GROUPED),
        ("held", 16, 0, Layer.NONE),
        ("open", 0, 0, Layer.COOLDOWN),
        ("needs_person", -120, 0, Layer.NONE),
        ("executing", 60, 0, Layer.GROUPED),
        ("verifying", None, 0, Layer.GROUPED),
        ("open", None, 10, Layer.BUDGET),
        ("open", 14, 10, Layer.COOLDOWN),
    ],
)
def test_investigation_starts_only_past_every_layer(build_incident, noon, state, minutes_ago, started, layer):
    """Work under way, a recent look and a spent hour each hold an investigation back."""
    last = None if minutes_ago is None else noon - timedelta(minutes=minutes_ago)

    triage = triage_investigation(build_incident(state=state), last, started, COOLDOWN, 10, noon)

    assert triage.layer is layer
    assert triage.opens_or_joins is (layer is Layer.NONE)


@pytest.mark.parametrize(
    ("severity", "limit", "started", "layer"),
    [
        ("critical", 8, 7, Layer.NONE),
        ("high", 8, 7, Layer.NONE),
        ("high", 8, 8, Layer.BUDGET),
        ("warning", 8, 5, Layer.NONE),
        ("warning", 8, 6, Layer.BUDGET),
        ("info", 8, 6, Layer.BUDGET),
        ("warning", 3, 2, Layer.NONE),
    ],
)
def test_storm_of_warnings_leaves_room_for_an_outage(
    build_incident, build_alert, noon, *, severity, limit, started, layer
):
    """A quarter of the hour is the severe ones'; of so few that a quarter is none, all are everybody's."""
    incident = build_incident(build_alert(severity=Severity(severity)))

    assert triage_investigation(incident, None, started, COOLDOWN, limit, noon).layer is layer


def test_kept_part_of_the_budget_is_told(build_incident, build_alert, noon):
    """Whoever asks why reads that the limit is not reached, and for whom the rest is."""
    incident = build_incident(build_alert(severity=Severity.WARNING))

    triage = triage_investigation(incident, None, 9, COOLDOWN, 10, noon)

    assert "the limit is 10, 2 of them kept for critical and high incidents; inc-1" in triage.text


def test_spent_budget_says_that_people_are_told(build_incident, noon):
    """An alert without an analysis still reaches people, and says why it has none."""
    triage = triage_investigation(build_incident(), None, 10, COOLDOWN, 10, noon)

    assert triage.text == (
        "10 investigations started within the last hour and the limit is 10; inc-1 reaches people without one"
    )
