"""What was rolled out, scaled by hand, or written to a config map without a rollout.

Of a workload's pod template it is the difference between its last revisions. Kubernetes keeps none of a config map:
that it was written is told, and what it holds since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, FileChange
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.collect import list_config_maps
from fermata.integrations.kubernetes.digging import Owner
from fermata.integrations.kubernetes.evidence import build_evidence
from fermata.integrations.kubernetes.looking import Place, look
from fermata.integrations.kubernetes.pruning import prune
from fermata.integrations.kubernetes.radius import names_target
from fermata.integrations.kubernetes.resources import AUTOSCALER, CONFIG_MAP, CONTROLLER_REVISION, EVENT, REPLICA_SET
from fermata.integrations.kubernetes.revisions import (
    Step,
    compare,
    find_start,
    list_added,
    list_revisions,
    list_told,
)
from fermata.integrations.kubernetes.scaling import Scaling, find_scaling
from fermata.integrations.kubernetes.scope import Target
from fermata.integrations.kubernetes.visit import ScopeCollector, Visit
from fermata.integrations.kubernetes.written import Written, find_written, is_unseen
from fermata.integrations.kubernetes.yaml_text import write_value
from fermata.kit.digging import dig_text
from fermata.kit.errors import OperationalError
from fermata.ports.handing import read_all

MOST_STEPS = 3
"""Of one workload: the last one always, earlier ones when they lie in the window."""
_NOBODY = "by whom is not recorded"
_KINDS = {"Deployment": REPLICA_SET, "StatefulSet": CONTROLLER_REVISION, "DaemonSet": CONTROLLER_REVISION}


class RolloutCollector(ScopeCollector):
    """The last changes of the pod templates of a scope's workloads."""

    name = "kubernetes.changes"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each change, latest first; none for what never changed.

        Raises:
            OperationalError: The cluster cannot be asked, or the revisions may not be listed.
        """
        async with self._visits.join(scope) as visit:
            looked = await look(visit, scope)
            targets = [each for each in looked.targets if each.kind in _KINDS]
            parts = {f"revisions of {each.namespace}/{each.ref}": self._collect(visit, scope, each) for each in targets}
            for place in looked.places:
                parts[f"config maps of {place.holdings.namespace}"] = self._collect_maps(visit, scope, place)
            return await read_all(parts)

    async def _collect_maps(self, visit: Visit, scope: Scope, place: Place) -> list[Evidence]:
        space = place.holdings.namespace
        users: dict[str, Target] = {}
        for target in place.targets:
            users |= {name: target for name in list_config_maps((target,)) if name not in users}
        items = await asyncio.gather(*(_find_map(visit, name, space) for name in users))
        evidence = []
        for target, item in zip(users.values(), items, strict=True):
            written = find_written(item) if item is not None else None
            if item is not None and written is not None and scope.window_start <= written.at <= scope.window_end:
                evidence.append(self._build_written(scope, target, item, written))
        return evidence

    async def _collect(self, visit: Visit, scope: Scope, target: Target) -> list[Evidence]:
        holders, events = await asyncio.gather(
            visit.list(_KINDS[target.kind], target.namespace), _list_events(visit, target.namespace)
        )
        revisions = list_revisions(Owner(target.kind, target.name), holders.items)
        path = f"{target.namespace}/{target.kind.lower()}/{target.name}.yaml"
        steps = [
            compare(before, after, path, self._settings.show_values_of)
            for before, after in zip((None, *revisions), revisions, strict=False)
        ]
        evidence: list[Evidence] = []
        scaling = await _find_scaling(visit, target, events)
        # A rollback is dated by what was said of its replica set: what somebody did with that later is none of it.
        events = [each for each in events if scaling is None or each.get("message") != scaling.said]
        for step in reversed(list_told(steps, target.item or {})[-MOST_STEPS:]):
            at = find_start(step, target.item or {}, events)
            is_last = step is steps[-1] and step.before is not None
            in_window = at is not None and scope.window_start <= at <= scope.window_end
            if at is not None and step.diff and (is_last or in_window):
                evidence.append(self._build(scope, target, step, at))
        if scaling is not None and scope.window_start <= scaling.at <= scope.window_end:
            evidence.append(self._build_scaling(scope, target, scaling, path))
        return evidence

    def _build(self, scope: Scope, target: Target, step: Step, at: datetime) -> Evidence:
        ref = f"revision {step.after.number}"
        verb = "rolled back to what ran before" if step.is_back else "rolled out"
        title = f"{target.ref} {ref} {verb}: {step.summary}"
        files = (FileChange(path=step.diff[1].removeprefix("+++ b/"), added=list_added(step.diff)),)
        facts = ChangeFacts(
            id=f"{target.namespace}/{target.ref}@{step.after.number}",
            kind="rollout",
            title=f"{step.after.cause} ({title})" if step.after.cause else title,
            changed_at=at,
            files=files if step.is_compared else (),
            diff_read=step.is_compared,
            service=target.name,
            ref=ref,
            sha=step.after.sha,
        )
        return build_evidence(
            scope,
            self._clock,
            lines=step.diff,
            facts=facts,
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            entity=target.entity,
            title=title[:300],
            query=f"kubectl rollout history {target.ref} -n {target.namespace} --revision={step.after.number}",
            redactions=step.redactions,
        )

    def _build_scaling(self, scope: Scope, target: Target, scaling: Scaling, path: str) -> Evidence:
        ref = f"replicas {scaling.old} -> {scaling.new}"
        diff = scaling.write_diff(path)
        facts = ChangeFacts(
            id=f"{target.namespace}/{target.ref}@replicas",
            kind="scaling",
            title=f"{target.ref} was scaled: {ref}, {f'written by {scaling.by}' if scaling.by else _NOBODY}",
            changed_at=scaling.at,
            files=(FileChange(path=path, added=list_added(diff)),),
            diff_read=True,
            service=target.name,
            ref=ref,
        )
        return build_evidence(
            scope,
            self._clock,
            lines=diff,
            facts=facts,
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            entity=target.entity,
            title=facts.title[:300],
            query=f"kubectl get events -n {target.namespace} --field-selector involvedObject.name={target.name}",
        )

    def _build_written(self, scope: Scope, target: Target, item: Mapping[str, Any], written: Written) -> Evidence:
        name = dig_text(item, "metadata", "name")
        pruned = prune([item], self._settings.show_values_of)
        unseen = "; no container started since: variables are as before" if is_unseen(written, target.pods) else ""
        facts = ChangeFacts(
            id=f"{target.namespace}/configmap/{name}@written",
            kind="configuration",
            title=f"configmap/{name} was written by {written.by}{unseen}",
            changed_at=written.at,
            service=target.name,
            ref=name,
        )
        return build_evidence(
            scope,
            self._clock,
            lines=write_value(pruned.items[0]),
            facts=facts,
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            entity=target.entity,
            title=facts.title[:300],
            query=f"kubectl get configmap {name} -n {target.namespace} -o yaml --show-managed-fields",
            redactions=pruned.redactions,
        )


async def _find_scaling(visit: Visit, target: Target, events: Sequence[Mapping[str, Any]]) -> Scaling | None:
    if target.kind != "Deployment":
        return None
    try:
        scalers = (await visit.list(AUTOSCALER, target.namespace)).items
        is_autoscaled = any(names_target(one, target.kind, target.name) for one in scalers)
    except OperationalError:
        is_autoscaled = True  # Nobody knows; then only what was written by name is somebody's.
    return find_scaling(target.item or {}, events, is_autoscaled=is_autoscaled)


async def _find_map(visit: Visit, name: str, namespace: str) -> Mapping[str, Any] | None:
    """Return a config map; none where it cannot be had, which is told where its values are asked for."""
    try:
        return await visit.find(CONFIG_MAP, name, namespace)
    except OperationalError:
        return None


async def _list_events(visit: Visit, namespace: str) -> Sequence[Mapping[str, Any]]:
    """Return the namespace's events; none when they cannot be had: they date rollbacks and scalings."""
    try:
        return (await visit.list(EVENT, namespace)).items
    except OperationalError:
        return ()
