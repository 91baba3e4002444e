"""The page names every setting, and its sample is valid."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from fermata.integrations.slack.settings import SlackSettings

PAGE = (Path(__file__).parents[4] / "docs" / "systems" / "slack.md").read_text()


def test_sample_validates_and_no_setting_is_unnamed():
    """What a person copies from the page works."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    SlackSettings.model_validate(YAML(typ="safe", pure=True).load(text)["systems"]["slack"])

    assert [field for field in SlackSettings.model_fields if f"{field}:" not in PAGE] == []
