"""Settings are checked when they are read."""

import pytest
from pydantic import ValidationError

from fermata.integrations.discord.settings import DiscordSettings

GOOD = {"token": "t", "channel": "1180000000000000001"}


def test_id_without_quotes_is_the_same_id():
    """YAML reads it as a number."""
    assert DiscordSettings.model_validate({**GOOD, "channel": 1180000000000000001}).channel == GOOD["channel"]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "incidents"},
        {"channel": True},
        {"gateway_url": "https://gateway.discord.gg"},
        {"api_url": "discord.com"},
        {"snooze_minutes": 0},
        {"colour": "red"},
    ],
)
def test_wrong_value_is_refused(changes):
    """At the start, not at the first card."""
    with pytest.raises(ValidationError):
        DiscordSettings.model_validate(GOOD | changes)


def test_token_is_not_to_be_seen():
    """In no message, and in no print of the settings."""
    assert "secret-token" not in repr(DiscordSettings.model_validate({**GOOD, "token": "secret-token"}))
