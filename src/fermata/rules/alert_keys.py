"""What of an alert's labels says that two alerts belong together, reduced to sets that compare fast.

Called by `rules.grouping` and `rules.candidate_index` only. An alert of a storm is compared with many incidents, so the
keys of an alert and of an incident are computed once and kept in a `GroupingCache`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from fermata.domain.alert import Alert
from fermata.domain.ids import IncidentId
from fermata.rules.alert_words import list_spoken_of, tells_of_calls
from fermata.rules.scope import (
    SERVICE_LABELS,
    clean_name,
    find_container,
    find_hosts,
    find_label,
    find_probed,
    find_unit,
    is_probe,
)

# One word for what different exporters call differently.
_ALIASES = {
    "env": "environment", "stage": "environment", "kubernetes_namespace": "namespace", "kubernetes_cluster": "cluster",
    "cluster_name": "cluster", "dc": "datacenter", "service_name": "service", "application": "app",
}  # fmt: skip
_WIDE_PLACES = frozenset({"cluster", "environment", "region", "datacenter"})
_PLACES = _WIDE_PLACES | {"namespace"}
# Say which copy of a thing alerts, not which thing: differ within one cause, and agree by chance between two.
_VOLATILE = frozenset(
    {
        "availability_zone", "code", "container_id", "controller_revision_hash", "device", "endpoint", "host",
        "host_ip", "hostname", "id", "image", "image_id", "instance", "ip", "le", "mountpoint", "node", "nodename",
        "pid", "pod", "pod_ip", "pod_name", "pod_template_hash", "process_id", "quantile", "replica", "uid", "zone",
    }
)  # fmt: skip
# Say how an alert is handled or where it was measured: equal for everything a team runs.
_GENERIC = frozenset(
    {
        "alertgroup", "alertname", "dashboard", "grafana_folder", "job", "level", "metrics_path", "monitor", "owner",
        "priority", "prometheus", "prometheus_replica", "receiver", "rule_uid", "runbook", "severity", "source", "team",
        "tier",
    }
)  # fmt: skip
_WORKLOAD_LABELS = ("deployment", "statefulset", "daemonset")
# A scraper's own name in `service` or `pod` says who measured; grouping by it would tie the whole cluster together.
_EXPORTER = re.compile(
    r"(?:^|[-_.])(?:exporter|kube-state-metrics|cadvisor|kubelet|prometheus|pushgateway|alertmanager|telegraf"
    r"|metrics-server|otel-collector)(?:[-_.]|$)"
)
# Kubernetes draws generated suffixes from this alphabet: no vowels, no 0, 1 or 3
# (k8s.io/apimachinery/pkg/util/rand, SafeEncodeString; read 2026-11-23). Hex hashes come from other schedulers.
_REPLICA_SET_POD = re.compile(r"(.+)-(?:[bcdfghjklmnpqrstvwxz2456789]{5,10}|(?=[a-f]*\d)[0-9a-f]{6,10})-[a-z0-9]{5}")
_STATEFUL_POD = re.compile(r"(.+)-\d{1,5}")
_DAEMON_POD = re.compile(r"(.+)-[bcdfghjklmnpqrstvwxz2456789]{5}")


def name_workload(pod: str) -> str:
    """Return the name of what made a pod: `checkout` for `checkout-7c9d8b6f54-2xk9q`, `checkout-0`, `checkout-2xk9q`.

    A guess from the name's form; a pod that was named by hand keeps its name.
    """
    for pattern in (_REPLICA_SET_POD, _STATEFUL_POD, _DAEMON_POD):
        if match := pattern.fullmatch(pod):
            return match[1]
    return pod


class Owner(NamedTuple):
    """Something that alerts: equal names of one tier are the same thing, unless their places say otherwise."""

    tier: str
    """`workload` (services, processes, deployments, pods by the name of what made them), `database` or `host`."""
    name: str


class Conflict(NamedTuple):
    """What keeps an alert and an incident apart. Worded on demand: most conflicts of a storm are never read."""

    subject: str
    """A label, or `what it is about`."""
    here: Collection[str]
    """The alert's values."""
    there: Collection[str]
    """The incident's values."""

    def __str__(self) -> str:
        """Return it in words: `cluster is eu here and us there`."""
        return f"{self.subject} is {', '.join(sorted(self.here))} here and {', '.join(sorted(self.there))} there"


