"""The pages of the systems: their samples load, and they name every setting."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fermata.integrations import resolve_system

PAGES = Path(__file__).parents[3] / "docs" / "systems"


@pytest.mark.parametrize(
    "name",
    [
        "alertmanager",
        "chaosmesh",
        "confluence",
        "console",
        "docker",
        "gremlin",
        "grafana",
        "jira",
        "linear",
        "loki",
        "notion",
        "postgres",
        "prometheus",
        "systemd",
    ],
)
def test_settings_sample_of_the_page_is_valid(name):
    """What a person copies from the page works: each `systems` section validates, and no setting is unnamed."""
    page = (PAGES / f"{name}.md").read_text()
    settings = resolve_system(name).Settings

    blocks = [YAML(typ="safe", pure=True).load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    sections = [block["systems"][name] for block in blocks if "systems" in block]

    assert sections
    for section in sections:
        settings.model_validate(section)
    assert [field for field in settings.model_fields if f"{field}:" not in page] == []
