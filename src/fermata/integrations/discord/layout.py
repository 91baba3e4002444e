"""A card as one message, whole: what does not fit into it becomes a file of the very same message.

Nothing is ever cut. Long diffs are files at once. If the rest is still too long, parts are moved into files from the
longest on, quotes of evidence before diffs and diffs before text, until the message keeps Discord's limits
(discord.com/developers/docs, "Create Message" and "Embed Limits", read 2026-11). Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fermata.domain.card import Card, CardSection, Tone
from fermata.integrations.discord.markdown import can_fence, escape, fence
from fermata.kit.digest import compute_digest
from fermata.kit.invisible import make_harmless
from fermata.kit.units import format_duration
from fermata.ports.chat.attachment import Attachment
from fermata.ports.chat.nonce import write_value
from fermata.ports.chat.parts import CardPart, PartKind, attach_until_it_fits, list_texts

APPROVE, REJECT, ASK, SNOOZE = "approve", "reject", "ask", "snooze"
"""What the buttons do: the first part of their ids."""
MOST_DESCRIPTION, MOST_TOTAL, MOST_EMBEDS, MOST_CONTENT, MOST_FILES = 4096, 6000, 10, 2000, 10
"""Discord's limits: characters of one embed's description, of all embeds together, and of the text above them."""
_CUSTOM_ID = 100
_ROOM_FOR_DOUBT = 500
_LONGEST_FOOTER = 600
_MOST_INLINE = MOST_DESCRIPTION - _ROOM_FOR_DOUBT
_LONGEST_INLINE_DIFF = 2400
"""Characters of a diff in the message. A longer one is read better as a file."""
_SIZE_OF_NOTE = 250
"""Characters that naming a file takes: moving less than that into one would gain nothing."""
_MARKS = {Tone.GOOD: "\N{LARGE GREEN CIRCLE}", Tone.WARN: "\N{LARGE ORANGE CIRCLE}", Tone.BAD: "\N{LARGE RED CIRCLE}"}
_COLOURS = {Tone.GOOD: 0x2E7D32, Tone.WARN: 0xF9A825, Tone.BAD: 0xC62828, Tone.QUIET: 0x607D8B}
_PLAIN_COLOUR = 0x5865F2
_SIMPLE_KEY = re.compile(r"[\w.:-]{1,100}")
_MARK = re.compile(r"fermata (card|detail) (\S+) ([0-9a-f]{12})$")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the last line of a message's last footer says: whose message it is, and what it shows."""

    kind: str
    """`card` or `detail`."""
    key: str
    revision: str
    """Digest of all that is shown: an equal one need not be sent again."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One message."""

    content: str
    embeds: tuple[Mapping[str, Any], ...]
    buttons: tuple[Mapping[str, Any], ...] = ()
    """Rows of them; empty when there is nothing to decide."""
    files: tuple[Attachment, ...] = ()

    def build(self, kind: str, key: str, *, doubt: str = "") -> dict[str, Any]:
        """Return the message's body, without what says which files it has.

        Args:
            kind: `card` or `detail`.
            doubt: Why the message is not whole, in words: it is shown, and there are no buttons then.
        """
        embeds = [dict(embed) for embed in self.embeds]
        if doubt:
            cut = f"**Incomplete:** {escape(doubt)}"[:_ROOM_FOR_DOUBT]
            last = f"{embeds[-1]['description']}\n\n{cut}"
            embeds[-1] = {**embeds[-1], "description": last}
        buttons = [] if doubt else [dict(row) for row in self.buttons]
        revision = compute_digest([self.content, embeds, buttons]).removeprefix("sha256:")[:12]
        mark = f"fermata {kind} {simplify_key(key)} {revision}"
        footer = embeds[-1].get("footer", {}).get("text", "")
        embeds[-1]["footer"] = {"text": f"{footer}\n{mark}" if footer else mark}
        return {
            "content": self.content,
            "embeds": embeds,
            "components": buttons,
            "allowed_mentions": {"parse": []},
        }


def read_mark(message: Mapping[str, Any]) -> Mark | None:
    """Return a message's mark; `None` when it has none."""
    for embed in reversed(message.get("embeds") or ()):
        found = _MARK.search(str((embed.get("footer") or {}).get("text") or ""))
        if found:
            return Mark(*found.groups())
    return None


def simplify_key(key: str) -> str:
    """Return a key as marks hold it: as it is, or its digest."""
    return key if _SIMPLE_KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:32]


def write_custom_id(action: str, card: Card) -> str:
    """Return what a button carries: the incident, and the first digits of the plan's digest. The server keeps truth."""
    return f"{action}:{write_value(card)}"


def lay_out_card(card: Card, snooze: timedelta) -> Layout:
    """Return the message in the channel: everything but what only explains.

    Args:
        snooze: How long the button Snooze promises.
    """
    head = f"**{escape(card.title)}**" + (f"\n{escape(card.subtitle)}" if card.subtitle else "")
    # In angle brackets: Discord shows no preview of it.
    page = f"\n[Open its page](<{card.page}>)" if card.page else ""
    sections = [section for section in card.sections if not section.detail]
    lead: list[_Part] = []
    if measure(head + page) > MOST_CONTENT:
        lead = [_Part(PartKind.TEXT, "Title", f"{card.title}\n{card.subtitle}", head)]
        head = f"**{escape(card.title[:200])}...**"
    head += page
    layout = _fit(sections, card, head, lead, stem=f"{card.incident_id}")
    buttons = (_write_buttons(card, snooze),) if card.can_decide or card.can_ask else ()
    return Layout(layout.content, layout.embeds, buttons, layout.files)


