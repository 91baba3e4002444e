"""Whether a name looks like production, however it is written.

Names come from clusters, chats and people, and a look-alike must not pass for something else: the text is brought to a
plain form before words are looked for. Nothing here permits anything; it only finds reasons to refuse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from fermata.kit.invisible import strip_invisible

# Letters of other scripts that are drawn like Latin ones: the lower-case part of Unicode's confusables.txt (UTS #39,
# read 2026-11) for Cyrillic, Greek, Armenian and what else fonts draw alike.
_ALIKE = {
    "a": "\u0430\u03b1\u0251", "b": "\u0432\u042c\u044c", "c": "\u0441\u03f2\u1d04", "d": "\u0501\u1d05",
    "e": "\u0435\u0454\u03b5\u1d07", "g": "\u0261\u0581", "h": "\u04bb\u0570\u043d", "i": "\u0456\u03b9\u0131\u026a",
    "j": "\u0458\u03f3", "k": "\u043a\u03ba", "l": "\u04cf\u01c0", "m": "\u043c", "n": "\u0578\u057c\u03b7",
    "o": "\u043e\u03bf\u0585\u1d0f", "p": "\u0440\u03c1\u1d18", "q": "\u051b\u0563", "r": "\u0433\u0280\u1d26",
    "s": "\u0455\ua731", "t": "\u0442\u03c4\u1d1b", "u": "\u057d\u03c5\u1d1c", "v": "\u03bd\u1d20\u0475",
    "w": "\u051d\u0461", "x": "\u0445\u03c7", "y": "\u0443\u04af\u03b3",
}  # fmt: skip
_CONFUSABLE = str.maketrans({other: letter for letter, others in _ALIKE.items() for other in others})
_DIGITS = (str.maketrans("013457$@", "oleastsa"), str.maketrans("013457$@", "oieastsa"))
"""A one stands for an L and for an I."""
_PUNYCODE = re.compile(r"xn--([a-z0-9-]+)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SHORTEST_END = 3
_SHORTEST_INSIDE = 8
"""`production` counts wherever it stands in a word; `prod` does not: `product` is none."""
_VOWELS = "aeiou"
_PARTS = frozenset((
    "db", "dbs", "database", "sql", "mysql", "pg", "postgres", "redis", "mongo", "kafka", "mq", "queue", "cache",
    "bucket", "cluster", "node", "nodes", "pool", "host", "server", "vm", "env", "environment", "stage", "tier",
    "site", "net", "network", "vpc", "account", "acct", "infra", "ns", "namespace", "kube", "eks", "gke", "aks",
    "lb", "gw", "gateway", "proxy", "ingress", "api", "app", "apps", "web", "www", "svc", "service", "services",
    "backend", "frontend", "shop", "store", "main", "primary", "master", "replica",
))  # fmt: skip
_REGIONS = frozenset((
    "eu", "us", "uk", "ap", "de", "fr", "es", "it", "nl", "se", "dk", "au", "ca", "jp", "sg", "br", "in", "ch",
    "emea", "apac", "asia", "east", "west", "north", "south", "central", "europe",
))  # fmt: skip
_BEHIND = _PARTS | _REGIONS
"""What is written behind a word in one with it, and leaves it that word: `proddb`, `prdeu`, `livecluster`. A closed
list, since words go on in other ways (`product`, `prodigy`, `lively`, `livestream`, `liveness`)."""


def simplify(text: str) -> str:
    """Return text as a reader takes it: compatibility forms and look-alikes as plain letters, in lower case."""
    plain = unicodedata.normalize("NFKD", strip_invisible(text)).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return plain.translate(_CONFUSABLE)


def find_production_word(text: str, words: Sequence[str]) -> str:
    """Return the first of these words that a name carries, or nothing.

    A word counts where it stands alone between other characters, digits or capitals (`shop-prod`, `prod2`, `shopProd`),
    at the end of another (`shopprod`, unless it ends in a vowel: `olive` is not live), before what says which part or
    which region of it is meant (`proddb`, `prdeu`), and a long one anywhere.
    `non-prod` carries it too: a name that needs explaining is no safe name. Digits for letters, letters of other
    scripts, characters without width and punycode are read as what they look like.
    """
    wanted = [simplify(word) for word in words if word]
    found = set(_list_tokens(text))
    return next((word for word in wanted if any(_carries(token, word) for token in found)), "")


def _list_tokens(text: str) -> Iterator[str]:
    for form in (text, *map(_decode, _PUNYCODE.findall(text.casefold()))):
        parts = _WORD.findall(simplify(_HUMP.sub(" ", unicodedata.normalize("NFKC", form))))
        whole = _WORD.findall(simplify(form))
        for token in (*parts, *whole):
            yield token
            yield from (token.translate(digits) for digits in _DIGITS)
            yield from _LETTERS.findall(token)


def _decode(label: str) -> str:
    try:
        return label.encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label


def _carries(token: str, word: str) -> bool:
    if token == word or (len(word) >= _SHORTEST_INSIDE and word in token):
        return True
    return _ends(token, word) or is_joined(token, word)


def _ends(token: str, word: str) -> bool:
    return len(word) >= _SHORTEST_END and word[-1] not in _VOWELS and token.endswith(word)


def is_joined(token: str, word: str) -> bool:
    """Answer whether a word is written in one with the part or the region of it that is meant, as in `proddb`."""
    return len(word) >= _SHORTEST_END and token.startswith(word) and token.removeprefix(word) in _BEHIND


def looks_like(first: str, second: str) -> bool:
    """Answer whether two names that are not the same would be taken for each other."""
    return first != second and _outline(first) == _outline(second)


def _outline(name: str) -> str:
    decoded = _PUNYCODE.sub(lambda match: _decode(match[1]), name.casefold())
    # A one, an L and an I look alike in most fonts, and so do a zero and an O, `rn` and `m`.
    return re.sub(r"[^a-z]", "", simplify(decoded).translate(_DIGITS[0]).replace("i", "l").replace("rn", "m"))
