"""What a failure misses by name, and the change that took it away: `KeyError: 'tea'`, and the line that held "tea"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.diffs import FileKind, find_kind, parse_diff
from fermata.rules.logs import LoggedError
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.workloads import contains_word

_LONGEST = 2000
_TYPES = re.compile(r"(?:Key(?:NotFound)?|Name|Attribute|Import|ModuleNotFound|NoMethod|Reference)(?:Error|Exception)$")
_SAID = re.compile(r"(?i)not defined|undefined|no attribute|not found|no such|cannot find|is not a function")
_NAMED = re.compile(r"[\"'`]([\w.$@-]{3,80})[\"'`]|\b(\w{3,80}) is not (?:defined|a function)|\bundefined: (\w{3,80})")
_NOTHING = re.compile(r"(?i)'NoneType'|\b(?:for|of) (?:an instance of )?(?:nil|null|undefined)\b")
"""What is asked is not there at all, whatever it is asked for."""
_ASKED = re.compile(r"""['"`][\w.$]+['"`] object\b|\b(?:from|module|instance of|for) ['"`]?[\w.$:]+['"`]?""")
"""Who is asked for what it lacks."""


@dataclass(frozen=True, slots=True)
class TakenAway:
    """A name that a change took out of a file."""

    word: str
    path: str
    code: str
    """The line that held it, as the diff has it."""


def find_taken_away(change: Sighting[ChangeFacts], link: LoggedError) -> TakenAway | None:
    """Return what a failure misses and a change took out of a file; `None` where it is anywhere among what it added."""
    words = list_missed(link)
    texts = [line.text[:_LONGEST] for line in change.evidence.lines] if words else []
    gone = [word for word in words if _is_signed(texts, "-", word) and not _is_signed(texts, "+", word)]
    if not gone:
        return None  # A diff is read where there is something to be found in it: it takes long.
    paths = {touched.path for touched in change.facts.files if _may_hold(touched.path, link)}
    # A stack that quotes the line is of what ran before.
    runs = {frame.code.strip() for frame in link.frames}
    for hunk in parse_diff(change.evidence.lines, [touched.path for touched in change.facts.files]).hunks:
        for line in hunk.list_signed("-") if hunk.path in paths else ():
            for word in gone:
                if contains_word(line.text, word) and line.text.strip() not in runs:
                    return TakenAway(word, hunk.path, line.text.strip())
    return None


def _is_signed(texts: Sequence[str], sign: str, word: str) -> bool:
    return any(text.startswith(sign) and contains_word(text, word) for text in texts)


def list_missed(link: LoggedError) -> Sequence[str]:
    """Return the names that a failure says are not there, in order; empty for a failure of another kind."""
    text = link.message[:_LONGEST]
    if _TYPES.search(link.type) is None and _SAID.search(text) is None:
        return ()
    if _NOTHING.search(text):
        return ()
    text = _ASKED.sub("", text)
    return tuple(dict.fromkeys(name for found in _NAMED.findall(text) for name in found if name))


def _may_hold(path: str, link: LoggedError) -> bool:
    """Answer whether a failing program may read a file: one of its stack, by its base name, or one of settings.

    An image's `COPY api /app` has another folder than the repository, and no stack names a file of data.
    """
    name = path.rpartition("/")[2]
    names = {frame.file.replace("\\", "/").rpartition("/")[2] for frame in link.frames}
    return find_kind(path) is FileKind.SETTINGS or name in names
