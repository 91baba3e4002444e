"""Removing exactly one pod, by eviction: its controller makes a new one, and disruption budgets are heeded.

A pod without a controller is refused: nobody would bring it back. The eviction names the pod's uid, so that the pod
that has taken its place by then is left alone. Nothing is left in the cluster that could carry a mark; what proves the
effect is that the pod of that uid is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.answers import NotThere, Refusal
from fermata.integrations.kubernetes.change_kinds import make_schema, read_parameters
from fermata.integrations.kubernetes.client import KubernetesClient, KubernetesSession
from fermata.integrations.kubernetes.digging import matches
from fermata.integrations.kubernetes.object_action import find_resource
from fermata.integrations.kubernetes.radius import write_selector
from fermata.integrations.kubernetes.resources import POD, SERVICE
from fermata.integrations.kubernetes.status_lines import is_ready
from fermata.integrations.kubernetes.writing import is_certain
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError, NotFoundError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey

Json = dict[str, Any]
_OF_ONE_POD = frozenset(
    {
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "controller-revision-hash",
    }
)
"""Labels in which pods of one controller differ (Kubernetes, "Well-Known Labels"; read November 2026)."""


class DeletePodAction:
    """Evict one pod."""

    spec = ActionSpec(
        name="kubernetes.delete_pod",
        summary="Evict one pod, so that its controller starts a new one; disruption budgets are heeded",
        risk=Risk.LOW,
        reversible=False,
        parameters_schema=make_schema({}),
    )

    def __init__(self, client: KubernetesClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{}`. Pure.

        Raises:
            UserError: The target is no pod, or there are parameters.
        """
        find_resource({"pod": POD}, target, self.spec)
        return read_parameters(self.spec, parameters, {})

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Have the API server try the eviction without doing it.

        Raises:
            UserError: There is no such pod, it has no controller, it ends already, or a disruption budget forbids it.
            OperationalError: The API server cannot be asked.
        """
        self.validate(target, parameters)
        async with self._client.connect() as session:
            pod = await _find_pod(session, target)
            owner = _find_controller(pod)
            if pod["metadata"].get("deletionTimestamp"):
                raise UserError(f"Pod {target.name} is being deleted already", do="Wait for it")
            try:
                await _evict(session, target, _uid(pod), is_dry=True)
            except Refusal as refusal:
                raise _explain(target, refusal) from refusal
            radius = await _count(session, target, pod)
        return DryRun(
            possible=True,
            note=f"the pod is stopped, and {owner} starts another; there is no diff, nothing declared changes",
            observed_version=f"uid {_uid(pod)}",
            blast_radius=radius,
            undo_text=f"It cannot be brought back; {owner} starts one of the same template",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the pod's uid: another pod of the same name is another pod.

        Raises:
            OperationalError: There is no such pod, or the API server cannot be asked.
        """
        del parameters
        try:
            async with self._client.connect() as session:
                return f"uid {_uid(await _find_pod(session, target))}"
        except UserError as error:
            raise OperationalError(error.what, why=error.why, do=error.do) from error

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Evict the pod of the dry run, and no other."""
        del key  # Nothing is left that could carry it.
        uid = action.dry_run.observed_version.removeprefix("uid ")
        try:
            async with self._client.connect() as session:
                try:
                    await _evict(session, action.target, uid, is_dry=False)
                except NotThere:
                    return self._result(Outcome.FAILED, f"Nothing was done: pod {action.target.name} is gone")
                except Refusal as refusal:
                    if not is_certain(refusal):
                        return await self._look(session, action, refusal)
                    return self._result(Outcome.FAILED, f"Nothing was done. {_explain(action.target, refusal)}")
                except OperationalError as error:
                    return await self._look(session, action, error)
        except FermataError as error:
            return self._result(Outcome.FAILED, f"Nothing was done. {error}")
        return self._result(Outcome.DONE, f"Pod {action.target.name} ({uid}) is evicted")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether the pod of the dry run is still there; whoever removed it cannot be told."""
        del key, intended_at
        try:
            async with self._client.connect() as session:
                return await self._judge(session, action)
        except FermataError as error:
            return self._result(Outcome.UNKNOWN, f"Whether pod {action.target.name} was evicted is not known. {error}")

    async def _judge(self, session: KubernetesSession, action: PlannedAction) -> ActionResult:
        pod = await session.find_object(POD, action.target.name, action.target.namespace)
        name = action.target.name
        if pod is None or f"uid {_uid(pod)}" != action.dry_run.observed_version:
            return self._result(Outcome.DONE, f"Pod {name} of the dry run is gone; by whom cannot be told")
        if pod["metadata"].get("deletionTimestamp"):
            return self._result(Outcome.DONE, f"Pod {name} is being stopped; by whom cannot be told")
        return self._result(Outcome.FAILED, f"Not executed: pod {name} of the dry run is still there")

    async def _look(self, session: KubernetesSession, action: PlannedAction, error: OperationalError) -> ActionResult:
        """Say what is known after an answer was lost: gone is done, still there may yet change."""
        try:
            seen = await self._judge(session, action)
        except OperationalError:
            seen = None
        if seen is not None and seen.outcome is Outcome.DONE:
            return self._result(Outcome.DONE, f"{seen.detail}. The answer was lost: {error}")
        return self._result(Outcome.UNKNOWN, f"Whether pod {action.target.name} is evicted is not known. {error}")

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._clock.now())


