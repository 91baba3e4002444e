"""What would let a statement be planned that could not be."""

import pytest

from fermata.integrations.postgres.collect_plan import advise_planning, can_be_mended
from fermata.kit.errors import OperationalError, TransientError


@pytest.mark.parametrize(
    ("code", "statement", "words"),
    [
        ("42501", "SELECT 1 FROM orders", "GRANT SELECT on the tables"),
        ("42501", " update orders SET x = $1", "as the application's role"),
        ("42P01", "SELECT 1 FROM gone", "search_path"),
        ("42725", "SELECT generate_series($1, $2)", "with a value for each parameter"),
    ],
)
def test_advice_is_about_what_failed(code, statement, words):
    """A grant mends no ambiguous type, and the right to read plans nothing that writes."""
    assert words in advise_planning(OperationalError("x", code=code), statement)


def test_lock_that_was_not_to_be_had_passes():
    """Nothing has to be granted for it."""
    assert "it may pass by itself" in advise_planning(TransientError("x", code="55P03"), "SELECT 1")


@pytest.mark.parametrize(
    ("code", "statement", "can"),
    [
        ("42725", "insert into items select generate_series($1, $2)", False),
        ("42P18", "SELECT $1", False),
        ("42501", "delete from jobs where payload = $1", False),
        ("42501", "SELECT 1 FROM orders", True),
        ("42P01", "SELECT 1 FROM gone", True),
    ],
)
def test_what_nobody_can_or_should_make_plannable_is_told_apart(code, statement, can):
    """No grant gives a parameter its type, and the reading role is not to write."""
    assert can_be_mended(OperationalError("x", code=code), statement) is can
