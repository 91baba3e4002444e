"""What is printed: JSON that machines read, tables for people, and no byte that commands a terminal."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from fermata.cli import output
from fermata.cli.output import print_json, print_table, say, show_controls
from fermata.domain.entity import Entity


def test_records_and_plain_values_become_one_document(capsys):
    """Records, mappings and sequences are printed as JSON types, readable and in order."""
    entity = Entity(kind="service", name="checkout")

    print_json({"entities": (entity,), "umlaut": "ü"})

    out = capsys.readouterr().out
    assert json.loads(out) == {"entities": [entity.to_json()], "umlaut": "ü"}
    assert "ü" in out


@given(st.text())
def test_json_is_inert_and_says_the_same(text):
    """Whatever text holds, its JSON reads back as it was, and holds nothing that a terminal obeys."""
    with pytest.MonkeyPatch.context() as patch:
        printed = []
        patch.setattr(output.typer, "echo", printed.append)
        print_json({"text": text})

    assert json.loads(printed[0]) == {"text": text}
    assert all(char == "\n" or char.isprintable() for char in printed[0])


@given(st.text())
def test_shown_text_commands_no_terminal(text):
    """Control characters, bidirectional overrides and other invisible ones become visible escapes."""
    assert all(char in "\n\t" or char.isprintable() for char in show_controls(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ü and 漢", "plain, ü and 漢"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("selector\ufe0f\U000e0101", "selector\\ufe0f\\U000e0101"),
        ("filler\u3164\u115f\uffa0", "filler\\u3164\\u115f\\uffa0"),
        ("a\tb\n", "a\tb\n"),
    ],
)
def test_shown_text_keeps_what_people_read(text, shown):
    """Letters of any script stay; what moves the cursor, hides or reorders is written out."""
    assert show_controls(text) == shown


def test_said_text_is_inert(capsys):
    """A sentence that quotes something from outside is shown, not obeyed."""
    say("it said \x1b[31m")

    assert capsys.readouterr().out == "it said \\x1b[31m\n"


@pytest.fixture
def printed(monkeypatch):
    """Give what a wide terminal without colours would show."""
    stream = io.StringIO()
    monkeypatch.setattr(output, "get_console", lambda: Console(file=stream, width=80))
    return stream


def test_table_takes_no_text_for_markup(printed):
    """Brackets from outside are brackets; control characters are shown."""
    print_table(("name", "state"), [("[bold]x[/bold]", "a\x1b[31m")], empty="nothing")

    assert "[bold]x[/bold]" in printed.getvalue()
    assert "\\x1b[31m" in printed.getvalue()


def test_row_is_one_line_where_no_terminal_is(printed):
    """Whoever searches in the output of a pipe finds a whole row, however long."""
    print_table(("id", "title"), [("inc-1", "word " * 60)], empty="nothing")

    assert printed.getvalue().splitlines()[1].rstrip() == "inc-1  " + ("word " * 60).rstrip()


def test_first_column_is_not_broken_at_a_terminal(monkeypatch):
    """What names a row can be copied in one piece; the other columns make room for it."""
    stream = io.StringIO()
    monkeypatch.setattr(output, "get_console", lambda: Console(file=stream, width=40, force_terminal=True))

    print_table(("incident", "title"), [("inc-1m844dzg2jba175d", "checkout: CheckoutDown " * 3)], empty="nothing")

    assert "inc-1m844dzg2jba175d" in stream.getvalue()


HEADS = ("incident", "expires", "risk", "plan")
ROW = ("inc-1m8f9f4bkkwqvr4z", "2026-11-27T20:30:26.445Z", "low", "supervisor.restart on supervisor:process/checkout")


def print_at(monkeypatch, width):
    """Return the lines of a table at a terminal of so many columns."""
    stream = io.StringIO()
    monkeypatch.setattr(output, "get_console", lambda: Console(file=stream, width=width, force_terminal=True))
    print_table(HEADS, [ROW, ROW], empty="nothing")
    return [line.rstrip() for line in Text.from_ansi(stream.getvalue()).plain.splitlines()]


def test_narrow_terminal_shows_a_paragraph_for_each_row(monkeypatch):
    """Half of a screen at night: no instant and no id is broken, and no word but at a blank."""
    lines = print_at(monkeypatch, 50)

    assert lines[:5] == [
        "inc-1m8f9f4bkkwqvr4z",
        "  expires  2026-11-27T20:30:26.445Z",
        "  risk     low",
        "  plan     supervisor.restart on",
        "           supervisor:process/checkout",
    ]
    assert len(lines) == 10


def test_wider_terminal_shows_a_table_with_whole_instants(monkeypatch):
    """Words make room, and what is copied does not."""
    lines = print_at(monkeypatch, 80)

    assert lines[0].split() == list(HEADS)
    assert lines[1].startswith("inc-1m8f9f4bkkwqvr4z  2026-11-27T20:30:26.445Z  low   ")


def test_table_of_one_column_has_names_alone(monkeypatch):
    """Nothing stands below a name that is wider than the terminal."""
    stream = io.StringIO()
    monkeypatch.setattr(output, "get_console", lambda: Console(file=stream, width=10, force_terminal=True))

    print_table(("name",), [("a-name-of-some-length",)], empty="nothing")

    assert stream.getvalue() == "a-name-of-some-length\n"


def test_empty_table_is_a_sentence(printed):
    """Where there is nothing to list, a sentence says so."""
    print_table(("name",), [], empty="Nothing [yet].")

    assert printed.getvalue() == "Nothing [yet].\n"
