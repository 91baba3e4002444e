"""Did it help?"""

from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.rules.verdict import judge_recovery


@pytest.fixture
def read(checkout, noon):
    """Give a builder of one reading."""

    def build(text="RUNNING for 6 s", *, healthy=True, severity=0, name="checkout", after_s=0):
        entity = Entity(system="supervisor", kind="process", name=name)
        at = noon + timedelta(seconds=after_s)
        return HealthReading(entity=entity, healthy=healthy, text=text, severity=severity, at=at)

    return build


def test_healthy_and_silent_is_restored(read):
    """Everything read is healthy and no alert fires."""
    verdict = judge_recovery([read("FATAL", healthy=False, severity=3)], [read()], [])

    assert verdict.verdict == "restored"
    assert verdict.text == "supervisor:process/checkout: RUNNING for 6 s; no alert fires"


def test_firing_alert_is_not_restored(read):
    """Healthy processes do not outweigh an alert that still fires."""
    verdict = judge_recovery([], [read()], ["CheckoutDown", "CheckoutDown"])

    assert verdict.verdict == "unchanged"
    assert verdict.text == "still firing: CheckoutDown"


def test_still_unhealthy_is_unchanged(read):
    """As bad as before is unchanged, with what was read."""
    verdict = judge_recovery([read("FATAL", healthy=False)], [read("FATAL", healthy=False)], [])

    assert (verdict.verdict, verdict.text) == ("unchanged", "supervisor:process/checkout: FATAL")


@pytest.mark.parametrize(
    ("before", "severity"), [({"healthy": True}, 0), ({"healthy": True}, 2), ({"healthy": False, "severity": 1}, 2)]
)
def test_decline_is_worse(read, before, severity):
    """An entity that was healthy and is not, or that is further from normal, makes it worse."""
    verdict = judge_recovery(
        [read("before", **before), read(name="profile")],
        [read("FATAL", healthy=False, severity=severity), read(name="profile")],
        ["CheckoutDown"],
    )

    assert verdict.verdict == "worse"
    assert verdict.text == "supervisor:process/checkout: FATAL (before: before)"


def test_entity_seen_for_the_first_time_is_not_worse(read):
    """What was never read before cannot have declined."""
    verdict = judge_recovery([read()], [read(), read("EXITED", healthy=False, severity=9, name="profile")], [])

    assert verdict.verdict == "unchanged"


def test_missing_reading_is_never_restored(read):
    """An entity that can no longer be read counts as not healthy."""
    verdict = judge_recovery([read(), read(name="profile")], [read()], [])

    assert (verdict.verdict, verdict.text) == ("unchanged", "supervisor:process/profile could not be read")


def test_no_reading_is_never_restored():
    """Silence is not health."""
    assert judge_recovery([], [], []).text == "nothing could be read"
    assert judge_recovery([], [], []).verdict == "unchanged"


def test_latest_reading_counts(read):
    """A process that came up during verification is judged by its last reading."""
    verdict = judge_recovery([], [read(after_s=9), read("STARTING", healthy=False, after_s=1)], [])

    assert verdict.verdict == "restored"
