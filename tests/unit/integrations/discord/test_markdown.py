"""Text from outside stays text."""

import pytest

from fermata.integrations.discord.markdown import can_fence, escape, fence
from fermata.testing.discord.guild import find_markup, render


@pytest.mark.parametrize(
    "text",
    [
        "**bold**",
        "# heading",
        "> quote",
        "1. item",
        "- item",
        "-# small",
        "[a](https://b.c)",
        "https://b.c",
        "<@1>",
        ":a:",
    ],
)
def test_markup_is_shown_as_it_stands(text):
    """Raw it would mean something; escaped it is what it was."""
    assert find_markup(text) != [] or text.startswith("**")
    assert find_markup(escape(text)) == []
    assert render(escape(text)) == text


def test_plain_words_are_not_burdened():
    """What a person reads in the source of a message stays readable."""
    assert escape("limit: 64 MiB, until 12:30.") == "limit: 64 MiB, until 12\\:30."


def test_what_steers_a_screen_is_written_as_its_escape():
    """A turned line would show another plan than the one that runs."""
    assert render(escape("a\u202eb")) == "a\\u202eb"
    assert "\u202e" not in fence("a\u202eb")


@pytest.mark.parametrize(("text", "can"), [("a\nb", True), ("a ``` b", False), ("\na", False)])
def test_block_of_code_holds_what_does_not_end_it(text, can):
    """And what would be shown whole."""
    assert can_fence(text) is can
