"""The names in a text that only a machine makes: a pod's, a replica set's, a commit's. Invented, they are found out.

A person's word for a thing (`the ledger`, `node 3`) may stand in no evidence and be right. What holds a hash is copied
from somewhere, or made up.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"(?<![\w./:@-])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w/:@-])")
# A letter behind a digit, as hashes have them and words with a number at their end (`base64`, `ipv4`) do not.
_HASHED = re.compile(r"(?=\w{4})[a-z0-9]*\d[a-z]\w*")
_COMMIT = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40}")
_MEASURE = re.compile(r"\d+[A-Za-z]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d")
_VERSION = re.compile(r"v\d+(?:alpha|beta|rc)\d+")
_WORDS = frozenset({"log4j", "slf4j", "i18n", "l10n", "a11y", "o11y", "win32k"})
"""What has a digit before a letter and is a word."""


def list_hashed_names(text: str) -> tuple[str, ...]:
    """Return the names of a text that hold a hash, each once: `checkout-7d9f8b6c5-x2x7v`, `4be1f0a`."""
    found = dict.fromkeys(token for token in _TOKEN.findall(text) if _is_hashed(token))
    return tuple(found)


def _is_hashed(token: str) -> bool:
    if _TIME.match(token):
        return False
    if _COMMIT.fullmatch(token):
        return True
    # By itself a mixed word is anything: a version, a model, a code. Behind a name it is a suffix.
    _, *rest = token.split("-")
    return any(_HASHED.fullmatch(part) and not _is_word(part) for part in rest)


def _is_word(part: str) -> bool:
    return part in _WORDS or bool(_MEASURE.fullmatch(part) or _VERSION.fullmatch(part))
