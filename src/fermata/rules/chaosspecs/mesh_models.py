"""Chaos Mesh's objects as Fermata writes them: closed and strict, so that a misspelt or retyped field is no object.

Narrower than the API on purpose. There is no field for what a rehearsal never needs and what has hit more than was
meant: set-based and field selectors, node selectors, pods by name, another cluster, network devices.

Source: chaos-mesh `config/crd/bases/chaos-mesh.org_*.yaml`, v1alpha1, and `api/v1alpha1/*_webhook.go` (2.8, read
November 2026).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from fermata.rules.chaosspecs.shape import Part

API_VERSION = "chaos-mesh.org/v1alpha1"
PLURALS = {
    "PodChaos": "podchaos",
    "NetworkChaos": "networkchaos",
    "HTTPChaos": "httpchaos",
    "StressChaos": "stresschaos",
    "Workflow": "workflows",
    "Schedule": "schedules",
}
"""By kind: the plural its API path has."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A DNS-1123 label."""
_WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LabelKey = Annotated[str, StringConstraints(max_length=317, pattern=rf"^([a-z0-9][-a-z0-9.]{{0,251}}/)?{_WORD}$")]
LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=f"^{_WORD}$")]
Labels = dict[LabelKey, LabelValue]
Share = Annotated[str, StringConstraints(max_length=3, pattern=r"^(100|[1-9]?[0-9])$")]
"""0..100, as the text that the API wants."""
Span = Annotated[str, StringConstraints(min_length=2, max_length=40)]
FaultName = Literal["PodChaos", "NetworkChaos", "HTTPChaos", "StressChaos"]
Mode = Literal["one", "all", "fixed", "fixed-percent", "random-max-percent"]


class Metadata(Part):
    """An object's metadata, as far as it is written by hand."""

    name: Name
    namespace: Name
    labels: Labels = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Selector(Part):
    """Which pods: by namespace and by equal labels, both, and nothing else."""

    namespaces: list[Name] = Field(min_length=1, max_length=1)
    label_selectors: Labels = Field(min_length=1)


class Target(Part):
    """The other side of a network fault."""

    mode: Mode
    value: str | None = None
    selector: Selector


class Selecting(Part):
    """What every kind of fault has."""

    mode: Mode
    value: str | None = None
    selector: Selector
    duration: Span | None = None


class PodChaosSpec(Selecting):
    """Pods that end."""

    action: Literal["pod-kill", "pod-failure", "container-kill"]
    grace_period: int | None = Field(default=None, ge=0, le=3600)
    container_names: list[Name] | None = None


class Delay(Part):
    """Latency of the packets that leave."""

    latency: Span
    jitter: Span | None = None
    correlation: Share | None = None


class Loss(Part):
    """Packets that never arrive."""

    loss: Share
    correlation: Share | None = None


class Bandwidth(Part):
    """A token bucket (tbf)."""

    rate: Annotated[str, StringConstraints(max_length=20, pattern=r"^[1-9][0-9]{0,11}(bps|kbps|mbps|gbps|tbps)$")]
    """Bytes each second: here `bps` is bytes, after tc(8)."""
    limit: int = Field(ge=1, le=2**31 - 1)
    buffer: int = Field(ge=1, le=2**31 - 1)


class NetworkChaosSpec(Selecting):
    """Network between the selected pods and the target's."""

    action: Literal["delay", "loss", "partition", "bandwidth"]
    direction: Literal["to", "from", "both"] | None = None
    target: Target | None = None
    delay: Delay | None = None
    loss: Loss | None = None
    bandwidth: Bandwidth | None = None


class Replace(Part):
    """What an answer is replaced by."""

    code: int | None = Field(default=None, ge=100, le=599)


class HTTPChaosSpec(Selecting):
    """Requests that arrive at one port of the selected pods, or their answers."""

    target: Literal["Request", "Response"]
    port: int = Field(ge=1, le=65535)
    path: str | None = Field(default=None, min_length=1, max_length=1000)
    method: Literal["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"] | None = None
    abort: bool | None = None
    delay: Span | None = None
    replace: Replace | None = None


class CpuStressor(Part):
    """Load on the processor."""

    workers: int = Field(ge=1, le=64)
    load: int = Field(ge=1, le=100)


