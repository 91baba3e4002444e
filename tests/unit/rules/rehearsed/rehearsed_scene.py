"""A rehearsal as it was run: five seconds as usual, five under the fault, five afterwards."""

from datetime import timedelta

from fermata.domain.experiment import Phase, WireSample
from fermata.testing.experiments import make_result
from fermata.testing.records import NOON


def look(second, calls, call_seconds, failed=0.0, *, phase=Phase.FAULT):
    """Give what the injector saw in the second before this one."""
    at = NOON + timedelta(seconds=second)
    return WireSample(at=at, phase=phase, seconds=1.0, calls=calls, call_seconds=call_seconds, failed=failed)


USUAL = tuple(look(second, 40, 0.2, phase=Phase.BASELINE) for second in range(1, 6))
HELD = (look(6, 0, 20), look(7, 10, 20), look(8, 10, 20), look(9, 10, 20), look(10, 10, 20))
FREED = (look(11, 130, 3, phase=Phase.RECOVERY), look(12, 40, 0.2, phase=Phase.RECOVERY))


def collapse(**changes):
    """Give the result of a collapse, with the calls on the wire."""
    return make_result(**({"wire": USUAL + HELD + FREED} | changes))


def read(case, service, metric):
    """Give the values of one series, by its second."""
    return {
        int((point.at - NOON).total_seconds()): point.value
        for point in case.points
        if (point.service, point.metric) == (service, metric)
    }
