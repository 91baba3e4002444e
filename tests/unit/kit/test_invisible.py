"""Colour codes and characters without width are not what a person reads."""

import pytest

from fermata.kit.invisible import strip_colours, strip_invisible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[32mdana@b\x1b[0m:~$", "dana@b:~$"),
        ("\x1b[1;38;5;208mWARN\x1b[K", "WARN"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;https://x\x1b\\link", "link"),
        ("plain", "plain"),
        ("\x1b[no end", "\x1b[no end".replace("\x1b[n", "")),
        ("half \x1b", "half \x1b"),
    ],
)
def test_control_sequences_are_taken_out(text, seen):
    """What a terminal obeys is no part of the words."""
    assert strip_colours(text) == seen
    assert strip_invisible(text) == seen


def test_characters_without_width_are_taken_out():
    """A name in two halves is the name that a person sees."""
    text = "pass\u200bword\u00ad \ufeffnaïve 日本"

    assert strip_invisible(text) == "password naïve 日本"
    assert strip_colours(text) == text
