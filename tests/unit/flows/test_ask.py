"""Questions answered from live state and from incidents; none of them changes anything."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from tests.unit.flows.question_scene import list_tasks, put, say
from tests.unit.flows.scripted_gateway import answer_with
from tests.unit.flows.stage import NOON, make_alert
from tests.unit.flows.test_costs import spend

from fermata.domain.analysis import AnalysisOutcome
from fermata.domain.diagnosis import Verdict
from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.flows.ask import ask
from fermata.kit.errors import OperationalError, UserError
from fermata.rules.asking import AskKind
from fermata.rules.citations import refuse_bad_citations
from fermata.testing.gateways import ScriptedGateway
from fermata.testing.records import make_attempt


class Deaf:
    """A collector that cannot answer, and remembers what it was asked."""

    name = "deaf"

    def __init__(self):
        self.scopes = []

    def wants(self, scope):
        """Take every scope."""
        return bool(scope)

    async def collect(self, scope):
        """Fail as an unreachable system does."""
        self.scopes.append(scope)
        raise OperationalError("it does not answer")


async def test_question_is_answered_from_live_state(stage):
    """With citations that hold, and what would be proposed; the target is as before."""
    before = stage.rehearsal.hand.read()

    reply = await ask(stage.context, "why is checkout down?")

    refuse_bad_citations([citation for said in reply.said for citation in said.citations], reply.evidence)
    assert reply.diagnosis.verdict is Verdict.IDENTIFIED
    assert "held for a person: rehearsal.set_memory_limit" in " ".join(said.text for said in reply.said)
    assert stage.rehearsal.hand.read() == before
    assert await stage.house.readings.list_incidents(5) == []


async def test_question_in_german_is_answered_and_told_once_that_answers_are_english(stage):
    """Rules read its kind and its names; nothing is translated."""
    reply = await ask(stage.context, "warum ist checkout kaputt?")

    assert reply.diagnosis.verdict is Verdict.IDENTIFIED
    assert [said.text for said in reply.said if "English" in said.text] == [reply.said[-1].text]


async def test_incident_is_answered_from_what_it_observed(stage):
    """Its own evidence, though the world has moved on since."""
    view = await stage.hold(make_alert())
    stage.rehearsal.hand.write({})

    reply = await ask(stage.context, "why?", incident_id=view.incident.id)

    assert reply.diagnosis.verdict is Verdict.IDENTIFIED
    assert {item.id for item in reply.evidence} <= {item.id for item in view.evidence}


async def test_answer_from_an_older_look_says_how_old_it_is(stage):
    """Nothing is looked at for a follow-up: what stopped since would be told to run."""
    view = await stage.hold(make_alert())
    stage.clock.advance(timedelta(minutes=3))

    reply = await ask(stage.context, "why?", incident_id=view.incident.id)

    assert reply.said[0].text.startswith("As it was looked at 3m")


async def test_incident_that_is_over_is_answered_as_such(stage):
    """What was observed while it went on must not read as if it were so now."""
    view = await stage.hold(make_alert())
    await stage.approve(view)
    await stage.resolve()

    reply = await ask(stage.context, "why?", incident_id=view.incident.id)

    assert reply.said[0].text.startswith("The incident is over since ")
    assert "execution verified" in reply.said[1].text
    assert len(reply.said) > 2


async def test_name_nobody_knows_is_said(stage):
    """With the words that were looked for."""
    reply = await ask(stage.context, "why is zebra down?")

    assert reply.said[0].text.startswith("Nothing that was asked knows any of: zebra")


async def test_nothing_configured_is_refused(stage):
    """Nobody was asked, so nobody can have known nothing."""
    context = replace(stage.context, collectors=())

    with pytest.raises(UserError, match="There is nothing to ask"):
        await ask(context, "why is checkout down?")


async def test_models_are_told_of_where_no_system_is(stage):
    """The ledger knows how they did, whatever is configured."""
    reply = await ask(replace(stage.context, collectors=()), "why did the model fail?")

    assert [said.text for said in reply.said] == ["Fermata itself has asked no model in the last 7 days."]


async def test_nobody_who_answered_is_told_from_nobody_who_knows(stage):
    """A system that cannot be reached says nothing of what there is."""
    context = replace(stage.context, collectors=(Deaf(),))

    reply = await ask(context, "why is checkout down?")

    assert reply.said[0].text.startswith("Nobody could be asked: no configured system answered")
    assert reply.missing == ("deaf: it does not answer",)


@pytest.mark.parametrize(
    ("question", "begin"),
    [
        ("what changed in checkout in the last 10 minutes", timedelta(minutes=10)),
        ("why was checkout slow 2 hours ago", timedelta(hours=3)),
        ("why was checkout slow before yesterday", None),
        ("how is checkout since 2 hours ago", timedelta(hours=1)),
        ("why is checkout slow", timedelta(hours=1)),
    ],
)
async def test_time_of_a_question_is_where_it_looks(stage, question, begin):
    """Causes come before what began then, changes after; how something is, it is now."""
    listener = Deaf()
    now = stage.context.clock.now()

    await ask(replace(stage.context, collectors=(listener,)), question)

    (scope,) = listener.scopes
    yesterday = datetime.combine(now.date(), time(), UTC) - timedelta(days=1)
    expected = now - begin if begin is not None else yesterday - timedelta(hours=1)
    assert abs(scope.window_start - expected) < timedelta(minutes=1)
    assert scope.window_end >= now


async def test_time_to_come_is_asked_back(stage):
    """Nothing is looked at."""
    tomorrow = stage.context.clock.now() + timedelta(days=1)

    reply = await ask(stage.context, f"what changed in checkout since {tomorrow:%Y-%m-%dT%H:%M}?")

    assert "is still to come" in reply.said[0].text
    assert reply.evidence == ()


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
    assert own.said[0].text.startswith("For this incident models cost $0.25 in 1 call.")
    assert month.said[0].text.startswith("In the last 30 days models cost $0.25")


async def test_why_is_asked_as_an_investigation_asks(build_stage):
    """The model's hypothesis stands beside the signatures', with its lines, its name and its cost."""
    reply, gateway = await put(build_stage, "why is checkout down?", answer_with("MemoryError"), tier=Tier.HIGH)

    assert list_tasks(gateway) == [(TaskKind.DIAGNOSE, "diagnose", None)]
    assert "why is checkout down?" in gateway.requests[0].content
    assert [said.by for said in reply.said if said.by] == ["acme/high"]
    assert str(reply.cost_usd) == "0.01"
    assert "held for a person: rehearsal.set_memory_limit" in " ".join(said.text for said in reply.said)


async def test_status_is_worded_by_a_cheap_model_over_the_rules_answer(build_stage):
    """Its sentences come first; what the rules read off stays below."""
    reply, gateway = await put(build_stage, "how is checkout?", say("MemoryError"))

    assert list_tasks(gateway) == [(TaskKind.SUMMARISE, "answer", None)]
    assert (reply.said[0].by, reply.said[0].text) == ("acme/low", "It was killed for its memory.")
    assert any(not said.by and "memory_limit_exceeded" in said.text for said in reply.said)
    assert [analysis.outcome for analysis in reply.analyses] == [AnalysisOutcome.ACCEPTED]


async def test_kind_that_a_word_says_is_asked_of_no_model(build_stage):
    """Rules are free."""
    _, gateway = await put(build_stage, "what changed in checkout?", say("MemoryError"))

    assert [request.kind for request in gateway.requests] == [TaskKind.SUMMARISE]


async def test_order_a_model_reads_out_of_a_question_is_not_obeyed(build_stage):
    """It is answered like every order: with how things are done here."""
    reply, gateway = await put(build_stage, "checkout more memory", {"kind": "act"})

    assert "A question changes nothing" in reply.said[0].text
    assert len(gateway.requests) == 1


async def test_follow_up_is_answered_from_the_incident_and_charged_to_it(build_stage):
    """Its stored evidence is what the model reads."""
    reply, gateway = await put(build_stage, "how is checkout?", say("MemoryError"), held=True)

    assert gateway.requests[-1].incident_id is not None
    assert reply.said[0].by == "acme/low"


async def test_bare_why_in_an_incident_is_not_paid_twice(build_stage):
    """The investigation's accepted answer is the answer."""
    reply, gateway = await put(
        build_stage, "why?", answer_with("MemoryError"), tier=Tier.HIGH, held=True, when="always"
    )

    assert len(gateway.requests) == 1
    assert reply.analyses == ()
    assert [said.by for said in reply.said if said.by] == ["acme/high"]


