"""What is remembered of a card."""

import pytest

from fermata.integrations.discord.receipt import DiscordFile, DiscordReceipt, Shown


def test_receipt_is_read_back_as_it_was():
    """With its files and its thread."""
    shown = Shown(id="7", revision="abc", files=(DiscordFile(name="a.diff", id="8"),))
    receipt = DiscordReceipt(channel="5", card=shown, thread="7", detail=Shown(id="9"))

    assert DiscordReceipt.find(receipt.write(), "5") == receipt


@pytest.mark.parametrize("text", [None, "", "nonsense", '{"channel": "6", "card": {"id": "7"}}', '{"ts": "1"}'])
def test_what_is_not_of_this_channel_is_none(text):
    """Then the channel is searched."""
    assert DiscordReceipt.find(text, "5") is None
