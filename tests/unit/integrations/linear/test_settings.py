"""What is refused in Linear's settings."""

import pytest
from pydantic import ValidationError

from fermata.integrations.linear.settings import LinearSettings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"teams": {}}, "at least 1 item"),
        ({"teams": {"eng": {}}}, "is not a team's key"),
        ({"url": "linear"}, "write it like"),
        ({"most": 0}, "greater than or equal to 1"),
    ],
)
def test_setting_that_cannot_work_is_refused_at_the_start(given, words):
    """An incident is no time to learn of it."""
    with pytest.raises(ValidationError, match=words):
        LinearSettings(**({"token": "t", "teams": {"ENG": {}}} | given))
