"""An experiment's fault as one Chaos Mesh object.

What is written is the narrowest that does the fault: one namespace, equal labels, a counted number of replicas where
they were counted, and always a duration, because Chaos Mesh ends a fault by itself only then. The share of an
experiment is a share of replicas here: Chaos Mesh cannot hit every other call.

Source: chaos-mesh v1alpha1 (2.8, read November 2026); tbf's buffer, tc-tbf(8): rate / HZ at least.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fermata.domain.experiment import Experiment, FaultKind
from fermata.domain.sandbox import DIGEST_ANNOTATION, EXPERIMENT_LABEL
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs import mesh_models as mesh
from fermata.rules.chaosspecs.shape import Part
from fermata.rules.chaosspecs.spans import write_milliseconds, write_span

_MANAGED = {"app.kubernetes.io/managed-by": "fermata"}
_SMALLEST_BUFFER = 10_000
_HZ = 100
"""The slowest timer a kernel is built with: its buffers suit the faster ones too."""

Selecting = dict[str, Any]


def write_object(experiment: Experiment) -> dict[str, Any]:
    """Return the object that carries the experiment's fault: PodChaos, NetworkChaos, HTTPChaos or StressChaos.

    Raises:
        UserError: Chaos Mesh cannot do this fault, or the target is not specific enough.
    """
    kind, spec = write_fault(experiment)
    timed = spec.model_copy(update={"duration": write_span(experiment.duration)})
    return wrap(experiment, kind, timed)


def wrap(experiment: Experiment, kind: str, spec: Part) -> dict[str, Any]:
    """Return a spec as a whole object that carries the experiment's name, label and digest."""
    metadata = mesh.Metadata(
        name=experiment.id,
        namespace=_require_namespace(experiment),
        labels={**_MANAGED, EXPERIMENT_LABEL: experiment.id},
        annotations={DIGEST_ANNOTATION: experiment.compute_digest()},
    )
    return {"apiVersion": mesh.API_VERSION, "kind": kind, "metadata": metadata.dump(), "spec": spec.dump()}


