"""Times of schedules: what Chaos Mesh reads, and no siege."""

import pytest

from fermata.rules.chaosspecs.cron import find_cron_fault


@pytest.mark.parametrize(
    "text",
    [
        *("30 10 * * 2", "0 30 10 * * 2", "0 10 1-7 jan,jul mon", "0 */6 ? * *", "5 4/2 * * sun-fri"),
        *("@weekly", "@every 168h", " @DAILY "),
    ],
)
def test_rare_times_pass(text):
    """Five fields, six with seconds, names, ranges, steps, and words for them."""
    assert find_cron_fault(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * * *", "more often than once an hour"),
        ("0,30 * * * *", "more often than once an hour"),
        ("* 30 10 * * 2", "more often than once an hour"),
        ("0 10 * *", "it has 4 fields"),
        ("61 10 * * *", "minute '61' is not between 0 and 59"),
        ("0 10 * foo *", "month 'foo' is not between 1 and 12"),
        ("0 10 5-2 * *", "day '5-2' is no range"),
        ("0 10 *-5 * *", "day '*-5' is no range"),
        ("0 */0 * * *", "hour '*/0' is no range"),
        ("0 10 * * 1-", "weekday '1-' cannot be read"),
        ("@every soon", "has no duration"),
        ("@every 1m", "before the last one has recovered"),
        ("@fortnightly", "is not known"),
    ],
)
def test_other_times_are_told_why(text, words):
    """What the parser refuses, and what would never leave the system alone."""
    assert words in find_cron_fault(text)
