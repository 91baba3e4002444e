"""What a rehearsal would be, as data."""

import pytest

from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.planning import plan_rehearsals
from fermata.rules.weakness.scenario import describe_scenario


def describe(land, target, fault=Fault.LATENCY, magnitude=None):
    """Describe the rehearsal of a finding there."""
    found = Finding(Kind.NO_TIMEOUT, target, fault, Predict.UNKNOWN, "", 1, 1, magnitude=magnitude or {})
    return describe_scenario(land, found)


def test_scenario_names_fault_target_size_and_time(build):
    """All that a person needs to judge it, in JSON types."""
    made = describe(build("web>api"), "web->api", magnitude={"latency_ms": 592.80004})

    assert (made["fault"], made["target"], made["duration_s"]) == ("latency", "web->api", 300)
    assert made["magnitude"] == {"latency_ms": 592.8}
    assert made["steady_state"]["success_ratio_min"] == 0.99
    assert made["graceful_when"]["success_ratio_min"] == 0.95


@pytest.mark.parametrize(
    ("facts", "limit", "source"),
    [
        ({"timeout_ms": 250}, 250, "timeout"),
        ({"latency_ms": 40}, 120, "today's mean"),
        ({}, 1000, "assumed"),
    ],
)
def test_steady_latency_says_where_it_comes_from(build, facts, limit, source):
    """A caller's timeout, else a multiple of what is measured, else an assumption that is called one."""
    steady = describe(build("web>api api>db", **{"web>api": facts}), "api->db")["steady_state"]

    assert steady["latency_ms_max"] == limit
    assert source in steady["latency_limit"]


def test_fault_at_a_call_is_expected_in_journeys_that_make_it(build):
    """Others that enter at the same caller are what must not suffer, and can end a rehearsal."""
    land = build("web>pay web>ads", [("buy", "web", ("pay",)), ("look", "web", ("ads",))])

    assert describe(land, "web->pay")["steady_state"]["journeys"] == ["buy"]
    assert describe(land, "web")["steady_state"]["journeys"] == ["buy", "look"]


def test_every_planned_fault_has_a_size(build):
    """Whatever is found, there is something to inject."""
    land = build(
        "web>api api>db web>q worker>q web>web",
        db={"kind": "db", "replicas": 1, "memory_limit_bytes": 5, "has_readiness_probe": False},
        q={"kind": "queue"},
        **{"api>db": {"on_error": "fail", "pool_max": 0}},
    )
    made = [describe_scenario(land, item.finding) for item in plan_rehearsals(land)]

    assert {item["fault"] for item in made} >= {"kill", "error", "latency", "blackhole", "memory", "reset"}
    assert all(item["magnitude"] for item in made)
