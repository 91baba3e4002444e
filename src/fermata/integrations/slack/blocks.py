"""Block Kit, as little of it as a card needs, in forms that show text and never read it.

Text from logs must not become a link, a mention or a format. `rich_text` and `plain_text` take text literally; where
only `mrkdwn` exists (the fallback `text` of a message), the three characters that begin its markup are escaped.
Limits: docs.slack.dev, "Block Kit" reference, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fermata.kit.invisible import make_harmless

Block = dict[str, Any]
Element = dict[str, Any]

MOST_BLOCKS = 45
"""Of one message; Slack takes 50, and notes and buttons are added."""
MOST_JSON = 11_000
"""Characters of one message's blocks as JSON. Slack refuses more than about 13,200 (`msg_blocks_too_long`), which it
does not document; measured by users of its own libraries (slackapi/bolt-js issues 2509 and 2867)."""
HEADER_CHARS = 150
"""Of a header block."""
ELEMENT_CHARS = 2900
"""Of one text element; a section's text may have 3,000, and a rich text says nothing: it is kept to the same."""


def measure(blocks: Sequence[Block]) -> int:
    """Return how many characters blocks have as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def escape(text: str) -> str:
    """Write text for `mrkdwn`, so that nothing in it is a link or a mention (`<!channel>`)."""
    return make_harmless(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> Element:
    """Return a text object that is shown as it stands; no emoji codes are read in it."""
    return {"type": "plain_text", "text": make_harmless(text), "emoji": False}


def header(text: str, block_id: str = "") -> Block:
    """Return a header, cut to what it may have as it is shown: whoever needs all of it adds it below."""
    shown = plain(text.replace("\n", " "))
    if len(shown["text"]) > HEADER_CHARS:
        shown["text"] = shown["text"][: HEADER_CHARS - 3] + "..."
    return {"type": "header", "text": shown, **({"block_id": block_id} if block_id else {})}


def rich(*elements: Element) -> Block:
    """Return a block of paragraphs and preformatted parts."""
    return {"type": "rich_text", "elements": list(elements)}


def paragraph(*runs: Element) -> Element:
    """Return a part of a rich text, of runs of text."""
    return {"type": "rich_text_section", "elements": list(runs)}


def preformatted(text: str) -> Element:
    """Return a part in a fixed width, line breaks kept; empty text is one blank."""
    return {"type": "rich_text_preformatted", "elements": run(text or " ")}


def run(text: str, **style: bool) -> list[Element]:
    """Return text as elements that are short enough, cut at line breaks where there are any; none for no text."""
    dress: Element = {"style": dict.fromkeys(style, True)} if style else {}
    return [{"type": "text", "text": piece, **dress} for piece in _cut(make_harmless(text))]


def link(url: str, text: str) -> Element:
    """Return a link of our own; nothing from outside becomes one."""
    return {"type": "link", "url": url, "text": make_harmless(text)}


def button(text: str, action_id: str, value: str, **extras: Any) -> Element:
    """Return a button. `value` comes back with a click and is not trusted."""
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": value, **extras}


def confirm(title: str, text: str, yes: str) -> Element:
    """Return the dialog that asks before a button counts: 100, 300 and 30 characters at most."""
    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain("Cancel")}


def _cut(text: str) -> list[str]:
    pieces: list[str] = []
    while len(text) > ELEMENT_CHARS:
        at = text.rfind("\n", 0, ELEMENT_CHARS) + 1 or ELEMENT_CHARS
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text] if text else pieces
