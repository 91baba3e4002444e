"""Discord keeps to what every channel keeps to."""

import pytest

from fermata.testing.channel_contract import ChannelContract
from fermata.testing.discord.guild import OTHER_CHANNEL
from fermata.testing.discord.server import DiscordFault


class TestDiscordKeepsTheContract(ChannelContract):
    """The twin, against the strict server."""

    @pytest.fixture(autouse=True)
    def _prepare(self, discord, guild, make_channel):
        self._discord = discord
        self._guild = guild
        self._make = make_channel

    def make_channel(self):
        return self._make()

    def read_shown(self):
        return self._guild.read()

    def break_channel(self):
        self._discord.fail("*", DiscordFault.DOWN, 1000)

    def count_messages(self):
        rooms = [room.id for room in self._guild.rooms.values() if not room.parent]
        return sum(len(self._guild.list_cards(one)) for one in rooms)

    def lose_answer(self):
        self._discord.fail("post message", DiscordFault.LOST)

    def has_buttons(self):
        return "approve" in self._guild.list_cards()[-1].list_buttons()

    def choose_room(self):
        return OTHER_CHANNEL

    def read_room(self, room):
        return self._guild.read(room)
