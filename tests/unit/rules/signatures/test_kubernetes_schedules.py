"""Cron jobs that do not start though nothing says why."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.signatures.kubernetes_schedules import SIGNATURES, read_longest_gap


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("* * * * *", 1 / 60),
        ("*/15 * * * *", 0.25),
        ("7 * * * *", 1),
        ("0 */6 * * *", 6),
        ("0 1,13 * * *", 24),
        ("0 1 * * 1-5", 168),
        ("@hourly", 1),
        ("0 1 1 * *", None),
        ("@yearly", None),
        ("odd", None),
    ],
)
def test_gap_is_never_shorter_than_the_schedule_allows(schedule, hours):
    """An upper bound: nobody is called late who may be in time."""
    assert read_longest_gap(schedule) == (None if hours is None else timedelta(hours=hours))


def cron(*, late, schedule="*/5 * * * *", suspend=False, active=()):
    """Build a cron job that last started so many minutes ago."""
    last = (NOW - timedelta(minutes=late)).isoformat() if late else None
    status = {"lastScheduleTime": last, "active": list(active)}
    return Town().add("CronJob", "billing", spec={"schedule": schedule, "suspend": suspend}, status=status)


def test_cron_job_that_is_long_overdue_is_told():
    """Its events are gone after an hour, and a controller that is down writes none."""
    (found,) = cron(late=40).find(SIGNATURES, "cron_job_overdue")

    assert found.text.startswith("billing last started 40m ago, though it is due at least every 5m (*/5 * * * *)")
    assert "kubectl create job --from=cronjob/billing -n shop billing-by-hand" in found.person_must


@pytest.mark.parametrize(
    "town",
    [
        cron(late=14),
        cron(late=0),
        cron(late=40, suspend=True),
        cron(late=40, active=[{"name": "billing-1"}]),
        cron(late=40, schedule="0 1 1 * *"),
    ],
    ids=["in_time", "never_started", "suspended", "a_run_goes_on", "rare"],
)
def test_cron_job_that_may_be_in_time_or_is_held_otherwise_is_not(town):
    """Others say why those start nothing."""
    assert town.list_causes(SIGNATURES) == []
