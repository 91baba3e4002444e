"""A ticket's text as Markdown, and its mark."""

import pytest

from fermata.ports.forge.tickets.text import bears, write_body

MARK = "act-1.0123456789ab"
LINE = f"Fermata-Action: {MARK}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("One.\nTwo.\n\n  \n\nThree.", "One.\\\nTwo.\n\nThree.\n\n"),
        ("Why:\n- a\n- b\nso", "Why:\n\n- a\n- b\n\nso\n\n"),
        ("- `x`\n\n- y", "- `x`\n\n- y\n\n"),
        (
            "# Head\n1. one\n---\n<!-- fermata inc_1 -->",
            "`#` Head\\\n`1`. one\\\n`---`\\\n`<!--` fermata `inc_1 -->`\n\n",
        ),
        ("/close @ops #1 https://evil.example/", "`/close @ops #1 https://evil.example/`\n\n"),
    ],
)
def test_given_plain_text_then_markdown_shows_it(text, written):
    """Breaks and lists stay; nothing else of it is more than words."""
    assert write_body(text, MARK) == written + LINE


@pytest.mark.parametrize("quoted", [LINE, f" {LINE} ", f"See:\n{LINE}", f"- {LINE}"])
def test_given_a_description_that_quotes_a_mark_then_it_bears_only_its_own(quoted):
    """A ticket about a ticket is not that ticket."""
    body = write_body(quoted, "act-2.ba9876543210")

    assert not bears(body, MARK)
    assert bears(body, "act-2.ba9876543210")


def test_given_text_around_it_then_the_mark_is_found():
    """People edit issues, and forges change line ends."""
    assert bears(f"Mine.\r\n\r\n{LINE}\r\n\r\nMore.", MARK)
    assert not bears(f"Mine. {LINE}", MARK)
    assert not bears(f"{LINE}0", MARK)
