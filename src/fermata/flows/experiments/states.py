"""What a row is now, in a word: what its state says, unless its process or its time has gone since."""

from __future__ import annotations

from datetime import datetime

from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.flows.experiments.lease import Lease, is_dead
from fermata.kit.clock import CLOCK_SKEW


def name_state(held: HeldExperiment, lease: Lease | None, now: datetime) -> str:
    """Return the verdict or state for people; `died`, `expired` or `abandoned` where the row does not say so yet.

    Rows are closed by a serving process, and there may be none.

    Args:
        lease: That of what runs, while it is in force.
    """
    if held.state is ExperimentState.RUNNING and (lease is None or lease.held_id != held.id):
        return "died"
    if not is_lost(held, now):
        return held.verdict or held.state.value
    return "abandoned" if held.runner and is_dead(held.runner) else "expired"


def is_to_come(held: HeldExperiment, now: datetime) -> bool:
    """Answer whether a row is of a time to come: a clock was set back since, and its time would last for longer."""
    return held.proposed_at - now > CLOCK_SKEW


def is_lost(held: HeldExperiment, now: datetime) -> bool:
    """Answer whether a row that waits or is approved can never begin: too late, or whoever was to run it has gone."""
    if held.state is ExperimentState.PROPOSED:
        is_late = now >= held.expires_at or is_to_come(held, now)
    elif held.state is ExperimentState.APPROVED:
        is_late = now >= min((item.expires_at for item in held.approvals), default=held.expires_at)
        # A schedule ends with its last day, which no clock that is set back moves by much.
        is_late = is_late or (is_to_come(held, now) and not held.is_standing)
    else:
        return False
    return is_late or bool(held.runner and is_dead(held.runner))