@dataclass(frozen=True, slots=True)
class AlertKeys:
    """One alert, as grouping sees it."""

    identity: tuple[str, str]
    """Source and fingerprint."""
    name: str
    began_at: datetime
    owners: Mapping[Owner, str]
    """What it is about -> what people call that (`service`, `process`, `workload`, `database`, `host`)."""
    subjects: frozenset[str]
    """Names of those that are no hosts, else of what was scraped: two alerts of one name that share none of them are
    about different things."""
    labels: Mapping[str, str]
    """The labels that identify it beside its name, without volatile and generic ones."""
    places: Mapping[str, str]
    """Labels that keep equal owners apart when they differ: where it runs, and which service it is."""
    tells_of_calls: bool
    """Whether what it tells of may come from something that it calls."""
    spoken_of: frozenset[str]
    """What its name may be about, where no label names anything but a host."""

    @property
    def wide_places(self) -> Mapping[str, str]:
        """Return the places two neighbouring services must share."""
        return {label: value for label, value in self.places.items() if label in _WIDE_PLACES}


def compute_keys(alert: Alert) -> AlertKeys:
    """Reduce an alert to its keys."""
    labels = alert.labels
    # A monitor is called Checkout where the compose file says checkout: two that differ in this alone are one.
    service, (workload, word) = _find_service(labels).casefold(), _find_workload(labels)
    workload = workload.casefold()
    database = clean_name(find_label(labels, "database", "datname"))
    hosts = find_hosts(labels)
    identifying = _list_identifying(labels, service)
    places = {label: value for label, value in identifying.items() if label in _PLACES}
    owners: dict[Owner, str] = {}
    if workload and not _EXPORTER.search(workload):
        owners[Owner("workload", workload)] = word
    if service and not _EXPORTER.search(service):
        owners[Owner("workload", service)] = "service"
        places["service"] = service
    if not owners and database:
        owners[Owner("database", database)] = "database"
    elif not owners and hosts:
        owners[Owner("host", hosts[0])] = "host"
    elif not owners and (exporter := service or workload):
        # Nothing else is named: then it is the scraper itself that alerts.
        owners[Owner("workload", exporter)] = "service"
    if hosts and "service" not in places and (word == "process" or database):
        # The same program, or a database of the same name, on two hosts is two things; a service is one.
        places["host"] = hosts[0]
    identity = (alert.source, alert.fingerprint)
    subjects = frozenset(owner.name for owner in owners if owner.tier != "host") or _find_scraped(labels)
    of_calls, spoken_of = tells_of_calls(alert.name), frozenset() if subjects else _list_spoken_of(alert.name)
    return AlertKeys(identity, alert.name, alert.began_at, owners, subjects, identifying, places, of_calls, spoken_of)


def _find_scraped(labels: Mapping[str, str]) -> frozenset[str]:
    # What was scraped is no owner, for `job: node` is every host there is; another job is another thing all the same.
    job = clean_name(find_label(labels, "job")).casefold()
    return frozenset({job} if job and not is_probe(labels) else ())


def _list_spoken_of(name: str) -> frozenset[str]:
    # `Node down` is about one host: the job `node`, or an exporter's, is about all of them.
    return frozenset(one for one in list_spoken_of(name) if one != "node" and not _EXPORTER.search(one))


def _find_service(labels: Mapping[str, str]) -> str:
    return clean_name(find_label(labels, *SERVICE_LABELS)) or find_probed(labels)


def _find_workload(labels: Mapping[str, str]) -> tuple[str, str]:
    """Return the workload's name and what people call it; the container's name only when nothing else names one."""
    if name := clean_name(find_label(labels, *_WORKLOAD_LABELS)):
        return name, "workload"
    if pod := clean_name(find_label(labels, "pod", "pod_name")):
        return name_workload(pod), "workload"
    if name := clean_name(find_label(labels, "process", "program")) or find_unit(labels):
        return name, "process"
    return find_container(labels), "container"


def _list_identifying(labels: Mapping[str, str], service: str) -> dict[str, str]:
    found: dict[str, str] = {}
    # The exporter's own labels first, so that those of the thing it measures win (see `find_label`).
    for prefix in ("", "exported_"):
        for label, value in labels.items():
            if label.startswith("exported_") != bool(prefix) or not value:
                continue
            name = label.removeprefix(prefix)
            name = _ALIASES.get(name, name)
            if name not in _VOLATILE and name not in _GENERIC:
                found[name] = value
    if _EXPORTER.search(service):
        found.pop("service", None)
    return found


