"""The `environment=` option: reading it as supervisord does, and changing one variable of it. Pure.

Grammar: supervisor 4.3.0, `datatypes.dict_of_key_value_pairs`: a non-POSIX shlex, in which a quote cannot be escaped.
Every change is read back before it is believed; what would not read back as meant is refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from fermata.integrations.supervisor.config_file import OptionSpan, SectionSpan, replace_span, scan
from fermata.kit.errors import UserError

_PAIR = re.compile(r"""\s*(?P<name>[^\s=,"']+)\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s,"']+)\s*(?P<comma>,|\Z)""")
_BARE = re.compile(r"[\w/.+\-():]+", re.ASCII)
_KEY = "environment"


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    text: str
    """Its value as written, quotes included."""
    start: int
    value_start: int
    value_end: int
    end: int
    """After its comma, when it has one."""
    has_comma: bool


def parse_variables(text: str) -> dict[str, str]:
    """Return the variables of an `environment=` value whose `%` are expanded already.

    Raises:
        ValueError: supervisord would refuse it too.
    """
    lexer = shlex.shlex(text)
    lexer.wordchars += "/.+-():"
    tokens = list(lexer)
    variables = {}
    for index in range(0, len(tokens), 4):
        pair = tokens[index : index + 3]
        if len(pair) != 3 or pair[1] != "=":
            message = "not a list of NAME=value pairs"
            raise ValueError(message)
        variables[pair[0]] = pair[2].strip("'\"")
    return variables


def expand(text: str, expansions: Mapping[str, str]) -> str:
    """Return a value with `%(name)s` and `%%` expanded, as supervisord does.

    Raises:
        ValueError: It holds an expansion that is not known here, or a single `%`.
    """
    try:
        return text % dict(expansions)
    except (KeyError, TypeError) as error:
        message = f"cannot expand {error}"
        raise ValueError(message) from error


def find_variable(section: SectionSpan, name: str) -> str | None:
    """Return the unexpanded value of a variable (`%%` stands for a percent sign), or `None` when it is not set there.

    Raises:
        UserError: The option cannot be read safely.
    """
    option = section.find(_KEY)
    return _read(option).get(name) if option else None


def set_variable(text: str, section: SectionSpan, name: str, value: str | None) -> str:
    """Return the file's text with one variable of the section set, added, or (with `None`) removed.

    Args:
        value: As the process shall see it; percent signs are escaped here.

    Raises:
        UserError: The change cannot be written in supervisord's format, or the option cannot be edited safely.
    """
    option = section.find(_KEY)
    before = _read(option) if option else {}
    raw = None if value is None else value.replace("%", "%%")
    if option is None:
        changed = text if raw is None else _insert_option(text, section, f"{_KEY}={name}={_quote(name, raw, '')}")
        after = {} if raw is None else {name: raw}
    else:
        changed = _edit(text, option, name, raw)
        after = {key: old for key, old in before.items() if key != name} | ({} if raw is None else {name: raw})
    _require_only(text, changed, section, after)
    return changed


def _read(option: OptionSpan) -> dict[str, str]:
    try:
        variables = parse_variables(option.value)
    except ValueError as error:
        raise _not_safe(f"It is {error}, or uses expansions outside quotes") from error
    pairs = _list_pairs(option)
    # supervisord skips over what stands where a comma belongs; here that would be a value read by halves.
    if variables != {pair.name: pair.text.strip("'\"") for pair in pairs}:
        raise _not_safe("What stands between its pairs is not a comma, or an expansion stands outside quotes")
    return variables


def _not_safe(why: str) -> UserError:
    return UserError(
        "environment= of this program cannot be edited safely",
        why=why,
        do='Write it as NAME="value",NAME="value" first',
    )


def _list_pairs(option: OptionSpan) -> list[_Pair]:
    pairs, position = [], 0
    while option.raw[position:].strip():
        match = _PAIR.match(option.raw, position)
        if match is None:
            raise _not_safe(f"What follows its character {position} is not NAME=value")
        at = option.start
        pairs.append(
            _Pair(
                match["name"],
                match["value"],
                at + match.start("name"),
                at + match.start("value"),
                at + match.end("value"),
                at + match.end(),
                bool(match["comma"]),
            )
        )
        position = match.end()
    return pairs


def _edit(text: str, option: OptionSpan, name: str, raw: str | None) -> str:
    pairs = _list_pairs(option)
    mine = [pair for pair in pairs if pair.name == name]
    if len(mine) > 1:
        raise UserError(f"{name} is set twice in environment=", do="Remove one of the two first")
    if raw is None:
        return _remove(text, option, pairs, mine[0]) if mine else text
    if mine:
        pair = mine[0]
        return replace_span(text, pair.value_start, pair.value_end, _quote(name, raw, text[pair.value_start]))
    if not pairs:
        return replace_span(text, option.start, option.end, f"{name}={_quote(name, raw, '')}")
    last = pairs[-1]
    if last.has_comma:
        return replace_span(text, last.end, last.end, f"{name}={_quote(name, raw, '')}")
    return replace_span(text, last.value_end, last.value_end, f",{name}={_quote(name, raw, '')}")


def _remove(text: str, option: OptionSpan, pairs: list[_Pair], pair: _Pair) -> str:
    if len(pairs) == 1:
        return replace_span(text, option.first_line, option.end_line, "")
    index = pairs.index(pair)
    if index + 1 < len(pairs):
        return replace_span(text, pair.start, pairs[index + 1].start, "")
    # The last one goes with the comma before it.
    return replace_span(text, pairs[index - 1].value_end, pair.end if pair.has_comma else pair.value_end, "")


def _insert_option(text: str, section: SectionSpan, line: str) -> str:
    command = section.find("command")
    at = command.end_line if command else section.body
    newline = "\r\n" if "\r\n" in text[section.start : at] else "\n"
    lead = "" if text[:at].endswith("\n") else newline
    return replace_span(text, at, at, f"{lead}{line}{newline}")


def _quote(name: str, raw: str, old: str) -> str:
    """Return the value in the quotes it had, or in the first form that can hold it.

    Args:
        old: First character of the old value; empty when there was none.
    """
    if old and old not in "\"'" and _BARE.fullmatch(raw):
        return raw
    for quote in dict.fromkeys([old if old in ("'", '"') else '"', '"', "'"]):
        if quote not in raw:
            return f"{quote}{raw}{quote}"
    raise UserError(
        f"{name} cannot have this value in supervisord's configuration",
        why="It holds both kinds of quotes, and supervisord has no way to escape one",
        do="Choose a value without one of them",
    )


def _require_only(before: str, after: str, section: SectionSpan, expected: Mapping[str, str]) -> None:
    """Refuse a change that would not be read back as meant, or that would change anything else."""
    old, new = _flatten(before), _flatten(after)
    place = (section.header, _KEY)
    try:
        found = parse_variables(new.pop(place, ""))
    except ValueError:
        found = None
    old.pop(place, None)
    if found != expected or old != new:
        raise UserError(
            "The change cannot be written in supervisord's configuration",
            why="supervisord would read something else: a comment sign after a space, or a quote at either end",
            do="Choose another value, or edit the file by hand",
        )


def _flatten(text: str) -> dict[tuple[str, str], str]:
    return {(section.header, option.key): option.value for section in scan(text) for option in section.options}
