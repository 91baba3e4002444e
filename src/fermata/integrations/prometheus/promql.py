"""Reading PromQL just far enough: where an alert's expression stands, and its value without its comparison.

`errors > 5` is empty whenever the alert does not fire, so its series show nothing of the time before. `errors` does.
Not a parser: it knows brackets, strings, comments, words and the precedence of operators (Prometheus documentation,
"Operators"); what it is not sure of is left whole. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

# Rules are written by hand: a longer one is a mistake or an attempt.
LONGEST_EXPRESSION = 8_192
# Brackets around everything that are looked into; deeper ones are left, so that any expression costs a few scans.
DEEPEST = 8

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""", re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"[A-Za-z_:0-9.][A-Za-z0-9_:.]*")
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>")
_NUMBER = re.compile(r"[+-]?\s*(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|nan)", re.IGNORECASE)
_BOOL = re.compile(r"bool\b", re.IGNORECASE)
_JOINS = frozenset({"and", "or", "unless"})
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Condition:
    """An alert's expression, taken apart."""

    value: str
    """What is measured: the side of the comparison that is not a number; the whole expression when unsure."""
    operator: str = ""
    """The comparison with `value` on its left; empty when there is none or its other side is not a number."""
    threshold: str = ""
    """The number it is compared with, as written."""


@dataclass(frozen=True, slots=True)
class _Operator:
    text: str
    start: int
    end: int


def find_expression(generator_url: str) -> str:
    """Return the expression in an alert's generator URL (`g0.expr`); empty when it holds none."""
    try:
        found = parse_qs(urlsplit(generator_url).query, max_num_fields=100).get("g0.expr", [""])[0].strip()
    except ValueError:
        return ""
    return found if len(found) <= LONGEST_EXPRESSION else ""


def split_condition(expression: str) -> Condition:
    """Take the comparison off an alert's expression.

    Of `a > 1 and b > 2` and of `a > 1 unless b`, `a` is taken: its series are the alert's. An `or` has two values
    and is left whole.
    """
    text = _strip_brackets(expression.strip())
    for _ in range(DEEPEST):
        operators = _list_operators(text)
        joins = [operator for operator in operators if operator.text in _JOINS]
        if not operators or not text[: operators[0].start].strip() or any(join.text == "or" for join in joins):
            return Condition(text)
        if not joins:
            return _split_at(text, operators)
        text = _strip_brackets(text[: joins[0].start].strip())
    return Condition(text)


def _split_at(text: str, comparisons: list[_Operator]) -> Condition:
    # Comparisons chain from the left, and the leftmost operand's value is the result's.
    first, end = comparisons[0], comparisons[1].start if len(comparisons) > 1 else len(text)
    left = _strip_brackets(text[: first.start].strip())
    right = text[first.end : end].strip()
    if modifier := _BOOL.match(right):
        right = right[modifier.end() :].strip()
    right = _strip_brackets(right)
    if not right:
        return Condition(text)
    if _NUMBER.fullmatch(left):
        return Condition(right, _FLIPPED[first.text], left)
    if _NUMBER.fullmatch(right):
        return Condition(left, first.text, right)
    return Condition(left)


def _list_operators(text: str) -> list[_Operator]:
    """Return the comparisons and set operators outside all brackets, in order; none when the brackets are wrong."""
    found = []
    for position, token, depth in _walk(text):
        if depth < 0:
            return []
        if depth == 0 and (token.lower() in _JOINS or _COMPARISON.fullmatch(token)):
            found.append(_Operator(token.lower(), position, position + len(token)))
    return found


def _strip_brackets(text: str) -> str:
    """Take off brackets that hold the whole text."""
    for _ in range(DEEPEST):
        inner = text[1:-1]
        # The first and the last may not belong together: `(a) / (b)`.
        if not (text.startswith("(") and text.endswith(")")) or any(depth < 0 for _, _, depth in _walk(inner)):
            break
        text = inner.strip()
    return text


def _walk(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield (position, token, depth of brackets around it); a depth below 0 ends it: something is unpaired."""
    expected: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        token = character
        if match := _STRING.match(text, position) or _COMMENT.match(text, position):
            token = ""
            position = match.end()
        elif character in "\"'`" or (character in ")]}" and (not expected or expected.pop() != character)):
            yield position, character, -1
            return
        elif character in _CLOSING:
            expected.append(_CLOSING[character])
        elif match := _WORD.match(text, position) or _COMPARISON.match(text, position):
            token = match[0]
        if token:
            yield position, token, len(expected)
            position += len(token)
    if expected:
        yield position, "", -1
