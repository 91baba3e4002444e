"""Which incident somebody means by a word: the end of an id, the service it is about, or a word of its title. Pure.

An id, or an alert of a name that fires in one incident alone, goes before all of this. Of several that a name fits, the
one that goes on is meant if it is the only one; otherwise nobody guesses: they are listed. The end of an id has to be
that of one alone: nothing at all, as a variable that is not set, ends every one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fermata.domain.incident import Incident

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
    if ended := tuple(incident for incident in recent if incident.id.endswith(word)):
        return Named(found=ended[0]) if len(ended) == 1 else Named(others=ended)
    for is_meant in (_by_service(word), _by_title(word)):
        fitting = [incident for incident in recent if is_meant(incident)]
        live = [incident for incident in fitting if incident.is_live]
        for few in (live, fitting):
            if len(few) == 1:
                return Named(found=few[0])
        if fitting:
            return Named(others=tuple(live or fitting))
    names = {name: None for incident in recent for name in _list_names(incident)}
    return Named(near=next(iter(get_close_matches(word, names, n=1)), ""))


def describe_others(named: Named) -> str:
    """Return those that a word may mean, in words; empty for none."""
    shown = ", ".join(f"{incident.id} ({incident.title})" for incident in named.others[:_MOST_LISTED])
    left = len(named.others) - _MOST_LISTED
    return f"{shown} and {left} more" if left > 0 else shown


def _by_service(word: str) -> Callable[[Incident], bool]:
    return lambda incident: word in _list_names(incident)


def _by_title(word: str) -> Callable[[Incident], bool]:
    return lambda incident: bool(word) and word in _BETWEEN.split(incident.title.casefold())


def _list_names(incident: Incident) -> Sequence[str]:
    """Return the names of what an incident is about."""
    return [entity.name.casefold() for entity in incident.entities]
