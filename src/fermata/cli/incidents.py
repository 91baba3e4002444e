"""`fermata incidents | show | pending | why | investigate | settle`: reading, and what people do by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fermata.cli import learning
from fermata.cli.bundles import BundleOption, OfflineFlag, investigate_bundle, signatures
from fermata.cli.groups import WholeHelp
from fermata.cli.looking import AlertOption, context, investigate_alert
from fermata.cli.opening import CHANNEL, get_actor, get_handle, with_house
from fermata.cli.output import JsonFlag, get_console, print_json, print_table, say
from fermata.domain.action import Outcome
from fermata.domain.ids import ActionId, AlertId, IncidentId
from fermata.domain.incident import IncidentState
from fermata.kit.clock import format_instant
from fermata.kit.digest import shorten
from fermata.kit.errors import NotFoundError, UserError
from fermata.kit.ids import LATEST
from fermata.ports.desk import Guest

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.domain.incident import Incident
    from fermata.flows.readings import IncidentView, Pending
    from fermata.flows.standing import Wall

_incidents = typer.Typer(cls=WholeHelp, help="List incidents; merge and split them by hand.")

Found = Literal["done", "failed"]
"""What a person can find at the target of an action whose outcome is unknown."""
_MOST_SEVERE = 5
"""Named below the newest ones."""

LimitOption = Annotated[int, typer.Option(min=1, help="How many, newest first.")]
IncidentArgument = Annotated[
    str,
    typer.Argument(
        help="Incident id, its end, an alert's name, or `latest`: whose plan waits, else the newest, live ones first."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_incidents, name="incidents")
    learning.add_to(_incidents)
    _incidents.command("show")(tell_story)
    app.add_typer(signatures, name="signatures")
    for command in (show, pending, why, investigate, context, resolve, settle):
        app.command()(command)


@_incidents.callback(invoke_without_command=True)
def incidents(context: typer.Context, limit: LimitOption = 20, *, as_json: JsonFlag = False) -> None:
    """List incidents, newest first."""
    if context.invoked_subcommand is None:
        list_incidents(limit, as_json=as_json)


@_incidents.command("list")
def list_incidents(limit: LimitOption = 20, *, as_json: JsonFlag = False) -> None:
    """List incidents, newest first: what `fermata incidents` alone does, too."""

    async def read(house: House) -> tuple[Sequence[Incident], int, Sequence[Incident]]:
        listed = await house.readings.list_incidents(limit)
        known = {item.id for item in listed}
        total = await house.readings.count_incidents(tuple(IncidentState))
        severe = await house.readings.list_severe() if total > len(listed) else ()
        return listed, total, [item for item in severe if item.id not in known]

    found, total, severe = with_house(read, needs_systems=False)
    if as_json:
        print_json(found)
        return
    print_table(
        ("incident", "state", "severity", "alerts", "since", "title"),
        (
            (
                item.id,
                item.state.value,
                item.severity.value,
                str(len(item.alert_ids)),
                format_instant(item.started_at),
                item.title,
            )
            for item in found
        ),
        empty="No incidents. Alerts arrive at POST /v1/alerts/<source> of `fermata up`.",
    )
    if total > len(found):
        say(f"{len(found)} of {total:,}; --limit shows more.")
    # By age alone an outage is lost behind the warnings that came after it.
    for item in severe[:_MOST_SEVERE]:
        say(f"Older, and not over: {item.id}  {item.state.value}  {item.severity.value}  {item.title}")
    if len(severe) > _MOST_SEVERE:
        say(f"Further critical and high ones that are not over: {len(severe) - _MOST_SEVERE} or more.")


@_incidents.command()
def merge(
    target: Annotated[str, typer.Argument(help="The incident that stays.")],
    source: Annotated[str, typer.Argument(help="The incident that is folded into it.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Fold one incident into another; its findings are carried over."""

    async def work(house: House) -> Incident:
        stays = await house.readings.find_incident(target)
        goes = await house.readings.find_incident(source)
        wall = await _guard(house, goes.id, "Not merged: a plan waits, which that would withdraw")
        return await house.curation.merge(stays.id, goes.id, get_actor(house), wall)

    merged = with_house(work)
    print_json(merged) if as_json else typer.echo(f"{merged.id} now holds {len(merged.alert_ids)} alerts.")


