import shutil

import pytest
from tests.faults.scenery import go_on

from fermata.testing.channel_contract import ChannelContract, build_card
from fermata.testing.message_file import MessageFile


class TestMessageFile(ChannelContract):
    """A chat in a file keeps what every channel keeps."""

    @pytest.fixture(autouse=True)
    def _choose_folder(self, tmp_path):
        """Choose where the chat is."""
        self.path = tmp_path / "chat" / "messages.json"
        self.path.parent.mkdir()

    def make_channel(self):
        """Open the chat."""
        return MessageFile(self.path, go_on)

    def read_shown(self):
        """Give all that is in it."""
        return "\n".join(message.text for message in self.make_channel().read())

    def break_channel(self):
        """Take its folder away."""
        shutil.rmtree(self.path.parent)

    async def test_same_key_is_one_message(self):
        """With its receipt or after it was lost; another key is another message."""
        channel = self.make_channel()
        receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)

        await channel.deliver(build_card(), key="inc-1", receipt=None)
        await channel.deliver(build_card(), key="inc-1", receipt=receipt)
        await channel.deliver(build_card(), key="inc-2", receipt=None)

        assert [message.key for message in channel.read()] == ["inc-1", "inc-2"]
