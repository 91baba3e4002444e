"""What `fermata check discord` finds, and what it says to do."""

import pytest

from fermata.integrations.discord.permissions import NEEDED
from fermata.integrations.discord.settings import DiscordSettings
from fermata.integrations.discord.system import Discord
from fermata.ports.server_clock import listen_to_clocks
from fermata.testing.discord.guild import CHANNEL, TOKEN
from fermata.testing.discord.server import DiscordFault


@pytest.fixture
def check(settings, clock):
    """Give the doctor's findings by name."""

    async def run(**changes):
        system = Discord(settings.model_copy(update=changes), clock)
        return {finding.name: finding for finding in await system.check()}

    return run


async def test_bot_that_is_set_up_well_has_no_findings_against_it(discord, guild, check):
    """Six things are looked at; nothing is posted, and no session is begun."""
    found = await check()

    assert {name: finding.ok for name, finding in found.items()} == {
        "discord: token": True,
        f"discord: {CHANNEL}": True,
        "discord: permissions": True,
        "discord: commands": True,
        "discord: gateway": True,
        "discord: observer": True,
    }
    assert found[f"discord: {CHANNEL}"].text == "#incidents in Acme"
    assert guild.list_cards() == []
    assert (discord.gateway.greeted, discord.gateway.identified) == (1, 0)


async def test_clock_is_heard_from_the_answers(discord, check):
    """The house judges it: every answer carries a date."""
    with listen_to_clocks() as heard:
        await check()

    assert len(heard) >= 4


async def test_wrong_token_is_the_only_thing_to_say(guild, check):
    """Everything else would only say the same."""
    guild.token = "another"

    found = await check()

    assert list(found) == ["discord: token"]
    assert "put the new one in discord.token" in found["discord: token"].text


@pytest.mark.parametrize("name", list(NEEDED)[1:])
async def test_missing_permission_is_named(guild, check, name):
    """By the name that Discord shows."""
    guild.rooms[CHANNEL].permissions &= ~NEEDED[name]

    found = await check()

    assert found["discord: permissions"].ok is False
    assert f"the bot may not: {name}." in found["discord: permissions"].text


async def test_bot_that_is_not_in_the_server_gets_its_invitation(guild, check):
    """The link asks for just what is needed."""
    guild.is_member = False

    found = await check()

    text = found[f"discord: {CHANNEL}"].text
    assert "scope=bot+applications.commands" in text
    assert f"permissions={sum(NEEDED.values())}" in text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (2, "it is a voice channel: cards need a text"),
        (15, "it is a forum, which takes posts"),
        (99, "no text channel"),
    ],
)
async def test_channel_that_takes_no_cards_is_told(guild, check, kind, words):
    """What it is instead, where that is known."""
    guild.rooms[CHANNEL].kind = kind

    found = await check()

    assert words in found[f"discord: {CHANNEL}"].text


async def test_missing_scope_for_commands_is_told_with_the_invitation(guild, check):
    """Buttons work without it."""
    guild.may_make_commands = False

    found = await check()

    assert found["discord: commands"].ok is False
    assert "applications.commands" in found["discord: commands"].text


@pytest.mark.parametrize("how", ["closed", "elsewhere", "used up"])
async def test_gateway_that_does_not_greet_is_told(discord, check, how):
    """A firewall that lets no websocket out, a wrong address, or too many sessions in a day."""
    discord.gateway.is_closed = how == "closed"
    discord.gateway.sessions_left = 0 if how == "used up" else 1000

    found = await check(**({"gateway_url": "ws://127.0.0.1:1/"} if how == "elsewhere" else {}))

    assert found["discord: gateway"].ok is False
    assert ("sessions" if how == "used up" else "does not greet") in found["discord: gateway"].text


async def test_server_that_is_not_there_is_told_and_nothing_is_raised(clock):
    """With what to check."""
    settings = DiscordSettings(token=TOKEN, channel=CHANNEL, api_url="http://127.0.0.1:1/api/v10", timeout_s=2)

    (finding,) = await Discord(settings, clock).check()

    assert finding.ok is False
    assert "http://127.0.0.1:1/api/v10 can be reached" in finding.text


async def test_observer_that_is_off_is_no_fault(check):
    """Nothing that people write is heard unless somebody says so."""
    found = (await check())["discord: observer"]

    assert (found.ok, found.text.startswith("off: nothing that people write is heard")) == (True, True)


async def test_observer_without_its_intent_is_told_the_switch(guild, check):
    """And with it, all is well."""
    without = (await check(observe=True))["discord: observer"]
    guild.has_message_content = True
    with_it = (await check(observe=True))["discord: observer"]

    assert (without.ok, with_it.ok) == (False, True)
    assert 'switch on "Message Content Intent" under "Bot" in the developer portal' in without.text


async def test_observer_of_which_discord_says_nothing_is_not_judged(discord, check):
    """The application cannot be asked for."""
    discord.fail("application", DiscordFault.DOWN)

    found = (await check(observe=True))["discord: observer"]

    assert (found.ok, found.text) == (True, "Discord does not say whether it may read messages")
