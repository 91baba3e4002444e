"""Secrets whose value is known: whoever sends a credential takes it out of what the other side says about it.

A provider that refuses a key likes to repeat it, and a key of one's own making has no shape that any net would know.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from fermata.kit.redaction.marks import mark_secret

_SHORTEST = 4
"""Of less than this a word of the sentence would be hidden, and nothing be safer."""


def hide_known(text: str, secrets: Iterable[str]) -> str:
    """Replace every occurrence of these values, and of the password in them, by a mark. Pure.

    Args:
        text: What somebody else said, as it came: a mark, or a cut, must not have parted the value yet.
        secrets: Values as they are sent: a key, `<id>:<secret>`, or the value of an `Authorization` header, whose
            scheme stays and whose Basic form is read.
    """
    parts = {part for secret in secrets for part in _list_parts(secret)}
    # The longest first: a part of a value must not tear it apart.
    for part in sorted(parts, key=lambda one: (-len(one), one)):
        text = text.replace(part, mark_secret("known", part))
    return text


def _list_parts(secret: str) -> Iterator[str]:
    scheme, _, value = secret.strip().partition(" ")
    # Of a key of several words, or of a header of several parts, no more than the first may stay.
    for whole in (value or scheme, _read_basic(value) if scheme.lower() == "basic" else ""):
        # Of `name:password` the name may stay: a refusal that names the account helps.
        for part in (whole, whole.partition(":")[2]):
            if len(part) >= _SHORTEST:
                yield part


def _read_basic(value: str) -> str:
    """Return `name:password` as RFC 7617 writes it."""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