@_incidents.command()
def split(
    incident: IncidentArgument,
    alert: Annotated[list[str], typer.Option("--alert", help="Alert id to take out; repeat for more.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Take alerts out into an incident of their own; findings are carried over."""

    async def work(house: House) -> Incident:
        found = await house.readings.find_incident(incident)
        wall = await _guard(house, found.id, "Not split: a plan waits, which that would withdraw")
        return await house.curation.split(found.id, [AlertId(item) for item in alert], get_actor(house), wall)

    separated = with_house(work)
    print_json(separated) if as_json else typer.echo(
        f"{separated.id} was split off with {len(separated.alert_ids)} alerts."
    )


@_incidents.command()
def export(
    incident: IncidentArgument,
    to: Annotated[Path, typer.Option("--to", help="The folder to write; new or empty.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Write what an incident's latest investigation saw as a redacted bundle (docs/bundle.md)."""
    from fermata.flows.bundle.write import Exported, export_incident

    async def work(house: House) -> Exported:
        found = await house.readings.find_incident(incident)
        return await export_incident(house.context, found.id, to)

    written = with_house(work)
    if as_json:
        print_json({"folder": str(written.folder), "evidence": written.evidence, "alerts": written.alerts})
        return
    say(f"{written.evidence} pieces of evidence and {written.alerts} alerts are in {written.folder}.")


def tell_story(incident: IncidentArgument = LATEST, *, as_json: JsonFlag = False) -> None:
    """Tell one incident from its first sign on: its card, then who did what and when, and links; --json as `show`."""
    from fermata.cli.story import print_story

    _show(incident, print_story, as_json=as_json)


def show(incident: IncidentArgument = LATEST, *, as_json: JsonFlag = False) -> None:
    """Show one incident: its card, or with --json everything that is known of it."""
    from fermata.cli.cards import print_card

    def print_view(view: IncidentView, _public_url: str) -> None:
        print_card(get_console(), view.card)
        if view.card.can_decide and view.proposal is not None:
            typer.echo(f"fermata approve {view.incident.id} --digest {shorten(view.proposal.plan_digest)}")
            typer.echo(f'fermata reject {view.incident.id} --reason "..."')

    _show(incident, print_view, as_json=as_json)


def _show(incident: str, print_view: Callable[[IncidentView, str], None], *, as_json: bool) -> None:
    async def work(house: House) -> tuple[IncidentView, str]:
        found = await house.readings.find_incident(incident)
        return await house.readings.show(found.id), house.context.public_url

    view, public_url = with_house(work, needs_systems=False)
    print_json(view) if as_json else print_view(view, public_url)


def pending(
    limit: Annotated[int, typer.Option(min=1, help="How many, what expires first first.")] = 100,
    *,
    as_json: JsonFlag = False,
) -> None:
    """List the plans that wait for a person."""

    async def read(house: House) -> tuple[Sequence[Pending], int]:
        return await house.readings.list_pending(limit), await house.readings.count_pending()

    found, total = with_house(read, needs_systems=False)
    if as_json:
        print_json([{"proposal": item.proposal.to_json(), "plan": item.plan.to_json()} for item in found])
        return
    print_table(
        ("incident", "digest", "expires", "risk", "what for, and plan"),
        (
            (
                item.incident.id,
                shorten(item.proposal.plan_digest),
                format_instant(item.proposal.expires_at),
                item.plan.risk.value,
                # One column: two would leave a terminal of 80 columns no room for either.
                f"{item.incident.title}: {item.plan.summary}",
            )
            for item in found
        ),
        empty="Nothing waits for a decision.",
    )
    if total > limit:
        say(f"{len(found)} of {total:,}, those that expire first; --limit shows more.")


def why(
    alert: Annotated[str, typer.Argument(help="Alert id, fingerprint or rule name.")], *, as_json: JsonFlag = False
) -> None:
    """Say what became of an alert, and which layer held it back."""
    explanation = with_house(lambda house: house.readings.explain_alert(alert), needs_systems=False)
    if as_json:
        print_json(explanation)
        return
    say(explanation.text)
    typer.echo(f"Layer: {explanation.layer}. Incident: {explanation.incident_id or 'none'}.")


def investigate(
    incident: Annotated[
        str | None, typer.Argument(help="Incident id, its last characters, an alert's name, or `latest`.")
    ] = None,
    bundle: BundleOption = None,
    alert: AlertOption = None,
    *,
    offline: OfflineFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Investigate an incident again (the serving process does it), or a bundle or an alert's file here and now."""
    if bundle is not None and len(bundle) > 1:
        raise UserError(
            "One bundle is diagnosed at a time",
            why=f"--bundle was given {len(bundle)} times",
            do="Run it once for each, or put what belongs to one incident into one folder",
        )
    if sum(item is not None for item in (incident, bundle or None, alert)) != 1:
        raise UserError(
            "Investigate an incident, a bundle or an alert, one of them",
            do="Write `fermata investigate latest`, `... --bundle FOLDER`, or `... --alert FILE`",
        )
    if bundle:
        investigate_bundle(bundle[0], as_json=as_json, offline=offline)
        return
    if offline:
        raise UserError("--offline goes with --bundle", why="a live investigation asks the systems it is about")
    if alert is not None:
        investigate_alert(alert, as_json=as_json)
        return
    asked = incident or ""

    async def work(house: House) -> dict[str, str]:
        try:
            found = await house.readings.find_incident(asked)
        except NotFoundError as error:
            raise _suggest_option(asked) or error from None
        wall = await _guard(house, found.id, "Not looked at again: a plan waits, which that would withdraw")
        run_id = await house.curation.investigate_again(found.id, get_actor(house), wall)
        return {"incident_id": found.id, "run_id": run_id}

    started = with_house(work, enqueues=True)
    print_json(started) if as_json else typer.echo(
        f"Investigation {started['run_id']} of {started['incident_id']} is enqueued."
    )


async def _guard(house: House, incident_id: IncidentId, undone: str) -> Wall:
    """Return what keeps whoever is at this shell from taking a plan from those who decide it, as in a chat."""
    from fermata.flows.standing import guard_plan

    return await guard_plan(house.context, Guest(channel=CHANNEL, handle=get_handle()), incident_id, undone)


def _suggest_option(text: str) -> NotFoundError | None:
    """Return the refusal of what is no incident but lies on this disk: its name was given without its option."""
    path = Path(text)
    option = "--bundle" if path.is_dir() else "--alert" if path.is_file() else ""
    if not option:
        return None
    kind = "a folder" if option == "--bundle" else "a file"
    return NotFoundError(
        f"No incident is called {text!r}; here it is {kind}", do=f"Write `fermata investigate {option} {text}`"
    )


def resolve(
    incident: IncidentArgument,
    reason: Annotated[str, typer.Option(help="Why it is over; kept in the journal.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """End an incident by hand. A plan that waits is withdrawn; an alert that fires anew opens it again."""
    from fermata.flows.curate import Resolved, tell_resolved

    async def work(house: House) -> Resolved:
        found = await house.readings.find_incident(incident)
        wall = await _guard(house, found.id, "Not resolved: a plan waits, which that would withdraw")
        return await house.curation.resolve(found.id, get_actor(house), reason, wall)

    resolved = with_house(work)
    if as_json:
        print_json(resolved.incident.to_json() | {"still_firing": list(resolved.firing)})
    else:
        say(tell_resolved(resolved))


def settle(
    action: Annotated[str, typer.Argument(help="Action id, from the incident's card.")],
    outcome: Annotated[Found, typer.Argument(help="What you found by looking at the target.")],
    reason: Annotated[str, typer.Option(help="What you saw.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Settle an action whose outcome is unknown after a crash."""
    with_house(lambda house: house.curation.settle(ActionId(action), Outcome(outcome), get_actor(house), reason))
    settled = {"action_id": action, "outcome": outcome}
    print_json(settled) if as_json else say(f"{action} is settled as {outcome}.")
