"""What is refused in Jira's settings."""

import pytest
from pydantic import ValidationError

from fermata.integrations.jira.settings import JiraSettings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"email": None}, "edition cloud needs email"),
        ({"edition": "server"}, "edition server takes none"),
        ({"projects": {}}, "at least 1 item"),
        ({"projects": {"shop": {}}}, "is not a project's key"),
        ({"priorities": {"p1": "Highest"}}, "'p1' is none of urgent"),
        ({"page_url": "jira"}, "write it like"),
    ],
)
def test_setting_that_cannot_work_is_refused_at_the_start(given, words):
    """An incident is no time to learn of it."""
    values = {"url": "https://x.atlassian.net", "email": "me@x", "token": "t", "projects": {"SHOP": {}}} | given

    with pytest.raises(ValidationError, match=words):
        JiraSettings(**values)
