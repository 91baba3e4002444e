"""Series that look measured: a level with a jitter that never repeats a draw, and a step at a known point."""

import pytest

from fermata.rules.metrics.series import Series

STEP_S = 60.0
QUIET = 30
"""Points before the step."""
ONSET = QUIET * STEP_S
JITTER = (0.0, 0.6, -0.4, 0.2, -0.8, 1.0, -0.2, 0.4, -0.6, 0.8, -1.0)


@pytest.fixture(scope="session")
def build():
    """Give a builder of a series that moves from one level to another at the onset."""

    def make(name, before, after=None, *, noise=0.01, loud=10, unit=""):
        service, _, metric = name.rpartition(":")
        levels = [before] * QUIET + [before if after is None else after] * loud
        values = [
            None if level is None else level * (1 + noise * JITTER[index % len(JITTER)])
            for index, level in enumerate(levels)
        ]
        return Series(service, metric, [index * STEP_S for index in range(len(values))], values, unit)

    return make
