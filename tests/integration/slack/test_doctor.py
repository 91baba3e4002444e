"""What `fermata check` says of Slack: exactly what is missing, and how it is mended."""

import pytest
from pydantic import SecretStr

from fermata.integrations.slack.manifest import OBSERVER_SCOPES
from fermata.integrations.slack.system import Slack
from fermata.testing.slack.server import SlackFault


@pytest.fixture
def examine(settings, clock):
    """Give the findings as (ok, text) by name."""

    async def run(**values):
        findings = await Slack(settings.model_copy(update=values), clock).check()
        return {one.name: (one.ok, one.text) for one in findings}

    return run


HEARS = "the app may hear what people write in its channels, if the manifest's event subscriptions are there, too"


async def test_app_in_order(slack, examine):
    """Each thing was looked at, and nothing was posted."""
    assert await examine() == {
        "slack: token": (True, "fermata in Acme (https://acme.slack.com/)"),
        "slack: scopes": (True, "all 7 are granted"),
        "slack: observer": (True, HEARS),
        "slack: C0INCIDENTS": (True, "the app is in the channel"),
        "slack: socket": (True, "a connection can be opened"),
    }
    assert slack.space.list_cards() == []


async def test_people_of_the_settings_are_looked_up(slack, settings, clock):
    """A name, an id of nobody, a guest and a machine would click in vain: who it is, and where the right id stands."""
    handles = {"alice": "UALICE", "bob": "@bob", "carol": "UNOBODY", "dan": "UGUEST", "robot": "UROBOT"}

    found = await Slack(settings, clock).check_people(handles)

    *wrong, right = [(one.name, one.ok, one.text) for one in found]
    assert right == ("slack: people", True, "alice is alice")
    assert [ok for _, ok, _ in wrong] == [False] * 4
    assert [text.partition(": ")[0] for *_, text in wrong] == [
        f"no click of {person} would count" for person in ("bob", "carol", "dan", "robot")
    ]
    assert all("Copy member ID" in text for *_, text in wrong)
    assert "guest" in wrong[2][2]


async def test_missing_scopes_are_named_with_their_reason(slack, examine):
    """All of them at once."""
    slack.space.scopes.remove("files:write")
    slack.space.scopes.remove("users:read")

    ok, text = (await examine())["slack: scopes"]

    assert not ok
    assert "missing files:write (attaches the diff that is too long for a message); users:read (" in text
    assert "reinstall the app" in text


async def test_scopes_beyond_what_is_used_are_named(slack, examine):
    """Least privilege is worth a word."""
    slack.space.scopes.append("channels:manage")

    ok, text = (await examine())["slack: scopes"]

    assert ok
    assert "channels:manage, which Fermata does not use" in text


@pytest.mark.parametrize(
    ("channel", "words"),
    [("C0WITHOUT", "Invite the app: write `/invite @fermata`"), ("C0NOWHERE", "Check the id in slack.channel")],
)
async def test_channel_without_the_app_is_named(examine, channel, words):
    """Found by the doctor, not in an incident."""
    ok, text = (await examine(channel=channel))[f"slack: {channel}"]

    assert (ok, words in text) == (False, True)


async def test_channel_is_not_judged_without_the_scope_for_it(slack, examine):
    """What cannot be told is not said."""
    slack.space.scopes.remove("channels:history")

    ok, text = (await examine())["slack: C0INCIDENTS"]

    assert (ok, text) == (False, "it cannot be told whether the app is in it: the app lacks channels:history")


async def test_revoked_token_is_named_and_the_channel_not_asked_for(slack, examine):
    """One cause, one finding."""
    slack.space.revoked = "token_revoked"

    findings = await examine()

    assert list(findings) == ["slack: token", "slack: socket"]
    assert not findings["slack: token"][0]
    assert "Reinstall the app" in findings["slack: token"][1]


@pytest.mark.parametrize("token", ["xapp-of-nobody", "xoxb-1-2-pretend"])
async def test_app_token_that_does_not_connect_is_named(examine, token):
    """With where to make another."""
    ok, text = (await examine(app_token=SecretStr(token)))["slack: socket"]

    assert not ok
    assert 'Make an app-level token with connections:write under "Basic Information"' in text
    assert token not in text


async def test_socket_that_another_token_does_not_open_is_told_what_helps(slack, examine):
    """Ten processes hold a connection each: the token is as it should be."""
    slack.fail("apps.connections.open", "too_many_websockets")

    ok, text = (await examine())["slack: socket"]

    assert not ok
    assert "end the other processes that use slack.app_token" in text
    assert "Make an app-level token" not in text


async def test_slack_that_is_down_is_named(slack, examine):
    """The doctor never raises."""
    slack.fail("*", SlackFault.DOWN, times=10)

    findings = await examine()

    assert [ok for ok, _ in findings.values()] == [False, False]


async def test_mode_http_says_what_to_set_in_slack(examine):
    """Nothing to try from here: Slack comes to us."""
    findings = await examine(mode="http", signing_secret=SecretStr("s"))

    assert "/v1/hooks/slack" in findings["slack: way in"][1]


async def test_channel_that_cannot_be_asked_for_is_named(slack, examine):
    """Slack is busy in that moment."""
    slack.fail("conversations.history", SlackFault.BUSY)

    ok, text = (await examine())["slack: C0INCIDENTS"]

    assert (ok, "internal_error" in text) == (False, True)


async def test_scopes_that_are_not_told_are_not_judged(slack, examine):
    """A gateway may drop the header."""
    slack.tells_scopes = False

    ok, text = (await examine())["slack: scopes"]

    assert (ok, text) == (True, "Slack does not say which scopes there are")


async def test_app_without_the_observers_scopes_is_no_fault_and_says_so(slack, examine):
    """Cards and clicks work; whoever wants the observer is told how to get it."""
    slack.space.scopes = [scope for scope in slack.space.scopes if scope not in OBSERVER_SCOPES]

    ok, text = (await examine())["slack: observer"]

    assert (ok, text.startswith("off: ")) == (True, True)
    assert "fermata init slack" in text


async def test_missing_scope_of_the_observer_is_named(slack, examine):
    """With what is not heard without it."""
    slack.space.scopes.remove("pins:read")

    assert (await examine())["slack: observer"] == (True, f"{HEARS}; missing pins:read (hears what is pinned)")
