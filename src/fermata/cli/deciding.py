"""`fermata approve | reject | halt | resume`: a person's word, from the terminal."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from fermata.cli.incidents import IncidentArgument
from fermata.cli.opening import CHANNEL, find_halt_path, get_actor, get_handle, warn_of_unnamed_state, with_house
from fermata.cli.output import JsonFlag, get_console, print_json, say
from fermata.domain.action import Outcome
from fermata.domain.alert import AlertStatus
from fermata.domain.execution import StepResult, Verification, VerificationVerdict
from fermata.domain.incident import IncidentState
from fermata.domain.person import Actor
from fermata.domain.proposal import Answer, Proposal, ProposalState, Ruling
from fermata.kit.clock import SystemClock
from fermata.kit.digest import shorten
from fermata.kit.errors import FermataError, NotFoundError, OperationalError, UserError
from fermata.kit.ids import LATEST
from fermata.kit.listing import write_some
from fermata.rules.verdict import tell_not_done

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.flows.readings import IncidentView

_DIGEST_MIN = 8
"""Hex digits of `--digest`: 32 bits name one of the few plans of an incident; the whole digest is what is compared."""
_SEVERAL = 2
_WAIT_S = 0.25
_WORD_EVERY_S = 15
"""How often whoever waits is told that it goes on: a process that died in the middle says nothing by itself."""
_REFUSED = 3
"""Exit code of an approved plan that a guard did not let run, as for every other refusal."""
_NOT_EXECUTED = (
    "Nothing is executed until you start `fermata up`: it runs what was approved, after its guards look again, "
    "unless one of them refuses or the approval has expired by then."
)
_STANDS_STILL = "Nothing goes on until you start `fermata up`: it takes up what was approved where it stood."
_NOT_TOLD = "Cards in chats and on issues say so once you start `fermata up`."
_JOURNAL_WAIT_S = 3.0
"""How long whoever halts is kept for the journal; the halt is in force before."""
_JOURNAL_TRIES_S = 60
"""How long the entry is tried for: the store waits half of that for a lock, and a busy machine is slow to start."""
_NOT_JOURNALLED = (
    "Its entry in the journal is not written yet: the store does not take it, or this machine is busy. That is tried "
    "on in the background, for a minute at most. Nothing else is missing."
)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (approve, reject, halt, resume):
        app.command()(command)


def approve(
    incident: IncidentArgument = LATEST,
    digest: Annotated[
        str, typer.Option(help="The plan's digest as shown (8 hex digits or more). Required without a terminal.")
    ] = "",
    *,
    wait: Annotated[bool, typer.Option(help="Stay until the plan was executed and verified.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Approve the plan that is held for an incident. Shows the card first and asks, unless --digest is given."""

    async def work(house: House) -> _Decision:
        view = await _load_held(house, incident)
        if not digest:
            _ask(view)
        else:
            _refuse_another(view, digest)
        answer = await _decide(house, view, Ruling.APPROVE, "")
        if not as_json:
            say(answer.text)  # At once: what follows may take minutes, or never come.
        if answer.execution_enqueued:
            await _warn_of_nobody(house, _NOT_EXECUTED)
        if answer.execution_enqueued and wait:
            await _follow(house, view)
        return await _load_decision(house, view, answer)

    _report(with_house(work, enqueues=True), as_json=as_json)


