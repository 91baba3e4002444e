"""What kinds of failure a diff can bring, and which it relieves: read from what its lines do, not from its title.

The rows stand in `risk_tables`: a setting that goes up or down, words that come or go, and what a file is about. A row
says what follows from how systems work (a smaller pool runs out sooner, a lookup without its index reads the whole
table), and for a setting also what the same turn mends, so that a cure is not taken for the cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fermata.rules.changes.clauses import find_changed_part
from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, Hunk, Turn, find_tokens
from fermata.rules.changes.edits import list_edits
from fermata.rules.changes.forms import is_for_people, leave_out_form
from fermata.rules.changes.moves import find_move, list_move_edits
from fermata.rules.changes.risk_tables import LINES, PLACES, TURNS, VAGUE, LineRow
from fermata.rules.changes.setting_edits import list_setting_edits
from fermata.rules.changes.sides import leave_out_reader, list_sides

__all__ = ["Risk", "find_move", "find_risks"]

_ANYTHING = frozenset(
    [
        "import",
        "parse",
        "null",
        "tls",
        "restart",
        "memory",
        "auth",
        "data",
        "cpu",
        "encoding",
        "time",
        "ports",
        "starvation",
        "config",
        "notfound",
    ]
)
_CONNECTS = re.compile(
    r"http|grpc|undici|axios|netty|driver|jdbc|(?:^|[^a-z])(?:rpc|client|requests|urllib3|amqp|redis)(?:$|[^a-z])",
    re.IGNORECASE,
)
_CONNECTIONS = frozenset({"refused", "pool", "ports", "timeout"})
_BY_NUMBER = re.compile(r"\.(?:proto|thrift|fbs|capnp|avsc|asn1?)$", re.IGNORECASE)
_ENUM = re.compile(r"\benum\b", re.IGNORECASE)
_ASSIGNED = re.compile(r"^\s*(?:[\w.<>, ]+\s)?[A-Za-z_]\w*\s*=\s*$")
_MISSING = frozenset({"import", "notfound"})
_MISREAD = frozenset({"data", "parse", "null", "notfound"})
_DRASTIC = 0.25
_AROUND = 0.6  # How much the surroundings of a change say of it, against its own lines.
_NEW = 0.6  # Of settings that nobody gave before: what worked without them seldom breaks.
_BESIDE = 0.3  # Of a word in a line of which another part changed.
_LESS = 0.5  # Of a call that stayed, with something else in it.
_AROUND_NAME = " \t=:(\"'-,"
_LONGEST_NAME = 40
_LONGEST_ADDRESS = 100
_WORD_BEGINS = re.compile(r"(?<![\w-])[\w-]")
_JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing a diff does that can hurt."""

    text: str
    """For people, with the values where there are any."""
    brings: frozenset[str]
    """Kinds of failure (`failures.KINDS`)."""
    relieves: frozenset[str]
    line: DiffLine
    strength: float
    """0..1: how much such a change usually matters."""
    passing: frozenset[str] = frozenset()
    """Of what it brings what is over soon after it was run."""
    also: frozenset[str] | None = None
    """Of an edit what may be seen as well; `None` for what only words of the diff suggest."""
    is_hint: bool = False
    """Whether a word in the lines, or in the file's name, is all that suggests it."""
    is_place: bool = False
    """Whether it is what a file of settings is about that does, and nothing in its lines."""


def find_risks(diff: Diff) -> tuple[Risk, ...]:
    """Return what the lines of a diff can bring, in the order of the tables."""
    real = leave_out_form(diff)
    renamed = {sides.path for sides in list_sides(real) if sides.is_renaming}
    by_hunk = (
        risk
        for hunk in real.effective
        if hunk.path not in renamed
        for risk in (*_find_words(hunk, real), *_find_moves(hunk))
    )
    edits = (
        Risk(e.text, e.brings, frozenset(), e.line, e.strength, also=e.also)
        for e in (*list_edits(real), *list_setting_edits(real), *list_move_edits(real))
    )
    # An amount that moved a little is a small risk still; its line is none in words.
    return (*_find_turns(diff), *_find_renumbered(real), *by_hunk, *edits)


