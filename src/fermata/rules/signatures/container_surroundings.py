"""What a container's own surroundings add to a fault that its log tells of: its mounts, and who is there to be called.

A log says that a disk is full, or that a name is not known. Which volume that is, and that no container has such a
name, its engine knows. Nothing is added to what is no container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from fermata.domain.evidence import Evidence
from fermata.domain.facts import EnvironmentFacts, MountFacts, StateFacts
from fermata.kit.listing import write_some
from fermata.rules.claims import Claim, Quote
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.reach import is_unresolved, list_hosts
from fermata.rules.signatures.workloads import Workload, contains_word

_DOCKER = "docker"
_MOST = 3
_LONGEST = 2000


def add_surroundings(case: Case, claim: Claim) -> Claim:
    """Return a claim with what its container's engine adds to it; as it is, where that is nothing."""
    found = next((one for one in case.workloads if one.entity == claim.subject), None)
    if found is None or found.entity.system != _DOCKER:
        return claim
    if claim.cause == "disk_full" and found.state is not None:
        return _name_mounts(case, claim, found.state)
    if claim.cause == "dns_failure" and found.environment is not None:
        return _name_missing(case, claim, found, found.environment)
    return claim


def _name_mounts(case: Case, claim: Claim, state: Sighting[StateFacts]) -> Claim:
    """Name the volume that a line of the claim writes to; where none does, all that the container may write to.

    Who else may write there is named, too: what fills a volume is often another one, a job of the night.
    """
    mounts = [one for one in state.facts.mounts if not one.is_read_only]
    texts = [quote.text[:_LONGEST] for quote in claim.quotes]
    written = [one for one in mounts if any(_is_below(one, text) for text in texts)]
    # Of two that contain a path, the deeper one holds it.
    meant = [max(written, key=lambda one: len(one.path))] if written else mounts
    if not meant:
        return claim
    told = write_some([f"{one.source} at {one.path}" for one in meant], _MOST)
    words = f"It writes to {told}." if written else f"It may write to {told}."
    others, shown = _list_sharers(case, claim, {one.source for one in meant})
    words += f" So may {write_some(others, _MOST)}: see what they keep there." if others else ""
    sized = "`docker system df -v` says how large each volume is; a full layer of a container is its host's disk."
    return replace(
        claim,
        text=f"{claim.text.rstrip('.')}. {words}",
        person_must=f"{claim.person_must} {sized}",
        quotes=(*claim.quotes, *_quote(state.evidence, f"mount: {meant[0].source} at {meant[0].path}"), *shown),
    )


def _list_sharers(case: Case, claim: Claim, sources: set[str]) -> tuple[list[str], tuple[Quote, ...]]:
    """Return the other containers that may write to the same volumes or folders, and the lines that show it."""
    names: list[str] = []
    quotes: list[Quote] = []
    for one in case.workloads:
        mounts = one.state.facts.mounts if one.state is not None and one.entity != claim.subject else ()
        shared = [own for own in mounts if own.source in sources and not own.is_read_only and _is_shared(own)]
        if shared and one.state is not None and one.entity.system == _DOCKER:
            names.append(one.entity.name)
            quotes += _quote(one.state.evidence, f"mount: {shared[0].source} at {shared[0].path}")
    return names, tuple(quotes[:_MOST])


def _is_shared(mount: MountFacts) -> bool:
    """Answer whether a mount of the same words is the same thing: each container has a tmpfs of its own."""
    return mount.source.startswith(("volume ", "bind of "))


def _is_below(mount: MountFacts, text: str) -> bool:
    return re.search(rf"(?<![\w/.-]){re.escape(mount.path.rstrip('/'))}(?![\w.-])", text) is not None


def _name_missing(case: Case, claim: Claim, container: Workload, environment: Sighting[EnvironmentFacts]) -> Claim:
    """Say that no container is called like a name that does not resolve, and which variable has it."""
    known = {name.lower() for one in case.workloads if one.entity.system == _DOCKER for name in _list_names(one)}
    for variable, host in list_hosts(environment.facts):
        if host.lower() in known or not _is_not_resolved(container, host):
            continue
        near = _find_near(case, container, host)
        meant = f" {near[0]!r}, which is {near[1].entity.name}, may be meant." if near is not None else ""
        return replace(
            claim,
            text=f"{claim.text.rstrip('.')}. No container that was looked at is called {host!r}, and {variable} of "
            f"{container.entity.name} says so; Docker's DNS knows containers by their names, services and aliases, "
            f"while they run.{meant}",
            person_must=f"Correct {variable} of {container.entity.name}, or give the container that is meant the name "
            f"{host!r} on a network of both (compose: the service's name, or networks.<name>.aliases).",
            quotes=(*claim.quotes, *_quote(environment.evidence, f"{variable}=")),
        )
    return claim


def _find_near(case: Case, container: Workload, host: str) -> tuple[str, Workload] | None:
    """Return the name that was probably meant, and whose it is: one spelt alike, or that of who runs such an image."""
    others = [one for one in case.workloads if one.entity.system == _DOCKER and one.entity != container.entity]
    # A service's name is what others write into their settings.
    names = {(one.entity.namespace or one.entity.name).lower(): one for one in others}
    close = get_close_matches(host.lower(), names, n=1)
    alike = [name for name, one in names.items() if host.lower() in _name_image(one)]
    near = close[0] if close else alike[0] if len(alike) == 1 else ""
    return (near, names[near]) if near else None


def _name_image(container: Workload) -> str:
    """Return the name of a container's image without registry and tag."""
    version = container.state.facts.version if container.state else ""
    return version.partition(" ")[0].rpartition("/")[2].partition(":")[0].lower()


def _list_names(container: Workload) -> Iterator[str]:
    yield from (container.entity.name, container.entity.namespace)
    yield from container.state.facts.names if container.state else ()


def _is_not_resolved(container: Workload, host: str) -> bool:
    return any(
        contains_word(line.text[:_LONGEST], host)
        for failure in container.errors
        if is_unresolved(failure)
        for line in failure.error.lines
    )


def _quote(evidence: Evidence, begin: str) -> tuple[Quote, ...]:
    found = (line for line in evidence.lines if line.text.startswith(begin))
    return tuple(Quote(evidence.id, line.number, line.text) for line in found)[:1]
