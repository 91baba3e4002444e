"""The page on Alertmanager, read by Alertmanager."""

import re
from pathlib import Path

import pytest

from fermata.testing.rigs import AlertmanagerRig

pytestmark = pytest.mark.servers

PAGE = Path(__file__).parents[3] / "docs" / "systems" / "alertmanager.md"


def test_sample_configuration_is_accepted_by_the_real_server():
    """What a person copies from the page starts."""
    (config,) = [text for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL) if "receivers:" in text]

    with AlertmanagerRig(config) as rig:
        assert "Loading configuration file failed" not in rig.read_log()
