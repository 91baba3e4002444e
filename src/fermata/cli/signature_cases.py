"""`fermata signatures test`, and the saving of cases for it: rehearsals as regression tests of the signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.output import JsonFlag, print_json, print_table, say

if TYPE_CHECKING:
    from fermata.domain.experiment import Experiment, ExperimentResult
    from fermata.flows.signature_cases import BrokenCase, CaseOutcome


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(name="test")(judge_cases)


def judge_cases(
    cases: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Cases, or folders of cases.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Diagnose saved rehearsals without a model, and say of each whether what was done is named.

    `fermata chaos report ID --save-case DIR` saves one. Exits with 1 when any is wrong or silent, with 2 when any
    cannot be read; the others are tested all the same.
    """
    from fermata.flows.signature_cases import CaseOutcome, find_cases, try_case
    from fermata.rules.rehearsed import Naming

    tried = [try_case(folder) for folder in find_cases(cases)]
    outcomes = [each for each in tried if isinstance(each, CaseOutcome)]
    for each in tried:
        if not isinstance(each, CaseOutcome):
            say(f"fermata: {each.error}", err=True)
            continue
        for warning in each.warnings:
            say(f"fermata: {each.folder}: {warning}", err=True)
    if as_json:
        print_json([each.to_json() for each in tried])
    elif outcomes or len(tried) > 1:
        print_table(
            ("case", "outcome", "done", "leading", "runner-up", "why"), map(_write_row, tried), empty="No case."
        )
    if len(outcomes) < len(tried):
        raise typer.Exit(2)
    if any(outcome.verdict.naming is not Naming.NAMED for outcome in outcomes):
        raise typer.Exit(1)


def _write_row(outcome: CaseOutcome | BrokenCase) -> tuple[str, ...]:
    from fermata.flows.signature_cases import BrokenCase
    from fermata.rules.rehearsed.naming import describe

    if isinstance(outcome, BrokenCase):
        return (str(outcome.folder), "unreadable", "-", "-", "-", outcome.error.why or outcome.error.what)
    known, verdict = outcome.known, outcome.verdict
    told = (describe(each) if each is not None else "-" for each in (verdict.leading, verdict.runner_up))
    done = f"{known.fault.kind.value} at {known.place}"
    return (str(outcome.folder), verdict.naming.value, done, *told, verdict.why)


def keep_case(  # noqa: PLR0913 - what is saved, and how it is told
    experiment: Experiment,
    result: ExperimentResult | None,
    folder: Path,
    *,
    graph: Path | None = None,
    beside: Path | None = None,
    as_json: bool = False,
    is_on_stderr: bool = False,
) -> None:
    """Save a rehearsal as a case, and say what the signatures make of it today."""
    from fermata.flows.experiments.casefile import save_case
    from fermata.flows.signature_cases import run_case

    saved = save_case(experiment, result, folder, graph=graph, beside=beside)
    outcome = run_case(folder)
    for note in saved.notes:
        say(f"fermata: {note}", err=True)
    if as_json:
        print_json({**outcome.to_json(), "notes": list(saved.notes)})
        return
    say(f"{saved.folder} holds the case: {outcome.verdict.naming.value}, {outcome.verdict.why}.", err=is_on_stderr)
    say(f"Test it again after each change: fermata signatures test {saved.folder}", err=is_on_stderr)


def refuse_taken(folder: Path) -> None:
    """Refuse a folder that holds something, before minutes are spent on what is to lie there.

    Raises:
        UserError: It holds something.
    """
    from fermata.flows.experiments.casefile import refuse_full

    refuse_full(folder)
