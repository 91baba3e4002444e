"""The brief as a whole: parts in a fixed order, each within its share, and the evidence with all that is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fermata.domain.action import ActionSpec
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.rules.brief.catalogue import list_actions, list_targets
from fermata.rules.brief.fences import fence, make_mark, show_line
from fermata.rules.brief.parts import (
    fit,
    is_asked_now,
    list_alerts,
    list_changes,
    list_first,
    list_gaps,
    list_runbooks,
    write_scope,
)
from fermata.rules.brief.pieces import Piece, Pieces
from fermata.rules.brief.sizes import FIXED, Size
from fermata.rules.condense import count_tokens
from fermata.rules.signatures.base import Case

_SEAMS = 140
"""Tokens of headings, fences and blank lines between the parts."""
_LEAST = 24
"""Tokens below which a piece says nothing."""
_LEAST_TELLING = 6 * _LEAST
"""Tokens that a piece with telling lines gets at least: its heading and one of them, and a series' line is long."""
_LIST_SHARE = 0.12
"""Of what is left for the evidence, what the list of pieces that got no room may take."""
_HALF = 0.5
_MOST_SUMMED = 6
_FILLED = 0.9
"""Of a batch's budget, what its answers may fill: the rest is for headings, and for the reasons if it has to be asked
again."""
_HEADING = 12
"""Tokens of the heading above one request."""
_LONGEST_ANSWER = 2_000
_ANSWER_LINE = 380
"""Characters of a refused answer that are shown again, and of one line of it."""
_WORTH = 60
"""Tokens left over that are worth giving to somebody."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a model reads of an incident."""

    text: str
    tokens: int
    """By `count_tokens`; never more than the size asked for."""
    names: Mapping[str, Evidence]
    """The evidence by the names that the text calls it: `E1`."""
    parts: Mapping[str, int] = field(default_factory=dict)
    """Tokens of each part, for the tables of costs."""
    unread: tuple[Piece, ...] = ()
    """Logs of what the incident is about that found no room, condensed as they are: somebody has to sum them up."""


def compose_brief(
    case: Case,
    diagnosis: Diagnosis,
    specs: Mapping[str, ActionSpec] | None = None,
    size: Size = FIXED,
    *,
    by: str = "Fermata's signatures",
) -> Brief:
    """Write the brief of a case with what signatures made of it.

    Args:
        specs: What is known of the catalogue's actions, by name; the others are named only.
        by: Whose the diagnosis is, in our words.
    """
    pieces = Pieces(case, diagnosis)
    mark = make_mark([case.scope.incident_id, case.question, *pieces.by_id])
    systems = {item.entity.system for item in case.evidence} | {
        item.collector.partition(".")[0] for item in case.evidence
    }
    offering = {name.partition(".")[0] for name in case.known_actions} & systems
    actions = fit(list_actions(case.known_actions, specs or {}, systems), size.share(size.actions))
    targets = fit(list_targets(case, diagnosis, offering), size.share(size.targets)) if actions else []
    blocks = {
        "scope": write_scope(case.scope, is_asked=is_asked_now(case)),
        "alerts": _fence(
            mark, "alerts", fit(list_alerts(case.scope, case.alerts, case.question), size.share(size.alerts))
        ),
        "signatures": _fence(mark, by, fit(list_first(case, diagnosis, pieces), size.share(size.first))),
        "changes": _fence(
            mark,
            "changes",
            list_changes(case, diagnosis, pieces, size.share(size.changes), names_authors=size.names_authors),
        ),
        "runbooks": _fence(mark, "runbooks", fit(list_runbooks(case.evidence, pieces), size.share(size.runbooks))),
        "gaps": _fence(mark, "collectors that failed", fit(list_gaps(diagnosis), size.share(size.gaps))),
        "actions": "\n".join(["Actions of the catalogue:", *actions]) if actions else "",
        "targets": _fence(mark, "what was observed and can be acted on", targets),
    }
    used = sum(count_tokens(text) for text in blocks.values())
    evidence, unshown = _write_evidence(pieces.list_evidence(), mark, size.tokens - used - _SEAMS)
    order = ("scope", "alerts", "signatures", "changes", "evidence", "runbooks", "gaps", "actions", "targets")
    written = {name: text for name in order if (text := (blocks | {"evidence": evidence})[name])}
    text = "\n\n".join(f"## {name}\n{body}" for name, body in written.items())
    return Brief(
        text=text,
        tokens=count_tokens(text),
        names=pieces.names,
        parts={name: count_tokens(body) for name, body in written.items()},
        unread=tuple(piece for piece in unshown if piece.evidence.kind is EvidenceKind.LOGS and piece.is_near),
    )


