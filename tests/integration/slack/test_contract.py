"""Slack keeps to what every channel keeps to."""

import pytest

from fermata.testing.channel_contract import ChannelContract
from fermata.testing.slack.server import SlackFault
from fermata.testing.slack.workspace import list_buttons


class TestSlackKeepsTheContract(ChannelContract):
    """The twin, against the strict server."""

    @pytest.fixture(autouse=True)
    def _prepare(self, slack, make_channel):
        self._slack = slack
        self._make = make_channel

    def make_channel(self):
        return self._make()

    def read_shown(self):
        return self._slack.space.read()

    def break_channel(self):
        self._slack.fail("*", SlackFault.DOWN, 1000)

    def count_messages(self):
        return sum(len(self._slack.space.list_cards(one)) for one in self._slack.space.channels)

    def lose_answer(self):
        self._slack.fail("chat.postMessage", SlackFault.LOST)

    def has_buttons(self):
        return "approve" in list_buttons(self._slack.space.list_cards()[-1].blocks)

    def choose_room(self):
        return "C0OTHER"

    def read_room(self, room):
        return self._slack.space.read(room)
