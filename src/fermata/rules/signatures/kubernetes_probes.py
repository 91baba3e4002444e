"""Probes that ask at the wrong port, in the wrong language, for the wrong thing or too soon.

A failing probe is evidence against the container first and against itself only when something shows that the container
does its work: it listens elsewhere, it answers in another protocol, or it gets there later than it is given time for.
Without that, the failing probe is a symptom of whatever keeps the container from answering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import PodPhase, is_ready, is_recently_restarted, last_termination, pod_phase
from fermata.rules.kubernetes.objects import maps_of
from fermata.rules.kubernetes.quantities import parse_time
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.kubernetes_complaints import list_complaints
from fermata.rules.signatures.kubernetes_reach import cite_first, explain
from fermata.rules.signatures.kubernetes_remedies import describe_action
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from datetime import datetime

    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.events import Event
    from fermata.rules.kubernetes.objects import KubeObject

_KINDS = ("liveness", "readiness", "startup")
# What kubelets and Go's HTTP client say to an answer in another protocol (kubernetes, pkg/probe; golang, net/http).
_OTHER_PROTOCOL = re.compile(
    r"malformed HTTP|server gave HTTP response to HTTPS client|first record does not look like a TLS handshake|"
    r"does not implement the grpc health|unknown service grpc\.health|tls: |frame too large|"
    r"HTTP/1\.x transport connection broken|error reading server preface|http2: "
)
_ABSENT_PATH = re.compile(r"statuscode: (?:40[1345]|410)\b")
_ABSENT_COMMAND = re.compile(
    r"executable file not found|no such file or directory|(?:command )?not found\b|exit code 127"
)
_UNCONNECTED = re.compile(
    r"connection refused|failed to connect service|i/o timeout|no route to host|connection reset|dial tcp"
)
_UNANSWERED = re.compile(r"Client\.Timeout|awaiting headers|did not complete within|deadline exceeded|timed out")
_LISTENS = re.compile(
    r"(?i)(?:listen|serv(?:er|ing)|start|bound)[^\n]{0,120}?(?:\bport\b\D{0,12}|\bon:? |\bat:? |\]?:)(\d{2,5})\b"
)
_LISTENING = ("isten", "tarted on", "tarting", "on port", "bound to")
# Found as plain text first: logs are long.
_STARTED_IN = re.compile(r"(?i)started .{0,80}? in (\d{1,6}(?:\.\d+)?) ?s")
_LONGEST = 2000
# Of a line that is read: a longer one is data.
_LONG_S = 60.0
# A container of that age listens, or has another trouble that is told elsewhere.
_GRACE_S = 60.0
# What a container may go on after its probe gave up: the usual grace period, and the start of the container.
_LAST_LINES = 1000
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
_TIGHT_S = 10.0
# From start to the first consequence. Interpreters and virtual machines need several seconds under a CPU limit.


class Probe(NamedTuple):
    """One probe of one container."""

    kind: str
    container: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def way(self) -> str:
        """Return how it asks: `httpGet`, `grpc`, `tcpSocket` or `exec`; empty when that is not known."""
        return next((way for way in ("httpGet", "grpc", "tcpSocket", "exec") if way in self.body), "")

    @property
    def port(self) -> int | None:
        """Return the number of the port it asks at; `None` for a command, or for a name that nothing declares."""
        port = self._written_port
        if isinstance(port, str):
            port = next((item.get("containerPort") for item in self.ports if item.get("name") == port), None)
        return port if isinstance(port, int) else None

    @property
    def port_name(self) -> str:
        """Return the name by which it refers to its port; empty when it gives the number, or none."""
        return self._written_port if isinstance(self._written_port, str) else ""

    @property
    def _written_port(self) -> Any:
        handler = self.body.get(self.way)
        return handler.get("port") if isinstance(handler, Mapping) else None

    @property
    def ports(self) -> Sequence[Mapping[str, Any]]:
        """Return the ports that its container declares."""
        return maps_of(self.container.get("ports"))

    @property
    def patience_s(self) -> float:
        """Return after how many seconds without success it has its consequence (defaults as in the API)."""
        delay, period, failures = (
            found if isinstance(found := self.body.get(field), int) else default
            for field, default in (("initialDelaySeconds", 0), ("periodSeconds", 10), ("failureThreshold", 3))
        )
        return float(delay + period * failures)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a probe."""

    workload: KubeObject
    cause: str
    words: str
    confidence: float
    quotes: tuple[Quote, ...]


