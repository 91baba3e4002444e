"""Slack keeps to what every channel keeps to."""

import pytest

from fermata.testing.channel_contract import ChannelContract
from fermata.testing.slack.server import SlackFault


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
