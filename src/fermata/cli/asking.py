"""`fermata ask`: a question in words, an answer with the lines it rests on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.looking import show_progress
from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, show_controls, wrap_hanging
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from fermata.bootstrap import House
    from fermata.domain.diagnosis import Citation
    from fermata.flows.ask import Reply

_LONGEST = 2_000
_QUOTED_LINES = 3


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ask)


def ask(
    question: Annotated[list[str], typer.Argument(help='In words: "why is checkout slow?"', metavar="QUESTION")],
    incident: Annotated[
        str | None,
        typer.Option(
            help="Answer from this incident's evidence: its id, its last characters, an alert's name, `latest`."
        ),
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Answer a question from live state, or from an incident. Nothing is changed by asking."""
    from fermata.flows.ask import ask as ask_flow

    text = " ".join(question).strip()  # In quotes or without: what follows is one question.
    if not text or len(text) > _LONGEST:
        raise UserError("The question cannot be read", why=f"it is empty, or longer than {_LONGEST:,} characters")
    started = time.monotonic()
    with show_progress(is_quiet=as_json) as on_progress:

        async def work(house: House) -> Reply:
            found = await house.readings.find_incident(incident) if incident is not None else None
            return await ask_flow(house.context, text, incident_id=found.id if found else None, on_progress=on_progress)

        reply = with_house(work)
    seconds = time.monotonic() - started
    if as_json:
        print_json(_describe(reply, seconds))
        return
    _print_reply(get_console(), reply, seconds)


def _describe(reply: Reply, seconds: float) -> dict[str, Any]:
    return {
        "question": reply.question.text,
        "kind": reply.question.kind.value,
        "names": list(reply.question.names),
        "answer": [
            {"text": said.text, "by": said.by or "rules", "citations": [item.to_json() for item in said.citations]}
            for said in reply.said
        ],
        "verdict": reply.diagnosis.verdict.value if reply.diagnosis else None,
        "missing": list(reply.missing),
        "models": [analysis.to_json() for analysis in reply.analyses],
        "costs": {
            "usd": str(reply.cost_usd),
            "calls": sum(len(analysis.outcomes) for analysis in reply.analyses),
            "tokens": sum(analysis.input_tokens + analysis.output_tokens for analysis in reply.analyses),
            "seconds": round(seconds, 3),
        },
    }


def _print_reply(console: Console, reply: Reply, seconds: float) -> None:
    from fermata.rules.budget import write_usd

    titles = {item.id: item.title for item in reply.evidence}
    for said in reply.said:
        _write(console, f"{said.by}: {said.text}" if said.by else said.text, indent=0)
        for citation in said.citations:
            _print_citation(console, citation, titles.get(citation.evidence_id, citation.evidence_id))
    for gap in reply.missing:
        _write(console, f"Missing: {gap}", indent=0)
    for analysis in reply.analyses:
        _write(console, f"Models: {_flatten(analysis.text)}", indent=0)
        for refusal in analysis.refusals:
            if refusal not in analysis.text:
                _write(console, _flatten(refusal), indent=4)
    count = len(reply.evidence)
    looked = f"{count} {'piece' if count == 1 else 'pieces'} of evidence; " if count else ""
    console.print("")
    _write(console, f"{looked}{seconds:.1f} s; cost {write_usd(reply.cost_usd)}{_tell_calls(reply)}.", indent=0)


def _flatten(text: str) -> str:
    return " ".join(text.split())


def _tell_calls(reply: Reply) -> str:
    if not reply.analyses:
        return ", no model was asked"
    calls = sum(len(analysis.outcomes) for analysis in reply.analyses)
    tokens = sum(analysis.input_tokens + analysis.output_tokens for analysis in reply.analyses)
    seconds = sum(analysis.seconds for analysis in reply.analyses)
    return f" ({'1 call' if calls == 1 else f'{calls} calls'}, {tokens:,} tokens, {seconds:.1f} s of it)"


def _print_citation(console: Console, citation: Citation, title: str) -> None:
    lines = citation.quote.split("\n")
    # Words of one line that are cited as two may stand in either.
    is_whole = len(lines) == citation.last_line - citation.first_line + 1
    for number, line in enumerate(lines[:_QUOTED_LINES], start=citation.first_line):
        where = f"line {number}" if is_whole else f"lines {citation.first_line}-{citation.last_line}"
        _write(console, f"{title}, {where}: {line}", indent=4)
    if len(lines) > _QUOTED_LINES:
        _write(console, f"({len(lines) - _QUOTED_LINES} more lines: see --json)", indent=4)


def _write(console: Console, text: str, *, indent: int) -> None:
    shown = show_controls(text.replace("\n", " ").replace("\t", " "))
    wrapped = wrap_hanging(shown, width=get_line_width(console), indent=indent, breaks_words=True)
    console.print(" " * indent + wrapped, markup=False, soft_wrap=True)
