"""What is refused in Loki's settings."""

import pytest
from pydantic import ValidationError

from fermata.integrations.loki.settings import LokiSettings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"errors": "("}, "no regular expression"),
        ({"labels": {"checkout": 'app="checkout"'}}, "must stand in braces"),
        ({"lines": 6000}, "less than or equal to 5000"),
    ],
)
def test_setting_that_loki_would_refuse_is_refused_at_the_start(given, words):
    """An incident is no time to learn of it."""
    with pytest.raises(ValidationError, match=words):
        LokiSettings(url="http://127.0.0.1:3100", **given)
