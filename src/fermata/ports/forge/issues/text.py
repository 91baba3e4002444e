"""A card as an issue's text: whole, what is too long for it in comments that it names by their digest. Pure.

Every line from outside is written by `kit.markdown`, so that it mentions nobody, refers to nothing and runs nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fermata.domain.card import Card, CardSection, Tone
from fermata.kit.clock import format_instant
from fermata.kit.invisible import make_harmless
from fermata.kit.markdown import write_fence, write_inline
from fermata.ports.chat.nonce import find_nonce

LONGEST_TITLE = 255
"""Characters, on both forges."""
_MARKS = {Tone.GOOD: "\N{LARGE GREEN CIRCLE}", Tone.WARN: "\N{LARGE ORANGE CIRCLE}", Tone.BAD: "\N{LARGE RED CIRCLE}"}
_ROOM_FOR_FRAME = 2_000
"""Characters kept free in a comment for its head and fences."""
NAMED_BELOW = "below, by sha256:"
"""Stands in an issue that goes on in comments."""
_SLASH = re.compile("^/", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Supplement:
    """A comment of Fermata's own that belongs to the card."""

    marker: str
    """Its first line, by which it is found again."""
    body: str

    @property
    def digest(self) -> str:
        """Return the SHA-256 by which the issue names it, as 64 hex digits."""
        return self.marker.split()[3]


@dataclass(frozen=True, slots=True)
class IssueText:
    """One card, ready to be sent."""

    marker: str
    title: str
    body: str
    supplements: tuple[Supplement, ...] = ()


def write_marker(key: str, part: str = "") -> str:
    """Return the first line of what belongs to a key: an HTML comment, which nobody sees."""
    return f"<!-- fermata {key}{' ' + part if part else ''} -->"


def read_marker(body: str) -> str:
    """Return what stands in the marker that a text begins with: a key, or a key and a part; empty without one."""
    line = body.partition("\n")[0].strip()
    found = line.removeprefix("<!-- fermata ")
    return found.removesuffix(" -->") if found != line and line.endswith(" -->") else ""


def write_block(text: str, language: str = "text") -> str:
    """Return text as a block of code, with a space before a slash that begins a line.

    GitLab takes lines that begin with a slash for quick actions, and knows fences of three backticks only: of a longer
    fence it would carry out what stands in it (`lib/gitlab/quick_actions/extractor.rb`, read 2026-11).
    """
    return write_fence(_SLASH.sub(" /", text), language)


def write_issue(card: Card, key: str, *, longest: int, command: str = "/") -> IssueText:
    """Return the issue of a card.

    Args:
        longest: Characters that the forge takes as one text.
        command: What a command begins with where the forge keeps some for itself: `/fermata `.
    """
    marker = write_marker(key)
    top, bottom = [marker, *_write_head(card)], _write_foot(card, command)
    parts = [_Part(section) for section in card.sections]
    supplements: list[Supplement] = []
    # What explains leaves first, the longest before the shorter; what is approved only when there is no other way.
    for part in sorted(parts, key=lambda part: (not part.section.detail, -len(part.text))):
        if len(_join(top, parts, bottom)) <= longest:
            break
        found = tuple(_split(part.section, key, longest - _ROOM_FOR_FRAME))
        supplements += found
        part.text = f"### {write_inline(part.section.heading)}\n\n{_name(part.section, found)}"
    return IssueText(marker, _shorten(card.title), _join(top, parts, bottom), tuple(supplements))


class _Part:
    """A section on its way into the issue."""

    def __init__(self, section: CardSection) -> None:
        self.section = section
        self.text = _write_section(section)


def _join(top: Sequence[str], parts: Sequence[_Part], bottom: Sequence[str]) -> str:
    return "\n\n".join([*top, *(part.text for part in parts), *bottom]) + "\n"