@dataclass(slots=True)
class Trait:
    """What the alerts of an incident that share one owner, or one name, look like together."""

    values: dict[str, set[str]] = field(default_factory=dict)
    """Label -> the values seen; an absent label is unknown, not different."""
    subjects: set[str] = field(default_factory=set)
    sightings: list[tuple[datetime, str]] = field(default_factory=list)
    """(began_at, alert name) of each."""
    tells_of_calls: bool = False
    """Whether one of them may come from something that its owner calls."""

    def add(self, keys: AlertKeys, labels: Mapping[str, str]) -> None:
        """Take in one more alert with those of its labels that matter for this trait."""
        for label, value in labels.items():
            self.values.setdefault(label, set()).add(value)
        self.subjects.update(keys.subjects)
        self.sightings.append((keys.began_at, keys.name))
        self.tells_of_calls |= keys.tells_of_calls

    def find_conflict(self, labels: Mapping[str, str]) -> Conflict | None:
        """Return the first label whose value was never seen here although the label was; `None` when none is."""
        for label, value in labels.items():
            seen = self.values.get(label)
            if seen and value not in seen:
                return Conflict(label, (value,), seen)
        return None

    def find_subject_conflict(self, subjects: frozenset[str]) -> Conflict | None:
        """Return a conflict when both sides name workloads or databases, and none is common."""
        if not subjects or not self.subjects or not subjects.isdisjoint(self.subjects):
            return None
        return Conflict("what it is about", subjects, self.subjects)

    def find_nearest(self, at: datetime) -> tuple[datetime, str]:
        """Return the sighting nearest in time; of two as near, the one whose name sorts first."""
        return min(self.sightings, key=lambda sighting: (abs(sighting[0] - at), sighting[1]))


class IncidentKeys:
    """The alerts of one incident together. Grows; owned by a `GroupingCache`."""

    def __init__(self) -> None:
        self.alerts: tuple[Alert, ...] = ()
        """The alerts taken in, in order."""
        self.identities: set[tuple[str, str]] = set()
        self.owners: dict[Owner, Trait] = {}
        self.names: dict[str, Trait] = {}
        self.workloads: set[str] = set()
        """Names that may stand in a topology."""
        self.subjects: dict[str, Trait] = {}
        self.spoken_of: dict[str, Trait] = {}
        self.earliest: datetime | None = None
        self.latest: datetime | None = None

    def add(self, alert: Alert, keys: AlertKeys) -> None:
        """Take in one more alert."""
        self.alerts += (alert,)
        self.identities.add(keys.identity)
        self.names.setdefault(keys.name, Trait()).add(keys, keys.labels)
        for owner in keys.owners:
            self.owners.setdefault(owner, Trait()).add(keys, keys.places)
            if owner.tier == "workload":
                self.workloads.add(owner.name)
        for found, names in ((self.subjects, keys.subjects), (self.spoken_of, keys.spoken_of)):
            for name in names:
                found.setdefault(name, Trait()).add(keys, keys.places)
        self.earliest = min(self.earliest or keys.began_at, keys.began_at)
        self.latest = max(self.latest or keys.began_at, keys.began_at)

    def compute_distance(self, at: datetime) -> timedelta:
        """Return how far outside the incident's span of alerts an instant lies; zero within it.

        Measured to the span, not to the latest alert alone, so that alerts that arrive out of order end in the same
        place.
        """
        if self.earliest is None or self.latest is None:
            return timedelta.max
        return max(self.earliest - at, at - self.latest, timedelta(0))


class GroupingCache:
    """Keys computed so far. It holds on to every alert it has seen: make a new one once it has seen many.

    Not for two threads at once. Losing it costs time, never correctness.
    """

    def __init__(self) -> None:
        # By object identity, which is stable while the alert is kept here.
        self._alerts: dict[int, tuple[Alert, AlertKeys]] = {}
        self._incidents: dict[IncidentId, IncidentKeys] = {}

    def __len__(self) -> int:
        """Return of how many alerts it holds the keys."""
        return len(self._alerts)

    def get_keys(self, alert: Alert) -> AlertKeys:
        """Return the keys of an alert."""
        known = self._alerts.get(id(alert))
        if known is None:
            known = self._alerts[id(alert)] = (alert, compute_keys(alert))
        return known[1]

    def get_incident_keys(self, incident_id: IncidentId, alerts: Sequence[Alert]) -> IncidentKeys:
        """Return the keys of an incident with exactly these alerts; alerts added at the end cost only themselves."""
        known = self._incidents.get(incident_id)
        if known is None or known.alerts != tuple(alerts[: len(known.alerts)]):
            known = self._incidents[incident_id] = IncidentKeys()
        for alert in alerts[len(known.alerts) :]:
            known.add(alert, self.get_keys(alert))
        return known
