"""What the outbox keeps of a card, whichever channel shows it."""

import pytest

from fermata.ports.chat.receipt import Receipt


class Note(Receipt):
    """A receipt of a channel that there is not."""

    room: str
    line: int = 0

    @property
    def place(self):
        """Return the room."""
        return self.room


def test_receipt_is_read_back_where_it_stands():
    """As it was written, and as its own kind."""
    note = Note(room="a", line=3)

    assert Note.find(note.write(), "a") == note
    assert Note(room="a").write() == '{"room":"a"}'


@pytest.mark.parametrize("text", [None, "", "nonsense", "{}", '{"room": "b"}', '{"room": "a", "more": 1}'])
def test_what_is_no_receipt_of_this_place_is_none(text):
    """Then the card is looked for."""
    assert Note.find(text, "a") is None


def test_receipt_that_does_not_say_where_it_stands_cannot_be_made():
    """A channel could not tell its own from another's."""
    with pytest.raises(TypeError, match="abstract"):
        Receipt()
