"""A card as one message, whole: what does not fit into it becomes a file, which the message names by its digest.

Nothing is ever cut. Parts are moved into files from the longest on, diffs before anything else, until the message
keeps Slack's limits. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fermata.domain.card import Card, CardSection, Tone
from fermata.integrations.slack.blocks import (
    HEADER_CHARS,
    MOST_BLOCKS,
    MOST_JSON,
    Block,
    Element,
    button,
    confirm,
    header,
    measure,
    paragraph,
    preformatted,
    rich,
    run,
)
from fermata.kit.digest import compute_digest
from fermata.kit.invisible import make_harmless
from fermata.kit.units import format_duration
from fermata.ports.desk import NONCE_DIGITS

APPROVE, REJECT, ASK, SNOOZE = "approve", "reject", "ask_for_more", "snooze"
"""Ids of the buttons."""
_LONGEST_INLINE_DIFF = 2400
"""Characters of a diff in the message. A longer one is read better as a file: Slack folds long messages."""
_MARKS = {Tone.GOOD: "\N{LARGE GREEN CIRCLE}", Tone.WARN: "\N{LARGE ORANGE CIRCLE}", Tone.BAD: "\N{LARGE RED CIRCLE}"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a message."""

    name: str
    title: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Return the content's digest, 64 hex digits."""
        return hashlib.sha256(self.content).hexdigest()

    def describe(self) -> str:
        """Say which file it is, so that it can be told from any other."""
        lines = self.content.count(b"\n") + (not self.content.endswith(b"\n"))
        return f"{self.name} ({lines} lines, sha256 {self.sha256}), attached in the thread"


@dataclass(frozen=True, slots=True)
class Layout:
    """One message."""

    blocks: tuple[Block, ...]
    """Without buttons."""
    buttons: tuple[Block, ...] = ()
    """Empty when there is nothing to decide."""
    files: tuple[Attachment, ...] = ()

    def build(self, *, doubt: str = "") -> list[Block]:
        """Return the blocks to send.

        Args:
            doubt: Why the message is not whole, in words: it is shown, and there are no buttons then.
        """
        if doubt:
            return [*self.blocks, rich(paragraph(*run("Incomplete: ", bold=True), *run(doubt)))]
        return [*self.blocks, *self.buttons]


def compute_blocks_digest(blocks: Sequence[Block]) -> str:
    """Return the digest over a message: equal ones need not be sent again."""
    return compute_digest(list(blocks))


def write_value(card: Card) -> str:
    """Return what a button carries: the incident, and the first digits of the plan's digest. The server keeps truth."""
    return f"{card.incident_id}:{card.plan_digest.removeprefix('sha256:')[:NONCE_DIGITS]}"


def lay_out_card(card: Card, key: str, snooze: timedelta) -> Layout:
    """Return the message in the channel: everything but what only explains.

    Args:
        snooze: How long the button Snooze promises.
    """
    sections = [section for section in card.sections if not section.detail]
    top = [header(_write_heading(card), f"card:{key}"[:255]), *_write_head(card)]
    bottom = [rich(paragraph(*run(card.footer, italic=True)))] if card.footer else []
    layout = _fit(sections, top, bottom, stem=f"{card.incident_id}")
    buttons = (_write_buttons(card, snooze),) if card.can_decide else ()
    return Layout(layout.blocks, buttons, layout.files)


def lay_out_detail(card: Card, key: str) -> Layout | None:
    """Return the message in the thread: evidence, verification, cost; `None` when the card has none of it."""
    sections = [section for section in card.sections if section.detail]
    if not sections:
        return None
    return _fit(
        sections, [header("Evidence and details", f"detail:{key}"[:255])], [], stem=f"{card.incident_id}-detail"
    )


def write_summary(card: Card) -> str:
    """Return the line that notifications and screen readers give, not yet escaped."""
    return f"{card.title}: {card.subtitle}" if card.subtitle else card.title


@dataclass(slots=True)
class _Part:
    """What may be moved into a file: a section's text or its diff."""

    heading: str
    elements: list[Element]
    text: str
    """All of it, for a file."""
    ending: str
    file: Attachment | None = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = measure([rich(*self.elements)])


