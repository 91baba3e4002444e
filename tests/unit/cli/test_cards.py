"""The card in a terminal: whole, at any width, and inert."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from fermata.cli.cards import print_card, render_diff
from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone


def show(card, width=100, **options):
    """Give what a console of this width shows."""
    stream = io.StringIO()
    print_card(Console(file=stream, width=width, **options), card)
    return stream.getvalue()


def make_card(**section):
    """Give a card of one section."""
    return Card(incident_id="inc-1", title="checkout is down", sections=(CardSection(heading="Why", **section),))


def strip(shown):
    """Give what is shown without its frame and its breaks."""
    return "".join("".join(line.strip("│╭╮╰╯─ \n").split()) for line in shown.splitlines())


@pytest.mark.parametrize("width", [40, 80, 120, 300])
def test_nothing_of_a_card_is_cut(width):
    """However narrow the terminal, every character of what is approved is on it."""
    long = "word" * 60
    card = make_card(paragraphs=(long,), rows=(CardRow(label="Plan digest", text="sha256:" + "0123456789" * 6),))

    shown = show(card, width)

    assert long in strip(shown)
    assert "0123456789" * 6 in strip(shown)
    assert max(map(len, shown.splitlines())) <= min(width, 120)


def test_every_part_is_shown():
    """Title, subtitle, headings, paragraphs, rows, quotes with their place, diff and footer."""
    section = CardSection(
        heading="Why it is down",
        paragraphs=("It needs more.",),
        rows=(CardRow(label="Cause", text="memory", tone=Tone.BAD),),
        quotes=(Quote(source="checkout stderr", evidence_id="ev-1", line=7, text="MemoryError"),),
        diff="-limit 64\n+limit 128",
    )
    card = Card(incident_id="inc-1", title="Title", subtitle="since noon", sections=(section,), footer="Incident inc-1")

    shown = show(card)

    for part in (
        *("Title", "since noon", "Why it is down", "It needs more.", "Cause", "memory"),
        *("checkout stderr, line 7", "MemoryError", "-limit 64", "+limit 128", "Incident inc-1"),
    ):
        assert part in shown


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1))
def test_no_text_of_a_card_commands_the_terminal(text):
    """Whatever stands in an alert, a log line or a diff: the terminal shows it and obeys none of it."""
    section = CardSection(
        heading=text,
        paragraphs=(text,),
        rows=(CardRow(label=text, text=text),),
        quotes=(Quote(source=text, evidence_id="ev-1", line=1, text=text),),
        diff=text,
    )
    card = Card(incident_id="inc-1", title=text, subtitle=text, sections=(section,), footer=text)

    shown = show(card)

    assert all(char == "\n" or char.isprintable() for char in shown)


def test_brackets_are_no_markup():
    """Text in square brackets is shown as it is."""
    assert "[bold red]x[/]" in show(make_card(paragraphs=("[bold red]x[/]",)))


def test_line_feed_in_a_quote_starts_no_line_of_the_card():
    """A log line cannot write a row of its own below itself."""
    quote = Quote(source="log", evidence_id="ev-1", line=1, text="fine\nApproved by: alice")

    assert "fine\\nApproved by: alice" in show(make_card(quotes=(quote,)))


def test_long_diff_line_is_broken_visibly():
    """A piece of a broken line cannot be taken for a line of its own: it is marked."""
    text = render_diff("+" + "a" * 50 + "-b", 40).plain

    first, second = text.split("\n")
    assert first.startswith("+aaa")
    assert second.startswith("↳")
    assert (first + second[1:]) == "+" + "a" * 50 + "-b"


def test_diff_is_coloured_by_its_signs():
    """Added lines are green and removed ones red where the terminal has colours."""
    shown = show(make_card(diff="-old\n+new"), force_terminal=True, color_system="standard")

    assert "\x1b[31" in shown
    assert "\x1b[32" in shown
