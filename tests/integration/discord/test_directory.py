"""Roles of the server, asked for at the click."""

import pytest

from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.directory import DiscordDirectory
from fermata.kit.errors import OperationalError
from fermata.testing.discord.guild import ALICE, MALLORY, ONCALL_ROLE, Refused


@pytest.fixture
def directory(settings, clock):
    """Give the directory."""
    return DiscordDirectory(DiscordClient(settings, clock), settings)


async def test_roles_are_those_of_this_moment(guild, directory):
    """Taken away, they are gone at the next click."""
    before = await directory.list_groups(ALICE)
    guild.users[ALICE].roles.clear()

    assert (before, await directory.list_groups(ALICE)) == ((ONCALL_ROLE,), ())


@pytest.mark.parametrize("handle", [MALLORY, "1180000000000000077", "alice", "../@me"])
async def test_somebody_without_roles_or_from_outside_has_none(directory, handle):
    """A handle that is no id is not asked about."""
    assert await directory.list_groups(handle) == ()


async def test_somebody_who_is_not_through_the_door_has_none(guild, directory):
    """Roles can be given before the rules were agreed to."""
    guild.users[ALICE].pending = True

    assert await directory.list_groups(ALICE) == ()


async def test_refusal_is_an_error_and_gives_nobody_a_role(discord, directory):
    """Nobody gains a role by what cannot be known."""
    discord.fail("member", Refused(403, 50001, "Missing Access"))

    with pytest.raises(OperationalError):
        await directory.list_groups(ALICE)


async def test_member_of_the_server_may_still_decide(guild, directory):
    """With or without roles; one who is not through the door may not."""
    before = await directory.find_bar(ALICE)
    guild.users[ALICE].pending = True

    assert (before, await directory.find_bar(ALICE)) == ("", "the account has not yet agreed to the server's rules")


@pytest.mark.parametrize("handle", ["1180000000000000077", "alice", "../@me"])
async def test_somebody_who_is_in_no_server_of_the_bot_is_barred(directory, handle):
    """Who left, or was thrown out; what is no id is not asked about."""
    assert await directory.find_bar(handle)


async def test_account_that_cannot_be_asked_about_is_an_error(discord, directory):
    """It is no bar and no permission: whoever executes says that it is unknown."""
    discord.fail("member", Refused(403, 50001, "Missing Access"))

    with pytest.raises(OperationalError):
        await directory.find_bar(ALICE)
