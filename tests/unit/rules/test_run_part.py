"""Which part of its run a rehearsal is in: what was seen, and what should have begun by now."""

from datetime import timedelta

import pytest

from fermata.domain.held_experiment import ExperimentApproval, ExperimentState
from fermata.domain.journal import JournalEntry, JournalEvent
from fermata.domain.person import FERMATA
from fermata.rules.run_part import PartNow, RunPart, find_part
from fermata.testing.experiments import make_held
from fermata.testing.records import NOON

RUNNING = make_held(state=ExperimentState.RUNNING, started_at=NOON)
"""Five seconds of baseline, ten of the fault."""


def at(seconds):
    """Give a moment of the run."""
    return NOON + timedelta(seconds=seconds)


def tell(**events):
    """Give a journal of events of the experiment at seconds of its run."""
    return [
        JournalEntry.chain(1, at(seconds), JournalEvent(kind=f"experiment.{name}", actor=FERMATA), "none")
        for name, seconds in events.items()
    ]


@pytest.mark.parametrize(
    ("journal", "now", "found"),
    [
        (tell(started=0), 4, PartNow(RunPart.BASELINE, at(0))),
        (tell(started=0), 5, PartNow(RunPart.INJECTING, at(5), is_planned=True)),
        (tell(started=0, injected=6), 15, PartNow(RunPart.WATCHING, at(6))),
        (tell(started=0, injected=6), 16, PartNow(RunPart.UNDOING, at(16), is_planned=True)),
        (tell(started=0, injected=6, stop_requested=9), 10, PartNow(RunPart.UNDOING, at(9))),
    ],
)
def test_run_is_in_the_part_that_was_seen_or_should_have_begun(journal, now, found):
    """What nobody has seen begin is said to be planned."""
    assert find_part(RUNNING, journal, at(now)) == found


def test_what_is_approved_is_looked_at_once_more():
    """Since the last yes it takes."""
    yes = [
        ExperimentApproval(
            person_id="dana", role="r", channel="c", digest="d", approved_at=at(seconds), expires_at=at(99)
        )
        for seconds in (1, 3)
    ]
    held = make_held(state=ExperimentState.APPROVED, approvals=tuple(yes))

    assert find_part(held, [], at(9)) == PartNow(RunPart.PREFLIGHT, at(3))
    assert find_part(make_held(state=ExperimentState.APPROVED), [], at(9)) == PartNow(RunPart.PREFLIGHT, NOON)


@pytest.mark.parametrize("state", [ExperimentState.DONE, ExperimentState.STOPPED])
def test_what_is_over_is_judged_since_its_end(state):
    """Whatever the journal says."""
    over = RUNNING.model_copy(update={"state": state, "ended_at": at(30)})

    assert find_part(over, tell(injected=6), at(60)) == PartNow(RunPart.JUDGED, at(30))
    assert find_part(over.model_copy(update={"ended_at": None}), [], at(60)) == PartNow(RunPart.JUDGED, NOON)


def test_what_never_ran_is_in_no_part():
    """It waits, or was refused; a standing approval has runs of its own."""
    standing = make_held(state=ExperimentState.APPROVED, scheduled_until=NOON.date())

    assert find_part(make_held(), [], at(9)) is None
    assert find_part(make_held(state=ExperimentState.REFUSED), [], at(9)) is None
    assert find_part(standing, [], at(9)) is None
