"""Which messages are our own."""

import pytest

from fermata.integrations.slack.client import SlackSelf


@pytest.mark.parametrize(
    ("message", "ours"),
    [
        ({"user": "UF", "bot_id": "BF"}, True),
        ({"user": "UF"}, True),
        ({"bot_id": "BF"}, True),
        ({"user": "UMALLORY"}, False),
        ({"user": "UMALLORY", "bot_id": "BOTHER"}, False),
        ({"bot_id": "BOTHER"}, False),
        ({"ts": "1.2"}, True),
    ],
)
def test_author_of_a_message_is_compared_by_id(message, ours):
    """Slack names the author of every message; a gateway that names none leaves nothing to compare."""
    assert SlackSelf("UF", "BF").wrote(message) is ours


def test_app_without_a_bot_id_is_told_by_its_user():
    """An older answer to `auth.test` has none."""
    assert not SlackSelf("UF", "").wrote({"user": "UMALLORY", "bot_id": "BF"})
    assert SlackSelf("UF", "").wrote({"user": "UF", "bot_id": "BF"})
