"""`fermata investigate --alert` and `fermata context`: a look at the world now, without a serving process."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, show_controls, wrap_hanging
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.kit.units import format_duration

if TYPE_CHECKING:
    from rich.console import Console

    from fermata.bootstrap import House
    from fermata.domain.alert import Alert
    from fermata.domain.diagnosis import Diagnosis
    from fermata.domain.evidence import Evidence, Gathering
    from fermata.flows.gather import OnProgress, Progress
    from fermata.flows.look import Look

AlertOption = Annotated[
    Path | None,
    typer.Option(
        "--alert",
        metavar="FILE",
        help="A webhook body or a normalised alert, `-` for standard input: look at the live systems for it now.",
    ),
]
_STDIN = Path("-")
_LONGEST_BODY = 16 * 1024 * 1024
_ORDER = (
    *(EvidenceKind.STATE, EvidenceKind.OBJECTS, EvidenceKind.RESOURCES, EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED),
    *(EvidenceKind.CHANGE, EvidenceKind.DATABASE_LOAD, EvidenceKind.METRICS, EvidenceKind.LOGS, EvidenceKind.TICKET),
    EvidenceKind.RUNBOOK,
)
_LINES = {EvidenceKind.LOGS: 6, EvidenceKind.ENVIRONMENT: 12, EvidenceKind.CHANGE: 0}
"""Lines shown of one piece of evidence; a change is told by its title, its diff is one command away."""
_USUAL_LINES = 4
_MOST_PIECES = 6


def investigate_alert(file: Path, *, as_json: bool) -> None:
    """Look at the live systems for an alert, and print the answer and what would be proposed.

    Args:
        file: `-`: what comes on standard input.
    """
    if file != _STDIN:
        _investigate(file, "", as_json=as_json)
        return
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "alert.json"
        kept.write_bytes(_read_stdin())
        _investigate(kept, "standard input", as_json=as_json)


def _read_stdin() -> bytes:
    do = "Pipe a webhook body in (`curl ... | fermata investigate --alert -`), or name a file"
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError("No alert comes on standard input", why="it is a terminal, or closed", do=do)
    body = sys.stdin.buffer.read(_LONGEST_BODY + 1)
    if len(body) > _LONGEST_BODY:
        raise UserError(f"Standard input holds more than {_LONGEST_BODY} bytes", why="no alert is that long", do=do)
    return body


def _investigate(file: Path, called: str, *, as_json: bool) -> None:
    from fermata.flows.bundle.answer import compose_answer
    from fermata.flows.gather import say_nothing_to_ask
    from fermata.flows.look import look_at_alerts, read_alert_file

    alerts: tuple[Alert, ...] = ()
    try:
        alerts = read_alert_file(file, called=called)
    except UserError:
        # The sources that the settings name may read what a bundle does not.
        if not file.is_file():
            raise
    started = time.monotonic()
    with show_progress(is_quiet=as_json) as on_progress:

        async def work(house: House) -> Look:
            if not house.context.collectors:
                raise say_nothing_to_ask()
            told = alerts or read_alert_file(file, house.context, called=called)
            return await look_at_alerts(house.context, told, on_progress)

        look = with_house(work)
    if as_json:
        answer = compose_answer(look.diagnosed, time.monotonic() - started)
        print_json({**answer, "plan": _describe_steps(look) or answer["plan"]})
        return
    from fermata.cli.diagnoses import print_diagnosis

    print_diagnosis(look.diagnosed, look.steps, look.denial)


def context(
    service: Annotated[
        str, typer.Argument(help="A service, workload or database by name; `namespace/name` where names repeat.")
    ],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Show what is true about a service now, from every configured system, in one screen."""
    from fermata.flows.gather import say_nothing_to_ask
    from fermata.flows.look import gather_context, judge_context

    entity = _parse_service(service)
    with show_progress(is_quiet=as_json) as on_progress:

        async def work(house: House) -> tuple[Gathering, frozenset[str], Diagnosis]:
            if not house.context.collectors:
                raise say_nothing_to_ask()
            scope, gathering = await gather_context(house.context, entity, on_progress)
            asked = frozenset(each.name for each in house.context.collectors if each.wants(scope))
            return gathering, asked, judge_context(house.context, scope, gathering).diagnosis

        gathering, asked, diagnosis = with_house(work)
    if as_json:
        print_json(_describe_gathering(service, gathering))
        return
    _print_gathering(
        get_console(), service, gathering, asked=asked, verdict=_say_verdict(diagnosis, is_partial=bool(gathering.gaps))
    )


def _parse_service(text: str) -> Entity:
    namespace, _, name = text.rpartition("/")
    try:
        return Entity(kind="service", name=name, namespace=namespace)
    except ValueError as error:
        raise UserError(
            f"{text!r} is no service's name", why="it is empty, or holds a space, a wildcard or more than one slash"
        ) from error


