"""`fermata chaos spec` and `validate`: a fault as a file, and what is wrong with one. Nothing is injected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.chaos_places import warn_of_production, warn_of_target
from fermata.cli.output import JsonFlag, print_json, say
from fermata.kit.clock import SystemClock
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.domain.experiment import Experiment
    from fermata.rules.chaosspecs.from_plan import Journey

RateOption = Annotated[
    list[str] | None,
    typer.Option("--rate", metavar="JOURNEY=N", help="How often a second a check is asked: its load.  [default: 5]"),
]
ExpectOption = Annotated[
    list[str] | None,
    typer.Option("--expect", metavar="JOURNEY=TEXT", help="Text that a good answer to a check holds."),
]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command()(spec)
    group.command()(validate)


def spec(  # noqa: PLR0913 - one parameter for each option
    item: Annotated[int | None, typer.Argument(help="Number of the plan's item, from 1 on.")] = None,
    *,
    graph: Annotated[Path | None, typer.Option(help="The graph.json, or the plan as --json printed it.")] = None,
    experiment: Annotated[Path | None, typer.Option(help="An experiment's JSON instead of a plan's item.")] = None,
    system: Annotated[
        str,
        typer.Option(
            help="chaosmesh, gremlin, chaostoolkit or faultproxy. As a file chaosmesh, unless said; with --whole "
            "faultproxy, as `chaos run`, unless a namespace is given."
        ),
    ] = "",
    namespace: Annotated[str, typer.Option(help="Of the target.")] = "",
    labels: Annotated[
        list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="Of the target, or of the caller.")
    ] = None,
    callee_labels: Annotated[
        list[str] | None, typer.Option("--callee-label", metavar="NAME=VALUE", help="Of what is called.")
    ] = None,
    ports: Annotated[list[int] | None, typer.Option("--port", help="The target's.")] = None,
    address: Annotated[str, typer.Option(help="Control port of a fault proxy.")] = "",
    replicas: Annotated[int | None, typer.Option(min=1, help="Of what is hit, running now.")] = None,
    memory_mb: Annotated[int | None, typer.Option(min=1, help="How much memory to take.")] = None,
    checks: Annotated[
        list[str] | None, typer.Option("--check", metavar="JOURNEY=URL", help="What is watched; may be repeated.")
    ] = None,
    hits: Annotated[
        list[str] | None, typer.Option("--hit", metavar="JOURNEY", help="Check that is to feel the fault.")
    ] = None,
    rates: RateOption = None,
    expects: ExpectOption = None,
    seconds: Annotated[int | None, typer.Option(min=1, max=300, help="How long the fault lasts.")] = None,
    form: Annotated[str, typer.Option(help="fault, workflow or schedule; the last two for Chaos Mesh.")] = "fault",
    cron: Annotated[str, typer.Option(help="Times of a schedule, as '0 10 * * 2'.")] = "",
    whole: Annotated[bool, typer.Option("--whole", help="Print the experiment itself, as JSON.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print what would be injected, for one item of a plan or for an experiment. Creates nothing.

    Chaos Mesh objects come as YAML, all else as JSON.
    """
    from fermata.flows.chaos_spec import build_experiment, read_experiment
    from fermata.kit.yaml_writing import write_yaml
    from fermata.rules.chaosspecs import Form, write_spec
    from fermata.rules.chaosspecs.from_plan import Aim

    if (experiment is None) == (graph is None or item is None):
        raise UserError("Give either a plan's item with --graph, or --experiment")
    if experiment is not None:
        made = read_experiment(experiment)
    else:
        aim = Aim(
            # What `run` would make of the same item, for that is who runs an experiment.
            system=system or ("faultproxy" if whole and not namespace else "chaosmesh"),
            namespace=namespace,
            labels=read_pairs(labels, "--label"),
            callee_labels=read_pairs(callee_labels, "--callee-label"),
            ports=tuple(ports or ()),
            address=address,
            replicas=replicas,
            memory_mb=memory_mb,
        )
        journeys = read_journeys(checks, hits)
        assert graph is not None  # noqa: S101 - said above.
        assert item is not None  # noqa: S101 - said above.
        made = build_experiment(graph, item, aim, journeys, SystemClock().now())
    made = expect(ask_so_often(last_for(made, seconds), rates), expects)
    warn_of_target(made.target)
    if whole:
        print_json(made)
        return
    if form not in set(Form):
        raise UserError(f"There is no form {form!r}", do=f"Give one of {', '.join(Form)}")
    document = write_spec(made, Form(form), cron=cron)
    if as_json or "apiVersion" not in document:
        print_json(document)
    else:
        say(write_yaml(document).rstrip("\n"))


