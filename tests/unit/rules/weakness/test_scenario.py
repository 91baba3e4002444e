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
        ({"users>web": {"latency_ms": 90}, "api>db": {"latency_ms": 1, "timeout_ms": 20}}, 270, "what enters at web"),
        ({"users>web": {"latency_ms": 4}}, 100, "what enters at web"),
        ({"web>api": {"latency_ms": 40, "timeout_ms": 250}}, 1000, "assumed: what enters at web"),
        ({"web>api": {"latency_ms": 900}}, 2700, "what web waits for today"),
        ({}, 1000, "assumed: what enters at web"),
    ],
)
def test_steady_latency_is_the_whole_journey_s(build, facts, limit, source):
    """Of what is measured where it goes in, and never of a call inside it, else an assumption that is called one."""
    land = build("users>web web>api api>db", users={"kind": "loadgen"}, **facts)

    steady = describe(land, "api->db")["steady_state"]

    assert steady["latency_ms_max"] == limit
    assert source in steady["latency_limit"]
    assert "latency_ms_max_of" not in steady


def test_timeout_of_who_calls_the_entry_is_its_limit(build):
    """A journey may begin behind a gateway, which is a way in of its own."""
    land = build("edge>web web>api", [("buy", "web", ())], **{"edge>web": {"timeout_ms": 250}})

    steady = describe(land, "web->api")["steady_state"]

    assert steady["latency_ms_max_of"] == {"buy": 250}


def test_journey_that_goes_in_elsewhere_has_its_own_limit(build):
    """The one beside the fault is watched as well, and may be slower or faster than what is hit."""
    facts = {"users>web": {"latency_ms": 200}, "users>admin": {"latency_ms": 50}}
    journeys = [("buy", "web", ()), ("look up", "admin", ())]
    land = build("users>web users>admin web>api admin>db", journeys, users={"kind": "loadgen"}, **facts)

    steady = describe(land, "web->api")["steady_state"]

    assert steady["latency_ms_max"] == 600
    assert steady["latency_ms_max_of"] == {"look up": 150}


def test_system_that_nothing_enters_gets_an_assumption(build):
    """A lone service is still one to rehearse."""
    assert describe(build("", db={"kind": "db"}), "db")["steady_state"]["latency_ms_max"] == 1000


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
