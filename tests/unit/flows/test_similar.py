"""Earlier incidents are read from the rows, with why they are alike and how they ended."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.execution import StepResult
from fermata.domain.experiment import FaultTarget
from fermata.domain.held_experiment import ExperimentState
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.person import FERMATA
from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.flows.similar import (
    _read_past,
    find_earlier,
    find_recurring,
    list_remembered,
    remember_earlier,
    tell_earlier,
)
from fermata.kit.errors import NotFoundError
from fermata.testing.experiments import make_experiment, make_held
from fermata.testing.records import (
    CHECKOUT,
    make_alert,
    make_diagnosis,
    make_evidence,
    make_execution,
    make_incident,
    make_verification,
)


async def keep(stage, name, *, hours, cause=True, **changes):
    """Keep an incident that began hours before noon."""
    alert = make_alert(f"Alert{name}", starts_at=NOON - timedelta(hours=hours))
    incident = make_incident(name, alert, started_at=NOON - timedelta(hours=hours), **changes)
    evidence = make_evidence(name)

    def write(transaction):
        transaction.alerts.record(alert)
        transaction.incidents.save(incident)
        if cause:
            transaction.findings.save_diagnosis(IncidentId(name), make_diagnosis(evidence))

    await stage.house.store.write(write)


async def test_earlier_incident_of_the_same_cause_is_found_with_how_it_ended(stage):
    """What was done then, and whether it helped, is what a person wants to know now."""
    await keep(stage, "inc-old", hours=50)
    result = ActionResult(outcome=Outcome.DONE, detail="done", at=NOON)
    step = StepResult(action_id="pl-1/1", action_name="supervisor.restart", target=CHECKOUT, result=result)
    execution = make_execution(incident_id="inc-old", steps=(step,))
    await stage.house.store.write(
        lambda transaction: (
            transaction.ledger.save_execution(execution),
            transaction.ledger.save_verification(make_verification(execution.id)),
        )
    )
    await keep(stage, "inc-now", hours=1)

    history = await find_earlier(stage.house.context, IncidentId("inc-now"))

    assert [item.past.id for item in history.similar] == ["inc-old"]
    assert history.compared == 1
    assert "the same cause at the same place" in history.similar[0].why[0]
    assert history.similar[0].past.ended == f"supervisor.restart on {CHECKOUT.ref}: it helped"


async def test_later_and_merged_incidents_are_not_earlier_ones(stage):
    """What began afterwards could not have been learnt from; a merged one is told by the other."""
    await keep(stage, "inc-later", hours=0)
    await keep(stage, "inc-gone", hours=9, state=IncidentState.MERGED, merged_into="inc-now")
    await keep(stage, "inc-now", hours=1)

    history = await find_earlier(stage.house.context, IncidentId("inc-now"))

    assert (history.similar, history.compared) == ((), 0)


async def test_incident_nobody_acted_on_ended_in_its_state(stage):
    """Without an execution its state is all that is known."""
    await keep(stage, "inc-old", hours=50, state=IncidentState.NEEDS_PERSON)
    await keep(stage, "inc-now", hours=1)

    history = await find_earlier(stage.house.context, IncidentId("inc-now"))

    assert history.similar[0].past.ended == "needs person"


async def test_unknown_incident_is_an_error(stage):
    """A typing error must not read as "nothing alike"."""
    with pytest.raises(NotFoundError):
        await find_earlier(stage.house.context, IncidentId("inc-none"))


async def test_factor_found_in_two_incidents_recurs(stage):
    """An incident without a diagnosis counts as read, and for no factor."""
    await keep(stage, "inc-a", hours=50)
    await keep(stage, "inc-b", hours=20)
    await keep(stage, "inc-c", hours=2, cause=False)

    found, read = await find_recurring(stage.house.context)

    assert read == 3
    assert [[past.id for past in item.pasts] for item in found] == [["inc-a", "inc-b"]]


async def test_card_of_a_repeat_says_what_ended_it_the_last_time(stage):
    """Whoever is woken by it wants to know that before anything else."""
    await keep(stage, "inc-old", hours=50, state=IncidentState.NEEDS_PERSON)

    await stage.hold()

    card = (await stage.house.readings.list_pending())[0]
    shown = (await stage.house.readings.show(card.incident.id)).card
    section = next(section for section in shown.sections if section.heading == "Seen before")
    assert section.detail
    assert "the same cause at the same place, memory_limit_exceeded of checkout" in section.paragraphs[0]
    assert section.paragraphs[0].endswith("Not over by then: needs person.")


async def test_card_says_what_a_rehearsal_of_the_place_showed(stage):
    """Somebody broke the calls to it on purpose once, and saw what became of the journeys."""
    target = FaultTarget(system="faultproxy", service="web", callee="checkout", address="127.0.0.1:8474")
    held = make_held(experiment=make_experiment(target=target), state=ExperimentState.DONE, verdict="collapsed")
    await stage.house.store.write(lambda transaction: transaction.experiments.add(held))

    view = await stage.hold()

    (section,) = (section for section in view.card.sections if section.heading == "Seen before")
    assert section.paragraphs == (
        f"{held.proposed_at:%Y-%m-%d} rehearsed latency at web->checkout ({held.id}): collapsed.",
    )


async def test_card_says_that_a_rehearsal_went_on_when_it_began(stage):
    """Wherever its fault was: whoever is woken must know, also where a plan is held, and so must its post-mortem."""
    target = FaultTarget(system="faultproxy", service="mail", callee="relay", address="127.0.0.1:8474")
    started = stage.clock.now() - timedelta(minutes=2)
    held = make_held(
        experiment=make_experiment(target=target), state=ExperimentState.RUNNING, started_at=started, handle="fault"
    )
    await stage.house.store.write(lambda transaction: transaction.experiments.add(held))

    view = await stage.hold()

    (section,) = (section for section in view.card.sections if section.heading == "Beside a rehearsal")
    assert not section.detail
    assert f"{held.id} broke mail->relay" in section.paragraphs[0]
    kept = await generate_postmortem(stage.house.context, view.incident.id, FERMATA)
    assert f"This began beside a rehearsal: `{held.id}` broke" in kept.postmortem.text


async def test_only_one_that_is_over_is_said_to_have_ended(stage):
    """A storm's incidents are alike and all go on: none of them teaches what ended another."""
    await keep(stage, "inc-over", hours=50, state=IncidentState.RESOLVED, resolved_at=NOON)
    await keep(stage, "inc-live", hours=2, state=IncidentState.HELD)
    await keep(stage, "inc-now", hours=1)

    texts = {text.partition("(")[2][:8]: text for text in await tell_earlier(stage.house.context, "inc-now")}

    assert texts["inc-over"].endswith("It ended: resolved.")
    assert texts["inc-live"].endswith("Not over by then: held.")


