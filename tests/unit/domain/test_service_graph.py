"""What a service graph's parts answer about themselves."""

import pytest

from fermata.domain.service_graph import Call, Service, ServiceKind


@pytest.mark.parametrize("kind", ["db", "cache", "queue"])
def test_store_keeps_state(kind):
    """Databases, caches and queues may lose data."""
    assert Service("x", ServiceKind(kind)).keeps_state
    assert not Service("x", ServiceKind.APP).keeps_state


def test_longest_wait_counts_every_attempt():
    """Two retries of 100 ms each wait 300 ms in all."""
    assert Call("a", "b", timeout_ms=100, retries=2).longest_wait_ms == 300


@pytest.mark.parametrize("timeout", [None, 0])
def test_call_without_timeout_has_no_longest_wait(timeout):
    """Neither a timeout nobody states nor one that is said not to be there is a limit."""
    call = Call("a", "b", timeout_ms=timeout)

    assert call.longest_wait_ms is None
    assert call.attempts == 1
    assert call.target == "a->b"
