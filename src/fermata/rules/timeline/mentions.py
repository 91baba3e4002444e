"""Who is mentioned in a line: a mention that only calls somebody is none of the line, one that is said of them is.

"@ana: the pool is full" is told without her; "@ana restarted the primary" and "@ana you take comms" are not, and a
name keeps all of its words.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from fermata.rules.timeline.reproach import clear_blame

_MOST_KEPT = 8
"""Sets of names whose pattern is kept: a draft has one."""
_RAW = re.compile(r"<@[^>]*>|<![^>]*>|(?<!\w)@(?:here|channel|everyone)\b[:,]?")
_ANY = r"\w(?:[\w.-]*\w)?"
_TOLD = re.compile(
    r"(?:['\u2019]s\b|\s+(?:(?!(?:need|feed|speed|proceed|seed|embed)\b)\w{2,}ed|is|are|was|were|has|had|just|also|"
    r"already|will|and|or|says?|said|sees|saw|thinks|thought|ran|did|does|made|took|sent|went|got|gave|found|brought|"
    r"began|wrote|undid|back|joins?|rebuilt|drove)\b)",
    re.IGNORECASE,
)
_CALLS_AT_THE_END = re.compile(
    r"(?:^|[,;.:!?)\u2013\u2014-])\s*$|\b(?:thanks?|thx|ty|thank you|fyi|ping)\s+$", re.IGNORECASE
)
_CC = re.compile(r"[\s,;(]*\bcc:?\s*$", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:\W|\b(?:ok(?:ay)?|so|and|hey|hi|hello|fyi|update|yes|yep|also|but|oh|well|thanks?)\b)*$", re.IGNORECASE
)


def resolve_mentions(line: str, names: Collection[str]) -> str:
    """Return a line without mentions that only call somebody, and with the bare name in place of the others.

    Args:
        names: Handles and names of people, as a chat's reader writes them behind the `@`.
    """
    line = _RAW.sub("", line)
    if "@" not in line:
        return line
    told, end = "", 0
    for match in _compile(frozenset(names)).finditer(line):
        told += line[end : match.start()]
        end = match.end()
        rest = line[end:]
        if _is_call(told, rest):
            end += len(rest) - len(rest.lstrip(":,"))
        else:
            told += match[1]
    return _CC.sub("", told + line[end:])


def _hide_strangers(line: str, names: Collection[str]) -> str:
    known = {name.lower() for name in names}
    return _compile(frozenset(names)).sub(lambda match: match[0] if match[1].lower() in known else "somebody", line)


def blames_stranger(line: str, names: Collection[str]) -> bool:
    """Answer whether a line lays a fault at the door of somebody who is mentioned, and whose name is not known."""
    return "@" in line and not clear_blame(_hide_strangers(line, names), names)


def _is_call(before: str, after: str) -> bool:
    if _GREETING.match(before):
        return _TOLD.match(after) is None
    if _CC.search(before):
        return True
    return not after.strip(" .!?)") and _CALLS_AT_THE_END.search(before) is not None


@lru_cache(maxsize=_MOST_KEPT)
def _compile(names: frozenset[str]) -> re.Pattern[str]:
    known = [rf"{re.escape(name)}(?!\w)" for name in sorted(names, key=lambda name: (-len(name), name))]
    # "@types/node" is a package.
    return re.compile(rf"(?<!\w)@({'|'.join([*known, _ANY])})(?![/\w])", re.IGNORECASE)
