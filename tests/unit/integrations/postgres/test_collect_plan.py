"""What would let a statement be planned that could not be."""

import pytest

from fermata.integrations.postgres.collect_plan import advise_planning
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
