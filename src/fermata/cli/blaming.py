"""`fermata models blame`: whose doing it was that a model brought nothing of use, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import with_house
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, say, wrap_hanging
from fermata.kit.clock import format_instant
from fermata.kit.units import format_count

if TYPE_CHECKING:
    from fermata.rules.attribution import Shift, Standing

_TOLD = {
    "infrastructure": ("the way there or the server", "see the provider's status page, and `fermata models try`"),
    "limit": ("a limit", "pay, raise it, or add a key or a target"),
    "key": ("the key", "renew it, or what it may do"),
    "request": ("the request", "it is too long, the model is gone, or its content is not taken: read the words"),
    "form": (
        "the model or its server, whose answer was none",
        "give it room (`analysis.answer_tokens`), or take another model",
    ),
    "claims": ("the model, which says what does not stand", "nothing of it was shown as true; take another model"),
    "deadline": ("nobody: we stopped waiting", "`analysis.deadline` and `models.deadlines` say for how long"),
}
"""By party (`rules.attribution.Party`): who it is, and what to do next."""
_NOT_ASKED = (
    "If one was to be: the card says why not, `fermata models status` whose price is not known, `fermata costs` what "
    "is left of the budgets."
)
"""A call that was never made is in no ledger."""
_LONGEST_DIGEST = 15


def show_blame(
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days in UTC, today among them.")] = 7,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say who is to blame for what models did not bring: infrastructure, a limit, a key, the model's words, a change.

    From the ledger: how each call ended, whether its answer stood, and since when the model or our prompt is another.
    """
    from fermata.flows.attribution import load_attribution

    standings = with_house(lambda house: load_attribution(house.context, days), needs_systems=False)
    if as_json:
        print_json({"days": days, "targets": [standing.to_json() for standing in standings]})
        return
    if not standings:
        _say(f"No model was asked {'today' if days == 1 else f'in the last {days:,} days'}. {_NOT_ASKED}", indent=0)
    for standing in standings:
        for line, indent in _tell(standing):
            _say(line, indent=indent)


def _tell(standing: Standing) -> Iterator[tuple[str, int]]:
    checked = f", {standing.checked:,} of them looked up, {standing.accepted:,} accepted" if standing.checked else ""
    calls, answers = format_count(standing.calls, "call"), format_count(standing.answered, "answer")
    yield f"{standing.target}: {calls}, {answers}{checked}", 0
    for blame in standing.blames:
        who, do = _TOLD[blame.party]
        keys = f" (key {', '.join(blame.keys)})" if blame.keys else ""
        yield f"{format_count(blame.calls, 'call')}: {who}{keys}; {do}", 2
        yield f"last at {format_instant(blame.last_at)}: {blame.last}", 4
    for text in dict.fromkeys(map(_tell_shift, standing.shifts)):
        yield text, 2


def _tell_shift(shift: Shift) -> str:
    since = f"since {format_instant(shift.began_at)}"
    what = {
        "model": f"It answers as {shift.now!r} {since}, before as {shift.was!r}",
        "prompt": f"Our prompt {shift.prompt_name} is another {since} ({_cut(shift.now)}, before {_cut(shift.was)})",
    }.get(shift.what, f"No newer name and no newer prompt {shift.prompt_name}, but {since}")
    told = f"{shift.bad_since} of {format_count(shift.since, 'answer')} did not stand, before {shift.bad_before} of "
    word = f"WORSE: {_tell_chance(shift)}" if shift.is_worse else "not worse, as far as so few tell"
    return f"{what}: {told}{shift.before:,} (prompt {shift.prompt_name}). {word}."


def _tell_chance(shift: Shift) -> str:
    """Return how seldom chance alone brings that, and of how many comparisons it is one."""
    among = f", and {format_count(shift.compared, 'comparison')} were made" if shift.compared > 1 else ""
    return f"by chance that comes once in {min(1 / max(shift.chance, 1e-9), 1_000_000):,.0f} times{among}"


def _cut(digest: str) -> str:
    return digest[:_LONGEST_DIGEST]


def _say(text: str, *, indent: int) -> None:
    say(wrap_hanging(" " * indent + " ".join(text.split()), width=get_line_width(get_console()), indent=indent + 2))
