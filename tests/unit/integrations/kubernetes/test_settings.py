"""What the settings refuse, and that the page tells of each of them."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from fermata.integrations.kubernetes.settings import KubernetesSettings

PAGE = Path(__file__).parents[4] / "docs" / "systems" / "kubernetes.md"


def test_sample_of_the_page_is_valid_and_names_every_setting():
    """What a person copies works."""
    page = PAGE.read_text()
    blocks = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if text.startswith("systems:")]

    (section,) = [YAML(typ="safe", pure=True).load(text)["systems"]["kubernetes"] for text in blocks]

    KubernetesSettings.model_validate(section)
    assert [field for field in KubernetesSettings.model_fields if f"{field}:" not in page] == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "set either kubeconfig or in_cluster"),
        ({"kubeconfig": "/x", "in_cluster": True}, "set either kubeconfig or in_cluster"),
        ({"in_cluster": True, "context": "x"}, "context belongs to a kubeconfig"),
        ({"in_cluster": True, "namespaces": ["shop-*"]}, "is not a namespace's name"),
        ({"in_cluster": True, "timeout_s": 0}, "greater than 0"),
        ({"in_cluster": True, "unknown": 1}, "Extra inputs"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(given, words):
    """At the start, and by name."""
    with pytest.raises(ValidationError, match=words):
        KubernetesSettings.model_validate(given)


def test_default_is_read_only():
    """Dangerous defaults do not exist."""
    found = KubernetesSettings(in_cluster=True)

    assert (found.actions, found.secret_names, found.take_over_from) == ((), False, ())