def list_verdicts(cluster: Cluster) -> Sequence[Verdict]:
    """Return, once a workload and kind of probe, what makes a probe fail that has consequences now."""
    found: dict[tuple[str, str], Verdict] = {}
    for workload, pod, kind in _list_suspects(cluster):
        said = _hear(cluster, pod, kind)
        probe = _find_probe(pod, kind, said.message) if said is not None else None
        if said is None or probe is None or (workload.ref, kind) in found:
            continue
        cause, words, confidence = _judge(cluster, pod, probe, said.message)
        quotes = cite_first(said.quote, cluster.quote(pod, f"{kind.capitalize()}:", f"{kind}Probe"))
        verdict = Verdict(workload, f"{kind}_probe_{cause}", words, confidence, quotes)
        found[workload.ref, kind] = verdict
    return tuple(found.values())


def _list_suspects(cluster: Cluster) -> Iterator[tuple[KubeObject, KubeObject, str]]:
    """Yield workload, pod and kind of probe where a failing probe may be what is wrong now."""
    for pod in cluster.list("Pod"):
        phase = pod_phase(pod)
        if phase not in (PodPhase.RUNNING_READY, PodPhase.RUNNING_NOT_READY, PodPhase.CRASH):
            continue
        restarted = is_recently_restarted(pod)
        killer = _find_killer(cluster, pod) if restarted else ""
        held = ("startup", "readiness") if phase is PodPhase.RUNNING_NOT_READY and not restarted else ()
        for kind in (killer, *held):
            if kind:
                yield cluster.workload_of(pod) or pod, pod, kind


def _find_killer(cluster: Cluster, pod: KubeObject) -> str:
    """Return the kind of probe that had a pod's container killed; empty when it ended for another reason."""
    told = not cluster.quote(pod, "Events:") or cluster.quote(pod, "failed liveness probe", "failed startup probe")
    if not told or last_termination(pod).get("reason") == "OOMKilled":
        return ""  # A description holds its pod's events: all others need not be read then.
    for event in reversed(cluster.events(pod, "Killing")):
        match = re.search(r"failed (liveness|startup) probe", event.message)
        if match is not None:
            return match[1]
    return ""


def _hear(cluster: Cluster, pod: KubeObject, kind: str) -> Event | None:
    """Return the latest failure of a kind of probe; one that was seen often says more than one at the start."""
    start = f"{kind.capitalize()} probe"
    found = [event for event in cluster.events(pod, "Unhealthy") if event.message.startswith(start)]
    return max(found, key=lambda event: event.count, default=None)


def _find_probe(pod: KubeObject, kind: str, message: str) -> Probe | None:
    """Return the probe that a message is of: the one whose port it names, else the first of its kind."""
    found = [
        Probe(kind, container, body)
        for container in (*pod.containers, *pod.init_containers)
        if isinstance(body := container.get(f"{kind}Probe"), Mapping)
    ]
    named = (probe for probe in found if probe.port is not None and f":{probe.port}" in message)
    return next(named, found[0] if found else None)