async def test_card_of_the_first_incident_says_nothing_of_earlier_ones(stage):
    """An empty section would only take room."""
    await stage.hold()

    pending = (await stage.house.readings.list_pending())[0]
    shown = (await stage.house.readings.show(pending.incident.id)).card
    assert "Seen before" not in [section.heading for section in shown.sections]


async def test_what_no_longer_holds_is_forgotten(stage):
    """A look that finds nothing alike takes the older words off the card."""

    def read(transaction):
        remember_earlier(transaction, IncidentId("inc-1"), ("one",))
        before = list_remembered(transaction, IncidentId("inc-1"))
        remember_earlier(transaction, IncidentId("inc-1"), ())
        return before, list_remembered(transaction, IncidentId("inc-1"))

    assert await stage.house.store.write(read) == (("one",), ())


async def test_earlier_incidents_that_cannot_be_read_cost_only_their_words(stage):
    """The alert has to reach people whatever is broken beside it."""
    assert await tell_earlier(stage.house.context, IncidentId("inc-none")) == ()


async def test_our_own_words_make_no_two_incidents_alike(stage):
    """A hypothesis is told in the words of its rule: what it cites is what was seen."""
    await keep(stage, "inc-now", hours=1)

    past = (await stage.house.store.read(lambda transaction: _read_past(transaction, get(transaction, "inc-now")))).text

    assert make_diagnosis(make_evidence("inc-now")).leading.text not in past
    assert make_diagnosis(make_evidence("inc-now")).leading.citations[0].quote in past


def get(transaction, name):
    """Return a kept incident."""
    return transaction.incidents.get(IncidentId(name))
