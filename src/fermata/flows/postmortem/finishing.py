"""The last step from any file of talk to a trail: what was deleted is struck, secrets are hidden, and order is made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from fermata.domain.trail import Message
from fermata.flows.bundle.haul import Haul

MOST_MESSAGES = 200_000
_MOST_DELETED = 500
"""Deleted texts that are looked for inside others; quotes on lines of their own are found whatever their number."""
_SHORTEST_QUOTE = 12
"""Characters from which a text inside another one is a quote and no chance."""
_SPACES = re.compile(r"\s+")
_QUOTE_LINE = re.compile(r"^\s*(?:>|&gt;)\s?", re.MULTILINE)


class Gone:
    """What was deleted, or is no longer said since it was edited.

    Args:
        ids: Of deleted messages.
        texts: Of deleted messages, and those that edited ones had before.
    """

    def __init__(self, ids: Iterable[str] = (), texts: Iterable[str] = ()) -> None:
        self.ids = set(ids)
        lines: set[str] = set()
        long: dict[str, None] = {}
        for text in texts:
            if plain := _plain(text):
                lines.update(_plain(line) for line in text.split("\n"))
                if len(plain) >= _SHORTEST_QUOTE:
                    long[plain] = None
        self._lines = lines - {""}
        self._texts = list(long)[:_MOST_DELETED]

    def strike(self, text: str) -> str:
        """Return a text without what it quotes of the deleted."""
        if not self._lines:
            return text
        kept = [line for line in text.split("\n") if not self._is_quote(line)]
        text = "\n".join(kept)
        plain = _plain(text)
        for gone in self._texts:
            if gone in plain and gone != plain:
                pattern = r"\s+".join(re.escape(word) for word in gone.split(" "))
                text = re.sub(pattern, " ", text, flags=re.IGNORECASE)
            elif gone == plain:
                return ""
        return text

    def _is_quote(self, line: str) -> bool:
        match = _QUOTE_LINE.match(line)
        if match is None:
            return False
        plain = _plain(line[match.end() :])
        return any(plain in gone for gone in self._lines) if len(plain) >= _SHORTEST_QUOTE else plain in self._lines


def finish_messages(messages: Iterable[Message], gone: Gone, haul: Haul, source: str) -> list[Message]:
    """Return messages in the order of time, without those that are gone, quotes of them, and secrets.

    Args:
        source: Where they come from, for the warning about too many.
    """
    kept: dict[str, Message] = {}
    more = 0
    for message in messages:
        if message.id in gone.ids:
            continue
        if len(kept) >= MOST_MESSAGES and message.id not in kept:
            more += 1
            continue
        # The same message again is its later form.
        kept[message.id] = replace(
            message,
            id=haul.hide(message.id),
            text=haul.hide(gone.strike(message.text)),
            files=tuple(map(haul.hide, message.files)),
        )
    if more:
        haul.leave_out(source, f"{more:,} more messages: {MOST_MESSAGES:,} are read")
    return sorted(kept.values(), key=lambda message: (message.at, message.id))


def _plain(text: str) -> str:
    return _SPACES.sub(" ", _QUOTE_LINE.sub("", text)).strip(" \"'“”").lower()
