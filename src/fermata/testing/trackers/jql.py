"""Reading JQL as far as the fake Jira knows it: clauses joined by AND, OR and brackets, and an order.

Fields: project, text, summary, labels, component, statusCategory, updated. Operators: `=`, `!=`, `in`, `~` with a
phrase in quotes, `>=` with a distance in minutes. Anything else is refused, as is a query that no project bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|>=|!=|[()=~,]|[A-Za-z]+)')
_FIELDS = {"project", "text", "summary", "labels", "component", "statusCategory", "updated"}
Test = Callable[[Any], bool]


class BadQuery(ValueError):
    """What Jira answers with 400."""


def parse_jql(jql: str, now: datetime) -> tuple[Test, str]:
    """Return a test of an issue (with attributes of the fields' names), and what the result is ordered by.

    Raises:
        BadQuery: Jira or this fake would not take it.
    """
    where, _, order = jql.partition(" ORDER BY ")
    if order not in ("", "updated DESC", "key DESC"):
        raise BadQuery(f"cannot order by {order}")
    parser = _Parser(_tokenise(where), now)
    test = parser.read_or()
    if parser.tokens:
        raise BadQuery(f"unexpected {parser.tokens[0]}")
    if "project" not in where:
        raise BadQuery("Unbounded JQL queries are not allowed here.")
    return test, order


def _tokenise(text: str) -> list[str]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadQuery(f"Error in the JQL Query at character {position}: {text[position : position + 20]}")
        tokens.append(match[1])
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], now: datetime) -> None:
        self.tokens = tokens
        self._now = now

    def read_or(self) -> Test:
        tests = [self._read_and()]
        while self.tokens[:1] == ["OR"]:
            self._take("OR")
            tests.append(self._read_and())
        return lambda issue: any(test(issue) for test in tests)

    def _read_and(self) -> Test:
        tests = [self._read_clause()]
        while self.tokens[:1] == ["AND"]:
            self._take("AND")
            tests.append(self._read_clause())
        return lambda issue: all(test(issue) for test in tests)

    def _read_clause(self) -> Test:
        if self.tokens[:1] == ["("]:
            self._take("(")
            test = self.read_or()
            self._take(")")
            return test
        field, operator = self._take(), self._take()
        if field not in _FIELDS:
            raise BadQuery(f"Field '{field}' does not exist or you do not have permission to view it.")
        if operator == "in":
            self._take("(")
            values = [self._read_value()]
            while self.tokens[:1] == [","]:
                self._take(",")
                values.append(self._read_value())
            self._take(")")
            return _compare(field, "in", values, self._now)
        return _compare(field, operator, [self._read_value()], self._now)

    def _read_value(self) -> str:
        token = self._take()
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if not token.isalpha():
            raise BadQuery(f"a value is expected, not {token}")
        return token

    def _take(self, wanted: str = "") -> str:
        if not self.tokens or (wanted and self.tokens[0] != wanted):
            raise BadQuery(f"{wanted or 'more'} is expected, not {self.tokens[:1]}")
        return self.tokens.pop(0)


def _compare(field: str, operator: str, values: Sequence[str], now: datetime) -> Test:
    if field == "updated" and operator == ">=":
        match = re.fullmatch(r"-(\d+)m", values[0])
        if match is None:
            raise BadQuery(f"Date value '{values[0]}' for field 'updated' is invalid.")
        bound = now - timedelta(minutes=int(match[1]))
        return lambda issue: bool(issue.updated >= bound)
    if field in ("text", "summary") and operator == "~":
        phrase = values[0]
        if not (len(phrase) > 2 and phrase[0] == phrase[-1] == '"' and '"' not in phrase[1:-1]):
            raise BadQuery(f"{phrase!r} is no phrase in quotes; Lucene's own characters would count")
        words = re.findall(r"\w+", phrase.lower())
        return lambda issue: _holds(re.findall(r"\w+", getattr(issue, field).lower()), words)
    if operator in ("=", "in") and field in ("project", "labels", "component", "statusCategory"):
        wanted = {value.lower() for value in values}
        return lambda issue: bool({value.lower() for value in _list(getattr(issue, field))} & wanted)
    if operator == "!=" and field == "statusCategory":
        return lambda issue: issue.statusCategory.lower() != values[0].lower()
    raise BadQuery(f"The operator '{operator}' is not supported by the '{field}' field.")


def _list(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _holds(words: Sequence[str], phrase: Sequence[str]) -> bool:
    return any(words[start : start + len(phrase)] == phrase for start in range(len(words)))
