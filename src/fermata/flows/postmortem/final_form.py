"""A post-mortem as it leaves: for readers, without what only its editors need, and without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from fermata.domain.postmortem import Postmortem
from fermata.flows.postmortem.illustrating import illustrate
from fermata.flows.postmortem.unreadable import explain_unreadable
from fermata.kit.errors import UserError
from fermata.kit.redaction import redact
from fermata.ports.publisher import Document
from fermata.rules.ticks import BoxKind, list_boxes

_FRONT = re.compile(r"\A---\n(?P<lines>(?:.*\n)*?)---\n")
_CASE = re.compile(r"^case:[ \t]*(?P<value>.+?)[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"^#[ \t]+(?P<words>.+?)[ \t]*#*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s")
_IMAGE = re.compile(r"^\s*!\[[^\]\n]*\]\((?P<path>[^)\s]+\.svg)\)\s*$", re.MULTILINE)
_LONGEST_FILE = 400_000
"""Characters, as of an edit."""
_LARGEST_DRAWING = 1024 * 1024


def make_document(postmortem: Postmortem) -> Document:
    """Return an incident's post-mortem as it is published."""
    key = postmortem.incident_id
    shown = illustrate(postmortem, key)
    return _finish(key, shown.text, shown.files)


def read_document(path: Path, text: str) -> Document:
    """Return a file's post-mortem as it is published, with the drawings beside it that it links to.

    Args:
        text: What the file holds, without what was deleted since.
    """
    files: dict[str, str] = {}
    for match in _IMAGE.finditer(text):
        svg = _read_drawing(path.parent, match["path"])
        if svg:
            files[match["path"]] = svg
    return _finish(find_case(text) or path.stem, text, files)


def read_text(path: Path) -> str:
    """Return a Markdown file's text.

    Raises:
        UserError: It cannot be read, or is longer than any post-mortem.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read", why=explain_unreadable(error), do="Name a Markdown file, or an incident"
        ) from error
    if len(text) > _LONGEST_FILE:
        raise UserError(
            f"{path} was not exported", why=f"it is longer than {_LONGEST_FILE:,} characters", do="Shorten it"
        )
    return text.replace("\r\n", "\n")


def find_case(text: str) -> str:
    """Return what a document's front matter calls its incident; empty without one."""
    front = _FRONT.match(text)
    found = _CASE.search(front["lines"]) if front else None
    if found is None:
        return ""
    try:
        value = json.loads(found["value"])
    except ValueError:
        return found["value"]
    return value if isinstance(value, str) else found["value"]


def drop_left_out(text: str) -> str:
    """Return a document without the list of messages that no line tells, and without a heading that is left alone.

    An editor takes messages back from that list; to readers it would only name people beside what they did not say.
    """
    gone = {box.line for box in list_boxes(text) if box.kind is BoxKind.KEEP}
    if not gone:
        return text
    lines = text.split("\n")
    first, last = _find_fold(lines, min(gone), max(gone))
    del lines[first : last + 1]
    return "\n".join(_drop_lone_heading(lines, first))


def _find_fold(lines: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Return where the fold around some lines begins and ends; the lines themselves when they are in none."""
    start, end = first, last
    while start > 0 and not _HEADING.match(lines[start]) and lines[start].strip() != "<details>":
        start -= 1
    while end < len(lines) - 1 and not _HEADING.match(lines[end]) and lines[end].strip() != "</details>":
        end += 1
    is_fold = lines[start].strip() == "<details>" and lines[end].strip() == "</details>"
    return (start, end) if is_fold else (first, last)


def _drop_lone_heading(lines: Sequence[str], place: int) -> list[str]:
    before = [number for number in range(place) if lines[number].strip()]
    after = [number for number in range(place, len(lines)) if lines[number].strip()]
    is_alone = bool(before) and _HEADING.match(lines[before[-1]]) is not None
    if is_alone and (not after or _HEADING.match(lines[after[0]])):
        return [*lines[: before[-1]], *lines[after[0] if after else len(lines) :]]
    return list(lines)


def _finish(key: str, text: str, files: Mapping[str, str]) -> Document:
    final = redact(drop_left_out(text)).text
    found = _TITLE.search(final)
    title = found["words"] if found else "Post-mortem"
    drawings = {path: redact(svg).text for path, svg in files.items()}
    return Document(key, title if key in title else f"{title} ({key})", final, drawings)


def _read_drawing(folder: Path, name: str) -> str:
    """Return a drawing's text; empty when it is none, or lies elsewhere."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return ""
    try:
        if path.stat().st_size > _LARGEST_DRAWING:
            return ""
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return text if text.lstrip().startswith("<svg") else ""
