"""A row is what it can still become, whether or not somebody has closed it."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.held_experiment import ExperimentApproval, ExperimentState
from fermata.flows.experiments.lease import Lease
from fermata.flows.experiments.states import name_state
from fermata.testing.experiments import make_held

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DEAD = f"{socket.gethostname()}:{2**22 + 1}:aa"
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(hours=1)


def approve(until):
    """Give a yes that runs out then."""
    return ExperimentApproval(
        person_id="dana", role="oncall", channel="console", digest="d", approved_at=EARLIER, expires_at=until
    )


@pytest.mark.parametrize(
    ("changes", "leased", "name"),
    [
        ({"expires_at": LATER}, "", "proposed"),
        ({"expires_at": NOW}, "", "expired"),
        ({"expires_at": LATER, "runner": DEAD}, "", "abandoned"),
        ({"expires_at": LATER, "runner": "elsewhere:1:aa"}, "", "proposed"),
        ({"state": ExperimentState.APPROVED, "approvals": (approve(LATER),)}, "", "approved"),
        ({"state": ExperimentState.APPROVED, "approvals": (approve(NOW),)}, "", "expired"),
        ({"proposed_at": LATER, "expires_at": LATER}, "", "expired"),
        ({"state": ExperimentState.APPROVED, "proposed_at": LATER, "approvals": (approve(LATER),)}, "", "expired"),
        (
            {
                "state": ExperimentState.APPROVED,
                "proposed_at": LATER,
                "approvals": (approve(LATER),),
                "scheduled_until": LATER.date(),
            },
            "",
            "approved",
        ),
        ({"state": ExperimentState.RUNNING}, "exp-1", "running"),
        ({"state": ExperimentState.RUNNING}, "exp-2", "died"),
        ({"state": ExperimentState.RUNNING}, "", "died"),
        ({"state": ExperimentState.DONE, "verdict": "graceful"}, "", "graceful"),
        ({"state": ExperimentState.REFUSED}, "", "refused"),
    ],
)
def test_row_is_named_by_what_it_is_now(changes, leased, name):
    """Its process may have died, its terminal may have gone, and its time may be over, or of a clock set back since."""
    lease = Lease(held_id=leased, runner="elsewhere:1:aa", until=LATER) if leased else None

    assert name_state(make_held(**changes), lease, NOW) == name
