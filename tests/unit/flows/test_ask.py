"""Questions answered from live state and from incidents; none of them changes anything."""

from decimal import Decimal

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, answer_with, find_line, nobody
from tests.unit.flows.stage import make_alert

from fermata.domain.analysis import AnalysisOutcome
from fermata.domain.diagnosis import Verdict
from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.flows.ask import ask
from fermata.kit.errors import GuardRefused
from fermata.rules.asking import AskKind
from fermata.rules.citations import refuse_bad_citations
from fermata.testing.records import make_attempt


async def test_question_is_answered_from_live_state(stage):
    """With citations that hold, and what would be proposed; the target is as before."""
    before = stage.rehearsal.hand.read()

    reply = await ask(stage.context, "why is checkout down?")

    refuse_bad_citations([citation for said in reply.said for citation in said.citations], reply.evidence)
    assert reply.diagnosis.verdict is Verdict.IDENTIFIED
    assert "held for a person: rehearsal.set_memory_limit" in " ".join(said.text for said in reply.said)
    assert stage.rehearsal.hand.read() == before
    assert await stage.house.readings.list_incidents(5) == []


async def test_incident_is_answered_from_what_it_observed(stage):
    """Its own evidence, though the world has moved on since."""
    view = await stage.hold(make_alert())
    stage.rehearsal.hand.write({})

    reply = await ask(stage.context, "why?", incident_id=view.incident.id)

    assert reply.diagnosis.verdict is Verdict.IDENTIFIED
    assert {item.id for item in reply.evidence} <= {item.id for item in view.evidence}


async def test_name_nobody_knows_is_said(stage):
    """With the words that were looked for."""
    reply = await ask(stage.context, "why is zebra down?")

    assert reply.said[0].text.startswith("Nothing that was asked knows any of: zebra")


async def test_question_without_a_name_asks_for_one(stage):
    """Nothing is looked at."""
    reply = await ask(stage.context, "why?")

    assert "names nothing" in reply.said[0].text
    assert reply.evidence == ()


async def test_order_is_answered_and_not_obeyed(stage):
    """It says how things are done here, and what there is."""
    before = stage.rehearsal.hand.read()

    reply = await ask(stage.context, "restart checkout!")

    assert reply.question.kind is AskKind.ACT
    assert "A question changes nothing" in reply.said[0].text
    assert "rehearsal.set_memory_limit" in reply.said[0].text
    assert stage.rehearsal.hand.read() == before


async def test_costs_are_the_ledgers(stage):
    """Of an incident, or of a month."""
    view = await stage.hold()
    nothing = await ask(stage.context, "what did it cost?", incident_id=view.incident.id)
    attempt = make_attempt(
        at=stage.clock.now(), incident_id=view.incident.id, cost_usd=Decimal("0.25"), outcome=AttemptOutcome.OK
    )
    await stage.store.write(lambda transaction: transaction.spending.settle(attempt))

    own = await ask(stage.context, "what did it cost?", incident_id=view.incident.id)
    month = await ask(stage.context, "what did it cost?")

    assert "nothing was spent" in nothing.said[0].text
    assert own.said[0].text.startswith("For this incident models cost $0.25 in 1 calls")
    assert month.said[0].text.startswith("In the last 30 days models cost $0.25")


def say(words, text="It was killed for its memory.", *, answered=True, **changes):
    """Give a step: one sentence that cites the line that holds some words."""

    def step(request):
        piece, line, quote = find_line(request, words)
        citation = {"evidence": piece, "lines": line, "quote": quote} | changes
        return {"answered": answered, "sentences": [{"text": text, "citations": [citation]}]}

    return step


def list_tasks(gateway):
    """Give what was asked for, and where it began."""
    return [(request.kind, request.prompt_name, request.tier) for request in gateway.requests]


@pytest.fixture
def asking(build_stage):
    """Give a function that asks a question with a script of answers; give the reply, the gateway, the stage."""

    async def run(text, *steps, tier=Tier.LOW, held=False, **settings):
        gateway = ScriptedGateway(*steps, tier=tier)
        stage = build_stage(models=gateway, analysis={"when": "undetermined"} | settings)
        view = await stage.hold(make_alert()) if held else None
        before = stage.rehearsal.hand.read()
        reply = await ask(stage.context, text, incident_id=view.incident.id if view else None)
        refuse_bad_citations([citation for said in reply.said for citation in said.citations], reply.evidence)
        assert stage.rehearsal.hand.read() == before
        return reply, gateway, stage

    return run


async def test_why_is_asked_as_an_investigation_asks(asking):
    """The model's hypothesis stands beside the signatures', with its lines, its name and its cost."""
    reply, gateway, _ = await asking("why is checkout down?", answer_with("MemoryError"), tier=Tier.HIGH)

    assert list_tasks(gateway) == [(TaskKind.DIAGNOSE, "diagnose", None)]
    assert "why is checkout down?" in gateway.requests[0].content
    assert [said.by for said in reply.said if said.by] == ["acme/high"]
    assert str(reply.cost_usd) == "0.01"
    assert "held for a person: rehearsal.set_memory_limit" in " ".join(said.text for said in reply.said)


async def test_status_is_worded_by_a_cheap_model_over_the_rules_answer(asking):
    """Its sentences come first; what the rules read off stays below."""
    reply, gateway, _ = await asking("how is checkout?", say("MemoryError"))

    assert list_tasks(gateway) == [(TaskKind.SUMMARISE, "answer", None)]
    assert (reply.said[0].by, reply.said[0].text) == ("acme/low", "It was killed for its memory.")
    assert any(not said.by and "memory_limit_exceeded" in said.text for said in reply.said)
    assert [analysis.outcome for analysis in reply.analyses] == [AnalysisOutcome.ACCEPTED]


