"""What the settings of every chat say."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from fermata.ports.chat.settings import ChatSettings


def test_unset_they_use_no_proxy_and_snooze_for_an_hour():
    """Long enough for a meeting."""
    settings = ChatSettings()

    assert settings.proxy_url is None
    assert settings.snooze == timedelta(hours=1)


def test_proxy_is_a_secret_until_a_client_needs_it():
    """It may hold a password."""
    settings = ChatSettings(proxy="http://u:pw@proxy:3128")

    assert "pw" not in repr(settings)
    assert settings.proxy_url == "http://u:pw@proxy:3128"


@pytest.mark.parametrize("minutes", [0, 24 * 60 + 1])
def test_snooze_ends_within_a_day(minutes):
    """Nobody is forgotten for longer."""
    with pytest.raises(ValidationError):
        ChatSettings(snooze_minutes=minutes)
