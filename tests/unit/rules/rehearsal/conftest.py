"""Journeys of a shop, and answers to a watcher's questions about them."""

import pytest

from fermata.domain.experiment import (
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Phase,
    Prediction,
    SteadyCheck,
)
from fermata.rules.rehearsal import Answer


@pytest.fixture
def make_check():
    """Give a function that builds a check: `refund` at 300 ms unless told otherwise."""

    def make(journey="refund", **changes):
        fields = {"journey": journey, "url": "http://127.0.0.1:1/x", "max_p95_ms": 300.0, **changes}
        return SteadyCheck(**fields)

    return make


@pytest.fixture
def ask():
    """Give a function that asks evenly over some seconds: `bad` of the questions in each second fail or are slow."""

    def make(journey="refund", seconds=10, rate=20, *, phase=Phase.FAULT, bad=0, begins=0, **changes):
        fields = {"took_ms": 5.0, "ok": True, **changes}
        good = {"took_ms": 5.0, "ok": True, "late_ms": fields.get("late_ms", 0.0)}
        return [
            Answer(journey, phase, begins + second + number / rate, **(fields if number < bad else good))
            for second in range(seconds)
            for number in range(rate)
        ]

    return make


@pytest.fixture
def make_experiment(make_check):
    """Give a function that builds a rehearsal of checkout's calls to payment."""

    def make(**changes):
        fields = {
            "id": "exp-1",
            "title": "payment answers late",
            "created_at": "2026-11-26T03:00:00Z",
            "target": FaultTarget(system="faultproxy", service="checkout", callee="payment"),
            "fault": FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000),
            "checks": (make_check("pay", is_hit=True), make_check("refund"), make_check("payment", is_control=True)),
            "prediction": Prediction(
                expected=Expected.COLLAPSE, why="80 of 20", numbers={"rate_rps": 40.0, "pool": 20.0, "in_flight": 20.0}
            ),
            "blast_radius": "one process",
        }
        return Experiment(**{**fields, **changes})

    return make
