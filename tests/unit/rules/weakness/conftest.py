"""Systems in one line: calls as `a>b`, facts of calls and services beside them."""

import pytest

from fermata.domain.service_graph import Call, Journey, OnError, Service, ServiceGraph, ServiceKind
from fermata.rules.weakness.planning import build_landscape


@pytest.fixture(scope="session")
def build():
    """Give a builder of a landscape: `build("web>db", web={...}, **{"web>db": {...}})`."""

    def make(arrows, journeys=(), **facts):
        calls = []
        for arrow in arrows.split():
            caller, callee = arrow.split(">")
            given = dict(facts.get(arrow, {}))
            if "on_error" in given:
                given["on_error"] = OnError(given["on_error"])
            given.setdefault("is_code_read", bool(given))
            calls.append(Call(caller, callee, **given))
        names = dict.fromkeys([*(end for call in calls for end in (call.caller, call.callee)), *facts])
        services = []
        for name in names:
            if ">" not in name:
                given = dict(facts.get(name, {}))
                given["kind"] = ServiceKind(given.get("kind", "app"))
                services.append(Service(name, **given))
        return build_landscape(ServiceGraph(tuple(services), tuple(calls), tuple(Journey(*item) for item in journeys)))

    return make


@pytest.fixture(scope="session")
def pick():
    """Give a finder of the one finding of a kind, at a place if one is named; `None` when there is none."""

    def find(findings, kind, target=None):
        found = [item for item in findings if item.kind == kind and target in {None, item.target}]
        assert len(found) < 2, found
        return found[0] if found else None

    return find
