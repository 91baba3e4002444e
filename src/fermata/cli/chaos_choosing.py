"""Which experiment a command is about: one of a file, or an item of a plan with what no graph says."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.chaos_spec import ExpectOption, RateOption, ask_so_often, expect, last_for, read_journeys, read_pairs
from fermata.cli.output import say
from fermata.kit.clock import SystemClock
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.domain.experiment import Experiment

ItemArgument = Annotated[int | None, typer.Argument(help="Number of the plan's item, from 1 on; needs --graph.")]
ExperimentOption = Annotated[
    Path | None,
    typer.Option("--experiment", help="An experiment as JSON instead: `fermata chaos spec --whole` prints one."),
]
GraphOption = Annotated[Path | None, typer.Option(help="The graph.json, or the plan as --json printed it.")]
SystemOption = Annotated[str, typer.Option(help="faultproxy, chaosmesh or gremlin.")]
NamespaceOption = Annotated[str, typer.Option(help="Of the target, in a cluster.")]
LabelOption = Annotated[
    list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="Of the target, or of the caller.")
]
CalleeLabelOption = Annotated[
    list[str] | None, typer.Option("--callee-label", metavar="NAME=VALUE", help="Of what is called.")
]
CheckOption = Annotated[
    list[str] | None, typer.Option("--check", metavar="JOURNEY=URL", help="What is watched; may be repeated.")
]
HitOption = Annotated[
    list[str] | None,
    typer.Option("--hit", metavar="JOURNEY", help="Check that is to feel the fault, where the plan does not name it."),
]
SecondsOption = Annotated[
    int | None, typer.Option("--seconds", min=1, max=300, help="How long the fault lasts; as planned otherwise.")
]
ReplicasOption = Annotated[int | None, typer.Option(min=1, help="Of what is hit, running now.")]
FromOption = Annotated[str, typer.Option("--from-incident", help="The earlier incident that this rehearses.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was given on the command line: each field is an option of whoever is `choosing`."""

    item: ItemArgument = None
    experiment: ExperimentOption = None
    graph: GraphOption = None
    system: SystemOption = "faultproxy"
    namespace: NamespaceOption = ""
    labels: LabelOption = None
    callee_labels: CalleeLabelOption = None
    checks: CheckOption = None
    hits: HitOption = None
    rates: RateOption = None
    expects: ExpectOption = None
    seconds: SecondsOption = None
    replicas: ReplicasOption = None
    from_incident: FromOption = ""

    def load(self) -> Experiment:
        """Return it as a new experiment: a run has an id of its own, whatever a file says.

        Raises:
            UserError: It is neither, or something is missing.
        """
        from fermata.flows.chaos_spec import read_experiment
        from fermata.kit.ids import new_id

        now = SystemClock().now()
        made = self._build() if self.experiment is None else _correct(read_experiment(self.experiment))
        changes: dict[str, object] = {"id": new_id("exp", now), "created_at": now}
        if self.from_incident:
            changes["from_incident"] = self.from_incident
        return expect(ask_so_often(last_for(made.model_copy(update=changes), self.seconds), self.rates), self.expects)

    def _build(self) -> Experiment:
        from fermata.flows.chaos_spec import build_experiment
        from fermata.rules.chaosspecs.from_plan import Aim

        if self.graph is None or self.item is None:
            raise UserError("Give either a plan's item with --graph, or --experiment")
        aim = Aim(
            system=self.system,
            namespace=self.namespace,
            labels=read_pairs(self.labels, "--label"),
            callee_labels=read_pairs(self.callee_labels, "--callee-label"),
            replicas=self.replicas,
        )
        journeys = read_journeys(self.checks, self.hits)
        return build_experiment(self.graph, self.item, aim, journeys, SystemClock().now())


def _correct(made: Experiment) -> Experiment:
    """Return what a file holds, under the name of its own fault; what was corrected is said."""
    from fermata.rules.chaosspecs.planned import correct

    corrected = correct(made)
    if corrected != made:
        say(f"The file was planned for another fault, so {corrected.prediction.why}.", err=True)
    return corrected


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of a `Choice` before its own, which it takes as its first argument."""
    shared = inspect.signature(Choice, eval_str=True).parameters
    _, *own = inspect.signature(command, eval_str=True).parameters.values()

    @functools.wraps(command)
    def invoke(**given: object) -> None:
        command(Choice(**{name: given.pop(name) for name in shared}), **given)  # type: ignore[arg-type]  # typer has checked each by the field's own annotation

    parameters = [*shared.values(), *(item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in own)]
    # What typer reads the options from.
    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # a function may carry one
    invoke.__annotations__ = {item.name: item.annotation for item in parameters}
    return invoke
