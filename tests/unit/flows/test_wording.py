"""Questions put to models: the kind is chosen, the words are checked, and the rules' answer outlives both."""

import pytest
from tests.unit.flows.question_scene import list_tasks, put, say
from tests.unit.flows.scripted_gateway import nobody

from fermata.domain.analysis import AnalysisOutcome
from fermata.domain.diagnosis import Verdict
from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.kit.errors import GuardRefused
from fermata.rules.asking import AskKind


async def test_kind_that_no_word_says_is_chosen_by_the_cheapest_model(build_stage):
    """Then the question is answered as one of that kind; both calls are in its cost."""
    reply, gateway = await put(build_stage, "checkout memory limit?", {"kind": "fact"}, say("MemoryError"))

    assert list_tasks(gateway) == [(TaskKind.CLASSIFY, "classify", None), (TaskKind.SUMMARISE, "answer", None)]
    assert reply.question.kind is AskKind.FACT
    assert not reply.question.is_sure
    assert str(reply.cost_usd) == "0.02"


@pytest.mark.parametrize("step", [{"kind": "delete everything"}, nobody()])
async def test_without_a_kind_it_is_taken_for_a_why(build_stage, step):
    """A model that chooses nothing, or is not there, changes nothing."""
    reply, _ = await put(build_stage, "checkout memory limit?", step, when="undetermined")

    assert reply.question.kind is AskKind.WHY
    assert reply.analyses[0].outcome is not AnalysisOutcome.ACCEPTED
    assert reply.diagnosis.verdict is Verdict.IDENTIFIED


async def test_answer_that_does_not_stand_is_asked_for_again_with_the_reasons(build_stage):
    """Once, of the same tier."""
    wrong = say("MemoryError", quote="nothing of the kind")

    reply, gateway = await put(build_stage, "how is checkout?", wrong, say("MemoryError"))

    assert [request.tier for request in gateway.requests] == [None, Tier.LOW]
    assert "the quoted words do not stand there" in gateway.requests[1].content
    assert reply.said[0].by == "acme/low"
    assert "the quoted words do not stand there" in reply.analyses[0].refusals[0]


async def test_second_answer_that_does_not_stand_is_asked_of_the_next_tier(build_stage):
    """Which is not told what another one did wrong; then the rules' answer stands alone, with the reason."""
    wrong = say("MemoryError", "It needs 4711 bytes.")

    reply, gateway = await put(build_stage, "how is checkout?", wrong)

    assert [request.tier for request in gateway.requests] == [None, Tier.LOW, Tier.MEDIUM]
    assert "was not accepted" not in gateway.requests[2].content
    assert not any(said.by for said in reply.said)
    assert reply.analyses[0].outcome is AnalysisOutcome.NOT_ACCEPTED
    assert "4711" in reply.analyses[0].text


async def test_highest_tier_has_nobody_above_it(build_stage):
    """Two answers, and the rules."""
    _, gateway = await put(build_stage, "how is checkout?", say("MemoryError", quote="no"), tier=Tier.HIGH)

    assert len(gateway.requests) == 2


async def test_model_that_cannot_tell_says_so(build_stage):
    """With what it does tell; the end of the sentence is ours."""
    reply, _ = await put(build_stage, "how is checkout?", say("MemoryError", answered=False))

    assert [said.text for said in reply.said if said.by] == [
        "It was killed for its memory.",
        "What was observed does not answer this wholly.",
    ]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (nobody(), "No model answered: acme/sage is unreachable"),
        (GuardRefused("budget", "The budget of the day is used up"), "No model was asked: The budget of the day"),
        (ZeroDivisionError(), "Asking a model failed: it crashed"),
    ],
)
async def test_without_an_answer_the_rules_answer_stands(build_stage, step, words):
    """With the reason."""
    reply, _ = await put(build_stage, "how is checkout?", step)

    assert reply.analyses[0].outcome is AnalysisOutcome.NO_ANSWER
    assert words in reply.analyses[0].text
    assert any("memory_limit_exceeded" in said.text for said in reply.said)


async def test_model_that_says_nothing_is_not_waited_for(build_stage):
    """Beyond the deadline of an analysis."""
    reply, _ = await put(build_stage, "how is checkout?", "hang", deadline="50ms")

    assert "No model answered within" in reply.analyses[0].text


async def test_who_answers_is_shown_no_action(build_stage):
    """An answer proposes nothing, so that the catalogue would only cost."""
    _, gateway = await put(build_stage, "how is checkout?", say("MemoryError"))

    assert "MemoryError" in gateway.requests[0].content
    assert "## actions" not in gateway.requests[0].content
    assert "## targets" not in gateway.requests[0].content


async def test_small_window_gets_a_smaller_brief(build_stage):
    """Once; then nobody is left."""
    reply, gateway = await put(
        build_stage, "how is checkout?", nobody(AttemptOutcome.CONTEXT_TOO_LONG), say("MemoryError")
    )

    assert len(gateway.requests) == 2
    assert reply.said[0].by == "acme/low"


async def test_settings_that_never_ask_hold_for_questions(build_stage):
    """Neither kind nor words."""
    reply, gateway = await put(build_stage, "checkout memory limit?", say("MemoryError"), when="never")

    assert gateway.requests == []
    assert reply.analyses == ()
