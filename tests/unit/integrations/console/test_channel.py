"""Cards on a terminal: whole, wrapped, harmless."""

import io
import re
import sys

import pytest

from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.domain.ids import IncidentId
from fermata.integrations.console.channel import ConsoleChannel
from fermata.integrations.console.render import render_text
from fermata.integrations.console.settings import ConsoleSettings, When
from fermata.integrations.console.system import Console
from fermata.testing.channel_contract import ChannelContract, build_card
from fermata.testing.clock import FakeClock


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


class TestConsoleChannel(ChannelContract):
    """The contract, on a stream in memory."""

    def make_channel(self):
        self.stream = io.StringIO()
        return ConsoleChannel(ConsoleSettings(width=60), self.stream)

    def read_shown(self):
        return self.stream.getvalue()

    def break_channel(self):
        self.stream.close()


async def test_unchanged_card_is_printed_once():
    """The receipt stands for the text: what is on the screen is not printed again."""
    stream = io.StringIO()
    channel = ConsoleChannel(ConsoleSettings(), stream)

    first = await channel.deliver(build_card(), key="inc-1", receipt=None)
    shown = stream.getvalue()
    second = await channel.deliver(build_card(), key="inc-1", receipt=first)

    assert second == first
    assert stream.getvalue() == shown


async def test_same_text_for_another_incident_is_printed():
    """Two incidents that look alike are two cards."""
    stream = io.StringIO()
    channel = ConsoleChannel(ConsoleSettings(), stream)

    first = await channel.deliver(build_card(), key="inc-1", receipt=None)
    await channel.deliver(build_card(), key="inc-2", receipt=first)

    assert stream.getvalue().count("CheckoutDown") == 2


@pytest.mark.parametrize(
    ("stream", "when", "coloured"),
    [
        (Terminal(), When.AUTO, True),
        (io.StringIO(), When.AUTO, False),
        (io.StringIO(), When.ALWAYS, True),
        (Terminal(), When.NEVER, False),
    ],
)
async def test_colour_follows_the_stream_unless_told(stream, when, coloured):
    """A log file stays free of codes; a terminal need not be plain."""
    await ConsoleChannel(ConsoleSettings(colour=when), stream).deliver(build_card(), key="inc-1", receipt=None)

    assert ("\x1b[1;31m[critical]" in stream.getvalue()) is coloured
    assert ("\x1b" in stream.getvalue()) is coloured


async def test_narrow_encoding_gets_escapes_not_half_a_card():
    """A terminal that cannot show a character is shown its number."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    await ConsoleChannel(ConsoleSettings(), stream).deliver(build_card(value="größer"), key="inc-1", receipt=None)

    assert rb"gr\xf6\xdfer" in raw.getvalue()
    assert b"Valid until" in raw.getvalue()


async def test_standard_error_of_the_moment_is_written(monkeypatch):
    """Standard output belongs to the output of commands; and the stream may be replaced after the start."""
    channel = Console(ConsoleSettings(), FakeClock()).find_channel()
    later = io.StringIO()
    monkeypatch.setattr(sys, "stderr", later)

    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert "CheckoutDown" in later.getvalue()


async def test_check_says_where_cards_go():
    """The doctor has one line for the console, and it is never a fault."""
    (result,) = await Console(ConsoleSettings(), FakeClock()).check()

    assert result.ok
    assert "standard error" in result.text


def make(**section):
    """Give a card of one section."""
    return Card(incident_id=IncidentId("inc-1"), title="title", sections=(CardSection(heading="Part", **section),))


def test_colour_changes_no_character():
    """Colour is paint: without its codes the card is the same."""
    plain, painted = render_text(build_card()), render_text(build_card(), colour=True)

    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_row_is_wrapped_with_an_indent_and_reads_back():
    """A long row goes on below itself, and joining its lines by a space gives it back."""
    text = "a value of several words " * 8 + "end"

    lines = render_text(make(rows=(CardRow(label="why", text=text),)), width=40).splitlines()

    row = lines[lines.index("PART") + 1 :]
    assert len(row) > 3
    assert all(len(line) <= 40 for line in row)
    assert all(line.startswith("  ") for line in row[1:])
    assert " ".join(line.strip() for line in row) == f"why: {text}"


def test_row_with_runs_of_spaces_is_not_wrapped():
    """How many spaces a parameter holds is part of what is approved."""
    text = "a  b " * 30 + "end"

    assert f"why: {text}\n" in render_text(make(rows=(CardRow(label="why", text=text),)), width=40)


def test_digest_is_never_broken():
    """A person compares a digest by eye, in one piece."""
    digest = "sha256:" + "0123456789abcdef" * 4

    assert f" {digest}\n" in render_text(make(rows=(CardRow(label="plan digest", text=digest),)), width=40)


def test_diff_is_copied_line_by_line():
    """A wrapped or trimmed diff would be another diff."""
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n-" + "x y" * 60 + "  \n+\ttab\n"

    assert diff in render_text(make(diff=diff), width=40)


@pytest.mark.parametrize("where", ["quote", "diff", "row", "paragraph", "title"])
@pytest.mark.parametrize(
    ("evil", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\r", r"\r"),
        ("\b", r"\x08"),
        ("\x9b1A", r"\x9b1A"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}", r"\u202e"),
        ("\N{ZERO WIDTH SPACE}", r"\u200b"),
        ("\N{LINE SEPARATOR}", r"\u2028"),
        ("\N{TAG LATIN CAPITAL LETTER A}", r"\U000e0041"),
        ("\N{VARIATION SELECTOR-17}", r"\U000e0100"),
        ("\N{HANGUL FILLER}", r"\u3164"),
        ("\N{SOFT HYPHEN}", r"\xad"),
    ],
)
def test_text_from_outside_cannot_steer_the_terminal(where, evil, shown):
    """A log line must not clear the screen, overprint a parameter or turn a line round: it is shown as an escape."""
    text = f"before{evil}after"
    card = {
        "quote": make(quotes=(Quote(source="log", evidence_id="ev-1", line=1, text=text),)),
        "diff": make(diff=text),
        "row": make(rows=(CardRow(label="value", text=text),)),
        "paragraph": make(paragraphs=(text,)),
        "title": make().model_copy(update={"title": text}),
    }[where]

    rendered = render_text(card)

    assert evil not in rendered
    assert f"before{shown}after" in rendered


def test_quote_cannot_forge_a_line_of_the_card():
    """A line feed in a log line stays inside its quote."""
    quote = Quote(source="log", evidence_id="ev-1", line=7, text="x\nApproved by: alice")

    rendered = render_text(make(quotes=(quote,)))

    assert "\nApproved by" not in rendered
    assert r"log:7  x\nApproved by: alice" in rendered


def test_row_of_several_lines_is_indented_from_the_second():
    """A value with line feeds cannot look like the rows after it."""
    rendered = render_text(make(rows=(CardRow(label="value", text="one\nrisk: low"),)))

    assert "value: one\n  risk: low\n" in rendered


def test_tone_colours_its_row():
    """Tones are only paint, one for each."""
    rows = tuple(CardRow(label=tone.value, text="x", tone=tone) for tone in Tone)

    rendered = render_text(make(rows=rows), colour=True)

    assert "\x1b[32mgood: x\x1b[0m" in rendered
    assert "\nplain: x\n" in rendered


def test_address_of_the_page_stands_on_a_line_of_its_own():
    """Terminals make a link of it."""
    card = build_card().model_copy(update={"page": "https://fermata.example/incidents/inc-1"})

    assert "\nhttps://fermata.example/incidents/inc-1\n" in render_text(card)
