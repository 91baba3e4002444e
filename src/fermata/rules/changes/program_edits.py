"""Edits of programs that no single word tells: a key that lost a part, a call that moved into a loop."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from fermata.rules.changes.condition_edits import is_turned
from fermata.rules.changes.diffs import DiffLine, FileKind, Hunk
from fermata.rules.changes.edit_tables import Edit, make_edit
from fermata.rules.changes.sides import Sides, part

_KEYED = re.compile(r"key|cache|memo|finger_?print|hash|etag|dedup|group_?by|partition|\block\b", re.IGNORECASE)
_PART = re.compile(r"\$?#?\{\s*([A-Za-z_][\w.\[\]()'\"!]*)[^{}]{0,20}\}|[(,+]\s*([A-Za-z_][\w.]*)\s*(?=[,)+])")


def find_keys(sides: Sides) -> Iterator[Edit]:
    """Find what is kept or told apart by fewer things than before, or by more."""
    shape = _compare_keys(sides)
    if shape is not None:
        yield shape
        return
    keyed = (
        [line for line in sides.removed if _KEYED.search(line.text)],
        [line for line in sides.added if _KEYED.search(line.text)],
    )
    if not keyed[0] or not keyed[1]:
        return
    old, new = ({name for line in lines for name in _list_parts(line.text)} for lines in keyed)
    gone = {name for name in old - new if not re.search(rf"\b{re.escape(name)}\b", sides.new)}
    came = new - old
    if gone and not came:
        text = f"what is kept is no longer told apart by {min(gone)}"
        yield make_edit(text, keyed[1][0], "foreign data auth cache duplicate stale | notfound concurrency lock", 1.3)
    elif came and not old - new:
        text = f"what is kept is told apart by {min(came)} as well"
        yield make_edit(
            text, keyed[1][0], "load cache memory query notfound | slow cpu timeout data stale duplicate", 1.0
        )


_MADE = re.compile(
    r"\b\w{0,30}?(?:key|finger_?print|cache_id|etag)\w{0,30} {0,4}(?::?=|:) {0,4}(.+)$"
    r"|(?:cache|memo|store|redis)\w{0,30}(?:\.|::|->)(?:get|set|put|fetch|remember|read|write|wrap|compute)\w{0,20}\(([^,)]+)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"\b(?:s?printf|string\.format|format|join)\(", re.IGNORECASE)
_QUOTES = re.compile(r"(?<=[\"'}])[^\"'{}]*(?=[\"'{])|\b[fbru](?=[\"'])|%[sdv]")
_NAMES = re.compile(r"[A-Za-z_]\w*")
_PIECE = re.compile(r"[#$]?\{[^{}]+\}|%[sdv]|\?|(?<![\w.\"'])[A-Za-z_][\w.]*(?:\([^()]*\))?(?![\w\"'])")


def _compare_keys(sides: Sides) -> Edit | None:
    """Compare how many pieces a key is put together from, where both sides make one."""
    made = [
        [(line, found[1] or found[2]) for line in lines if (found := _MADE.search(_WRITTEN.sub("(", part(line.text))))]
        for lines in (sides.removed, sides.added)
    ]
    if not made[0] or not made[1]:
        return None
    names = [{name for _, text in side for name in _NAMES.findall(_QUOTES.sub("", text))} for side in made]
    is_same = {text for _, text in made[0]} == {text for _, text in made[1]}
    if is_same or (names[0] and names[0] == names[1]):  # Put together from the same, in another form.
        return None
    old, new = (max(len(_PIECE.findall(text)) for _, text in side) for side in made)
    line = made[1][0][0]
    if new < old:
        text = "what is kept is told apart by less than before"
        return make_edit(text, line, "foreign data auth cache duplicate stale skew | notfound concurrency lock", 1.3)
    if new > old:
        text = "what is kept is told apart by more than before"
        return make_edit(text, line, "load cache memory query notfound | slow cpu timeout data stale duplicate", 1.0)
    kinds = "skew load cache memory foreign stale notfound | slow cpu data auth duplicate query backlog"
    return make_edit("what is kept is told apart by something else", line, kinds, 0.8)


_PLUMBING = frozenset(
    {"any", "error", "err", "func", "nil", "None", "null", "self", "this", "ctx", "context", "true", "false"}
)


def _list_parts(text: str) -> Iterator[str]:
    for inner, argument in _PART.findall(text):
        word = re.findall(r"[A-Za-z_]\w*", inner or argument)
        if word and len(word[-1]) > 1 and word[-1] not in _PLUMBING:
            yield part(word[-1]).casefold()


_LOOP = re.compile(
    r"^\s*(?:for\b|while\b|async for\b|foreach\b)"
    r"|\.(?:map|for_?each|each|flat_?map|each_with_\w+|collect)\b[^\n]{0,40}(?:=>|\{|\(|do\b|\|)|\beach\s+do"
    r"|\bfor\s+\w+(?:, ?\w+)?\s+in\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\bawait\b|\.(?:get|fetch\w*|find\w*|query\w*|select\w*|execute|load\w*|request|call|first|one|lookup|resolve|post)\(|\.where\(|\.count\b|\bfetch\w*\(|\bquery\w*\(|objects\.|session\.|repo\w*(?:\.|->)|client\.|\bhttp\.|\w\(ctx,|\bdb\.\w|->(?:find|get|query|fetch)\w*\(|db::|_async\(|\.find_by|\.count\(|_for\(|get_\w+\(",
    re.IGNORECASE,
)
_BODY = 6  # Lines of a loop that are looked at.


def find_loops(sides: Sides) -> Iterator[Edit]:
    """Find something that is asked for once for each item."""
    if sides.kind is not FileKind.CODE:
        return
    for hunk in sides.hunks:
        lines = [line for line in hunk.lines[:_MOST_LINES] if line.sign != "-" and not line.inert]
        for position, line in enumerate(lines):
            if not _LOOP.search(part(line.text)):
                continue
            body = lines[position : position + _BODY]
            asks = [one for one in body if one.sign == "+" and _ASKS.search(part(one.text))]
            if asks and (line.sign == "+" or asks[0] is not line):
                if _asked_in_loop(hunk):
                    break
                kinds = "query load slow pool ratelimit | timeout cpu connections backlog starvation retry"
                yield make_edit("it is asked for once for each item", asks[0], kinds, 1.1)
                return


_CALLED = re.compile(r"(?<![\w.])((?:\w+\.){0,3}\w{3,})\(")
_AFTER_LOOP = re.compile(r"(?:=>|->|\{|\bdo\b|:)(.*)$")


_IN_PIECES = re.compile(
    r"chunk|iter_?content|iter_?lines|iter_?bytes|\.read\((?:\d|\w*size)|read_?line|scanner\.scan|bytes_?read",
    re.IGNORECASE,
)
"""A loop over the pieces of one thing, which is handed on piece by piece rather than held at once."""


def find_repeated(sides: Sides) -> Iterator[Edit]:
    """Find a call that was made once, outside of loops, and is made in one now."""
    if sides.kind is not FileKind.CODE:
        return
    for hunk in sides.hunks:
        before = {name for _, text in _list_in_loops(hunk, "+") for name in _list_calls(text)}
        once = {name for line in hunk.list_signed("-") for name in _list_calls(line.text)} - before
        for line, text in _list_in_loops(hunk, "-"):
            is_whole = not _IN_PIECES.search(part(line.text))
            if line.sign == "+" and is_whole and once.intersection(_list_calls(text)):
                kinds = "cpu slow load query starvation memory | timeout pool backlog ratelimit"
                yield make_edit("what was done once is done for each item", line, kinds, 1.1)
                return


def _list_in_loops(hunk: Hunk, other: str) -> Iterator[tuple[DiffLine, str]]:
    """Yield the lines of one side that stand in a loop, and of a loop in one line what it does for each item."""
    lines = [line for line in hunk.lines[:_MOST_LINES] if line.sign != other and not line.inert]
    for position, line in enumerate(lines):
        if _LOOP.search(part(line.text)):
            yield line, _cut_head(line.text)
            margin = line.margin
            for one in lines[position + 1 : position + _BODY]:
                if one.margin <= margin:
                    break
                yield one, one.text


def _list_calls(text: str) -> list[str]:
    return _CALLED.findall(text)


def _cut_head(text: str) -> str:
    """Return what a loop in one line does for each item."""
    found = _AFTER_LOOP.search(text)
    return found[1] if found else ""


def _asked_in_loop(hunk: Hunk) -> bool:
    """Answer whether each item was asked for by itself before, in lines that are gone."""
    lines = [line for line in hunk.lines[:_MOST_LINES] if line.sign != "+" and not line.inert]
    loops = [position for position, line in enumerate(lines) if _LOOP.search(part(line.text))]
    bodies = (one for position in loops for one in lines[position + 1 : position + _BODY] if one.sign == "-")
    return any(_ASKS.search(part(one.text)) for one in bodies) or any(map(_asks_in_loop, hunk.list_signed("-")))


_EACH = re.compile(r"[\[({]((?:[^\[\](){}]|\([^()]*\))*)\bfor\b\s+\w+(?:, ?\w+)?\s+in\b", re.IGNORECASE)


def _asks_in_loop(line: DiffLine) -> bool:
    """Answer whether a line asks once for each item; in a comprehension that is what stands before its `for`."""
    text = part(line.text)
    each = _EACH.findall(text)
    if each:
        return any(_ASKS.search(item) for item in each)
    return bool(_LOOP.search(text) and _ASKS.search(text))


_NESTED = re.compile(
    r"\((?:\?:|(?!\?))(?!\\?[-,;:/ @&=|_]|\\\.)[^()\n]{0,60}[+*]\)?[^()\n]{0,20}\)\s?[+*{]|(?:\.\*[^\n]{0,12}){3,}|(?:\\s[*+][^\n]{0,10}){3,}"
)


_REGULAR = re.compile(r"\\[dwsDWSb]|\[\^?[^\]\n]+\][+*]|\(\?[:=!<]|reg_?ex|pattern|\bre\.|=~|\.match", re.IGNORECASE)


def find_patterns(sides: Sides) -> Iterator[Edit]:
    """Find a regular expression that repeats a repetition: its time grows beyond measure on some texts."""
    for line in sides.added:
        if _REGULAR.search(line.text) and _NESTED.search(line.text) and not _NESTED.search(sides.old):
            kinds = "cpu starvation timeout slow | restart unavailable backlog"
            yield make_edit("a pattern repeats a repetition", line, kinds, 1.2)
            return


def find_order(sides: Sides) -> Iterator[Edit]:
    """Find lines that stayed the same and now run before what they ran after."""
    if sides.kind is not FileKind.CODE or is_turned(sides):  # A condition and its branches change places.
        return
    for hunk in sides.hunks:
        lines = [
            (line.text.strip(), line)
            for line in hunk.lines[:_MOST_LINES]
            if len(line.text.strip()) >= _SHORTEST and not is_import(line.text) and not _ENTRY.match(line.text)
        ]
        old, new = ([text for text, line in lines if line.sign != other] for other in "+-")
        gone = {text for text, line in lines if line.sign == "-"}
        for text, line in lines:
            if line.sign == "+" and text in gone and not line.inert and _has_moved(text, old, new):
                kinds = "concurrency data auth null duplicate notfound stale empty | lock parse backlog"
                yield make_edit("steps come in another order", line, kinds, 0.9)
                return


_IMPORTS = re.compile(r"\s*(?:import|from|using|use|require|#include)\b")
_ENTRY = re.compile(  # Of a table, or of branches that shut each other out, in which order is nothing.
    r"^\s*[\"']?[\w-]+[\"']?\s*(?::|=>)\s*[^(){}]*,\s*$|^\s*(?:is |case |when )?[\w.\"']+(?:\([\w, ]*\))?\s*(?:->|=>)"
    r"|^\s*case [\w.\"']+:"
)
_SHORTEST = 7  # Characters of a line that is a step of its own: a bracket is none.
_MOST_LINES = 300  # Of a hunk: looking for what moved is quadratic.


def is_import(text: str) -> bool:
    """Answer whether a line only makes something known to a program."""
    return _IMPORTS.match(text) is not None


def _has_moved(text: str, old: Sequence[str], new: Sequence[str]) -> bool:
    """Answer whether a line that stands once on each side has other lines of both sides before it."""
    if old.count(text) != 1 or new.count(text) != 1:
        return False
    return set(old[: old.index(text)]) & set(new) != set(new[: new.index(text)]) & set(old)


_TOOL = re.compile(
    r"(?:client|session|pool|channel|producer|transport|agent|engine|connection|executor|template)\w{0,30} ?\(|redis\(",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(
    r"^\S|^\s*(?:private |public |protected )?(?:static|final|readonly|const) |@bean|singleton", re.IGNORECASE
)


_PER_CALL = re.compile(r"=>|\bdef \w+|\blambda\b|\bfunc(?:tion)?\b|\bfun \w+")
_MADE_OF = re.compile(r"(?:=|\breturn|\bnew|:=|with|using)\s+(?:new\s+|await\s+)?([A-Z]\w+)\(")


def find_scopes(sides: Sides) -> Iterator[Edit]:
    """Find what was made once for all and is made for each call now, or the other way about."""
    if sides.kind is not FileKind.CODE:
        return
    named = [{name for line in lines for name in _MADE_OF.findall(line.text)} for lines in (sides.removed, sides.added)]
    both = named[0] & named[1]
    made = [
        [line for line in lines if _TOOL.search(line.text) or not both.isdisjoint(_MADE_OF.findall(line.text))]
        for lines in (sides.removed, sides.added)
    ]
    if not made[0] or not made[1]:
        return
    before, after = (any(_is_for_all(line) for line in lines) for lines in made)
    if before and not after:
        kinds = "connections ports pool fd tls memory refused starvation | slow cpu load"
        yield make_edit("what was made once is made for each call", made[1][0], kinds, 1.1)
    elif after and not before:
        yield make_edit(
            "what each had is shared by all", made[1][0], "concurrency foreign data pool | lock starvation", 0.8
        )


def _is_for_all(line: DiffLine) -> bool:
    return bool(_FOR_ALL.match(line.text)) and not _PER_CALL.search(line.text)


_UNITS = re.compile(
    r"(?<![a-z])(milli|micro|nano)?(second|minute|hour|day)s?(?![a-z])"
    r"|(?<![a-z])(ms|millis|msec|secs?|us|ns|mins?|hrs?)(?![a-z])|(?<=\d)(ms|s|m|h|us)(?![a-z])"
    r"|[*/] ?(1_?000|60|3_?600|1e3|1e6|1e9|100)(?![\d.])|(time\.duration|duration|timedelta)"
    r"|(?<![a-z])(p?set ?ex|p?expire(?: ?at)?|px|ex)(?=\(|=)",
    re.IGNORECASE,
)
_ABOUT: tuple[tuple[str, str], ...] = (
    (r"time_?out|deadline|max_?wait|budget", "timeout slow retry | unavailable backlog starvation pool"),
    (r"ttl|expir|set_?ex|\b[pe]x=|cache|session|max_?age|lifetime|token|leeway", "cache auth load stale time | query slow memory ratelimit"),
    (r"interval|poll|delay|back_?off|sleep|period|every|schedule|cron|retry", "load stale backlog retry ratelimit cpu time | duplicate slow timeout"),
    (r"visib|lease|lock|ack", "duplicate backlog concurrency lock retry | stale data"),
    (r"price|amount|total|cent|fee|tax|rate|money", "data constraint | parse"),
)  # fmt: skip
"""What a number is about, and what follows when it is taken in another unit; the first that fits counts."""
_OF_TIMES = "time data timeout stale | parse cache auth load duplicate retry"


def find_units(sides: Sides) -> Iterator[Edit]:
    """Find a number that is taken in another unit than before."""
    if sides.kind not in (FileKind.CODE, FileKind.SETTINGS):
        return
    old = _list_units(sides.removed)
    for line in sides.added:
        came = _list_units((line,)) - old
        if old and came and old - _list_units(sides.added) and not _is_same_span(sides):
            text = part(line.text)
            kinds = next((kinds for about, kinds in _ABOUT if re.search(about, text, re.IGNORECASE)), _OF_TIMES)
            yield make_edit("a number is taken in another unit", line, kinds, 1.2)
            return


_SPAN = re.compile(
    r"(\d[\d_.]*)\s?\*?\s?(?:time\.)?(milli_?second|second|minute|hour|day|ms|s|m|h)s?\b"
    r"|(?:\.?of|from)_(milli|second|minute|hour|day)(?:_?second)?s?\((\d[\d_]*)|\b(milli_?second|second|minute|hour|day)s\s?[=(:]\s?(\d[\d_.]*)",
    re.IGNORECASE,
)
_MILLISECONDS = {
    "mi": 1.0,
    "ms": 1.0,
    "s": 1e3,
    "se": 1e3,
    "m": 6e4,
    "min": 6e4,
    "h": 3.6e6,
    "ho": 3.6e6,
    "d": 8.64e7,
    "da": 8.64e7,
}


def _is_same_span(sides: Sides) -> bool:
    old = _list_spans(sides.removed)
    return bool(old) and old == _list_spans(sides.added)


def _list_spans(lines: tuple[DiffLine, ...]) -> list[float]:
    """Return the spans of time that lines name with their unit, in milliseconds."""
    spans = []
    for found in (groups for line in lines for groups in _SPAN.findall(part(line.text))):
        number, unit = max(found[0], found[3], found[5]), max(found[1], found[2], found[4]).casefold()
        key = "min" if unit.startswith("minute") else unit[:2]
        spans.append(float(number.replace("_", "").rstrip(".")) * _MILLISECONDS[key])
    return sorted(spans)


def _list_units(lines: tuple[DiffLine, ...]) -> set[str]:
    return {
        "".join(groups).casefold().rstrip("s")
        for line in lines
        for groups in _UNITS.findall(part(line.text).replace("_", " "))
    }


PROGRAM_FINDERS: tuple[Callable[[Sides], Iterator[Edit]], ...] = (
    find_keys, find_loops, find_repeated, find_patterns, find_order, find_scopes, find_units,
)  # fmt: skip
"""All of them."""
