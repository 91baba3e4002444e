"""What was taken back never begins, and a stop says what there was to stop."""

import os
import socket
from datetime import time, timedelta

import pytest
from tests.unit.flows.experiments.scene import ACTOR

from fermata.domain.held_experiment import ExperimentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.proposal import Ruling
from fermata.flows.experiments.keeping import ExperimentKeeper
from fermata.flows.experiments.lease import take_lease
from fermata.flows.experiments.preflight import refuse_withdrawn
from fermata.flows.experiments.running import run_experiment
from fermata.flows.experiments.stopping import ask_to_stop, find_request, name_flag
from fermata.kit.errors import GuardRefused
from fermata.rules.slots import Slot

DEAD = f"{socket.gethostname()}:{2**22 + 1}:aa"
"""A process that cannot be: above the largest id that Linux gives."""


@pytest.fixture
async def standing(bench):
    """Give a standing approval of last week whose slot is open."""
    now = bench.flow.clock.now()
    began = now - timedelta(minutes=1)
    begins = time(began.hour, began.minute, began.second)
    bench.context = bench.build(slot=Slot(weekday=began.weekday(), begins=begins, lasts=timedelta(hours=2)))
    held = await bench.approve(scheduled_until=(now + timedelta(days=30)).date())
    week_ago = held.model_copy(update={"proposed_at": now - timedelta(days=7)})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(held.state, week_ago))
    return week_ago


async def add_run(bench, standing, **changes):
    """Add this week's run of a standing approval."""
    run = standing.model_copy(update={"id": f"{standing.id}-20261126", **changes})
    await bench.write(lambda transaction: transaction.experiments.add(run))
    return run


async def serve(bench):
    """Let a serving process look twice, and carry out what it took up."""
    keeper = ExperimentKeeper(bench.context)
    for _ in range(2):
        await keeper.look()
        if keeper._run is not None:
            await keeper._run
    await keeper.stop()


async def test_standing_approval_that_was_rejected_never_runs(bench, standing):
    """In no slot; the row says who took it back."""
    word = await bench.decide(standing, Ruling.REJECT, reason="not in December")
    await serve(bench)

    assert word.text == "Withdrawn by dana: not in December. It does not run any more."
    assert (await bench.state(standing), bench.injector.injected) == (ExperimentState.REFUSED, 0)
    assert len(await bench.experiments.list_recent()) == 1
    assert (await bench.list_kinds())[-1] == "experiment.withdrawn"


async def test_standing_approval_that_was_stopped_never_runs(bench, standing):
    """The words say that it is withdrawn, and it is."""
    stopped = await bench.experiments.stop(standing.id, ACTOR, "lunch")
    await serve(bench)

    assert stopped.text == f"Withdrawn: {standing.id} does not run any more."
    assert (await bench.show(standing)).held.reason == "stopped by dana: lunch"
    assert bench.injector.injected == 0
    assert list(bench.context.folder.iterdir()) == []


async def test_standing_approval_that_a_file_stops_injects_nothing(bench, standing):
    """The store was gone when somebody stopped it: its runs are met by the file."""
    ask_to_stop(bench.context.folder, standing.id, ACTOR, "lunch")

    await serve(bench)

    assert bench.injector.injected == 0
    assert find_request(bench.context.folder, standing.id) == "stopped by dana: lunch"


@pytest.mark.parametrize("how", ["reject", "stop"])
async def test_run_that_waits_is_withdrawn_with_its_standing_approval(bench, standing, how):
    """It was added already, and has not begun."""
    run = await add_run(bench, standing)

    await (bench.decide(standing, Ruling.REJECT) if how == "reject" else bench.experiments.stop(standing.id, ACTOR))
    await serve(bench)

    assert (await bench.state(run), bench.injector.injected) == (ExperimentState.REFUSED, 0)


@pytest.mark.parametrize("how", ["reject", "stop"])
async def test_run_that_goes_on_is_told_to_stop_with_its_standing_approval(bench, standing, how):
    """Whoever runs it hears of it through the store."""
    run = await add_run(bench, standing, state=ExperimentState.RUNNING)

    if how == "reject":
        assert f"{run.id} runs, and is told to stop." in (await bench.decide(standing, Ruling.REJECT)).text
    else:
        assert (await bench.experiments.stop(standing.id, ACTOR)).awaited == (run.id,)

    flag = await bench.store.read(lambda transaction: transaction.flags.find(name_flag(run.id)))
    assert flag["words"].startswith("Withdrawn by dana" if how == "reject" else "stopped by dana")


async def test_run_whose_standing_approval_is_gone_is_refused_at_its_start(bench, standing):
    """Whatever its own row says: the last look is in the transaction that starts it."""
    run = await add_run(bench, standing)
    closed = standing.model_copy(update={"state": ExperimentState.REFUSED})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(standing.state, closed))

    with pytest.raises(GuardRefused, match="The standing approval exp-1 is refused"):
        await run_experiment(bench.context, run.id, "elsewhere:1:aa")

    assert bench.injector.injected == 0


