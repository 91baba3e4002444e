"""Secrets whose name stands beside them and not before a sign: in the cell, the argument, the item or the word before.

Tables, calls with a default, arguments of a program in a list, `ENV`, `setenv`, the detail of a unique key, and pairs
that give the value first. A name here says less than one that something is assigned to: only names of secrets that have
no other sense count, a cell or an argument is one word, and words of the language stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fermata.kit.redaction.marks import Tally, is_marked
from fermata.kit.redaction.names import Strength, is_password_name, judge_name, words
from fermata.kit.redaction.reading import Reader
from fermata.kit.redaction.values import Setting, is_secret

_CLOSE = r"""(?:\\{0,7}["'`]|&quot;){0,1}+"""
BELOW = r"(?:[+-](?![ ]\S))?[ \t]{0,80}+"
"""Before a line of the same item: a dash and one blank begin another one, else a sign is a diff's."""
_ENDS = re.compile(r"""[ \t]*(?:$|[;#&|"'`\\)/<\r\n])""")
_RULE = re.compile(r"[^\n]*\r?\n[ \t]*[|+][-|+: \t]{3,}\r?(?:\n|$)")
_PHRASE = 2
"""Hyphens of what is a phrase to sign in by, where a name stands in the middle of a row."""
_LEAST_COLUMNS = 2
_LEAST_LETTERS = 9
_TYPE = re.compile(r"\w{1,24}\([0-9, ]{0,12}\)")
_HEADINGS = words(
    "comment created description email id ids name notes role roles status type updated user username users"
)
_INDEX = re.compile(r"(?i)_(?:uniq(?:ue)?|key|idx|index)(?:_?\d+)?$")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name stands before its value."""

    markers: tuple[str, ...]
    """In lower case."""
    pattern: re.Pattern[str]
    """With a group `name`; it ends where the value begins."""
    find: Callable[[Reader, re.Match[str]], tuple[int, int] | None]
    """Returns where the value begins and ends, or `None` where there is none."""


def _find_quoted(reader: Reader, match: re.Match[str]) -> tuple[int, int] | None:
    return next(((value.start, value.end) for value in reader.list_values(match.end(), ",")), None)


def _find_item(reader: Reader, match: re.Match[str]) -> tuple[int, int] | None:
    """Find the argument of an option; what begins with a dash is the next option."""
    found = _find_quoted(reader, match)
    return None if found is not None and match.string.startswith("-", found[0]) else found


def _find_argument(reader: Reader, match: re.Match[str]) -> tuple[int, int] | None:
    """Find a call's second argument. A variable of the environment may have any; others no sentence and no short word.

    Translations, columns and fields of forms are called so, too: `label("password", "text")`.
    """
    found = _find_quoted(reader, match)
    if found is None or match["name"].isupper():
        return found
    value = match.string[found[0] : found[1]]
    is_telling = any(map(str.isdigit, value)) or (is_password_name(match["name"]) and len(value) >= _LEAST_LETTERS)
    return found if is_telling and " " not in value and not _TYPE.fullmatch(value) else None


def _find_word(reader: Reader, match: re.Match[str]) -> tuple[int, int] | None:
    """Find the last word of a line or a command."""
    found = _find_quoted(reader, match)
    if found is None or match.string[found[0] : found[1]].startswith("$"):
        return None
    return found if _ENDS.match(match.string, found[1]) else None


def _find_cell(reader: Reader, match: re.Match[str]) -> tuple[int, int] | None:
    """Find the one word of the next cell; in a row of more than two, or above a rule, it may be a heading."""
    del reader
    text, start = match.string, match.end()
    start += text[start] == "|"
    line_end = text.find("\n", start)
    cells = text[start : len(text) if line_end < 0 else line_end].rstrip().removesuffix("|").split("|")
    written = cells[0].strip()
    value = written.strip("`*\"'")
    if not value or " " in value or value.lower() in _HEADINGS or _RULE.match(text, start):
        return None
    if match.start() and text[match.start() - 1] != "\n":
        is_sure = value.count("-") >= _PHRASE
    else:
        is_sure = len(cells) < _LEAST_COLUMNS and is_password_name(match["name"])
    if not is_sure and not any(map(str.isdigit, value)):
        return None
    begin = text.index(value, start)
    return begin, begin + len(value)


_SIGNS = ('"', "'", "`", "|", "\t", "env", "   ", "- -", "set", "_", "head", "?", "<", "form")
"""One stands in every marker."""


def _sign(marker: str) -> str:
    return next(sign for sign in _SIGNS if sign in marker)


_STARTS = r"(?m)^[+ -]?[ \t]{0,32}"
_PLACES = (
    # `["--password", "..."]`, also over two lines.
    _Place(
        ('"-', "'-"),
        re.compile(
            r"""(?P<quote>\\{0,7}["'])--?(?P<name>[A-Za-z][\w-]{2,64}+)(?P=quote)[ \t]{0,4},\s{0,80}(?:[+-]\s{0,80})?"""
            r"""(?=\\{0,7}["'])"""
        ),
        _find_item,
    ),
    _Place(
        ("- -", '- "-', "- '-"),
        re.compile(
            _STARTS
            + r"""-[ \t]{1,8}(?P<quote>["']?)--?(?P<name>[A-Za-z][\w-]{2,64}+)(?P=quote)[ \t]*\r?\n"""
            + r"""[+ -]?[ \t]{0,32}-[ \t]{1,8}(?=[^\s-])"""
        ),
        _find_item,
    ),
    # `os.environ.get("DB_PASSWORD", "...")`, `define('DB_PASSWORD', '...')`.
    _Place(
        ('("', "('", "(`", '(\\"'),
        re.compile(
            r"""\([ \t]{0,4}(?P<quote>\\{0,7}["'`])(?P<name>[\w.:-]{3,64}+)(?P=quote)[ \t]{0,4},[ \t]{0,4}"""
            r"""(?:default[ \t]{0,2}=[ \t]{0,2})?(?=\\{0,7}["'`])"""
        ),
        _find_argument,
    ),
    _Place(
        ("env ", "setx ", "set -", "_param ", "set_header ", "requestheader set", "requestheader add"),
        re.compile(
            r"""(?mx) (?: (?:^|[\s;&|("':+-]) (?: setx | setenv | SetEnv | ENV | set[ \t]{1,4}-[a-zA-Z]{1,3} )
                | \b(?:fastcgi|uwsgi|scgi)_param | \bproxy_set_header | \bRequestHeader[ \t]{1,4}(?:set|add) )
            [ \t]{1,8} (?P<name>[A-Za-z][\w-]{2,64}+) [ \t]{1,8} (?=[^\s=])"""
        ),
        _find_word,
    ),
    # `process.env.DB_PASSWORD || "..."`, `ENV["DB_PASSWORD"] ||= "..."`.
    _Place(
        ("||", "??"),
        re.compile(r"""(?P<name>[A-Za-z][\w-]{2,64}+)["'`]?[\])]?[ \t]{0,4}(?:\|\||\?\?)=?[ \t]{0,4}(?=["'`])"""),
        _find_argument,
    ),
    _Place(
        ('form-data; name="',),
        re.compile(
            r"""form-data; name="(?P<name>[\w.-]{3,64}+)"[^\n]{0,80}\n[+-]?[ \t]{0,40}\r?\n[+-]?[ \t]{0,40}(?=\S)"""
        ),
        _find_word,
    ),
    _Place(
        ("<key>",),
        re.compile(r"""<key>(?P<name>[\w.-]{3,64}+)</key>\s{0,80}<string>(?=[^\s<])"""),
        _find_word,
    ),
    _Place(
        ('variable "', 'output "'),
        re.compile(
            r"""\b(?:variable|output)[ \t]{1,4}"(?P<name>[\w-]{3,64}+)"[ \t]{0,4}\{[^{}]{0,400}?"""
            r"""\b(?:default|value)[ \t]{0,16}=[ \t]{0,4}(?=")"""
        ),
        _find_quoted,
    ),
    _Place(
        ("| ", "|`", "|*"),
        re.compile(
            r"(?m)(?:^[+ -]?[ \t]{0,32}|(?<=[ \t]))"
            r"""\|[ \t]{0,16}[`*"]{0,2}(?P<name>[A-Za-z][\w.-]{2,64}+)[`*"]{0,2}[ \t]{0,64}"""
            # Only looked at: it may begin the cell whose name is meant.
            r"""(?=\|[ \t]{0,16}[^\s|])"""
        ),
        _find_cell,
    ),
    # `vault kv get` and settings of some programs: two columns without a line between.
    _Place(
        ("   ", "\t"),
        re.compile(_STARTS + r"(?P<name>[A-Za-z][\w.-]{2,64}+)(?:[ \t]{3,64}|\t)(?=[^\s=:|<>(]{3,256}[ \t]*\r?$)"),
        _find_cell,
    ),
)
_MARKED = tuple(
    (
        sign,
        tuple(
            (marker, number)
            for number, place in enumerate(_PLACES)
            for marker in place.markers
            if sign == _sign(marker)
        ),
    )
    for sign in _SIGNS
)
_VALUE_FIRST = re.compile(
    rf"""(?imx)
    (?<![\w.-]) value {_CLOSE} [ \t]{{0,8}} [:=] [ \t]{{0,8}}
    (?: (?P<quote>\\{{0,7}}["'`]) (?P<quoted>(?:(?!(?P=quote))[^\n]){{1,256}}) (?P=quote)
      | (?P<bare>[^\s"',{{}}\[\]]{{1,256}}) )
    [ \t]{{0,8}} ,? (?: [ \t]{{0,40}} \r?\n {BELOW} )? [ \t]{{0,8}}
    (?:\\{{0,7}}["'`])? (?:name|key) {_CLOSE} [ \t]{{0,8}} [:=] [ \t]{{0,8}}
    (?:\\{{0,7}}["'`])? (?P<name>[A-Za-z0-9_.:-]{{3,80}}+)
    """
)
# PostgreSQL: `Key (email, api_token)=(a@b, ...) already exists.`
_UNIQUE_KEY = re.compile(
    r"\bKey \((?P<names>[^()\n]{1,300}(?:\([^()\n]{1,80}\)[^()\n]{0,80})?)\)=\((?P<values>[^\n]{1,600})\)"
)
# MySQL: `Duplicate entry '...' for key 'users.api_token'`.
_DUPLICATE = re.compile(r"\bDuplicate entry '(?P<value>[^'\n]{1,300})' for key '(?P<name>[^'\n]{1,200})'")


def hide_beside(text: str, folded: str, tally: Tally) -> str:
    """Replace the literals beside which the name of a secret stands.

    Args:
        folded: The text in lower case.
    """
    # Flat, since this is asked of every text that holds a name of a secret's kind.
    numbers = {number for sign, group in _MARKED if sign in folded for marker, number in group if marker in folded}
    for number in sorted(numbers):
        text = _replace(text, _list_found(text, _PLACES[number]), tally)
    if "value" in folded and ("name" in folded or "key" in folded):
        text = _replace(text, _list_before_names(text), tally)
    if "key (" in folded or "duplicate entry" in folded:
        text = _replace(text, _list_of_keys(text), tally)
    return text


def _replace(text: str, spans: Iterator[tuple[int, int]], tally: Tally) -> str:
    parts, done = [], 0
    for start, end in spans:
        if start >= done:
            parts += [text[done:start], tally.mark("assignment", text[start:end])]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _list_found(text: str, place: _Place) -> Iterator[tuple[int, int]]:
    reader = Reader(text)
    for match in place.pattern.finditer(text):
        if judge_name(match["name"]) is not Strength.STRONG:
            continue
        found = place.find(reader, match)
        if found is not None and _is_literal(text, match["name"], match.start("name"), found):
            yield found


def _is_literal(text: str, name: str, start: int, span: tuple[int, int]) -> bool:
    value = text[span[0] : span[1]]
    return not is_marked(value) and is_secret(
        Setting(
            name=name,
            strength=Strength.STRONG,
            value=value,
            quoted=True,
            spaced=False,
            colon=False,
            text=text,
            start=start,
            end=span[1],
        )
    )


def _list_before_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield values that stand before their names: `{"value": "...", "name": "DB_PASSWORD"}`."""
    for match in _VALUE_FIRST.finditer(text):
        span = match.span("quoted" if match["quoted"] is not None else "bare")
        if judge_name(match["name"]) is Strength.STRONG and _is_literal(text, match["name"], match.start(), span):
            yield span


def _list_of_keys(text: str) -> Iterator[tuple[int, int]]:
    for match in _UNIQUE_KEY.finditer(text):
        names, values = match["names"].split(","), match["values"].split(", ")
        named = [_names_secret(name) for name in names]
        if len(names) != len(values) and any(named):
            if not is_marked(match["values"]):
                yield match.span("values")
            continue
        at = match.start("values")
        for is_named, value in zip(named, values, strict=False):
            if is_named and not is_marked(value):
                yield at, at + len(value)
            at += len(value) + 2
    for match in _DUPLICATE.finditer(text):
        if _names_secret(_INDEX.sub("", match["name"].rpartition(".")[2])) and not is_marked(match["value"]):
            yield match.span("value")


def _names_secret(column: str) -> bool:
    return any(judge_name(word) is Strength.STRONG for word in re.findall(r"\w{3,64}", column.partition("::")[0]))
