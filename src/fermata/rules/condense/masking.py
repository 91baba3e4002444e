"""What varies in a token of a log line: digits, hex, ids, addresses, paths, times and sizes become `<*>`.

The miner calls this for each token it has not met. It knows no system and no vendor: the masks follow from how programs
print values. Every pattern is bounded, so the time is linear in the token whatever it holds.
"""

from __future__ import annotations

import re

VARIES = "<*>"
"""Stands in a template for what differs between its lines."""

FOLD = bytes.maketrans(b"123456789", b"000000000")
"""Makes lines equal that differ in digits only: for `bytes.translate`, 20 times as fast as that of `str`.

Lengths of numbers stay apart."""

# A token longer than this is payload (base64, a dump): only its head tells what kind of line it is.
_LONGEST_TOKEN = 400
_MEMO_SIZE = 50_000

# All of these run on folded text, where `0` stands for any digit.
_UUID = re.compile(r"[0a-fA-F]{8}-[0a-fA-F]{4}-[0a-fA-F]{4}-[0a-fA-F]{4}-[0a-fA-F]{12}")
# Letters and digits by turns: random names (`x0b00q`), not `utf0` or `v0`.
_MIXED = re.compile(r"(?<![A-Za-z0])[A-Za-z]{0,20}0{1,20}(?:[A-Za-z]{1,20}0{1,20}){1,30}[A-Za-z]{0,20}(?![A-Za-z0])")
_COLON_HEX = re.compile(r"(?<![0-9A-Za-z])[0a-fA-F]{0,4}(?::[0a-fA-F]{0,4}){4,15}(?![0-9A-Za-z])")
_HEX = re.compile(r"(?<![0-9A-Za-z])0[xX][0a-fA-F]+|(?<![0-9A-Za-z])(?=[a-fA-F]{0,40}0)[0a-fA-F]{6,}(?![0-9A-Za-z])")
_NUMBER = re.compile(r"(?<![A-Za-z0])[-+]?0+(?:[.,:/x-]0+)*|0+(?:[.,:]0+)*")
_RUN = re.compile(r"<\*>(?:[-_.:,/#]?<\*>)+")
_PATH = re.compile(r"(^|[=(\[\"'<,:])(?:[A-Za-z]{2,10}://|/(?=[^/\s])|\.{1,2}/|[A-Za-z]:\\|~/)[^\s,;\"')\]>=]+")
_HOST = re.compile(
    r"(?<![\w.@-])(?:[\w.+-]{1,64}@)?(?:[A-Za-z0][\w-]{0,62}\.){1,8}"
    r"(?:com|net|org|edu|gov|mil|io|dev|cloud|local|internal|lan|svc|arpa|info|biz|[a-z]{2})(?::0+)?(?![\w.-])"
)


def mask_token(token: str) -> str:
    """Return a token of folded text with `<*>` for each part that varies; words stay as they are."""
    token = token[:_LONGEST_TOKEN]
    if "." in token:
        token = _HOST.sub(VARIES, token)
    if "/" in token or "\\" in token:
        token = _PATH.sub(r"\1<*>", token)
    if "0" not in token:
        return token
    token = _UUID.sub(VARIES, token)
    if ":" in token:
        token = _COLON_HEX.sub(VARIES, token)
    token = _HEX.sub(VARIES, token)
    token = _MIXED.sub(VARIES, token)
    token = _NUMBER.sub(VARIES, token)
    return _RUN.sub(VARIES, token)


class TokenMasks(dict[str, str]):
    """Masked tokens by token: a lookup in C for each token met before.

    Forgets everything when it grows beyond 50,000 tokens, so memory is bounded whatever is read.
    """

    def __missing__(self, token: str) -> str:
        masked = mask_token(token)
        if len(self) >= _MEMO_SIZE:
            self.clear()
        self[token] = masked
        return masked
