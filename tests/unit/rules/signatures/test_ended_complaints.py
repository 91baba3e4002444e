"""What a log said again and again long before the alert, and no more since, is not what the alert is about."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.kubernetes.logs import LogText
from fermata.rules.signatures.kubernetes_complaints import Complaint, does_last, is_standing
from fermata.rules.signatures.strangers import Stranger

ALERT = datetime(2026, 11, 28, 13, tzinfo=UTC)
FULL = "ERROR could not write order: No space left on device"


def _write(before, words=FULL, stamp="%Y-%m-%dT%H:%M:%SZ"):
    return f"{ALERT - timedelta(minutes=before):{stamp}} {words}"


def _complain(lines, alerted_at=ALERT):
    log = LogText("ev", "", "shop", text="\n".join(lines) + "\n", alerted_at=alerted_at)
    return [Complaint(Stranger("shop"), log, line) for line in lines if FULL in line]


def _log(*, ended, calm_until=0, every=1, stamp="%Y-%m-%dT%H:%M:%SZ"):
    said = [_write(ended + number * every, stamp=stamp) for number in reversed(range(5))]
    return said + [_write(before, "INFO ok", stamp) for before in range(ended - 1, calm_until - 1, -1)]


@pytest.mark.parametrize(
    ("lines", "alerted_at", "lasts"),
    [
        (_log(ended=35), ALERT, False),
        ([*_log(ended=35), *["    at a frame"] * 3], ALERT, False),
        (_log(ended=5), ALERT, True),  # A rule waits until it alerts.
        (_log(ended=35, every=9), ALERT, True),  # As quiet as between two of them.
        (_log(ended=35, calm_until=30), ALERT, True),  # The log ends there, too: nobody knows what was after.
        (_log(ended=35), None, True),
        (_log(ended=35, stamp="%H:%M:%S"), ALERT, True),
        ([*_log(ended=35)[:5], *["    at a frame"] * 30], ALERT, True),
    ],
)
def test_complaints_that_ended_long_before_the_alert_are_over(lines, alerted_at, lasts):
    """By the log's own times: how many letters follow says nothing of a log that is quiet."""
    complaints = _complain(lines, alerted_at)

    assert does_last(complaints) is lasts
    assert is_standing(complaints) is lasts
