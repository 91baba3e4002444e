"""The manifest of a Slack app, from the command line."""

import json
import sys

import pytest
from tests.unit.cli.desk import run

from fermata import integrations
from fermata.integrations.slack.manifest import OBSERVER_SCOPES, SCOPES, build_manifest


def test_manifest_is_printed_alone(folder):
    """For a pipe: nothing but the JSON that Slack takes."""
    result = run("init", "slack", "--print-manifest")

    assert result.code == 0
    assert result.json == json.loads(json.dumps(build_manifest()))
    assert list(folder.iterdir()) == []


def test_manifest_is_written_with_what_comes_next(folder):
    """Which tokens, which scopes of the app-level one, and the section that takes them."""
    result = run("init", "slack")

    assert json.loads((folder / "slack-manifest.json").read_text()) == json.loads(json.dumps(build_manifest()))
    assert "connections:write" in result.out
    assert all(f"  {scope} " in result.out for scope in {**SCOPES, **OBSERVER_SCOPES})
    assert "bot_token: env:SLACK_BOT_TOKEN" in result.out
    assert "fermata check slack" in result.out


def test_missing_package_is_the_first_step(folder, monkeypatch):
    """With the command of the very Python that runs: another pip would install it where nobody looks."""
    whole = run("init", "slack", "--output", "whole.json")
    monkeypatch.setattr(integrations, "SYSTEMS", {"slack": "no_such_package.slack:Slack"})

    result = run("init", "slack")

    assert "  0. " not in whole.out
    assert "  0. It needs the Python package no_such_package, which is not installed." in result.out
    assert f"{sys.executable} -m pip install" in result.out


def test_app_that_slack_posts_to_has_its_address(folder):
    """Without a socket, the commands and the buttons come to the address of the page; by https alone."""
    result = run("init", "slack", "--print-manifest", "--public-url", "https://f.acme.io/", "--name", "Ops")
    refused = run("init", "slack", "--print-manifest", "--public-url", "http://f.acme.io")

    assert result.json["display_information"]["name"] == "Ops"
    assert "https://f.acme.io/v1/hooks/slack" in result.out
    assert refused.code == 2


def test_app_that_slack_posts_to_is_told_what_it_needs(folder):
    """A secret in place of the socket's token, and the address by which requests are taken."""
    result = run("init", "slack", "--public-url", "https://f.acme.io")

    assert "signing_secret: env:SLACK_SIGNING_SECRET" in result.out
    assert "server.public_url: https://f.acme.io" in result.out
    assert "app_token" not in result.out


def test_observer_can_be_left_out(folder):
    """Then no message is sent to it as it is written."""
    printed = run("init", "slack", "--print-manifest", "--no-observer")
    written = run("init", "slack", "--no-observer")

    assert "event_subscriptions" not in printed.json["settings"]
    assert "reactions:read" not in written.out


def test_file_that_is_there_stays(folder):
    """Unless by force."""
    (folder / "m.json").write_text("mine")

    refused = run("init", "slack", "--output", "m.json")
    assert (refused.code, (folder / "m.json").read_text()) == (2, "mine")

    forced = run("init", "slack", "--output", "m.json", "--force")
    assert forced.code == 0
    assert json.loads((folder / "m.json").read_text())


@pytest.mark.parametrize("name", ["nowhere/m.json", "."])
def test_place_that_cannot_be_written_is_told(folder, name):
    """A folder that is not there, or a folder in its place."""
    result = run("init", "slack", "--output", name)

    assert result.code in {2, 4}
    assert name in result.err
