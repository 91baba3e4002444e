"""Which guardrails can never let anything through: an action nobody offers, a role nobody has.

A misspelt word in a policy refuses, which is safe, and says nothing until the first incident. For `fermata check`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from fermata.domain.person import Person
from fermata.domain.policy import Guardrail

_ALL_BUT = 0.8
"""How alike two names are of which one is a slip: `postgre` and `postgres` are 0.93, `gitlab` and `github` 0.67."""


def find_dead_ends(
    guardrails: Sequence[Guardrail], *, offered: Collection[str], people: Sequence[Person], group_roles: Collection[str]
) -> Sequence[str]:
    """Return a sentence for each part of a guardrail that can permit nothing, in file order.

    Args:
        offered: Catalogue names of the configured systems. A glob that speaks of another system is not judged: one
            policy may serve several places.
        people: Those in the settings; machine accounts count for nothing.
        group_roles: Roles that members of a channel's groups have: who they are is known to the channel alone.
    """
    return [
        f"{guardrail.id}: {fault}"
        for guardrail in guardrails
        for fault in (*_list_unmatched(guardrail, offered), *_list_missing(guardrail, people, group_roles))
    ]


def _list_unmatched(guardrail: Guardrail, offered: Collection[str]) -> Sequence[str]:
    systems = {name.partition(".")[0] for name in offered}
    faults = []
    for glob in guardrail.actions:
        if glob.partition(".")[0] in systems and not any(fnmatchcase(name, glob) for name in offered):
            near = get_close_matches(glob, offered, n=1)
            meant = f"is {near[0]} meant? " if near else ""
            faults.append(f"no action is called {glob}; {meant}`fermata actions` lists them")
        elif system := _find_misspelt_system(glob, systems):
            faults.append(f"no system is called {glob.partition('.')[0]}; is {system} meant?")
    return faults


def _find_misspelt_system(glob: str, systems: Collection[str]) -> str:
    """Return the configured system that a glob all but names; empty where it names one, or another place's."""
    system, dot, _ = glob.partition(".")
    if not dot or system in systems:
        return ""
    return next(iter(get_close_matches(system, systems, n=1, cutoff=_ALL_BUT)), "")


def _list_missing(guardrail: Guardrail, people: Sequence[Person], group_roles: Collection[str]) -> Sequence[str]:
    approvers = guardrail.approvers
    if set(approvers.roles) & set(group_roles):
        return ()
    able = [
        person
        for person in people
        if not person.bot and (person.id in approvers.people or set(person.roles) & set(approvers.roles))
    ]
    if len(able) >= guardrail.approvals:
        return ()
    named = ", ".join((*(f"role {role}" for role in approvers.roles), *approvers.people))
    needs = f"it needs {guardrail.approvals}, and only {len(able)} may" if able else "nobody may"
    known = sorted({role for person in people for role in person.roles} - set(approvers.roles))
    near = [found for role in approvers.roles for found in get_close_matches(role, known, n=1)]
    meant = f"; is {near[0]} meant?" if near and not able else ""
    return (f"{needs} approve: {named}; see `people:`{meant}",)
