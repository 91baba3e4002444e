"""Experiments and objects that the tests of specs begin with."""

import copy
from datetime import UTC, datetime

from fermata.domain.experiment import (
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Prediction,
    SteadyCheck,
)

LATENCY = FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000, percent=40)
SELECTOR = {"namespaces": ["staging-shop"], "labelSelectors": {"app": "checkout"}}
CALLEE = {"namespaces": ["staging-shop"], "labelSelectors": {"app": "payment"}}
ITSELF = {"service": "payment", "callee": "", "labels": {"app": "payment"}, "callee_labels": {}, "ports": (8080,)}


def make_experiment(fault=LATENCY, **changes):
    """Give a latency between two services of a cluster; changes go to the target, or to the experiment by `whole`."""
    whole = changes.pop("whole", {})
    target = {
        "system": "chaosmesh",
        "service": "checkout",
        "callee": "payment",
        "namespace": "staging-shop",
        "labels": {"app": "checkout"},
        "callee_labels": {"app": "payment"},
        "replicas": 3,
    }
    checks = (
        SteadyCheck(journey="browse", url="http://shop.staging/browse", max_p95_ms=300),
        SteadyCheck(journey="pay", url="http://shop.staging/pay", max_p95_ms=300, is_hit=True),
    )
    given = {
        "id": "exp-1",
        "title": "latency",
        "created_at": datetime(2026, 11, 26, tzinfo=UTC),
        "checks": checks,
        "target": FaultTarget(**{**target, **changes}),
        "fault": fault,
        "blast_radius": "1 of 3 replicas",
        "prediction": Prediction(expected=Expected.COLLAPSE, why="the pool is too small"),
    }
    return Experiment(**{**given, **whole})


def on_itself(kind, **sizes):
    """Give a fault at a service itself."""
    return make_experiment(FaultSpec(kind=kind, percent=40, **sizes), **ITSELF)


def put(document, path, value):
    """Give a copy with one field set; `None` takes it away. A path is written `spec.templates.0.name`."""
    changed = copy.deepcopy(document)
    holder = changed
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    for part in parents:
        holder = holder[part]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return changed
