"""Lines from anywhere become text: encodings, colours, and lines of a megabyte."""

import pytest

from fermata.rules.condense.reading import GAP, LONGEST_LINE, cut_line, decode_line, strip_controls


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain\r\n", "plain"),
        ("text\n", "text"),
        ("Größe".encode(), "Größe"),
        ("Größe".encode("latin-1"), "Gr\ufffd\ufffde"),
        ("ERROR: gone\n".encode("utf-16"), "ERROR: gone"),
        (b"\x00E\x00R\x00R\x00\n", "ERR"),
        (b"\xef\xbb\xbfstart", "start"),
        (b"", ""),
    ],
)
def test_any_encoding_is_read(raw, text):
    """Nothing raises; what cannot be decoded is marked, and the rest stays legible."""
    assert decode_line(raw) == text


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("\x1b[31mERROR\x1b[0m gone", "ERROR gone"),
        ("\x1b[38;5;196mred\x1b[K", "red"),
        ("bell\x07 and nul\x00", "bell and nul"),
        ("\x1b]0;a title\x07INFO up\x1b]0;another\x1b\\", "INFO up"),
        ("see \x1b]8;;https://a.example\x07the page\x1b]8;;\x07", "see the page"),
        ("\x1bP1$r\x1b\\device", "device"),
        ("open \x1b]0;ends nowhere", "open ]0;ends nowhere"),
        ("tab\tstays", "tab\tstays"),
        ("forged \x1b[" + "1" * 40, "forged [" + "1" * 40),
    ],
)
def test_colours_and_controls_go(text, stripped):
    """A terminal's colours are no part of what a line says."""
    assert strip_controls(text) == stripped


def test_short_line_is_whole():
    """A line within the limit is not touched."""
    assert cut_line("short") == "short"


def test_gigantic_line_is_cut_around_what_it_tells():
    """The reason stands behind the payload: the head is kept, and the part around the reason, both verbatim."""
    text = "batch " + "x" * 100_000 + " refused: connection refused by peer" + "y" * 100_000

    cut = cut_line(text)

    head, part = cut.split(GAP)
    assert text.startswith(head)
    assert part in text
    assert "refused: connection refused by peer" in part
    assert len(cut) == LONGEST_LINE


def test_stack_in_one_line_is_cut_around_its_last_cause():
    """Structured logs put a whole stack into a field; what caused it all stands at its end."""
    frames = "\\n\\tat org.shop.Web.run(Web.java:7)" * 40
    text = f'{{"msg":"request failed","stack":"IOException: closed{frames}\\nCaused by: NoRoute: db{frames}"}}'

    cut = cut_line(text, 600)

    assert "request failed" in cut
    assert "Caused by: NoRoute: db" in cut


@pytest.mark.parametrize("text", ["ERROR connection refused " + "x" * 9000, "x" * 9000])
def test_gigantic_line_without_a_later_reason_keeps_its_head(text):
    """Nothing telling, or told already in the head: the head it is."""
    assert cut_line(text) == text[:LONGEST_LINE]
