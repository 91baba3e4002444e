"""A rehearsal as an incident: what was measured, when, and nothing of what was done."""

import json
from datetime import timedelta

import pytest
from tests.unit.rules.rehearsed.rehearsed_scene import USUAL, collapse, look, read

from fermata.domain.experiment import Measured, Phase, Sample, SteadyCheck, WireSample
from fermata.rules.rehearsed import compose_case
from fermata.testing.experiments import make_cluster_experiment, make_experiment
from fermata.testing.records import NOON

GRAPH = {
    "services": [{"name": "front"}, {"name": "checkout"}, {"name": "payment"}, "odd", {"name": "stock"}],
    "edges": [
        {"from": "front", "to": "checkout"},
        {"from": "checkout", "to": "payment"},
        {"from": "front", "to": "stock"},
        {"from": "payment", "to": "checkout"},
        {"from": "stock", "to": "mail", "mode": "async"},
    ],
    "journeys": [{"name": "pay", "entry": "checkout"}, {"name": "refund", "entry": "nobody"}],
}
CONTROL = SteadyCheck(journey="payment itself", url="http://127.0.0.1:1/", max_p95_ms=300, is_control=True)


def test_alerts_are_of_the_journeys_that_were_not_served_and_name_no_target():
    """From the second after the first bad one; nobody reads the answer off a title."""
    case = compose_case(make_experiment(), collapse())

    assert [(alert["service"], alert["value"]) for alert in case.alerts] == [
        ("pay", "20.0% good, p95 2000 ms"),
        ("refund", "20.0% good, p95 2000 ms"),
    ]
    assert {alert["started_at"] for alert in case.alerts} == {(NOON + timedelta(seconds=6)).isoformat()}
    assert case.title == "Not served as agreed: pay, refund"
    assert case.journeys == ("pay", "refund")
    assert "payment" not in json.dumps(case.alerts) + case.title


def test_series_stand_on_the_same_seconds_and_end_with_the_fault():
    """The second in which the fault ended is left out: only a part of it belongs to the fault."""
    case = compose_case(make_experiment(), collapse())

    assert read(case, "pay", "error_rate") == {second: 0.0 if second < 5 else 0.8 for second in range(9)}
    assert read(case, "refund", "latency_p95_ms") == {second: 30.0 if second < 5 else 2000.0 for second in range(9)}
    assert read(case, "payment", "calls_per_second") == {**dict.fromkeys(range(5), 40.0), 5: 0.0, 6: 10, 7: 10, 8: 10}
    assert (case.start, case.end, case.before_s) == (NOON, NOON + timedelta(seconds=10), 5)


def test_time_of_a_call_is_told_by_littles_law_and_never_across_a_phase():
    """Calls that wait together end together: the next seconds tell how long those of this one took."""
    took = read(compose_case(make_experiment(), collapse()), "payment", "latency_avg_ms")

    assert [took[second] for second in range(5)] == [5.0] * 5
    assert [took[second] for second in (5, 6, 7, 8)] == [3000.0, 2000.0, 2000.0, 2000.0]


def test_looks_within_one_second_are_one_value():
    """As many as there were; what they saw is added up."""
    halves = tuple(
        WireSample(at=NOON + timedelta(seconds=at / 2), phase=Phase.BASELINE, seconds=0.5, calls=10, call_seconds=0.1)
        for at in range(1, 5)
    )

    case = compose_case(make_experiment(), collapse(wire=halves))

    assert read(case, "payment", "calls_per_second") == {0: 20.0, 1: 20.0}
    assert read(case, "payment", "inflight_calls") == {0: 0.2, 1: 0.2}
    assert read(case, "payment", "latency_avg_ms") == {0: 10.0, 1: 10.0}


def test_calls_that_are_known_to_fail_are_a_share_of_those_that_ended():
    """None where none ended; one at most."""
    wire = (*USUAL, look(6, 0, 20, 5), look(7, 10, 1, 4), look(8, 10, 1, 12))

    shares = read(compose_case(make_experiment(), collapse(wire=wire)), "payment", "error_rate")

    assert [shares[second] for second in (4, 5, 6, 7)] == [0.0, 0.0, 0.4, 1.0]


def test_seconds_of_two_phases_are_one_and_what_nobody_answered_has_no_time():
    """A second without a question is none; neither is a journey that is not the experiment's."""
    fault = {"at": NOON + timedelta(seconds=1), "phase": Phase.FAULT}
    samples = (
        Sample(at=NOON, phase=Phase.BASELINE, journey="pay", requests=0, ok=0),
        Sample(at=NOON, phase=Phase.BASELINE, journey="stranger", requests=3, ok=3),
        Sample(at=fault["at"], phase=Phase.BASELINE, journey="pay", requests=4, ok=4, p95_ms=20.0),
        Sample(**fault, journey="pay", requests=6, ok=1, p95_ms=400.0),
        Sample(**fault, journey="refund", requests=5, ok=0),
    )
    case = compose_case(make_experiment(), collapse(samples=samples, wire=(), withdrawn_at=None))

    assert read(case, "pay", "error_rate") == {1: 0.5}
    assert read(case, "pay", "latency_p95_ms") == {1: 400.0}
    assert read(case, "refund", "error_rate") == {1: 1.0}
    assert read(case, "refund", "latency_p95_ms") == {}
    assert case.end == NOON + timedelta(seconds=15)