def _write_head(card: Card) -> list[str]:
    mark = _MARKS.get(card.tone)
    head = f"**{mark + ' ' if mark else ''}{write_inline(card.title)}**"
    return [head, *([write_inline(card.subtitle)] if card.subtitle else [])]


def _write_section(section: CardSection) -> str:
    heading = write_inline(section.heading)
    lines = [write_inline(text) for text in section.paragraphs]
    if section.rows:
        lines.append("\n".join(_write_row(row.label, row.text, row.tone) for row in section.rows))
    if section.quotes:
        lines.append(write_block(_write_quotes(section)))
    if section.diff:
        lines.append(write_block(section.diff, "diff"))
    body = "\n\n".join(lines)
    if section.detail:
        return f"<details><summary>{heading}</summary>\n\n{body}\n\n</details>"
    return f"### {heading}\n\n{body}"


def _write_row(label: str, text: str, tone: Tone) -> str:
    mark = _MARKS.get(tone)
    return f"- {mark + ' ' if mark else ''}**{write_inline(label)}**: {write_inline(text)}"


def _write_quotes(section: CardSection) -> str:
    # A line feed inside a quote would start a line that looks like another one.
    return "\n".join(f"{quote.source}:{quote.line}  {quote.text}".replace("\n", "\\n") for quote in section.quotes)


def _write_foot(card: Card, command: str) -> list[str]:
    lines = [write_inline(card.footer)] if card.footer else []
    lines += [f"[Open its page](<{card.page}>)"] if card.page else []
    if card.can_decide:
        nonce = find_nonce(card)
        until = f", until {format_instant(card.expires_at)}" if card.expires_at else ""
        lines.append(
            f"### Decide\n\nWrite one of these as a comment of its own{until}:\n\n"
            f"```text\n{command}approve {nonce}\n{command}reject {nonce} the reason\n"
            f"{command}ask what you want to know\n{command}snooze 30m\n```\n\n"
            "Only the first line of a new comment counts, by somebody who may write here; an edited comment "
            "does not count."
        )
    elif card.can_ask:
        lines.append(f"To have it looked at again, write as a comment of its own:\n\n```text\n{command}ask\n```")
    return lines


def _split(section: CardSection, key: str, longest: int) -> Iterator[Supplement]:
    """Yield the comments that hold a section whole, as code: cut between lines, or within one that is longer."""
    rows = (f"{row.label}: {row.text}" for row in section.rows)
    quotes = _write_quotes(section)
    text = "\n".join([*section.paragraphs, *rows, *([quotes] if quotes else []), section.diff]).strip("\n")
    # As it is shown: what steers a screen is written as escapes, and the digest is of what is shown.
    pieces = list(_cut(make_harmless(text), longest))
    for number, piece in enumerate(pieces, 1):
        digest = hashlib.sha256(piece.encode()).hexdigest()
        marker = write_marker(key, f"{digest} {number}/{len(pieces)}")
        head = f"**{write_inline(section.heading)}**, part {number} of {len(pieces)} (sha256 `{digest}`)"
        yield Supplement(marker, f"{marker}\n\n{head}\n\n{write_block(piece, 'diff' if section.diff else 'text')}\n")


def _cut(text: str, longest: int) -> Iterator[str]:
    while len(text) > longest:
        at = text.rfind("\n", 0, longest)
        end, start = (at, at + 1) if at > 0 else (longest, longest)
        yield text[:end]
        text = text[start:]
    yield text


def _name(section: CardSection, supplements: Sequence[Supplement]) -> str:
    digests = "\n".join(f"- `{item.digest}`" for item in supplements)
    held = "This part is long" if section.detail else "This part belongs to what is approved, and is long"
    return f"{held}: it is in {len(supplements)} comment(s) {NAMED_BELOW}\n\n{digests}"


def _shorten(title: str) -> str:
    """Return the title of the issue, which is plain text to both forges; the whole title is in the text."""
    line = " ".join(make_harmless(title).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}\N{HORIZONTAL ELLIPSIS}"