def validate(
    file: Annotated[Path, typer.Argument(help="YAML, of one document or several, or JSON.")],
    crds: Annotated[
        Path | None, typer.Option(help="A folder with the cluster's own definitions (kubectl get crd -o yaml).")
    ] = None,
    longest: Annotated[int, typer.Option(min=1, max=86400, help="Seconds that a fault may last.")] = 300,
    max_percent: Annotated[int, typer.Option(min=1, max=100, help="Of the replicas at most.")] = 50,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say what is wrong with a Chaos Mesh object, a Gremlin attack, a Chaos Toolkit experiment or a proxy request.

    Exits with 1 when anything is. Asks no cluster.
    """
    from datetime import timedelta

    from fermata.flows.chaos_spec import check_files, list_places
    from fermata.rules.chaosspecs import SpecLimits

    found = check_files(file, crds, SpecLimits(longest=timedelta(seconds=longest), max_percent=max_percent))
    warn_of_production(list_places(file))
    if as_json:
        print_json([{"document": name, "problems": list(problems)} for name, problems in found])
    else:
        for name, problems in found:
            say(f"{name}: {'ok' if not problems else f'{len(problems)} wrong'}")
            for problem in problems:
                say(f"  {problem}")
        if not found:
            say(f"{file} holds no document")
    if not found or any(problems for _, problems in found):
        raise typer.Exit(1)


def last_for(experiment: Experiment, seconds: int | None) -> Experiment:
    """Return the experiment with a fault that lasts so long, or as it is."""
    from datetime import timedelta

    return experiment if seconds is None else experiment.model_copy(update={"duration": timedelta(seconds=seconds)})


def ask_so_often(experiment: Experiment, rates: Sequence[str] | None) -> Experiment:
    """Return the experiment with checks that are asked so often.

    Args:
        rates: How often a second, as JOURNEY=N; the other checks stay as they are.

    Raises:
        UserError: One is no rate, or its journey is no check.
    """
    often = {name: _read_rate(name, text) for name, text in read_pairs(rates, "--rate").items()}
    for name in often:
        _require_check(name, [check.journey for check in experiment.checks], "--rate")
    checks = tuple(
        check.model_copy(update={"rate_rps": often.get(check.journey, check.rate_rps)}) for check in experiment.checks
    )
    return experiment.model_copy(update={"checks": checks})


def expect(experiment: Experiment, texts: Sequence[str] | None) -> Experiment:
    """Return the experiment with checks whose good answers hold a text.

    Args:
        texts: What they hold, as JOURNEY=TEXT; the other checks stay as they are.

    Raises:
        UserError: One is no pair, is too long, or its journey is no check.
    """
    from fermata.domain.experiment import LONGEST_HELD

    held = read_pairs(texts, "--expect")
    for name, text in held.items():
        _require_check(name, [check.journey for check in experiment.checks], "--expect")
        if len(text) > LONGEST_HELD:
            do = f"Give a part of it, of {LONGEST_HELD} letters at most"
            raise UserError(f"--expect {name} is too long", why=f"It has {len(text)} letters", do=do)
    checks = tuple(
        check.model_copy(update={"holds": held.get(check.journey, check.holds)}) for check in experiment.checks
    )
    return experiment.model_copy(update={"checks": checks})


def _read_rate(name: str, text: str) -> float:
    from fermata.domain.experiment import MOST_RPS

    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MOST_RPS:  # NaN is neither.
        raise UserError(f"--rate {name}={text} is no rate", do=f"Write how often a second, up to {MOST_RPS}")
    return rate


def _require_check(name: str, checks: Collection[str], option: str) -> None:
    if name not in checks:
        raise UserError(f"{option} {name!r} is none of the checks", do=f"Say where to ask: --check {name}=http://...")


def read_journeys(checks: Sequence[str] | None, hits: Sequence[str] | None) -> list[Journey]:
    """Return what is watched.

    Raises:
        UserError: A check is no pair or stands twice, or what is to feel the fault is no check.
    """
    from fermata.rules.chaosspecs.from_plan import Journey

    pairs = read_pairs(checks, "--check")
    for name in hits or ():
        _require_check(name, pairs, "--hit")
    return [Journey(name, url, is_hit=name in (hits or ())) for name, url in pairs.items()]


def read_pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """Return `NAME=VALUE` options as a mapping.

    Raises:
        UserError: One of them is no pair, or a name stands twice.
    """
    pairs: dict[str, str] = {}
    for text in given or ():
        name, sign, value = text.partition("=")
        if not (sign and name and value):
            raise UserError(f"{option} {text!r} is no pair", do="Write it as NAME=VALUE")
        if pairs.get(name, value) != value:
            why = "Only one of the two would be used"
            raise UserError(f"{option} {name} stands twice, with two values", why=why, do="Give each a name of its own")
        pairs[name] = value
    return pairs