def compose_extra(
    asked: Sequence[tuple[str, Sequence[Piece]]],
    mark_of: Sequence[str],
    budget: int,
    *,
    batches_left: int | None = None,
) -> str:
    """Write what a model asked to see besides: one fence for each question, all within one budget.

    Args:
        asked: Each question in words, with the pieces that answer it; none means that there is nothing. The words
            are those of whoever asked, so they stand inside of the fence.
        mark_of: What the fences' mark is made of.
        batches_left: How many batches may still be asked for; `None` where none ever may.
    """
    mark = make_mark(mark_of)
    share = int(budget * _FILLED) // max(len(asked), 1)
    bodies = [_answer_one(question, pieces, mark, share) for question, pieces in asked]
    # What one question leaves of its share goes to the first that can use it.
    left = sum(share - _HEADING - _price(body) for body in bodies)
    for index, (question, pieces) in enumerate(asked):
        if left > _WORTH and pieces and len(asked) > 1:
            own = _price(bodies[index]) + _HEADING
            bodies[index] = _answer_one(question, pieces, mark, own + left)
            left -= _price(bodies[index]) + _HEADING - own
    blocks = [
        f"### request {number}\n{_fence(mark, 'evidence', body)}"
        + ("" if len(body) > 1 else "\nThere is nothing, or nothing more than above.")
        for number, body in enumerate(bodies, start=1)
    ]
    told = f"{tell_batches(batches_left)}\n" if batches_left is not None else ""
    return f"## what you asked for\n{told}" + "\n\n".join(blocks)


def _answer_one(question: str, pieces: Sequence[Piece], mark: str, budget: int) -> list[str]:
    words = f"asked| {show_line(question, 160)}"
    lines, _ = _choose_evidence(pieces, mark, budget - count_tokens(words) - _HEADING)
    return [words, *lines]


def tell_batches(left: int) -> str:
    """Return how much more a model may ask for, in our words."""
    if left < 1:
        return "No more evidence can be asked for: conclude from what there is, or say that it is undetermined."
    return f"{left} more {'batch' if left == 1 else 'batches'} of evidence may be asked for."


def compose_refusal(reasons: Sequence[str], answer: str) -> str:
    """Write why an answer was not accepted, with the answer itself: fenced, for both repeat what comes from outside.

    Args:
        answer: As it came; shown up to a few hundred tokens.
    """
    text = answer[:_LONGEST_ANSWER]
    lines = [f"answer| {show_line(text[start : start + _ANSWER_LINE])}" for start in range(0, len(text), _ANSWER_LINE)]
    lines += [f"reason| {show_line(reason)}" for reason in reasons]
    fenced = _fence(make_mark(["refused", *lines]), "your last answer, and why it does not stand", lines)
    return (
        f"## your last answer was not accepted\n{fenced}\n"
        "Answer again, wholly: keep what was right, mend what the reasons name; claim only what you can cite."
    )


def compose_dropped(reasons: Sequence[str]) -> str:
    """Write why suggestions were dropped: fenced, for the reasons name what was suggested. Empty without any."""
    lines = [f"dropped| {show_line(reason)}" for reason in reasons]
    return _fence(make_mark(["dropped", *lines]), "an earlier suggestion, which does not hold", lines)


def compose_summary(name: str, text: str) -> str:
    """Write what a model made of a log: a pointer to its lines, fenced, for it repeats what comes from outside.

    Args:
        name: The piece, as the brief calls it.
    """
    lines = [f"{name}| {show_line(line)}" for line in text.split("\n") if line.strip()][:_MOST_SUMMED]
    return _fence(make_mark([name, *lines]), f"a model's summary of {name}, which is no evidence: ask for lines", lines)


def _fence(mark: str, source: str, lines: Sequence[str]) -> str:
    return fence(mark, source, lines) if lines else ""


def _write_evidence(pieces: Sequence[Piece], mark: str, budget: int) -> tuple[str, list[Piece]]:
    lines, unshown = _choose_evidence(pieces, mark, budget)
    return _fence(mark, "evidence", lines), unshown


def _choose_evidence(pieces: Sequence[Piece], mark: str, budget: int) -> tuple[list[str], list[Piece]]:
    """Return as many pieces as have room, each one's share by its weight, and name the others; return these, too.

    What is left over after that is given to the first pieces that can use it.
    """
    named = int(budget * _LIST_SHARE)
    left = budget - named - count_tokens(fence(mark, "evidence", []))
    bodies: dict[str, list[str]] = {}
    weights = sum(piece.weight + 1 for piece in pieces)
    for piece in pieces:
        # A piece gets its share of what is left, the first ones twice that but at most half: a second view of the same
        # incident is always in the brief.
        part = min(_HALF, 2 * (piece.weight + 1) / weights)
        least = _LEAST_TELLING if piece.telling else 4 * _LEAST
        bodies[piece.name] = _write_piece(piece, min(left, max(int(left * part), least)))
        weights -= piece.weight + 1
        left -= _price(bodies[piece.name])
    for piece in pieces:
        if left > _WORTH and len(bodies[piece.name]) - 1 < len(piece.evidence.lines):
            left += _price(bodies[piece.name])
            bodies[piece.name] = _write_piece(piece, left)
            left -= _price(bodies[piece.name])
    lines = [line for body in bodies.values() for line in body]
    unshown = [piece for piece in pieces if not bodies[piece.name]]
    rest = fit([f"[not shown: {show_line(piece.heading, 120)}]" for piece in unshown], named + max(left, 0))
    if len(rest) < len(unshown):
        rest = fit([*rest, f"[and {len(unshown) - len(rest)} more pieces]"], budget)
    return [*lines, *rest], unshown


def _write_piece(piece: Piece, budget: int) -> list[str]:
    """Return the heading and the lines of a piece; nothing when there is no room for a line."""
    heading = f"[{show_line(piece.heading, 160)}; {len(piece.evidence.lines)} lines]"
    body = piece.write(budget - count_tokens(heading) - 1)
    return [heading, *body] if body else []


def _price(lines: Sequence[str]) -> int:
    return sum(count_tokens(line) + 1 for line in lines)
