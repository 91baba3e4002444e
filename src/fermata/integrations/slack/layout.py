"""A card as one message, whole: what does not fit into it becomes a file, which the message names by its digest.

Nothing is ever cut. Long diffs are files at once. If the rest is still too long, parts are moved into files from the
longest on, quotes of evidence before diffs and diffs before text, until the message keeps Slack's limits. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    link,
    measure,
    paragraph,
    preformatted,
    rich,
    run,
)
from fermata.kit.digest import compute_digest
from fermata.kit.invisible import make_harmless
from fermata.kit.units import format_duration
from fermata.ports.card_plan import list_plan_rows
from fermata.ports.chat.attachment import Attachment
from fermata.ports.chat.nonce import find_nonce, write_value
from fermata.ports.chat.parts import CardPart, PartKind, attach_until_it_fits, list_texts

APPROVE, REJECT, ASK, SNOOZE = "approve", "reject", "ask_for_more", "snooze"
"""Ids of the buttons."""
_LONGEST_INLINE_DIFF = 2400
"""Characters of a diff in the message. A longer one is read better as a file: Slack folds long messages."""
_CONFIRM_CHARS = 300
"""Of the text of a dialog that asks before a button counts."""
_SIZE_OF_NOTE = 400
"""Characters of JSON that naming a file takes: moving less than that into one would gain nothing."""
_MARKS = {Tone.GOOD: "\N{LARGE GREEN CIRCLE}", Tone.WARN: "\N{LARGE ORANGE CIRCLE}", Tone.BAD: "\N{LARGE RED CIRCLE}"}


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


def lay_out_card(card: Card, key: str, snooze: timedelta) -> Layout:
    """Return the message in the channel: everything but what only explains.

    Args:
        snooze: How long the button Snooze promises.
    """
    sections = [section for section in card.sections if not section.detail]
    top = [header(_write_heading(card), f"card:{key}"[:255]), *_write_head(card)]
    bottom = _write_foot(card)
    layout = _fit(sections, top, bottom, stem=f"{card.incident_id}")
    buttons = (_write_buttons(card, snooze),) if card.can_decide or card.can_ask else ()
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
class _Part(CardPart):
    elements: list[Element]

    @property
    def size(self) -> int:
        return measure([rich(*self.elements)])

    def attach(self, name: str) -> None:
        # As it is shown: what steers a screen is written as escapes, and the digest is of what was uploaded.
        content = make_harmless(self.text).encode()
        self.file = Attachment(f"{name}.{self.ending}", self.title[:200], content)
        self.elements = [paragraph(*run(f"{self.label}: ", bold=True), *run(_describe(self.file)))]


def _fit(sections: Sequence[CardSection], top: list[Block], bottom: list[Block], *, stem: str) -> Layout:
    """Return the first of these that keeps the limits: all of it; all without bold labels; less and less of it."""
    for has_labels in (True, False):
        parts = [part for section in sections for part in _split(section, has_labels=has_labels)]
        for number, part in enumerate(parts, 1):
            if part.kind is PartKind.DIFF and len(part.text) > _LONGEST_INLINE_DIFF:
                part.attach(f"{stem}-{number}")
        if (layout := _build(parts, top, bottom)) is not None:
            return layout
    layout = attach_until_it_fits(parts, lambda: _build(parts, top, bottom), stem=stem, least=_SIZE_OF_NOTE)
    if layout is not None:
        return layout
    # So many sections that even their names do not fit: one file for all of them.
    whole = "\n\n".join(part.text for part in parts)
    file = Attachment(f"{stem}.txt", "The whole card", make_harmless(whole).encode())
    note = rich(paragraph(*run("The whole card: ", bold=True), *run(_describe(file))))
    return Layout((*top, note, *bottom), files=(file,))


def _build(parts: Sequence[_Part], top: list[Block], bottom: list[Block]) -> Layout | None:
    """Return the message if it keeps Slack's limits."""
    blocks = [*top, *_assemble(parts), *bottom]
    if measure(blocks) > MOST_JSON or len(blocks) > MOST_BLOCKS:
        return None
    return Layout(tuple(blocks), files=tuple(part.file for part in parts if part.file is not None))


