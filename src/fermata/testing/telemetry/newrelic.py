"""A New Relic that answers NerdGraph's NRQL from recorded rows, and reads the query's form strictly.

The documents' fields are recorded from New Relic's documentation, "NerdGraph tutorial: Query your data using NRQL".
Of NRQL it knows `SELECT ... FROM <type> WHERE ... [FACET ...] [LIMIT n] [TIMESERIES n SECONDS] SINCE <ms> UNTIL <ms>`;
the rows are the test's, by event type and application. Limits that it keeps: the key in `API-Key`, at most 366 buckets,
a start before the end, an account that the key may see; errors come with HTTP 200 and a class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.testing.graphql import BadDocument, Types, execute
from fermata.testing.web_server import Answer, Request

KEY, ACCOUNT = "NRAK-sample", 1234567
_STRING = r"'(?:[^'\\]|\\.)*'"
_CONDITION = rf"[\w.]+ (?:= {_STRING}|IS true)"
_CLAUSES = (
    r"SELECT (?P<select>.+?) FROM (?P<type>\w+)",
    rf"(?: WHERE (?P<where>{_CONDITION}(?: AND {_CONDITION})*))?",
    r"(?: FACET (?P<facet>[\w., ]+?))?(?: LIMIT (?P<limit>\d+))?(?: TIMESERIES (?P<bucket>\d+) SECONDS)?",
    r" SINCE (?:1 hour ago|(?P<since>\d{13}) UNTIL (?P<until>\d{13}))",
)
_QUERY = re.compile("".join(_CLAUSES))
_SELECT = re.compile(
    rf"(?:\*|(?:rate\(count\(\*\), 1 second\)|filter\(rate\(count\(\*\), 1 second\), WHERE {_CONDITION}\)|"
    r"percentile\([\w.]+, 95\)|count\(\*\)|latest\(timestamp\)|uniques\(appName, 20\)|max\([\w.]+\))"
    rf"(?: AS {_STRING})?(?:, (?:latest\(timestamp\))(?: AS {_STRING})?)*)"
)
TYPES: Types = {
    "Query": {"actor": "Actor"},
    "Mutation": {},
    "Actor": {"account": "Account(id)", "user": "User"},
    "User": {"name": "Scalar"},
    "Account": {"nrql": "NrdbResult(query timeout)", "name": "Scalar"},
    "NrdbResult": {"results": "Scalar"},
}


@dataclass(slots=True)
class FakeNewRelic:
    """Answers requests of `WebServer`."""

    rows: dict[tuple[str, str, str], Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """By event type, application and the name after AS (empty for `SELECT *`): what the query finds."""
    queries: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if (request.method, request.path) != ("POST", "/graphql"):
            raise NotImplementedError(request.path)
        if request.headers.get("api-key") != KEY:
            return Answer({"errors": [{"message": "Valid API key required"}]}, 401)
        body = request.read()
        variables = body["variables"]
        if variables["account"] != ACCOUNT:
            return fail("Access denied.", "ACCESS_DENIED")
        nrql = variables.get("nrql", "")
        found: Sequence[Mapping[str, Any]] = ()
        if nrql:
            match = _QUERY.fullmatch(nrql)
            if match is None or not _SELECT.fullmatch(match["select"]):
                return fail(f"NRQL Syntax Error: Error at line 1 position 1, unexpected '{nrql[:10]}'", "SERVER_ERROR")
            if refusal := _refuse(match):
                return fail(refusal, "INVALID_INPUT")
            self.queries.append(nrql)
            found = self._find(match)
        # The fields below are filled from what stands around them: one level of arguments is enough here.
        account = {"name": "Shop", "nrql": lambda _: {"results": list(found)}}
        actor = {"user": {"name": "fermata"}, "account": lambda _: account}
        try:
            return Answer({"data": execute(body["query"], variables, TYPES, lambda _name, _given: actor)})
        except BadDocument as error:
            raise AssertionError(str(error)) from error

    def _find(self, match: re.Match[str]) -> Sequence[Mapping[str, Any]]:
        names = re.findall(_STRING, match["where"] or "")
        app = re.sub(r"\\(.)", r"\1", names[0][1:-1]) if names else ""
        called = re.search(r"AS '([^']*)'", match["select"])
        found = self.rows.get((match["type"], app, called[1] if called else ""))
        if found is not None or not match["bucket"]:
            return list(found or ())[: int(match["limit"] or 1000)]
        # What is not there is counted all the same: every bucket is zero, and a percentile is nothing.
        value: Any = {"95": None} if "percentile" in match["select"] else 0
        return [
            {"beginTimeSeconds": int(match["since"]) // 1000, "endTimeSeconds": 0, called[1] if called else "": value}
        ]


def fail(message: str, error_class: str) -> Answer:
    """Return an error as NerdGraph writes it."""
    return Answer({"data": None, "errors": [{"message": message, "extensions": {"errorClass": error_class}}]})


def _refuse(match: re.Match[str]) -> str:
    if not match["since"]:
        return ""
    since, until = int(match["since"]), int(match["until"])
    if since >= until:
        return "Your query's start time must be before its end time."
    if match["bucket"] and (until - since) / 1000 / int(match["bucket"]) > 366:
        return "TIMESERIES supports a maximum of 366 buckets"
    return ""
