"""What was found, in one form."""

import pytest

from fermata.rules.setup.findings import Found, Secret


@pytest.mark.parametrize(
    ("found", "is_default"),
    [
        (Found("docker", "Docker"), True),
        (Found("github", "GitHub", secrets=(Secret("T", "how"),)), True),
        (Found("kubernetes", "prod", caution="it looks like production"), False),
        (Found("docker", "Docker", problem="nobody answers"), False),
    ],
)
def test_what_needs_a_word_or_a_mending_is_not_taken_by_itself(found, is_default):
    """A missing secret only makes a comment of the section."""
    assert found.is_default is is_default
    assert found.to_json()["taken_by_default"] is is_default


def test_machines_get_names_of_variables_and_no_values():
    """Empty words are null, so that a script asks one thing."""
    found = Found("github", "GitHub: a/b", section={"token": "env:T"}, secrets=(Secret("T", "how"),))

    assert found.to_json() == {
        "system": "github",
        "title": "GitHub: a/b",
        "detail": None,
        "section": {"token": "env:T"},
        "secrets": [{"variable": "T", "how": "how"}],
        "taken_by_default": True,
        "caution": None,
        "problem": None,
    }
