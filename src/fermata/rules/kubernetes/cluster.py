"""Everything known of a cluster, and the questions that one asks of it.

Signatures take a `Cluster` and nothing else: objects in the API's shape whichever text told of them, who owns, selects
and calls whom, events, logs, and for each the line to quote. It is built in no time and reads what it is asked for.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

from fermata.rules.claims import Quote
from fermata.rules.documents import Document
from fermata.rules.kubernetes.captures import Captures
from fermata.rules.kubernetes.dependencies import Dependency, find_dependencies
from fermata.rules.kubernetes.detail import PieceLoader
from fermata.rules.kubernetes.events import Event, join_events
from fermata.rules.kubernetes.gathering import EventBook, gather_logs
from fermata.rules.kubernetes.holdings import Key
from fermata.rules.kubernetes.kinds import CUSTOM, KIND_NAMES, is_namespaced
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.kubernetes.objects import KubeObject, quote_at, ref_of
from fermata.rules.kubernetes.relations import Relations
from fermata.rules.kubernetes.selectors import selector_of
from fermata.rules.kubernetes.told import KINDS, tell_objects

T = TypeVar("T")


class Refusal(NamedTuple):
    """A question that was not answered: what it asked for is unknown, not absent."""

    query: str
    answer: str
    document: str
    """The document's key."""


def build_cluster(
    documents: Iterable[Document],
    logs: Iterable[LogText] = (),
    *,
    series: Iterable[Any] = (),
    notices: Iterable[Any] = (),
    calls: Iterable[tuple[str, str]] = (),
    asked: str = "",
) -> Cluster:
    """Return the cluster that documents tell of.

    Args:
        documents: In the order they were captured: among equals the later one wins.
        logs: See `logs.read_log` for what a source's name tells; answers of `kubectl logs` among the documents join.
        series: Metric series, as whoever reads `Cluster.series` expects them.
        notices: What alerts and monitors said, likewise.
        calls: Caller and callee by service name, from a service graph.
        asked: The namespace that is asked about, if that is one: what `kubectl get -n` printed does not say its own.
    """
    captures = Captures(documents, asked)
    return Cluster(captures, tuple(logs), series=tuple(series), notices=tuple(notices), calls=tuple(calls))


