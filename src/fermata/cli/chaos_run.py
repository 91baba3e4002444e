"""`fermata chaos run | propose | approve | reject`: rehearsals from the terminal, by a person's word."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.chaos_choosing import Choice, choosing
from fermata.cli.chaos_report import print_report
from fermata.cli.opening import CHANNEL, get_actor, get_handle, with_house
from fermata.cli.output import JsonFlag, get_console, print_json, print_table, say
from fermata.domain.proposal import Ruling
from fermata.kit.digest import shorten
from fermata.kit.errors import UserError
from fermata.kit.ids import LATEST

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.domain.experiment import Experiment, Phase, Sample
    from fermata.domain.held_experiment import ExperimentState, HeldExperiment
    from fermata.domain.sandbox import SandboxFinding
    from fermata.flows.experiments.holding import ExperimentView

_POLL_S = 0.5
_DIGEST_LEAST = 8
_RECENT = 500

IdArgument = Annotated[str, typer.Argument(help="Its id, the end of it, or `latest`.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, propose, approve, reject):
        group.command()(command)


@choosing
def run(choice: Choice, *, as_json: JsonFlag = False) -> None:
    """Check the sandbox, ask for approval, break it, watch, mend it, and say what came of it.

    The approval is asked for here, or may be given on the page or in a channel by somebody else: it is bound to exactly
    this experiment. Ctrl-C stops the fault. Exits with 0 when the fault was handled, 1 when it was not (who was
    hit got errors, whether that was predicted or not), or nothing can be said.
    """
    from fermata.flows.experiments.lease import name_runner
    from fermata.rules.rehearsal import is_handled

    made = choice.load()

    async def work(house: House) -> ExperimentView:
        runner = name_runner()
        held = await _propose(house, made, runner=runner, quiet=as_json)
        held = await _have_approved(house, held, asks=not as_json)
        return await _carry_out(house, held, runner, quiet=as_json)

    view = with_house(work)
    print_report(view, as_json=as_json)
    if view.result is None or not is_handled(view.held.experiment, view.result):
        raise typer.Exit(1)


@choosing
def propose(
    choice: Choice,
    *,
    until: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Run it in each slot of chaos.slot, up to this day.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Check the sandbox and hold the experiment for a person; the serving process runs it once it is approved."""
    made = choice.load()
    day = _read_day(until) if until else None

    async def work(house: House) -> HeldExperiment:
        if day is not None and house.rehearsing.slot is None:
            raise UserError(
                f"Nothing is scheduled until {day}",
                why="chaos.slot says no weekday, so that what is approved would never begin",
                do="Set chaos.slot, or leave --until out: then it runs once, when it is approved",
            )
        return await _propose(house, made, until=day, quiet=as_json)

    held = with_house(work)
    if as_json:
        print_json(held)
    else:
        say(f"{held.id} waits for a person: fermata chaos approve {held.id} --digest {shorten(held.digest)}")


