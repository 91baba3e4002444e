"""Reasons as sentences."""

from fermata.rules.metrics.explain import Blame
from fermata.rules.metrics.shift import detect_shift
from fermata.rules.metrics.words import describe_blame, describe_shift


def test_shift_names_unit_and_factor_where_they_tell(build):
    """A factor is said from twice on, and from half down."""
    rise, fall, slight = (
        describe_shift(detect_shift(build(f"a:{metric}", 100.0, after, noise=0, unit=unit)))
        for metric, after, unit in (("latency", 400.0, "ms"), ("rps", 20.0, ""), ("latency", 150.0, ""))
    )

    assert rise == "latency rose from 100 to 400 ms (4 times)"
    assert fall == "rps fell from 100 to 20 (0.2 times)"
    assert slight == "latency rose from 100 to 150"


def test_rise_from_nothing_has_no_factor(build):
    """Nothing is no multiple of nothing."""
    assert describe_shift(detect_shift(build("a:errors", 0.0, 5.0))) == "errors rose from 0 to 5"


def test_share_of_an_amount_of_nothing_is_none(build):
    """A node that only took something over has no amount of its own to share."""
    shift = detect_shift(build("a:latency", 1.0, 2.0, noise=0))

    assert describe_blame(shift, Blame(0.0, 0.0, ("b",))).endswith("b may account for 0% of it.")
    assert describe_blame(shift, Blame(4.0, 1.0, ("b", "c"))).endswith("b, c may account for 75% of it.")