async def _find_pod(session: KubernetesSession, target: Entity) -> Json:
    pod = await session.find_object(POD, target.name, target.namespace)
    if pod is None:
        raise NotFoundError(
            f"There is no pod {target.name} in namespace {target.namespace}",
            do=f"kubectl get pods -n {target.namespace} shows what there is",
        )
    return pod


def _uid(pod: Json) -> str:
    return str(pod["metadata"]["uid"])


def _find_controller(pod: Json) -> str:
    owners = pod["metadata"].get("ownerReferences") or ()
    owner = next((one for one in owners if one.get("controller")), None)
    if owner is None:
        raise UserError(
            f"Pod {pod['metadata']['name']} is not deleted",
            why="It has no controller: nobody would start another",
            do="Delete it by hand if it is not needed",
        )
    if owner.get("kind") == "Node":
        raise UserError(
            f"Pod {pod['metadata']['name']} is not deleted",
            why=f"The kubelet of {owner.get('name')} runs it from a file; what is seen here is a mirror of it",
            do="Restart it on its node",
        )
    return f"{owner.get('kind')} {owner.get('name')}"


async def _evict(session: KubernetesSession, target: Entity, uid: str, *, is_dry: bool) -> None:
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": target.name, "namespace": target.namespace},
        "deleteOptions": {"preconditions": {"uid": uid}},
    }
    params = {"dryRun": "All"} if is_dry else {}
    await session.write("POST", POD.path(target.namespace, target.name, "eviction"), body, params=params)


def _explain(target: Entity, refusal: Refusal) -> FermataError:
    """Return a budget's refusal, and that of another uid, as what they are; any other as it came."""
    if refusal.code == 429 and any(cause.reason == "DisruptionBudget" for cause in refusal.causes):
        return UserError(
            f"Pod {target.name} is not evicted",
            why="; ".join(cause.message for cause in refusal.causes),
            do="Bring the other pods back first, or change the budget by hand: with unhealthyPodEvictionPolicy: "
            "AlwaysAllow it lets a pod go that is not ready itself",
        )
    if refusal.code == 409:
        return UserError(
            f"Pod {target.name} is another one by now", why=refusal.message, do="Look at the proposal anew"
        )
    return refusal


async def _count(session: KubernetesSession, target: Entity, pod: Json) -> BlastRadius:
    """Return the pod, the services that send it traffic, and how many other pods share that."""
    labels = pod["metadata"].get("labels") or {}
    # Its controller's pods have these in common: of a namespace with thousands no more than those are listed.
    shared = {key: value for key, value in labels.items() if key not in _OF_ONE_POD}
    try:
        services = (await session.list_objects(SERVICE, target.namespace)).items
        pods = (await session.list_objects(POD, target.namespace, labels=write_selector({"matchLabels": shared}))).items
        if all(_uid(one) == _uid(pod) for one in pods if _share_owner(one, pod)):
            # Operators mark each member, as by its role: then it seems alone by its labels.
            pods = (await session.list_objects(POD, target.namespace)).items
    except Refusal as refusal:
        if refusal.code != 403:
            raise
        text = "1 pod is replaced; what sends it traffic may not be listed, and is not counted"
        return BlastRadius(count=1, entities=(target.ref,), text=text)
    sending = [one for one in services if matches(one["spec"].get("selector") or {}, labels)]
    mine = {_uid(one) for one in pods if _share_owner(one, pod)} - {_uid(pod)}
    ready = [one for one in pods if _uid(one) in mine and is_ready(one)]
    text = "1 pod is replaced"
    if ready:
        several = len(ready) > 1
        text += f"; {len(ready)} other ready pod{'s' * several} of the same controller go{'es' * (not several)} on"
    elif is_ready(pod):
        text += "; no other pod of its controller is ready: downtime until the new one is"
    else:
        text += "; it is not ready, and neither is any other of its controller"
    if sending:
        text += f"; traffic comes by service {', '.join(str(one['metadata']['name']) for one in sending)}"
    refs = (target.ref, *(f"kubernetes:service/{target.namespace}/{one['metadata']['name']}" for one in sending))
    return BlastRadius(count=len(refs), entities=refs, text=text)


def _share_owner(one: Json, other: Json) -> bool:
    owners = [{owner.get("uid") for owner in pod["metadata"].get("ownerReferences") or ()} for pod in (one, other)]
    return bool(owners[0] & owners[1])