async def test_model_may_ask_to_see_more_of_live_state(build_stage):
    """Read-only, and once more at once; then it answers."""
    more = {"what": "state", "of": "checkout"}
    undecided = {"verdict": "undetermined", "hypotheses": [], "guilty_change": None, "checks": [], "requests": [more]}

    _, gateway = await put(build_stage, "why is checkout down?", undecided, answer_with("MemoryError"), tier=Tier.HIGH)

    assert "what you asked for" in gateway.requests[1].content


async def test_nothing_observed_is_nothing_to_ask_about(build_stage):
    """A name nobody knows costs nothing."""
    _, gateway = await put(build_stage, "how is zebra?", say("MemoryError"))

    assert gateway.requests == []


async def test_who_decided_is_told_by_the_journal(stage):
    """Of one incident; without one the question is about the world."""
    view = await stage.hold()
    await stage.approve(view)

    told = await ask(stage.context, "who approved it?", incident_id=view.incident.id)
    world = await ask(stage.context, "when did checkout begin?")

    assert [said.text for said in told.said if "alice (console)" in said.text]
    assert world.question.kind is AskKind.FACT
    assert world.evidence


@pytest.mark.parametrize("text", ["why did the model fail?", "are we rate limited by openai?"])
async def test_question_about_models_is_answered_from_the_ledger(stage, text):
    """No collector knows of our own run: what failed, and in whose words, the ledger tells."""
    nothing = await ask(stage.context, text)
    spend(stage, "a", "0", outcome=AttemptOutcome.RATE_LIMITED, error="429: slow down", at=NOON)

    reply = await ask(stage.context, text)

    assert nothing.said[-1].text == "Fermata itself has asked no model in the last 7 days."
    assert "to blame: limit 1" in reply.said[-1].text
    assert "429: slow down" in reply.said[-1].text


