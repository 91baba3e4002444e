"""The settings about cards: durations in words, and only channels that are there."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from fermata.kit.errors import UserError
from fermata.rules.notices import Notify
from fermata.settings import load_settings
from fermata.settings.notify import NotifySettings, find_unknown


def test_settings_are_what_rules_take():
    """Times of day, zones, globs and durations as people write them."""
    built = NotifySettings.model_validate(
        {
            "routes": [{"id": "pay", "severities": ["critical"], "addresses": ["slack:C1"], "escalate_after": "5m"}],
            "quiet": {"begins": "22:00", "ends": "07:00", "zone": "Europe/Berlin"},
            "digest": {"severities": ["info"], "every": "6h"},
            "escalate_to": ["github"],
        }
    ).build()

    assert built.routes[0].escalate_after == timedelta(minutes=5)
    assert (str(built.quiet.zone), built.quiet.begins.hour) == ("Europe/Berlin", 22)
    assert built.digest.every == timedelta(hours=6)


def test_nothing_set_is_every_channel_at_once():
    """The default of the settings is the default of the rules."""
    assert NotifySettings().build() == Notify()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quiet": {"begins": 22, "ends": "07:00", "zone": "UTC"}}, "no time of day"),
        ({"quiet": {"begins": "22:00", "ends": "07:00", "zone": "Mars/Crater"}}, "zone"),
        ({"routes": [{"id": "a", "addresses": []}]}, "at least 1"),
        ({"routes": [{"id": "a", "addresses": ["x"]}] * 2}, "share an id"),
        ({"digest": {"every": "2d"}}, "less than or equal"),
        ({"escalate_after": "0s"}, "greater than"),
        ({"rutes": []}, "Extra inputs"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, words):
    """With what is wrong."""
    with pytest.raises(ValidationError, match=words):
        NotifySettings.model_validate(settings)


def test_channels_are_named_by_routes_fallback_and_escalation():
    """Rooms are the channel's own affair."""
    settings = NotifySettings.model_validate(
        {
            "routes": [{"id": "a", "addresses": ["slack:C1"], "escalate_to": ["discord:2"]}],
            "fallback": ["console"],
            "escalate_to": ["github:acme/shop"],
        }
    )

    assert settings.list_channels() == {"slack", "discord", "console", "github"}
    assert find_unknown(settings, ["slack", "console"]) == ["discord", "github"]


def test_address_of_a_system_without_a_section_is_a_fault(tmp_path):
    """A card that would go nowhere is found when the settings are read."""
    file = tmp_path / "fermata.yaml"
    file.write_text("notify: {fallback: [console]}\n")

    with pytest.raises(UserError, match="notify names console, and there is no such section"):
        load_settings(file, {})
