"""An experiment is held for a person only in a sandbox, and moves only by words that count."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.unit.flows.experiments.scene import ACTOR, BAD, DeadStore

from fermata.domain.held_experiment import ExperimentState
from fermata.domain.policy import Policy
from fermata.domain.proposal import Ruling
from fermata.flows.experiments.holding import Experiments, expire_proposals
from fermata.flows.experiments.stopping import find_request
from fermata.kit.errors import GuardRefused, NotFoundError, OperationalError, UserError


async def test_proposal_waits_with_what_would_be_created(bench):
    """The row holds the digest that is approved, and the preview."""
    held = await bench.propose()

    assert held.state is ExperimentState.PROPOSED
    assert held.preview == f"fault of {held.id}"
    assert (await bench.show(held)).held == held
    assert await bench.list_kinds() == ["experiment.proposed"]


async def test_proposal_outside_of_a_sandbox_is_refused_and_journalled(bench):
    """No row, no fault; the journal says what was not met."""
    bench.injector.findings = (BAD,)

    with pytest.raises(GuardRefused, match="no quota"):
        await bench.propose()

    assert await bench.experiments.list_recent() == []
    assert await bench.list_kinds() == ["experiment.refused"]
    assert bench.injector.injected == 0


async def test_what_cannot_be_written_is_refused_as_an_unmet_condition(bench):
    """A proxy that is not there is no wrong use of the command: it is told and journalled as any other condition."""
    bench.injector.findings = (BAD,)
    bench.injector.unwritten = UserError("No fault proxy for checkout->payment")

    with pytest.raises(GuardRefused, match="no quota"):
        await bench.propose()

    assert await bench.list_kinds() == ["experiment.refused"]


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda bench: setattr(bench.injector, "findings", ()), "sandbox"),
        (lambda bench: setattr(bench.injector, "fault", OperationalError("The cluster is gone")), "sandbox"),
        (lambda bench: bench.flow.halt.halt(ACTOR, "lunch"), "kill_switch"),
    ],
)
async def test_look_that_finds_nothing_out_is_not_met(bench, spoil, name):
    """An injector that looked at nothing or failed, and a halt, each keep it from being proposed."""
    spoil(bench)

    findings = await bench.experiments.check(bench.make())

    assert [finding.name for finding in findings if not finding.ok] == [name]


async def test_policy_that_covers_nothing_is_a_condition(build_bench):
    """Nobody could approve it, so nobody is asked."""
    bench = build_bench(policy=Policy())

    with pytest.raises(GuardRefused, match="no guardrail covers"):
        await bench.propose()


async def test_store_that_is_gone_is_a_condition(bench):
    """Whether another one runs is unknown then."""
    context = bench.build(flow=replace(bench.flow, store=DeadStore()))

    findings = await Experiments(context).check(bench.make())

    assert "one_experiment" in [finding.name for finding in findings if not finding.ok]


async def test_system_without_an_injector_is_named(bench):
    """Settings that name no system for the target say so."""
    with pytest.raises(UserError, match="Nothing injects for 'scripted'"):
        await Experiments(bench.build(injectors={})).propose(bench.make(), ACTOR)


async def test_target_that_is_no_name_is_no_permission(bench):
    """A wildcard in a service's name is nobody's to approve."""
    experiment = bench.make()
    spoilt = experiment.model_copy(update={"target": experiment.target.model_copy(update={"service": "check*"})})

    findings = await bench.experiments.check(spoilt)

    assert [finding.name for finding in findings if not finding.ok] == ["policy"]


@pytest.mark.parametrize("name", ["x", "exp-../../etc", "exp-A", "exp-" + "a" * 101])
async def test_id_that_names_a_file_elsewhere_is_refused(bench, name):
    """Ids become files and names of objects."""
    with pytest.raises(UserError, match="is no id"):
        await bench.experiments.propose(bench.make(id=name), ACTOR)


async def test_same_proposal_again_is_the_same_row(bench):
    """Another one of that id is refused."""
    experiment = bench.make()
    first = await bench.experiments.propose(experiment, ACTOR)

    assert await bench.experiments.propose(experiment, ACTOR) == first
    with pytest.raises(UserError, match="There is an experiment"):
        await bench.experiments.propose(bench.make(id=experiment.id, title="another"), ACTOR)


@pytest.mark.parametrize(("days", "words"), [(-1, "a later day"), (93, "an earlier day")])
async def test_schedule_ends_within_a_quarter(bench, days, words):
    """A standing approval that nobody remembers is none, and neither is one that is over."""
    until = (bench.flow.clock.now() + timedelta(days=days)).date()

    with pytest.raises(UserError, match="Nothing is scheduled until") as refused:
        await bench.propose(scheduled_until=until)

    assert words in refused.value.do


async def test_yes_is_written_with_its_row(bench):
    """State, approval and journal entry are one transaction."""
    held = await bench.approve()

    assert held.state is ExperimentState.APPROVED
    assert (await bench.show(held)).held == held
    assert (await bench.list_kinds())[-1] == "experiment.approved"


async def test_no_is_written_with_its_row(bench):
    """It is over, and says why."""
    held = await bench.propose()

    word = await bench.decide(held, Ruling.REJECT, reason="not today")

    assert word.accepted
    assert (await bench.show(held)).held.reason == "Rejected by dana: not today"
    assert (await bench.list_kinds())[-1] == "experiment.rejected"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"handle": "max"}, "wrong_role"),
        ({"handle": "stranger"}, "unknown_person"),
        ({"shown_digest": "sha256:00"}, "digest_mismatch"),
        ({"handle": "fermata"}, "self_approval"),
    ],
)
async def test_word_that_does_not_count_is_journalled(bench, changes, rule):
    """Whoever clicked is told, and the row stays as it was."""
    held = await bench.propose()

    word = await bench.decide(held, **changes)

    assert word.rule == rule
    assert (await bench.show(held)).held == held
    assert (await bench.list_kinds())[-1] == "experiment.word_refused"


async def test_approval_while_halted_is_refused(bench):
    """A rejection counts all the same."""
    held = await bench.propose()
    bench.flow.halt.halt(ACTOR, "lunch")

    assert (await bench.decide(held)).rule == "halt"
    assert (await bench.decide(held, Ruling.REJECT)).accepted


async def test_person_of_the_page_is_known_by_their_id(bench):
    """A page's session names the person, not a handle."""
    held = await bench.propose()

    assert (await bench.decide(held, channel="page", handle="dana", person_id="dana")).accepted


