"""Alerts: identity, severity, and the line for people."""

from datetime import timedelta

import pytest
from tests.unit.domain.samples import ALERT, LATER, NOON

from fermata.domain.alert import AlertStatus, Severity


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("PAGE", Severity.CRITICAL),
        ("p1", Severity.CRITICAL),
        ("sev1", Severity.CRITICAL),
        ("emergency", Severity.CRITICAL),
        (" high ", Severity.HIGH),
        ("error", Severity.HIGH),
        ("major", Severity.HIGH),
        ("p2", Severity.HIGH),
        ("sev2", Severity.HIGH),
        ("info", Severity.INFO),
        ("low", Severity.INFO),
        ("none", Severity.INFO),
        ("p4", Severity.INFO),
        ("sev4", Severity.INFO),
        ("warning", Severity.WARNING),
        ("p3", Severity.WARNING),
        ("p0", Severity.CRITICAL),
        ("P5", Severity.INFO),
        ("banana", Severity.WARNING),
        ("", Severity.WARNING),
        (None, Severity.WARNING),
    ],
)
def test_severity_label_is_reduced_to_four(label, severity):
    """An unknown word is neither paged nor hidden."""
    assert Severity.from_label(label) is severity


@pytest.mark.parametrize(
    ("label", "found"), [("warning", Severity.WARNING), ("critcal", None), ("", None), (None, None)]
)
def test_unknown_severity_is_told_from_a_warning(label, found):
    """So that a slip can be said to be one."""
    assert Severity.find_label(label) is found


def test_severities_rank_from_the_worst():
    """Sorting by rank puts what is worst first."""
    assert [severity.rank for severity in (Severity.CRITICAL, Severity.HIGH, Severity.WARNING, Severity.INFO)] == [
        0,
        1,
        2,
        3,
    ]


def test_same_firing_has_the_same_id():
    """However often it is sent, in whatever state, with whatever words."""
    resolved = ALERT.model_copy(
        update={"status": AlertStatus.RESOLVED, "ends_at": LATER, "annotations": {}, "received_at": NOON}
    )

    assert resolved.id == ALERT.id
    assert ALERT.id.startswith("al-")


@pytest.mark.parametrize(
    "change", [{"source": "grafana"}, {"fingerprint": "other"}, {"starts_at": NOON + timedelta(seconds=1)}]
)
def test_another_firing_has_another_id(change):
    """Source, fingerprint and start are the identity."""
    assert ALERT.model_copy(update=change).id != ALERT.id


@pytest.mark.parametrize(
    ("annotations", "summary"),
    [
        ({"summary": "Down", "description": "Long"}, "Down"),
        ({"summary": "", "description": "Long"}, "Long"),
        ({"runbook": "x"}, "CheckoutDown"),
    ],
)
def test_summary_falls_back_to_description_and_name(annotations, summary):
    """There is always a line for people."""
    assert ALERT.model_copy(update={"annotations": annotations}).summary == summary
