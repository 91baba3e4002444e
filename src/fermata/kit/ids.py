"""Ids: random ones that sort by time, and derived ones that are the same whenever they are computed again."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u, so it can be read aloud.

LATEST = "latest"
"""What people write in place of an id, for the newest of its kind."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def _encode(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_id(prefix: str, now: datetime) -> str:
    """Return `<prefix>-<9 characters of time in ms><7 random characters>`; later ids sort after earlier ones.

    35 random bits within one millisecond: a collision surfaces as a primary-key error, never as an overwrite.
    """
    # In whole numbers: a float of seconds may lose the last millisecond.
    return f"{prefix}-{_encode((now - _EPOCH) // _MILLISECOND, 9)}{_encode(secrets.randbits(35), 7)}"


def derive_id(prefix: str, *parts: str) -> str:
    """Return the same id for the same parts, always. Parts are length-prefixed, so `("ab","c") != ("a","bc")`."""
    material = "".join(f"{len(part)}:{part}" for part in parts)
    return f"{prefix}-{_encode(int.from_bytes(hashlib.sha256(material.encode()).digest()[:10]), 16)}"
