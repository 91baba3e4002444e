"""The arithmetic, against numbers worked out by hand or measured."""

from itertools import product

import pytest

from fermata.rules.weakness import formulas
from fermata.rules.weakness.formulas import Fit


@pytest.mark.parametrize(
    ("rate", "latency_ms", "fit"),
    [
        (5, 2006, Fit.FITS),
        (8, 2006, Fit.FITS),
        (10, 2006, Fit.MARGINAL),
        (15, 2006, Fit.EXHAUSTED),
        (40, 2006, Fit.EXHAUSTED),
        (40, 256, Fit.FITS),
        (40, 756, Fit.EXHAUSTED),
    ],
)
def test_pool_of_twenty_is_called_as_it_was_measured(rate, latency_ms, fit):
    """Seven points of a real pool under Poisson load."""
    assert formulas.compute_pool_use(rate, latency_ms, 20).fit is fit


def test_exhaustion_is_called_right_over_the_whole_field():
    """Outside the margin, exactly the pools whose need exceeds them are called exhausted."""
    for rate, latency_ms, pool in product((1, 7, 40, 300), (5, 80, 500, 2000), (4, 20, 150)):
        share = rate * latency_ms / 1000 / pool
        if not 0.9 <= share <= 1.1:
            assert (formulas.compute_pool_use(rate, latency_ms, pool).fit is Fit.EXHAUSTED) == (share > 1)


def test_breaking_latency_fills_the_pool():
    """20 slots at 40 a second last for half a second, of which today's 6 ms are spent."""
    use = formulas.compute_pool_use(40, 6, 20)

    assert use.breaks_at_added_ms == pytest.approx(494)
    assert formulas.compute_pool_use(40, 6 + use.breaks_at_added_ms, 20).need == pytest.approx(20)


def test_breaking_latency_counts_from_today():
    """A question about the timeout's latency leaves today's where it was measured."""
    assert formulas.compute_pool_use(40, 900, 20, measured_ms=6).breaks_at_added_ms == pytest.approx(494)


@pytest.mark.parametrize(("retries", "share", "attempts"), [(0, 1, 1), (3, 1, 4), (1, 0.5, 1.5), (3, 0.5, 1.875)])
def test_retries_become_attempts(retries, share, attempts):
    """A geometric series, cut after the last retry."""
    assert formulas.compute_attempts(retries, share) == attempts


def test_tiers_multiply():
    """Five tiers of three attempts are the well-known 243."""
    assert formulas.compute_amplification([2] * 5) == 243


def test_fan_meets_the_tail():
    """One of a hundred answers is slow: of requests that need a hundred answers, 63 % are."""
    assert formulas.compute_slow_share(100) == pytest.approx(0.634, abs=0.001)


def test_chain_is_less_available_than_its_parts():
    """Ten times three nines are two nines."""
    assert formulas.compute_chain_availability(10) == pytest.approx(0.990, abs=0.0005)
