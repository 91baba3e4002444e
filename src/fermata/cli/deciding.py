"""`fermata approve | reject | halt | resume`: a person's word, from the terminal."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.incidents import IncidentArgument
from fermata.cli.opening import CHANNEL, get_actor, get_handle, load, with_house
from fermata.cli.output import JsonFlag, get_console, print_json
from fermata.domain.incident import IncidentState
from fermata.domain.person import Actor
from fermata.domain.proposal import Answer, ProposalState, Ruling
from fermata.flows.halt import HaltSwitch, describe_halt
from fermata.kit.clock import SystemClock
from fermata.kit.digest import shorten
from fermata.kit.errors import FermataError, NotFoundError, UserError

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.flows.readings import IncidentView

_DIGEST_MIN = 8
"""Hex digits of `--digest`: 32 bits name one of the few plans of an incident; the whole digest is what is compared."""
_MOVING = (IncidentState.HELD, IncidentState.EXECUTING, IncidentState.VERIFYING)
_WAIT_S = 0.25
_JOURNAL_WAIT_S = 3.0
"""How long `halt` waits for the journal after the halt is in force."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (approve, reject, halt, resume):
        app.command()(command)


def approve(
    incident: IncidentArgument = "latest",
    digest: Annotated[
        str, typer.Option(help="The plan's digest as shown (8 hex digits or more). Required without a terminal.")
    ] = "",
    *,
    wait: Annotated[bool, typer.Option(help="Stay until the plan was executed and verified.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Approve the plan that is held for an incident. Shows the card first and asks, unless --digest is given."""

    async def work(house: House) -> tuple[Answer, IncidentView]:
        view = await _load_held(house, incident)
        if not digest:
            _ask(view)
        elif len(digest) < _DIGEST_MIN or not _get_digest(view).removeprefix("sha256:").startswith(
            digest.removeprefix("sha256:")
        ):
            raise UserError(
                f"The plan of {view.incident.id} is not {digest}",
                why=f"its digest begins with {shorten(_get_digest(view))}",
                do=f"Look at it again: `fermata show {view.incident.id}`",
            )
        answer = await _decide(house, view, Ruling.APPROVE, "")
        if answer.execution_enqueued and wait:
            view = await _follow(house, view)
        return answer, view

    answer, view = with_house(work, enqueues=True)
    _report(answer, view, as_json=as_json)


def reject(
    incident: IncidentArgument = "latest",
    reason: Annotated[str, typer.Option(help="Why; kept in the journal and shown on the card.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Reject the plan that is held for an incident."""

    async def work(house: House) -> tuple[Answer, IncidentView]:
        view = await _load_held(house, incident)
        answer = await _decide(house, view, Ruling.REJECT, reason)
        return answer, await house.readings.show(view.incident.id)

    answer, view = with_house(work)
    _report(answer, view, as_json=as_json)


async def _load_held(house: House, incident: str) -> IncidentView:
    view = await house.readings.show((await house.readings.find_incident(incident)).id)
    if view.proposal is None or view.plan is None:
        raise NotFoundError(
            f"{view.incident.id} has no plan to decide on",
            why=f"it is {view.incident.state.value}",
            do="Run `fermata show`",
        )
    return view


def _get_digest(view: IncidentView) -> str:
    return view.proposal.plan_digest if view.proposal else ""


def _ask(view: IncidentView) -> None:
    if not sys.stdin.isatty():
        raise UserError(
            "An approval without a terminal needs --digest",
            why="an approval is bound to the plan that was seen",
            do=f"Look with `fermata show {view.incident.id}`, then approve --digest {shorten(_get_digest(view))}",
        )
    from fermata.cli.cards import print_card

    print_card(get_console(), view.card)
    typer.confirm("Approve exactly this?", abort=True)


async def _decide(house: House, view: IncidentView, ruling: Ruling, reason: str) -> Answer:
    if view.proposal is None:
        raise NotFoundError(f"{view.incident.id} has no plan to decide on")
    return await house.decisions.decide(
        view.proposal.id,
        ruling,
        channel=CHANNEL,
        handle=get_handle(),
        shown_digest=view.proposal.plan_digest,
        reason=reason,
    )


async def _follow(house: House, view: IncidentView) -> IncidentView:
    """Wait while the serving process executes; say so when nothing happens because none is serving."""
    silent_s = 0.0
    while True:
        await asyncio.sleep(_WAIT_S)
        latest = await house.readings.show(view.incident.id)
        proposal = latest.proposal
        if proposal is None or (proposal.state is not ProposalState.APPROVED and latest.incident.state not in _MOVING):
            return latest
        silent_s = silent_s + _WAIT_S if latest.incident.state is IncidentState.HELD else 0.0
        if silent_s == 5.0:
            typer.echo("Approved. It starts when Fermata serves: is `fermata up` running?", err=True)
        view = latest


def _report(answer: Answer, view: IncidentView, *, as_json: bool) -> None:
    verification = view.verifications[-1] if view.verifications else None
    if as_json:
        print_json(
            {
                "answer": answer.to_json(),
                "incident_id": view.incident.id,
                "state": view.incident.state.value,
                "verification": verification.verdict.value if verification else None,
            }
        )
    else:
        typer.echo(answer.text)
        if verification is not None and answer.execution_enqueued:
            typer.echo(f"{verification.verdict.value}: {verification.text}")
    if not answer.accepted:
        raise typer.Exit(1)


def halt(
    reason: Annotated[str, typer.Argument(help="Why; shown to everyone.")] = "", *, as_json: JsonFlag = False
) -> None:
    """Stop every execution at its next step, at once. Works when the store and the server do not."""
    settings = load().settings
    switch = HaltSwitch(settings.halt_path, SystemClock())
    # The file first, before anything is opened that could be slow or dead.
    found = switch.halt(Actor(kind="person", id=get_handle(), channel=CHANNEL), reason)
    if as_json:
        print_json({"halted": True, "by": found.by, "reason": found.reason, "file": str(switch.path)})
    else:
        typer.echo(f"Halted: {describe_halt(found)}. No action starts until `fermata resume`.")

    async def journal(house: House) -> None:
        await house.switch.halt(get_actor(house), reason)

    _try_to_journal(journal)


def resume(*, as_json: JsonFlag = False) -> None:
    """Let executions start again."""
    found = with_house(lambda house: house.switch.resume(get_actor(house)))
    if as_json:
        print_json({"halted": False, "was": found.to_json() if found else None})
    else:
        typer.echo(f"Resumed; it was {describe_halt(found)}." if found else "Nothing was halted.")


def _try_to_journal(work: Callable[[House], Awaitable[None]]) -> None:
    """Journal the halt if the store answers soon. A daemon thread: a store that hangs must not keep the command."""

    def run() -> None:
        try:
            with_house(work)
        except FermataError as error:
            typer.echo(f"The halt is in force; the journal could not be written: {error}", err=True)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_JOURNAL_WAIT_S)
    if thread.is_alive():
        typer.echo("The halt is in force; the journal does not answer and was not written.", err=True)
