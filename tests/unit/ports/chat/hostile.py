"""Values that once broke a reader somewhere, to be put in place of anything."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Each example is drawn in milliseconds, and a unit test has two seconds."""

HARD = (
    "", "\x00", "\ud800", "NaN", "1782993600.000100", "99999999999.999999", "0.1", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-23:59", "18446744073709551615", -1, 10**30, 1.5, float("nan"), True, None, [], {}, [[]], [{}],
)  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(HARD) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def spoil(sample):
    """Return a strategy: the sample with some of its fields replaced, at any depth."""
    if isinstance(sample, dict):
        parts = {name: st.one_of(spoil(value), spoil(value), VALUES) for name, value in sample.items()}
        return st.fixed_dictionaries(parts)
    if isinstance(sample, list) and sample:
        return st.lists(st.one_of(*map(spoil, sample), VALUES), max_size=3)
    return st.just(sample)
