r"""A card as lines of plain text: whole, wrapped at the words, and harmless to a terminal.

Log lines and diffs come from outside. A control character among them could clear the screen, hide a parameter or move
the cursor over it, and a bidirectional override could show a line in another order than it is in: such characters are
written as their escapes (`\x1b`). Pure.
"""

from __future__ import annotations

import textwrap

from fermata.domain.card import Card, CardSection, Tone
from fermata.kit.invisible import make_harmless

_COLOURS = {Tone.GOOD: "32", Tone.WARN: "33", Tone.BAD: "31", Tone.QUIET: "2"}
# ECMA-48, "SGR".
_BOLD = "1"


def render_text(card: Card, *, width: int = 100, colour: bool = False) -> str:
    """Return the card for a terminal, ending in a line feed.

    Paragraphs and rows are wrapped; quotes and diffs are copied as they stand, since a broken line of a diff is
    another diff. Nothing is left out.

    Args:
        width: Columns to wrap at.
        colour: Whether to mark the title, the headings and the tones by SGR codes; they carry no meaning of their own.
    """
    paint = _paint if colour else _keep
    lines = [paint(line, _BOLD, _COLOURS.get(card.tone, "")) for line in _wrap(card.title, width)]
    lines += _wrap(card.subtitle, width)
    for section in card.sections:
        lines += ["", *(paint(line, _BOLD) for line in _wrap(section.heading.upper(), width))]
        lines += _render_body(section, width, colour=colour)
    if card.page:
        lines += ["", *_wrap(card.page, width)]
    if card.footer:
        lines += ["", *(paint(line, _COLOURS[Tone.QUIET]) for line in _wrap(card.footer, width))]
    return "\n".join(lines) + "\n"


def _render_body(section: CardSection, width: int, *, colour: bool) -> list[str]:
    paint = _paint if colour else _keep
    lines = [line for paragraph in section.paragraphs for line in _wrap(paragraph, width)]
    for row in section.rows:
        lines += [paint(line, _COLOURS.get(row.tone, "")) for line in _wrap(f"{row.label}: {row.text}", width)]
    # A line feed inside a quote would start a line that looks like the card's own.
    lines += [
        make_harmless(f"  {quote.source}:{quote.line}  {quote.text}").replace("\n", "\\n") for quote in section.quotes
    ]
    return lines + make_harmless(section.diff).removesuffix("\n").split("\n") * bool(section.diff)


def _wrap(text: str, width: int) -> list[str]:
    """Break lines at single spaces only, and indent what follows: it reads back as one piece.

    A digest or a path is copied whole, and so is a line with runs of spaces: wrapping would lose how many there were.
    """
    lines = make_harmless(text).split("\n") * bool(text)
    wrapped: list[str] = []
    for line in lines:
        first = "  " if wrapped else ""
        if "  " in line or "\t" in line or line != line.strip():
            wrapped.append(first + line)
            continue
        wrapped += textwrap.wrap(
            line,
            width,
            initial_indent=first,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return wrapped


def _paint(text: str, *codes: str) -> str:
    chosen = ";".join(code for code in codes if code)
    return f"\x1b[{chosen}m{text}\x1b[0m" if chosen and text else text


def _keep(text: str, *_: str) -> str:
    return text
