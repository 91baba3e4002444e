"""A draft as files: the Markdown, its drawings, and what was generated last, so that edits can be told from it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from fermata.flows.postmortem.drafting import Drafted
from fermata.flows.postmortem.unreadable import explain_unreadable
from fermata.kit.errors import UserError
from fermata.kit.unwritable import describe_unwritable
from fermata.rules.corrected_times import Corrections, read_corrections
from fermata.rules.merge import Conflict, merge_texts
from fermata.rules.ticks import list_kept

_CASE = re.compile(r"\A---\n(?:(?!---$).*\n)*?case:[ \t]*(?P<case>.*?)[ \t]*$", re.MULTILINE)
"""In the front matter, as the shipped template and those of teams write it."""
_ANCHOR = re.compile(r'<a id="(src-[^"]+)">')

DraftAgain = Callable[[Collection[str], str, Corrections], Drafted]
"""Ids of messages that a person took back, the prefix of the drawings' names, corrected key times -> the draft."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update of a file came to."""

    drafted: Drafted
    has_changed: bool
    conflicts: tuple[Conflict, ...]
    diff: str
    """From the file to what taking the generated side of every conflict would give; empty without conflicts."""


def write_new(path: Path, draft: DraftAgain) -> Drafted:
    """Write a draft to a new file, with its drawings and its base.

    Raises:
        UserError: The file exists, or cannot be written.
    """
    if path.exists():
        raise UserError(
            f"{path} was not written",
            why="it exists, and may hold edits",
            do="Add --update to merge the new draft into it, or name another file",
        )
    drafted = draft((), path.stem, Corrections())
    _write(path, drafted.document, drafted)
    return drafted


def update(path: Path, draft: DraftAgain) -> Updated:
    """Draft again, with the messages that were ticked in the file, and merge it in: every edit stays.

    Raises:
        UserError: What was generated last is not known any more or is of another incident, or a file cannot be read or
            written.
    """
    base, mine = _read(find_base(path)), _read(path)
    drafted = draft(list_kept(mine), path.stem, read_corrections(base, mine))
    _refuse_other(path, (base, mine), drafted.document)
    merged = merge_texts(base, mine, drafted.document)
    _write(path, merged.text, drafted)
    return Updated(drafted, merged.text != mine, merged.conflicts, merged.diff)


def find_base(path: Path) -> Path:
    """Return where what was generated last is kept: hidden beside the file, in the same folder."""
    return path.with_name(f".{path.name}.base")


def _refuse_other(path: Path, before: Sequence[str], document: str) -> None:
    """Refuse to make one post-mortem of two incidents: whose a draft is stands in its front matter."""
    case, known = _find_case(document), [found for text in before if (found := _find_case(text))]
    if case and known and case not in known and not _is_narrowed(case, known, before, document):
        raise UserError(
            f"{path} was not updated",
            why=f"it is the post-mortem of {known[-1]}, and this draft is of {case}",
            do=f"Write the draft to another file; if both are one incident, put `case: {json.dumps(case)}` into {path} "
            "and update again",
        )


def _is_narrowed(case: str, known: Sequence[str], before: Sequence[str], document: str) -> bool:
    """Answer whether more or less of one export was asked for: its name goes on, and something is cited in both."""
    is_same_name = any(case.startswith(f"{name}-") or name.startswith(f"{case}-") for name in known)
    cited = {anchor for text in before for anchor in _ANCHOR.findall(text)}
    return is_same_name and not cited.isdisjoint(_ANCHOR.findall(document))


def _find_case(text: str) -> str:
    """Return whose draft it is; empty when its template does not tell."""
    match = _CASE.match(text)
    if match is None:
        return ""
    try:
        return str(json.loads(match["case"]))
    except ValueError:
        return match["case"].strip("'")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"{path} is missing",
            why="it holds what was generated last, and without it nobody can tell your edits from the draft",
            do="Draft into another file, and compare the two",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read", why=explain_unreadable(error), do="Name a text file") from error


def _write(path: Path, text: str, drafted: Drafted) -> None:
    try:
        for drawing in drafted.drawings:
            target = path.parent / drawing.path
            target.parent.mkdir(exist_ok=True)
            _replace(target, drawing.svg)
        _replace(path, text)
        # Last: with an older base an edit is still an edit; with a younger one, what is missing would count as removed.
        _replace(find_base(path), drafted.document)
    except OSError as error:
        raise describe_unwritable(path, error) from error


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all: whoever has it open keeps the old one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
