"""What is told and kept of models that answer in vain or not in time: whoever reads has to know whom to look at."""

import asyncio

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, answer_with, make_attempt

from fermata.domain.model import AttemptOutcome
from fermata.engine import outcome
from fermata.kit.errors import StoreAway
from fermata.ports.model import ATTEMPTED
from fermata.store.findings import SqlFindingRows


@pytest.fixture
def investigate(build_stage):
    """Give a function that investigates with a script of answers; give the view and the gateway."""

    async def run(*steps, tried=(), **settings):
        gateway = ScriptedGateway(*steps, tried=tried)
        stage = build_stage(models=gateway, analysis=settings)
        return await stage.hold(), gateway

    return run


async def test_each_answer_is_noted_with_the_first_reason_why_it_did_not_stand(investigate):
    """To its provider a call with an invented quote went well: only we know better."""
    invented = answer_with("MemoryError", citations=[{"evidence": "E1", "lines": "1", "quote": "a disk that is full"}])
    _, gateway = await investigate(invented, answer_with("MemoryError"))

    assert gateway.faults == ["E1:1: the quoted words do not stand there: 'a disk that is full'", ""]


async def test_what_failed_before_the_deadline_is_told_and_counted(investigate):
    """A clock that ends the wait is not to blame: whoever reads has to look at the key that was refused."""

    async def fail_and_hang(request):
        failed = make_attempt(outcome=AttemptOutcome.RATE_LIMITED)
        ATTEMPTED.get().append(failed.model_copy(update={"key_label": "team", "error": "429: slow down"}))
        await asyncio.Event().wait()

    view, _ = await investigate(fail_and_hang, deadline_critical="50ms")

    analysis = view.diagnosis.analysis
    assert analysis.text == (
        "No model answered within 50ms (`analysis.deadline_critical`): "
        "acme/sage (rate_limited, key team: 429: slow down)."
    )
    assert (analysis.outcomes, str(analysis.cost_usd)) == ((AttemptOutcome.RATE_LIMITED,), "0.01")


async def test_deadline_behind_an_answer_that_was_refused_says_so(investigate):
    """An answer came, and did not stand: that is another fault than silence."""
    view, _ = await investigate(answer_with("MemoryError", cause="nonsense"), "hang", deadline_critical="1s")

    assert view.diagnosis.analysis.text.startswith("The model's answer was not accepted")
    assert "No answer was accepted within 1s (`analysis.deadline_critical`)." in view.diagnosis.analysis.refusals


async def test_first_reason_is_the_one_that_is_told_and_none_is_told_twice(investigate):
    """An invented quote brings reasons along that follow from it; asked again, a model makes the same mistakes."""
    quoted = [{"evidence": "E1", "lines": "1", "quote": "a disk that is full"}]
    invented = answer_with("MemoryError", citations=quoted, text="It needs 777 MiB.")
    view, _ = await investigate(invented, invented)

    analysis = view.diagnosis.analysis
    said = "acme/high: E1:1: the quoted words do not stand there: 'a disk that is full'"
    assert analysis.text == f"The model's answer was not accepted: {said} (and 1 more)."
    assert [reason.partition(": ")[2][:10] for reason in analysis.refusals] == ["E1:1: the ", "The number"]


async def test_refusal_of_a_provider_is_told_in_its_words(investigate):
    """A model that is gone and a filter are both refused, and ask for different things."""
    gone = make_attempt("acme/old", outcome=AttemptOutcome.REFUSED)
    gone = gone.model_copy(update={"error": "404: The model `old` does not exist."})
    view, _ = await investigate(answer_with("MemoryError"), tried=(gone,))

    assert "Asked in vain: acme/old (refused: 404: The model `old` does not exist)." in view.diagnosis.analysis.text


async def test_answer_that_cannot_be_kept_at_once_is_not_paid_for_again(build_stage, monkeypatch):
    """A store that takes small writes and no large one would have a model asked each second for two minutes."""
    monkeypatch.setattr(outcome, "_AGAIN_AFTER_S", 0.01)
    keep, refused = SqlFindingRows.save_diagnosis, []

    def keep_at_the_third_time(rows, incident_id, diagnosis):
        if diagnosis.analysis is not None and len(refused) < 2:
            refused.append(diagnosis)
            raise StoreAway("The store is full")
        keep(rows, incident_id, diagnosis)

    monkeypatch.setattr(SqlFindingRows, "save_diagnosis", keep_at_the_third_time)
    gateway = ScriptedGateway(answer_with("MemoryError"))

    view = await build_stage(models=gateway).hold()

    assert len(refused) == 2
    assert len(gateway.requests) == 1
    assert view.diagnosis.hypotheses[1].tier == "acme/high"
