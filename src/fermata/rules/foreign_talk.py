"""Which of a room's messages belong to an incident that was on before this one began. Pure.

Rooms outlive incidents: whoever reads the hour before a first alert finds the talk of the incident before it, and takes
its customers, its start and its fix for this one's. Our own journal knows when that one was on and in which rooms its
card stood; whether people spoke of it there is read from what they said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fermata.domain.record import Instant
from fermata.domain.trail import Message

_SHORTEST = 3
"""Letters of a name that is no chance in a sentence."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An incident that was on before the one that is drafted began."""

    start: Instant
    """Its first sign."""
    end: Instant
    """When it was over, or when the other one began, whichever came first."""
    rooms: frozenset[str]
    """Rooms in which its card stood."""
    names: frozenset[str]
    """What it is about."""
    cards: tuple[str, ...] = ()
    """What channels keep of its cards; the ids of their messages are among that, quoted."""


def list_foreign(messages: Sequence[Message], neighbours: Iterable[Neighbour], names: Iterable[str]) -> frozenset[str]:
    """Return the ids of messages that were said about one of the neighbours: while it was on, in a room of its card.

    What is said in the thread of its card is about it whenever it is said. What is said beside it is where some person
    named what it is about meanwhile; an alert that nobody spoke of makes no talk its own. A message that names what our
    incident is about, and no neighbour is about, stays ours, and so does all that hangs below a message that stays.
    What hangs below a foreign one is foreign.

    Args:
        names: What our own incident is about.
    """
    own = frozenset(map(str.lower, names))
    found: set[str] = set()
    threads = {item.thread for item in messages if item.thread}
    for one in neighbours:
        said = [item for item in messages if item.channel in one.rooms and one.start <= item.at <= one.end]
        theirs = _write_pattern(one.names)
        ours = _write_pattern(own - frozenset(map(str.lower, one.names)))
        cards = {name for name in threads if any(f'"{name.rpartition("/")[2]}"' in card for card in one.cards)}
        found |= {item.id for item in messages if item.thread in cards and not ours.search(item.text)}
        if not any(theirs.search(item.text) for item in said if not item.is_bot):
            continue
        heads = {item.id: not ours.search(item.text) for item in said if not item.thread}
        roots = {name for name, is_theirs in heads.items() if is_theirs}
        stays = heads.keys() - roots
        below = [item for item in said if item.thread and item.thread not in stays]
        below += [item for item in messages if item.thread in roots]
        found |= roots | {item.id for item in below if not ours.search(item.text)}
    return frozenset(found)


def _write_pattern(names: Iterable[str]) -> re.Pattern[str]:
    known = sorted(name for name in names if len(name) >= _SHORTEST)
    words = "|".join(map(re.escape, known))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) if known else re.compile(r"(?!)")
