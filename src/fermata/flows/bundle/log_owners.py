"""Whose logs are meant by files that are not named as what wrote them: known once everything else was read.

`docker compose logs` names the service and not the container; people name a file after the service and what it is
(`checkout-build.log`, `web_stderr.txt`). What fits several, or nothing that is known, stays as it was named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.haul import Draft, Haul, make_entity
from fermata.rules.scope import find_entities
from fermata.rules.signatures.workloads import is_same_service

_KIND = re.compile(
    r"[-_. ](?:access|app|build|ci|compose|container|deploy|docker|err|errors?|logs?|out|output|previous|stderr|stdout"
    r"|tail)$",
    re.IGNORECASE,
)
"""What is said of a log behind the name of its service."""


def settle_owners(haul: Haul) -> None:
    """Give each log that is a service's to the one container or process of it; one with a word behind, to the service.

    Pods are found by whoever reads the cluster's objects, by the name of their workload.
    """
    running = [draft.entity for draft in haul.drafts if draft.kind is EvidenceKind.STATE and draft.entity.system]
    running = list({entity.ref: entity for entity in running}.values())
    named = {entity.name for alert in haul.alerts for entity in find_entities(alert)}
    known = named | {name for entity in running for name in (entity.name, entity.namespace) if name}
    for index, draft in enumerate(haul.drafts):
        if draft.kind is EvidenceKind.LOGS and draft.entity.kind == "service" and not draft.entity.system:
            haul.drafts[index] = _settle(draft, known, running)


def _settle(draft: Draft, known: set[str], running: list[Entity]) -> Draft:
    for name in _list_names(draft.entity.name):
        if not any(is_same_service(name, one) for one in known):
            continue
        own = [one for one in running if is_same_service(name, one.namespace) or is_same_service(name, one.name)]
        return replace(draft, entity=own[0] if len(own) == 1 else make_entity("service", name))
    return draft


def _list_names(name: str) -> Iterator[str]:
    """Yield a file's name, and what it is without the words behind it: `checkout-build-1.log` is no other service."""
    yield name
    while (found := _KIND.search(name)) is not None:
        name = name[: found.start()]
        yield name
