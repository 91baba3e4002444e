"""Markdown as passages: each with its headings and its true line numbers."""

from fermata.integrations.runbooks.pages import LONGEST_PASSAGE, split_page

PAGE = """\
---
owner: dana
---
Intro words.

# Checkout

## Restart it
Run `x`.
```sh
# not a heading
## nor this
```

## Empty

# Search ##
Ask Max.
"""


def test_passage_carries_its_headings_and_lines():
    """Front matter and sections without words are no passages; what stands in a fence is no heading."""
    passages = split_page(PAGE)

    assert [(passage.heading, passage.first_line) for passage in passages] == [
        ("", 4),
        ("Checkout > Restart it", 8),
        ("Search", 17),
    ]
    assert passages[1].lines[:2] == ("## Restart it", "Run `x`.")
    assert "# not a heading" in passages[1].lines


def test_long_section_is_cut_at_an_empty_line():
    """A passage fits a screen or two; no line is lost."""
    lines = [f"line {number}" for number in range(LONGEST_PASSAGE + 20)]
    lines[LONGEST_PASSAGE - 10] = ""

    first, second = split_page("\n".join(["# Long", *lines]))

    assert first.lines[-1] == ""
    assert len(first.lines) < LONGEST_PASSAGE
    assert second.first_line == len(first.lines) + 1
    assert (*first.lines, *second.lines) == ("# Long", *lines)


def test_section_without_an_empty_line_is_cut_all_the_same():
    """There is always an end."""
    passages = split_page("\n".join(f"line {number}" for number in range(LONGEST_PASSAGE * 2)))

    assert [len(passage.lines) for passage in passages] == [LONGEST_PASSAGE, LONGEST_PASSAGE]


def test_page_without_words_has_no_passage():
    """Front matter that never ends is text."""
    assert split_page("") == ()
    assert split_page("---\nowner: dana\n---\n") == ()
    assert [passage.first_line for passage in split_page("---\nowner: dana")] == [1]
