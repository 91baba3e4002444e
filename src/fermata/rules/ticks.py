"""Boxes in a post-mortem that a person ticks: an action that becomes a ticket, a message that is taken back.

A box is a line of a Markdown list, `- [ ] text <!-- action m17 -->`. The comment names what is meant, is not seen where
the document is rendered, and survives any rewording of the line. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from fermata.kit.digest import compute_bytes_digest, shorten
from fermata.kit.markdown import write_address, write_anchor

_BOX = re.compile(r"^(?P<head>\s*[-*+] \[)(?P<state>[ xX])\](?P<text>.*)$")
_MARK = re.compile(r"<!-- (?P<kind>action|keep) (?P<id>\S+) -->")
_HEADING = re.compile(r"^#{1,6}\s+(?P<name>.*)")
_SAFE_ID = re.compile(r"(?!.*--)[\w.:/#@+=-]{1,200}")
_LINK = re.compile(r"\[[^\[\]]*\]\([^)\[]*\)")
"""Not beyond a bracket that may begin the next: a line of nothing else would be looked through from each of them."""
_FENCE = re.compile(r"^\s*(?:```|~~~)")


class BoxKind(StrEnum):
    """What ticking it asks for."""

    ACTION = "action"
    """A ticket for this follow-up."""
    KEEP = "keep"
    """This message in the timeline, when the draft is made again."""


@dataclass(frozen=True, slots=True)
class Box:
    """One line with a box."""

    kind: BoxKind
    id: str
    """Of the message that it is about; of an action that a person wrote themselves, made of its words."""
    text: str
    """Its words, without links and without the comment."""
    is_ticked: bool
    line: int
    """From 0."""


def write_mark(kind: BoxKind, name: str) -> str:
    """Return the comment that ends a box's line; empty when the id could leave the comment, and then it is no box."""
    return f"<!-- {kind.value} {name} -->" if _SAFE_ID.fullmatch(name) else ""


def list_boxes(text: str) -> tuple[Box, ...]:
    """Return a document's boxes in their order; an id that stands there twice counts once, ticked if one of them is.

    A box without a comment is an action when it stands under a heading that speaks of actions: people add their own.
    """
    found: dict[tuple[BoxKind, str], Box] = {}
    for box in _list_all(text):
        earlier = found.get((box.kind, box.id))
        if earlier is None or (box.is_ticked and not earlier.is_ticked):
            found[box.kind, box.id] = box
    return tuple(sorted(found.values(), key=lambda box: box.line))


def list_kept(text: str) -> tuple[str, ...]:
    """Return the ids of dropped messages that a person ticked."""
    return tuple(box.id for box in list_boxes(text) if box.kind is BoxKind.KEEP and box.is_ticked)


def choose_kept(earlier: Iterable[str], text: str) -> tuple[str, ...]:
    """Return which dropped messages are kept: those of earlier that nobody unticked since, and those ticked now."""
    boxes = {box.id: box.is_ticked for box in list_boxes(text) if box.kind is BoxKind.KEEP}
    ticked = (name for name, is_ticked in boxes.items() if is_ticked)
    return tuple(dict.fromkeys([*(name for name in earlier if boxes.get(name, True)), *ticked]))


def tick(text: str, kind: BoxKind, name: str, note: str = "") -> str:
    """Return the document with that box ticked, and a note before its comment; unchanged when there is no such box.

    Args:
        note: Markdown, such as a link to the ticket; once it stands in the line, it is not added again.
    """
    lines = text.split("\n")
    for box in _list_all(text):
        if (box.kind, box.id) == (kind, name):
            lines[box.line] = _BOX.sub(lambda match: _tick(match, note), lines[box.line])
    return "\n".join(lines)


def list_rows(text: str, name: str, url: str) -> tuple[str, ...]:
    """Return the rows of a document's tables that cite a source.

    Args:
        name: The source's id, which its place in the document is named by.
        url: Where it can be opened; empty for a source that only the document's own list knows.
    """
    target = f"]({write_address(url) or f'#{write_anchor(name)}'})"
    return tuple(line for line in text.split("\n") if line.startswith("|") and target in line)


def _tick(match: re.Match[str], note: str) -> str:
    words = match["text"].rstrip()
    if note and note not in words:
        mark = _MARK.search(words)
        words = f"{words} {note}" if mark is None else f"{words[: mark.start()].rstrip()} {note} {mark[0]}"
    return f"{match['head']}x]{words}"


def _list_all(text: str) -> Iterator[Box]:
    is_about_actions = is_code = False
    for number, line in enumerate(text.split("\n")):
        if _FENCE.match(line):
            is_code = not is_code
        heading = _HEADING.match(line)
        if heading is not None and not is_code:
            is_about_actions = "action" in heading["name"].lower()
        match = _BOX.match(line)
        if match is not None and not is_code and (box := _read_box(match, number, is_action=is_about_actions)):
            yield box


def _read_box(match: re.Match[str], number: int, *, is_action: bool) -> Box | None:
    mark = _MARK.search(match["text"])
    words = " ".join(_LINK.sub("", _MARK.sub("", match["text"])).split())
    is_ticked = match["state"] != " "
    if mark is not None:
        return Box(BoxKind(mark["kind"]), mark["id"], words, is_ticked, number)
    if not is_action or not words:
        return None
    return Box(BoxKind.ACTION, f"own-{shorten(compute_bytes_digest(words.encode()))}", words, is_ticked, number)