def approve(
    experiment_id: IdArgument = LATEST,
    digest: Annotated[
        str, typer.Option(help="The digest as shown (8 hex digits or more). Required without a terminal.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Approve a rehearsal that waits. Shows all of it and asks, unless --digest is given."""
    from fermata.domain.held_experiment import ExperimentState

    async def work(house: House) -> None:
        held = await house.experiments.find(experiment_id, {ExperimentState.PROPOSED})
        if not digest:
            _ask(held)
        elif not _is_named_by(held.digest, digest):
            raise UserError(
                f"{held.id} is not {digest}",
                why=f"its digest begins with {shorten(held.digest)}",
                do=f"Look at it: `fermata chaos report {held.id}`",
            )
        await _decide(house, held, Ruling.APPROVE, "", as_json=as_json)

    with_house(work)


def reject(
    experiment_id: IdArgument = LATEST,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Reject a rehearsal that waits, or withdraw one that was approved and has not begun: also a weekly one.

    Where several wait or are approved, say which.
    """
    from fermata.domain.held_experiment import ExperimentState

    states = (ExperimentState.PROPOSED, ExperimentState.APPROVED)

    async def work(house: House) -> None:
        if experiment_id == LATEST:
            await _refuse_several(house, states)
        held = await house.experiments.find(experiment_id, states)
        await _decide(house, held, Ruling.REJECT, reason, as_json=as_json)

    with_house(work)


async def _refuse_several(house: House, states: Collection[ExperimentState]) -> None:
    """Refuse to guess which rehearsal is meant, where a no could take back more than one."""
    pending = [held for held in await house.experiments.list_recent(_RECENT) if held.state in states]
    if len(pending) > 1:
        named = ", ".join(f"{held.id} ({held.state.value}, {shorten(held.digest)})" for held in pending)
        raise UserError(
            f"{len(pending)} rehearsals wait or are approved, and nobody said which one is rejected",
            why=f"they are {named}",
            do=f"Name one: `fermata chaos reject {pending[0].id}`",
        )


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{text!r} is no day", do="Write it like 2026-12-31") from error


async def _propose(
    house: House, experiment: Experiment, *, runner: str = "", until: date | None = None, quiet: bool
) -> HeldExperiment:
    if not quiet:
        _show_findings(await house.experiments.check(experiment))
    return await house.experiments.propose(experiment, get_actor(house), runner=runner, scheduled_until=until)


def _show_findings(findings: Sequence[SandboxFinding]) -> None:
    rows = [("ok" if finding.ok else "NO", finding.name.replace("_", " "), finding.text) for finding in findings]
    print_table(("", "condition", "what was seen"), rows, empty="Nothing was looked at.")
    for finding in findings:
        if finding.proposal and not finding.ok:
            say(
                f"\nTo mend {finding.name.replace('_', ' ')}, look at this and apply it yourself:\n\n{finding.proposal}"
            )


def _ask(held: HeldExperiment) -> None:
    if not sys.stdin.isatty():
        raise UserError(
            "An approval without a terminal needs --digest",
            why="an approval is bound to the experiment that was seen",
            do=f"Look with `fermata chaos report {held.id}`, then approve --digest {shorten(held.digest)}",
        )
    from fermata.cli.cards import print_card
    from fermata.flows.experiments.cards import compose_card

    print_card(get_console(), compose_card(held))
    if not typer.confirm(f"Approve exactly this ({shorten(held.digest)})?"):
        say("Not approved, and nothing was injected.", err=True)
        raise typer.Exit(1)


async def _decide(house: House, held: HeldExperiment, ruling: Ruling, reason: str, *, as_json: bool) -> None:
    word = await house.experiments.decide(
        held.id, ruling, channel=CHANNEL, handle=get_handle(), shown_digest=held.digest, reason=reason
    )
    if as_json:
        print_json({"experiment_id": held.id, "accepted": word.accepted, "text": word.text, "rule": word.rule})
    else:
        say(word.text)
    if not word.accepted:
        raise typer.Exit(1)


def _is_named_by(digest: str, given: str) -> bool:
    digits = given.removeprefix("sha256:")
    return len(digits) >= _DIGEST_LEAST and digest.removeprefix("sha256:").startswith(digits)


async def _have_approved(house: House, held: HeldExperiment, *, asks: bool) -> HeldExperiment:
    """Ask at the terminal; without one, and while more people are needed, wait for the page or a channel."""
    from fermata.domain.held_experiment import ExperimentState

    if asks and sys.stdin.isatty():
        _ask(held)
        await _decide(house, held, Ruling.APPROVE, "", as_json=False)
    else:
        say(f"{held.id} waits for a person: fermata chaos approve {held.id} --digest {shorten(held.digest)}", err=True)
    while True:
        found = (await house.experiments.show(held.id)).held
        if found.state is ExperimentState.APPROVED:
            return found
        if found.is_settled or house.context.clock.now() >= found.expires_at:
            raise UserError(
                f"{held.id} is not run", why=found.reason or "nobody approved it in time", do="Propose it anew"
            )
        await asyncio.sleep(_POLL_S)


async def _carry_out(house: House, held: HeldExperiment, runner: str, *, quiet: bool) -> ExperimentView:
    # Loaded before anything is measured: a module that is loaded beside the questions keeps them waiting.
    from fermata.flows.experiments.report import write_sample
    from fermata.flows.experiments.running import Stop, run_experiment

    stop_switch = Stop()
    limits = {check.journey: check.max_p95_ms for check in held.experiment.checks}
    with _stopping_by_hand(stop_switch.tell):
        result = await run_experiment(
            house.rehearsing,
            held.id,
            runner,
            stop=stop_switch,
            on_phase=_tell_nothing if quiet else _tell_phase,
            on_sample=_tell_nothing if quiet else partial(_tell_sample, write_sample, limits),
        )
    view = await house.experiments.show_ended(held, result)
    if not view.journal:
        say(
            "The store did not take what came of it. A disk without room? What follows may be all there is: keep it. "
            f"The next `fermata up` looks for a copy in {house.rehearsing.folder}.",
            err=True,
        )
    return view


@contextlib.contextmanager
def _stopping_by_hand(tell: Callable[[str], None]) -> Iterator[None]:
    """Let the first Ctrl-C, or a TERM, stop the fault; a second Ctrl-C ends the process, and the fault by its lease."""
    loop = asyncio.get_running_loop()

    def hear() -> None:
        say("\nStopping: a fault that is there is withdrawn, and none begins.", err=True)
        tell("stopped at the terminal")
        loop.remove_signal_handler(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _tell_nothing(news: object) -> None:
    del news


async def _tell_phase(phase: Phase) -> None:
    from fermata.domain.experiment import Phase

    words = {
        Phase.BASELINE: "Measuring the steady state",
        Phase.FAULT: "The fault is on; Ctrl-C ends it",
        Phase.RECOVERY: "The fault is off; waiting for the steady state",
    }
    say(words[phase], err=True)


async def _tell_sample(write: Callable[..., str], limits: Mapping[str, float], sample: Sample) -> None:
    said = write(sample, max_p95_ms=limits[sample.journey])
    say(f"  {sample.at:%H:%M:%S}  {sample.journey:<16} {said}", err=True)
