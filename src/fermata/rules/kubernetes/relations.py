"""Who belongs to whom in a cluster: owners, selectors, endpoints, events and logs."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from fermata.rules.kubernetes.events import Event, EventRef, join_events
from fermata.rules.kubernetes.kinds import WORKLOAD_KINDS
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.kubernetes.objects import KubeObject, Owner, ref_of
from fermata.rules.kubernetes.ownership import controller_of, named_controller, top_of_name, top_owner
from fermata.rules.kubernetes.selectors import LabelIndex, find_endpoints, matches, selector_of, template_labels

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster


class Relations:
    """The relations of one cluster, each worked out once; `Cluster` documents the questions."""

    def __init__(self, cluster: Cluster) -> None:
        # The cluster keeps its relations; were it kept by them, both would wait for the collector.
        self._known_cluster = weakref.ref(cluster)
        self._workloads: dict[str, KubeObject | None] = {}
        self._derived: dict[str, KubeObject] = {}
        self._labels: dict[str, list[Mapping[str, str]]] = {}
        self._endpoints: dict[str, tuple[str, ...] | None] = {}
        self._events: dict[str, tuple[Event, ...]] = {}
        self._tops: dict[EventRef, tuple[str, ...]] = {}

    @property
    def _cluster(self) -> Cluster:
        return cast("Cluster", self._known_cluster())

    # ruff: noqa: D102 - `Cluster` documents these questions.

    def pods_of(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        if workload.kind == "Pod":
            return (workload,)
        return tuple(self._pods_by_owner.get(workload.ref, ()))

    @cached_property
    def _pods_by_owner(self) -> Mapping[str, list[KubeObject]]:
        found: dict[str, list[KubeObject]] = {}
        for pod in self._cluster.list("Pod"):
            controller = controller_of(self._cluster, pod)
            if controller is None:
                continue
            top = top_owner(self._cluster, pod.namespace, controller)
            for owner in dict.fromkeys((controller, top)):
                found.setdefault(self._workload(owner, pod.namespace).ref, []).append(pod)
        return found

    def workload_of(self, item: KubeObject) -> KubeObject | None:
        if item.ref not in self._workloads:
            self._workloads[item.ref] = self._find_workload(item)
        return self._workloads[item.ref]

    def _find_workload(self, item: KubeObject) -> KubeObject | None:
        if item.kind == "Pod":
            controller = controller_of(self._cluster, item)
        elif item.kind in ("ReplicaSet", "Job"):
            controller = Owner(item.kind, item.name)
        else:
            return item if item.kind in WORKLOAD_KINDS else None
        if controller is None:
            return item
        return self._workload(top_owner(self._cluster, item.namespace, controller), item.namespace)

    def _workload(self, owner: Owner, namespace: str) -> KubeObject:
        known = self._cluster.find(owner.kind, owner.name, namespace)
        if known is not None:
            return known
        key = ref_of(owner.kind, namespace, owner.name)
        if key not in self._derived:
            self._derived[key] = KubeObject(owner.kind, namespace, name=owner.name)
        return self._derived[key]

    @cached_property
    def logged_workloads(self) -> tuple[KubeObject, ...]:
        """Return the workloads that logs alone tell of: those that are named by namespace, pod and container."""
        found: dict[str, KubeObject] = {}
        for log in self._cluster.logs():
            owner = top_of_name(self._cluster, log.namespace, log.pod) if log.namespace and log.container else None
            if owner is not None:
                item = self._workload(owner, log.namespace)
                found[item.ref] = item
        return tuple(found.values())

    def app_name(self, item: KubeObject) -> str:
        if item.kind == "Service":
            selected = self.workloads_selected_by(item)
            return selected[0].name if len(selected) == 1 else item.name
        workload = self.workload_of(item)
        return workload.name if workload is not None else item.name

    # Selectors

    def services_for(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        found: dict[str, KubeObject] = {}
        for labels in self._label_sets(workload):
            for key, value in labels.items():
                for service, selector in self._services_by_pair.get((workload.namespace, key, value), ()):
                    if matches(selector, labels):
                        found[service.ref] = service
        if len(found) < 2:
            return tuple(found.values())  # As nearly always: nothing to put in order.
        return tuple(service for service in self._cluster.list("Service", workload.namespace) if service.ref in found)

    @cached_property
    def _services_by_pair(self) -> Mapping[tuple[str, str, str], list[tuple[KubeObject, Mapping[str, str]]]]:
        """Return services by the first equality of their selector."""
        found: dict[tuple[str, str, str], list[tuple[KubeObject, Mapping[str, str]]]] = {}
        for service in self._cluster.list("Service"):
            selector = selector_of(service)
            for key, value in list(selector.items())[:1]:
                found.setdefault((service.namespace, key, value), []).append((service, selector))
        return found

    def services_of(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        found = {service.ref: service for service in self.services_for(workload)}
        named = self._cluster.find("Service", workload.name, workload.namespace)
        if named is not None and (_selects_unknown(named) or not self.pods_selected_by(named)):
            found.setdefault(named.ref, named)
        return tuple(found.values())

    def pods_selected_by(self, service: KubeObject) -> tuple[KubeObject, ...]:
        if _selects_unknown(service):
            return tuple(pod for item in self._named_like(service) for pod in self.pods_of(item))
        return self._pods_by_label.select(selector_of(service), service.namespace)

    @cached_property
    def _pods_by_label(self) -> LabelIndex:
        return LabelIndex((pod, pod.labels) for pod in self._cluster.list("Pod"))

    def workloads_selected_by(self, service: KubeObject) -> tuple[KubeObject, ...]:
        if _selects_unknown(service):
            return self._named_like(service)
        return self._workloads_by_label.select(selector_of(service), service.namespace)

    def _named_like(self, service: KubeObject) -> tuple[KubeObject, ...]:
        # People name a service after what is behind it.
        alike = (item for item in self._cluster.workloads if item.name == service.name)
        return tuple(item for item in alike if item.namespace == service.namespace)

    @cached_property
    def _workloads_by_label(self) -> LabelIndex:
        workloads = self._cluster.workloads
        return LabelIndex((workload, labels) for workload in workloads for labels in self._label_sets(workload))

    def _label_sets(self, workload: KubeObject) -> list[Mapping[str, str]]:
        if workload.ref not in self._labels:
            pods = [labels for pod in self.pods_of(workload) if (labels := pod.labels)]
            self._labels[workload.ref] = pods or [template_labels(workload)]
        return self._labels[workload.ref]

    def endpoints_of(self, service: KubeObject) -> tuple[str, ...] | None:
        if service.ref not in self._endpoints:
            self._endpoints[service.ref] = find_endpoints(self._cluster, service)
        return self._endpoints[service.ref]

    # What was said

    def events_of(self, item: KubeObject) -> tuple[Event, ...]:
        if item.ref not in self._events:
            own = EventRef(item.kind, item.namespace, item.name)
            below = self._events_below(item) if item.kind in WORKLOAD_KINDS else ()
            book = self._cluster.event_book
            self._events[item.ref] = join_events(
                [event for ref in dict.fromkeys((own, *below)) for event in book.about(ref)]
            )
        return self._events[item.ref]

    def _events_below(self, workload: KubeObject) -> Iterator[EventRef]:
        for item in (*self._controllers_below.get(workload.ref, ()), *self.pods_of(workload)):
            yield EventRef(item.kind, item.namespace, item.name)
        yield from self._told_below.get(workload.ref, ())

    @cached_property
    def _controllers_below(self) -> Mapping[str, list[KubeObject]]:
        found: dict[str, list[KubeObject]] = {}
        for kind in ("ReplicaSet", "Job"):
            for item in self._cluster.list(kind):
                top = top_owner(self._cluster, item.namespace, Owner(kind, item.name))
                found.setdefault(ref_of(top.kind, item.namespace, top.name), []).append(item)
        return found

    @cached_property
    def _told_below(self) -> Mapping[str, list[EventRef]]:
        found: dict[str, list[EventRef]] = {}
        for ref in self._cluster.event_book.refs:
            for top in self._tops_of(ref):
                found.setdefault(top, []).append(ref)
        return found

    def _tops_of(self, ref: EventRef) -> tuple[str, ...]:
        if ref not in self._tops:
            self._tops[ref] = tuple(self._find_tops(ref))
        return self._tops[ref]

    def _find_tops(self, ref: EventRef) -> Iterator[str]:
        if ref.kind == "Pod":
            pod = self._cluster.find("Pod", ref.name, ref.namespace)
            controller = (
                controller_of(self._cluster, pod)
                if pod is not None
                else named_controller(self._cluster, ref.namespace, ref.name)
            )
        elif ref.kind in ("ReplicaSet", "Job"):
            controller = Owner(ref.kind, ref.name)
        else:
            return
        if controller is not None:
            yield ref_of(controller.kind, ref.namespace, controller.name)
            top = top_owner(self._cluster, ref.namespace, controller)
            yield ref_of(top.kind, ref.namespace, top.name)
        elif (guess := top_of_name(self._cluster, ref.namespace, ref.name)) is not None:
            yield ref_of(guess.kind, ref.namespace, guess.name)

    def logs_of(self, item: KubeObject) -> tuple[LogText, ...]:
        names = dict.fromkeys((item.name, self.app_name(item)))
        if item.kind != "Pod":
            names.update(dict.fromkeys(pod.name for pod in self.pods_of(item)))
        found = [log for name in names for log in self._logs_by_name.get(name, ())]
        # The log of a pod that is gone still tells of its workload.
        found += self._lost_logs.get(item.ref, ())
        return tuple(log for log in found if log.namespace in ("", item.namespace))

    @cached_property
    def _logs_by_name(self) -> Mapping[str, list[LogText]]:
        found: dict[str, list[LogText]] = {}
        for log in self._cluster.logs():
            found.setdefault(log.pod, []).append(log)
        return found

    @cached_property
    def _lost_logs(self) -> Mapping[str, list[LogText]]:
        found: dict[str, list[LogText]] = {}
        names = {item.name for item in (*self._cluster.list("Pod"), *self._cluster.workloads)}
        for log in self._cluster.logs():
            for namespace in (
                () if log.pod in names else (log.namespace,) if log.namespace else self._cluster.namespaces
            ):
                for top in self._tops_of(EventRef("Pod", namespace, log.pod)):
                    found.setdefault(top, []).append(log)
        return found


def _selects_unknown(service: KubeObject) -> bool:
    """Return whether nothing tells which pods a service selects: a plain row does not."""
    return "SELECTOR" not in service.printed and not service.is_detailed