def reject(
    incident: IncidentArgument = LATEST,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal and shown on the card.")] = "",
    digest: Annotated[str, typer.Option(help="The plan's digest as shown, where no other one may be rejected.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Reject the plan that is held for an incident. Where several wait, say of which incident."""

    async def work(house: House) -> _Decision:
        view = await _load_held(house, incident)
        if digest:
            _refuse_another(view, digest)
        elif incident == LATEST:
            await _settle_which(house, view)
        answer = await _decide(house, view, Ruling.REJECT, reason)
        if not as_json:
            say(answer.text)
        if answer.accepted:
            await _warn_of_nobody(house, _NOT_TOLD)
        return await _load_decision(house, view, answer)

    _report(with_house(work), as_json=as_json)


def _is_named_by(digest: str, given: str) -> bool:
    """Answer whether `given` names the digest: its first digits, enough of them, with the algorithm before or not."""
    digits = given.removeprefix("sha256:")
    return len(digits) >= _DIGEST_MIN and digest.removeprefix("sha256:").startswith(digits)


def _refuse_another(view: IncidentView, digest: str) -> None:
    if not _is_named_by(_get_digest(view), digest):
        raise UserError(
            f"The plan of {view.incident.id} is not {digest}",
            why=f"its digest begins with {shorten(_get_digest(view))}",
            do=f"Look at it again: `fermata show {view.incident.id}`",
        )


async def _settle_which(house: House, view: IncidentView) -> None:
    """Have it said which plan is meant, where more than one waits: the newest may have come a second ago."""
    waiting = await house.readings.list_pending()
    if len(waiting) < _SEVERAL:
        return
    if not sys.stdin.isatty():
        told = (f"{one.incident.id} ({shorten(one.proposal.plan_digest)}, {one.incident.title})" for one in waiting)
        raise UserError(
            f"{len(waiting)} plans wait, and nobody said which one is rejected",
            why=f"they are of {'; '.join(told)}",
            do=f"Name one: `fermata reject {view.incident.id}`",
        )
    _show(view)
    typer.confirm("Reject exactly this?", abort=True)


async def _load_held(house: House, incident: str) -> IncidentView:
    view = await house.readings.show((await house.readings.find_incident(incident)).id)
    if view.proposal is None or view.plan is None:
        raise NotFoundError(
            f"{view.incident.id} has no plan to decide on",
            why=f"it is {view.incident.state.value}",
            do="Run `fermata show`",
        )
    return view


def _get_proposal(view: IncidentView) -> Proposal:
    if view.proposal is None:
        raise NotFoundError(f"{view.incident.id} has no plan to decide on")
    return view.proposal


def _get_digest(view: IncidentView) -> str:
    return _get_proposal(view).plan_digest


def _ask(view: IncidentView) -> None:
    if not view.card.can_decide:
        proposal = _get_proposal(view)
        ended = ProposalState.EXPIRED if proposal.state is ProposalState.OPEN else proposal.state
        raise NotFoundError(
            f"{view.incident.id} has no plan that waits for a decision",
            why=f"its plan is {ended.value}, and the incident is {view.incident.state.value}",
            do="Run `fermata pending` for what waits, `fermata investigate` for a new plan",
        )
    if not sys.stdin.isatty():
        raise UserError(
            "An approval without a terminal needs --digest",
            why="an approval is bound to the plan that was seen",
            do=f"Look with `fermata show {view.incident.id}`, then approve --digest {shorten(_get_digest(view))}",
        )
    _show(view)
    typer.confirm("Approve exactly this?", abort=True)


def _show(view: IncidentView) -> None:
    from fermata.cli.cards import print_card

    print_card(get_console(), view.card)


async def _decide(house: House, view: IncidentView, ruling: Ruling, reason: str) -> Answer:
    return await house.decisions.decide(
        _get_proposal(view).id,
        ruling,
        channel=CHANNEL,
        handle=get_handle(),
        shown_digest=_get_digest(view),
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class _Decision:
    """What became of one plan, and of nothing else: its incident may have another plan by now."""

    answer: Answer
    proposal: Proposal
    view: IncidentView
    verification: Verification | None
    not_done: str = ""
    """Which steps were not done, and why."""


async def _load_decision(house: House, decided: IncidentView, answer: Answer) -> _Decision:
    view = await house.readings.show(decided.incident.id)
    proposal_id = _get_proposal(decided).id
    proposal = await house.store.read(lambda transaction: transaction.proposals.get(proposal_id))
    own = {execution.id for execution in view.executions if execution.proposal_id == proposal_id}
    verification = next((item for item in view.verifications if item.execution_id in own), None)
    return _Decision(answer, proposal, view, verification, _tell_not_done(view, decided))


async def _warn_of_nobody(house: House, consequence: str) -> None:
    """Say on stderr that no process serves now, and what that leaves undone: whoever decided may leave."""
    if not await house.is_served():
        say(f"No process serves this store at the moment. {consequence}", err=True)


async def _follow(house: House, decided: IncidentView) -> None:
    """Wait while the serving process executes, or until one is started that does."""
    proposal_id = _get_proposal(decided).id
    waited_s, told = 0.0, ""
    while True:
        await asyncio.sleep(_WAIT_S)
        waited_s += _WAIT_S
        is_time = waited_s % _WORD_EVERY_S == 0
        try:
            latest = await house.readings.show(decided.incident.id)
            if is_time:
                await _warn_of_nobody(house, _STANDS_STILL)
        except OperationalError as error:
            if is_time:
                say(f"The approval stands, and how far it has come cannot be read now. {error}", err=True)
            continue
        proposal = latest.proposal
        if not told and (told := _tell_not_done(latest, decided) or _tell_unknown(latest, decided)):
            # At once: the look whether the rest helped takes minutes.
            typer.echo(told, err=True)
        # Another plan means that this one has come to its end: it is proposed anew, or its undo is.
        if proposal is None or proposal.id != proposal_id or proposal.state is not ProposalState.APPROVED:
            return
        if is_time:
            say(f"{_say_progress(latest)} ({waited_s:.0f} s so far). Ctrl-C ends the waiting only.", err=True)


def _say_progress(view: IncidentView) -> str:
    if view.incident.state is not IncidentState.VERIFYING:
        return f"The incident is {view.incident.state.value}"
    firing = dict.fromkeys(alert.name for alert in view.alerts if alert.status is AlertStatus.FIRING)
    until = f"until {write_some(firing, 3)} no longer fires" if firing else "until its target has stayed well"
    return f"The plan was carried out; whether it helped is measured {until} or the time for that is up"


def _tell_not_done(view: IncidentView, decided: IncidentView) -> str:
    """Return which steps of the decided plan were not done; empty when all were, or nobody knows yet."""
    return tell_not_done(decided.plan.actions, _list_steps(view, decided)) if decided.plan is not None else ""


def _tell_unknown(view: IncidentView, decided: IncidentView) -> str:
    """Return of which step of the decided plan nobody knows whether it was done; empty when there is none."""
    steps = _list_steps(view, decided)
    unknown = next((step for step in steps if step.result.outcome is Outcome.UNKNOWN), None)
    if unknown is None:
        return ""
    return (
        f"Unknown outcome of {unknown.action_name} on {unknown.target.ref}: {unknown.result.detail.rstrip('.')}. "
        "It is not done again. Whether it helped shows within minutes; look at the target meanwhile."
    )


def _list_steps(view: IncidentView, decided: IncidentView) -> list[StepResult]:
    proposal_id = _get_proposal(decided).id
    own = (execution.steps for execution in view.executions if execution.proposal_id == proposal_id)
    return [step for steps in own for step in steps]


def _report(decision: _Decision, *, as_json: bool) -> None:
    answer, proposal, verification = decision.answer, decision.proposal, decision.verification
    if as_json:
        print_json(
            {
                "answer": answer.to_json(),
                "incident_id": decision.view.incident.id,
                "state": decision.view.incident.state.value,
                "proposal": proposal.state.value,
                "reason": proposal.reason,
                "verification": verification.verdict.value if verification else None,
                "not_done": decision.not_done,
            }
        )
    else:
        for line in _tell(decision):
            say(line)
    refused = answer.accepted and proposal.state in (ProposalState.REFUSED, ProposalState.STALE)
    executed = answer.accepted and proposal.state is ProposalState.EXECUTED
    is_restored = verification is not None and verification.verdict is VerificationVerdict.RESTORED
    failed = executed and (not is_restored or bool(decision.not_done))
    if refused:
        raise typer.Exit(_REFUSED)
    if failed or not answer.accepted:
        raise typer.Exit(1)


def _tell(decision: _Decision) -> list[str]:
    """Return what became of the plan after the answer."""
    proposal, verification = decision.proposal, decision.verification
    if not decision.answer.accepted:
        return []
    if proposal.state in (ProposalState.REFUSED, ProposalState.STALE):
        return [f"Not executed ({proposal.state.value}): {proposal.reason}"]
    if proposal.state is not ProposalState.EXECUTED:
        return []
    if verification is not None:
        return [f"{verification.verdict.value}: {verification.text}"]
    told = f"Not carried out. {decision.not_done}".strip()
    return [f"{told} Look at it: `fermata show {decision.view.incident.id}`"]


def halt(
    reason: Annotated[str, typer.Argument(help="Why; shown to everyone.")] = "", *, as_json: JsonFlag = False
) -> None:
    """Stop every execution at its next step, at once. Works when the store and the server do not.

    Exits with 1 where there are no settings and no state: nothing that runs can be halted from there.
    """
    from fermata.flows.halt import HaltSwitch, tell_halt

    switch = HaltSwitch(find_halt_path(), SystemClock())
    # The file first, before anything is opened that could be slow or dead.
    found = switch.halt(Actor(kind="person", id=get_handle(), channel=CHANNEL), reason)
    if as_json:
        told = {"by": found.by, "reason": found.reason, "written": found.is_written, "file": str(switch.path)}
        print_json({"halted": True, **told})
    else:
        say(f"{tell_halt(found)}. No action starts until `fermata resume`, and a rehearsal that runs ends.")

    is_nobodys = warn_of_unnamed_state()

    async def journal(house: House) -> None:
        while True:
            if await house.switch.journal_halt(get_actor(house), found.reason):
                return
            await asyncio.sleep(_WAIT_S)

    _try_to_journal(journal)
    if is_nobodys:
        raise typer.Exit(1)


def resume(*, as_json: JsonFlag = False) -> None:
    """Let executions start again."""
    from fermata.flows.halt import RESUMED, describe_halt

    found = with_house(lambda house: house.switch.resume(get_actor(house)), needs_systems=False)
    if as_json:
        print_json({"halted": False, "was": found.to_json() if found else None})
    else:
        say(f"Resumed; it was {describe_halt(found)}. {RESUMED}" if found else "Nothing was halted.")


def _try_to_journal(work: Callable[[House], Awaitable[None]]) -> None:
    """Journal the halt. A store that hangs must not keep the command: after a moment it is left to go on by itself.

    In a child: threads that wait for a store cannot be ended, a process can. Nothing else runs here yet, so that the
    child inherits nothing half-done.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _journal_and_leave(work, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8", errors="replace") as told:
        # The child's end closes when it ends, so that both a fault and success are heard at once.
        if not select.select([told], [], [], _JOURNAL_WAIT_S)[0]:
            say(f"The halt is in force. {_NOT_JOURNALLED}", err=True)
            return
        fault = told.read()
    _, status = os.waitpid(child, 0)
    if status and not fault:
        fault = "whoever wrote it ended before it was done."
    if fault:
        say(f"The halt is in force; the journal could not be written: {fault}", err=True)


def _journal_and_leave(work: Callable[[House], Awaitable[None]], writer: int) -> NoReturn:
    """Journal, hand what went wrong to the parent, and end: nothing of the parent's may run twice.

    On its own: the command that began it may be over, its terminal closed, and whoever reads its output gone.
    """
    try:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_JOURNAL_TRIES_S)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        with_house(work, needs_systems=False)
        os._exit(0)
    except FermataError as error:
        os.write(writer, str(error).encode())
    finally:
        os._exit(1)
