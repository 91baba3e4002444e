"""What can be where, and what the graph states against it."""

import pytest

from fermata.domain.service_graph import Call, OnError, Service, ServiceKind
from fermata.rules.planreading.fitting import CALL_FAULTS, SERVICE_FAULTS, judge_call, judge_service, list_fits
from fermata.rules.weakness.faults import Fault, Kind

DB = Service("db", ServiceKind.DB)


def test_each_kind_has_a_row_and_can_be_somewhere():
    """With at least one fault that can be done there, so that whoever reads the rows can answer in them."""
    rows = [row.split("|") for row in list_fits()]

    assert [row[0] for row in rows] == [kind.value for kind in Kind]
    for name, where, faults, meaning in rows:
        possible = (CALL_FAULTS if "call" in where else set()) | (SERVICE_FAULTS if "service" in where else set())
        assert {Fault(fault) for fault in faults.split(", ")} <= possible, name
        assert meaning


@pytest.mark.parametrize(
    ("kind", "fault", "call", "why"),
    [
        (Kind.SPOF, Fault.KILL, Call("a", "db"), "about a service"),
        (Kind.HARD_DEPENDENCY, Fault.KILL, Call("a", "db"), "kill at a call"),
        (Kind.RETRY_STORM, Fault.KILL, Call("a", "db"), "kill at a call"),
        (Kind.NO_TIMEOUT, Fault.ERROR, Call("a", "db"), "error at a call does not show no_timeout"),
        (Kind.NO_TIMEOUT, Fault.LATENCY, Call("a", "db", timeout_ms=5), "states a timeout"),
        (Kind.RETRY_STORM, Fault.ERROR, Call("a", "db", retries=0), "nothing is tried again"),
        (Kind.CRASH_ON_ERROR, Fault.ERROR, Call("a", "db", on_error=OnError.FAIL), "no crash"),
        (Kind.HARD_DEPENDENCY, Fault.ERROR, Call("a", "db", on_error=OnError.LOG), "errors are handled"),
        (Kind.CACHE_HARD_DEPENDENCY, Fault.ERROR, Call("a", "db", on_error=OnError.IGNORE), "errors are handled"),
    ],
)
def test_what_cannot_be_at_a_call_is_refused(kind, fault, call, why):
    """Another place's kind, a fault that does not show it, or what the call states."""
    assert why in judge_call(kind, fault, call, DB)


@pytest.mark.parametrize(
    ("kind", "fault", "service", "why"),
    [
        (Kind.NO_TIMEOUT, Fault.LATENCY, DB, "about a call"),
        (Kind.SPOF, Fault.MEMORY, DB, "memory at a service does not show spof"),
        (Kind.CONNECTION_CHURN, Fault.RESET, DB, "reset at a service"),
        (Kind.SPOF, Fault.KILL, Service("x", ServiceKind.EXTERNAL), "somebody else's"),
        (Kind.SPOF, Fault.KILL, Service("x", ServiceKind.JOB), "a job runs to its end"),
        (Kind.SINGLE_REPLICA, Fault.KILL, Service("x", replicas=2), "more than one replica"),
        (Kind.DATA_LOSS, Fault.KILL, Service("x", has_persistent_storage=True), "persistent storage"),
        (
            Kind.MISSING_PROBE, Fault.BLACKHOLE,
            Service("x", has_readiness_probe=True, has_liveness_probe=True), "both probes",
        ),
        (Kind.MEMORY_LIMIT, Fault.MEMORY, Service("x", memory_limit_bytes=0), "nothing limits"),
    ],
)  # fmt: skip
def test_what_cannot_be_at_a_service_is_refused(kind, fault, service, why):
    """As at a call; and nobody kills what is somebody else's."""
    assert why in judge_service(kind, fault, service)


@pytest.mark.parametrize(
    ("kind", "fault", "call"),
    [
        (Kind.NO_TIMEOUT, Fault.LATENCY, Call("a", "db", timeout_ms=0)),
        (Kind.RETRY_STORM, Fault.ERROR, Call("a", "db", retries=2)),
        (Kind.CRASH_ON_ERROR, Fault.ERROR, Call("a", "db", on_error=OnError.CRASH)),
        (Kind.CACHE_HARD_DEPENDENCY, Fault.RESET, Call("a", "db")),
        (Kind.SOFT_MADE_HARD, Fault.LATENCY, Call("a", "db", on_error=OnError.FALLBACK)),
    ],
)
def test_what_can_be_at_a_call_stands(kind, fault, call):
    """Also where the graph does not say."""
    assert judge_call(kind, fault, call, DB) == ""


@pytest.mark.parametrize(
    ("kind", "fault", "service"),
    [
        (Kind.SINGLE_REPLICA, Fault.KILL, Service("x")),
        (Kind.SPOF, Fault.KILL, Service("x", replicas=3)),
        (Kind.DATA_LOSS, Fault.KILL, Service("x")),
        (Kind.MISSING_PROBE, Fault.BLACKHOLE, Service("x", has_readiness_probe=True)),
        (Kind.MEMORY_LIMIT, Fault.MEMORY, Service("x", memory_limit_bytes=5)),
        (Kind.SHARED_DEPENDENCY, Fault.LATENCY, Service("x", ServiceKind.EXTERNAL)),
    ],
)
def test_what_can_be_at_a_service_stands(kind, fault, service):
    """Also where the graph does not say."""
    assert judge_service(kind, fault, service) == ""


def test_queue_is_no_cache():
    """What is called must be able to hold something for the caller to read again."""
    assert "of the kind queue" in judge_call(
        Kind.CACHE_HARD_DEPENDENCY, Fault.ERROR, Call("a", "q"), Service("q", ServiceKind.QUEUE)
    )
