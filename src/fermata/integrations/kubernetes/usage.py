"""What a workload's containers use, against their limits: from the metrics server, where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ResourceFacts
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.answers import NotThere, Refusal
from fermata.integrations.kubernetes.digging import containers_of, name_of
from fermata.integrations.kubernetes.evidence import build_evidence
from fermata.integrations.kubernetes.looking import look
from fermata.integrations.kubernetes.quantities import parse_quantity
from fermata.integrations.kubernetes.resources import POD_METRICS
from fermata.integrations.kubernetes.scope import Target
from fermata.integrations.kubernetes.visit import ScopeCollector, Visit
from fermata.kit.digging import dig, dig_maps, dig_text
from fermata.kit.units import format_size
from fermata.ports.handing import read_all

Json = Mapping[str, Any]
_UNAVAILABLE = 503


class UsageCollector(ScopeCollector):
    """Memory and processor time of the scope's pods."""

    name = "kubernetes.resources"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each workload; none where no metrics server is installed.

        Raises:
            OperationalError: The cluster cannot be asked, or its metrics may not be read.
        """
        async with self._visits.join(scope) as visit:
            targets = [target for target in (await look(visit, scope)).targets if target.pods]
            spaces = dict.fromkeys(target.namespace for target in targets)
            return await read_all({f"use in {space}": self._collect(visit, scope, space, targets) for space in spaces})

    async def _collect(self, visit: Visit, scope: Scope, space: str, targets: Sequence[Target]) -> list[Evidence]:
        try:
            listing = await visit.list(POD_METRICS, space)
        except NotThere:
            return []  # Not installed: nothing is missing that ever was there.
        except Refusal as error:
            if error.code == _UNAVAILABLE:
                return []  # Registered, and does not run.
            raise
        usage = {name_of(item): item for item in listing.items}
        found = (self._describe(scope, target, usage) for target in targets if target.namespace == space)
        return [item for item in found if item is not None]

    def _describe(self, scope: Scope, target: Target, usage: Mapping[str, Json]) -> Evidence | None:
        lines: list[str] = []
        heaviest: ResourceFacts | None = None
        for pod in target.pods:
            measured = usage.get(name_of(pod))
            for container in dig_maps(measured, "containers"):
                facts = _read_facts(container, pod)
                lines.append(_say(name_of(pod), container, facts))
                if heaviest is None or _share(facts) > _share(heaviest):
                    heaviest = facts
        if heaviest is None:
            return None
        return build_evidence(
            scope,
            self._clock,
            lines=lines,
            facts=heaviest,
            kind=EvidenceKind.RESOURCES,
            collector=self.name,
            entity=target.entity,
            title=f"{target.ref}: usage of {len(lines)} containers; the facts are the fullest one's",
            query=f"kubectl top pods -n {target.namespace} --containers",
        )


def _read_facts(container: Json, pod: Json) -> ResourceFacts:
    spec = next((each for each in containers_of(pod) if each.get("name") == container.get("name")), {})
    limit = _read_bytes(dig(spec, "resources", "limits", "memory"))
    return ResourceFacts(
        memory_bytes=_read_bytes(dig(container, "usage", "memory")),
        memory_limit_bytes=limit,
        memory_limit_kind="cgroup" if limit is not None else "",
    )


def _say(pod: str, container: Json, facts: ResourceFacts) -> str:
    used, limit = facts.memory_bytes, facts.memory_limit_bytes
    memory = "unknown" if used is None else format_size(used)
    of_limit = f" of {format_size(limit)}" if limit else ", no limit"
    cpu = _read_amount(dig(container, "usage", "cpu"))
    processor = "unknown" if cpu is None else f"{float(cpu):.3f} cores"
    return f"{pod}/{dig_text(container, 'name')}: memory {memory}{of_limit}, cpu {processor}"


def _share(facts: ResourceFacts) -> float:
    used, limit = facts.memory_bytes or 0, facts.memory_limit_bytes
    return used / limit if limit else 0.0


def _read_amount(text: object) -> Decimal | None:
    try:
        return parse_quantity(str(text))
    except ValueError:
        return None  # Not given.


def _read_bytes(text: object) -> int | None:
    found = _read_amount(text)
    return None if found is None else int(found.to_integral_value(rounding="ROUND_CEILING"))
