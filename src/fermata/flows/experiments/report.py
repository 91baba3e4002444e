"""The report of a rehearsal: prediction beside measurement, drawings of the journeys, and what to fix first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.experiment import ExperimentResult, Measured, Sample, Verdict
from fermata.domain.held_experiment import HeldExperiment
from fermata.flows.experiments.cards import list_facts
from fermata.flows.experiments.holding import ExperimentView
from fermata.kit.clock import format_instant
from fermata.kit.markdown import write_inline
from fermata.kit.units import format_duration
from fermata.rules.plots.samples import draw_samples
from fermata.rules.plots.svg import write_svg

SAVED = (Verdict.COLLAPSED, Verdict.CONTAINED)
"""Verdicts of runs that somebody felt: a test of the signatures can be made of them."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as files."""

    markdown: str
    drawings: tuple[tuple[str, str], ...]
    """File name and SVG of each drawing that the Markdown shows."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What to mend first, as somebody would file it."""

    title: str
    body: str


def write_report(view: ExperimentView, stem: str) -> Report:
    """Return the report as Markdown, and the drawings beside it.

    Args:
        stem: Name of the Markdown file without its ending; those of the drawings begin with it.
    """
    held, result = view.held, view.result
    lines = [f"# Rehearsal: {write_inline(held.experiment.title)}", "", *_write_outcome(held, result), ""]
    drawings: list[tuple[str, str]] = []
    if result is not None:
        for drawing in draw_samples(result):
            name = f"{stem}-{drawing.name}.svg"
            drawings.append((name, write_svg(drawing.plot, f"{drawing.title}: {held.experiment.title}")))
            seen = drawing.plot.description.replace("The incident began", "The fault began")
            lines += [f"![{drawing.title}. {write_inline(seen)}]({name})", ""]
        lines += ["## Prediction beside measurement", "", *_write_comparison(held, result), ""]
    lines += ["## What was done", "", *(f"- {row.label}: {write_inline(row.text)}" for row in list_facts(held))]
    lines += [f"- Approved: {text}" for text in list_approvals(held)] or ["- Approved: by nobody"]
    if result is not None and result.verdict in SAVED:
        lines += ["", f"Keep it as a test of the signatures: `{write_saving(held)}`."]
    lines += ["", f"Experiment `{held.id}`, approved as `{held.digest}`."]
    return Report("\n".join(lines) + "\n", tuple(drawings))


def _write_outcome(held: HeldExperiment, result: ExperimentResult | None) -> Iterator[str]:
    if result is None:
        yield f"**{held.state.value}**" + (f": {write_inline(held.reason)}" if held.reason else "")
        return
    yield f"**{result.verdict.value}**: {write_inline(result.why)}"
    if result.aborted:
        yield f"\nIt ended before its time: {write_inline(result.aborted.rstrip('.'))}."
    if result.fix_first:
        yield f"\nFix first: {write_inline(result.fix_first.rstrip('.'))}."


def _write_comparison(held: HeldExperiment, result: ExperimentResult) -> Iterator[str]:
    prediction = held.experiment.prediction
    yield f"Expected: {prediction.expected.value}, because {write_inline(prediction.why.rstrip('.'))}."
    yield f"Found: {result.verdict.value}."
    yield ""
    yield from (f"- {write_inline(line)}" for line in result.comparison)
    yield f"- Felt the fault: {result.affected} calls or replicas"
    if result.injected_at and result.withdrawn_at:
        yield f"- The fault was there for {format_duration(_round(result.withdrawn_at - result.injected_at))}"
    yield from ("", "| journey | phase | asked | answered | p50 ms | p95 ms |", "|---|---|---|---|---|---|")
    for item in result.measured:
        numbers = " | ".join(write_numbers(item))
        yield f"| {write_inline(item.journey)} | {item.phase.value} | {item.requests} | {numbers} |"


def write_numbers(item: Measured) -> tuple[str, str, str]:
    """Return share answered, median and 95th percentile for people; a dash where nothing was answered."""
    answered = "-" if item.ok_ratio is None else f"{item.ok_ratio:.1%}"
    p50, p95 = ("-" if value is None else f"{value:.0f}" for value in (item.p50_ms, item.p95_ms))
    return answered, p50, p95


def write_sample(sample: Sample, *, max_p95_ms: float) -> str:
    """Return what is known of one journey in one second while it runs; a wait without an end yet is called one.

    Args:
        sample: A question that is open counts as one that was not answered, once its wait is beyond the limit.
        max_p95_ms: That limit: what the journey may take.
    """
    told = f"{sample.ok}/{sample.requests} answered" if sample.requests else "nothing answered yet"
    if sample.waiting:
        told += f", {sample.waiting} waited for"
    if sample.p95_ms is None:
        return told
    more = " or more" if sample.waiting and sample.p95_ms > max_p95_ms else ""
    return f"{told}, p95 {sample.p95_ms:.0f} ms{more}"


def list_approvals(held: HeldExperiment) -> tuple[str, ...]:
    """Return who approved it, in which role, where and when."""
    return tuple(
        f"{item.person_id} ({item.role}) in {item.channel} at {format_instant(item.approved_at)}"
        for item in held.approvals
    )


def draft_ticket(view: ExperimentView) -> Ticket | None:
    """Return what a collapse asks to be mended, for a person to file; `None` for any other verdict."""
    held, result = view.held, view.result
    if result is None or result.verdict is not Verdict.COLLAPSED:
        return None
    experiment = held.experiment
    lines = [
        f"A rehearsal of it ended in a collapse: {result.why}",
        "",
        *(f"{row.label}: {row.text}" for row in list_facts(held)),
        "",
        *result.comparison,
        "",
        f"Done when the same rehearsal ({held.id}) is contained or graceful: `fermata chaos report {held.id}`.",
        f"Whether Fermata names it when it happens again, this tests: `{write_saving(held)}`.",
    ]
    return Ticket(title=(result.fix_first or f"Survive that {experiment.title}")[:200], body="\n".join(lines))


def write_saving(held: HeldExperiment) -> str:
    """Return the command that keeps a rehearsal as a case."""
    return f"fermata chaos report {held.id} --save-case cases/{held.id}"


def _round(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds(), 1))
