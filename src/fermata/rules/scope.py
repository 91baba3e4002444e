"""What an alert is about, read from its labels, and the frame in which evidence is collected for an incident.

Called by intake (entities of a new alert) and by the investigation (the scope of one gathering). It claims no object
for a system: which integration owns `service/checkout` is for the collectors to say. Labels come from outside and may
hold anything: a name that cannot be an entity is cleaned or left out, and never stops an alert.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fermata.domain.alert import Alert, AlertStatus
from fermata.domain.entity import FORBIDDEN, Entity
from fermata.domain.ids import IncidentId
from fermata.domain.incident import Incident
from fermata.domain.scope import Scope

DEFAULT_LOOKBACK = timedelta(hours=1)
"""How far before the onset causes are looked for: most changes that break something do so within minutes (a guess, to
be measured), and an hour of logs and commits still fits one gathering."""

_COMPOSE = ("container_label_com_docker_compose_service", "compose_service")
"""A service of Docker Compose, as cAdvisor and Docker's driver for Loki write it."""
_SCRAPED = ("service", "service_name", "app", "application", "app_kubernetes_io_name")
SERVICE_LABELS = (*_SCRAPED, *_COMPOSE)
# Kind -> labels that name it, the most trusted first. The order of the kinds is the order of specificity.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("container", ("container", "container_name")),
    ("pod", ("pod", "pod_name")),
    ("deployment", ("deployment",)),
    ("statefulset", ("statefulset",)),
    ("daemonset", ("daemonset",)),
    # As kube-state-metrics names them: `job` is what was scraped.
    ("job", ("job_name",)),
    ("cronjob", ("cronjob",)),
    ("horizontalpodautoscaler", ("horizontalpodautoscaler",)),
    ("process", ("process", "program")),
    ("service", SERVICE_LABELS),
    ("database", ("database", "datname")),
)
_HOST_LABELS = ("host", "hostname", "node", "nodename", "instance")
_UNIT_LABELS = ("unit", "systemd_unit", "name")
_UNIT_SUFFIXES = (".service", ".timer", ".path", ".socket")
"""What starts a service has its name, unless its file says otherwise (systemd.timer(5), systemd.path(5))."""
_NAMESPACE_LABELS = ("namespace", "kubernetes_namespace")
_NAMESPACED = frozenset(
    {
        "container",
        "pod",
        "deployment",
        "statefulset",
        "daemonset",
        "job",
        "cronjob",
        "horizontalpodautoscaler",
        "service",
    }
)
_RANK = {kind: rank for rank, kind in enumerate([*(kind for kind, _ in _KINDS), "host"])}

_EXPORTER = "kube-state-metrics"
_TOLD_OF = ("deployment", "statefulset", "daemonset", "job_name", "cronjob", "horizontalpodautoscaler", "pod", "node")
"""By which kube-state-metrics names what a metric tells of (its documentation, "Metrics", read November 2026)."""
_RUNNING = frozenset({"pod", "pod_name", "container", "container_name"})
"""Labels that a scrape adds to say where it read, where the metric has none of that name."""

_PART = re.compile(r"[^\w-]+")
_AFTER_HOST = re.compile(r"[/?#]")

# What `Entity` refuses, all of it: a label that it refused would stop its alert, and all that came with it.
_FORBIDDEN = re.compile(f"[{FORBIDDEN}]+")
_LONGEST_NAME = 253  # The longest DNS name, which is also Kubernetes' limit for object names.


def find_label(labels: Mapping[str, str], *names: str) -> str:
    """Return the first of these labels that has a value, or empty text.

    Prometheus renames a target's own label to `exported_<name>` when the scrape adds one of the same name: the renamed
    one speaks of the thing that alerts, the other of the exporter that was scraped, so it wins.
    """
    for name in names:
        value = labels.get(f"exported_{name}") or labels.get(name)
        if value:
            return value
    return ""


def clean_name(text: str) -> str:
    """Return `text` as a name an `Entity` accepts; empty when nothing is left of it."""
    return _FORBIDDEN.sub("-", text).strip("-")[:_LONGEST_NAME].strip("-")


