"""Slack's own library takes what is built here: a second opinion beside the stand-in's rules."""

from datetime import timedelta

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View

from fermata.domain.card import CardSection
from fermata.integrations.slack.layout import lay_out_card, lay_out_detail
from fermata.integrations.slack.rooms import CARD_EVENT, write_metadata
from fermata.integrations.slack.views import Place, build_reject_form
from fermata.testing.channel_contract import build_card


def build_explained_card():
    """Give a card with every kind of part, and a part that only explains."""
    detail = build_card().sections[0].model_copy(update={"detail": True})
    long = CardSection(heading="Long", diff="+x\n" * 2000)
    return build_card().model_copy(update={"sections": (*build_card().sections, long, detail)})


@pytest.mark.parametrize("part", ["card", "detail"])
def test_blocks_are_read_by_slacks_library_and_written_the_same(part):
    """Each type is known to it, its checks of lengths and values pass, and no field is lost."""
    card = build_explained_card()
    layout = lay_out_card(card, "inc-1", timedelta(hours=1)) if part == "card" else lay_out_detail(card, "inc-1")

    for block in layout.build():
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
        assert parsed.to_dict() == block


def test_form_is_read_by_slacks_library():
    """As the blocks."""
    form = build_reject_form("inc-1:0123456789abcdef", Place("U1", "C1", "1.2", "https://hooks.slack.com/x"))

    View(**form).validate_json()


def test_metadata_is_read_by_slacks_library():
    """Type and payload."""
    metadata = write_metadata(CARD_EVENT, "inc-1")

    assert Metadata(**metadata).to_dict() == metadata
