"""Lifetimes that became longer."""

from datetime import timedelta

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.lifetimes import list_untouched


def find(as_lines, body, **elapsed):
    """Return how many lines of a diff have done nothing yet."""
    return len(list_untouched(parse_diff(as_lines(f"+++ b/a.rb\n@@ -1,9 +1,9 @@\n{body}")), timedelta(**elapsed)))


@pytest.mark.parametrize(
    "body",
    [
        "-  TTL = 14.days\n+  TTL = 30.days",
        "-  ttl: 14d\n+  ttl: 30d",
        "-  retention_days = 14\n+  retention_days = 30",
        "-  expiresIn(Duration.ofHours(336))\n+  expiresIn(Duration.ofHours(720))",
        "-  max_age_ms: 1209600000\n+  max_age_ms: 2592000000",
        "-  retentionWeeks: 2\n+  retentionWeeks: 4",
        "-  maxAge: 1209600000\n+  maxAge: 2592000000",
        "-  ttl = timedelta(milliseconds=1209600000)\n+  ttl = timedelta(milliseconds=2592000000)",
    ],
)
def test_longer_life_does_nothing_until_the_old_one_is_over(as_lines, body):
    """All there is is as old as it would have been, in whatever unit that is told."""
    assert find(as_lines, body, days=13) == 2
    assert find(as_lines, body, days=15) == 0


@pytest.mark.parametrize(
    "body",
    [
        "-  TTL = 30.days\n+  TTL = 14.days",
        "-  workers: 14d\n+  workers: 30d",
        "-  ttl: 14\n+  ttl: 30",
        "-  ttl: false\n+  ttl: true",
        "-  maxAge: 3600000\n+  maxAge: 86400000",
        "-  retain_holidays = 14\n+  retain_holidays = 30",
        "-  cache(ttl: 14d, size: 900)\n+  cache(ttl: 30d, size: 9)",
    ],
)
def test_other_settings_and_lives_without_a_unit_take_effect_at_once(as_lines, body):
    """A shorter life throws away what is there, so may another amount beside it; a number alone is milliseconds."""
    assert find(as_lines, body, hours=1) == 0


def test_change_after_the_fault_is_judged_by_its_time(as_lines):
    """It did nothing either way."""
    assert find(as_lines, "-  TTL = 14.days\n+  TTL = 30.days", hours=-1) == 0