def _split(section: CardSection, *, has_labels: bool) -> list[_Part]:
    parts = []
    for kind, text in list_texts(section):
        if kind is PartKind.TEXT:
            shown = paragraph(*_write_runs(section, has_labels=has_labels))
        else:
            shown = preformatted(text.removesuffix("\n") if kind is PartKind.DIFF else text)
        parts.append(_Part(kind, section.heading, text, [shown]))
    return parts


def _write_runs(section: CardSection, *, has_labels: bool) -> list[Element]:
    """Return heading, paragraphs and rows; without bold labels in one run, which is half as much JSON."""
    runs = run(section.heading, bold=True)
    lines = "".join(f"\n{text}" for text in section.paragraphs)
    for row in section.rows:
        mark = _MARKS.get(row.tone)
        lines += "\n" + (f"{mark} " if mark else "")
        if has_labels:
            runs += [*run(lines), *run(f"{row.label}: ", bold=True)]
            lines = row.text
        else:
            lines += f"{row.label}: {row.text}"
    return [*runs, *run(lines)]


def _assemble(parts: Sequence[_Part]) -> list[Block]:
    """Return a block for each section: its text, its quotes and its diff stand in one."""
    blocks: list[Block] = []
    for part in parts:
        if part.kind is PartKind.TEXT:
            blocks.append(rich(*part.elements))
        else:
            blocks[-1]["elements"] += part.elements
    return blocks


def _describe(file: Attachment) -> str:
    return f"{file.describe()}, attached in the thread"


def _write_heading(card: Card) -> str:
    mark = _MARKS.get(card.tone)
    return f"{mark} {card.title}" if mark else card.title


def _write_head(card: Card) -> list[Block]:
    runs: list[Element] = []
    if len(make_harmless(_write_heading(card))) > HEADER_CHARS or "\n" in card.title:
        runs += run(f"{card.title}\n", bold=True)
    runs += run(card.subtitle)
    return [rich(paragraph(*runs))] if runs else []


def _write_foot(card: Card) -> list[Block]:
    runs = run(f"{card.footer} " if card.footer and card.page else card.footer, italic=True)
    runs += [link(card.page, "Open its page")] if card.page else []
    return [rich(paragraph(*runs))] if runs else []


def _write_sure(card: Card) -> str:
    """Return what an approval leads to: which plan, and whether it is the last word that is needed."""
    rows = {row.label: row.text for row in list_plan_rows(card)}
    needed, have = rows.get("Approvals needed", ""), rows.get("So far", "").partition(" ")[0]
    is_last = needed.isdecimal() and have.isdecimal() and int(needed) - int(have) <= 1
    once = "with your approval, unless a guard refuses" if is_last else "as soon as enough people have approved"
    end = f"Plan {find_nonce(card)}. It is executed {once}."
    plan = make_harmless(rows.get("Plan", ""))
    room = _CONFIRM_CHARS - len(end) - 2
    plan = plan if len(plan) <= room else f"{plan[: room - 4]} ..."
    return f"{plan}. {end}" if plan else end


def _write_buttons(card: Card, snooze: timedelta) -> Block:
    value = write_value(card)
    ask = button("Ask for more", ASK, value)
    if not card.can_decide:
        return {"type": "actions", "elements": [ask]}
    sure = confirm("Approve this plan?", _write_sure(card), "Approve")
    return {
        "type": "actions",
        "elements": [
            button("Approve", APPROVE, value, style="primary", confirm=sure),
            button("Reject", REJECT, value, style="danger"),
            ask,
            button(f"Snooze {format_duration(snooze)}", SNOOZE, value),
        ],
    }
