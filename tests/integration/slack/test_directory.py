"""Which groups somebody is in, as Slack says now."""

from datetime import timedelta

import pytest

from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.directory import SlackDirectory
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.slack import methods, server
from fermata.testing.slack.methods import METHODS, Method
from fermata.testing.slack.server import SlackFault


@pytest.fixture
def frozen():
    """Give a clock that stands still."""
    return FakeClock()


@pytest.fixture
def directory(settings, frozen):
    """Give the directory."""
    return SlackDirectory(SlackClient(settings, frozen), frozen)


async def test_groups_of_somebody_are_their_ids(directory):
    """Names can be changed; ids cannot."""
    assert await directory.list_groups("UALICE") == ["SONCALL"]
    assert await directory.list_groups("UBOB") == ["SONCALL", "SLEADS"]
    assert await directory.list_groups("UMALLORY") == []


async def test_answer_counts_for_half_a_minute(slack, directory, frozen):
    """Ten clicks are one call; who left a group has lost its role within the minute."""
    await directory.list_groups("UALICE")
    slack.space.groups["SONCALL"].remove("UALICE")

    frozen.advance(timedelta(seconds=29))
    before = await directory.list_groups("UALICE")
    frozen.advance(timedelta(seconds=1))

    assert (before, await directory.list_groups("UALICE")) == (["SONCALL"], [])
    assert slack.count("usergroups.list") == 2


@pytest.mark.parametrize("fault", [SlackFault.DOWN, "missing_scope"])
async def test_what_cannot_be_known_is_an_error(slack, directory, fault):
    """Nobody gains a role by an outage."""
    slack.fail("usergroups.list", fault)

    with pytest.raises(OperationalError):
        await directory.list_groups("UALICE")


async def test_failed_question_does_not_keep_an_old_answer(slack, directory, frozen):
    """What was true half a minute ago is not told as if it were true now."""
    await directory.list_groups("UALICE")
    frozen.advance(timedelta(minutes=1))
    slack.fail("usergroups.list", SlackFault.DOWN)

    with pytest.raises(OperationalError):
        await directory.list_groups("UALICE")


async def test_groups_that_come_without_members_are_asked_one_by_one(slack, directory, monkeypatch):
    """A gateway may leave out what was not asked for by default."""
    groups = METHODS["usergroups.list"]
    bare = Method(lambda space, _: {"usergroups": [{"id": one} for one in space.groups]}, groups.arguments)
    monkeypatch.setattr(methods, "METHODS", {**METHODS, "usergroups.list": bare})
    monkeypatch.setattr(server, "METHODS", methods.METHODS)

    assert await directory.list_groups("UBOB") == ["SONCALL", "SLEADS"]
    assert slack.count("usergroups.users.list") == 2


async def test_account_that_may_decide_has_nothing_against_it(directory):
    """Somebody of the workspace, in use."""
    assert await directory.find_bar("UALICE") == ""


async def test_account_that_was_deactivated_is_barred_within_a_minute(slack, directory, frozen):
    """Whoever leaves the company decides nothing any more, also by what was clicked before."""
    await directory.find_bar("UALICE")
    slack.space.users["UALICE"].deleted = True
    frozen.advance(timedelta(minutes=1))

    assert await directory.find_bar("UALICE") == "the account is deactivated in Slack"


@pytest.mark.parametrize("fault", [SlackFault.DOWN, "missing_scope"])
async def test_account_that_cannot_be_asked_about_is_an_error(slack, directory, fault):
    """It is no bar and no permission: whoever executes says that it is unknown."""
    slack.fail("users.info", fault)

    with pytest.raises(OperationalError):
        await directory.find_bar("UALICE")


async def test_answer_does_not_outlive_a_clock_that_is_set_back(slack, directory, frozen):
    """Who left a group, or became a guest, must not decide for as long as the clock was wrong."""
    await directory.list_groups("UALICE")
    assert await directory.find_bar("UALICE") == ""
    slack.space.groups["SONCALL"].remove("UALICE")
    slack.space.users["UALICE"].is_restricted = True

    frozen.advance(timedelta(hours=-2))

    assert await directory.list_groups("UALICE") == []
    assert await directory.find_bar("UALICE") == "the account is a guest of the workspace"
