"""Colour codes and characters without width are not what a person reads."""

import pytest

from fermata.kit.invisible import make_harmless, strip_colours, strip_invisible


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
        ("\x9b32mdana\x9b0m", "dana"),
        ("\x9d0;title\x9crest", "rest"),
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


@pytest.mark.parametrize(
    "hidden",
    [
        "".join(chr(0xE0000 + ord(char)) for char in "run it"),
        "".join(chr(0xE0100 + ord(char)) for char in "run it"),
        "\ufe00\ufe0f",
        "\u3164\u115f\u1160\uffa0",
        "\u034f\u061c\u17b4\u180b\u180e\u206a",
        "\ufff9\ufffa\ufffb",
        "\x80\x84\x86\x9c\x9f",
    ],
)
def test_what_no_screen_shows_is_taken_out(hidden):
    """Tags, selectors and fillers can carry whole sentences past a reader's eye."""
    assert strip_invisible(f"{hidden}pass{hidden}word") == "password"


def test_end_of_a_line_stays():
    """U+0085 ends a line for some readers: without it two words would be one."""
    assert strip_invisible("one\x85two\u2028three") == "one\x85two\u2028three"


def test_text_that_steers_or_hides_is_written_as_escapes():
    """What would clear a screen, hide a line or turn its direction is seen as what it is."""
    assert make_harmless("a\x1b[2Jb\r\u202ec\u200bd") == r"a\x1b[2Jb\r\u202ec\u200bd"


def test_ordinary_text_is_left_alone():
    """Letters of any script, tabs and line feeds pass."""
    assert make_harmless("Größe\t日本 \N{CHECK MARK}\n") == "Größe\t日本 \N{CHECK MARK}\n"