def _find_renumbered(diff: Diff) -> Iterator[Risk]:
    """A name that gets another number in what others read by number: they go on reading the old one."""
    for hunk in diff.effective:
        if not (_BY_NUMBER.search(hunk.path) or any(_ENUM.search(text) for text in (hunk.heading, *_list_texts(hunk)))):
            continue
        for turn in hunk.turns:
            if turn.direction and _ASSIGNED.match(turn.key):
                yield Risk(f"{say_turn(turn)}: a number that others read", _MISREAD, frozenset(), turn.line, 1.0)
                return


def _list_texts(hunk: Hunk) -> list[str]:
    return [line.text for line in hunk.lines]


def _find_turns(diff: Diff) -> Iterator[Risk]:
    for turn in diff.turns:
        for row in () if is_for_people(_part(turn.key).strip(_AROUND_NAME).casefold()) else TURNS:
            if turn.direction == row.direction and turn.is_switch is row.is_switch and row.key.search(_part(turn.key)):
                relieves = frozenset[str]() if turn.is_nought else row.relieves
                yield Risk(f"{row.text}: {say_turn(turn)}", row.brings, relieves, turn.line, _weigh(turn))


def _weigh(turn: Turn) -> float:
    """Return how much a turn matters: 1 from a factor of two and a half on, next to nothing for a few percent."""
    return round(max(0.1, min(1.0, (turn.factor - 1.0) / 1.5)) + (_DRASTIC if turn.factor >= 5 else 0.0), 2)


def say_turn(turn: Turn) -> str:
    """Return what went from what to what, for people."""
    return f"{_shorten(' '.join(turn.key.split()).strip(_AROUND_NAME))} {turn.old} -> {turn.new}"


def _shorten(name: str) -> str:
    """Leave out the first words or parts of a long name, and say so: its end says what is set.

    An address of one word (`terraform_data.checkout.input`) stays whole as far as a line has room for it.
    """
    if len(name) <= _LONGEST_NAME or (" " not in name and len(name) <= _LONGEST_ADDRESS):
        return name
    start = len(name) - _LONGEST_NAME
    # A word that was cut through says something else than the word.
    word = _WORD_BEGINS.search(name, start)
    return f"\u2026{name[word.start() if word else start :]}"


def _find_words(hunk: Hunk, diff: Diff) -> Iterator[Risk]:
    """Return what the words of a hunk suggest; of settings that are only given for the first time they say less."""
    is_new = hunk.kind is FileKind.SETTINGS and not hunk.list_signed("-")
    for risk in (*_find_lines(hunk, diff), *_find_places(hunk)):
        yield replace(risk, strength=round((_NEW if is_new else 1.0) * risk.strength, 2), is_hint=True)


def _find_lines(hunk: Hunk, diff: Diff) -> Iterator[Risk]:
    # Lines of a manifest name libraries, whose names say nothing about what the service itself does.
    if hunk.kind is FileKind.MANIFEST:
        return
    if hunk.is_whole_file_gone:  # Who still used it does not find it; nobody else is touched.
        yield Risk("a file goes", _MISSING, frozenset(), hunk.lines[0], 0.8)
        return
    is_novel = any(diff.list_novel(hunk.path, sign) for sign in "+-")
    roomier = _list_roomier(hunk)
    changed = [one for sign in "-+" for one in hunk.list_signed(sign) if one.number not in roomier]
    for row in LINES if changed else ():
        if not row.kinds or hunk.kind in row.kinds:
            shares = ((_does(row, one, hunk, diff), one) for sign in row.signs for one in changed if one.sign == sign)
            share, line = max(shares, key=lambda pair: pair[0], default=(0.0, None))
            if line is not None and share > 0:
                yield Risk(row.text, row.brings, frozenset(), line, round(share * row.strength, 2), row.passing)
            elif len(row.signs) > 1 and is_novel and any(_find(row, one.text) for one in hunk.lines if one.sign == " "):
                # What stands around a changed value says what the value is for: `readinessProbe:` above a path.
                near = next(one for sign in "+-" for one in hunk.list_signed(sign))
                yield Risk(row.text, row.brings, frozenset(), near, round(_AROUND * row.strength, 2))


