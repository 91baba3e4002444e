"""The page names every setting and permission, and its sample is valid."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from fermata.integrations.discord.permissions import NEEDED
from fermata.integrations.discord.settings import DiscordSettings

PAGE = (Path(__file__).parents[4] / "docs" / "systems" / "discord.md").read_text()


def test_sample_validates_and_no_setting_is_unnamed():
    """What a person copies from the page works."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    DiscordSettings.model_validate(YAML(typ="safe", pure=True).load(text)["systems"]["discord"])

    assert [field for field in DiscordSettings.model_fields if f"{field}:" not in PAGE] == []


def test_every_permission_is_explained_and_the_sum_is_right():
    """The number in the invitation is what the table says."""
    assert [name for name in NEEDED if f"| {name} |" not in PAGE] == []
    assert f"permissions={sum(NEEDED.values())}" in PAGE
