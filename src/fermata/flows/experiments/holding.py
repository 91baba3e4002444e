"""Proposing an experiment, taking people's words on it, and stopping it. Each is journalled with what it changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from fermata.domain.experiment import Experiment, ExperimentResult
from fermata.domain.held_experiment import ExperimentState, HeldExperiment, compute_held_digest
from fermata.domain.ids import PersonId
from fermata.domain.journal import JournalEntry, JournalEvent
from fermata.domain.person import FERMATA, Actor
from fermata.domain.proposal import Ruling
from fermata.domain.record import Record
from fermata.domain.sandbox import SandboxFinding
from fermata.flows.boundary import contain
from fermata.flows.decide import Clicker, build_click, confirm_person, find_clicker
from fermata.flows.experiments.cards import queue_card
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.ending import conclude
from fermata.flows.experiments.lease import find_lease, is_dead
from fermata.flows.experiments.preflight import ask_policy, check_everything
from fermata.flows.experiments.states import is_lost, is_to_come, name_state
from fermata.flows.experiments.stopping import forget_request, refuse_bad_id
from fermata.flows.experiments.withdrawing import Stopped, stop_experiment, withdraw_runs
from fermata.flows.halt import describe_halt
from fermata.kit.clock import format_instant
from fermata.kit.errors import FermataError, NotFoundError, UserError
from fermata.kit.ids import LATEST
from fermata.kit.log import get_log
from fermata.kit.redaction import redact_cut
from fermata.ports.store import Transaction
from fermata.rules.approval import Click
from fermata.rules.sandbox import refuse_outside_sandbox
from fermata.rules.sandbox.words import LONGEST_SCHEDULE, Word, judge_word

_log = get_log("experiments")
_ABANDONED = "the terminal that was to run it has gone"


class ExperimentView(Record):
    """One row with its result and its part of the journal."""

    held: HeldExperiment
    result: ExperimentResult | None
    journal: tuple[JournalEntry, ...]


class Experiments:
    """The rehearsals of one installation, as surfaces use them."""

    def __init__(self, context: ExperimentContext) -> None:
        self._context = context

    async def check(self, experiment: Experiment) -> Sequence[SandboxFinding]:
        """Return each condition that must hold before this may start, met or not. Creates nothing."""
        return await check_everything(self._context, experiment)

    async def propose(
        self, experiment: Experiment, by: Actor, *, runner: str = "", scheduled_until: date | None = None
    ) -> HeldExperiment:
        """Check everything, and hold the experiment for a person. The very same proposal again is the same row.

        Args:
            runner: Who will run it once it is approved; empty leaves it to the serving process.
            scheduled_until: Run it in each slot until the end of this day.

        Raises:
            GuardRefused: Rule `sandbox`: nothing was created; the journal says what was not met.
            UserError: There is another experiment of this id, or the schedule is too long.
        """
        context = self._context
        now = context.flow.clock.now()
        refuse_bad_id(experiment.id)
        _refuse_long_schedule(scheduled_until, now)
        try:
            refuse_outside_sandbox(await self.check(experiment))
        except FermataError as refusal:
            data = {"experiment_id": experiment.id, "digest": experiment.compute_digest(), "reason": refusal.why[:2000]}
            event = JournalEvent(kind="experiment.refused", actor=by, data=data)
            await context.flow.store.write(lambda transaction: transaction.journal.append(event, now))
            raise
        # Only now: what cannot be written is an unmet condition first, told and journalled as one.
        preview = await context.get_injector(experiment).preview(experiment)
        held = HeldExperiment(
            id=experiment.id,
            experiment=experiment,
            digest=compute_held_digest(experiment, scheduled_until),
            state=ExperimentState.PROPOSED,
            preview=preview,
            proposed_by=by.id,
            proposed_at=now,
            expires_at=now + context.proposal_valid,
            scheduled_until=scheduled_until,
            runner=runner,
        )
        return await context.flow.store.write(lambda transaction: _hold(transaction, context, held, by))

    async def decide(  # noqa: PLR0913 - as `flows.decide.Decisions.decide`: a click is what it is
        self,
        held_id: str,
        ruling: Ruling,
        *,
        channel: str,
        handle: str,
        person_id: PersonId | None = None,
        shown_digest: str,
        reason: str = "",
    ) -> Word:
        """Judge one click, as `flows.decide.Decisions.decide` does for plans. Every click is answered and journalled.

        Raises:
            NotFoundError: There is no such experiment.
        """
        clicker = await find_clicker(self._context.flow, channel, handle, person_id)
        return await self.decide_for(clicker, held_id, ruling, shown_digest=shown_digest, reason=reason)

    async def decide_for(
        self, clicker: Clicker, held_id: str, ruling: Ruling, *, shown_digest: str, reason: str = ""
    ) -> Word:
        """Judge the click of somebody who is known, or known not to count. As `decide`."""
        context = self._context
        click = await build_click(context.flow, clicker, ruling, shown_digest=shown_digest, reason=reason)

        def work(transaction: Transaction) -> Word:
            return _decide(transaction, context, held_id, confirm_person(transaction, context.flow, clicker, click))

        word = await context.flow.store.write(work)
        context.flow.meters.clicks.labels(ruling.value, word.rule or "accepted").inc()
        _log.info(
            "decision.answered", experiment_id=held_id, ruling=ruling.value, accepted=word.accepted, rule=word.rule
        )
        return word

    async def stop(self, held_id: str, by: Actor, reason: str = "") -> Stopped:
        """Stop an experiment: its fault is withdrawn within a second, or never injected. Works without the store, too.

        What has not begun is withdrawn, a standing approval with all its runs.

        Raises:
            NotFoundError: The store is there, and nothing has this id.
            UserError: Nothing can have this id.
            OperationalError: The request cannot be written.
        """
        return await stop_experiment(self._context, held_id, by, reason)

    def forget_stop(self, held_id: str) -> None:
        """Take a request to stop back that found nothing to stop: it must not meet the next one."""
        forget_request(self._context.folder, held_id)

    async def list_recent(self, limit: int = 50) -> Sequence[HeldExperiment]:
        """Return experiments, newest first."""
        return await self._context.flow.store.read(lambda transaction: transaction.experiments.list_recent(limit))

    async def list_live(self) -> Sequence[HeldExperiment]:
        """Return what runs now, one at most unless its process has died; then what is approved and begins next."""

        def read(transaction: Transaction) -> Sequence[HeldExperiment]:
            running = transaction.experiments.list_in_state(ExperimentState.RUNNING)
            approved = transaction.experiments.list_in_state(ExperimentState.APPROVED)
            return [*running, *(held for held in approved if not held.is_standing)]

        return await self._context.flow.store.read(read)

    async def name_states(self, rows: Sequence[HeldExperiment]) -> Mapping[str, str]:
        """Return what each row is now, in a word, by its id: also where its process or its time has gone."""
        now = self._context.flow.clock.now()
        lease = await self._context.flow.store.read(lambda transaction: find_lease(transaction, now))
        return {held.id: name_state(held, lease, now) for held in rows}

    async def find(self, text: str, among: Collection[ExperimentState] = ()) -> HeldExperiment:
        """Return the experiment whose id is `text`, or ends with it; `latest` is the newest.

        Args:
            among: `latest` is the newest in one of these states, if there is one.

        Raises:
            NotFoundError: Nothing or more than one thing matches.
        """
        recent = await self.list_recent(500)
        newest = [*(held for held in recent if held.state in among), *recent][:1]
        matches = newest if text == LATEST else [held for held in recent if held.id == text]
        matches = matches or [held for held in recent if held.id.endswith(text)]
        if len(matches) != 1:
            raise NotFoundError(
                f"There is no experiment {text[:80]!r}" if not matches else f"{text[:80]!r} names several experiments",
                do="Run `fermata chaos list`",
            )
        return matches[0]

    async def show(self, held_id: str) -> ExperimentView:
        """Return one experiment with everything.

        Raises:
            NotFoundError: No such experiment.
        """

        def read(transaction: Transaction) -> ExperimentView:
            return ExperimentView(
                held=transaction.experiments.get(held_id),
                result=transaction.experiments.find_result(held_id),
                journal=tuple(transaction.journal.find_by_data("experiment_id", held_id)),
            )

        return await self._context.flow.store.read(read)

    async def show_ended(self, held: HeldExperiment, result: ExperimentResult) -> ExperimentView:
        """Return what this process has run; without a journal where the store has not taken its result."""
        shown = (await contain("experiment", lambda: self.show(held.id))).value
        if shown is not None and shown.result is not None:
            return shown
        return ExperimentView(held=conclude(held, result), result=result, journal=())


def _refuse_long_schedule(until: date | None, now: datetime) -> None:
    last = (now + LONGEST_SCHEDULE).date()
    if until is None or now.date() <= until <= last:
        return
    raise UserError(
        f"Nothing is scheduled until {until}",
        why=f"a standing approval ends between today, {now.date()}, and {last}",
        do="Choose a later day" if until < now.date() else "Choose an earlier day; it can be approved again then",
    )


def _hold(transaction: Transaction, context: ExperimentContext, held: HeldExperiment, by: Actor) -> HeldExperiment:
    if not transaction.experiments.add(held):
        there = transaction.experiments.get(held.id)
        if there.digest == held.digest and there.state is ExperimentState.PROPOSED:
            return there
        raise UserError(
            f"There is an experiment {held.id} already",
            why=f"it is {there.state.value}",
            do="Give the new one another id",
        )
    data = {"experiment_id": held.id, "digest": held.digest, "title": held.experiment.title}
    if held.scheduled_until:
        data["scheduled_until"] = held.scheduled_until.isoformat()
    event = JournalEvent(kind="experiment.proposed", actor=by, data=data)
    transaction.journal.append(event, held.proposed_at)
    queue_card(transaction, context, held)
    return held


def _decide(transaction: Transaction, context: ExperimentContext, held_id: str, click: Click) -> Word:
    held = transaction.experiments.get(held_id)
    halt = context.flow.halt.find()
    if halt is not None and click.ruling is Ruling.APPROVE:
        text = f"Not approved: Fermata is {describe_halt(halt)}."
        word = Word(accepted=False, text=text, rule="halt")
    elif click.ruling is Ruling.APPROVE and held.state is ExperimentState.PROPOSED and is_dead(held.runner):
        text = f"Not counted: {_ABANDONED}, and nobody would run it; propose it anew."
        word = Word(accepted=False, text=text, rule="expired")
    else:
        word = judge_word(click, held, ask_policy(context, held.experiment, click.at))
    actor = _name_actor(click)
    changed = word.held
    if changed is None:
        refusal = {"experiment_id": held_id, "ruling": click.ruling.value, "rule": word.rule, "text": word.text}
        event = JournalEvent(kind="experiment.word_refused", actor=actor, data=refusal)
        transaction.journal.append(event, click.at)
        return word
    if not transaction.experiments.compare_and_set(held.state, changed):
        return _decide(transaction, context, held_id, click)  # Somebody was faster: judge what is there now.
    if held.state is ExperimentState.APPROVED:
        told = withdraw_runs(transaction, context, held, actor, changed.reason)
        if told:
            word = word.model_copy(update={"text": f"{word.text} {', '.join(told)} runs, and is told to stop."})
    transaction.journal.append(_write_word(click, held, changed), click.at)
    queue_card(transaction, context, changed)
    return word


def _write_word(click: Click, held: HeldExperiment, changed: HeldExperiment) -> JournalEvent:
    """Return the entry of a word that changed the row."""
    actor = _name_actor(click)
    if held.state is ExperimentState.APPROVED:
        taken = {"experiment_id": held.id, "digest": held.digest, "reason": click.reason}
        return JournalEvent(kind="experiment.withdrawn", actor=actor, data=taken)
    if click.ruling is Ruling.REJECT:
        no = {"experiment_id": held.id, "reason": click.reason}
        return JournalEvent(kind="experiment.rejected", actor=actor, data=no)
    given = changed.approvals[-1]
    yes = {"experiment_id": held.id, "digest": given.digest, "role": given.role, "channel": given.channel}
    return JournalEvent(kind="experiment.approved", actor=actor, data=yes)


def _name_actor(click: Click) -> Actor:
    if click.person is None:
        return Actor(kind="unknown", id=redact_cut(click.handle, 80).text or "unknown", channel=click.channel)
    return Actor(kind="person", id=click.person.id, channel=click.channel)


async def expire_proposals(context: ExperimentContext) -> int:
    """Close what nobody decided on, and what was approved and never started; return how many."""
    now = context.flow.clock.now()
    # A look first: most seconds have nothing to close, and the store has one writer.
    due = await context.flow.store.read(partial(_list_due, now=now))
    return await context.flow.store.write(partial(_expire, context=context, due=due, now=now)) if due else 0


def _list_due(transaction: Transaction, now: datetime) -> Sequence[HeldExperiment]:
    waiting = transaction.experiments.list_in_state(ExperimentState.PROPOSED)
    approved = transaction.experiments.list_in_state(ExperimentState.APPROVED)
    return [held for held in (*waiting, *approved) if is_lost(held, now)]


def _expire(transaction: Transaction, context: ExperimentContext, due: Sequence[HeldExperiment], now: datetime) -> int:
    count = 0
    for held in due:
        reason = _ABANDONED if held.runner and is_dead(held.runner) else _describe_end(held, now)
        closed = held.model_copy(update={"state": ExperimentState.REFUSED, "reason": reason, "ended_at": now})
        if transaction.experiments.compare_and_set(held.state, closed):
            data = {"experiment_id": held.id, "reason": reason}
            transaction.journal.append(JournalEvent(kind="experiment.expired", actor=FERMATA, data=data), now)
            queue_card(transaction, context, closed)
            count += 1
    return count


def _describe_end(held: HeldExperiment, now: datetime) -> str:
    """Say that nobody decided; who said yes, where that was too few; or that what was approved did not start."""
    if is_to_come(held, now):
        return f"it was proposed at {format_instant(held.proposed_at)}, and the clock was set back since"
    if held.state is not ExperimentState.PROPOSED:
        return "it was approved, and did not start before that ran out"
    said = dict.fromkeys(str(approval.person_id) for approval in held.approvals)
    return f"only {' and '.join(said)} approved in time" if said else "nobody decided in time"
