"""What the settings refuse."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from fermata.integrations.slack.settings import SlackSettings

GOOD = {"bot_token": "xoxb-1", "app_token": "xapp-1", "channel": "C0123ABCD"}


def test_app_with_socket_needs_two_tokens_and_a_channel():
    """Nothing else; the rest has defaults."""
    settings = SlackSettings(**GOOD)

    assert (settings.mode, settings.api_url, settings.snooze, settings.proxy_url) == (
        "socket",
        "https://slack.com/api",
        timedelta(hours=1),
        None,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channel": "#incidents"}, "is no channel id; write it like C0123ABCD"),
        ({"channel": "incidents"}, "is no channel id"),
        ({"app_token": None}, "mode socket needs app_token"),
        ({"mode": "http"}, "mode http needs signing_secret"),
        ({"api_url": "slack.com"}, "write it like https://"),
        ({"snooze_minutes": 0}, "greater than or equal to 1"),
        ({"chanel": "C1"}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_right(change, words):
    """At start, not at the first incident."""
    with pytest.raises(ValidationError, match=words):
        SlackSettings(**GOOD | change)


def test_secrets_are_not_written():
    """Neither token nor proxy password, whoever prints the settings."""
    settings = SlackSettings(**GOOD, proxy="http://user:secret@proxy:3128")

    assert "xoxb" not in repr(settings)
    assert "secret@" not in repr(settings)
    assert settings.proxy_url == "http://user:secret@proxy:3128"
