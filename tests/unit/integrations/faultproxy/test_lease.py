"""A fault lives while its lease is renewed, and no moment longer."""

import pytest

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.integrations.faultproxy.lease import Lease, Traffic

SPEC = FaultSpec(kind=FaultKind.ERROR, status=500)
OTHER = FaultSpec(kind=FaultKind.ERROR, status=503)


@pytest.fixture
def lease():
    """Give a lease with a fault that began at 0, for 3 seconds, ten at most."""
    held = Lease()
    assert held.begin("exp-1", SPEC, now=0, lease_s=3, longest_s=10)
    return held


def test_fault_ends_when_its_lease_does(lease):
    """Without a timer: whoever asks is told."""
    assert lease.find(2.99) is not None
    assert lease.find(3.0) is None
    assert lease.last.ended == "its lease was not renewed"
    assert lease.find(2.0) is None


def test_renewed_fault_lives_on_until_its_own_end(lease):
    """A runner that renews for ever does not break for ever."""
    for now in range(1, 10):
        assert lease.renew("exp-1", now=now, lease_s=3)

    assert lease.find(9.9) is not None
    assert lease.find(10.0) is None
    assert lease.last.ended == "its time was over"


def test_fault_that_is_gone_is_not_renewed(lease):
    """It would come back behind everybody's back."""
    assert not lease.renew("exp-1", now=3.5, lease_s=3)
    assert lease.find(3.5) is None


def test_only_its_own_experiment_renews_or_withdraws(lease):
    """Another runner has no say."""
    assert not lease.renew("exp-2", now=1, lease_s=3)
    lease.withdraw("exp-2", "no", 1)
    assert lease.find(1) is not None
    lease.withdraw("", "halted", 1)
    assert lease.find(1) is None
    assert lease.last.ended == "halted"


def test_beginning_twice_is_one_fault(lease):
    """Its count goes on; another experiment, or another fault under its name, is refused."""
    lease.last.affected = 7

    assert lease.begin("exp-1", SPEC, now=1, lease_s=3, longest_s=10)
    assert lease.last.affected == 7
    assert lease.last.until == 4
    assert not lease.begin("exp-1", OTHER, now=1, lease_s=3, longest_s=10)
    assert not lease.begin("exp-2", SPEC, now=1, lease_s=3, longest_s=10)


def test_free_proxy_takes_the_next(lease):
    """With a count of its own."""
    lease.last.affected = 7

    assert lease.begin("exp-2", OTHER, now=5, lease_s=3, longest_s=10)
    assert (lease.last.experiment_id, lease.last.affected) == ("exp-2", 0)


def test_what_is_held_is_released_once(lease):
    """However often the end is noticed."""
    released = []
    lease.last.on_end.add(lambda: released.append(1))

    lease.withdraw("exp-1", "it was withdrawn", 1)
    lease.withdraw("exp-1", "it was withdrawn", 1)
    lease.find(20)

    assert released == [1]


def test_traffic_sums_what_is_in_flight_over_time():
    """Two calls of three and one seconds are four call-seconds."""
    traffic = Traffic()

    traffic.count(1, 10.0)
    traffic.count(1, 12.0)
    traffic.count(-1, 13.0)
    traffic.count(-1, 13.0)
    traffic.settle(99.0)

    assert (traffic.begun, traffic.ended, traffic.in_flight, traffic.call_seconds) == (2, 2, 0, 4.0)
