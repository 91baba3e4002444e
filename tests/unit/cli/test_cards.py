"""The card in a terminal: whole, inert, and within its width."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from fermata.cli.cards import print_card, render_diff
from fermata.cli.output import show_controls
from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.domain.ids import IncidentId

LONG = "ended 3 times by itself since 2026-11-23T17:45:37.515Z, last 2026-11-23T17:45:40.975Z: exited: checkout"
DIFF = """\
--- a/conf.d/checkout.ini
+++ b/conf.d/checkout.ini
@@ -1,3 +1,4 @@
+; fermata
-environment=CHECKOUT_PORT="20016",PROFILE_HOST="127.0.0.1:21457",PAYMENT_TIMEOUT_MS="250ms",CURRENCY="EUR"
+environment=CHECKOUT_PORT="20016",PROFILE_HOST="127.0.0.1:21457",PAYMENT_TIMEOUT_MS="250",CURRENCY="EUR"
 command=python
"""


def make_card(**section):
    """Return a card of one section."""
    values = {"heading": "Why"} | section
    return Card(incident_id=IncidentId("inc-1"), title="checkout", sections=(CardSection(**values),))


def show(card, width=80):
    """Return the lines inside the card's frame, as a terminal of that width shows them, without colours."""
    screen = io.StringIO()
    print_card(Console(file=screen, width=width, highlight=False), card)
    lines = screen.getvalue().splitlines()
    assert {cell_len(line) for line in lines} == {min(width, 120)}
    return [line[2:-2].rstrip() for line in lines[1:-1]]


@pytest.mark.parametrize("width", [50, 80, 120, 200])
def test_card_keeps_its_frame(width):
    """Every line is as wide as the card, whatever stands in it, and none is wider than people read."""
    quotes = (Quote(source="checkout: stderr", evidence_id="e1", line=3, text=LONG * 2),)
    show(make_card(rows=(CardRow(label="Note", text=LONG * 3),), quotes=quotes, diff=DIFF + "+" + "支払い" * 60), width)


def test_long_quote_keeps_its_indentation():
    """What does not fit beside its place stands below it, further in, to the last line."""
    short = Quote(source="checkout: stderr", evidence_id="e1", line=30, text="MemoryError")
    lines = show(make_card(quotes=(short, Quote(source="checkout: BACKOFF", evidence_id="e2", line=3, text=LONG))))

    assert "  checkout: stderr, line 30  MemoryError" in lines
    start = lines.index("  checkout: BACKOFF, line 3")
    assert all(line.startswith("    ") for line in lines[start + 1 : start + 3])
    assert " ".join(line.strip() for line in lines[start + 1 : start + 3]) == LONG


def test_quote_cannot_look_like_a_line_of_the_card():
    """A line feed inside a quoted line is shown, not obeyed."""
    quote = Quote(source="a log", evidence_id="e1", line=1, text="first\nRisk  low")

    assert "  a log, line 1  first\\nRisk  low" in show(make_card(quotes=(quote,)))


def test_broken_diff_line_is_marked_as_one():
    """The rest of a removed line does not stand there like a line of context."""
    lines = show(make_card(diff=DIFF))

    assert '↳IMEOUT_MS="250ms",CURRENCY="EUR"' in lines
    assert not any(line.startswith(("IMEOUT", "MEOUT")) for line in lines)


def test_change_within_a_line_stands_out():
    """Of two long lines that differ in two characters, those two are shown in reverse."""
    text = render_diff(DIFF, 76)

    assert [text.plain[span.start : span.end] for span in text.spans if "reverse" in str(span.style)] == ["ms"]


def test_control_characters_of_a_diff_are_inert():
    """A carriage return, a form feed or an escape is a part of its line: shown, and no new line."""
    text = render_diff("+one\r-two\x0c\u2028three\x1b[2Jfour\n", 76)

    assert text.plain == "+one\\x0d-two\\x0c\\u2028three\\x1b[2Jfour"


@given(st.lists(st.text(), max_size=5), st.integers(20, 120))
def test_no_character_of_a_diff_is_dropped(contents, width):
    """Whatever the lines and the width: without the marks the pieces are the diff, and each fits."""
    diff = "\n".join("+" + line.replace("\n", "").replace("\t", "") for line in contents)

    lines = render_diff(diff, width).plain.split("\n") if diff else []

    assert all(cell_len(line) <= width for line in lines)
    pieces = "\n".join(lines).replace("\n↳", "")
    assert pieces == show_controls(diff)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.tset", "\\u202egnp.tset"),
        ("pay\u200bments", "pay\\u200bments"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("żółć 支払い", "żółć 支払い"),
    ],
)
def test_control_characters_are_shown(text, shown):
    """What would move the cursor, hide or reorder stands there by its number; letters of any script stay."""
    assert show_controls(text) == shown


def test_every_part_of_a_card_is_shown():
    """Title, subtitle, headings, paragraphs, rows, quotes with their place, diff and footer."""
    section = CardSection(
        heading="Why it is down",
        paragraphs=("It needs more.",),
        rows=(CardRow(label="Cause", text="memory", tone=Tone.BAD),),
        quotes=(Quote(source="checkout stderr", evidence_id="ev-1", line=7, text="MemoryError"),),
        diff="-limit 64\n+limit 128",
    )
    card = Card(
        incident_id=IncidentId("inc-1"), title="Title", subtitle="since noon", sections=(section,), footer="The end"
    )

    shown = "\n".join(show(card))

    for part in (
        *("since noon", "Why it is down", "It needs more.", "Cause", "memory"),
        *("checkout stderr, line 7", "MemoryError", "-limit 64", "+limit 128", "The end"),
    ):
        assert part in shown


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1))
def test_no_text_of_a_card_commands_the_terminal(text):
    """Whatever stands in an alert, a log line or a diff: the terminal shows it and obeys none of it."""
    screen = io.StringIO()
    section = CardSection(
        heading=text,
        paragraphs=(text,),
        rows=(CardRow(label=text, text=text),),
        quotes=(Quote(source=text, evidence_id="ev-1", line=1, text=text),),
        diff=text,
    )
    card = Card(incident_id=IncidentId("inc-1"), title=text, subtitle=text, sections=(section,), footer=text)

    print_card(Console(file=screen, width=100), card)

    assert all(char == "\n" or char.isprintable() for char in screen.getvalue())


def test_brackets_on_a_card_are_no_markup():
    """Text in square brackets is shown as it is."""
    assert "[bold red]x[/]" in "\n".join(show(make_card(paragraphs=("[bold red]x[/]",))))


def test_long_label_leaves_room_for_its_text():
    """A title as a label is wrapped, whole; what is said about it stands beside it from its first line on."""
    title = "runbooks/checkout-oom.md: Checkout out of memory > When checkout is killed"
    text = "it names no container that runs"

    lines = show(make_card(rows=(CardRow(label=title, text=text), CardRow(label="Risk", text="low"))), width=80)

    start = lines.index("Why") + 1
    assert text in lines[start]
    labels = [line[:25].strip() for line in lines[start:-1]]
    assert " ".join(labels) == title
    assert lines[-1].split() == ["Risk", "low"]
