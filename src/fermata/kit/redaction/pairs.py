"""An account and its password side by side, where no word says that it is one: `admin / ...`, `use ops_ro:...`.

Times, images with their tags, hosts with their ports, lines of files, ratios and keys of maps stand side by side, too.
So either the account is one that everybody has and the other half can hardly be a name; or the account is called like
one, the other half may be a password, and both stand where people give a login away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.kit.redaction.looks import Look, is_password, is_phrase, judge_look
from fermata.kit.redaction.marks import holds_any

_VALUE = re.compile(r"[\"'`]?(?P<value>[^\s\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb<>()\[\]{}|,;=]{6,160})")
_TRAILING = ".,:;?*_\u2026"
_SHOWN = re.compile(r"(?<![\w./])[A-Za-z][\w.@-]{1,40} / (?=[^\s/]{8})")
# Accounts that everybody has; what stands behind one and a slash is its password.
_EVERYBODYS = re.compile(
    r"(?<![\w./@-])(?:(?i:admin(?:istrator)?)|root|postgres|svc[\w-]{1,24}|deploy(?:er)?)"
    r"[ ]{0,2}[/:|][ ]{0,2}(?=[^\s/:|])"
)
_EVERYBODY = ("admin", "root", "postgres", "svc", "deploy")
_SIGN = re.compile(r":(?=[A-Za-z0-9][^\s:/]{5})| [/|] (?=[\"'`]?[A-Za-z0-9][^\s/|]{5})")
_LONGEST_BEFORE = 64
_LED = re.compile(
    r"""(?ix)
    (?: ^ | [.,;!?(:\n] [ \t]* | (?<![\w'-]) (?: use | using | try | with | it[\u2019']?s | login | creds? | credentials
        | access | account | user | enter | type | via | nimm | mit | avec | con | usa )
        (?:[ ](?:is|are))? :? [ ]{1,2} )
    ["'`]? (?P<account> [a-z][\w.-]{1,40} ) ["'`]? \Z"""
)
_CALLED = re.compile(
    r"(?i)admin(?:istrator)?|root|sysadmin|superuser|readonly|read_only|guest|viewer|svc[_-][\w-]{1,24}"
    r"|[a-z][\w.-]{0,30}[_-](?:ro|rw|adm|admin|user|usr|svc|readonly|reader|writer|login)"
)
_GIVEN = re.compile(
    r"""(?ix) ["'`]?
    (?: [ \t]* (?: [.,;!?)]+(?=\s|\Z) | \n | \Z )
      | [ \t]+ (?: for | on | if | until | till | works? | worked | should | still | btw | please | pls | and | but
        | to[ ]get[ ]in | f\u00fcr | pour | para | auf ) (?!\w) )"""
)


def list_pairs(text: str, folded: str) -> Iterator[tuple[int, int]]:
    """Yield where passwords begin and end that stand beside an account.

    Args:
        text: What was said.
        folded: The text in lower case, as long as the text.
    """
    if holds_any(folded, _EVERYBODY):
        yield from _list_everybodys(text, folded)
    if " / " in text:
        # `portal@shop / Vivaldi#88x`, whatever is said of it.
        for match in _SHOWN.finditer(text):
            span = _read_value(text, match.end())
            if span is not None and is_password(text[slice(*span)]):
                yield span
    for match in _SIGN.finditer(text):
        span = _read_value(text, match.end())
        if span is not None and _is_given(text, match.start(), span):
            yield span


def _list_everybodys(text: str, folded: str) -> Iterator[tuple[int, int]]:
    for account in _EVERYBODY:
        position = folded.find(account)
        while position >= 0:
            match = _EVERYBODYS.match(text, position)
            span = _read_value(text, match.end()) if match is not None else None
            if span is not None and judge_look(text[slice(*span)]) in (Look.SIGNED, Look.RANDOM):
                yield span
            position = folded.find(account, position + len(account))


def _read_value(text: str, start: int) -> tuple[int, int] | None:
    match = _VALUE.match(text, start)
    if match is None:
        return None
    value = match["value"].rstrip(_TRAILING)
    inner = value.lstrip("*_:~")
    end = match.start("value") + len(value)
    return (end - len(inner), end) if any(map(str.isdigit, inner)) else None


def _is_given(text: str, account_end: int, span: tuple[int, int]) -> bool:
    """Answer whether somebody gives a login away: at the beginning of a clause, and nothing is told of it behind it."""
    value = text[slice(*span)]
    look = judge_look(value)
    if look < Look.WORDY and not is_phrase(value):
        return False
    begin = max(0, account_end - _LONGEST_BEFORE)
    led = _LED.search(text[begin:account_end])
    # The window's beginning is none of a text.
    if led is None or (begin and led.start() == 0) or _GIVEN.match(text, span[1]) is None:
        return False
    return is_password(value) or _CALLED.fullmatch(led["account"]) is not None
