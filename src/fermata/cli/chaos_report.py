"""`fermata chaos report | list | schedule`: what came of rehearsals, and which ones come back each week."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import get_actor, with_house
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.cli.replacing import write_new
from fermata.cli.signature_cases import keep_case
from fermata.domain.action import Outcome
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.ids import LATEST
from fermata.kit.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fermata.bootstrap import House
    from fermata.domain.action import ActionResult
    from fermata.domain.experiment import ExperimentResult
    from fermata.domain.held_experiment import HeldExperiment
    from fermata.flows.experiments.holding import ExperimentView
    from fermata.flows.experiments.report import Report, Ticket
    from fermata.flows.readings import IncidentView
    from fermata.flows.tickets import TicketDraft


_LOST = {
    "died": "The process that ran it has died, and its fault ends by itself. `fermata up` looks at it and closes it.",
    "expired": "It can not begin any more: its time is over. Propose it anew.",
    "abandoned": "It can not begin any more: the terminal that was to run it has gone. Propose it anew.",
}
"""What to say of a row that is over and was not closed: by what it is now."""


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command()(report)
    group.command(name="list")(list_experiments)
    group.command()(schedule)
    group.command()(from_incident)
    group.command()(ticket)


def report(  # noqa: PLR0913 - one parameter for each option
    experiment_id: Annotated[str, typer.Argument(help="Its id, the end of it, or `latest`.")] = LATEST,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write Markdown here, and its drawings (SVG) beside it.")
    ] = None,
    save_case: Annotated[
        Path | None,
        typer.Option(help="Write what a collapse measured, and what was done, as a test of the signatures."),
    ] = None,
    graph: Annotated[Path | None, typer.Option(help="With --save-case: the graph.json of the whole system.")] = None,
    beside: Annotated[
        Path | None,
        typer.Option("--with", help="With --save-case: a bundle's folder with logs, metrics, objects of that time."),
    ] = None,
    *,
    ticket: Annotated[
        bool, typer.Option("--ticket", help="Print as a ticket what a collapse asks to be mended.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show what a rehearsal expected, did and found."""
    from fermata.flows.experiments.report import draft_ticket, write_report

    if save_case is None and (graph is not None or beside is not None):
        raise UserError("--graph and --with go with --save-case")

    async def load(house: House) -> tuple[ExperimentView, str]:
        held = await house.experiments.find(experiment_id)
        return await house.experiments.show(held.id), (await house.experiments.name_states([held]))[held.id]

    view, state = with_house(load, needs_systems=False)
    if save_case is not None:
        keep_case(view.held.experiment, view.result, save_case, graph=graph, beside=beside, as_json=as_json)
    elif output is not None:
        _write_files(write_report(view, output.stem), output)
    elif ticket:
        _print_ticket(draft_ticket(view), as_json=as_json)
    else:
        print_report(view, as_json=as_json, lost=state if state in _LOST else "")
        if state in _LOST:
            say(_LOST[state], err=as_json)


def print_report(view: ExperimentView, *, as_json: bool, lost: str = "") -> None:
    """Print one rehearsal, for people or as JSON.

    Args:
        lost: What it is now, where its row does not say so yet.
    """
    if as_json:
        print_json({"experiment": view.held.to_json(), "result": view.result.to_json() if view.result else None})
        return
    from fermata.cli.cards import print_card
    from fermata.cli.output import get_console
    from fermata.flows.experiments.cards import compose_card
    from fermata.flows.experiments.report import SAVED, write_saving

    card = compose_card(view.held, view.result)
    print_card(get_console(), card.model_copy(update={"subtitle": lost, "can_decide": False}) if lost else card)
    if view.result is not None:
        _print_times(view.result)
        if view.result.verdict in SAVED:
            say(f"Keep it as a test of the signatures: {write_saving(view.held)}")


def _print_times(result: ExperimentResult) -> None:
    parts = [f"started {format_instant(result.started_at)}"]
    if result.injected_at is not None:
        parts.append(f"fault on {format_instant(result.injected_at)}")
    if result.withdrawn_at is not None and result.injected_at is not None:
        lasted = format_duration(result.withdrawn_at - result.injected_at)
        parts.append(f"seen gone {format_instant(result.withdrawn_at)}, after {lasted}")
    if result.injected_at is not None:
        parts.append(f"felt by {result.affected}")
    say("; ".join(parts) + ".")


def _write_files(made: Report, output: Path) -> None:
    files = {output: made.markdown, **{output.with_name(name): svg for name, svg in made.drawings}}
    for path in files:
        if path.exists():
            raise UserError(f"{path} was not written", why="it exists, and may hold edits", do="Name another file")
    try:
        write_new(files)
    except OSError as error:
        raise OperationalError(
            f"{output} cannot be written", why=error.strerror or str(error), do="Choose another place"
        ) from error
    say(f"Wrote {output}" + (f" and {len(made.drawings)} drawings beside it" if made.drawings else ""))


