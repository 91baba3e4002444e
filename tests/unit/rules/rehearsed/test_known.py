"""What was done, and what may be said of it: causes of the catalogue, at places of the experiment."""

import pytest

from fermata.domain.experiment import FaultKind, FaultSpec, FaultTarget
from fermata.rules.rehearsed import name_known
from fermata.rules.signatures import CATALOGUE
from fermata.testing.experiments import make_experiment, make_result

SIZES = {"latency_ms": 10.0, "status": 500, "bytes_per_s": 9, "load_percent": 9.0, "memory_mb": 9}


def build(kind, callee="payment"):
    """Give what is known of a fault of this kind."""
    target = FaultTarget(system="faultproxy", service="checkout", callee=callee)
    return name_known(make_experiment(target=target, fault=FaultSpec(kind=kind, **SIZES)), make_result())


@pytest.mark.parametrize("kind", FaultKind)
def test_every_cause_is_of_the_catalogue(kind):
    """A name that no signature has could never be said."""
    known = build(kind)

    assert {cause for each in known.accepted for cause in each.causes} <= {item.id for item in CATALOGUE}
    assert known.accepted[0].service == "payment"
    assert (known.verdict, known.place, known.fault.kind) == ("collapsed", "checkout->payment", kind)


def test_only_what_a_caller_feels_may_be_said_of_it():
    """A full pool is its own; that it left its range is what the callee did to it, and no name of the cause."""
    known = build(FaultKind.LATENCY)

    assert [each.service for each in known.accepted] == ["payment", "checkout"]
    assert "connection_pool_exhausted" in known.accepted[1].causes
    assert "service_degraded" not in known.accepted[1].causes
    assert [each.service for each in build(FaultKind.KILL).accepted] == ["payment"]


def test_service_that_was_broken_is_the_only_place():
    """There is no caller to speak of."""
    known = build(FaultKind.LATENCY, callee="")

    assert [each.service for each in known.accepted] == ["checkout"]
    assert known.place == "checkout"
