"""Who reads on top of a plan, for `fermata chaos plan`: the models that the settings name, and what code says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli import chaos_graph
from fermata.cli.output import say

if TYPE_CHECKING:
    from fermata.flows.chaos_plan import RulesPlan
    from fermata.flows.chaos_reading import ReadPlan
    from fermata.flows.service_graph import GraphSources

ModelOption = Annotated[
    bool | None,
    typer.Option(
        "--model/--offline",
        help="Ask the configured model what the rules missed, or ask none and read no settings. Without either, one is "
        "asked where the settings name one.",
        show_default=False,
    ),
]
CodeOption = Annotated[
    list[str] | None,
    typer.Option(metavar="[SERVICE=]FOLDER", help="Read timeouts, retries and pools from code, too."),
]
_MOST_REFUSED = 20


def make_plan(sources: GraphSources, code: list[str] | None, *, is_live: bool, limit: int) -> RulesPlan:
    """Return what the rules plan, with what patterns read from code where folders of it are given.

    Raises:
        UserError: A source cannot be read.
    """
    from fermata.flows import service_graph

    if not code:
        return service_graph.make_sources_plan(sources, chaos_graph.ask_live() if is_live else (), limit=limit)
    from fermata.cli.chaos_facts import read_sources_code
    from fermata.flows.code_facts import find_facts

    found = find_facts(read_sources_code(sources, code, is_live=is_live), "")
    plan = service_graph.make_merged_plan(found.graph, limit=limit)
    return replace(plan, warnings=(*found.problems, *plan.warnings))


def read(plan: RulesPlan, *, is_wanted: bool | None) -> ReadPlan:
    """Return the plan as a model reads it, or the rules' own with why no model has.

    Args:
        is_wanted: False asks none and reads no settings.
    """
    from fermata.flows.chaos_reading import keep_rules, read_rules_plan

    if is_wanted is False:
        return keep_rules(plan, "no model is asked (--offline)")
    from fermata.cli.opening import explain_no_model, with_house

    if why := explain_no_model():
        return keep_rules(plan, why)
    return with_house(lambda house: read_rules_plan(house.context, plan))


def tell(read_plan: ReadPlan) -> None:
    """Say on stderr who made a plan, what was refused, and what the numbers of its items are good for."""
    say(f"fermata: {read_plan.made_by}", err=True)
    for text in read_plan.refused[:_MOST_REFUSED]:
        say(f"fermata: refused: {text}", err=True)
    if len(read_plan.refused) > _MOST_REFUSED:
        say(f"fermata: refused: {len(read_plan.refused) - _MOST_REFUSED} more", err=True)
    if None in read_plan.numbers:
        say(
            "fermata: item numbers are those of the rules' own list, which the graph gives again; to rehearse a "
            "suggestion, save this list with --json and name that file as --graph: there the first has number 1",
            err=True,
        )
