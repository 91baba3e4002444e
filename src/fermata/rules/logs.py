"""What a program said when it failed, read from its log lines: tracebacks, error lines, times and levels.

Signatures call this; nothing here knows of incidents. Every function takes any text without raising, and time is
linear in it: patterns are anchored or bounded, and a scan that fails is never begun again at the next line. A new
language is one function in `PARSERS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from fermata.domain.evidence import EvidenceLine
from fermata.domain.facts import LogFacts
from fermata.domain.record import Instant, Record
from fermata.rules.chained_stacks import FORMS, Form, Link, read_chain
from fermata.rules.levels import LEVELS, LogLevel, find_level
from fermata.rules.stacks import Reader, read_node, read_ruby

RECORDS = ("data", "result", "results", "records", "logs", "events", "hits", "entries", "messages")
"""Under which of its fields an export of logs, one JSON document, keeps its records: the first that is there."""


class Frame(Record):
    """One call of a stack, as logged."""

    file: str
    line: int
    function: str = ""
    """Empty where the language did not say (a syntax error)."""
    code: str = ""
    """The source line, stripped; empty when the log does not show it."""


class LoggedError(Record):
    """One failure as a program reported it: an exception with its stack, or a plain error line."""

    language: str = ""
    """Key of `PARSERS`; empty for a plain line."""
    type: str = ""
    """Exception type as logged (`json.decoder.JSONDecodeError`); empty for a plain line."""
    message: str = ""
    """What follows the type, first line only; for a plain line the line itself."""
    heading: EvidenceLine | None = None
    """The error line right above a stack, which belongs to it."""
    raised: EvidenceLine
    """The line that names the exception, or the plain line."""
    details: tuple[EvidenceLine, ...] = ()
    """Further lines of a message that has several."""
    frames: tuple[Frame, ...] = ()
    """Outermost first, as Python prints them."""
    causes: tuple[LoggedError, ...] = ()
    """Earlier exceptions of the chain, the first one raised first."""
    at: Instant | None = None
    """When it was logged, at the latest: its own time, else that of the next line that has one; `None` without any."""

    @property
    def name(self) -> str:
        """Return the exception type without its module; empty for a plain line."""
        return self.type.rpartition(".")[2]

    @property
    def links(self) -> tuple[LoggedError, ...]:
        """Return the whole chain: what was raised last first, then what led to it."""
        return (self, *reversed(self.causes))

    @property
    def lines(self) -> tuple[EvidenceLine, ...]:
        """Return the lines that state the failure, of the whole chain; stack frames are not among them."""
        own = [line for link in self.links for line in (link.raised, *link.details)]
        return (*own, self.heading) if self.heading else tuple(own)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a language's parser made of the lines from one position on."""

    error: LoggedError | None
    """`None` when a stack began and broke off."""
    next: int
    """Index of the first line that does not belong to it; always further on."""


Parser = Callable[[Sequence[EvidenceLine], int], Parsed | None]
"""Reads one failure that begins at an index; `None` when none does."""

