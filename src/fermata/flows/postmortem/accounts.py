"""One name for whoever has accounts in several systems: a draft calls people as their chat shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fermata.domain.heard import HeardPerson
from fermata.domain.person import Person
from fermata.domain.trail import Deploy
from fermata.flows.postmortem.heard_talk import Names

_JOURNAL = "journal"
"""The platform of our own record; there, people have the ids of the settings."""
_FORGES = ("github", "gitlab")
"""Whose accounts have login names: what a chat shows is preferred."""


def name_alike(people: Sequence[HeardPerson], known: Iterable[Person]) -> Sequence[HeardPerson]:
    """Return people with one name for all accounts of somebody, where the settings say whose they are.

    Args:
        known: The people of the settings, with their handles.
    """
    shown = {(person.platform, person.user): person.name for person in people if person.name}
    names: dict[tuple[str, str], str] = {}
    for person in known:
        accounts = sorted(person.handles.items(), key=lambda item: item[0] in _FORGES)
        if name := next((shown[account] for account in accounts if account in shown), ""):
            names |= dict.fromkeys([*accounts, (_JOURNAL, str(person.id))], name)
    return [
        person.model_copy(update={"name": names[person.platform, person.user]})
        if (person.platform, person.user) in names
        else person
        for person in people
    ]


def name_authors(
    deploys: Iterable[Deploy], people: Sequence[HeardPerson], alike: Sequence[HeardPerson]
) -> Sequence[Deploy]:
    """Return deploys with their authors, whom a forge calls by login names, called as everybody calls them.

    Args:
        people: With the names that each system has.
        alike: The same people, as `name_alike` gives them.
    """
    handles = Names(alike)
    names = {
        (person.platform, person.name): handles.find_handle(person.platform, person.user)
        for person in people
        if person.name
    }
    return [
        replace(deploy, author=names.get((deploy.id.partition(":")[0], deploy.author), deploy.author))
        for deploy in deploys
    ]
