"""Cards as plain text: everything is in it."""

import pytest
from tests.unit.domain.samples import SAMPLES

from fermata.domain.card import Card, CardSection

CARD = next(record for record in SAMPLES if isinstance(record, Card))


def test_plain_text_holds_every_part():
    """The last-resort rendering leaves nothing out, in the order of the card."""
    assert CARD.to_text() == (
        "checkout: CheckoutDown\nheld\n\nEVIDENCE\nWhat was seen.\nState: FATAL\n"
        "  checkout: stderr:4  MemoryError\n-a\n+b\n\n\nIncident inc-1\n"
    )


@pytest.mark.parametrize("part", ["title", "subtitle", "footer"])
def test_own_words_of_the_card_are_in_the_text(part):
    """A changed word changes the text."""
    assert CARD.model_copy(update={part: "a word of mine"}).to_text() != CARD.to_text()


def test_card_without_a_diff_has_no_gap_for_one():
    """Empty parts leave no trace."""
    bare = Card(incident_id="inc-1", title="T", sections=(CardSection(heading="H"),))

    assert bare.to_text() == "T\n\n\nH\n"
