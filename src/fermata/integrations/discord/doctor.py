"""What `fermata check` says of Discord: the token, the channel, what the bot may do there, and the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

from fermata.integrations.discord.answers import MISSING_ACCESS, DiscordRefusal, read_object
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.intents import NO_INTENT, find_application, may_read_messages
from fermata.integrations.discord.permissions import compute_permissions, list_missing, write_invitation
from fermata.integrations.discord.settings import DiscordSettings
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult

_TEXT_CHANNELS = (0, 5)
"""Types of channels that take messages with threads: text and announcements."""
_OTHER_KINDS = MappingProxyType(
    {2: "a voice channel", 4: "a category", 10: "a thread", 11: "a thread", 12: "a private thread", 13: "a stage"}
    | {15: "a forum, which takes posts and no messages", 16: "a media channel, which takes posts and no messages"}
)
"""What else a server has (reference, "Channel Types")."""


async def examine(client: DiscordClient, settings: DiscordSettings) -> list[CheckResult]:
    """Look at everything; the channel only with a token that works. Posts nothing, and begins no session."""
    try:
        call = "who the bot is"
        myself = read_object(await client.ask(call, "GET", "/users/@me"), call, "id")
    except OperationalError as error:
        return [CheckResult(name="discord: token", ok=False, text=str(error))]
    token = CheckResult(name="discord: token", ok=True, text=f"{myself.get('username')} ({myself['id']})")
    application = await find_application(client)
    application_id = str(application.get("id") or myself["id"])  # Of newer bots these are the same.
    where = await _examine_channel(client, settings, str(myself["id"]), application_id)
    return [token, *where, await _examine_gateway(client, settings), _judge_observer(settings, application)]


def _judge_observer(settings: DiscordSettings, application: Mapping[str, Any]) -> CheckResult:
    name, may_read = "discord: observer", may_read_messages(application)
    if not settings.observe:
        text = "off: nothing that people write is heard; discord.observe switches it on"
        return CheckResult(name=name, ok=True, text=text)
    if may_read is None:
        return CheckResult(name=name, ok=True, text="Discord does not say whether it may read messages")
    if not may_read:
        return CheckResult(name=name, ok=False, text=f"it hears nothing: {NO_INTENT}")
    return CheckResult(name=name, ok=True, text="it may read messages in the channels that the bot sees")


async def _examine_channel(
    client: DiscordClient, settings: DiscordSettings, user_id: str, application_id: str
) -> list[CheckResult]:
    name = f"discord: {settings.channel}"
    invite = f"Invite the bot: {write_invitation(application_id)}"
    try:
        channel = await client.ask("looking at the channel", "GET", f"/channels/{settings.channel}")
    except OperationalError as error:
        more = f" {invite}" if isinstance(error, DiscordRefusal) and error.code == MISSING_ACCESS else ""
        return [CheckResult(name=name, ok=False, text=f"{error}{more}")]
    guild_id = channel.get("guild_id")
    if not guild_id or channel.get("type") not in _TEXT_CHANNELS:
        kind = _OTHER_KINDS.get(int(channel.get("type") or 0), "no text channel of a server")
        text = f"it is {kind}: cards need a text or announcement channel; name one in discord.channel"
        return [CheckResult(name=name, ok=False, text=text)]
    try:
        guild = await client.ask("looking at the server", "GET", f"/guilds/{guild_id}")
        member = await client.ask("looking at the bot's roles", "GET", f"/guilds/{guild_id}/members/{user_id}")
    except OperationalError as error:
        return [CheckResult(name=name, ok=False, text=f"{error} {invite}")]
    return [
        CheckResult(name=name, ok=True, text=f"#{channel.get('name')} in {guild.get('name')}"),
        _judge_permissions(guild, member, channel),
        await _examine_commands(client, application_id, str(guild_id)),
    ]


def _judge_permissions(guild: Mapping[str, Any], member: Mapping[str, Any], channel: Mapping[str, Any]) -> CheckResult:
    missing = list_missing(compute_permissions(guild, member, channel))
    if not missing:
        return CheckResult(name="discord: permissions", ok=True, text="the bot may do all it needs in the channel")
    text = f"the bot may not: {', '.join(missing)}. Allow it for its role under the channel's settings, Permissions"
    return CheckResult(name="discord: permissions", ok=False, text=text)


async def _examine_commands(client: DiscordClient, application_id: str, guild_id: str) -> CheckResult:
    name = "discord: commands"
    try:
        path = f"/applications/{application_id}/guilds/{guild_id}/commands"
        known: Sequence[Mapping[str, Any]] = await client.ask("listing the slash commands", "GET", path)
    except DiscordRefusal as error:
        invite = write_invitation(application_id)
        return CheckResult(name=name, ok=False, text=f"{error.what}: {error.why}. Invite the bot again: {invite}")
    except OperationalError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    made = ", ".join(f"/{command.get('name')}" for command in known) or "none yet: `fermata up` makes them"
    return CheckResult(name=name, ok=True, text=made)


async def _examine_gateway(client: DiscordClient, settings: DiscordSettings) -> CheckResult:
    """Connect until the gateway greets; no session is begun, so the one of a serving Fermata goes on."""
    name = "discord: gateway"
    try:
        said = await client.ask("where the gateway is", "GET", "/gateway/bot")
        url = settings.gateway_url or str(said["url"])
        await _greet(client, settings, url)
    except OperationalError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    except (OSError, TimeoutError, ValueError, KeyError) as error:
        text = f"{settings.gateway_url or 'the gateway'} does not greet: {str(error) or type(error).__name__}. Check "
        return CheckResult(name=name, ok=False, text=f"{text}that websockets can leave this machine, and discord.proxy")
    limit = said.get("session_start_limit") or {}
    left = limit.get("remaining")
    if left == 0:
        return CheckResult(name=name, ok=False, text="the bot has begun too many sessions today: wait until tomorrow")
    more = f"; {left} sessions may be begun today" if left is not None else ""
    return CheckResult(name=name, ok=True, text=f"it greets{more}")


async def _greet(client: DiscordClient, settings: DiscordSettings, url: str) -> None:
    await asyncio.to_thread(import_module, "aiohttp")
    import aiohttp

    try:
        async with (
            asyncio.timeout(settings.timeout_s),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client.find_tls())) as session,
            session.ws_connect(f"{url.rstrip('/')}/?v=10&encoding=json", proxy=settings.proxy_url) as socket,
        ):
            hello = json.loads(await socket.receive_str())
    except (aiohttp.ClientError, TypeError) as error:
        raise OSError(str(error) or type(error).__name__) from error
    if hello.get("op") != 10:
        message = f"it said {hello.get('op')} instead of hello"
        raise ValueError(message)
