"""Reasons as sentences."""

import pytest

from fermata.rules.metrics.explain import Blame, Surge
from fermata.rules.metrics.shift import detect_shift
from fermata.rules.metrics.words import describe_blame, describe_shift, describe_surge, write_number


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (2500.4, 3, "2,500"),
        (7514.0, 3, "7,510"),
        (999.9, 3, "1,000"),
        (7.5e6, 3, "7,500,000"),
        (750.0, 2, "750"),
        (57.3, 2, "57"),
        (0.0265, 3, "0.0265"),
        (0.0000123, 3, "0.0000123"),
        (-0.0, 3, "0"),
        (-2500.0, 3, "-2,500"),
    ],
)
def test_number_is_written_as_people_read_it(value, digits, text):
    """No power of ten stands in a sentence that somebody reads at night."""
    assert write_number(value, digits) == text


def test_fall_to_nothing_has_no_factor(build):
    """A factor of zero says nothing that the zero does not."""
    assert describe_shift(detect_shift(build("a:rps", 100.0, 0.0, noise=0))) == "rps fell from 100 to 0"


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


def test_share_of_nothing_is_said_as_none(build):
    """A node that only took something over has no amount of its own to share, and 0 % is no share."""
    shift = detect_shift(build("a:latency", 1.0, 2.0, noise=0))

    assert describe_blame(shift, Blame(0.0, 0.0, ("b",))).endswith("b accounts for nothing of it.")
    assert describe_blame(shift, Blame(4.0, 1.0, ("b", "c"))).endswith("b, c may account for 75% of it.")


def test_surge_says_whose_doing_it_is(build):
    """From outside, or callers that call more often."""
    load = detect_shift(build("a:rps", 10.0, 40.0, noise=0))

    assert describe_surge(Surge(load, frozenset("ab"), is_external=True)) == (
        "rps rose from 10 to 40 (4 times); it comes from outside, and 2 nodes carry it."
    )
    assert describe_surge(Surge(load, frozenset("a"), is_external=False)).endswith(
        "its callers are no busier, they call it more often, and it goes no further."
    )
