"""Numbers that are the status of an answer, and numbers that only look like one.

429 is a status after `status=`, `HTTP` or `answered`; it is none as a count of rows, a page, a user's number or a
duration. What a failing line says in words is worth more than any number in it.
"""

from __future__ import annotations

import re

_BEFORE = (
    r"(?:\b(?:\w{1,30}[_.-])?(?:https?|status|code|status[_-]?code|http[_.]?(?:status|code)|error|err|exception|answer(?:ed|s)?"
    r"|respon(?:ded|ds|se)|repl(?:ied|ies|y)|return(?:ed|s|ing)?|got|gave|gives|received|with|rejected|refused)"
    r"(?: with| of| an?| the| http| status| code){0,3}[\"'\])]{0,2}"
    r"\s{0,2}[:=]?\s{0,2}[\"'(\[]?|HTTP/[0-9.]{1,3}\"? |[-=]> |://\S{1,200} |\b[a-z][\w.-]{2,60}: |[(\[])"
)
_NO_UNIT = (
    r"(?![.,]?\d)(?! ?(?:ms|[mu\u00b5n]?s|secs?|seconds?|minutes?|bytes?|[kmg]i?b|%|of \d|rows?|items?|records?"
    r"|messages?|events?|files?|lines?|users?|orders?|times|pages?|jobs?|points?|requests?(?! per))\b)"
)
_NAMED = re.compile(
    # What a name gives a value, unless the name is one of a status.
    r"(?<![\w.-])(?!(?:\w+[_.-])?(?:status|code|statuscode|http|error|err|response|rc|upstream_status|qcur)\b)"
    r"([a-z][\w.-]{0,60}(?:=|:(?=\d)|\s?#)\"?)(?:30[12378]|4\d\d|50\d)(?![\d.])",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    # The one, the how many or how long: a thing with a number, a number with a unit.
    r"(\b(?:users?|customer|account|tenant|pages?|rows?|lines?|items?|orders?|jobs?|batch|shard|partition|offset|port"
    r"|pid|worker|thread|session|task|invoice|ticket|product|records?|room|seat|table|plate|parcel|shipment|request"
    r"|message|number|no\.|nr\.?|id)(?:: | ))(?:30[12378]|4\d\d|50\d)(?![\d.])"
    r"|(?<![\w.])(?:30[12378]|4\d\d|50\d)(?= ?(?:ms|[mu\u00b5n]?s|secs?|seconds?|bytes?|[kmg]i?b|%|of \d+|rows|items"
    r"|records|messages|events|files|lines|users|orders|pages|jobs|points)(?!\w))",
    re.IGNORECASE,
)


def status(code: str) -> str:
    """Return a pattern of a line that reports a status, for `re` without regard to case.

    Args:
        code: The pattern of the number, as in `50[03]`.
    """
    return rf"(?:^|{_BEFORE}){code}\b{_NO_UNIT}"


def drop_numbers(text: str) -> str:
    """Return a text without the numbers that by what stands beside them are no status of a failure."""
    return _COUNTED.sub(r"\1 ", _NAMED.sub(r"\1 ", text))


_ANSWERED = re.compile(
    r"(\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S{1,400}(?: HTTP/[0-9.]{1,3}\"?)? )([1-5]\d\d)(?![\d.])" + _NO_UNIT
)
"""How access logs and frameworks write what a request was answered with."""
_SETS = re.compile(
    # Not how long an answer may take, nor how large it may be.
    r"(?:status|respon[sd])(?![\w.-]{0,20}(?:time|interval|period|deadline|delay|size|limit|buffer))"
    r"|error_?(?:page|code)|https?_?code|\babort\b|\breturn\b|\bthrow\b|\braise\b",
    re.IGNORECASE,
)


def sets_status(text: str) -> bool:
    """Answer whether a line of code or of settings speaks of what is answered."""
    return _SETS.search(text) is not None


def read_answer(text: str) -> int | None:
    """Return the status that a request was answered with, as access logs write it; `None` of any other line."""
    found = _ANSWERED.search(text)
    return int(found[2]) if found is not None else None


def drop_statuses(text: str) -> str:
    """Return a text without what requests were answered with."""
    return _ANSWERED.sub(r"\1 ", text)
