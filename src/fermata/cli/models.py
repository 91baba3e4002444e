"""`fermata models` and `fermata route`: whom Fermata may ask, how they are, and why one is asked before another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fermata.cli.blaming import show_blame
from fermata.cli.groups import WholeHelp
from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, print_json, print_table, say
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from datetime import datetime

    from fermata.bootstrap import House
    from fermata.models.settings import TargetSettings
    from fermata.models.trials import Trial

KindName = Literal["parse", "classify", "summarise", "draft", "diagnose", "plan"]
"""The values of `domain.model.TaskKind`, for `--help`: its module needs pydantic, which takes a tenth of a second."""
TierName = Literal["low", "medium", "high"]
"""The values of `domain.model.Tier`."""
_models = typer.Typer(cls=WholeHelp, help="See the models that may be asked, and try them.", no_args_is_help=True)
_route = typer.Typer(cls=WholeHelp, help="See which model is asked for what.", no_args_is_help=True)
_DEADLINE_S = 60
"""As `models.trials.PATIENCE_S`, whose module takes a second."""
_TOLD_EVERY_S = 5
_LEDGER = " The last answers are the ledger's, of seven days."
_NONE = "No model is configured: signatures alone diagnose. `models:` in the settings adds some (docs/asking.md)."


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    _models.command("blame")(show_blame)
    app.add_typer(_models, name="models")
    app.add_typer(_route, name="route")


@_models.command("status")
def show_status(*, as_json: JsonFlag = False) -> None:
    """Show how each target is: its circuit, its keys, why and until when one is left alone, its last answer."""
    from fermata.flows.targets import find_states

    states = with_house(lambda house: find_states(house.context))
    if as_json:
        print_json({"at": format_instant(states.at), "serving": states.is_serving, "targets": states.targets})
        return
    columns = ("target", "tier", "circuit", "keys", "last")
    print_table(columns, (_list_cells(target) for target in states.targets), empty=_NONE)
    for target in states.targets:
        if target["refusal"]:
            say(f"{target['target']} is never asked: {target['refusal']}.")
    if states.targets:
        is_told = not states.is_serving and any(target["last"] for target in states.targets)
        say(_tell_source(states.at if states.is_serving else None) + (_LEDGER if is_told else ""))


@_models.command("try")
def try_targets(
    target: Annotated[
        str | None,
        typer.Argument(help="Only this one, as the settings or `fermata models status` name it. Otherwise all."),
    ] = None,
    deadline: Annotated[
        int, typer.Option(min=1, max=600, help="Seconds a target may take. A model that has to be loaded needs more.")
    ] = _DEADLINE_S,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make one cheap call to each target and say how fast it is, what it costs and what it supports.

    A target that does not take the form of the call is asked again in simpler ones; all targets are asked at once, but
    for those of one server. 0: all answer, 1: not all.
    """

    async def work(house: House) -> list[Trial]:
        trials = []
        async for trial in _try(house, target, deadline):
            trials.append(trial)
            if not as_json:
                _print_trial(trial)
        return trials

    trials = with_house(work)
    if as_json:
        print_json({"targets": [_describe_trial(trial) for trial in trials]})
    elif not trials:
        say(_NONE)
    if not all(trial.is_ok for trial in trials):
        raise typer.Exit(1)