def _fit(sections: Sequence[CardSection], top: list[Block], bottom: list[Block], *, stem: str) -> Layout:
    parts = [part for section in sections for part in _split(section)]
    for part in parts:
        if part.ending == "diff" and len(part.text) > _LONGEST_INLINE_DIFF:
            _attach(part, stem, parts)
    # Diffs first, and the longest first: each step frees the most room, and leaves the most words in the message.
    by_size = sorted(parts, key=lambda part: (part.ending != "diff", -part.size))
    steps: list[_Part | None] = [None, *by_size]
    for step in steps:
        if step is not None and step.file is None:
            _attach(step, stem, parts)
        blocks = [*top, *_assemble(parts), *bottom]
        if measure(blocks) <= MOST_JSON and len(blocks) <= MOST_BLOCKS:
            return Layout(tuple(blocks), files=tuple(part.file for part in parts if part.file is not None))
    # So many sections that even their names do not fit: one file for all of them.
    whole = "\n\n".join(part.text for part in parts)
    file = Attachment(f"{stem}.txt", "The whole card", make_harmless(whole).encode())
    note = rich(paragraph(*run("The whole card: ", bold=True), *run(file.describe())))
    return Layout((*top, note, *bottom), files=(file,))


def _split(section: CardSection) -> list[_Part]:
    runs = run(section.heading, bold=True)
    runs += [element for text in section.paragraphs for element in run(f"\n{text}")]
    for row in section.rows:
        mark = _MARKS.get(row.tone)
        runs += run("\n" + (f"{mark} " if mark else ""))
        runs += [*run(f"{row.label}: ", bold=True), *run(row.text)]
    elements = [paragraph(*runs)]
    quotes = [f"{quote.source}:{quote.line}  {quote.text}".replace("\n", "\\n") for quote in section.quotes]
    if quotes:
        elements.append(preformatted("\n".join(quotes)))
    rows = [f"{row.label}: {row.text}" for row in section.rows]
    text = "\n".join([section.heading, *section.paragraphs, *rows, *quotes])
    parts = [_Part(section.heading, elements, text, "txt")]
    if section.diff:
        parts.append(_Part(section.heading, [preformatted(section.diff.removesuffix("\n"))], section.diff, "diff"))
    return parts


def _attach(part: _Part, stem: str, parts: Sequence[_Part]) -> None:
    number = parts.index(part) + 1
    title = f"{part.heading}: diff" if part.ending == "diff" else part.heading
    # As it is shown: what steers a screen is written as escapes, and the digest is of what was uploaded.
    content = make_harmless(part.text).encode()
    part.file = Attachment(f"{stem}-{number}.{part.ending}", title[:200], content)
    words = "The whole diff: " if part.ending == "diff" else f"{part.heading}: "
    part.elements = [paragraph(*run(words, bold=True), *run(part.file.describe()))]


def _assemble(parts: Sequence[_Part]) -> list[Block]:
    """Return a block for each section: its text and its diff stand in one."""
    blocks: list[Block] = []
    for part in parts:
        if part.ending == "diff":
            blocks[-1]["elements"] += part.elements
        else:
            blocks.append(rich(*part.elements))
    return blocks


def _write_heading(card: Card) -> str:
    mark = _MARKS.get(card.tone)
    return f"{mark} {card.title}" if mark else card.title


def _write_head(card: Card) -> list[Block]:
    runs: list[Element] = []
    if len(_write_heading(card)) > HEADER_CHARS or "\n" in card.title:
        runs += run(f"{card.title}\n", bold=True)
    runs += run(card.subtitle)
    return [rich(paragraph(*runs))] if runs else []


def _write_buttons(card: Card, snooze: timedelta) -> Block:
    value = write_value(card)
    nonce = value.rpartition(":")[2]
    sure = confirm(
        "Approve this plan?", f"Plan {nonce}. It is executed as soon as enough people have approved.", "Approve"
    )
    return {
        "type": "actions",
        "elements": [
            button("Approve", APPROVE, value, style="primary", confirm=sure),
            button("Reject", REJECT, value, style="danger"),
            button("Ask for more", ASK, value),
            button(f"Snooze {format_duration(snooze)}", SNOOZE, value),
        ],
    }
