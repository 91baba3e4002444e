"""Slack's refusals in words."""

from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from fermata.integrations.slack.answers import SlackRefusal, describe_refusal
from fermata.kit.errors import TransientError


def refuse(data, status=200, **headers):
    """Give the error that Slack's client raises for an answer."""
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="x",
        req_args={},
        data=data,
        headers=headers,
        status_code=status,
    )
    return SlackApiError("no", response)


def test_missing_scope_names_the_scope():
    """Slack says which one."""
    error = describe_refusal("chat.update", refuse({"ok": False, "error": "missing_scope", "needed": "chat:write"}))

    assert isinstance(error, SlackRefusal)
    assert str(error) == (
        "Slack refused chat.update: the app lacks chat:write. "
        'Add chat:write under "OAuth & Permissions" and reinstall the app.'
    )


@pytest.mark.parametrize("status", [200, 429])
def test_rate_limit_passes_after_its_wait(status):
    """In whatever form it comes."""
    answer = refuse({"ok": False, "error": "ratelimited"}, status, **{"Retry-After": "30"})

    error = describe_refusal("chat.update", answer)

    assert isinstance(error, TransientError)
    assert error.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(("data", "status"), [("<html>", 503), ("", 502), ({"ok": False, "error": "fatal_error"}, 200)])
def test_outage_passes(data, status):
    """Slack's own trouble."""
    assert isinstance(describe_refusal("chat.update", refuse(data, status)), TransientError)


def test_page_in_front_of_the_api_is_named():
    """A proxy's login page answers 200."""
    error = describe_refusal("chat.update", refuse("<html>", 200))

    assert "is not its API's" in str(error)
    assert "slack.api_url" in error.do


def test_refused_blocks_say_where():
    """Slack adds which block, and why."""
    data = {
        "ok": False,
        "error": "invalid_blocks",
        "response_metadata": {"messages": ["[ERROR] must be less [json-pointer:/blocks/0]"]},
    }

    error = describe_refusal("chat.postMessage", refuse(data))

    assert "invalid_blocks: [ERROR] must be less [json-pointer:/blocks/0]" in error.why


def test_unknown_code_is_said_as_it_is():
    """With where to look it up."""
    error = describe_refusal("chat.update", refuse({"ok": False, "error": "new_code"}))

    assert (error.code, "docs.slack.dev" in error.do) == ("new_code", True)
