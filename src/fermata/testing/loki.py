"""A Loki that holds what a test puts in, and reads the LogQL it is sent as strictly as the real one.

It knows `labels`, `label/<name>/values`, `query_range` for lines and `status/buildinfo`. Of LogQL it knows a selector
with `=`, `!=`, `=~`, `!~` and line filters behind it; anything else (parsers, metrics) is refused. Limits of the real
one that it keeps: at most 5,000 lines, a matcher that is not empty, a start before the end, a tenant where one is due.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fermata.testing.web_server import Answer, Request

MOST_LINES = 5000
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*')
_FILTER = re.compile(r'\s*(\|=|\|~|!=|!~)\s*("(?:[^"\\]|\\.)*")\s*')
# RE2 knows none of these.
_NOT_RE2 = re.compile(r"\(\?[=!<]|\\[1-9]")


class Unparsable(ValueError):
    """What Loki answers with 400."""


@dataclass(frozen=True, slots=True)
class LokiStream:
    """One stream as it is kept."""

    labels: Mapping[str, str]
    lines: Sequence[tuple[int, str]]
    """(nanoseconds since 1970, text), in any order."""


@dataclass(slots=True)
class FakeLoki:
    """Answers requests of `WebServer`."""

    streams: list[LokiStream] = field(default_factory=list)
    tenant: str = ""
    """The one it wants; empty asks for none."""
    queries: list[str] = field(default_factory=list)
    """LogQL it has answered."""

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.method != "GET":
            raise AssertionError(f"{request.method} would change something")
        if self.tenant and request.headers.get("x-scope-orgid", "") != self.tenant:
            return Answer(b"no org id\n", 401)
        path = request.path.removeprefix("/loki/api/v1/")
        if path == "status/buildinfo":
            return Answer({"version": "3.2.0"})
        start, end = int(request.get_query("start")), int(request.get_query("end"))
        if start >= end:
            return Answer(b"end timestamp must not be before or equal to start time\n", 400)
        there = [one for one in self.streams if any(start <= at < end for at, _ in one.lines)]
        if path == "labels":
            return _say_names({label for one in there for label in one.labels})
        if match := re.fullmatch(r"label/([a-zA-Z_][a-zA-Z0-9_]*)/values", path):
            return _say_names({one.labels[match[1]] for one in there if match[1] in one.labels})
        if path == "query_range":
            return self._query(request, start, end)
        raise NotImplementedError(path)

    def _query(self, request: Request, start: int, end: int) -> Answer:
        if unknown := set(request.query) - {"query", "start", "end", "limit", "direction"}:
            raise AssertionError(f"unknown parameters {unknown}")
        if request.get_query("direction") != "backward":
            raise AssertionError("the newest lines are wanted")
        limit, query = int(request.get_query("limit")), request.get_query("query")
        if limit > MOST_LINES:
            text = f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MOST_LINES})"
            return Answer(text.encode(), 400)
        try:
            matches, keeps = parse_logql(query)
        except Unparsable as error:
            return Answer(f"parse error: {error}".encode(), 400)
        self.queries.append(query)
        found = sorted(
            ((at, number, text) for number, one in enumerate(self.streams) if matches(one.labels)
             for at, text in one.lines if start <= at < end and keeps(text)),
            reverse=True,
        )[:limit]  # fmt: skip
        result = [
            {"stream": dict(one.labels), "values": [[str(at), text, {}] for at, own, text in found if own == number]}
            for number, one in enumerate(self.streams)
        ]
        return Answer(
            {
                "status": "success",
                "data": {"resultType": "streams", "result": [one for one in result if one["values"]], "stats": {}},
            }
        )


def parse_logql(query: str) -> tuple[Callable[[Mapping[str, str]], bool], Callable[[str], bool]]:
    """Return what a query for lines says of labels and of a line.

    Raises:
        Unparsable: It is not of the form that is known here, or Loki itself would refuse it.
    """
    if not query.startswith("{"):
        raise Unparsable("a query begins with a selector")
    position, matchers = 1, []
    while True:
        match = _MATCHER.match(query, position)
        if match is None:
            raise Unparsable(f"no matcher at {position}: {query[position : position + 20]!r}")
        matchers.append((match[1], _compile(match[2], json.loads(match[3]), whole=True)))
        position = match.end()
        if query[position : position + 1] == "}":
            break
        if query[position : position + 1] != ",":
            raise Unparsable(f"no comma at {position}")
        position += 1
    if all(test("") for _, test in matchers):
        raise Unparsable("queries require at least one matcher that does not have an empty-compatible value")
    position, filters = position + 1, []
    while position < len(query):
        match = _FILTER.match(query, position)
        if match is None:
            raise Unparsable(f"no line filter at {position}: {query[position : position + 20]!r}")
        operator = {"|=": "has", "!=": "lacks", "|~": "=~", "!~": "!~"}[match[1]]
        filters.append(_compile(operator, json.loads(match[2]), whole=False))
        position = match.end()

    def matches(labels: Mapping[str, str]) -> bool:
        return all(test(labels.get(label, "")) for label, test in matchers)

    return matches, lambda text: all(test(text) for test in filters)


def _compile(operator: str, value: str, *, whole: bool) -> Callable[[str], bool]:
    if operator in ("=", "!="):
        return lambda text: (text == value) is (operator == "=")
    if operator in ("has", "lacks"):
        return lambda text: (value in text) is (operator == "has")
    if _NOT_RE2.search(value):
        raise Unparsable(f"RE2 does not know {value!r}")
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise Unparsable(str(error)) from error
    search = pattern.fullmatch if whole else pattern.search
    return lambda text: (search(text) is not None) is (operator == "=~")


def _say_names(names: set[str]) -> Answer:
    # Loki leaves the list out when it is empty.
    return Answer({"status": "success", **({"data": sorted(names)} if names else {})})
