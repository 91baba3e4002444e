"""Which incident somebody means by a word: the end of an id, the service it is about, or a word of its title. Pure.

An id, or an alert of a name that fires in one incident alone, goes before all of this. Of several that a name fits, the
one that goes on is meant if it is the only one; otherwise nobody guesses: they are listed. The end of an id has to be
that of one alone: nothing at all, as a variable that is not set, ends every one. It goes before no name of another
incident: of a few hundred ids one ends in `db` by chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fermata.domain.incident import Incident
from fermata.kit.listing import write_some

_MOST_LISTED = 3
_BETWEEN = re.compile(r"[^\w.-]+")
"""What parts the words of a title: a part of a word names nothing, for an incident can be ended by its name."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a word names."""

    found: Incident | None = None
    """The only one it can mean."""
    others: tuple[Incident, ...] = ()
    """Those it may mean, when it is not one; the newest first."""
    near: str = ""
    """A name that is written nearly like the word, when it means none."""


def name_incident(text: str, recent: Sequence[Incident]) -> Named:
    """Return which incident is meant.

    Args:
        recent: Those among which it is looked for, the newest first.
    """
    word = text.casefold()
    if not word:
        return Named(others=tuple(recent))
    called = [one for one in recent if word in _list_names(one)] or [one for one in recent if _has_title(one, word)]
    if any(one.id.endswith(word) for one in recent):
        fitting = tuple(one for one in recent if one.id.endswith(word) or one in called)
        return Named(found=fitting[0]) if len(fitting) == 1 else Named(others=fitting)
    live = [one for one in called if one.is_live]
    for few in (live, called):
        if len(few) == 1:
            return Named(found=few[0])
    if called:
        return Named(others=tuple(live or called))
    names = {name: None for incident in recent for name in _list_names(incident)}
    return Named(near=next(iter(get_close_matches(word, names, n=1)), ""))


def describe_others(named: Named) -> str:
    """Return those that a word may mean, in words; empty for none."""
    return write_some([f"{incident.id} ({incident.title})" for incident in named.others], _MOST_LISTED)


def _has_title(incident: Incident, word: str) -> bool:
    return word in _BETWEEN.split(incident.title.casefold())


def _list_names(incident: Incident) -> Sequence[str]:
    """Return the names of what an incident is about."""
    return [entity.name.casefold() for entity in incident.entities]
