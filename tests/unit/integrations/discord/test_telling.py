"""Long answers, cut into messages."""

import pytest

from fermata.integrations.discord.layout import measure
from fermata.integrations.discord.markdown import escape
from fermata.integrations.discord.telling import cut
from fermata.testing.discord.guild import find_markup


@pytest.mark.parametrize("text", ["", "short", "x" * 5000, "line\n" * 2000, escape("*_" * 3000), "\U0001f4a5" * 3000])
def test_pieces_are_messages_and_together_the_whole(text):
    """Cut at line feeds where there are any, and never behind a backslash."""
    pieces = list(cut(text))

    assert "".join(pieces) == text
    assert all(measure(piece) <= 2000 for piece in pieces)
    assert all(find_markup(piece) == [] for piece in pieces)
