"""The fault proxy's request: a lease, an end, and numbers that are numbers."""

from datetime import timedelta

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment, on_itself, put

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.integrations.faultproxy.control import CAN_DO
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.proxy import KINDS, can_relay, write_begin
from fermata.rules.chaosspecs.validation import validate_spec

BEGIN = write_begin(make_experiment())


def test_request_is_the_control_ports_own():
    """Lease, end and fault, as the proxy takes them."""
    assert BEGIN == {
        "experiment": "exp-1",
        "ttl_s": 3.0,
        "longest_s": 315.0,
        "fault": {"kind": "latency", "percent": 40.0, "latency_ms": 2000.0},
    }
    assert validate_spec(BEGIN) == ()


def test_lease_is_never_shorter_than_the_proxy_takes():
    """A second is the least."""
    experiment = make_experiment(whole={"lease": timedelta(milliseconds=200)})

    assert write_begin(experiment)["ttl_s"] == 1.0


def test_both_sides_know_the_same_faults():
    """What is written here is what the proxy can do."""
    assert KINDS == CAN_DO


def test_fault_of_a_machine_is_none_of_a_proxy():
    """It sees calls, not what is behind them."""
    with pytest.raises(UserError, match="cannot do kill"):
        write_begin(on_itself(FaultKind.KILL))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (put(BEGIN, "ttl_s", None), "ttl_s: it is required"),
        (put(BEGIN, "ttl_s", 0.5), "ttl_s: "),
        (put(BEGIN, "ttl_s", "3"), "numbers are written as numbers"),
        (put(BEGIN, "longest_s", True), "numbers are written as numbers"),
        (put(BEGIN, "fault.latency_ms", "2000"), "numbers are written as numbers"),
        (put(BEGIN, "longest_s", 331), "331 s are longer than 330 s"),
        (put(BEGIN, "fault", {"kind": "kill"}), "a proxy cannot do kill"),
        (put(BEGIN, "fault", {"kind": "latency"}), "fault: value error, a fault latency needs its size"),
        (put(BEGIN, "fault.latencyms", 1), "fault.latencyms: there is no such field"),
    ],
)
def test_unsafe_request_is_refused(document, words):
    """Also what a lenient reader would have converted."""
    problems = validate_spec(document)

    assert any(words in problem for problem in problems), problems


def test_status_is_kept():
    """The size of an error."""
    assert write_begin(make_experiment(FaultSpec(kind=FaultKind.ERROR, status=500)))["fault"]["status"] == 500


def test_proxy_can_do_faults_of_calls_at_a_call():
    """A service's own processor is not in its reach, and neither is a service that no call leads to."""
    assert can_relay("checkout->payment", "latency")
    assert not can_relay("payment", "latency")
    assert not can_relay("checkout->payment", "kill")