class MemoryStressor(Part):
    """Memory that is taken."""

    workers: int = Field(ge=1, le=64)
    size: Annotated[str, StringConstraints(max_length=12, pattern=r"^([1-9][0-9]{0,6}[KMG]B|(100|[1-9][0-9]?)%)$")]


class Stressors(Part):
    """At least one of them."""

    cpu: CpuStressor | None = None
    memory: MemoryStressor | None = None


class StressChaosSpec(Selecting):
    """Processor or memory of one container in each selected pod."""

    stressors: Stressors
    container_names: list[Name] | None = None


class Criteria(Part):
    """What a check counts as good."""

    status_code: Annotated[str, StringConstraints(pattern=r"^[1-5][0-9]{2}(-[1-5][0-9]{2})?$")]


class HttpCheck(Part):
    """A question by HTTP, asked by the controller."""

    url: Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s@]+$")]
    method: Literal["GET"] = "GET"
    criteria: Criteria


class StatusCheckSpec(Part):
    """A steady state, looked at again and again."""

    mode: Literal["Synchronous", "Continuous"]
    type: Literal["HTTP"]
    interval_seconds: int = Field(ge=1, le=300)
    timeout_seconds: int = Field(ge=1, le=60)
    failure_threshold: int = Field(ge=1, le=100)
    success_threshold: int = Field(default=1, ge=1, le=100)
    duration: Span | None = None
    http: HttpCheck


class Faults(Part):
    """A fault inside a workflow or a schedule: one of these fields."""

    pod_chaos: PodChaosSpec | None = None
    network_chaos: NetworkChaosSpec | None = None
    http_chaos: HTTPChaosSpec | None = None
    stress_chaos: StressChaosSpec | None = None

    @property
    def found(self) -> dict[str, Selecting]:
        """Return the faults that are there, by kind."""
        named = {
            "PodChaos": self.pod_chaos,
            "NetworkChaos": self.network_chaos,
            "HTTPChaos": self.http_chaos,
            "StressChaos": self.stress_chaos,
        }
        return {kind: spec for kind, spec in named.items() if spec is not None}


def name_fault(kind: FaultName, spec: Selecting) -> dict[str, Any]:
    """Return a fault under the field of its kind, as `Faults` takes it."""
    names = {
        "PodChaos": "pod_chaos",
        "NetworkChaos": "network_chaos",
        "HTTPChaos": "http_chaos",
        "StressChaos": "stress_chaos",
    }
    return {names[kind]: spec}


class Template(Faults):
    """A step of a workflow."""

    name: Name
    template_type: Literal[
        "Serial", "Parallel", "Suspend", "StatusCheck", "PodChaos", "NetworkChaos", "HTTPChaos", "StressChaos"
    ]
    deadline: Span | None = None
    children: list[str] | None = None
    status_check: StatusCheckSpec | None = None
    abort_with_status_check: bool | None = None


class WorkflowSpec(Part):
    """Steps, and the one that begins."""

    entry: str
    templates: list[Template] = Field(min_length=1, max_length=100)


class ScheduleSpec(Faults):
    """A fault that comes again."""

    schedule: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    type: Literal["PodChaos", "NetworkChaos", "HTTPChaos", "StressChaos", "Workflow"]
    concurrency_policy: Literal["Forbid", "Allow"] | None = None
    history_limit: int | None = Field(default=None, ge=1, le=100)
    starting_deadline_seconds: int | None = Field(default=None, ge=1, le=86400)
    workflow: WorkflowSpec | None = None


class _Object(Part):
    api_version: Literal["chaos-mesh.org/v1alpha1"]
    metadata: Metadata


class PodChaos(_Object):
    """The object."""

    kind: Literal["PodChaos"]
    spec: PodChaosSpec


class NetworkChaos(_Object):
    """The object."""

    kind: Literal["NetworkChaos"]
    spec: NetworkChaosSpec


class HTTPChaos(_Object):
    """The object."""

    kind: Literal["HTTPChaos"]
    spec: HTTPChaosSpec


class StressChaos(_Object):
    """The object."""

    kind: Literal["StressChaos"]
    spec: StressChaosSpec


class Workflow(_Object):
    """The object."""

    kind: Literal["Workflow"]
    spec: WorkflowSpec


class Schedule(_Object):
    """The object."""

    kind: Literal["Schedule"]
    spec: ScheduleSpec


AnyObject = PodChaos | NetworkChaos | HTTPChaos | StressChaos | Workflow | Schedule
