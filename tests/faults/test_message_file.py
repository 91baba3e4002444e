import shutil

import pytest

from fermata.kit.errors import TransientError
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
        """Open the chat; an answer is lost as often as it was told."""
        self.losses = 0

        def interrupt(point):
            if point == "card:after" and self.losses:
                self.losses -= 1
                raise TransientError("The answer was lost")

        self.channel = MessageFile(self.path, interrupt)
        return self.channel

    def read_shown(self):
        """Give all that is in it."""
        return "\n".join(message.text for message in self.channel.read())

    def count_messages(self):
        """Count them."""
        return len(self.channel.read())

    def lose_answer(self):
        """Fail after the message was written."""
        self.losses = 1

    def choose_room(self):
        """Give another room."""
        return "night"

    def read_room(self, room):
        """Give what stands in it."""
        return "\n".join(message.text for message in self.channel.read() if message.room == room)

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
