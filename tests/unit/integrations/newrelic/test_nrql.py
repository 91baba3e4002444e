"""NRQL rows as series, and what is refused in the settings."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from fermata.integrations.newrelic.nrql import MOST_BUCKETS, choose_bucket_s, quote, read_rows
from fermata.integrations.newrelic.settings import NewRelicSettings
from fermata.ports.metrics.series import Window
from fermata.testing.records import NOON


@pytest.mark.parametrize("seconds", [1, 366, 367, 3600, 86_400])
def test_window_has_at_most_366_buckets(seconds):
    """More are refused by New Relic."""
    window = Window(NOON, NOON + timedelta(seconds=seconds), NOON, 1)

    assert seconds / choose_bucket_s(window) <= MOST_BUCKETS


def test_rows_become_series_by_name_and_facet():
    """Percentiles come as objects; what is no number is no point."""
    rows = [
        {"beginTimeSeconds": 20, "endTimeSeconds": 30, "facet": ["a", "b"], "count": 2, "inspectedCount": 9},
        {"beginTimeSeconds": 10, "endTimeSeconds": 20, "facet": ["a", "b"], "count": 1},
        {"beginTimeSeconds": 10, "p": {"50": 1, "95": 2.5}, "flag": True, "text": "x", "none": None},
        {"beginTimeSeconds": 10, "one": {"95": 3, "99": None}},
        {"count": 5},
    ]

    series = {(one.metric["__name__"], one.metric.get("facet")): one.values for one in read_rows(rows)}

    assert series == {
        ("count", "a, b"): [(10.0, 1.0), (20.0, 2.0)],
        ("p 50", None): [(10.0, 1.0)],
        ("p 95", None): [(10.0, 2.5)],
        ("one 95", None): [(10.0, 3.0)],
    }


def test_string_cannot_be_left():
    """Backslash first, or the escape would be undone."""
    assert quote("a'b\\") == "'a\\'b\\\\'"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"region": "asia"}, "region"),
        ({"account_id": 0}, "greater than 0"),
        ({"url": "newrelic"}, "write it like"),
        ({"services": {"a": {"queries": {"q": "SELECT 1 FROM x SINCE 1 day ago"}}}}, "without SINCE"),
        ({"services": {"a": {"queries": {"q": "FROM x"}}}}, "write SELECT"),
    ],
)
def test_setting_that_cannot_work_is_refused_at_the_start(given, words):
    """An incident is no time to learn of it."""
    with pytest.raises(ValidationError, match=words):
        NewRelicSettings(**({"api_key": "a", "account_id": 1} | given))