def test_what_broke_only_afterwards_is_told_to_the_end():
    """A collapse may be that it does not come back."""
    measured = tuple(
        Measured(journey=journey, phase=phase, requests=25, ok_ratio=ratio, p95_ms=p95)
        for journey in ("pay", "refund")
        for phase, ratio, p95 in ((Phase.FAULT, None, 30.0), (Phase.RECOVERY, 1.0, 900.0 if journey == "pay" else None))
    )
    case = compose_case(make_experiment(), collapse(measured=measured))

    assert [(alert["service"], alert["value"]) for alert in case.alerts] == [("pay", "100.0% good, p95 900 ms")]
    assert case.end == NOON + timedelta(seconds=15)
    assert max(read(case, "pay", "error_rate")) == 13


def test_where_no_journey_stands_out_all_that_could_be_hit_are_alerted():
    """Without numbers that nobody has; a control is none of them."""
    experiment = make_experiment(checks=(*make_experiment().checks, CONTROL))
    measured = (Measured(journey="payment itself", phase=Phase.FAULT, requests=9, ok_ratio=0.1),)

    case = compose_case(experiment, collapse(measured=measured, samples=(), injected_at=None))

    assert [alert["service"] for alert in case.alerts] == ["pay", "refund"]
    assert not any("value" in alert for alert in case.alerts)
    assert case.alerts[0]["started_at"] == (NOON + timedelta(seconds=1)).isoformat()


def test_alert_says_a_dash_for_what_nobody_measured():
    """Nothing answered has no time."""
    measured = (Measured(journey="pay", phase=Phase.FAULT, requests=9, ok_ratio=0.0),)
    slow = (Measured(journey="pay", phase=Phase.FAULT, requests=9, p95_ms=900.0),)

    (failing,) = compose_case(make_experiment(), collapse(measured=measured)).alerts
    (waiting,) = compose_case(make_experiment(), collapse(measured=slow)).alerts

    assert (failing["value"], waiting["value"]) == ("0.0% good, p95 - ms", "- good, p95 900 ms")


def test_without_a_graph_only_the_broken_call_is_known():
    """The journeys lead to its caller and wait for what that calls; a control does not."""
    graph = compose_case(make_experiment(checks=(*make_experiment().checks, CONTROL)), collapse()).graph

    assert [item["name"] for item in graph["services"]] == ["checkout", "payment", "pay", "refund"]
    assert [(edge["from"], edge["to"]) for edge in graph["edges"]] == [
        ("checkout", "payment"),
        ("pay", "checkout"),
        ("pay", "payment"),
        ("refund", "checkout"),
        ("refund", "payment"),
    ]


def test_with_a_graph_journeys_enter_where_it_says_or_where_nobody_calls():
    """An entry that is no service is none; what is not an object is left out."""
    graph = compose_case(make_experiment(), collapse(), GRAPH).graph

    edges = [(edge["from"], edge["to"]) for edge in graph["edges"]]
    assert edges[5:7] == [("pay", "checkout"), ("pay", "payment")]
    assert edges[7:] == [("refund", name) for name in ("front", "checkout", "stock", "payment")]
    assert {"name": "stock"} in graph["services"]
    assert "odd" not in graph["services"]


@pytest.mark.parametrize("graph", [{"services": [{"name": "payment"}], "edges": 3}, {"services": [], "edges": []}])
def test_with_a_graph_without_a_door_journeys_lead_to_the_target(graph):
    """Whatever else is wrong with it."""
    written = compose_case(make_cluster_experiment(), collapse(wire=()), graph).graph

    assert [(edge["from"], edge["to"]) for edge in written["edges"]] == [("pay", "payment"), ("refund", "payment")]


def test_journey_that_is_named_like_a_service_is_that_service_own():
    """As of a graph without journeys, planned with one for each way in; a service's own calls are told at itself."""
    front = SteadyCheck(journey="front", url="http://127.0.0.1:1/", max_p95_ms=300)
    experiment = make_cluster_experiment(checks=(front,))

    case = compose_case(experiment, collapse(), GRAPH)

    assert case.graph["edges"] == GRAPH["edges"]
    assert case.journeys == ()
    assert read(case, "payment", "calls_per_second")[0] == 40.0


def test_calls_of_which_none_ends_count_with_the_time_they_waited():
    """As under a black hole; where there is no call, nothing waits."""
    held = tuple(look(second, 0, 20) for second in range(6, 10))
    case = compose_case(make_experiment(), collapse(wire=(*USUAL, *held)))
    quiet = compose_case(make_experiment(), collapse(wire=tuple(look(second, 0, 0) for second in range(1, 9))))

    took = read(case, "payment", "latency_avg_ms")
    assert [took[second] for second in (5, 6, 7, 8)] == [3000.0, 3000.0, 2000.0, 1000.0]
    assert read(quiet, "payment", "latency_avg_ms") == {}
    assert read(quiet, "payment", "inflight_calls")[0] == 0.0


def test_journey_named_like_the_callee_keeps_its_values_apart():
    """What feels the fault is asked before the call: the callee's own series stay the injector's."""
    hit = SteadyCheck(journey="payment", url="http://127.0.0.1:8001/pay", max_p95_ms=300, is_hit=True)
    refund = SteadyCheck(journey="refund", url="http://127.0.0.1:8001/refund", max_p95_ms=300)

    case = compose_case(make_experiment(checks=(hit, refund)), collapse())

    assert case.journeys == ("payment-journey", "refund")
    assert read(case, "payment", "latency_p95_ms") == {}
    assert read(case, "payment", "calls_per_second")[0] == 40.0
    assert {"from": "payment-journey", "to": "checkout"} in case.graph["edges"]


def test_check_of_the_callee_itself_keeps_its_name():
    """What need not feel the fault, as a control, may be the callee asked directly."""
    own = SteadyCheck(journey="payment", url="http://127.0.0.1:8002/", max_p95_ms=300, is_control=True)

    case = compose_case(make_experiment(checks=(*make_experiment().checks, own)), collapse())

    assert "payment-journey" not in case.journeys
