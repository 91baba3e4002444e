"""A diagnosis for people: what is wrong, the lines it rests on, why others lost, the changes, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fermata.cli.output import get_console, get_line_width, show_controls, wrap_hanging
from fermata.domain.diagnosis import Hypothesis, Verdict

if TYPE_CHECKING:
    from fermata.domain.evidence import Evidence
    from fermata.flows.bundle.diagnose import Diagnosed

_MOST_CHANGES = 5
_MOST_GAPS = 10
_MOST_QUOTES = 4


def print_diagnosis(diagnosed: Diagnosed) -> None:
    """Print a bundle's diagnosis on stdout."""
    from fermata.flows.bundle.answer import list_cited
    from fermata.rules.planning import explain_no_plan

    bundle, diagnosis = diagnosed.bundle, diagnosed.diagnosis
    cited = list_cited(diagnosed)
    _write(f"{bundle.id}: {bundle.title}", style="bold")
    if diagnosis.leading is not None:
        _heading("What is wrong")
        _write_hypothesis(diagnosis.leading, cited)
    elif diagnosis.verdict is Verdict.HEALTHY:
        _heading("Nothing is wrong any more")
    else:
        _heading("The cause is undetermined")
    if diagnosis.checks:
        _heading("What would settle it")
        _write_items(diagnosis.checks)
    if diagnosis.hypotheses[1:]:
        _heading("What else it could be, and why it lost")
        for other in diagnosis.hypotheses[1:]:
            _write_items([f"{other.cause} ({other.confidence:.2f}): {other.text} {other.lost_because}"])
    _write_changes(diagnosed)
    _heading("What to do")
    suggestions = diagnosis.leading.suggestions if diagnosis.leading else ()
    if suggestions:
        _write_items(f"{item.name} on {item.target.ref}: needs a live system for its dry run" for item in suggestions)
    else:
        _write_items([explain_no_plan(diagnosis, "")])
    if diagnosis.gaps:
        _heading("What is missing")
        _write_items(gap.reason for gap in diagnosis.gaps[:_MOST_GAPS])
        if len(diagnosis.gaps) > _MOST_GAPS:
            _write_items([f"{len(diagnosis.gaps) - _MOST_GAPS} more: see --json"])
    kinds = len({item.kind for item in bundle.evidence})
    _write("")
    _write(f"{len(bundle.evidence)} pieces of evidence of {kinds} kinds; no model was asked.", style="dim")


def _write_hypothesis(hypothesis: Hypothesis, cited: dict[str, Evidence]) -> None:
    from fermata.flows.bundle.answer import locate

    _write_items([f"{hypothesis.text} ({hypothesis.cause}, confidence {hypothesis.confidence:.2f})"])
    for citation in hypothesis.citations[:_MOST_QUOTES]:
        _write(f"    {locate(citation, cited)}", style="dim")
        for line in citation.quote.split("\n")[:3]:
            _write(f"      {line}")


def _write_changes(diagnosed: Diagnosed) -> None:
    diagnosis = diagnosed.diagnosis
    if not diagnosis.changes and diagnosis.guilty_change is None:
        return
    _heading("Changes")
    guilty = diagnosis.guilty_change
    _write_items([f"guilty: {guilty}" if guilty else "no change is guilty"])
    _write_items(f"{item.id} ({item.blame:.2f}): {item.why}" for item in diagnosis.changes[:_MOST_CHANGES])


def _heading(text: str) -> None:
    _write("")
    _write(text, style="bold")


def _write_items(items: Iterable[str]) -> None:
    width = get_line_width(get_console())
    for item in items:
        _write("  " + wrap_hanging(show_controls(item), width=width, indent=2))


def _write(text: str, style: str = "") -> None:
    # Text from outside is never taken as markup, and moves no cursor.
    get_console().print(show_controls(text), style=style, markup=False, soft_wrap=True)