def lay_out_detail(card: Card) -> Layout | None:
    """Return the message in the thread: evidence, verification, cost; `None` when the card has none of it."""
    sections = [section for section in card.sections if section.detail]
    if not sections:
        return None
    return _fit(sections, card, "**Evidence and details**", [], stem=f"{card.incident_id}-detail")


def measure(text: str) -> int:
    """Return how many characters a text has for Discord, at most: in UTF-16, where an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class _Part(CardPart):
    shown: str
    """In Markdown."""

    @property
    def size(self) -> int:
        return measure(self.shown)

    def attach(self, name: str) -> None:
        self.file = _make_file(name, self.title, self.text, self.ending)
        self.shown = f"**{escape(self.label)}:** {escape(self.file.describe())}, attached"


def _make_file(stem: str, title: str, text: str, ending: str) -> Attachment:
    # As it is shown: what steers a screen is written as escapes, and the digest is of what was uploaded. The name holds
    # the content's digest, so that a message's files are known by their names.
    content = make_harmless(text).encode()
    name = re.sub(r"[^A-Za-z0-9_-]", "_", stem)[:60]
    return Attachment(f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.{ending}", title[:200], content)


def _fit(sections: Sequence[CardSection], card: Card, head: str, lead: Sequence[_Part], *, stem: str) -> Layout:
    """Return the first of these that keeps the limits: all of it; less and less of it; one file for all."""
    parts = [*lead, *(part for section in sections for part in _split(section))]
    for number, part in enumerate(parts, 1):
        is_long = part.kind is PartKind.DIFF and measure(part.text) > _LONGEST_INLINE_DIFF
        is_long |= part.size > _MOST_INLINE
        if is_long or (part.kind is not PartKind.TEXT and not can_fence(part.text)):
            part.attach(f"{stem}-{number}")
    if (layout := _build(parts, card, head)) is not None:
        return layout
    layout = attach_until_it_fits(parts, lambda: _build(parts, card, head), stem=stem, least=_SIZE_OF_NOTE)
    if layout is not None:
        return layout
    # So many sections that even their names do not fit: one file for all of them.
    file = _make_file(stem, "The whole card", "\n\n".join(part.text for part in parts), "txt")
    note = f"**The whole card:** {escape(file.describe())}, attached"
    embed = {"description": note, "color": _COLOURS.get(card.tone, _PLAIN_COLOUR)}
    return Layout(head, (embed,), files=(file,))


def _build(parts: Sequence[_Part], card: Card, head: str) -> Layout | None:
    """Return the message if it keeps Discord's limits."""
    texts: list[str] = []
    for part in parts:
        # What belongs to a section stands right under its text.
        gap = "\n\n" if part.kind is PartKind.TEXT else "\n"
        joined = f"{texts[-1]}{gap}{part.shown}" if texts else part.shown
        if texts and measure(joined) <= _MOST_INLINE:
            texts[-1] = joined
        else:
            texts.append(part.shown)
    footer = make_harmless(card.footer)
    files = tuple(part.file for part in parts if part.file is not None)
    if (
        any(measure(text) > _MOST_INLINE for text in texts)
        or sum(map(measure, texts)) > MOST_TOTAL - _ROOM_FOR_DOUBT - _LONGEST_FOOTER
        or measure(footer) > _LONGEST_FOOTER - 200
        or len(texts) > MOST_EMBEDS
        or len(files) > MOST_FILES
    ):
        return None
    colour = _COLOURS.get(card.tone, _PLAIN_COLOUR)
    embeds: list[dict[str, Any]] = [{"description": text, "color": colour} for text in texts or ["\N{EM DASH}"]]
    if footer:
        embeds[-1]["footer"] = {"text": footer}
    return Layout(head, tuple(embeds), files=files)


def _split(section: CardSection) -> list[_Part]:
    parts = []
    for kind, text in list_texts(section):
        if kind is PartKind.TEXT:
            shown = _write_text(section)
        else:
            shown = fence(text, "diff") if kind is PartKind.DIFF else fence(text)
        parts.append(_Part(kind, section.heading, text, shown))
    return parts


def _write_text(section: CardSection) -> str:
    lines = [f"**{escape(section.heading)}**", *(escape(text) for text in section.paragraphs)]
    for row in section.rows:
        mark = _MARKS.get(row.tone)
        # Only a label is bold, and nothing from outside can be.
        lines.append(f"{mark} " * bool(mark) + f"**{escape(row.label)}:** {escape(row.text)}")
    return "\n".join(lines)


def _write_buttons(card: Card, snooze: timedelta) -> dict[str, Any]:
    """Return the row of buttons. Styles: 3 green, 4 red, 2 grey."""
    ask = (ASK, "Ask for more", 2)
    held = ((APPROVE, "Approve", 3), (REJECT, "Reject", 4), ask, (SNOOZE, f"Snooze {format_duration(snooze)}", 2))
    shown = held if card.can_decide else (ask,)
    return {
        "type": 1,
        "components": [
            {"type": 2, "style": style, "label": label[:80], "custom_id": write_custom_id(action, card)[:_CUSTOM_ID]}
            for action, label, style in shown
        ],
    }