async def test_what_nobody_decides_on_expires(bench):
    """So does what was approved and never started."""
    open_one = await bench.propose()
    approved = await bench.approve()
    past = bench.flow.clock.now() - timedelta(seconds=1)
    late = approved.approvals[0].model_copy(update={"expires_at": past})

    def age(transaction):
        rows = transaction.experiments
        rows.compare_and_set(ExperimentState.PROPOSED, open_one.model_copy(update={"expires_at": past}))
        rows.compare_and_set(ExperimentState.APPROVED, approved.model_copy(update={"approvals": (late,)}))

    assert await expire_proposals(bench.context) == 0
    await bench.write(age)

    assert await expire_proposals(bench.context) == 2
    assert [await bench.state(held) for held in (open_one, approved)] == [ExperimentState.REFUSED] * 2
    assert (await bench.show(open_one)).held.reason == "nobody decided in time"
    assert (await bench.show(approved)).held.reason == "it was approved, and did not start before that ran out"


async def test_one_yes_of_two_is_not_called_nobodys(bench):
    """Who approved and was too few is named: they did decide."""
    given = (await bench.approve()).approvals
    open_one = await bench.propose()
    past = bench.flow.clock.now() - timedelta(seconds=1)
    aged = open_one.model_copy(update={"expires_at": past, "approvals": given})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(ExperimentState.PROPOSED, aged))

    await expire_proposals(bench.context)

    assert (await bench.show(open_one)).held.reason == "only dana approved in time"


async def test_stop_works_without_a_store(bench):
    """The file is there, and that is what ends it."""
    context = bench.build(flow=replace(bench.flow, store=DeadStore()))

    await Experiments(context).stop("exp-1", ACTOR, "lunch")

    assert find_request(context.folder, "exp-1") == "stopped by dana: lunch"


async def test_stop_is_journalled_and_told_to_other_machines(bench):
    """A runner elsewhere hears of it through the store."""
    held = await bench.abandon(await bench.approve())

    await bench.experiments.stop(held.id, ACTOR)

    flag = await bench.store.read(lambda transaction: transaction.flags.find(f"experiment-stop/{held.id}"))
    assert flag == {"words": "stopped by dana"}
    assert (await bench.list_kinds())[-1] == "experiment.stop_requested"
    bench.experiments.forget_stop(held.id)
    assert find_request(bench.context.folder, held.id) == ""


async def test_stop_of_what_is_over_or_was_never_there_leaves_nothing(bench):
    """No file waits for an experiment that will not come."""
    held = await bench.propose()
    await bench.decide(held, Ruling.REJECT)

    await bench.experiments.stop(held.id, ACTOR)
    with pytest.raises(NotFoundError):
        await bench.experiments.stop("exp-none", ACTOR)

    assert list(bench.context.folder.iterdir()) == []


async def test_experiment_is_found_by_the_end_of_its_id(bench):
    """`latest` is the newest; what fits nothing, or several, is not found."""
    first, second = await bench.propose(), await bench.propose()
    find = bench.experiments.find

    assert await find("latest") == second
    assert await find(first.id) == first
    assert await find("-1") == first
    for text in ("none", "exp"):
        with pytest.raises(NotFoundError):
            await find(text)


async def test_latest_for_a_word_is_the_latest_that_waits_for_one(bench):
    """What is over takes no word; where nothing waits, it is the newest, and says itself why not."""
    waits, over = await bench.propose(), await bench.propose()
    over = (await bench.decide(over, Ruling.REJECT)).held
    find = bench.experiments.find

    assert await find("latest", {ExperimentState.PROPOSED}) == waits
    assert await find("latest", {ExperimentState.RUNNING}) == over
    assert await find("latest") == over


async def test_what_runs_and_what_begins_next_are_listed(bench):
    """What waits for a person, or for its slot, is neither."""
    await bench.approve(scheduled_until=(bench.flow.clock.now() + timedelta(days=7)).date())
    assert await bench.experiments.list_live() == []
    approved = await bench.approve()
    orphan = await bench.abandon(await bench.propose())

    assert await bench.experiments.list_live() == [orphan, approved]


async def test_scheduled_proposal_has_a_digest_of_its_own(bench):
    """Whoever approves it approves the last day, too."""
    until = (bench.flow.clock.now() + timedelta(days=7)).date()
    held = await bench.propose(scheduled_until=until)

    assert held.scheduled_until == until
    assert held.digest != held.experiment.compute_digest()
    assert isinstance(held.scheduled_until, date)
