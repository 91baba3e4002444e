"""Block Kit pieces: literal text, within the limits."""

import pytest

from fermata.integrations.slack.blocks import ELEMENT_CHARS, confirm, escape, header, plain, preformatted, run


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("a\u202eb\x1b[2J", r"a\u202eb\x1b[2J"),
        ("plain *bold*", "plain *bold*"),
    ],
)
def test_text_for_markup_holds_no_link_and_no_mention(text, written):
    """Only three characters begin Slack's links and mentions."""
    assert escape(text) == written


def test_plain_text_reads_no_emoji_codes():
    """`:tada:` in a log is no picture."""
    assert plain(":tada:") == {"type": "plain_text", "text": ":tada:", "emoji": False}


def test_long_text_is_cut_at_line_breaks_and_loses_nothing():
    """Each element is within the limit, and together they are the text."""
    text = "".join(f"line {n}\n" for n in range(1000))

    pieces = [element["text"] for element in run(text)]

    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= ELEMENT_CHARS
    assert all(piece.endswith("\n") for piece in pieces)


def test_long_line_is_cut_where_it_must():
    """A line without a break is cut at the limit."""
    pieces = [element["text"] for element in run("x" * 7000)]

    assert list(map(len, pieces)) == [2900, 2900, 1200]


def test_no_text_is_no_element():
    """Slack refuses an empty one; a preformatted part needs at least a blank."""
    assert run("") == []
    assert preformatted("")["elements"] == [{"type": "text", "text": " "}]


def test_header_is_cut_to_what_it_may_have():
    """150 characters, on one line."""
    block = header("a\n" + "x" * 200, "card:1")

    assert len(block["text"]["text"]) == 150
    assert block["text"]["text"].startswith("a x")
    assert block["block_id"] == "card:1"


def test_dialog_names_both_ways():
    """To go on, and not to."""
    assert confirm("Sure?", "Plan 1", "Approve")["deny"]["text"] == "Cancel"