def write_fault(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    """Return the kind of object and its spec, without a duration: a workflow has deadlines instead.

    Raises:
        UserError: As `write_object`.
    """
    if experiment.fault.failing_percent is not None:
        raise _refuse(
            experiment, "latency and errors at once are one fault only for faultproxy", "Rehearse one of them"
        )
    writer = _WRITERS.get(experiment.fault.kind)
    if writer is None:
        raise _refuse(experiment, "it has no such fault", "Use bandwidth, or the system faultproxy")
    return writer(experiment)


def select(experiment: Experiment) -> Selecting:
    """Return selector, mode and value of the target.

    Raises:
        UserError: It has no namespace or no labels, or the share is less than one replica.
    """
    target = experiment.target
    if not target.labels:
        raise _refuse(
            experiment,
            f"{target.service} has no labels to select by",
            "Say which its pods carry: --label NAME=VALUE",
        )
    mode, value = _pick_mode(experiment)
    selector = mesh.Selector(namespaces=[_require_namespace(experiment)], label_selectors=dict(target.labels))
    return {"selector": selector, "mode": mode, "value": value}


def _pick_mode(experiment: Experiment) -> tuple[mesh.Mode, str | None]:
    """A count never grows with the deployment; `all` also takes pods that are not running, and is never written."""
    percent, replicas = experiment.fault.percent, experiment.target.replicas
    if replicas is None:
        if percent < 1:
            raise _refuse(
                experiment, f"{percent:g} % of an unknown number of replicas may be none", "Count them: --replicas"
            )
        return "fixed-percent", str(int(percent))
    # At least one: with a single replica there is no smaller part, and the sandbox says what it thinks of that.
    count = max(1, int(replicas * percent / 100))
    return ("one", None) if count == 1 else ("fixed", str(count))


def _require_namespace(experiment: Experiment) -> str:
    if not experiment.target.namespace:
        raise _refuse(experiment, "the target has no namespace", "Say which it runs in, with --namespace")
    return experiment.target.namespace


def _require_callee(experiment: Experiment) -> mesh.Target:
    target = experiment.target
    if not (target.callee and target.callee_labels):
        why = "without the callee's labels it would hit all traffic of the pods, their probes included"
        raise _refuse(experiment, why, "Aim it at one call, caller->callee, with the callee's --callee-label")
    selector = mesh.Selector(namespaces=[_require_namespace(experiment)], label_selectors=dict(target.callee_labels))
    # The fault sits at the caller, whatever stands here: `all` says that every replica of the callee counts as callee.
    return mesh.Target(mode="all", selector=selector)


def _require_port(experiment: Experiment) -> int:
    target = experiment.target
    if target.callee:
        why = f"HTTPChaos sits at the callee and hits every caller of {target.callee}, not this one alone"
        raise _refuse(experiment, why, f"Aim it at {target.callee} itself, or use the system faultproxy")
    if len(target.ports) != 1:
        raise _refuse(experiment, "HTTPChaos takes exactly one port", "Say which the service listens on, with --port")
    return target.ports[0]


def _write_latency(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    latency = write_milliseconds(experiment.fault.latency_ms or 0)
    if not experiment.target.callee and experiment.target.ports:
        spec = mesh.HTTPChaosSpec(
            **select(experiment), target="Request", port=_require_port(experiment), path="*", delay=latency
        )
        return "HTTPChaos", spec
    jitter = experiment.fault.jitter_ms
    delay = mesh.Delay(
        latency=latency, jitter=write_milliseconds(jitter) if jitter else "0ms", correlation="0" if jitter else None
    )
    return "NetworkChaos", _write_network(experiment, action="delay", delay=delay)


def _write_network(experiment: Experiment, **given: Any) -> mesh.NetworkChaosSpec:
    return mesh.NetworkChaosSpec(**select(experiment), direction="to", target=_require_callee(experiment), **given)


def _write_blackhole(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    return "NetworkChaos", _write_network(experiment, action="partition")


def _write_bandwidth(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    rate = experiment.fault.bytes_per_s or 0
    buffer = min(max(_SMALLEST_BUFFER, rate // _HZ), 2**30)
    bandwidth = mesh.Bandwidth(rate=f"{rate}bps", limit=2 * buffer - 1, buffer=buffer)
    return "NetworkChaos", _write_network(experiment, action="bandwidth", bandwidth=bandwidth)


def _write_error(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    spec = mesh.HTTPChaosSpec(
        **select(experiment),
        target="Response",
        port=_require_port(experiment),
        path="*",
        replace=mesh.Replace(code=experiment.fault.status),
    )
    return "HTTPChaos", spec


def _write_reset(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    spec = mesh.HTTPChaosSpec(
        **select(experiment), target="Request", port=_require_port(experiment), path="*", abort=True
    )
    return "HTTPChaos", spec


def _write_kill(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    _refuse_callee(experiment)
    return "PodChaos", mesh.PodChaosSpec(**select(experiment), action="pod-kill", grace_period=0)


def _write_cpu(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    _refuse_callee(experiment)
    load = max(1, round(experiment.fault.load_percent or 0))
    stressors = mesh.Stressors(cpu=mesh.CpuStressor(workers=1, load=load))
    return "StressChaos", mesh.StressChaosSpec(**select(experiment), stressors=stressors)


def _write_memory(experiment: Experiment) -> tuple[mesh.FaultName, mesh.Selecting]:
    _refuse_callee(experiment)
    memory = mesh.MemoryStressor(workers=1, size=f"{experiment.fault.memory_mb}MB")
    return "StressChaos", mesh.StressChaosSpec(**select(experiment), stressors=mesh.Stressors(memory=memory))


def _refuse_callee(experiment: Experiment) -> None:
    if experiment.target.callee:
        raise _refuse(experiment, "it hits a service, not a call", f"Aim it at {experiment.target.callee} itself")


def _refuse(experiment: Experiment, why: str, do: str) -> UserError:
    return UserError(f"Chaos Mesh cannot be asked for {experiment.fault.kind.value} here", why=why, do=do)


_WRITERS: Mapping[FaultKind, Callable[[Experiment], tuple[mesh.FaultName, mesh.Selecting]]] = {
    FaultKind.LATENCY: _write_latency,
    FaultKind.BLACKHOLE: _write_blackhole,
    FaultKind.BANDWIDTH: _write_bandwidth,
    FaultKind.ERROR: _write_error,
    FaultKind.RESET: _write_reset,
    FaultKind.KILL: _write_kill,
    FaultKind.CPU: _write_cpu,
    FaultKind.MEMORY: _write_memory,
}