# Hours east of Greenwich by the zone's spelt-out name, as PostgreSQL and `date` write it: those that the time zone
# database (2025b) gives one meaning only. CST, CDT, IST and PST are several, and a wrong time is worse than none.
ZONES = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "IDT": 3, "PKT": 5, "WIB": 7, "WITA": 8, "WIT": 9,
    "HKT": 8, "JST": 9, "KST": 9, "AWST": 8, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "MST": -7, "MDT": -6, "PDT": -7, "AKST": -9,
    "AKDT": -8, "HST": -10, "HDT": -9, "SST": -11,
}  # fmt: skip
"""Zone as it is spelt out -> hours east of Greenwich."""
_TIME = re.compile(
    r"([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,9}))?"
    rf" ?(?:(Z|(?:{'|'.join(ZONES)})(?![A-Za-z0-9_]|[+-][0-9]))|([+-])([0-9]{{2}})(?::?([0-9]{{2}}))?(?![0-9:]))"
)
# `[23/Nov/2026:09:51:00 +0000]`, the common log format of web servers.
_ACCESS_TIME = re.compile(r"\[([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-][0-9]{4})\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECONDS = re.compile(r"1[4-9][0-9]{8}")
"""Since 1970, of the years 2014 to 2033."""
# Where loggers write it, and no id or duration: as a field that is called so (pino, zap, Caddy), as the first field or
# behind the level's (go-kit), or at the beginning: in brackets, with a fraction, or before a level.
_EPOCH = re.compile(
    rf"""(?x)
    (?: [{{,]\s?"(?:@?timestamp|time|ts|t|epoch|unixtime)"\s?:\s?"?
      | ^(?:(?:level|lvl|severity|caller|logger)=\S*\s){{0,3}}(?:ts|timestamp|time)= | ^(?P<first>\[)? )
    (?P<seconds> {_SECONDS.pattern} ) (?: \.(?P<part>[0-9]{{1,9}}) | (?P<finer>[0-9]{{3}}(?:[0-9]{{3}}){{0,2}}) )?
    (?(first)\]) (?![\w.-])"""
)
_BEFORE_LEVEL = re.compile(
    r"\s{1,4}[\[(|:-]?\s?(?:TRACE|DEBUG|INFO|NOTICE|WARN|ERR|SEVERE|CRIT|FATAL|PANIC)", re.IGNORECASE
)
# A line that begins with a time of its own, without a zone: a number in it is of what it tells.
_OWN_CLOCK = re.compile(
    r"[\W_]{0,4}(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[A-Z][a-z]{2}\s{1,2}[0-9]{1,2}|[0-9]{2}:[0-9]{2})[T ,:]"
)
# Celery writes at INFO that a task failed and is tried again (celery/app/trace.py, `retry_msg`), and the stack nowhere.
_RETRIED = re.compile(r"\] retry: Retry in \d[^:]{0,60}: \S")
_HEAD = 240  # Levels and times stand at the front of a line, also in JSON; the rest is payload.
_MAX_DETAILS = 8
_MOST_BETWEEN = 3
"""Lines of a record's message, blank ones too, that may stand between its level and its stack."""
_DEEPEST_STACK = 3
"""How deep in a line's fields: pino's `err.stack`, of a cause one deeper."""
_LONGEST_STACK = 200


def find_stamp(facts: LogFacts, position: int) -> datetime | None:
    """Return when the line at a place of a log was written, as its source says beside it; `None` where it does not."""
    if facts.oldest_at is None or position >= len(facts.seconds):
        return None
    return facts.oldest_at + timedelta(seconds=facts.seconds[position])


def find_time(text: str) -> datetime | None:
    """Return the instant a line carries near its front, in UTC.

    Returns:
        `None` also for a time without a zone, or in one whose name has several meanings: logs in local time would
        move errors by hours (Python's default format writes them), and a wrong time is worse than none. A number of
        seconds, milliseconds or finer since 1970 is one where loggers write it.
    """
    head = text[:_HEAD]
    match = _TIME.search(head)
    # What stands first is the line's own: a request or a message may hold a time as well.
    if match is None or match.start():
        other = _find_other_time(head if match is None else head[: match.start()])
        if match is None or other is not None:
            return other
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    named = match[8]
    offset = (
        timedelta(hours=ZONES.get(named, 0)) if named else timedelta(hours=int(match[10]), minutes=int(match[11] or 0))
    )
    try:
        zone = timezone(-offset if match[9] == "-" else offset)
        return datetime(*(int(match[part]) for part in range(1, 7)), microsecond, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]  # six numbers, by the pattern
    except (ValueError, OverflowError):
        return None


def _find_other_time(head: str) -> datetime | None:
    """Return the instant of a web server's line, or of one whose time is a number: neither leaves the zone open."""
    if (access := _ACCESS_TIME.search(head)) is not None and access[2] in _MONTHS:
        month = _MONTHS.index(access[2]) + 1
        written = f"{access[3]}-{month:02}-{access[1]}T{access[4]}:{access[5]}:{access[6]}{access[7]}"
        try:
            return datetime.fromisoformat(written).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    if _SECONDS.search(head) is None or _OWN_CLOCK.match(head) is not None:
        return None
    epoch = next((found for found in _EPOCH.finditer(head) if _is_of_line(found, head)), None)
    if epoch is None:
        return None
    part = epoch["part"] or epoch["finer"] or ""
    return datetime.fromtimestamp(int(epoch["seconds"]), UTC).replace(microsecond=int(part[:6].ljust(6, "0")))


def _is_of_line(epoch: re.Match[str], head: str) -> bool:
    """Answer whether a number is when a line was written: not of an event that it tells of, and no id or count."""
    if epoch.start("seconds") == 0 and epoch["part"] is None:
        return _BEFORE_LEVEL.match(head, epoch.end()) is not None  # `1612345678901 order not found`
    above = head[: epoch.start("seconds")]
    return above.count("{") - above.count("}") <= 1


def parse_log(lines: Sequence[EvidenceLine]) -> tuple[LoggedError, ...]:
    """Return every failure in a log, in the order it was written; the last one is what the program ended on.

    An error line right above a stack is that stack's heading, not a failure of its own. Warnings are left out.
    """
    bounds = _list_bounds(lines)
    errors: list[LoggedError] = []
    starts: list[int] = []
    index = 0
    while index < len(lines):
        parsed = _parse_stack(lines, index) or _parse_line(lines, index)
        if parsed.error is not None:
            error, start = parsed.error, index
            if error.frames and starts and not errors[-1].frames and _is_heading(lines, starts[-1], index):
                start = starts.pop()
                error = error.model_copy(update={"heading": errors.pop().raised})
            errors.append(error.model_copy(update={"at": bounds[start]}))
            starts.append(start)
        index = parsed.next
    return tuple(errors)


def _is_heading(lines: Sequence[EvidenceLine], start: int, stack: int) -> bool:
    """Answer whether a stack belongs to an error line above: nothing but its message is between them."""
    between = lines[start + 1 : stack]
    return len(between) <= _MOST_BETWEEN and all(map(_goes_on, between))


def _list_bounds(lines: Sequence[EvidenceLine]) -> list[datetime | None]:
    """Return for each line its own time, else that of the next line with one: the latest it can have been written."""
    bounds: list[datetime | None] = []
    latest: datetime | None = None
    for line in reversed(lines):
        latest = find_time(line.text) or latest
        bounds.append(latest)
    return bounds[::-1]


def _parse_stack(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
    return _read_stack(lines, index) or _parse_record(lines, index)


def _read_stack(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
    return next((parsed for parser in PARSERS.values() if (parsed := parser(lines, index)) is not None), None)


def _parse_line(lines: Sequence[EvidenceLine], index: int) -> Parsed:
    line = lines[index]
    level = find_level(line.text)
    severe = (level is not None and level.is_severe) or _RETRIED.search(line.text[:_HEAD]) is not None
    return Parsed(LoggedError(message=line.text, raised=line) if severe else None, index + 1)


_PY_HEADER = "Traceback (most recent call last):"
_PY_FRAME_START = '  File "'
_PY_FRAME = re.compile(r'  File "([^"]{1,1000})", line ([0-9]{1,9})(?:, in (.{1,300}))?')
_PY_RAISED = re.compile(r"([A-Za-z_][A-Za-z0-9_.]{0,200})(?:: (.*))?", re.DOTALL)
# Sentences of CPython's traceback module, `_cause_message` and `_context_message` (3.11).
_PY_CHAIN = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)


def parse_python(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
    """Read a CPython traceback with its chain, or a stack whose header was cut off or never printed (syntax errors).

    A prefix before the header (a container runtime's time, an exception group's bar) is taken off all its lines.
    """
    links: list[LoggedError] = []
    position = index
    while (block := _parse_python_block(lines, position)) is not None:
        position = block.next
        if block.error is None:
            break
        links.append(block.error)
        following = _skip_chain_sentence(lines, position)
        if following is None:
            break
        position = following
    if not links:
        return None if position == index else Parsed(None, position)
    return Parsed(links[-1].model_copy(update={"causes": tuple(links[:-1])}), position)


def _parse_python_block(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
    """Read header, frames and the exception line with its details."""
    text = lines[index].text if index < len(lines) else ""
    width = text.find(_PY_HEADER)
    if width < 0 and _PY_FRAME.match(text) is None:
        return None
    # Where the frames do not carry the header's prefix, it was a level or a logger's name, not a runtime's mark.
    widths = (0,) if width <= 0 else (width, 0)
    stacks = (_read_frames(lines, index if width < 0 else index + 1, width=own) for own in widths)
    stack = next((stack for stack in stacks if stack.frames), None)
    if stack is None:
        return None
    position = stack.next
    raised = _PY_RAISED.fullmatch(lines[position].text[stack.width :]) if position < len(lines) else None
    if raised is None or raised[1].lower() in LEVELS:
        return Parsed(None, position)
    end = _find_details_end(lines, position + 1)
    error = LoggedError(
        language="python",
        type=raised[1],
        message=raised[2] or "",
        raised=lines[position],
        details=tuple(lines[position + 1 : end]),
        frames=stack.frames,
    )
    return Parsed(error, end)


@dataclass(frozen=True, slots=True)
class _Stack:
    frames: tuple[Frame, ...]
    width: int
    next: int


def _read_frames(lines: Sequence[EvidenceLine], start: int, *, width: int) -> _Stack:
    """Return the frames from `start` on, up to the first line that is neither a frame nor code."""
    frames: list[Frame] = []
    position = start
    while position < len(lines):
        body = lines[position].text[width:]
        match = _PY_FRAME.match(body)
        if match is not None:
            frames.append(Frame(file=match[1], line=int(match[2]), function=match[3] or ""))
        elif not body[:1].isspace() or _PY_HEADER in body:
            break
        elif frames and not frames[-1].code:
            frames[-1] = frames[-1].model_copy(update={"code": body.strip()[:300]})
        position += 1
    return _Stack(tuple(frames), width, position)


def _find_details_end(lines: Sequence[EvidenceLine], start: int) -> int:
    """Return where a message of several lines ends: at a blank line, a new record, a new stack, or after eight."""
    position = start
    while position < min(len(lines), start + _MAX_DETAILS):
        text = lines[position].text
        is_new = _PY_HEADER in text or text.startswith(_PY_FRAME_START) or bool(find_level(text) or find_time(text))
        if is_new or not text.strip():
            break
        position += 1
    return position


def _skip_chain_sentence(lines: Sequence[EvidenceLine], start: int) -> int | None:
    """Return the index behind `During handling of ...` and the blank lines around it; `None` without that sentence."""
    position = _skip_blank(lines, start)
    if position < len(lines) and lines[position].text.endswith(_PY_CHAIN):
        return _skip_blank(lines, position + 1)
    return None


def _skip_blank(lines: Sequence[EvidenceLine], start: int) -> int:
    # Prefixed lines are never quite blank: what is left of a prefix holds no letters.
    position = start
    while position < min(len(lines), start + 2) and not lines[position].text.strip(" \t\r|"):
        position += 1
    return position


def _parse_headed(language: str, read: Reader) -> Parser:
    """Return the parser of a language whose exceptions stand above their stacks."""

    def parse(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
        stack = read(lines, index)
        if stack is None:
            return None
        level = find_level(lines[index].text)
        if level is not None and not level.is_severe:
            return Parsed(None, stack.next)  # The program got over it, and says how.
        error = LoggedError(
            language=language,
            type=stack.type.replace("::", "."),
            message=stack.message,
            raised=lines[index],
            details=tuple(lines[position] for position in stack.details[:_MAX_DETAILS]),
            frames=tuple(Frame(file=call.file, line=call.line, function=call.function) for call in stack.calls[::-1]),
        )
        return Parsed(error, stack.next)

    return parse


def _parse_chained(language: str, form: Form) -> Parser:
    """Return the parser of a language whose stacks tell what led to what."""

    def parse(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
        chain = read_chain(form, lines, index)
        if chain is None:
            return None
        level = find_level(lines[index].text)
        if level is None and form.is_logged:
            level = _find_level_above(lines, index)
        if level is not None and not level.is_severe:
            return Parsed(None, chain.next)
        outer, *inner = (_make_error(language, link, lines) for link in chain.links)
        return Parsed(outer.model_copy(update={"causes": tuple(inner[::-1])}), chain.next)

    return parse


def _make_error(language: str, link: Link, lines: Sequence[EvidenceLine]) -> LoggedError:
    details = tuple(lines[position] for position in link.details[:_MAX_DETAILS])
    return LoggedError(
        language=language,
        type=link.type,
        message=link.message or (details[0].text if details else ""),
        raised=lines[link.raised],
        details=details,
        frames=tuple(Frame(file=call.file, line=call.line, function=call.function) for call in link.calls[::-1]),
    )


def _find_level_above(lines: Sequence[EvidenceLine], index: int) -> LogLevel | None:
    """Return the level of the record that a stack belongs to where that is a warning, which was got over."""
    above = next(
        (line for line in reversed(lines[max(0, index - 1 - _MOST_BETWEEN) : index]) if not _goes_on(line)), None
    )
    is_warning = above is not None and find_level(above.text) is LogLevel.WARNING
    return LogLevel.WARNING if is_warning else None


def _goes_on(line: EvidenceLine) -> bool:
    """Answer whether a line belongs to the record above: blank, as Spring leaves one, or set in, as .NET does."""
    return not line.text[:1].strip()


PARSERS: Mapping[str, Parser] = {
    "python": parse_python,
    "node": _parse_headed("node", read_node),
    "ruby": _parse_headed("ruby", read_ruby),
    **{language: _parse_chained(language, form) for language, form in FORMS.items()},
}
"""Stack readers by language, tried in this order at each line."""


def _parse_record(lines: Sequence[EvidenceLine], index: int) -> Parsed | None:
    """Read a stack that a logger wrote into a field of its one JSON line; `None` when there is none."""
    line = lines[index]
    if not line.text.startswith("{") or "\\n" not in line.text:
        return None
    level = find_level(line.text)
    if level is not None and not level.is_severe:
        return None  # The program got over it, and says how.
    try:
        record = json.loads(line.text)
    except (ValueError, RecursionError):
        return None
    for block in _list_blocks(record, _DEEPEST_STACK):
        within = [EvidenceLine(number=line.number, text=text) for text in block.splitlines()[:_LONGEST_STACK]]
        parsed = (_read_stack(within, at) for at in range(len(within)))
        error = next((one.error for one in parsed if one is not None and one.error is not None), None)
        if error is not None:
            # All of it stands on the one line there is to cite.
            causes = tuple(cause.model_copy(update={"raised": line, "details": ()}) for cause in error.causes)
            update = {"raised": line, "details": (), "causes": causes}
            return Parsed(error.model_copy(update=update), index + 1)
    return None


def _list_blocks(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value:
        yield value
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from _list_blocks(inner, depth - 1)