async def test_journal_keeps_what_was_withdrawn_from_running(bench, standing):
    """A row that was made approved again by hand is not."""
    await bench.decide(standing, Ruling.REJECT)
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(ExperimentState.REFUSED, standing))
    run = await add_run(bench, standing)

    with pytest.raises(GuardRefused, match="dana has withdrawn it"):
        await run_experiment(bench.context, run.id, "elsewhere:1:aa")


async def test_run_of_one_week_is_withdrawn_alone(bench, standing):
    """The standing approval is good for the next slot."""
    run = await add_run(bench, standing)
    following = await add_run(bench, standing, id=f"{standing.id}-20261203")

    await bench.decide(run, Ruling.REJECT)
    await run_experiment(bench.context, following.id, "elsewhere:1:aa")

    assert await bench.state(standing) is ExperimentState.APPROVED
    assert (await bench.state(run), bench.injector.injected) == (ExperimentState.REFUSED, 1)


async def test_stop_of_a_live_run_is_awaited(bench):
    """Its row says what came of it."""
    held = await bench.abandon(await bench.approve())
    now = bench.flow.clock.now()
    await bench.write(lambda transaction: take_lease(transaction, held.id, held.runner, now))

    stopped = await bench.experiments.stop(held.id, ACTOR)

    assert (stopped.awaited, stopped.is_in_force) == ((held.id,), True)
    assert find_request(bench.context.folder, held.id)


@pytest.mark.parametrize(("runner", "gone", "left"), [(DEAD, "has died", 0), ("elsewhere:1:aa", "not been heard", 1)])
async def test_stop_of_a_run_whose_process_is_gone_says_so(bench, runner, gone, left):
    """Nobody is told, and nobody is waited for; no file waits for a process that is known to be dead."""
    held = await bench.abandon(await bench.approve(), runner)

    stopped = await bench.experiments.stop(held.id, ACTOR)

    assert gone in stopped.text
    assert "Its fault ends by itself" in stopped.text
    assert stopped.awaited == ()
    assert len(list(bench.context.folder.iterdir())) == left


@pytest.mark.parametrize(
    ("system", "told"),
    [("faultproxy", "by itself, 3s after its last renewal;"), ("chaosmesh", "by itself, by 2026-")],
)
async def test_stop_of_a_dead_run_says_when_its_fault_is_gone(bench, system, told):
    """Within its lease, where the system knows one; what was created in a cluster lasts as long as it was made for."""
    held = await bench.approve()
    target = held.experiment.target.model_copy(update={"system": system})
    experiment = held.experiment.model_copy(update={"target": target, "lease": timedelta(seconds=3)})
    held = await bench.abandon(held.model_copy(update={"experiment": experiment}))

    assert told in (await bench.experiments.stop(held.id, ACTOR)).text


async def test_stop_of_what_is_over_says_so(bench):
    """With what it came to."""
    held = await bench.approve()
    await run_experiment(bench.context, held.id, "elsewhere:1:aa")

    stopped = await bench.experiments.stop(held.id, ACTOR)

    assert stopped.text == f"{held.id} is over already (contained): nothing was stopped."


async def test_proposal_of_a_terminal_that_has_gone_is_not_approved(bench):
    """Nobody would run it; it is closed at the next look."""
    held = await bench.propose(runner=DEAD)
    mine = await bench.propose(runner=f"{socket.gethostname()}:{os.getpid()}:aa")

    word = await bench.decide(held)

    assert not word.accepted
    assert "the terminal that was to run it has gone" in word.text
    assert (await bench.decide(mine)).accepted
    await ExperimentKeeper(bench.context).look()
    assert (await bench.show(held)).held.reason == "the terminal that was to run it has gone"
    assert await bench.state(mine) is ExperimentState.APPROVED


async def test_withdrawal_behind_many_runs_is_found(bench, standing):
    """What a daily rehearsal wrote in two months is not between the guard and the word that takes it back."""
    now = bench.flow.clock.now()

    def write(transaction):
        for number in range(120):
            data = {"experiment_id": f"{standing.id}-{number}", "digest": standing.digest}
            transaction.journal.append(JournalEvent(kind="experiment.started", actor=FERMATA, data=data), now)
        data = {"experiment_id": standing.id, "digest": standing.digest, "reason": "no"}
        transaction.journal.append(JournalEvent(kind="experiment.withdrawn", actor=ACTOR, data=data), now)

    await bench.write(write)

    with pytest.raises(GuardRefused, match="dana has withdrawn it"):
        await bench.store.read(lambda transaction: refuse_withdrawn(transaction, standing))