def _judge(cluster: Cluster, pod: KubeObject, probe: Probe, message: str) -> tuple[str, str, float]:
    """Return cause, words and confidence."""
    if _OTHER_PROTOCOL.search(message):
        return "incorrect_protocol", f"what listens there does not speak what the probe does ({probe.way})", 0.95
    handler = probe.body.get("httpGet")
    if "statuscode: 400" in message and isinstance(handler, Mapping) and handler.get("scheme") != "HTTPS":
        # Servers of HTTPS answer so to plain HTTP.
        return "incorrect_protocol", "what listens there takes plain HTTP for a bad request", 0.7
    if _ABSENT_PATH.search(message):
        return "incorrect_path", "what it asks for is not there or not for it", 0.85
    if probe.way == "exec" and _ABSENT_COMMAND.search(message):
        return "command_missing", "its command does not exist in the container", 0.9
    if _UNCONNECTED.search(message):
        return _judge_connection(cluster, pod, probe)
    if _UNANSWERED.search(message) and probe.patience_s < _TIGHT_S:
        return "incorrect_timing", f"{_tell_times(probe)} are too short for an answer", 0.6
    return "failing", clip(message, 160), 0.3


def _judge_connection(cluster: Cluster, pod: KubeObject, probe: Probe) -> tuple[str, str, float]:
    heard = _listening_ports(cluster, pod)
    declared = {port for item in probe.ports if isinstance(port := item.get("containerPort"), int)}
    if probe.port is None and not probe.port_name:
        return "failing", "it does not get an answer", 0.3
    if probe.port is None or (declared and probe.port not in declared | heard):
        others = ", ".join(map(str, sorted(declared))) or "none"
        words = f"the container has port {others}, not {probe.port or probe.port_name}"
        if declared & heard or _answers_elsewhere(cluster, pod, probe):
            return "incorrect_port", words, 0.95
        # It need not declare all its ports, and perhaps it listens nowhere yet.
        return ("incorrect_port", words, 0.75) if (pod.age_s or 0.0) >= _LONG_S else ("failing", words, 0.3)
    if heard and probe.port not in heard and not declared & heard:
        return "incorrect_port", f"the container says that it listens elsewhere, not at {probe.port}", 0.7
    late = _startup_s(cluster, pod)
    if late is not None and late > probe.patience_s:
        return "incorrect_timing", f"the container starts in {late:g} s, and {_tell_times(probe)} end sooner", 0.9
    if probe.patience_s < _TIGHT_S:
        return "incorrect_timing", f"{_tell_times(probe)} give it {probe.patience_s:g} s to start", 0.85
    if not heard and probe.kind != "readiness" and _is_cut_short(cluster, pod, probe):
        return "incorrect_timing", f"its log goes on without complaint until {_tell_times(probe)} have it killed", 0.6
    if probe.way == "grpc" and probe.port in heard:
        return "incorrect_protocol", f"the container listens at {probe.port} and does not answer gRPC", 0.7
    return "failing", f"nothing answers at port {probe.port}", 0.3


def _is_cut_short(cluster: Cluster, pod: KubeObject, probe: Probe) -> bool:
    """Answer whether the run before was killed at work: it wrote for most of its time, and complained of nothing.

    One that waits for something in vain says so, or says nothing; one that hung after a start outlived its start.
    """
    complaining = {complaint.log.document_key for complaint in list_complaints(cluster)}
    for log in cluster.logs(pod):
        if log.previous and log.document_key not in complaining:
            times = [_instant(quote.text) for quote in log.tail(_LAST_LINES)]
            known = [time for time in times if time is not None]
            span = (known[-1] - known[0]).total_seconds() if known else 0.0
            if probe.patience_s / 2 <= span <= probe.patience_s + _GRACE_S and len(times) < _LAST_LINES:
                return True
    return False


def _instant(line: str) -> datetime | None:
    match = _STAMP.search(line[:_LONGEST])
    return parse_time(f"{match[1]}T{match[2]}Z") if match is not None else None


def _answers_elsewhere(cluster: Cluster, pod: KubeObject, probe: Probe) -> bool:
    """Answer whether another probe of the container succeeds at another port: the container is up then."""
    for kind in _KINDS:
        body = probe.container.get(f"{kind}Probe")
        other = Probe(kind, probe.container, body) if kind != probe.kind and isinstance(body, Mapping) else None
        if other is None or other.port in (None, probe.port):
            continue
        if (kind == "readiness" and is_ready(pod)) or _hear(cluster, pod, kind) is None:
            return True
    return False


