"""Roles of the server, asked for at the click."""

import pytest

from fermata.bootstrap import _find_directories
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.directory import DiscordDirectory
from fermata.integrations.discord.system import Discord
from fermata.kit.errors import OperationalError
from fermata.testing.discord.guild import ALICE, GUILD, MALLORY, ONCALL_ROLE, OTHER_CHANNEL, Refused


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


LEFT, ELSEWHERE = "1180000000000000077", "1180000000000000500"


async def test_somebody_who_left_is_counted_only_where_cards_stand(guild, directory):
    """Another server that the bot happens to be in lets nobody decide."""
    guild.elsewhere[ELSEWHERE] = {LEFT}
    before = await directory.find_bar(LEFT)
    guild.rooms[OTHER_CHANNEL].guild = ELSEWHERE
    directory.attach_rooms([OTHER_CHANNEL])

    assert before == "the account is not in the server any more"
    assert await directory.find_bar(LEFT) == ""
    assert await directory.find_bar("1180000000000000078") == before


async def test_house_tells_which_rooms_cards_go_to(guild, settings, clock):
    """Those of other channels, and a channel without a room, are none of them."""
    guild.elsewhere[ELSEWHERE] = {LEFT}
    guild.rooms[OTHER_CHANNEL].guild = ELSEWHERE
    systems = {"discord": Discord(settings, clock)}

    found = {
        address: _find_directories(systems, [address])["discord"]
        for address in ("discord", f"slack:{OTHER_CHANNEL}", f"discord:{OTHER_CHANNEL}")
    }

    assert [bool(await one.find_bar(LEFT)) for one in found.values()] == [True, True, False]


async def test_rooms_of_one_server_are_asked_once(discord, guild, directory):
    """Who is in none of them costs one question for each server."""
    directory.attach_rooms([OTHER_CHANNEL])

    await directory.find_bar(LEFT)

    assert [call.path for call in discord.calls if call.route == "member"] == [f"/guilds/{GUILD}/members/{LEFT}"]
