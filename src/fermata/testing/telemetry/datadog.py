"""A Datadog that keeps series and events, and reads metric queries as strictly as the real one.

It knows v1 `validate`, `metrics`, `query` and `events`, and v2 `events`. Of queries it knows an aggregation, a metric,
tags in braces, `.as_rate()` or `.rollup(sum)`, and the quotient of two; anything else is an error, with HTTP 200 and
`status: error` as the real one answers. Limits that it keeps: seconds in v1 and milliseconds in v2, at most 1,000
events, both keys in headers, a permission for each call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fermata.kit.clock import format_instant
from fermata.testing.web_server import Answer, Request

API_KEY, APP_KEY = "sample-api-key", "sample-app-key"
_PART = re.compile(r"(?:avg|sum|min|max|p\d\d):([a-z][\w.]*)\{([^{}]*)\}(\.as_rate\(\)|\.rollup\(sum\))?")
_TAGS = re.compile(r"\*|[a-z_]+:[a-z0-9_\-./:]+(?:,[a-z_]+:[a-z0-9_\-./:]+)*")


@dataclass(frozen=True, slots=True)
class DatadogEvent:
    """One event as it is kept."""

    id: str
    title: str
    at: datetime
    tags: tuple[str, ...]
    text: str = ""
    status: str = "info"


@dataclass(slots=True)
class FakeDatadog:
    """Answers requests of `WebServer`."""

    series: dict[str, tuple[Mapping[str, str], Sequence[tuple[int, float | None]]]] = field(default_factory=dict)
    """By metric: its tags, and (epoch seconds, value)."""
    events: list[DatadogEvent] = field(default_factory=list)
    denied: frozenset[str] = frozenset()
    """Permissions that the application key lacks."""
    queries: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.method != "GET":
            raise AssertionError(f"{request.method} would change something")
        if request.headers.get("dd-api-key") != API_KEY:
            return Answer({"errors": ["Forbidden"]}, 403)
        if request.path == "/api/v1/validate":
            return Answer({"valid": True})
        if request.headers.get("dd-application-key") != APP_KEY:
            return Answer({"errors": ["Forbidden"]}, 403)
        calls = {
            "/api/v1/metrics": ("metrics_read", self._list_metrics),
            "/api/v1/query": ("timeseries_query", self._query),
            "/api/v1/events": ("events_read", self._list_v1),
            "/api/v2/events": ("events_read", self._list_v2),
        }
        if request.path not in calls:
            raise NotImplementedError(request.path)
        permission, call = calls[request.path]
        if permission in self.denied:
            return Answer({"errors": ["Forbidden", f"missing permission {permission}"]}, 403)
        return call(request)

    def _list_metrics(self, request: Request) -> Answer:
        _allow(request, "from", "tag_filter")
        tags = _parse_tags(request.get_query("tag_filter"))
        _read_seconds(request.get_query("from"))
        return Answer({"metrics": [name for name, (own, _) in self.series.items() if _agree(own, tags)], "from": "0"})

    def _query(self, request: Request) -> Answer:
        _allow(request, "query", "from", "to")
        start, end = _read_seconds(request.get_query("from")), _read_seconds(request.get_query("to"))
        text = request.get_query("query")
        parts = [match for part in text.split(" / ") if (match := _PART.fullmatch(part)) and _TAGS.fullmatch(match[2])]
        if len(parts) != text.count(" / ") + 1 or len(parts) > 2:
            said = f"Rule 'scope_expr' didn't match at '{text[:20]}'."
            return Answer({"status": "error", "error": said, "series": []})
        self.queries.append(text)
        found = [self._find_points(part, start, end) for part in parts]
        first = found[0]
        if len(found) == 2:
            below = found[1]
            first = {at: _divide(value, below.get(at)) for at, value in first.items()}
        points = [[at * 1000.0, value] for at, value in sorted(first.items())]
        one = {"metric": parts[0][1], "scope": "service:checkout", "tag_set": [], "pointlist": points}
        return Answer({"status": "ok", "res_type": "time_series", "series": [one] if points else [], "query": text})

    def _find_points(self, part: re.Match[str], start: int, end: int) -> dict[int, float | None]:
        own, points = self.series.get(part[1], ({}, ()))
        is_meant = _agree(own, _parse_tags(part[2]))
        return {at: value for at, value in points if is_meant and start <= at <= end}

    def _list_v1(self, request: Request) -> Answer:
        _allow(request, "start", "end", "tags")
        start, end = _read_seconds(request.get_query("start")), _read_seconds(request.get_query("end"))
        tags = _parse_tags(request.get_query("tags"))
        return Answer(
            {
                "events": [
                    {"id": int(one.id), "title": one.title, "text": f"%%%\n{one.text}\n%%%", "tags": list(one.tags),
                     "date_happened": int(one.at.timestamp()), "source_type_name": "my apps", "alert_type": one.status,
                     "url": f"/event/event?id={one.id}"}
                    for one in self._find(tags, start, end)
                ]
            }
        )  # fmt: skip

    def _list_v2(self, request: Request) -> Answer:
        _allow(request, "filter[query]", "filter[from]", "filter[to]", "page[limit]", "sort")
        start, end = (int(request.get_query(f"filter[{name}]")) / 1000 for name in ("from", "to"))
        limit = int(request.get_query("page[limit]"))
        if limit > 1000 or request.get_query("sort") != "-timestamp":
            raise AssertionError("at most 1,000 events, the newest first")
        _read_seconds(str(int(start)))
        found = self._find(_parse_tags(request.get_query("filter[query]").replace(" ", ",")), start, end)
        data = [
            {"id": one.id, "type": "event", "attributes": {
                "timestamp": format_instant(one.at), "message": one.text, "tags": list(one.tags),
                "attributes": {"title": one.title, "status": one.status, "evt": {"name": "x"}}}}
            for one in found[:limit]
        ]  # fmt: skip
        more: dict[str, Any] = {"meta": {"page": {"after": "x"}}} if len(found) > limit else {"meta": {}}
        return Answer({"data": data, **more})

    def _find(self, tags: Mapping[str, str], start: float, end: float) -> list[DatadogEvent]:
        found = [
            one
            for one in self.events
            if start <= one.at.timestamp() <= end and all(f"{name}:{value}" in one.tags for name, value in tags.items())
        ]
        return sorted(found, key=lambda one: one.at, reverse=True)


def _allow(request: Request, *names: str) -> None:
    if set(request.query) != set(names):
        raise AssertionError(f"parameters {sorted(request.query)}, not {sorted(names)}")


def _read_seconds(text: str) -> int:
    seconds = int(text)
    if not 10**9 < seconds < 10**10:
        raise AssertionError(f"{text} is not in seconds")
    return seconds


def _parse_tags(text: str) -> dict[str, str]:
    if not _TAGS.fullmatch(text):
        raise AssertionError(f"{text!r} are no tags")
    return dict(tag.split(":", 1) for tag in text.split(",")) if text != "*" else {}


def _divide(value: float | None, below: float | None) -> float | None:
    return None if value is None or not below else value / below


def _agree(own: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    return all(own.get(name) == value for name, value in tags.items())