def find_namespace(labels: Mapping[str, str]) -> str:
    """Return the namespace the labels name, or empty text."""
    return clean_name(find_label(labels, *_NAMESPACE_LABELS))


def find_unit(labels: Mapping[str, str]) -> str:
    """Return the service of systemd that the labels name, without its suffix; empty when they name none.

    As node_exporter's collector (`name`), the scrape of a journal (`unit`) and its shippers write it: a label of so
    common a name counts only for a value that is such a service.
    """
    values = (find_label(labels, name) for name in _UNIT_LABELS)
    return next((clean_name(value.rpartition(".")[0]) for value in values if value.endswith(_UNIT_SUFFIXES)), "")


def find_container(labels: Mapping[str, str]) -> str:
    """Return the container that the labels name: `name` counts beside the `id` and `image` that cAdvisor adds."""
    name = find_label(labels, "container", "container_name")
    return clean_name(name or (labels.get("name", "") if labels.get("id") and labels.get("image") else ""))


def find_probed(labels: Mapping[str, str]) -> str:
    """Return the service that a probe asked; empty where it asked none.

    By its own name, `http://checkout:8000/healthz`, or by the `job` where the address has that, too: `job: checkout` of
    `https://checkout.example.com`. A name with a dot or of digits is an address, and `localhost` is whoever asks.
    """
    if not is_probe(labels):
        return ""
    host, job = _strip_port(labels["instance"]), clean_name(find_label(labels, "job"))
    if "." in host or ":" in host or host.isdigit() or host == "localhost":
        return job if job.casefold() in _PART.split(labels["instance"].partition("://")[2].casefold()) else ""
    return clean_name(host)


def is_probe(labels: Mapping[str, str]) -> bool:
    """Answer whether `instance` is an address that somebody asked: then `job` is who asked, not what is broken."""
    return "://" in labels.get("instance", "")


