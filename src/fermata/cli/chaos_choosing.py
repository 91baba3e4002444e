"""Which experiment a command is about: one of a file, or an item of a plan with what no graph says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.chaos_spec import last_for, read_journeys, read_pairs
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
    """What was given on the command line."""

    item: int | None
    experiment: Path | None
    graph: Path | None
    system: str
    namespace: str
    labels: list[str] | None
    callee_labels: list[str] | None
    checks: list[str] | None
    hits: list[str] | None
    seconds: int | None
    replicas: int | None
    from_incident: str

    def load(self) -> Experiment:
        """Return it as a new experiment: a run has an id of its own, whatever a file says.

        Raises:
            UserError: It is neither, or something is missing.
        """
        from fermata.flows.chaos_spec import read_experiment
        from fermata.kit.ids import new_id

        now = SystemClock().now()
        made = self._build() if self.experiment is None else read_experiment(self.experiment)
        changes: dict[str, object] = {"id": new_id("exp", now), "created_at": now}
        if self.from_incident:
            changes["from_incident"] = self.from_incident
        return last_for(made.model_copy(update=changes), self.seconds)

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
