"""Whether metrics show that what an alert was about serves as usual again."""

import pytest
from tests.unit.rules.signatures.test_standstill import MINUTES, measure

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures.measured_calm import is_measured_calm

FLAT = {("checkout", "latency_seconds"): (0.2, 0.2), ("checkout", "error_ratio"): (0.001, 0.001)}


def test_flat_latency_and_failures_are_calm(scene):
    """An instance's number aside; whatever other services and metrics do is asked elsewhere."""
    assert is_measured_calm(measure(scene, FLAT | {("worker", "latency_seconds"): (1.0, 9.0)}).build())
    assert is_measured_calm(measure(scene, {("checkout-1", "latency_seconds"): (0.2, 0.2)}).build())


@pytest.mark.parametrize(
    "told",
    [
        {},
        {("checkout", "queue_depth"): (5.0, 5.0)},
        {("worker", "latency_seconds"): (0.2, 0.2)},
        FLAT | {("checkout", "latency_p99"): (0.2, 2.0)},
        {("checkout", "latency_seconds"): [0.2] * (MINUTES - 11)},
        {("checkout", "latency_seconds"): [0.2] * 10},
    ],
    ids=["nothing", "a queue only", "another service", "slow to the end", "ends early", "few points"],
)
def test_anything_less_is_not_calm(scene, told):
    """Not known to be as usual at the end is not known to be well."""
    assert not is_measured_calm((measure(scene, told) if told else scene).build())


def test_shift_that_is_over_is_calm(scene):
    """The alert had its reason, and it passed."""
    values = [0.2] * 40 + [2.0] * 8 + [0.2] * 13

    assert is_measured_calm(measure(scene, {("checkout", "latency_seconds"): values}).build())


@pytest.mark.parametrize("kind", [EvidenceKind.TICKET, EvidenceKind.TEXT, EvidenceKind.TRACES])
def test_what_nobody_read_to_the_end_keeps_it_open(scene, kind):
    """Somebody may have written that it still hangs."""
    measure(scene, FLAT).add(kind, "service/checkout", ["it still hangs"], {})

    assert not is_measured_calm(scene.build())


def test_resolved_alert_over_flat_metrics_is_healthy(scene):
    """Nobody saw the process, and it answers; a change that is near in time has nothing to answer for."""
    scene.resolved = True
    measure(scene, FLAT).logs(["2026-11-23T09:51:00Z INFO ok"]).change("abc1234", {"services/checkout.py": [90]})

    diagnosis = scene.diagnose()

    assert diagnosis.verdict is Verdict.HEALTHY
    assert [(item.id, item.blame, item.why) for item in diagnosis.changes] == [
        ("abc1234", 0.0, "Nothing is wrong that it could have brought about.")
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda scene: scene.logs(["2026-11-23T09:51:00Z ERROR refused"]),
        lambda scene: scene.logs(["2026-11-23T09:51:00Z ERROR refused"], "other"),
        lambda scene: scene.state("stopped"),
        lambda scene: setattr(scene, "resolved", False),
    ],
    ids=["fails", "another fails", "stopped", "fires"],
)
def test_flat_metrics_outweigh_nothing_else(scene, spoil):
    """All that is known has to agree."""
    scene.resolved = True
    measure(scene, FLAT)

    spoil(scene)

    assert scene.diagnose().verdict is not Verdict.HEALTHY
