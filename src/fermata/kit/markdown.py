"""Text from outside inside Markdown: shown as it stands, and never a mention, a reference, a link, HTML or a command.

Forges look for `@team`, `#12`, `!34`, `GH-5`, commit ids and addresses in what is rendered, so that a backslash before
them changes nothing. What stands in code is left alone by GitHub and by GitLab: so words that could be more than words
are put into code, and all others stay readable text. Pure.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from urllib.parse import quote, urlsplit

from fermata.kit.invisible import make_harmless

# Letters, digits, quotes around them and what ends a clause. A word that holds anything else goes into code.
_PLAIN = re.compile(r"[\"'\u2018\u201c(\u00a3\u20ac]*[^\W_](?:[^\W_]|['\u2019.,;?()%-])*:?(?:[\"\u201d][.,;?)]*)?")
_DASHES = frozenset(("-", "\u2013", "\u2014", "+", "=", "&", "\u2192", "\u00b7", "\u2022", "\u00d7"))
"""Words between words; at the start of a line one would make an item of a list."""
# Still more than words: commit ids, keys of tickets (`GH-5`, `OPS-12`), addresses.
_SPEAKING = re.compile(
    r"[\"'\u2018\u201c(]*(?:[0-9a-fA-F]{7,64}|[A-Za-z][A-Za-z0-9]*-\d+|www\..*)[.,;:?)\"'\u2019\u201d]*",
    re.IGNORECASE,
)
# At the start of a line: the number of a list's item.
_ITEM = re.compile(r"\d+[.)].*")
_WORDS = re.compile(r"(\s+)")
_BACKTICKS = re.compile(r"`+")
# Code that its author marked: a space or a bracket before it, a space or what ends a clause behind it.
_MARKED = re.compile(r"(?<![^\s(])`([^`]*[^`\s][^`]*)`(?=[\s.,;:?)]|$)")
# `faulty_commit: 900cdb6970` are two things.
_PARTED = re.compile(r"(?<=[\w)])([:;]) (?=\S)")
_ENDS_CLAUSE = re.compile(r"[.,;:?)]+(?=\s|$)")
# What ends a clause is no part of a name: `refund_ref`, and not `refund_ref,` or `refund_ref.`.
_ENDED = re.compile(r"(?P<code>(?!:).*[\w)\]}>])(?P<mark>[.,;:?]+)", re.DOTALL)
_LETTER = re.compile(r"[^\W_][^)]*\)$")
_NO_ANCHOR = re.compile(r"[^\w.-]")
_PLAIN_ADDRESS = r"[^()\[\s]"
_ONCE = rf"(?:{_PLAIN_ADDRESS}|\({_PLAIN_ADDRESS}{{0,300}}\))"
_TWICE = rf"(?:{_PLAIN_ADDRESS}|\({_ONCE}{{0,300}}\))"
ADDRESS = rf"(?:{_PLAIN_ADDRESS}|\({_TWICE}{{0,300}}\))+"
"""Pattern of a link's target. Its brackets come in pairs (CommonMark 0.31, 6.3): dashboards' addresses have many."""
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
    """Write what its author marked as code as that, and the words between."""
    written = ""
    end = 0
    for match in _MARKED.finditer(line):
        written = _append(written, line[end : match.start()], is_first=not end) + _write_code(match[1].strip())
        end = match.end()
        if (closing := _ENDS_CLAUSE.match(line, end)) is not None:
            written += closing[0]
            end = closing.end()
    return _append(written, line[end:], is_first=not end).strip()


def _append(written: str, between: str, *, is_first: bool) -> str:
    """Append the words before a piece of code, or behind the last; an opening bracket stays with the code."""
    opens = between.endswith("(")
    words = _write_words(between.removesuffix("("), is_first=is_first)
    return " ".join(filter(None, (written, words))) + (" (" if opens else " ")


def _write_words(line: str, *, is_first: bool) -> str:
    """Write neighbouring words of one kind together; runs of spaces count only in code, where they are kept."""
    words = [word for word in _WORDS.split(line.strip()) if word]
    parts: list[str] = []
    pairs = zip(words[::2], [*words[1::2], ""], strict=False)
    kinds = [(_is_plain(word, is_first=is_first and not at), word + gap) for at, (word, gap) in enumerate(pairs)]
    for plain, group in groupby(kinds, key=itemgetter(0)):
        run = "".join(word for _, word in group).rstrip()
        parts.append(" ".join(run.split()) if plain else _write_run(run))
    return " ".join(parts)


def _write_run(run: str) -> str:
    """Write neighbouring words as code; what a colon or a semicolon parts is parted by it, outside of the code."""
    *heads, last = _PARTED.split(run)
    pairs = zip(heads[::2], heads[1::2], strict=True)
    ended = _ENDED.fullmatch(last)
    code, mark = (ended["code"], ended["mark"]) if ended is not None else (last, "")
    if code.endswith(")") and code.count(")") > code.count("(") and _LETTER.search(code):
        code, mark = code.removesuffix(")"), f"){mark}"  # Of a bracket that plain words opened.
    return "".join(f"{_write_code(code)}{mark} " for code, mark in pairs) + _write_code(code) + mark


def _is_plain(word: str, *, is_first: bool) -> bool:
    if word.rstrip(".,;:)") == "%":
        return True
    if word in _DASHES:
        return not is_first
    if is_first and _ITEM.fullmatch(word) is not None:
        return False
    return _PLAIN.fullmatch(word) is not None and _SPEAKING.fullmatch(word) is None


def _write_code(text: str) -> str:
    ticks = "`" * (1 + max((len(found) for found in _BACKTICKS.findall(text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"
