"""What is used of discord.py's inside is there: an upgrade that moves it fails here, not at night."""

import inspect
from datetime import timedelta

from fermata.integrations.discord.layout import lay_out_card
from fermata.integrations.discord.listener import load_gateway
from fermata.testing.channel_contract import build_card


def test_connection_is_built_as_we_build_it():
    """Names of arguments, and that events go to the parsers by their names."""
    load_gateway()
    from discord.gateway import DiscordWebSocket

    parameters = inspect.signature(DiscordWebSocket.from_client).parameters

    assert {"client", "initial", "gateway", "session", "sequence", "resume"} <= set(parameters)
    source = inspect.getsource(DiscordWebSocket)
    for used in ("client._connection.parsers", "client.http.ws_connect", "client.http.token", "self._discord_parsers"):
        assert used in source


def test_embeds_are_read_by_discord_py_and_written_the_same():
    """A second opinion beside the stand-in's rules: no field is lost."""
    load_gateway()
    from discord import Embed

    for embed in lay_out_card(build_card(), timedelta(hours=1)).build("card", "inc-1")["embeds"]:
        written = Embed.from_dict(embed).to_dict()
        assert {name: written.get(name) for name in embed} == embed


def test_bot_asks_for_no_intents():
    """Clicks and commands come without any; nothing of what people write does."""
    load_gateway()
    from discord import Intents

    assert Intents.none().value == 0