@_route.command("explain")
def explain_kind(
    kind: Annotated[KindName, typer.Argument(help="The kind of task.")],
    tier: Annotated[
        TierName | None, typer.Option(help="Begin at this tier, as after an answer that did not stand.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say which target would be asked for a kind of task now, and why not the others."""
    from fermata.domain.model import TaskKind, Tier
    from fermata.flows.targets import explain_route

    begins = Tier(tier) if tier else None
    route = with_house(lambda house: explain_route(house.context, TaskKind(kind), begins))
    if as_json:
        seen_at = format_instant(route.seen_at) if route.seen_at else None
        told = {"kind": kind, "tier": tier, "serving": route.seen_at is not None}
        print_json({**told, "at": seen_at, "lines": list(route.lines)})
        return
    for line in route.lines or (_NONE,):
        say(line)
    if route.lines:
        say(_tell_source(route.seen_at))


async def _try(house: House, name: str | None, deadline_s: int) -> AsyncIterator[Trial]:
    from fermata.flows.spending import Spending
    from fermata.models.trials import try_target

    settings, context = house.settings, house.context
    chosen = [target for target in settings.models.targets if name in (None, target.id, target.name or target.model)]
    if name is not None and not chosen:
        known = ", ".join(target.id for target in settings.models.targets) or "none"
        raise UserError(f"There is no target {name}", do=f"Choose one of: {known}")
    book = Spending(context.store, context.clock, context.budgets, context.meters)
    # At once, for one that hangs takes minutes; one after the other where they share a server, which may have one GPU.
    servers = {target.base_url or target.provider: asyncio.Lock() for target in chosen}

    async def try_one(target: TargetSettings) -> Trial:
        async with servers[target.base_url or target.provider]:
            return await try_target(settings.models, target, book, context.clock, patience_s=deadline_s)

    trials = {asyncio.ensure_future(try_one(target)): target.id for target in chosen}
    waited_s = 0
    try:
        for trial in trials:
            while not (await asyncio.wait([trial], timeout=_TOLD_EVERY_S))[0]:
                waited_s += _TOLD_EVERY_S
                silent = ", ".join(name for other, name in trials.items() if not other.done())
                say(f"No answer yet from {silent} after {waited_s} s; each is given {deadline_s} s.", err=True)
            yield trial.result()
    finally:
        for trial in trials:
            trial.cancel()


def _list_cells(target: Mapping[str, Any]) -> Sequence[str]:
    kinds = f" ({', '.join(target['kinds'])})" if target["kinds"] else ""
    keys = [f"{key['label']}: {_tell_breaker(key)}" for key in target["keys"] if key["label"]]
    last = target["last"]
    ended = f"{last['outcome']} at {last['at']}" + (f": {last['error']}" if last["error"] else "") if last else "-"
    return (
        target["target"],
        (target["tier"] or "any") + kinds,
        "never asked" if target["refusal"] else _tell_breaker(target["circuit"]),
        "; ".join(keys) or "none",
        ended,
    )


def _tell_breaker(breaker: Mapping[str, Any]) -> str:
    if breaker["reason"] is None:
        return str(breaker["state"])
    return f"{breaker['state']}: {breaker['reason']} until {breaker['until']}"


def _tell_source(seen_at: datetime | None) -> str:
    if seen_at is not None:
        return f"As the serving process saw it at {format_instant(seen_at)}."
    return "This is what a fresh process knows, which has asked nobody yet."


def _print_trial(trial: Trial) -> None:
    say(f"{trial.target}: {'answers' if trial.is_ok else 'FAILED'}")
    for line in _tell_trial(trial):
        say(f"  {line}")


def _tell_trial(trial: Trial) -> Iterator[str]:
    if trial.failure:
        yield trial.failure
    else:
        last = trial.attempts[-1]
        first = f"{last.first_byte_s:.2f} s to the first byte, " if last.first_byte_s is not None else ""
        yield f"latency: {first}{last.duration_s:.2f} s in all"
        yield f"supports: JSON schema {_say(trial.takes_schema)}, streaming {_say(trial.streams)}, usage " + (
            "yes" if trial.tells_usage else "no (what it costs is estimated, at the dearer bound)"
        )
        if trial.takes_schema is False:
            yield "the form of an answer is asked for in words"
        if trial.streams is False:
            yield "it answers without streaming only: set `stream: false`"
        for key in trial.dead_keys:
            yield f"key {key.label}, no answer: {key.why}"
    if trial.price is not None and not trial.is_local:
        price = trial.price
        yield f"price: ${price.input_per_mtok} in, ${price.output_per_mtok} out for a million tokens"
    if trial.attempts:
        from fermata.rules.budget import write_usd

        calls = "1 call" if len(trial.attempts) == 1 else f"{len(trial.attempts)} calls"
        yield f"this cost {write_usd(trial.cost_usd)} in {calls}{' (local)' if trial.is_local else ''}"


def _say(answer: bool | None) -> str:  # noqa: FBT001 - three values, the whole point
    return {True: "yes", False: "no", None: "not tried"}[answer]


def _describe_trial(trial: Trial) -> dict[str, Any]:
    last = trial.attempts[-1] if trial.attempts else None
    return {
        "target": trial.target,
        "ok": trial.is_ok,
        "failure": trial.failure or None,
        "dead_keys": [{"key": key.label, "why": key.why} for key in trial.dead_keys],
        "outcomes": [attempt.outcome.value for attempt in trial.attempts],
        "local": trial.is_local,
        "price": {
            "input_per_mtok": str(trial.price.input_per_mtok),
            "output_per_mtok": str(trial.price.output_per_mtok),
        }
        if trial.price
        else None,
        "cost_usd": str(trial.cost_usd),
        "first_byte_s": last.first_byte_s if last else None,
        "duration_s": last.duration_s if last else None,
        "fingerprint": last.fingerprint if last else "",
        "supports": {"json_schema": trial.takes_schema, "streaming": trial.streams, "usage": trial.tells_usage},
    }
