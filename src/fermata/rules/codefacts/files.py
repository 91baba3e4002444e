"""Files of code as lines: whose they are, and what of each line runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from fermata.rules.servicegraph.names import clean_name, strip_tail

LONGEST_LINE = 400
"""Characters. Longer lines are packed code or data, and nobody's to read."""
_COMMENT = re.compile(r"(?:^|(?<=\s))(?://|#(?!\[)|--\s|;;|<!--).*$")
_OPENING = re.compile(r"(?:^|(?<=\s))/\*|<!--|\"\"\"|'''")
_CLOSING = {"/*": "*/", "<!--": "-->"}
_QUOTED = re.compile(r"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|`[^`]*(?:`|$)")
_SENTENCE = 3
"""Blanks in quotes that make a message or a help text. Addresses and durations have none."""


@dataclass(frozen=True, slots=True)
class CodeFile:
    """One file of a service."""

    name: str
    """Its path, with forward slashes, as it is cited."""
    service: str
    """Of the graph."""
    lines: tuple[str, ...]
    """As they stand, without line ends."""
    code: tuple[str, ...]
    """The part of each that runs: without comments, documentation and sentences in quotes."""

    @property
    def suffix(self) -> str:
        """Return the end of its name in lower case: `.py`."""
        _, dot, end = self.name.rpartition("/")[2].rpartition(".")
        return f"{dot}{end}".lower() if dot else ""


def make_file(name: str, service: str, text: str) -> CodeFile:
    """Return a file from its text."""
    lines = tuple(text.split("\n"))
    return CodeFile(name, service, lines, tuple(_strip_comments(lines)))


def find_service(path: str, services: Collection[str]) -> str:
    """Return the service whose folder a file lies in, outermost first; empty when no folder is named like one.

    A folder may say more than the service's name before it: `shop-parent-cart` is the folder of `cart`. A name that two
    services share names neither.
    """
    known: dict[str, str] = {}
    for service in services:
        key = strip_tail(service)
        known[key] = "" if key in known else service
    for folder in path.split("/")[:-1]:
        words = re.split(r"[-.]", clean_name(folder))
        tails = ("-".join(words[at:]) for at in range(len(words)))
        if found := next((known[key] for tail in tails if known.get(key := strip_tail(tail))), ""):
            return found
    return ""


def _strip_comments(lines: Iterable[str]) -> Iterator[str]:
    closing = ""
    for line in lines:
        if len(line) > LONGEST_LINE:
            yield ""
            continue
        text, closing = _strip_blocks(line, closing)
        yield _QUOTED.sub(_drop_sentence, _COMMENT.sub("", text)).rstrip()


def _drop_sentence(quoted: re.Match[str]) -> str:
    return " " if len(quoted[0].split()) > _SENTENCE else quoted[0]


def _strip_blocks(line: str, closing: str) -> tuple[str, str]:
    """Return what of a line stands outside of blocks, and what would end the block it leaves open."""
    kept = ""
    while line:
        if closing:
            _, found, line = line.partition(closing)
            closing = "" if found else closing
            continue
        start = _OPENING.search(line)
        if start is None:
            return kept + line, ""
        closing = _CLOSING.get(start[0], start[0])
        kept, line = kept + line[: start.start()] + " ", line[start.end() :]
    return kept, closing