async def test_question_about_a_service_nobody_knows_tells_nothing_of_models(stage):
    """Only words for models, or a target's name, ask about them."""
    spend(stage, "a", "0.10")

    assert len((await ask(stage.context, "why is cashier slow?")).said) == 1


async def test_question_about_the_budget_is_told_what_is_left(stage):
    """Where a budget is used up no call was made, so no row says so."""
    spend(stage, "a", "4.99")
    asking = replace(stage.context, models=ScriptedGateway())
    left = ["Left of the day: $0.01 of $5.00 until 2026-11-24 00:00 UTC.",
            "Left of the month: $45.01 of $50.00 until 2026-12-01 00:00 UTC."]  # fmt: skip

    for text in ("is the budget used up?", "why was no model asked?"):
        assert [said.text for said in (await ask(asking, text)).said][-2:] == left
    assert "Left" not in (await ask(stage.context, "is the budget used up?")).said[-1].text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("what did the models cost today?", "Since 2026-11-23T00:00:00.000Z"),
        ("what did models cost before 11:00?", "Until 2026-11-23T11:00:00.000Z"),
    ],
)
async def test_costs_are_of_the_time_that_was_asked_about(stage, text, told):
    """A sum over a month is no answer to a question about a day."""
    spend(stage, "a", "0.10", at=NOON - timedelta(days=1))
    spend(stage, "b", "0.30", at=NOON - timedelta(minutes=1), outcome=AttemptOutcome.BAD_ANSWER)

    (said,) = (await ask(stage.context, text)).said

    assert said.text.startswith(told)
    assert ("$0.30 in 1 call, 1 of which failed" in said.text) is ("today" in text)
