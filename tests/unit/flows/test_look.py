"""A look at the world now: an investigation's gathering and diagnosis, with nothing written and nothing held."""

import json

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, answer_with
from tests.unit.flows.stage import NOON, WELL, make_alert, write_body

from fermata.domain.analysis import AnalysisOutcome
from fermata.domain.diagnosis import Verdict
from fermata.domain.entity import Entity
from fermata.flows.look import gather_context, look_at_alerts, read_alert_file
from fermata.integrations.webhook.source import PlainSource
from fermata.kit.errors import UserError


@pytest.fixture
def alert_file(tmp_path):
    """Give a file with the webhook about checkout."""
    file = tmp_path / "alert.json"
    file.write_bytes(write_body(make_alert()))
    return file


async def test_look_dry_runs_what_it_would_propose(stage, alert_file):
    """The diff is the target's own; the target is as before, and no incident was written."""
    before = stage.rehearsal.hand.read()

    look = await look_at_alerts(stage.context, read_alert_file(alert_file))

    assert look.diagnosed.diagnosis.verdict is Verdict.IDENTIFIED
    assert [step.draft.name for step in look.steps] == ["rehearsal.set_memory_limit"]
    assert look.denial == ""
    assert "134217728" in look.steps[0].draft.dry_run.diff
    assert stage.rehearsal.hand.read() == before
    assert await stage.house.readings.list_incidents(10) == []


async def test_step_that_cannot_be_dry_run_says_why(stage, alert_file, monkeypatch):
    """The diagnosis stands; the refusal is told beside the suggestion."""

    async def refuse(*_):
        raise UserError("checkout is frozen", why="somebody holds it")

    monkeypatch.setattr(stage.context.actions["rehearsal.set_memory_limit"], "dry_run", refuse)

    look = await look_at_alerts(stage.context, read_alert_file(alert_file))

    assert [(step.draft, step.refusal) for step in look.steps] == [(None, "checkout is frozen: somebody holds it")]


async def test_look_asks_the_policy_as_a_plan_would(build_stage, alert_file):
    """What no guardrail covers would not be held: the look says so instead of promising a hold."""
    look = await look_at_alerts(build_stage(policy={}).context, read_alert_file(alert_file))

    assert look.denial.endswith("rehearsal:process/checkout; the policy is empty")


async def test_each_collector_is_told_of(stage, alert_file):
    """Whoever waits sees who has answered."""
    told = []

    await look_at_alerts(stage.context, read_alert_file(alert_file), told.append)

    assert [progress.collector for progress in told] == [item.name for item in stage.context.collectors]
    assert all(progress.pieces and not progress.failure for progress in told)


async def test_context_of_a_service_is_gathered_without_an_alert(stage):
    """What is true about it now, however well it is."""
    stage.rehearsal.hand.write({"checkout": WELL})

    scope, gathering = await gather_context(stage.context, Entity(kind="service", name="checkout"))

    assert scope.alerts == ()
    assert {item.entity.name for item in gathering.evidence} == {"checkout"}


def test_alert_file_that_is_absent_or_no_alert_is_refused(tmp_path):
    """The reason is named, and what to give instead."""
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"title": "down"}))

    with pytest.raises(UserError, match="There is no file"):
        read_alert_file(tmp_path / "nothing.json")
    with pytest.raises(UserError, match="started_at"):
        read_alert_file(broken)


async def test_person_who_looks_is_told_a_models_opinion(build_stage, alert_file):
    """Who waits for the answer gets it, also where signatures know the cause; the plan stays theirs."""
    gateway = ScriptedGateway(answer_with("MemoryError"))
    stage = build_stage(models=gateway)

    look = await look_at_alerts(stage.context, read_alert_file(alert_file))

    assert look.diagnosed.diagnosis.analysis.outcome is AnalysisOutcome.ACCEPTED
    assert [item.tier for item in look.diagnosed.diagnosis.hypotheses][:2] == ["signatures", "acme/high"]
    assert [step.draft.name for step in look.steps] == ["rehearsal.set_memory_limit"]
    assert gateway.requests[0].incident_id is None


async def test_model_that_wants_to_see_more_is_shown_more(build_stage, alert_file):
    """A look asks the live systems again, as an investigation does."""
    open_answer = {"verdict": "undetermined", "hypotheses": [], "guilty_change": None, "checks": []}
    asked = open_answer | {"requests": [{"what": "logs", "of": "rehearsal:process/checkout"}]}
    gateway = ScriptedGateway(asked, open_answer | {"requests": []})
    stage = build_stage(models=gateway)

    await look_at_alerts(stage.context, read_alert_file(alert_file))

    assert "asked| logs of rehearsal:process/checkout" in gateway.requests[1].content


async def test_body_that_a_source_takes_in_is_looked_at(stage, tmp_path, monkeypatch):
    """What the serving Fermata would take in can be asked about, its secrets hidden; what no source reads cannot."""
    monkeypatch.setitem(stage.context.sources, "webhook", PlainSource())
    plain, notice, foreign = (tmp_path / f"{name}.json" for name in ("plain", "notice", "foreign"))
    plain.write_text('{"title": "down", "service": "checkout", "status": "down", "summary": "password=hunter2Sekret"}')
    notice.write_text('{"heartbeat": null, "monitor": null, "msg": "shop Testing"}')
    foreign.write_text('{"a": 1}')

    (alert,) = read_alert_file(plain, stage.context)

    assert (alert.name, alert.starts_at.date()) == ("down", NOON.date())
    assert "hunter2Sekret" not in alert.annotations["summary"]
    for file in (notice, foreign):
        with pytest.raises(UserError, match=r"webhook: \{\}"):
            read_alert_file(file, stage.context)
