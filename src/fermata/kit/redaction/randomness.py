"""The last net: long runs of characters that only chance would write, whatever they are called.

Identifiers, paths, hex digests and lower-case ids are common in logs and harmless; key material in base 64 changes
between upper case, lower case and digits at every second character, and words do not.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter

from fermata.kit.redaction.marks import Tally

_RUN = re.compile(r"[A-Za-z0-9+/_-]{32,}+={0,2}")
_CLASSES = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "U" * 26 + "l" * 26 + "d" * 10, "+/_=-"
)
_SEPARATOR = re.compile(r"[+/_=-]")
_FEW_PARTS = 5  # In 43 characters of base 64 stand 1.3 of its two signs; five are one case in 400.
_HEX = re.compile(r"[A-Za-z]?(?:[0-9a-f]+|[0-9A-F]+)")  # Change-Ids of Gerrit begin with an I.
_CAPITALISED = re.compile(r"(?<!U)Ul")
# Share of neighbours that change class, a capital and its small letters counted as one class. Measured: of 20,000
# random runs of 32 to 43 characters half are above 0.45 and 1 in 250 below 0.2; identifiers in a million lines of code
# and in 32,000 log lines of 16 systems (loghub) stay below 0.18.
_LEAST_CHANGES = 0.2
# 32 random characters carry about 4.5 bits each; a repeated pattern carries far fewer.
_LEAST_BITS = 3.9
# What is random and public: digests and ids say so before the value, keys and certificates at their beginning.
_PUBLIC_BEFORE = re.compile(
    r"""(?ix)
    (?: (?:^|[^a-z0-9]) (?:sha(?:1|224|256|384|512)|md5|h1|narhash) ["'\]\\]{0,3} \s? [-:=]
      | (?:^|[^a-z]|(?<=[a-z])(?-i:(?=[A-Z])))
        (?:id|ids|uid|cursor|etag|hash|digest|checksum|sum|integrity|fingerprint|nonce|trace|span|revision|version|
           build|request|next|continuation|cf-id|id-2|image)
        ["'\]\\]{0,3} \s{0,2} [:=] \s{0,2}
      | data:(?:image|font|audio|video)/[a-z0-9.+-]{1,20};base64,
    ) ["'\\(\[]{0,3}$"""
)
_PUBLIC_START = re.compile(
    r"(?:sha(?:1|224|256|384|512)[-=]"  # Subresource integrity, lock files, Nix.
    r"|AAAA(?:B3NzaC1|C3NzaC1|E2VjZHNh|Gn)"  # Public keys of SSH.
    r"|LS0tLS1CRUdJTiBDRVJUSUZJQ0FU|LS0tLS1CRUdJTiBQVUJMSU)"  # "-----BEGIN CERTIFICATE" and "... PUBLIC" in base 64.
)
_PUBLIC_BLOCK = re.compile(
    r"-----BEGIN (?:CERTIFICATE|TRUSTED CERTIFICATE|X509 CRL|CERTIFICATE REQUEST|NEW CERTIFICATE REQUEST|PUBLIC KEY|"
    r"RSA PUBLIC KEY|PGP PUBLIC KEY BLOCK|PGP SIGNATURE|SSH SIGNATURE)-----"
)
_BLOCK_END = "-----END "
_LONGEST_BLOCK = 16_384  # A certificate with many names; a signature file is shorter.


def hide_random(text: str, tally: Tally) -> str:
    """Replace long random runs that nothing around them explains."""
    parts, done = [], 0
    blocks = _find_public_blocks(text)
    for match in _RUN.finditer(text):
        if not looks_random(match[0]) or _is_public(text, match, blocks):
            continue
        parts += [text[done : match.start()], tally.mark("entropy", match[0])]
        done = match.end()
    return "".join([*parts, text[done:]]) if parts else text


def looks_random(run: str) -> bool:
    """Answer whether a run of at least some dozen characters changes between its classes as only chance does."""
    if _HEX.fullmatch(run):
        return False
    parts = _SEPARATOR.split(run)
    if len(parts) > 1:  # Paths, dates, names of several parts: what explains itself does not count.
        shortest = 10 if len(parts) > _FEW_PARTS else 1
        run = "".join(part for part in parts if len(part) >= shortest and not _is_plain(part))
    classes = run.translate(_CLASSES)
    if len(classes) < 12 or not {"U", "l", "d"} <= set(classes):
        return False
    return _count_changes(classes) >= _LEAST_CHANGES * (len(classes) - 1) and _bits(run) >= min(
        _LEAST_BITS, math.log2(len(run)) * 0.8
    )


def _is_plain(part: str) -> bool:
    """Answer whether a part is hexadecimal, or one or two words."""
    if _HEX.fullmatch(part):
        return True
    classes = part.translate(_CLASSES)
    return _count_changes(classes) <= len(classes) // 8


def _count_changes(classes: str) -> int:
    words = _CAPITALISED.sub("ll", classes)
    return sum(map(str.__ne__, words, words[1:]))


def _bits(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _is_public(text: str, match: re.Match[str], blocks: list[tuple[int, int]]) -> bool:
    start = match.start()
    block = bisect_right(blocks, (start, len(text))) - 1
    if _PUBLIC_START.match(match[0]) or (block >= 0 and start < blocks[block][1]):
        return True
    return _PUBLIC_BEFORE.search(text[max(0, start - 48) : start]) is not None


def _find_public_blocks(text: str) -> list[tuple[int, int]]:
    if "-----BEGIN " not in text or _BLOCK_END not in text:
        return []
    blocks: list[tuple[int, int]] = []
    for match in _PUBLIC_BLOCK.finditer(text):
        if blocks and match.start() < blocks[-1][1]:
            continue
        end = text.find(_BLOCK_END, match.end(), match.end() + _LONGEST_BLOCK)
        if end >= 0:
            blocks.append((match.start(), end))
    return blocks
