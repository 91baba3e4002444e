"""Which runs an incident had, read off its journal and its executions."""

from datetime import timedelta

from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.execution import Execution
from fermata.domain.ids import ExecutionId
from fermata.domain.journal import GENESIS, JournalEntry, JournalEvent
from fermata.domain.person import FERMATA
from fermata.web.runs import list_runs


def make_journal(*events):
    """Give a journal of (kind, data, seconds ago)."""
    entries, previous = [], GENESIS
    for number, (kind, data, seconds) in enumerate(events, start=1):
        event = JournalEvent(kind=kind, actor=FERMATA, incident_id=story.INCIDENT_ID, data=data)
        entries.append(JournalEntry.chain(number, story.ago(seconds=seconds), event, previous))
        previous = entries[-1].hash
    return tuple(entries)


def make_execution(plan, ended_at):
    """Give an execution without steps."""
    return Execution(
        id=ExecutionId("ex-1"), plan_id=plan.id, proposal_id="prop-1", incident_id=story.INCIDENT_ID,
        plan_digest=plan.digest, started_at=story.ago(seconds=10), ended_at=ended_at,
    )  # fmt: skip


def test_investigation_runs_from_its_enqueueing_to_its_last_word():
    """Two of them are two; each came to what it said last."""
    journal = make_journal(
        ("investigation.enqueued", {"run_id": "run-1", "why": "alerts"}, 60),
        ("investigation.started", {}, 59),
        ("evidence.collected", {}, 55),
        ("incident.diagnosed", {}, 54),
        ("proposal.opened", {}, 50),
        ("investigation.enqueued", {"run_id": "run-2", "why": "asked by ada"}, 30),
        ("investigation.started", {}, 29),
    )

    first, second = list_runs(make_view(journal=journal))

    assert (first.id, first.why, first.outcome) == ("run-1", "alerts", "a plan is held")
    assert first.ended_at - first.began_at == timedelta(seconds=10)
    assert (second.id, second.outcome, second.ended_at) == ("run-2", "begun", None)


def test_entries_before_any_run_begin_none():
    """A diagnosis that was carried over from another incident is nobody's run here."""
    assert list_runs(make_view(journal=make_journal(("incident.diagnosed", {}, 60)))) == ()


def test_executions_are_runs_too():
    """In the order they began, under way or ended."""
    view = make_view(journal=make_journal(("investigation.enqueued", {"run_id": "run-1", "why": "alerts"}, 60)))
    goes_on = view.model_copy(update={"executions": (make_execution(view.plan, None),)})
    ended = view.model_copy(update={"executions": (make_execution(view.plan, story.NOW),)})

    assert [(run.flow, run.outcome) for run in list_runs(goes_on)] == [
        ("Investigation", "enqueued"),
        ("Execution", "under way"),
    ]
    assert list_runs(ended)[1].outcome == "unknown"
