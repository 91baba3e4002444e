"""`graph.json`: the services and who calls whom, as far as somebody wrote it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.parsing import parse_json, read_text_field
from fermata.kit.listing import write_some
from fermata.rules.metrics.callgraph import CallGraph

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Service:
    """A node of the graph."""

    name: str
    kind: str = ""
    """`app`, `gateway`, `db`, `cache`, `queue`, `external`, `worker`, `loadgen`; empty when the source does not say."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The node as it was written."""


@dataclass(frozen=True, slots=True)
class Call:
    """An edge of the graph."""

    caller: str
    callee: str
    is_async: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The edge as it was written."""


@dataclass(frozen=True)
class ServiceGraph:
    """What the file says."""

    services: tuple[Service, ...] = ()
    calls: tuple[Call, ...] = ()
    journeys: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[str, ...] = ()
    """Entries that cannot be used, in words."""

    @cached_property
    def names(self) -> frozenset[str]:
        """Return every service that is listed or stands at an edge."""
        ends = {end for call in self.calls for end in (call.caller, call.callee)}
        return frozenset(ends.union(service.name for service in self.services))

    @cached_property
    def call_graph(self) -> CallGraph:
        """Return who calls whom, for the rules."""
        return CallGraph.build(
            ((call.caller, call.callee) for call in self.calls),
            asynchronous=((call.caller, call.callee) for call in self.calls if call.is_async),
        )


def read_graph_file(file: SourceFile) -> ServiceGraph:
    """Return the graph of a bundle.

    Raises:
        Unreadable: The file cannot be opened, is no JSON, or is no graph.
    """
    return read_graph(read_text(file))


def read_graph(text: str) -> ServiceGraph:
    """Return the graph that a text describes; an entry without a name is left out and named.

    Raises:
        Unreadable: It is no JSON, or neither services nor edges are in it.
    """
    document = parse_json(text)
    if not isinstance(document, Mapping) or not {"services", "edges"} & set(document):
        raise Unreadable('it is no service graph: it needs "services" and "edges"')
    problems: list[str] = []
    services = [
        Service(name, read_text_field(item, "kind").lower(), item)
        for number, item in _list_objects(document, "services", problems)
        if (name := _read_end(item, problems, f'entry {number} of "services"', "name"))
    ]
    calls = [
        Call(caller, callee, read_text_field(item, "mode").lower() == "async", item)
        for number, item in _list_objects(document, "edges", problems)
        if (caller := _read_end(item, problems, f'entry {number} of "edges"', "from"))
        and (callee := _read_end(item, problems, f'entry {number} of "edges"', "to"))
    ]
    journeys = tuple(item for _, item in _list_objects(document, "journeys", problems))
    return ServiceGraph(tuple(services), tuple(calls), journeys, tuple(problems))


def _list_objects(document: Mapping[str, Any], key: str, problems: list[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the objects of a list, each with its place in it, counted from 1."""
    items = document.get(key)
    if items is None:
        return []
    if not isinstance(items, list):
        problems.append(f'"{key}" is no list')
        return []
    # A plain name is as good as an object with nothing but a name.
    read = [{"name": item} if isinstance(item, str) else item for item in items]
    kept = [(number, item) for number, item in enumerate(read, start=1) if isinstance(item, Mapping)]
    wrong = [str(number) for number, item in enumerate(read, start=1) if not isinstance(item, Mapping)]
    if wrong:
        problems.append(f'entries of "{key}" that are no objects: {write_some(wrong, _MOST_NAMED)}')
    return kept


def _read_end(item: Mapping[str, Any], problems: list[str], what: str, key: str) -> str:
    name = read_text_field(item, key)
    if not name:
        problems.append(f'{what} has no "{key}"')
    return name
