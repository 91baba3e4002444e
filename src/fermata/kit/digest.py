"""Canonical JSON and the digest over it: the one way two records are compared."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Write JSON with sorted keys and no spaces, so that equal values give equal text.

    Raises:
        ValueError: The value holds NaN or infinity, which have no JSON form, or refers to itself.
        TypeError: The value is not made of JSON types.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def compute_digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, as `sha256:<64 hex digits>`.

    Raises:
        ValueError: As `canonical_json`, or a text in it is no Unicode (half a surrogate pair).
        TypeError: As `canonical_json`.
    """
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()


def compute_bytes_digest(content: bytes) -> str:
    """Return the SHA-256 of raw bytes, as `sha256:<64 hex digits>`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def shorten(digest: str) -> str:
    """Return the first 8 hex digits, for people. Never compare shortened digests."""
    return digest.removeprefix("sha256:")[:8]
