"""The choke point: every byte that leaves for a channel, a model or an export passes `redact`.

Secrets are dropped at collection too; this is the second net, not the first. Placeholders carry a short digest, so
that equal secrets stay comparable without being readable. Failure mode: an unknown shape passes. The entropy rule is
the last net, and env values are never shown unless allowed by name.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from dataclasses import dataclass

_SECRET_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)?|secret|token|api_?key|apikey|access_?key|private_?key|credential|auth|cookie|session|dsn|"
    r"connection_?string|signature|salt)"
)
# Names that hold such a word and are still no secret: `AUTH_TIMEOUT_MS`, `TOKEN_COUNT`.
_HARMLESS_SUFFIX = re.compile(
    r"(?i)(_ms|_s|_seconds|_timeout|_count|_size|_limit|_enabled|_ttl|_url_path|_tokens|_max|_min)$"
)

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("pem", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,16384}?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)")),
    ("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    ("url-password", re.compile(r"(?<=://)([^\s/@:]{0,128}):([^\s/@]{1,256})(?=@)")),
    ("bearer", re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}")),
    ("aws-key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("slack-token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}")),
    ("github-token", re.compile(r"\b(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})")),
    ("gitlab-token", re.compile(r"\bglpat-[A-Za-z0-9_-]{16,}")),
    ("provider-key", re.compile(r"\b(?:sk|rk|pk)[-_](?:live|test|ant|proj)?[-_]?[A-Za-z0-9_-]{20,}")),
    ("google-key", re.compile(r"\bAIza[A-Za-z0-9_-]{30,}")),
    (
        "assignment",
        re.compile(
            r"(?i)\b([A-Za-z0-9_.-]{0,64}(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|"
            r"(?<![a-z])token|auth[_-]?token|cookie))(\"?\s*[:=]\s*\"?)([^\s\"',;&]{4,512})"
        ),
    ),
)
_CANDIDATE = re.compile(r"[A-Za-z0-9+/_=-]{32,512}")
_HEX = re.compile(r"(?:[0-9a-f]+|[0-9A-F]+)=*")
# 32 random base64 characters carry about 4.6 bits each, words and paths fewer. A guess; revisit when measured on logs.
_ENTROPY_BITS = 4.4


@dataclass(frozen=True, slots=True)
class Redacted:
    """Text without secrets, and how many were taken out."""

    text: str
    """The text with `[redacted:<kind>:<4 hex digits of its digest>]` in place of each secret."""
    count: int
    """Secrets replaced; 0 means nothing was found, not that nothing was there."""


def describe_secret(value: str) -> str:
    """Return `<redacted 9f86d081>`: comparable, not readable. 8 hex digits of SHA-256, for env values."""
    return f"<redacted {hashlib.sha256(value.encode(errors='replace')).hexdigest()[:8]}>"


def is_secret_name(name: str) -> bool:
    """Answer whether a variable or key of this name is treated as a secret whatever its value."""
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS_SUFFIX.search(name)


def _mark(kind: str, secret: str) -> str:
    return f"[redacted:{kind}:{hashlib.sha256(secret.encode(errors='replace')).hexdigest()[:4]}]"


def _entropy_bits(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _is_random(text: str) -> bool:
    """Answer whether a long run of characters looks like key material. Hex digests and ids are common and harmless."""
    if _HEX.fullmatch(text) or text.count("/") > 2 or text.count("-") > 3 or text.count("_") > 3:
        return False
    has_all = any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text)
    return has_all and _entropy_bits(text) >= _ENTROPY_BITS


def redact(text: str) -> Redacted:
    """Replace what looks like a secret. Pure, linear in the text's length, idempotent.

    Returns:
        The redacted text and the number of replacements.
    """
    count = 0

    def replace(kind: str, match: re.Match[str]) -> str:
        nonlocal count
        if "[redacted:" in match[0] or "<redacted " in match[0]:
            return match[0]
        if kind == "assignment":
            if _HARMLESS_SUFFIX.search(match[1]):
                return match[0]
            count += 1
            return f"{match[1]}{match[2]}{_mark(kind, match[3])}"
        count += 1
        if kind == "url-password":
            return f"{match[1]}:{_mark(kind, match[2])}"
        return _mark(kind, match[0])

    for kind, pattern in _PATTERNS:
        text = pattern.sub(lambda match, kind=kind: replace(kind, match), text)  # type: ignore[misc]  # default argument binds the loop variable

    def replace_random(match: re.Match[str]) -> str:
        nonlocal count
        if not _is_random(match[0]):
            return match[0]
        count += 1
        return _mark("entropy", match[0])

    return Redacted(_CANDIDATE.sub(replace_random, text), count)
