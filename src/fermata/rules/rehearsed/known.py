"""Which causes of the catalogue name a fault, and where each of them may be said to sit.

Wider than one id, as one fault has many true names: a callee that answers late is a service out of its range to
metrics, a full pool to its caller's log, and a slow network to a cluster. None of them is the name of something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fermata.domain.experiment import Experiment, ExperimentResult, FaultKind
from fermata.domain.known_factor import Accepted, KnownFactor

_SLOW = (
    *("service_degraded", "pod_network_delay", "node_network_delay", "network_path_failure", "database_slow_queries"),
    *("third_party_outage", "callee_unreachable"),
)
_GONE = (
    *("service_degraded", "callee_unreachable", "dependency_unavailable", "dependency_refused", "database_unreachable"),
    *("external_dependency_unavailable", "third_party_outage", "network_path_failure"),
)
_AT_TARGET: Mapping[FaultKind, tuple[str, ...]] = {
    FaultKind.LATENCY: _SLOW,
    FaultKind.SLOW_BODY: _SLOW,
    FaultKind.BANDWIDTH: _SLOW,
    FaultKind.ERROR: (
        *("service_degraded", "dependency_unavailable", "external_dependency_unavailable", "third_party_outage"),
    ),
    FaultKind.BLACKHOLE: (*_GONE, "pod_network_delay", "node_network_delay", "node_network_packet_loss"),
    FaultKind.RESET: _GONE,
    FaultKind.KILL: (
        *_GONE,
        *("stopped_process", "crash_loop", "database_down", "database_starting", "pod_stuck", "workload_at_zero"),
    ),
    FaultKind.CPU: ("service_degraded", "pod_cpu_overload", "cpu_limit_too_low", "noisy_neighbour"),
    FaultKind.MEMORY: (
        *("service_degraded", "memory_limit_exceeded", "oom_killed", "program_memory_exhausted"),
        *("application_memory_exhausted", "memory_limit_too_low", "node_memory_pressure"),
    ),
}
_AT_CALLER: Mapping[FaultKind, tuple[str, ...]] = {
    # They say of the caller what its callee does to it, or that the network on its side is slow: there a cluster's
    # injector puts a delay.
    FaultKind.LATENCY: ("connection_pool_exhausted", "callee_unreachable", "pod_network_delay", "node_network_delay"),
    FaultKind.SLOW_BODY: ("connection_pool_exhausted", "pod_network_delay", "node_network_delay"),
    FaultKind.BANDWIDTH: ("connection_pool_exhausted", "pod_network_delay", "node_network_delay"),
    FaultKind.BLACKHOLE: (
        *("connection_pool_exhausted", "callee_unreachable", "external_dependency_unavailable", "dependency_refused"),
        *("node_network_packet_loss", "pod_network_delay"),
    ),
    FaultKind.ERROR: ("external_dependency_unavailable",),
    FaultKind.RESET: ("callee_unreachable", "external_dependency_unavailable", "dependency_refused"),
}


def name_known(experiment: Experiment, result: ExperimentResult, journeys: Sequence[str] = ()) -> KnownFactor:
    """Return what was done, and what a diagnosis may call it.

    Args:
        journeys: As the case names those that are no services.
    """
    target, kind = experiment.target, experiment.fault.kind
    accepted = [Accepted(service=target.callee or target.service, causes=_AT_TARGET[kind])]
    if target.callee and kind in _AT_CALLER:
        accepted.append(Accepted(service=target.service, causes=_AT_CALLER[kind]))
    return KnownFactor(
        experiment_id=experiment.id,
        verdict=result.verdict.value,
        fault=experiment.fault,
        service=target.service,
        callee=target.callee,
        accepted=tuple(accepted),
        journeys=tuple(journeys),
    )