@contextmanager
def show_progress(*, is_quiet: bool) -> Iterator[OnProgress]:
    """Say on a terminal's stderr what has answered so far; a pipe gets the answer only."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, emoji=False)
    if is_quiet or not console.is_terminal:
        yield lambda _: None
        return
    told: list[str] = []
    with console.status("Asking every system at once ...") as status:

        def tell(progress: Progress) -> None:
            mark = "failed" if progress.failure else f"{progress.pieces}"
            told.append(f"{progress.collector} {mark} ({progress.took.total_seconds():.1f} s)")
            status.update(f"Answered: {', '.join(told[-4:])}")

        yield tell


def _describe_steps(look: Look) -> Mapping[str, Any] | None:
    if not look.steps:
        return None
    actions = [
        {
            "name": step.draft.name,
            "target": step.draft.target.ref,
            "parameters": dict(step.draft.parameters),
            "risk": step.draft.risk.value,
            "dry_run": step.draft.dry_run.to_json(),
        }
        if step.draft is not None
        else {
            "name": step.suggestion.name,
            "target": step.suggestion.target.ref,
            "parameters": dict(step.suggestion.parameters),
            "refused": step.refusal,
        }
        for step in look.steps
    ]
    needs = "the alert at a serving Fermata, and a person's approval"
    if look.denial:
        needs = f"the policy's permission, which it does not give ({look.denial}), {needs}"
    return {"actions": actions, "needs": needs}


def _describe_gathering(service: str, gathering: Gathering) -> dict[str, Any]:
    from fermata.rules.runbooks import check_runbooks

    return {
        "service": service,
        "took_s": gathering.took.total_seconds(),
        "evidence": [item.to_json() for item in _sort(gathering.evidence)],
        "runbooks": [check.to_json() for check in check_runbooks(gathering.evidence)],
        "missing": [{"what": gap.collector, "why": gap.reason} for gap in gathering.gaps],
    }


def _sort(evidence: Sequence[Evidence]) -> list[Evidence]:
    ranks = {kind: rank for rank, kind in enumerate(_ORDER)}
    return sorted(evidence, key=lambda item: (ranks.get(item.kind, len(_ORDER)), item.entity.ref))


def _say_verdict(diagnosis: Diagnosis, *, is_partial: bool) -> str:
    """Return in a sentence what stands out; never that all is well, since no alert says what should be."""
    leading = diagnosis.leading
    if leading is None:
        # Of a service whose systems are silent nothing was seen that could have stood out.
        return "No known cause stands out in it" + (": what is missing was not looked at." if is_partial else ".")
    return f"What stands out: {leading.text} ({leading.cause}, confidence {leading.confidence:.2f})"


def _print_gathering(
    console: Console, service: str, gathering: Gathering, *, asked: frozenset[str], verdict: str
) -> None:
    from fermata.rules.gaps import describe_gaps
    from fermata.rules.runbooks import check_runbooks

    took = format_duration(gathering.took)
    count = len({item.collector for item in gathering.evidence})
    _write(console, f"{service}, as {count} {'collector' if count == 1 else 'collectors'} found it ({took})")
    if gathering.evidence:
        told = wrap_hanging(verdict, width=get_line_width(console), indent=2)
        console.print(show_controls(told), markup=False, soft_wrap=True)
    kind: EvidenceKind | None = None
    shown = 0
    evidence = _sort(gathering.evidence)
    checks = {check.evidence_id: check.text for check in check_runbooks(evidence)}
    for item in evidence:
        if item.kind is not kind:
            kind, shown = item.kind, 0
            _write(console, f"\n{item.kind.value.replace('_', ' ')}")
        shown += 1
        if shown > _MOST_PIECES:
            if shown == _MOST_PIECES + 1:
                left = sum(other.kind is kind for other in evidence) - _MOST_PIECES
                _write(console, f"  {left} more: see --json")
            continue
        _print_piece(console, item, checks.get(item.id, ""))
    if not evidence:
        _write(console, f"\n{_explain_nothing(gathering, asked)}")
    if gathering.gaps:
        _write(console, "\nmissing")
        for text in describe_gaps(gathering.gaps):
            _write(console, f"  {text}")


def _explain_nothing(gathering: Gathering, asked: frozenset[str]) -> str:
    silent = {gap.collector for gap in gathering.gaps}
    if asked and asked <= silent:
        return "Nobody could be asked: none of the configured systems answered, so whether it exists is not known."
    if silent:
        return f"No system that answered knows it, and {len(silent)} of {len(asked)} collectors could not be asked."
    return "No system knows it. Is the name right, and is its system configured?"


def _print_piece(console: Console, item: Evidence, verdict: str) -> None:
    _write(console, f"  {item.title}  [{item.entity.ref}, {format_instant(item.observed_at)}]")
    if verdict:
        _write(console, f"    {verdict}")
    most = _LINES.get(item.kind, _USUAL_LINES)
    # The end of a log is what is true now.
    lines = item.lines[-most:] if item.kind is EvidenceKind.LOGS else item.lines[:most]
    for line in lines if most else ():
        _write(console, f"    {line.text}")
    if most and len(item.lines) > most:
        _write(console, f"    ({len(item.lines) - most} more lines)")


def _write(console: Console, text: str) -> None:
    # A line is cut, not wrapped: one screen is the point, and --json has all of it.
    width = console.width if console.is_terminal else None
    for line in show_controls(text).split("\n"):
        shown = line if width is None or len(line) <= width else f"{line[: width - 1]}\u2026"
        console.print(shown, markup=False, soft_wrap=True)
