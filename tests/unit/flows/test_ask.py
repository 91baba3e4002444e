"""Questions answered from live state and from incidents; none of them changes anything."""

from decimal import Decimal

from tests.unit.flows.stage import make_alert

from fermata.domain.diagnosis import Verdict
from fermata.domain.model import AttemptOutcome
from fermata.flows.ask import ask
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
