"""Looking at everything that must hold before an experiment may start, right when it is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from fermata.domain.experiment import Experiment
from fermata.domain.held_experiment import ExperimentState, HeldExperiment
from fermata.domain.ids import PersonId
from fermata.domain.journal import JournalEntry
from fermata.domain.person import Person
from fermata.domain.policy import PolicyDecision
from fermata.domain.sandbox import SandboxFinding
from fermata.flows.boundary import contain
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.incidents import check_incidents
from fermata.flows.experiments.lease import find_lease
from fermata.flows.experiments.upstream import check_upstream
from fermata.flows.halt import describe_halt
from fermata.flows.standing import refuse_undecided
from fermata.kit.errors import GuardRefused, UserError
from fermata.ports.store import Transaction
from fermata.rules.policy import decide
from fermata.rules.sandbox.words import make_question, refuse_unapproved


async def check_everything(context: ExperimentContext, experiment: Experiment) -> tuple[SandboxFinding, ...]:
    """Return each condition, met or not: the sandbox as its injector sees it, and this installation's own.

    Creates nothing. A look that fails is a condition that is not met.

    Raises:
        UserError: No configured system injects for the target.
    """
    injector = context.get_injector(experiment)
    looked = await contain(f"sandbox of {injector.name}", lambda: injector.check_sandbox(experiment))
    if looked.value is None:
        own: Sequence[SandboxFinding] = (SandboxFinding(name="sandbox", ok=False, text=looked.advice),)
    else:
        own = looked.value or (SandboxFinding(name="sandbox", ok=False, text=f"{injector.name} looked at nothing"),)
    return (
        *own,
        *await check_upstream(context, experiment),
        _check_policy(context, experiment),
        _check_kill_switch(context),
        await _check_free(context, experiment),
        await check_incidents(context, experiment),
        SandboxFinding(name="undo", ok=True, text=f"Without a renewal it ends by {injector.lease_kept_by}"),
    )


def ask_policy(context: ExperimentContext, experiment: Experiment, now: datetime) -> PolicyDecision:
    """Return what the policy says of an experiment now.

    Raises:
        UserError: Its target cannot be the name of anything.
    """
    try:
        question = make_question(experiment, now)
    except ValueError as error:
        raise UserError(
            f"{experiment.target.service[:80]!r} cannot be rehearsed on",
            why="it, or its namespace, cannot be the name of a service",
            do="Correct the target",
        ) from error
    return decide(context.flow.policy, question)


async def refuse_unready(context: ExperimentContext, held: HeldExperiment) -> None:
    """Refuse to start what is halted, or not approved by enough people who may still approve it.

    Raises:
        GuardRefused: By the guard that says so.
    """
    context.flow.halt.refuse()

    def judge(people: Mapping[PersonId, Person], now: datetime) -> None:
        refuse_unapproved(held, people, ask_policy(context, held.experiment, now), now)

    await refuse_undecided(context.flow, held.approvals, judge, "propose it anew, and have it approved")
    await context.flow.store.read(lambda transaction: refuse_withdrawn(transaction, held))
    written = await context.flow.store.read(lambda transaction: _list_written(transaction, held))
    missing = [
        approval.person_id for approval in held.approvals if (approval.person_id, approval.digest) not in written
    ]
    if missing:
        raise GuardRefused(
            "journal",
            f"Experiment {held.id} was not started",
            why=f"The journal holds no approval of it by {missing[0]}",
            do="Run `fermata audit verify`, and propose it anew",
        )


def refuse_withdrawn(transaction: Transaction, held: HeldExperiment) -> None:
    """Refuse what somebody has taken back: the row itself, or the standing approval whose run it is.

    Raises:
        GuardRefused: Rule `not_approved`, whatever the row says.
    """
    own = held.experiment.id
    # Of that kind alone: a standing approval's runs write so many entries that the withdrawal would not be among them.
    entries = transaction.journal.find_by_data("digest", held.digest, kinds=("experiment.withdrawn",))
    taken = [entry.event.actor.id for entry in entries if entry.event.data["experiment_id"] in (held.id, own)]
    standing = transaction.experiments.get(own) if held.id != own else None
    if taken:
        why = f"{taken[-1]} has withdrawn it"
    elif standing is not None and standing.state is not ExperimentState.APPROVED:
        why = f"The standing approval {own} is {standing.state.value}"
    else:
        return
    raise GuardRefused(
        "not_approved", f"Experiment {held.id} was not started", why=why, do="Propose it anew, and have it approved"
    )


def _list_written(transaction: Transaction, held: HeldExperiment) -> set[tuple[str, str]]:
    """Return who approved what by the journal. A scheduled run was approved as its standing row."""
    entries = transaction.journal.find_by_data("digest", held.digest, kinds=("experiment.approved",))
    return {
        (entry.event.actor.id, str(entry.event.data["digest"]))
        for entry in entries
        if entry.event.kind == "experiment.approved"
        and entry.hash == JournalEntry.compute_hash(entry.sequence, entry.at, entry.event, entry.previous)
    }


def _check_policy(context: ExperimentContext, experiment: Experiment) -> SandboxFinding:
    try:
        decision = ask_policy(context, experiment, context.flow.clock.now())
    except UserError as error:
        return SandboxFinding(name="policy", ok=False, text=str(error))
    return SandboxFinding(name="policy", ok=decision.permitted, text=decision.reason)


def _check_kill_switch(context: ExperimentContext) -> SandboxFinding:
    halt = context.flow.halt.find()
    if halt is not None:
        return SandboxFinding(name="kill_switch", ok=False, text=f"Fermata is {describe_halt(halt)}")
    folder = context.flow.halt.path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return SandboxFinding(
            name="kill_switch", ok=False, text=f"Nobody could halt: {folder} cannot be written to by this process"
        )
    return SandboxFinding(
        name="kill_switch", ok=True, text="`fermata halt` stops it within a second, from this machine"
    )


async def _check_free(context: ExperimentContext, experiment: Experiment) -> SandboxFinding:
    now = context.flow.clock.now()
    found = await contain("lease", lambda: context.flow.store.read(lambda transaction: find_lease(transaction, now)))
    if found.failed:
        return SandboxFinding(
            name="one_experiment", ok=False, text=f"Whether another one runs is unknown: {found.failure}"
        )
    if found.value is not None and found.value.held_id != experiment.id:
        return SandboxFinding(
            name="one_experiment", ok=False, text=f"{found.value.held_id} runs: one experiment at a time"
        )
    return SandboxFinding(name="one_experiment", ok=True, text="No other experiment runs")
