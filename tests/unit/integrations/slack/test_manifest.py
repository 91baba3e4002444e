"""The manifest: enough to work, and nothing beyond it."""

import json
from pathlib import Path

import pytest

from fermata.integrations.slack.manifest import OBSERVER_EVENTS, OBSERVER_SCOPES, SCOPES, build_manifest

PAGE = Path(__file__).parents[4] / "docs" / "systems" / "slack.md"


def test_manifest_asks_for_nothing_that_is_not_used():
    """Each scope has its reason, and each event its reader."""
    manifest = build_manifest()

    assert manifest["oauth_config"]["scopes"] == {"bot": sorted({**SCOPES, **OBSERVER_SCOPES})}
    assert all({**SCOPES, **OBSERVER_SCOPES}.values())
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": list(OBSERVER_EVENTS)}
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}


def test_manifest_without_observer_reads_no_message_as_it_is_written():
    """Cards and clicks need none of it."""
    manifest = build_manifest(has_observer=False)

    assert manifest["oauth_config"]["scopes"] == {"bot": sorted(SCOPES)}
    assert "event_subscriptions" not in manifest["settings"]


def test_manifest_for_http_names_the_address_wherever_slack_asks_for_it():
    """Interactivity and each command."""
    manifest = build_manifest("Ops Fermata", hook_url="https://f.example/v1/hooks/slack")

    assert manifest["settings"]["socket_mode_enabled"] is False
    assert manifest["settings"]["interactivity"]["request_url"] == "https://f.example/v1/hooks/slack"
    assert manifest["settings"]["event_subscriptions"]["request_url"] == "https://f.example/v1/hooks/slack"
    assert {one["url"] for one in manifest["features"]["slash_commands"]} == {"https://f.example/v1/hooks/slack"}
    assert manifest["features"]["bot_user"]["display_name"] == "ops-fermata"


def test_commands_are_those_of_the_documentation():
    """What people type."""
    assert [one["command"] for one in build_manifest()["features"]["slash_commands"]] == [
        "/fermata",
        "/generate-postmortem",
    ]


@pytest.mark.parametrize(("scope", "reason"), sorted({**SCOPES, **OBSERVER_SCOPES}.items()))
def test_every_scope_is_explained_on_the_page(scope, reason):
    """With the same reason."""
    assert f"| `{scope}` | {reason} |" in PAGE.read_text()


def test_manifest_on_the_page_is_the_one_that_is_written():
    """What a person copies from the page is what `fermata init slack` gives."""
    block = PAGE.read_text().partition("```json\n")[2].partition("```")[0]

    assert json.loads(block) == build_manifest()
