"""The controllers of the emulated cluster: they run to rest after every write, in the request that caused it.

A small model of the real ones: a rollout goes through at once when its pods become ready, and stands still where the
strategy says that it must when they do not. There are no timers, no probes and no back-off.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fermata.testing.kubernetes.networks import refresh_budgets, refresh_endpoints
from fermata.testing.kubernetes.pods import Fate, Script, is_ready, judge, make_status
from fermata.testing.kubernetes.reports import (
    count_of,
    make_condition,
    make_hash,
    make_suffix,
    report,
)
from fermata.testing.kubernetes.resources import BY_KIND
from fermata.testing.kubernetes.sets import roll_daemon_set, roll_stateful_set
from fermata.testing.kubernetes.store import Json, Store, Write

_CONTROLLER = Write("kube-controller-manager")
_STATUS = Write("kube-controller-manager", subresource="status")
_KUBELET = Write("kubelet", subresource="status")
_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
# A rollout settles within a few rounds; one that does not is a bug of the emulator.
_MOST_ROUNDS = 50


class Cluster:
    """Runs the controllers over a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.scripts: list[Script] = []
        self._fates: dict[str, dict[str, Fate]] = {}
        self._unmanaged: set[str] = set()

    def leave_alone(self, pod: Mapping[str, Any]) -> None:
        """Never write a status for a pod: its own was given."""
        self._unmanaged.add(pod["metadata"]["uid"])

    def settle(self) -> None:
        """Run all controllers until none has anything to do."""
        for _ in range(_MOST_ROUNDS):
            before = self.store.version
            self._collect_garbage()
            for deployment in list(self.store.list_kind("Deployment")):
                self._roll_deployment(deployment)
            for one in list(self.store.list_kind("StatefulSet")):
                roll_stateful_set(self, one)
            for one in list(self.store.list_kind("DaemonSet")):
                roll_daemon_set(self, one)
            for one in list(self.store.list_kind("ReplicaSet")):
                self._fill_replica_set(one)
            self._run_pods()
            refresh_endpoints(self.store)
            refresh_budgets(self.store)
            if self.store.version == before:
                return
        raise AssertionError("the emulated controllers do not come to rest")

    def list_owned(self, kind: str, owner: Json) -> list[Json]:
        """Return the objects of a kind whose controller the owner is, in the order of their making."""
        found = self.store.list_kind(kind, owner["metadata"].get("namespace", ""))
        mine = [one for one in found if _owns(owner, one)]
        return sorted(mine, key=lambda one: int(one["metadata"]["resourceVersion"]))

    def create_owned(self, kind: str, owner: Json, value: Json) -> Json:
        """Create an object that an owner controls."""
        meta = owner["metadata"]
        reference = {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
        value["metadata"]["ownerReferences"] = [reference]
        return self.store.create(BY_KIND[kind], meta["namespace"], value, _CONTROLLER)

    def create_pod(self, owner: Json, template: Json, *, name: str, labels: Mapping[str, str]) -> Json:
        """Create a pod from a template."""
        value = copy.deepcopy(template)
        meta = value.setdefault("metadata", {})
        meta["labels"] = {**meta.get("labels", {}), **labels}
        meta["name"] = name
        return self.create_owned("Pod", owner, value)

    def delete(self, value: Json) -> None:
        """Remove an object."""
        self.store.delete(BY_KIND[value["kind"]], value, _CONTROLLER)

    def change(self, value: Json, edit: Callable[[Json], object], *, is_status: bool = False) -> Json:
        """Write an object as edited, if that makes a difference, and return the stored one."""
        return self.store.edit(value, edit, _STATUS if is_status else _CONTROLLER)

    def will_run(self, template: Mapping[str, Any]) -> bool:
        """Answer whether a pod of this template becomes ready."""
        return all(fate is Fate.RUNS for fate in judge(template, self.scripts).values())

    def _collect_garbage(self) -> None:
        uids = {value["metadata"]["uid"] for value in self.store.objects.values()}
        for value in list(self.store.objects.values()):
            owners = value["metadata"].get("ownerReferences", [])
            if owners and not any(owner["uid"] in uids for owner in owners):
                self.delete(value)

    def _roll_deployment(self, deployment: Json) -> None:
        sets = self.list_owned("ReplicaSet", deployment)
        template, desired = deployment["spec"]["template"], deployment["spec"]["replicas"]
        current = next((one for one in sets if _get_template(one) == template), None)
        if deployment["spec"].get("paused"):
            active = current or (sets[-1] if sets else None)
            if active is not None:
                self._scale(active, desired)
        else:
            latest = max((_read_revision(one) for one in sets), default=0)
            if current is None:
                current = self._create_replica_set(deployment, latest + 1)
            elif _read_revision(current) < latest:
                current = self.change(current, lambda one: _annotate(one, _REVISION, str(latest + 1)))
            revision = current["metadata"]["annotations"][_REVISION]
            deployment = self.change(deployment, lambda one: _annotate(one, _REVISION, revision))
            others = [one for one in sets if one["metadata"]["uid"] != current["metadata"]["uid"]]
            self._shift(deployment, current, others)
            self._forget(deployment, others)
        self._report_deployment(deployment, current)

    def _create_replica_set(self, deployment: Json, revision: int) -> Json:
        spec = deployment["spec"]
        digest = make_hash(spec["template"])
        template = copy.deepcopy(spec["template"])
        labels = {**template.get("metadata", {}).get("labels", {}), _HASH: digest}
        template.setdefault("metadata", {})["labels"] = labels
        annotations = {_REVISION: str(revision), "deployment.kubernetes.io/desired-replicas": str(spec["replicas"])}
        value: Json = {
            "metadata": {
                "name": f"{deployment['metadata']['name']}-{digest}",
                "labels": labels,
                "annotations": annotations,
            },
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {**spec["selector"].get("matchLabels", {}), _HASH: digest}},
                "template": template,
            },
        }
        return self.create_owned("ReplicaSet", deployment, value)

    def _shift(self, deployment: Json, current: Json, others: Sequence[Json]) -> None:
        """Scale the new set up and the old ones down, as far as the strategy lets an unready rollout go."""
        desired, strategy = deployment["spec"]["replicas"], deployment["spec"]["strategy"]
        running = [one for one in others if one["spec"]["replicas"]]
        if not running or strategy["type"] == "Recreate" or self.will_run(current["spec"]["template"]):
            new, old = desired, 0
        else:
            surge = count_of(strategy["rollingUpdate"]["maxSurge"], desired, round_up=True)
            spare = count_of(strategy["rollingUpdate"]["maxUnavailable"], desired, round_up=False)
            spare = spare or int(not surge)
            new, old = min(desired, surge + spare), desired - spare
        self._scale(current, new)
        for one in reversed(running):
            share = min(old, desired)
            self._scale(one, share)
            old -= share

    def _scale(self, replica_set: Json, replicas: int) -> None:
        self.change(replica_set, lambda one: one["spec"].update(replicas=replicas))

    def _forget(self, deployment: Json, others: Sequence[Json]) -> None:
        idle = sorted((one for one in others if not one["spec"]["replicas"]), key=_read_revision)
        surplus = len(idle) - int(deployment["spec"]["revisionHistoryLimit"])
        for one in idle[: max(surplus, 0)]:
            if self.store.find("ReplicaSet", one["metadata"]["namespace"], one["metadata"]["name"]):
                self.delete(one)

    def _report_deployment(self, deployment: Json, current: Json | None) -> None:
        pods = [pod for one in self.list_owned("ReplicaSet", deployment) for pod in self.list_owned("Pod", one)]
        updated = self.list_owned("Pod", current) if current else []
        ready, desired = sum(map(is_ready, pods)), deployment["spec"]["replicas"]
        is_complete = len(updated) == desired == ready == len(pods)
        reason = "NewReplicaSetAvailable" if is_complete else "ReplicaSetUpdated"
        available = ready >= desired - count_of_unavailable(deployment["spec"])
        conditions = [
            make_condition("Available", available, "MinimumReplicas" + ("Available" if available else "Unavailable")),
            make_condition("Progressing", True, reason),
        ]
        counts = {
            "replicas": len(pods),
            "updatedReplicas": len(updated),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": max(desired - ready, 0),
        }
        report(self.store, deployment, counts, conditions)

    def _fill_replica_set(self, replica_set: Json) -> None:
        pods, desired = self.list_owned("Pod", replica_set), replica_set["spec"]["replicas"]
        for pod in pods[desired:]:
            self.delete(pod)
        template = replica_set["spec"]["template"]
        for _ in range(desired - len(pods)):
            name = f"{replica_set['metadata']['name']}-{make_suffix(self.store.version)}"
            self.create_pod(replica_set, template, name=name, labels={})
        pods = self.list_owned("Pod", replica_set)
        counts = {"replicas": len(pods), "readyReplicas": sum(map(is_ready, pods))}
        report(self.store, replica_set, {**counts, "fullyLabeledReplicas": len(pods)}, [])

    def _run_pods(self) -> None:
        nodes = [node for node in self.store.list_kind("Node") if not node["spec"].get("unschedulable")]
        name = nodes[0]["metadata"]["name"] if nodes else "node-1"
        for number, pod in enumerate(list(self.store.list_kind("Pod")), 1):
            uid = pod["metadata"]["uid"]
            fates = judge(pod, self.scripts)
            if uid in self._unmanaged or self._fates.get(uid) == fates:
                continue
            self._fates[uid] = fates
            if Fate.UNSCHEDULABLE not in fates.values():
                pod = self.change(pod, lambda one: one["spec"].setdefault("nodeName", name))  # noqa: PLW2901 - the stored one.
            status = make_status(pod, self.scripts, self.store.stamp(), f"10.0.0.{number % 250}")
            self.store.replace(BY_KIND["Pod"], pod, {**pod, "status": status}, _KUBELET)


def count_of_unavailable(spec: Mapping[str, Any]) -> int:
    """Return how many pods of a deployment may be missing."""
    rolling = spec["strategy"].get("rollingUpdate")
    return count_of(rolling["maxUnavailable"], spec["replicas"], round_up=False) if rolling else 0


def _owns(owner: Json, value: Json) -> bool:
    references: Iterator[Json] = iter(value["metadata"].get("ownerReferences", []))
    return any(one["uid"] == owner["metadata"]["uid"] for one in references)


def _get_template(replica_set: Json) -> Json:
    template: Json = copy.deepcopy(replica_set["spec"]["template"])
    template["metadata"]["labels"].pop(_HASH, None)
    return template


def _read_revision(value: Json) -> int:
    return int(value["metadata"].get("annotations", {}).get(_REVISION, "0"))


def _annotate(value: Json, key: str, text: str) -> None:
    value["metadata"].setdefault("annotations", {})[key] = text
