"""The middle of a Markdown line as runs of text: what a service's own format is written from. Pure.

Only what drafts use is known: code, links, emphasis, breaks and anchors; everything else is the text it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape

from fermata.kit.markdown import ADDRESS, write_address

_INLINE = re.compile(
    r"(?<!`)(?P<ticks>`{1,9})(?!`)(?P<code>.{1,2000}?)(?<!`)(?P=ticks)(?!`)"
    # None of these goes on beyond a bracket that may begin the next: each character is looked at a few times only.
    r"|!\[(?P<alt>[^\[\]\n]*)\]\([^)\[\s]*\)"
    rf"|\[(?P<label>(?:[^\[\]\\\n]|\\.){{1,500}})\]\((?P<url>{ADDRESS})\)"
    r'|<a id="(?P<anchor>[\w.-]{1,250})"></a>'
    r"|(?P<break><br>)"
    r"|\*\*(?P<bold>(?:[^*\n]|\*(?!\*))+)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])"
    r"|(?P<entity>&(?:lt|gt|amp|quot|#\d{1,6});)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
)
_DEEPEST = 4
"""Emphasis in emphasis; what is deeper is text."""
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML may hold (XML 1.0, production 2), and no service has a use for."""
_PLACE = re.compile(r"#[\w.-]+")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that looks the same."""

    text: str = ""
    """A line feed is a break of the line."""
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False
    url: str = ""
    """Where it leads: a web address, or `#` and the name of an anchor; empty for plain text."""
    anchor: str = ""
    """Of a run without text: the place that links lead to."""


def parse_inline(text: str) -> tuple[Run, ...]:
    """Return the runs of a line, neighbours that look the same joined."""
    joined: list[Run] = []
    for run in _parse(text, Run(), 0):
        last = joined[-1] if joined else None
        if last is not None and not (last.anchor or run.anchor) and replace(last, text="") == replace(run, text=""):
            joined[-1] = replace(last, text=last.text + run.text)
        elif run.text or run.anchor:
            joined.append(run)
    return tuple(joined)


def clean_text(text: str) -> str:
    """Return text that every service takes: controls and half characters become the mark for what cannot be read."""
    return _NO_TEXT.sub("\ufffd", text)


def read_text(runs: Sequence[Run]) -> str:
    """Return the words of runs without their looks."""
    return "".join(run.text for run in runs)


def _parse(text: str, style: Run, depth: int) -> Iterator[Run]:
    place = 0
    for match in _INLINE.finditer(text):
        yield replace(style, text=text[place : match.start()])
        yield from _read(match, style, depth)
        place = match.end()
    yield replace(style, text=text[place:])


def _read(match: re.Match[str], style: Run, depth: int) -> Iterator[Run]:
    if match["code"] is not None:
        yield replace(style, text=match["code"].strip() or match["code"], is_code=True)
    elif match["label"] is not None:
        yield from _read_link(match, style, depth)
    elif match["anchor"] is not None:
        yield Run(anchor=match["anchor"])
    elif match["break"] is not None:
        yield replace(style, text="\n")
    elif (escaped := match["escaped"] or match["alt"]) is not None:
        yield replace(style, text=escaped)
    elif match["entity"] is not None:
        yield replace(style, text=unescape(match["entity"]))
    elif match["bold"] is not None or match["italic"] is not None:
        yield from _read_emphasis(match, style, depth)


def _read_link(match: re.Match[str], style: Run, depth: int) -> Iterator[Run]:
    url = match["url"]
    target = url if _PLACE.fullmatch(url) else write_address(url)
    if depth >= _DEEPEST or not target:
        yield replace(style, text=match["label"] if target else match[0])
    else:
        yield from _parse(match["label"], replace(style, url=target), depth + 1)


def _read_emphasis(match: re.Match[str], style: Run, depth: int) -> Iterator[Run]:
    if depth >= _DEEPEST:
        yield replace(style, text=match[0])
    elif match["bold"] is not None:
        yield from _parse(match["bold"], replace(style, is_bold=True), depth + 1)
    else:
        yield from _parse(match["italic"], replace(style, is_italic=True), depth + 1)
