"""Exports of chats that are not read, known by how they begin: whoever gives one is told what it is and what to do.

Shapes: Telegram Desktop's "machine-readable JSON", Microsoft Graph's list of chatMessage and the export of one's own
data of Teams, Mattermost's bulk export, Google Takeout's Chat; read 2026-11.
"""

from __future__ import annotations

import re

_HEAD = 4096
_MARKS = {
    "Telegram": re.compile(
        r'"type"\s*:\s*"(?:personal_chat|bot_chat|saved_messages|(?:private|public)_(?:group|supergroup|channel))"'
        r'|\{\s*"about"\s*:\s*"Here is the data you requested'
    ),
    "Teams": re.compile(
        r'(?s)"messageType"\s*:.*"createdDateTime"\s*:|"createdDateTime"\s*:.*"messageType"\s*:|"MessageList"\s*:'
    ),
    "Mattermost": re.compile(
        r'\A\s*\{\s*"type"\s*:\s*"(?:version|post|direct_post)"\s*,\s*"(?:version|info|post|direct_post)"'
    ),
    "Google Chat": re.compile(r'"creator"\s*:\s*\{.*"created_date"\s*:', re.DOTALL),
}
MAKE_ONE = 'Make a chat.json of it and give its folder, --bundle FOLDER: docs/postmortem-sources.md, "Other chats"'


def name_other_chat(text: str) -> str:
    """Return which chat a file is an export of that begins like this; empty when it is of none that is known."""
    head = text[:_HEAD].removeprefix("\ufeff")
    return next((name for name, mark in _MARKS.items() if mark.search(head)), "")


def tell_other_chat(text: str) -> str:
    """Return why a file that begins like this is not read; empty when it is no export that is known."""
    name = name_other_chat(text)
    return f"it is an export of {name}, which is not read. {MAKE_ONE}" if name else ""
