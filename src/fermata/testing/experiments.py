"""Experiments to start a test from: each builder fills in everything, and a test changes what it is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fermata.domain.experiment import (
    Expected,
    Experiment,
    ExperimentResult,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Measured,
    Phase,
    Prediction,
    Sample,
    SteadyCheck,
    Verdict,
)
from fermata.domain.held_experiment import ExperimentState, HeldExperiment, compute_held_digest
from fermata.testing.records import NOON


def make_experiment(**changes: Any) -> Experiment:
    """Return a latency on one call behind a proxy; `pay` feels it, `refund` must not."""
    values: dict[str, Any] = {
        "id": "exp-1",
        "title": "payment answers late",
        "created_at": NOON,
        "target": FaultTarget(
            system="faultproxy", service="checkout", callee="payment", address="http://127.0.0.1:8474"
        ),
        "fault": FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000),
        "duration": timedelta(seconds=10),
        "baseline": timedelta(seconds=5),
        "recovery": timedelta(seconds=10),
        "checks": (
            SteadyCheck(journey="pay", url="http://127.0.0.1:8001/pay", max_p95_ms=300, is_hit=True),
            SteadyCheck(journey="refund", url="http://127.0.0.1:8001/refund", max_p95_ms=300),
        ),
        "prediction": Prediction(expected=Expected.COLLAPSE, why="40/s x 2 s is more than the pool of 20"),
        "blast_radius": "calls of checkout to payment, on this machine",
    }
    return Experiment(**(values | changes))


def make_cluster_experiment(**changes: Any) -> Experiment:
    """Return a kill of one of three replicas in a cluster."""
    values: dict[str, Any] = {
        "title": "a replica of payment dies",
        "target": FaultTarget(
            system="chaosmesh", service="payment", namespace="shop-staging", labels={"app": "payment"}, replicas=3
        ),
        "fault": FaultSpec(kind=FaultKind.KILL, percent=33),
        "blast_radius": "1 of 3 replicas of payment in shop-staging",
    }
    return make_experiment(**(values | changes))


def make_held(held_id: str = "exp-1", **changes: Any) -> HeldExperiment:
    """Return a proposed row of `make_experiment`."""
    experiment = changes.pop("experiment", None) or make_experiment(id=held_id)
    values: dict[str, Any] = {
        "id": held_id,
        "experiment": experiment,
        "digest": compute_held_digest(experiment, changes.get("scheduled_until")),
        "state": ExperimentState.PROPOSED,
        "proposed_by": "alice",
        "proposed_at": NOON,
        "expires_at": NOON + timedelta(minutes=30),
    }
    return HeldExperiment(**(values | changes))


def make_result(**changes: Any) -> ExperimentResult:
    """Return the result of a run that collapsed, with a sample of each phase."""
    phases = (Phase.BASELINE, Phase.FAULT, Phase.RECOVERY)
    samples = [
        Sample(
            at=NOON + timedelta(seconds=second),
            phase=phases[second // 5],
            journey=journey,
            requests=5,
            ok=1 if phases[second // 5] is Phase.FAULT else 5,
            p50_ms=20.0,
            p95_ms=2000.0 if phases[second // 5] is Phase.FAULT else 30.0,
        )
        for second in range(15)
        for journey in ("pay", "refund")
    ]
    measured = [
        Measured(journey=journey, phase=phase, requests=25, ok_ratio=ok, p50_ms=20.0, p95_ms=p95)
        for journey in ("pay", "refund")
        for phase, ok, p95 in zip(phases, (1.0, 0.2, 1.0), (30.0, 2000.0, 30.0), strict=True)
    ]
    values: dict[str, Any] = {
        "experiment_id": "exp-1",
        "digest": make_experiment().compute_digest(),
        "verdict": Verdict.COLLAPSED,
        "why": "refund fell to 20 % and is outside of what was expected",
        "started_at": NOON,
        "injected_at": NOON + timedelta(seconds=5),
        "withdrawn_at": NOON + timedelta(seconds=10),
        "ended_at": NOON + timedelta(seconds=15),
        "affected": 40,
        "measured": tuple(measured),
        "samples": tuple(samples),
        "comparison": ("in flight: 20 predicted, 19.7 measured",),
        "fix_first": "Give the calls of checkout to payment a timeout of 300 ms",
    }
    return ExperimentResult(**(values | changes))
