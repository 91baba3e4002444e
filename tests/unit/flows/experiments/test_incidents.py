"""A rehearsal does not begin beside an incident, and ends where one begins that it was not to bring about."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.experiments.scene import ACTOR, DeadStore

from fermata.domain.entity import Entity
from fermata.domain.experiment import Phase, Verdict
from fermata.domain.held_experiment import ExperimentState
from fermata.domain.incident import IncidentState
from fermata.flows.experiments.incidents import check_incidents
from fermata.flows.experiments.running import run_experiment
from fermata.kit.errors import GuardRefused
from fermata.testing.records import make_incident

RUNNER = "elsewhere:1:aa"


async def begin_incident(bench, name="search", **changes):
    """Open an incident about a service now."""
    now = bench.flow.clock.now()
    values = {
        "entities": (Entity(kind="service", name=name),),
        "title": f"{name}: Down",
        "opened_at": now,
        "updated_at": now,
    }
    incident = make_incident(**({"started_at": now} | values | changes))
    await bench.write(lambda transaction: transaction.incidents.save(incident))
    return incident


async def run_beside(bench, name):
    """Run a rehearsal of two seconds under whose fault an incident begins."""
    made = bench.make(duration=timedelta(seconds=2))
    held = await bench.experiments.propose(made, ACTOR)
    held = (await bench.decide(held)).held
    opened = []

    async def on_phase(phase):
        if phase is Phase.FAULT:
            await asyncio.sleep(0.1)
            opened.append(await begin_incident(bench, name))

    return await run_experiment(bench.context, held.id, RUNNER, on_phase=on_phase)


async def test_experiment_is_not_started_beside_an_open_incident(bench):
    """The approval stays good for later, and it is said which incident it is."""
    held = await bench.approve()
    incident = await begin_incident(bench)

    with pytest.raises(GuardRefused, match=r"incident inc-1 is open .search: Down.") as refused:
        await run_experiment(bench.context, held.id, RUNNER)

    assert (refused.value.rule, bench.injector.injected) == ("open_incident", 0)
    assert await bench.state(held) is ExperimentState.APPROVED

    over = incident.model_copy(update={"state": IncidentState.RESOLVED, "resolved_at": incident.opened_at})
    await bench.write(lambda transaction: transaction.incidents.save(over))
    assert (await run_experiment(bench.context, held.id, RUNNER)).verdict is Verdict.CONTAINED


async def test_open_incident_is_not_lost_behind_a_thousand_that_nobody_ended(bench):
    """Alerts of a year whose source never said that they are over must not make a rehearsal blind for one of now."""
    long_ago = bench.flow.clock.now() - timedelta(days=30)
    left = [
        make_incident(f"inc-left-{number}", state=IncidentState.NEEDS_PERSON, updated_at=long_ago, opened_at=long_ago)
        for number in range(1000)
    ]

    def save(transaction):
        for incident in left:
            transaction.incidents.save(incident)

    await bench.write(save)
    await begin_incident(bench)

    finding = await check_incidents(bench.context, bench.make())

    assert (finding.ok, "incident inc-1 is open" in finding.text) == (False, True)


async def test_open_incident_is_a_condition_of_the_proposal(bench):
    """It is listed with the others, and not met either where it cannot be looked at."""
    await begin_incident(bench)

    with pytest.raises(GuardRefused, match=r"It cannot begin now\. open_incident: incident inc-1"):
        await bench.propose()

    lost = replace(bench.context, flow=replace(bench.flow, store=DeadStore()))
    finding = await check_incidents(lost, bench.make())
    assert not finding.ok
    assert "unknown: The store is gone" in finding.text


async def test_incident_elsewhere_ends_the_fault(bench):
    """Two troubles at once are one too many: the one that is ours goes."""
    result = await run_beside(bench, "search")

    assert result.aborted == "incident inc-1 is open (search: Down)"
    assert (result.verdict, bench.injector.active) == (Verdict.INCONCLUSIVE, False)


async def test_incident_at_what_was_to_be_hit_ends_nothing(bench):
    """A staging that alerts of what is broken in it can be rehearsed in."""
    result = await run_beside(bench, "payment")

    assert (result.aborted, result.verdict) == ("", Verdict.CONTAINED)
