"""One object for one experiment: the narrowest that does the fault, and always with an end."""

from datetime import timedelta

import pytest
from tests.unit.rules.chaosspecs.cases import CALLEE, ITSELF, LATENCY, SELECTOR, make_experiment, on_itself

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.mesh_write import write_object
from fermata.rules.chaosspecs.validation import validate_spec


def test_latency_is_a_network_fault_on_one_call():
    """At the caller, towards the callee alone, for as long as the experiment says, under its own name."""
    experiment = make_experiment()

    written = write_object(experiment)

    assert written["kind"] == "NetworkChaos"
    assert written["metadata"] == {
        "name": "exp-1",
        "namespace": "staging-shop",
        "labels": {"app.kubernetes.io/managed-by": "fermata", "fermata.dev/experiment": "exp-1"},
        "annotations": {"fermata.dev/digest": experiment.compute_digest()},
    }
    assert written["spec"] == {
        "mode": "one",
        "selector": SELECTOR,
        "duration": "5m",
        "action": "delay",
        "direction": "to",
        "target": {"mode": "all", "selector": CALLEE},
        "delay": {"latency": "2000ms", "jitter": "0ms"},
    }


@pytest.mark.parametrize(
    ("experiment", "kind", "fields"),
    [
        (
            make_experiment(FaultSpec(kind=FaultKind.LATENCY, latency_ms=90, jitter_ms=10)),
            "NetworkChaos",
            {"delay": {"latency": "90ms", "jitter": "10ms", "correlation": "0"}},
        ),
        (make_experiment(FaultSpec(kind=FaultKind.BLACKHOLE)), "NetworkChaos", {"action": "partition"}),
        (
            make_experiment(FaultSpec(kind=FaultKind.BANDWIDTH, bytes_per_s=5_000_000)),
            "NetworkChaos",
            {"bandwidth": {"rate": "5000000bps", "limit": 99_999, "buffer": 50_000}},
        ),
        (on_itself(FaultKind.LATENCY, latency_ms=500), "HTTPChaos", {"target": "Request", "delay": "500ms"}),
        (on_itself(FaultKind.ERROR, status=502), "HTTPChaos", {"target": "Response", "replace": {"code": 502}}),
        (on_itself(FaultKind.RESET), "HTTPChaos", {"abort": True, "port": 8080, "path": "*"}),
        (on_itself(FaultKind.KILL), "PodChaos", {"action": "pod-kill", "gracePeriod": 0}),
        (
            on_itself(FaultKind.CPU, load_percent=79.6),
            "StressChaos",
            {"stressors": {"cpu": {"workers": 1, "load": 80}}},
        ),
        (
            on_itself(FaultKind.MEMORY, memory_mb=256),
            "StressChaos",
            {"stressors": {"memory": {"workers": 1, "size": "256MB"}}},
        ),
    ],
)
def test_each_fault_has_its_object_and_passes_our_rules(experiment, kind, fields):
    """What the house writes, the house accepts."""
    written = write_object(experiment)

    assert written["kind"] == kind
    assert {name: written["spec"][name] for name in fields} == fields
    assert validate_spec(written) == ()


@pytest.mark.parametrize(
    ("replicas", "percent", "mode", "value"),
    [
        (3, 40, "one", None),
        (1, 10, "one", None),
        (10, 50, "fixed", "5"),
        (None, 33.4, "fixed-percent", "33"),
    ],
)
def test_counted_replicas_are_hit_by_count(replicas, percent, mode, value):
    """A count does not grow when the deployment does; a share stands only where nobody counted."""
    fault = LATENCY.model_copy(update={"percent": percent})

    spec = write_object(make_experiment(fault, replicas=replicas))["spec"]

    assert (spec["mode"], spec.get("value")) == (mode, value)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (make_experiment(namespace=""), "no namespace"),
        (make_experiment(labels={}), "checkout has no labels"),
        (make_experiment(callee_labels={}), "it would hit all traffic of the pods"),
        (make_experiment(callee=""), "it would hit all traffic of the pods"),
        (make_experiment(LATENCY.model_copy(update={"percent": 0.5}), replicas=None), "may be none"),
        (make_experiment(FaultSpec(kind=FaultKind.ERROR, status=500)), "hits every caller of payment"),
        (make_experiment(FaultSpec(kind=FaultKind.RESET), **{**ITSELF, "ports": ()}), "exactly one port"),
        (make_experiment(FaultSpec(kind=FaultKind.RESET), **{**ITSELF, "ports": (1, 2)}), "exactly one port"),
        (make_experiment(FaultSpec(kind=FaultKind.KILL)), "it hits a service, not a call"),
        (make_experiment(FaultSpec(kind=FaultKind.CPU, load_percent=9)), "it hits a service, not a call"),
        (make_experiment(FaultSpec(kind=FaultKind.MEMORY, memory_mb=9)), "it hits a service, not a call"),
        (make_experiment(FaultSpec(kind=FaultKind.SLOW_BODY, bytes_per_s=9)), "it has no such fault"),
        (
            make_experiment(FaultSpec(kind=FaultKind.LATENCY, latency_ms=9, status=500, failing_percent=5)),
            "one fault only for faultproxy",
        ),
    ],
)
def test_what_would_hit_too_much_is_not_written(experiment, words):
    """A target that is not specific enough, and a fault that Chaos Mesh does not have, are refused in words."""
    with pytest.raises(UserError, match=words):
        write_object(experiment)


def test_short_fault_keeps_its_length():
    """Seconds are not rounded to minutes."""
    experiment = make_experiment(whole={"duration": timedelta(seconds=45)})

    assert write_object(experiment)["spec"]["duration"] == "45s"