def _list_roomier(hunk: Hunk) -> frozenset[int]:
    """Return the numbers of lines in which nothing but an amount went up of which a table knows what less of it brings.

    A probe that waits for longer does not do what a word in its line may stand for.
    """
    found: set[int] = set()
    for turn in (turn for turn in hunk.turns if turn.direction > 0 and not (turn.is_switch or turn.is_nought)):
        if any(row.key.search(_part(turn.key)) for row in TURNS if row.text not in VAGUE and not row.is_switch):
            found.update(line.number for line in (turn.line, turn.gone) if line is not None)
    return frozenset(found)


def _does(row: LineRow, line: DiffLine, hunk: Hunk, diff: Diff) -> float:
    """Return how far a line does what the row says, 0..1; what went and came back elsewhere was only moved."""
    found = _find(row, line.text)
    if found is None or line.number in hunk.imports:
        return 0.0
    is_moved = diff.list_novel(hunk.path, line.sign).isdisjoint(find_tokens(line.text))
    if len(row.signs) > 1:
        if not _find(row, find_changed_part(line, hunk)):
            return _BESIDE
        return _LESS if is_moved else 1.0
    other = "+" if line.sign == "-" else "-"
    is_back = any(found[0].casefold() in one.text.casefold() for one in hunk.list_signed(other))
    if is_moved or line.number in _list_turned(hunk):
        return 0.0
    if is_back and not _find(row, find_changed_part(line, hunk)):
        return 0.0  # Another part of the line changed.
    # The same call with less in it: `fetch("a", "b")` that became `fetch("a")`.
    return _LESS if is_back else 1.0


def _list_turned(hunk: Hunk) -> frozenset[int]:
    """Return the numbers of lines that say another amount than before: nothing went with them, and nothing came."""
    turns = [turn for turn in hunk.turns if turn.direction and not (turn.is_switch or turn.is_nought)]
    return frozenset(line.number for turn in turns for line in (turn.line, turn.gone) if line is not None)


def _find(row: LineRow, text: str) -> re.Match[str] | None:
    """Search a text as it is, and with its identifiers in parts: `maxRetries` is about retries."""
    text = leave_out_reader(text)
    return row.pattern.search(text) or row.pattern.search(_part(text))


def _part(text: str) -> str:
    return _JOINT.sub("_", text)


def _find_places(hunk: Hunk) -> Iterator[Risk]:
    """Whatever is changed in a file about caches can change what is cached."""
    if hunk.kind in (FileKind.MANIFEST, FileKind.MIGRATION) or hunk.is_whole_file_gone or _gives_room(hunk):
        return
    about = f"{hunk.path} {hunk.heading}"
    line = next(line for sign in "+-" for line in hunk.list_signed(sign))
    for row in PLACES:
        if _find(row, about):
            # Lines of settings say themselves what they set; of code a file's name may say more than a line of it.
            is_place = hunk.kind is FileKind.SETTINGS
            yield Risk(row.text, row.brings, frozenset(), line, row.strength, is_place=is_place)


def _gives_room(hunk: Hunk) -> bool:
    """Answer whether all a hunk does is to move amounts the way that relieves: what its file is about is no risk then.

    Who takes larger bodies does nothing that the routes in the same file would suffer from.
    """
    told: set[int] = set()
    for turn in (turn for turn in hunk.turns if turn.direction and not turn.is_nought):
        rows = [row for row in TURNS if row.direction == turn.direction and row.key.search(_part(turn.key))]
        exact = [row for row in rows if row.text not in VAGUE]
        if exact and all(row.relieves for row in exact):
            told.update(line.number for line in (turn.line, turn.gone) if line is not None)
    return told >= {line.number for sign in "+-" for line in hunk.list_signed(sign)}


def _find_moves(hunk: Hunk) -> Iterator[Risk]:
    move = find_move(hunk)
    if move is not None:
        text = f"{move.name} moves from {move.old} to {move.new}"
        # What holds connections brings its own limits of idleness and number with it.
        brings = _ANYTHING | (_CONNECTIONS if _CONNECTS.search(move.name) else frozenset())
        yield Risk(text, brings, frozenset(), move.line, move.strength)
