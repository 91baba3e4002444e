"""`fermata chaos stop`: a file first, then what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import CHANNEL, find_halt_path, get_actor, get_handle, warn_of_unnamed_state, with_house
from fermata.cli.output import JsonFlag, print_json, say
from fermata.domain.person import Actor
from fermata.kit.clock import SystemClock
from fermata.kit.errors import FermataError, NotFoundError
from fermata.kit.ids import LATEST

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.domain.held_experiment import HeldExperiment

_POLL_S = 0.2
_PATIENCE_S = 15.0
"""How long an end is waited for: a fault is gone within a second, its open questions may take some more."""
_OURS = ("stopped", "halted")
"""How the reason of a run begins that somebody ended."""
_ANY = ""


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(stop)


def stop(
    experiment_id: Annotated[
        str, typer.Argument(help="Its id, the end of it, or `latest`; otherwise whatever runs.")
    ] = _ANY,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Stop a rehearsal: its fault is withdrawn within a second. Works when the store and the server do not.

    What was approved and has not begun is withdrawn, a weekly one for good. What runs on another machine hears of it
    through the store. Exits with 1 where there are no settings and no state: nothing that runs is stopped from there.
    """
    from fermata.flows.experiments.stopping import EVERYTHING, ask_to_stop, is_id, refuse_bad_id

    folder, asked_at = find_halt_path().parent / "experiments", SystemClock().now()
    is_whole = experiment_id == _ANY or is_id(experiment_id)
    if is_whole:
        # The file first, before anything is opened that could be slow or dead.
        ask_to_stop(folder, experiment_id or EVERYTHING, _name_actor(), reason)
        say("The request is written; looking what comes of it.", err=True)
    elif experiment_id != LATEST:
        refuse_bad_id(f"exp-{experiment_id}")
    is_nobodys = warn_of_unnamed_state()

    async def work(house: House) -> list[str]:
        return await _stop(house, experiment_id, reason, asked_at)

    try:
        told = with_house(work, needs_systems=False)
    except NotFoundError:
        raise
    except FermataError as error:
        if not is_whole:
            ask_to_stop(folder, EVERYTHING, _name_actor(), reason)
            say(f"Which one {experiment_id} is cannot be found out, so whatever runs here is told to stop.", err=True)
        say(f"The request to stop is in force; the store could not be told: {error}", err=True)
        told = []
    if as_json:
        print_json({"stopping": experiment_id or "everything", "told": told})
    else:
        for text in told:
            say(text)
    if is_nobodys:
        raise typer.Exit(1)


def _name_actor() -> Actor:
    return Actor(kind="person", id=get_handle(), channel=CHANNEL)


async def _stop(house: House, wanted: str, reason: str, asked_at: datetime) -> list[str]:
    """Stop what is wanted, wait until it is over, and say what came of it."""
    from fermata.flows.experiments.stopping import EVERYTHING

    # The file may have ended it before the store was open.
    ended = {held.id: held for held in await house.experiments.list_recent() if _was_ended(held, asked_at)}
    found = await _find(house, wanted, tuple(ended.values()))
    names = {held.id for held in found}
    told = [_tell_end(held) for held in ended.values() if not wanted or held.id in names]
    awaited: list[str] = []
    for held in (held for held in found if held.id not in ended):
        stopped = await house.experiments.stop(held.id, get_actor(house), reason)
        awaited += stopped.awaited
        if stopped.awaited != (held.id,):
            told.append(stopped.text)
    told += [await _wait(house, held_id) for held_id in awaited]
    if not wanted and not awaited:
        house.experiments.forget_stop(EVERYTHING)  # It must not meet the next one.
    return told or ["Nothing was running, so nothing was stopped."]


async def _find(house: House, wanted: str, ended: Sequence[HeldExperiment]) -> Sequence[HeldExperiment]:
    live = await house.experiments.list_live()
    if not wanted:
        return live
    if wanted == LATEST and (live or ended):
        states = await house.experiments.name_states(live)
        # One whose process has died is over, also where nobody has closed its row: it hides nothing that runs.
        runs = [held for held in live if states[held.id] != "died"]
        return [max(runs or ended or live, key=lambda held: held.proposed_at)]
    try:
        return [await house.experiments.find(wanted)]
    except NotFoundError:
        house.experiments.forget_stop(wanted)  # No file waits for what will not come.
        raise


def _was_ended(held: HeldExperiment, asked_at: datetime) -> bool:
    return held.started_at is not None and held.ended_at is not None and held.ended_at >= asked_at


async def _wait(house: House, held_id: str) -> str:
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE_S
    while True:
        held = (await house.experiments.show(held_id)).held
        if held.is_settled:
            return _tell_end(held)
        if loop.time() >= until:
            return (
                f"{held_id} was told to stop, and has not said yet that it is over. "
                f"Look with `fermata chaos report {held_id}`; `fermata halt` stops everything."
            )
        await asyncio.sleep(_POLL_S)


def _tell_end(held: HeldExperiment) -> str:
    if held.reason.startswith(_OURS):
        return f"Stopped {held.id}: {held.reason}."
    return f"{held.id} was over before it could be stopped: {held.reason or held.verdict}."
