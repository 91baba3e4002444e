"""The lease of the one experiment that runs is one's own, runs out, and dies with its process."""

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from fermata.flows.experiments.lease import LASTS, find_lease, is_dead, name_runner, release_lease, take_lease
from fermata.kit.clock import CLOCK_SKEW
from fermata.testing.records import NOON

OTHER = "elsewhere:1:aa"


def test_lease_is_taken_by_one_at_a_time(sqlite_store):
    """Its holder renews it; anybody else waits until it is released or has run out."""
    mine = name_runner()
    with sqlite_store.begin() as transaction:
        assert take_lease(transaction, "exp-1", mine, NOON)
        assert take_lease(transaction, "exp-1", mine, NOON)
        assert not take_lease(transaction, "exp-2", OTHER, NOON)
        assert find_lease(transaction, NOON).held_id == "exp-1"

        release_lease(transaction, OTHER)
        assert find_lease(transaction, NOON) is not None
        assert take_lease(transaction, "exp-2", OTHER, NOON + LASTS)
        release_lease(transaction, OTHER)
        release_lease(transaction, OTHER)
        assert find_lease(transaction, NOON + LASTS) is None


def test_lease_of_a_dead_process_is_free_at_once(sqlite_store):
    """Nobody waits for a process of this machine that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead = f"{socket.gethostname()}:{process.pid}:aa"
    with sqlite_store.begin() as transaction:
        take_lease(transaction, "exp-1", dead, NOON)

        assert find_lease(transaction, NOON + timedelta(seconds=1)) is None
        assert take_lease(transaction, "exp-2", OTHER, NOON)


@pytest.mark.parametrize(
    ("runner", "dead"),
    [
        (name_runner(), False),
        (OTHER, False),
        (f"{socket.gethostname()}:x:aa", False),
        (f"{socket.gethostname()}:{10**30}:aa", False),
        (f"{socket.gethostname()}:{os.getppid()}:aa", False),
    ],
)
def test_runner_is_taken_for_alive_unless_it_is_known_to_be_gone(runner, dead):
    """One of another machine is believed until its lease runs out."""
    assert is_dead(runner) is dead


def test_lease_of_a_clock_that_was_ahead_is_free(sqlite_store):
    """Its runner died, and the clock was set back: nobody waits for hours."""
    with sqlite_store.begin() as transaction:
        take_lease(transaction, "exp-1", OTHER, NOON + timedelta(hours=2))

        assert find_lease(transaction, NOON) is None


def test_lease_of_a_worker_whose_clock_is_a_little_ahead_is_its_own(sqlite_store):
    """Clocks may differ by half a minute: two rehearsals at once would be worse than to wait for as long."""
    with sqlite_store.begin() as transaction:
        take_lease(transaction, "exp-1", OTHER, NOON + CLOCK_SKEW)

        assert not take_lease(transaction, "exp-2", name_runner(), NOON)
