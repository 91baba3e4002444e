"""The environment of a workload's containers, from its spec: nothing is executed in the container."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import EnvironmentFacts
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.collect import list_config_maps
from fermata.integrations.kubernetes.digging import containers_of, template_of
from fermata.integrations.kubernetes.evidence import build_evidence
from fermata.integrations.kubernetes.looking import Place, look
from fermata.integrations.kubernetes.resources import CONFIG_MAP
from fermata.integrations.kubernetes.scope import Target
from fermata.integrations.kubernetes.variables import Variables, resolve
from fermata.integrations.kubernetes.visit import ScopeCollector, Visit
from fermata.kit.digging import dig_text
from fermata.kit.errors import OperationalError
from fermata.kit.listing import join_cuts
from fermata.ports.handing import read_all

MOST_VARIABLES = 300
_LONGEST_VALUE = 300


class EnvironmentCollector(ScopeCollector):
    """The variables of the scope's containers."""

    name = "kubernetes.environment"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each container that is given any variable.

        Raises:
            OperationalError: The cluster cannot be asked.
        """
        async with self._visits.join(scope) as visit:
            found = await look(visit, scope)
            return await read_all(
                {
                    f"variables of {place.holdings.namespace}": self._collect(visit, scope, place)
                    for place in found.places
                }
            )

    async def _collect(self, visit: Visit, scope: Scope, place: Place) -> list[Evidence]:
        names = list_config_maps(place.targets)
        space = place.holdings.namespace
        answers = await asyncio.gather(*(visit.find(CONFIG_MAP, name, space) for name in names), return_exceptions=True)
        maps: dict[str, Mapping[str, Any] | None] = {}
        refused: list[str] = []
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, OperationalError):
                refused.append(f"configmap {name}: {answer}")
            elif not isinstance(answer, BaseException):
                maps[name] = answer
        return [item for target in place.targets for item in self._describe(scope, target, maps, refused)]

    def _describe(
        self, scope: Scope, target: Target, maps: Mapping[str, Mapping[str, Any] | None], refused: Sequence[str]
    ) -> Iterator[Evidence]:
        # Of the pods, the one that needs attention most; a template when there is none.
        item: Mapping[str, Any] = target.pods[0] if target.pods else target.item or {}
        known = containers_of(item)
        for container in (*known, *(each for each in containers_of(item, with_init=True) if each not in known)):
            found = resolve(container, template_of(item), maps, self._settings.show_values_of)
            if found.values or found.missing or found.unknown:
                yield self._build(scope, target, dig_text(container, "name"), found, refused)

    def _build(
        self, scope: Scope, target: Target, container: str, found: Variables, refused: Sequence[str]
    ) -> Evidence:
        shown = dict(list(found.values.items())[:MOST_VARIABLES])
        lines = [f"{name}={_cut(value)}" for name, value in shown.items()]
        lines += [f"# missing: {words}" for words in dict.fromkeys(found.missing)]
        lines += [f"# all of {words}: names and values are not read" for words in found.unknown]
        left = len(found.values) - len(shown)
        cuts = [f"{left} more variables" if left else "", *refused]
        return build_evidence(
            scope,
            self._clock,
            lines=lines,
            facts=EnvironmentFacts(variables=shown, origin=f"pod spec of {target.ref}, container {container}"),
            kind=EvidenceKind.ENVIRONMENT,
            collector=self.name,
            entity=target.entity,
            title=f"{target.ref}/{container}: {len(shown)} variables" + (", some missing" if found.missing else ""),
            query=f"kubectl set env {target.ref} -n {target.namespace} -c {container} --list --resolve",
            cut=join_cuts(*cuts),
            redactions=found.redactions,
        )


def _cut(value: str) -> str:
    # Two lines of a value would be two lines of evidence.
    text = value.replace("\n", "\\n")
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."