def _print_ticket(drafted: Ticket | None, *, as_json: bool) -> None:
    if drafted is None:
        say("It did not collapse: there is nothing to file.", err=True)
        raise typer.Exit(1)
    if as_json:
        print_json({"title": drafted.title, "description": drafted.body})
    else:
        say(f"{drafted.title}\n\n{drafted.body}")


def list_experiments(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 20, *, as_json: JsonFlag = False
) -> None:
    """List rehearsals, newest first."""

    async def load(house: House) -> tuple[Sequence[HeldExperiment], Mapping[str, str]]:
        found = await house.experiments.list_recent(limit)
        return found, await house.experiments.name_states(found)

    found, states = with_house(load, needs_systems=False)
    if as_json:
        print_json([held.to_json() for held in found])
        return
    rows = (
        (
            held.id,
            states[held.id],
            held.experiment.title,
            held.experiment.target.namespace or held.experiment.target.system,
            format_instant(held.proposed_at),
        )
        for held in found
    )
    print_table(("id", "is", "rehearsal", "where", "proposed"), rows, empty="There are no rehearsals yet.")


def schedule(*, as_json: JsonFlag = False) -> None:
    """Show the weekly slot, and the rehearsals that are approved for it; `fermata chaos propose --until` adds one."""
    from fermata.flows.experiments.keeping import list_standing
    from fermata.rules.slots import WEEKDAYS, find_next

    async def work(house: House) -> None:
        slot = house.rehearsing.slot
        standing = await house.store.read(list_standing)
        upcoming = find_next(slot, house.context.clock.now()) if slot else None
        if as_json:
            rows = [
                {"id": held.id, "until": str(held.scheduled_until), "title": held.experiment.title} for held in standing
            ]
            print_json({"next": format_instant(upcoming) if upcoming else None, "standing": rows})
            return
        if slot is None or upcoming is None:
            say("There is no slot: set chaos.slot. Nothing runs by itself.")
        else:
            day = WEEKDAYS[slot.weekday].capitalize()
            say(f"Each {day} at {slot.begins:%H:%M} UTC; next {format_instant(upcoming)}.")
        print_table(
            ("id", "until", "rehearsal"),
            ((held.id, str(held.scheduled_until), held.experiment.title) for held in standing),
            empty="No rehearsal is approved for it.",
        )

    with_house(work, needs_systems=False)


def from_incident(
    incident: Annotated[str, typer.Argument(help="Id, the end of it, or `latest`.")],
    graph: Annotated[Path, typer.Option(help="The graph.json, or the plan as --json printed it.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say which items of a plan rehearse what an earlier incident was about: would it happen again?"""
    from fermata.flows.chaos_spec import read_plan
    from fermata.rules.recurrence import find_recurrences

    async def load(house: House) -> IncidentView:
        return await house.readings.show((await house.readings.find_incident(incident)).id)

    view = with_house(load, needs_systems=False)
    found = find_recurrences(view.diagnosis, read_plan(graph)) if view.diagnosis else ()
    if as_json:
        print_json([{"number": one.number, "why": one.why, "item": one.item} for one in found])
        return
    print_table(
        ("item", "target", "fault", "expected", "because of"),
        (
            (str(one.number), str(one.item["target"]), str(one.item["fault"]), str(one.item["predict"]), one.why)
            for one in found
        ),
        empty=f"Nothing in that graph is what {view.incident.id} was about, as far as it was diagnosed.",
    )
    if found:
        options = f"--graph {graph} --from-incident {view.incident.id} --check JOURNEY=URL"
        say(f"Rehearse one: fermata chaos run {found[0].number} {options}")


def ticket(
    experiment_id: Annotated[str, typer.Argument(help="Its id, the end of it, or `latest`.")] = LATEST,
    to: Annotated[str, typer.Option(help="Where to make it: jira:SHOP, linear:OPS, github:shop/checkout.")] = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Make it without asking again.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """File what a collapse asks to be mended: shown first, and made once."""

    async def prepare(house: House) -> TicketDraft:
        from fermata.flows.experiments.ticketing import prepare_ticket

        view = await house.experiments.show((await house.experiments.find(experiment_id)).id)
        return await prepare_ticket(house.context, view, to)

    async def make(house: House) -> ActionResult:
        from fermata.flows.experiments.ticketing import make_ticket

        return await make_ticket(house.context, prepared, get_actor(house))

    prepared = with_house(prepare)
    say(prepared.words, err=as_json)
    if not yes:
        if not sys.stdin.isatty():
            why = "there is no terminal to ask at"
            raise UserError("No ticket was made", why=why, do="Add --yes once you have read what it will say")
        typer.confirm("Make exactly this ticket?", abort=True)
    made = with_house(make)
    print_json(made) if as_json else say(made.detail)
    if made.outcome is not Outcome.DONE:
        raise typer.Exit(1)
