"""The probe feels a fault, or there is none."""

import pytest
from tests.unit.flows.rehearsal_world import World, build_experiment

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.flows.rehearsal.probing import PROBE_HEADER, Prober
from fermata.testing.virtual_time import LoopClock, run_virtually


def feel(fault, answer):
    """Ask once through a fault and give what was felt."""
    world = World()
    if isinstance(answer, Exception):
        world.ask = raise_it(answer)
    else:
        world.answers["probe"] = answer
    prober = Prober(build_experiment(fault=fault, probe_url="http://shop/probe"), world, LoopClock())

    async def run():
        return await prober.feels()

    return run_virtually(run()), world


def raise_it(error):
    """Give an `ask` that fails."""

    async def ask(url, **_):
        raise error

    return ask


LATENCY = FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000, jitter_ms=500)
ERROR = FaultSpec(kind=FaultKind.ERROR, status=503)


@pytest.mark.parametrize(
    ("fault", "answer", "is_felt"),
    [
        (LATENCY, (2.0, 200), True),
        (LATENCY, (1.25, 200), True),
        (LATENCY, (1.1, 200), False),
        (LATENCY, (60.0, 200), True),
        (LATENCY, ConnectionError(), False),
        (ERROR, (0.01, 503), True),
        (ERROR, (0.01, 500), False),
        (ERROR, (60.0, 503), False),
        (FaultSpec(kind=FaultKind.BLACKHOLE), (60.0, 200), True),
        (FaultSpec(kind=FaultKind.BLACKHOLE), (0.01, 200), False),
        (FaultSpec(kind=FaultKind.RESET), ConnectionResetError(), True),
        (FaultSpec(kind=FaultKind.RESET), ValueError(), True),
        (FaultSpec(kind=FaultKind.RESET), (0.01, 200), False),
    ],
)
def test_each_kind_is_felt_in_its_own_way(fault, answer, is_felt):
    """An error is no latency, and a latency no error."""
    assert feel(fault, answer)[0] is is_felt


def test_probe_says_that_it_is_one():
    """The proxy does not count it."""
    _, world = feel(ERROR, (0.01, 503))

    assert world.asked == [("probe", {PROBE_HEADER: "exp-1"})]


@pytest.mark.parametrize(
    "changes", [{}, {"probe_url": "http://x/y", "fault": FaultSpec(kind=FaultKind.BANDWIDTH, bytes_per_s=9)}]
)
def test_without_an_address_or_with_a_fault_one_call_cannot_tell_nothing_is_asked(changes):
    """A probe that proves nothing is none."""
    world = World()
    prober = Prober(build_experiment(**changes), world, LoopClock())

    run_virtually(prober.keep_asking())

    assert not prober.can_tell
    assert world.asked == []
