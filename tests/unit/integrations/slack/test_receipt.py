"""What is remembered of a posted card."""

import pytest

from fermata.integrations.slack.receipt import SlackReceipt


def test_receipt_reads_back_as_it_was_written():
    """The outbox keeps a text."""
    receipt = SlackReceipt(channel="C1", ts="1.2", shown="sha256:a", detail_ts="1.3", files=("f",), searched=False)

    assert SlackReceipt.find(receipt.write(), "C1") == receipt


@pytest.mark.parametrize(
    "text", [None, "", "1.2", "{}", '{"channel": "C2", "ts": "1.2"}', '{"channel": "C1", "ts": ""}']
)
def test_what_is_no_receipt_of_this_room_is_none(text):
    """Another room's, another version's, none at all: the card is looked for."""
    assert SlackReceipt.find(text, "C1") is None
