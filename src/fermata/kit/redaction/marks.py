"""What stands in place of a secret."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

# The names of kinds hold none of the words that `assignments` looks for: a mark must never look like an assignment.
MARK = re.compile(r"\[redacted:[a-z]+(?::[0-9a-f]{4})?\]|<redacted [0-9a-f]{8}>")
"""A placeholder of ours, or of the collectors."""


@dataclass(slots=True)
class Tally:
    """How many secrets were replaced so far."""

    count: int = 0

    def mark(self, kind: str, secret: str) -> str:
        """Count a secret and return what stands in its place."""
        self.count += 1
        return mark_secret(kind, secret)


def mark_secret(kind: str, secret: str) -> str:
    """Return `[redacted:<kind>:9f86]`: equal secrets have equal marks, and others nearly always other ones."""
    return f"[redacted:{kind}:{_digest(secret)[:4]}]"


def describe_secret(value: str) -> str:
    """Return `<redacted 9f86d081>`: comparable, not readable. 8 hex digits of SHA-256, for env values."""
    return f"<redacted {_digest(value)[:8]}>"


def is_marked(text: str) -> bool:
    """Answer whether nothing is left to hide: marks, and no letter or digit besides."""
    if "redacted" not in text:
        return False
    return MARK.fullmatch(text) is not None or not any(character.isalnum() for character in MARK.sub("", text))


def holds_any(text: str, words: tuple[str, ...]) -> bool:
    """Answer whether one of the words stands in the text: asked before any pattern runs, some hundred times a text."""
    for word in words:  # noqa: SIM110 - `any` with a generator takes three times as long
        if word in text:
            return True
    return False


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode(errors="replace")).hexdigest()