def _tell_times(probe: Probe) -> str:
    names = {"initialDelaySeconds": "delay", "periodSeconds": "period", "failureThreshold": "failures"}
    told = [f"{name} {probe.body[field]}" for field, name in names.items() if field in probe.body]
    return ", ".join(told) or "its default times"


def _listening_ports(cluster: Cluster, pod: KubeObject) -> set[int]:
    """Return the ports that a pod's logs say it listens at."""
    logs = cluster.logs(pod)
    lines = (quote.text[:_LONGEST] for log in logs for needle in _LISTENING for quote in log.lines_with(needle, 5))
    return {int(match[1]) for line in lines for match in _LISTENS.finditer(line)}


def _startup_s(cluster: Cluster, pod: KubeObject) -> float | None:
    """Return how long a container says that it took to start, as many frameworks do."""
    for log in cluster.logs(pod):
        for quote in log.lines_with("tarted ", 10):
            match = _STARTED_IN.search(quote.text[:_LONGEST])
            if match is not None:
                return float(match[1])
    return None


_CAUSES = {
    "incorrect_protocol": (
        "A {} probe speaks another protocol than the container",
        Specificity.ORIGIN,
        "Let the {} probe ask in the protocol that the container speaks.",
    ),
    "incorrect_port": (
        "A {} probe asks at a port where nothing listens",
        Specificity.ORIGIN,
        "Let the {} probe ask at the port that the container listens at.",
    ),
    "incorrect_timing": (
        "A {} probe does not give the container enough time",
        Specificity.ORIGIN,
        "Give the {} probe more delay, period or failures, or the container a startup probe.",
    ),
    "incorrect_path": (
        "A {} probe asks for a path that is not there",
        Specificity.ORIGIN,
        "Correct the path of the {} probe.",
    ),
    "command_missing": (
        "A {} probe runs a command that does not exist",
        Specificity.ORIGIN,
        "Correct the command of the {} probe, or put it into the image.",
    ),
    "failing": (
        "A {} probe fails, and why is not told",
        Specificity.SYMPTOM,
        "Find out why the container does not answer its {} probe.",
    ),
}


def _find_verdict(cluster: Cluster, *, cause: str) -> Iterable[Claim]:
    for verdict in cluster.remember(list_verdicts):
        if verdict.cause != cause:
            continue
        kind, _, what = cause.partition("_probe_")
        title, _, person_must = _CAUSES[what]
        yield Claim(
            cause=cause,
            subject=verdict.workload.entity,
            text=f"{title.format(kind)}: {verdict.workload.name}, {verdict.words}.",
            confidence=verdict.confidence,
            quotes=verdict.quotes,
            explains=explain(cluster, verdict.workload),
            person_must=person_must.format(kind),
        )


def _signature(kind: str, what: str) -> Signature:
    title, specificity, person_must = _CAUSES[what]
    must = person_must.format(kind)
    return Signature(
        id=f"{kind}_probe_{what}",
        title=title.format(kind),
        looks_at=(EvidenceKind.OBJECTS, EvidenceKind.LOGS),
        ruled_out_by="The pod got over it, the container ended by itself, or nothing shows that it would answer "
        "otherwise: then the failing probe is only a symptom.",
        confidence_note="0.95 for an answer in another protocol, or an undeclared port of a container that is up; 0.85 "
        "to 0.9 for a path, a command, a slow start; 0.6 to 0.75 where little shows it; 0.3 for a symptom.",
        action=describe_action(f"{kind}_probe_{what}", must),
        specificity=specificity,
        find=partial(_find_verdict, cause=f"{kind}_probe_{what}"),
    )


SIGNATURES: tuple[Signature, ...] = tuple(_signature(kind, what) for what in _CAUSES for kind in _KINDS)
"""The catalogue's part about probes."""