def find_hosts(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the distinct hosts the labels name, port and scheme taken off, the most deliberate label first."""
    hosts = (_strip_port(find_label(labels, name)) for name in _HOST_LABELS)
    return tuple(dict.fromkeys(host for host in map(clean_name, hosts) if host))


def _strip_port(instance: str) -> str:
    # Blackbox probes put a whole URL into `instance`; IPv6 comes in brackets when a port follows it.
    address = instance.partition("://")[2] or instance
    address = _AFTER_HOST.split(address, maxsplit=1)[0].rpartition("@")[2]
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def find_entities(alert: Alert) -> tuple[Entity, ...]:
    """Return what the alert's labels name, as entities no system has claimed yet, most specific first.

    Containers, pods, workloads and services carry the namespace label. `job` names a
    service only when no other label names anything but a host: it says what was scraped, not what is broken.

    Returns:
        Distinct entities; empty when no known label has a usable value.
    """
    labels = _drop_exporter(alert.labels)
    namespace = find_namespace(labels)
    found = []
    for kind, names in _KINDS:
        name = clean_name(find_label(labels, *names)) or _READ_OTHERWISE.get(kind, _find_nothing)(labels)
        if name:
            found.append(Entity(kind=kind, name=name, namespace=namespace if kind in _NAMESPACED else ""))
    if not found and not is_probe(labels) and (job := clean_name(find_label(labels, "job"))):
        found.append(Entity(kind="service", name=job))
    return (*found, *(Entity(kind="host", name=host) for host in find_hosts(labels)))


def _find_nothing(_labels: Mapping[str, str]) -> str:
    return ""


_READ_OTHERWISE = {"container": find_container, "process": find_unit, "service": find_probed}
"""Kind -> what is read where no label of its own names one."""


def _drop_exporter(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels without those that name kube-state-metrics as what was scraped, where others name its subject.

    It tells of other objects. A metric of a deployment has no pod: the scrape adds the exporter's, with its container,
    service and address. Where the exporter itself is what is told of, or nothing else is named, all of them stay.
    """
    told_of = [name for name in _TOLD_OF if (value := find_label(labels, name)) and _EXPORTER not in value]
    its_own = {name for name, value in labels.items() if _EXPORTER in value}
    if not told_of or not its_own & {"job", *_SCRAPED, *_RUNNING} or its_own & {"deployment", "statefulset"}:
        return labels
    foreign = {"instance", *(its_own & {"job", *_SCRAPED})} | (set() if "pod" in told_of else _RUNNING)
    return {name: value for name, value in labels.items() if name not in foreign}


def unite_entities(*groups: Iterable[Entity]) -> tuple[Entity, ...]:
    """Return the distinct entities of all groups, most specific kind first; kinds that no label names come last."""
    distinct = dict.fromkeys(entity for group in groups for entity in group)
    return tuple(sorted(distinct, key=lambda entity: _RANK.get(entity.kind, len(_RANK))))


_NEVER = datetime.max.replace(tzinfo=UTC)
_CLOCK_SKEW = timedelta(minutes=10)
"""How far ahead a source's clock is taken at its word."""


_QUIET = timedelta(minutes=2)
"""How long nothing may have fired for what fires next to be the same trouble. A rule that flaps comes back within a few
evaluations, a deployment takes longer; a guess."""


def list_present(alerts: Sequence[Alert], quiet: timedelta = _QUIET) -> tuple[Alert, ...]:
    """Return the alerts of the trouble that there is now: those before the last quiet time are left out.

    An incident whose alerts were over is opened again by the next one of its kind, whatever that is for this time.
    What changed between the two came before the present trouble, and after the first one.

    Args:
        quiet: How long nothing may have fired for what fires next to be the same trouble.
    """
    present: list[Alert] = []
    over_at: datetime | None = None
    for alert in sorted(alerts, key=lambda alert: alert.began_at):
        if over_at is not None and alert.began_at - over_at > quiet:
            present = []
        present.append(alert)
        ended_at = (alert.ends_at or alert.received_at) if alert.status is AlertStatus.RESOLVED else _NEVER
        over_at = max(over_at or ended_at, ended_at)
    return tuple(present)


def build_scope(
    incident: Incident, alerts: Sequence[Alert], now: datetime, lookback: timedelta = DEFAULT_LOOKBACK
) -> Scope:
    """Frame one gathering: the incident's entities, from `lookback` before the onset until now.

    The onset is that of the trouble there is now (`list_present`), the incident's own start unless it was quiet since.
    Where it was quiet for less than `lookback`, the window begins before what was then: a rule that flaps for hours
    goes back to one change.

    Args:
        alerts: The incident's alerts in their latest state; their entities are used when the incident names none.
        now: Aware UTC instant of the gathering. An onset in the future (the source's clock is ahead) moves the
            window's end past it.
    """
    entities = incident.entities or unite_entities(*(find_entities(alert) for alert in alerts))
    scopes = [
        frame_scope(
            incident.id,
            present,
            entities,
            now=now,
            lookback=lookback,
            started_at=incident.started_at if len(present) == len(alerts) else None,
        )
        for present in (list_present(alerts), list_present(alerts, lookback))
    ]
    window_start = min(scope.window_start for scope in scopes)
    return scopes[0].model_copy(update={"alerts": tuple(alerts), "window_start": window_start})


def frame_scope(
    incident_id: IncidentId,
    alerts: Sequence[Alert],
    entities: Sequence[Entity],
    *,
    now: datetime,
    lookback: timedelta = DEFAULT_LOOKBACK,
    started_at: datetime | None = None,
) -> Scope:
    """Frame one gathering about entities: from `lookback` before the onset until now.

    Args:
        started_at: The start that is known beside the alerts'; without any, the onset is now.
    """
    # A start in the far future is a broken clock's; nothing is learned from looking there.
    starts = [alert.began_at for alert in alerts] + ([started_at] if started_at else [])
    onset = min([*(starts or [now]), now + _CLOCK_SKEW])
    return Scope(
        incident_id=incident_id,
        alerts=tuple(alerts),
        entities=tuple(entities),
        onset=onset,
        window_start=onset - lookback,
        window_end=max(now, onset + timedelta(seconds=1)),
    )