class Cluster:
    """See the module; build one with `build_cluster`."""

    def __init__(
        self,
        captures: Captures,
        logs: tuple[LogText, ...],
        *,
        series: tuple[Any, ...],
        notices: tuple[Any, ...],
        calls: tuple[tuple[str, str], ...],
    ) -> None:
        self._captures = captures
        self._given_logs = logs
        self.series = series
        """Metric series, as they were given."""
        self.notices = notices
        """What alerts and monitors said, as it was given."""
        self.calls = calls
        """Caller and callee by service name, from a service graph."""
        self._objects: dict[str, dict[Key, KubeObject]] = {}
        self._listed: dict[tuple[str, str | None], tuple[KubeObject, ...]] = {}
        self._by_name: dict[str, dict[str, KubeObject]] = {}
        self._remembered: dict[Callable[[Cluster], Any], Any] = {}
        self._relations = Relations(self)

    def remember(self, build: Callable[[Cluster], T]) -> T:
        """Return what a function finds in the cluster, which is computed once however often it is asked for."""
        if build not in self._remembered:
            self._remembered[build] = build(self)
        found: T = self._remembered[build]
        return found

    # Objects

    def list(self, kind: str, namespace: str | None = None) -> tuple[KubeObject, ...]:
        """Return the objects of a kind in the order they were printed, of one namespace or of all."""
        asked = (kind, namespace if namespace and is_namespaced(kind) else None)
        found = self._listed.get(asked)
        if found is None:
            items = self._all(kind).values()
            found = tuple(item for item in items if asked[1] in (None, item.namespace))
            self._listed[asked] = found
        return found

    def find(self, kind: str, name: str, namespace: str | None = None) -> KubeObject | None:
        """Return one object; without a namespace the only or the first one of that name."""
        objects = self._objects.get(kind) or self._all(kind)
        if namespace is None:
            return self._named(kind).get(name)
        # A plain tuple equals a key, and is made faster.
        found = objects.get((namespace, name))  # type: ignore[call-overload] # It equals and hashes like a `Key`.
        return found if found is not None or is_namespaced(kind) else objects.get(Key("", name))

    def _named(self, kind: str) -> dict[str, KubeObject]:
        if kind not in self._by_name:
            found: dict[str, KubeObject] = {}
            for key, item in self._all(kind).items():
                found.setdefault(key.name, item)
            self._by_name[kind] = found
        return self._by_name[kind]

    @cached_property
    def custom_kinds(self) -> tuple[str, ...]:
        """Return the kinds of objects that may be here, and that no part of Kubernetes itself looks after."""
        named = (kind for kind in self._captures.api_objects if kind not in KIND_NAMES)
        return tuple(dict.fromkeys((*(kind.name for kind in CUSTOM), *named)))

    def has_list(self, kind: str, namespace: str | None = None) -> bool:
        """Return whether a complete list was captured: what it does not hold does not exist."""
        return self._list_document(kind, namespace) is not None

    def is_absent(self, kind: str, name: str, namespace: str | None = None) -> bool:
        """Return whether an object is known not to exist: a complete list without it, or the server's word."""
        if self.find(kind, name, namespace) is not None:
            return False
        absent = self._captures.of(kind).absent
        said = any(key.name == name and namespace in (None, key.namespace) for key in absent)
        return said or self.has_list(kind, namespace)

    def _all(self, kind: str) -> dict[Key, KubeObject]:
        found = self._objects.get(kind)
        if found is None:
            pieces = self._captures.of(kind).pieces
            found = self._objects[kind] = {
                key: KubeObject(kind, key.namespace, name=key.name, loader=PieceLoader(kind, key, pieces[key]))
                for key in pieces
            }
            if kind in KINDS and not any(self._captures.of(each).pieces for each in (kind, "Pod")):
                self._add_told(kind, found)
        return found

    def _add_told(self, kind: str, found: dict[Key, KubeObject]) -> None:
        """Add what events tell of, where neither pods nor objects of that kind were captured."""
        if self._captures.of("Pod").lists or self._captures.of(kind).lists:
            return
        told = {Key(item.namespace, item.name): item for item in tell_objects(self, kind)}
        if told:
            found.update(told)
            # Ages may have been asked for meanwhile, by way of the objects known so far.
            self._listed = {asked: items for asked, items in self._listed.items() if asked[0] != kind}
            self._by_name.pop(kind, None)

    def _list_document(self, kind: str, namespace: str | None) -> Document | None:
        lists = self._captures.of(kind).lists
        if not is_namespaced(kind):
            return next(iter(lists.values()), None)
        found = lists.get(ANY_NAMESPACE)
        if found is not None or namespace is None:
            # Without a namespace, all of them are meant; one listed namespace is enough where only one is known.
            return found if found is not None or len(self.namespaces) > 1 else next(iter(lists.values()), None)
        return lists.get(namespace)

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """Return the questions that were refused, with the answers."""
        return tuple(Refusal(document.query, answer, document.key) for document, answer in self._captures.refusals)

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces in which pods, workloads or services are known, in the order first met."""
        kinds = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Service")
        return tuple(dict.fromkeys(item.namespace for kind in kinds for item in self.list(kind)))

    @property
    def documents(self) -> tuple[Document, ...]:
        """Return everything that was captured, for whoever looks for what is no object, as the answer of an `exec`."""
        return self._captures.documents

    @cached_property
    def workloads(self) -> tuple[KubeObject, ...]:
        """Return deployments, stateful sets, daemon sets, cron jobs, and the jobs that no cron job owns.

        Those that only their pods tell of come last, with nothing but their names.
        """
        kinds = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
        jobs = [job for job in self.list("Job") if job.owner is None or job.owner.kind != "CronJob"]
        known = [item for kind in kinds for item in self.list(kind)] + jobs
        derived = [item for pod in self.list("Pod") if (item := self.workload_of(pod)) is not None and item is not pod]
        if not self.list("Pod"):
            derived = list(self._relations.logged_workloads)
        return tuple({item.ref: item for item in (*known, *derived)}.values())

    @cached_property
    def captured_at(self) -> datetime | None:
        """Return when it was captured: as the documents say, else by an object's creation and printed age."""
        observed = [document.observed_at for document in self._captures.documents if document.observed_at is not None]
        if observed:
            return max(observed)
        for kind in ("Deployment", "StatefulSet", "Pod", "Node"):
            for item in self.list(kind):
                created, age = item.created_at, item.age_s
                if created is not None and age is not None:
                    return created + timedelta(seconds=age)
        return None

    # Relations

    def pods_of(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        """Return the pods of a workload or replica set; a pod's are itself."""
        return self._relations.pods_of(workload)

    def workload_of(self, item: KubeObject) -> KubeObject | None:
        """Return what people know a pod or replica set by: the controller at the top, or the bare pod itself.

        A controller that was not captured is returned too, with nothing but its name: what owns it tells of it.
        """
        return self._relations.workload_of(item)

    def app_name(self, item: KubeObject) -> str:
        """Return the name of the workload that people know an object by."""
        return self._relations.app_name(item)

    def services_for(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        """Return the services whose selector matches the labels of a workload's pods or of its template."""
        return self._relations.services_for(workload)

    def pods_selected_by(self, service: KubeObject) -> tuple[KubeObject, ...]:
        """Return the known pods that a service's selector matches; none for a service without selector."""
        return self._relations.pods_selected_by(service)

    def workloads_selected_by(self, service: KubeObject) -> tuple[KubeObject, ...]:
        """Return the workloads whose template a service's selector matches."""
        return self._relations.workloads_selected_by(service)

    def has_selector(self, service: KubeObject) -> bool:
        """Return whether a service picks its pods itself; without a selector, somebody else gives it endpoints."""
        sort = service.printed.get("TYPE") or service.get("spec", "type")
        return sort != "ExternalName" and bool(selector_of(service))

    def endpoints_of(self, service: KubeObject) -> tuple[str, ...] | None:
        """Return the ready addresses behind a service, `ip:port`; empty when there are none, `None` when unknown."""
        return self._relations.endpoints_of(service)

    def node_of(self, pod: KubeObject) -> KubeObject | None:
        """Return the node a pod is bound to, when it is known."""
        name = pod.get("spec", "nodeName")
        return self.find("Node", name) if isinstance(name, str) else None

    # What was said

    @cached_property
    def event_book(self) -> EventBook:
        """Return the events by the object they are about, each as its sources tell it."""
        # As with its relations: what the cluster keeps does not keep the cluster.
        known = weakref.ref(self)
        return EventBook(self._captures, lambda: cast("Cluster", known()).captured_at)

    @cached_property
    def _events(self) -> tuple[Event, ...]:
        return join_events(self.event_book.everything())

    def events(self, obj: KubeObject | None = None, reason: str | None = None) -> tuple[Event, ...]:
        """Return events, newest last; those of a workload include its replica sets' and pods'."""
        found = self._events if obj is None else self._relations.events_of(obj)
        return found if reason is None else tuple(event for event in found if event.reason == reason)

    @cached_property
    def _logs(self) -> tuple[LogText, ...]:
        return (*self._given_logs, *gather_logs(self._captures))

    def logs(self, obj: KubeObject | None = None) -> tuple[LogText, ...]:
        """Return logs; those of a workload include its pods', those of a pod also a source named by its workload."""
        return self._logs if obj is None else self._relations.logs_of(obj)

    # Who calls whom

    def dependencies(self) -> tuple[Dependency, ...]:
        """Return every call that configuration or a service graph tells of."""
        return self.remember(find_dependencies)

    def callees(self, workload: KubeObject) -> tuple[Dependency, ...]:
        """Return the calls that a workload makes."""
        return tuple(item for item in self.dependencies() if item.caller is workload)

    def callers(self, workload: KubeObject) -> tuple[Dependency, ...]:
        """Return the calls to a workload: to one of its services; its own are left out."""
        calls = self.remember(_calls_by_service)
        # A service that is missing altogether is still called by its name.
        missing = ref_of("Service", workload.namespace, workload.name)
        services = dict.fromkeys([*(service.ref for service in self.services_of(workload)), missing])
        return tuple(item for ref in services for item in calls.get(ref, ()) if item.caller is not workload)

    @cached_property
    def service_by_address(self) -> Mapping[str, KubeObject]:
        """Return the services by their cluster addresses."""
        addresses = (
            # The column is there before the description is read.
            (service.printed.get("CLUSTER-IP") or service.get("spec", "clusterIP"), service)
            for service in self.list("Service")
        )
        return {
            address: service
            for address, service in addresses
            if isinstance(address, str) and not address.startswith(("N", "<"))
        }

    def services_of(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        """Return the services that are meant to lead to a workload: those that select it, and one of its name.

        A service with a wrong selector selects nothing and is still the one that callers of the workload use.
        """
        return self._relations.services_of(workload)

    def dependents(self, workload: KubeObject) -> tuple[KubeObject, ...]:
        """Return the workloads that call it, directly or through others, the nearest first."""
        found: dict[str, KubeObject] = {}
        queue = [workload]
        for item in queue:
            for call in self.callers(item):
                if call.caller.ref not in found and call.caller is not workload:
                    found[call.caller.ref] = call.caller
                    queue.append(call.caller)
        return tuple(found.values())

    # Quoting

    def quote(self, obj: KubeObject, *words: str) -> tuple[Quote, ...]:
        """Quote the first line about an object that holds one of the words, the most detailed source first.

        An earlier word wins over a better source. Without words it is the line that names the object.
        """
        for word in words or (obj.name,):
            for passage in obj.passages:
                found = passage.find(word)
                if found is not None:
                    return (found,)
        return ()

    def quote_missing(self, kind: str, namespace: str | None = None, *, name: str = "") -> tuple[Quote, ...]:
        """Quote what shows that something is not there: the server's word for a name, else the list without it.

        Of a list that is empty altogether there is no line to quote.
        """
        for key, passage in self._captures.of(kind).absent.items():
            if key.name == name and namespace in (None, key.namespace):
                return (quote_at(passage.document, passage.start),)
        document = self._list_document(kind, namespace)
        return (quote_at(document, 0),) if document is not None and document.text.strip() else ()


def _calls_by_service(cluster: Cluster) -> dict[str, list[Dependency]]:
    found: dict[str, list[Dependency]] = {}
    for item in cluster.dependencies():
        name = item.host.partition(".")[0]
        ref = item.service.ref if item.service is not None else ref_of("Service", item.caller.namespace, name)
        found.setdefault(ref, []).append(item)
    return found