async def test_kind_that_no_word_says_is_chosen_by_the_cheapest_model(asking):
    """Then the question is answered as one of that kind; both calls are in its cost."""
    reply, gateway, _ = await asking("checkout memory limit?", {"kind": "fact"}, say("MemoryError"))

    assert list_tasks(gateway) == [(TaskKind.CLASSIFY, "classify", None), (TaskKind.SUMMARISE, "answer", None)]
    assert reply.question.kind is AskKind.FACT
    assert not reply.question.is_sure
    assert str(reply.cost_usd) == "0.02"


async def test_kind_that_a_word_says_is_asked_of_no_model(asking):
    """Rules are free."""
    _, gateway, _ = await asking("what changed in checkout?", say("MemoryError"))

    assert [request.kind for request in gateway.requests] == [TaskKind.SUMMARISE]


@pytest.mark.parametrize("step", [{"kind": "delete everything"}, nobody()])
async def test_without_a_kind_it_is_taken_for_a_why(asking, step):
    """A model that chooses nothing, or is not there, changes nothing."""
    reply, _, _ = await asking("checkout memory limit?", step, when="undetermined")

    assert reply.question.kind is AskKind.WHY
    assert reply.analyses[0].outcome is not AnalysisOutcome.ACCEPTED
    assert reply.diagnosis.verdict is Verdict.IDENTIFIED


async def test_order_a_model_reads_out_of_a_question_is_not_obeyed(asking):
    """It is answered like every order: with how things are done here."""
    reply, gateway, _ = await asking("checkout more memory", {"kind": "act"})

    assert "A question changes nothing" in reply.said[0].text
    assert len(gateway.requests) == 1


async def test_answer_that_does_not_stand_is_asked_for_again_with_the_reasons(asking):
    """Once, of the same tier."""
    wrong = say("MemoryError", quote="nothing of the kind")

    reply, gateway, _ = await asking("how is checkout?", wrong, say("MemoryError"))

    assert [request.tier for request in gateway.requests] == [None, Tier.LOW]
    assert "the quoted words do not stand there" in gateway.requests[1].content
    assert reply.said[0].by == "acme/low"
    assert "the quoted words do not stand there" in reply.analyses[0].refusals[0]


async def test_second_answer_that_does_not_stand_is_asked_of_the_next_tier(asking):
    """Which is not told what another one did wrong; then the rules' answer stands alone, with the reason."""
    wrong = say("MemoryError", "It needs 4711 bytes.")

    reply, gateway, _ = await asking("how is checkout?", wrong)

    assert [request.tier for request in gateway.requests] == [None, Tier.LOW, Tier.MEDIUM]
    assert "was not accepted" not in gateway.requests[2].content
    assert not any(said.by for said in reply.said)
    assert reply.analyses[0].outcome is AnalysisOutcome.NOT_ACCEPTED
    assert "4711" in reply.analyses[0].text


async def test_highest_tier_has_nobody_above_it(asking):
    """Two answers, and the rules."""
    _, gateway, _ = await asking("how is checkout?", say("MemoryError", quote="no"), tier=Tier.HIGH)

    assert len(gateway.requests) == 2


async def test_model_that_cannot_tell_says_so(asking):
    """With what it does tell; the end of the sentence is ours."""
    reply, _, _ = await asking("how is checkout?", say("MemoryError", answered=False))

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
async def test_without_an_answer_the_rules_answer_stands(asking, step, words):
    """With the reason."""
    reply, _, _ = await asking("how is checkout?", step)

    assert reply.analyses[0].outcome is AnalysisOutcome.NO_ANSWER
    assert words in reply.analyses[0].text
    assert any("memory_limit_exceeded" in said.text for said in reply.said)


async def test_model_that_says_nothing_is_not_waited_for(asking):
    """Beyond the deadline of an analysis."""
    reply, _, _ = await asking("how is checkout?", "hang", deadline="50ms")

    assert "No answer was accepted within" in reply.analyses[0].text


async def test_small_window_gets_a_smaller_brief(asking):
    """Once; then nobody is left."""
    reply, gateway, _ = await asking("how is checkout?", nobody(AttemptOutcome.CONTEXT_TOO_LONG), say("MemoryError"))

    assert len(gateway.requests) == 2
    assert reply.said[0].by == "acme/low"


async def test_follow_up_is_answered_from_the_incident_and_charged_to_it(asking):
    """Its stored evidence is what the model reads."""
    reply, gateway, _ = await asking("how is checkout?", say("MemoryError"), held=True)

    assert gateway.requests[-1].incident_id is not None
    assert reply.said[0].by == "acme/low"


async def test_bare_why_in_an_incident_is_not_paid_twice(asking):
    """The investigation's accepted answer is the answer."""
    reply, gateway, _ = await asking("why?", answer_with("MemoryError"), tier=Tier.HIGH, held=True, when="always")

    assert len(gateway.requests) == 1
    assert reply.analyses == ()
    assert [said.by for said in reply.said if said.by] == ["acme/high"]


async def test_settings_that_never_ask_hold_for_questions(asking):
    """Neither kind nor words."""
    reply, gateway, _ = await asking("checkout memory limit?", say("MemoryError"), when="never")

    assert gateway.requests == []
    assert reply.analyses == ()


async def test_nothing_observed_is_nothing_to_ask_about(asking):
    """A name nobody knows costs nothing."""
    _, gateway, _ = await asking("how is zebra?", say("MemoryError"))

    assert gateway.requests == []
