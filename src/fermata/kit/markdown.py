"""Text from outside inside Markdown: shown as it stands, and never a mention, a reference, a link, HTML or a command.

Forges look for `@team`, `#12`, `!34`, `GH-5`, commit ids and addresses in what is rendered, so that a backslash before
them changes nothing. What stands in code is left alone by GitHub and by GitLab: so words that could be more than words
are put into code, and all others stay readable text. Pure.
"""

from __future__ import annotations

import re
from itertools import groupby
from urllib.parse import quote, urlsplit

from fermata.kit.invisible import make_harmless

# Letters, digits, quotes around them and what ends a clause. A word that holds anything else goes into code.
_PLAIN = re.compile(r"[\"'\u2018\u201c(]*[^\W_](?:[^\W_]|['\u2019.,;?()%-])*:?(?:[\"\u201d][.,;?)]*)?")
_DASHES = frozenset("-\u2013\u2014")
"""Words between words; at the start of a line one would make an item of a list."""
# Still more than words: commit ids, keys of tickets (`GH-5`, `OPS-12`), addresses, the number of a list's item.
_SPEAKING = re.compile(
    r"[\"'\u2018\u201c(]*(?:[0-9a-fA-F]{7,64}|[A-Za-z][A-Za-z0-9]*-\d+|www\..*|\d+[.)])[.,;:?)\"'\u2019\u201d]*",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(\s+)")
_BACKTICKS = re.compile(r"`+")
_NO_ANCHOR = re.compile(r"[^\w.-]")
_IN_ADDRESS = "/:?#@!$&'*+,;=%~-._"
"""What an address may hold beside letters and digits, but for what ends a link of Markdown."""


def write_inline(text: str) -> str:
    """Return text for the middle of a line; line feeds become breaks of the line."""
    return "<br>".join(_write_line(line) for line in make_harmless(text).split("\n"))


def write_fence(text: str, language: str = "") -> str:
    """Return text as a block of code that nothing in it can close."""
    ticks = "`" * max(3, 1 + max((len(found) for found in _BACKTICKS.findall(text)), default=0))
    return f"{ticks}{language}\n{make_harmless(text).removesuffix(chr(10))}\n{ticks}"


def write_anchor(name: str) -> str:
    """Return the anchor of what a document cites, in its list of sources."""
    return "src-" + _NO_ANCHOR.sub("_", name)


def write_address(url: str) -> str:
    """Return a web address as a link's target; empty when it is none: `javascript:` and friends stay out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return quote(url, safe=_IN_ADDRESS) if is_web else ""


def _write_line(line: str) -> str:
    """Write neighbouring words of one kind together; runs of spaces count only in code, where they are kept."""
    words = [word for word in _WORDS.split(line.strip()) if word]
    parts: list[str] = []
    pairs = zip(words[::2], [*words[1::2], ""], strict=False)
    for plain, numbered in groupby(enumerate(pairs), key=lambda pair: _is_plain(pair[1][0], is_first=pair[0] == 0)):
        group = (pair for _, pair in numbered)
        run = "".join(word + gap for word, gap in group).rstrip()
        parts.append(" ".join(run.split()) if plain else _write_code(run))
    return " ".join(parts)


def _is_plain(word: str, *, is_first: bool) -> bool:
    if word.rstrip(".,;:)") == "%":
        return True
    if word in _DASHES:
        return not is_first
    return _PLAIN.fullmatch(word) is not None and _SPEAKING.fullmatch(word) is None


def _write_code(text: str) -> str:
    ticks = "`" * (1 + max((len(found) for found in _BACKTICKS.findall(text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
