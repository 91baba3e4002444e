"""Which weak point can be where, which fault shows it, and what the graph states against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fermata.domain.service_graph import Call, OnError, Service, ServiceKind
from fermata.rules.weakness.faults import Fault, Kind

_WAITS = frozenset({Fault.LATENCY, Fault.BLACKHOLE})
_FAILS = frozenset({Fault.ERROR, Fault.RESET, *_WAITS})
_LOSES = frozenset({Fault.KILL, *_FAILS})
CALL_FAULTS = _FAILS
"""What can be done to one call."""
SERVICE_FAULTS = frozenset({Fault.KILL, Fault.ERROR, Fault.LATENCY, Fault.BLACKHOLE, Fault.CPU, Fault.MEMORY})
"""What can be done to a service, as far as it is one's own."""
_OWN_ALONE = frozenset({Fault.KILL, Fault.CPU, Fault.MEMORY})
_STORES = frozenset({ServiceKind.CACHE, ServiceKind.DB, ServiceKind.UNKNOWN})
_SOFT = frozenset({OnError.IGNORE, OnError.FALLBACK, OnError.LOG})


@dataclass(frozen=True, slots=True)
class _Fit:
    faults: frozenset[Fault]
    meaning: str
    """In words, for whoever is to answer in kinds."""
    at_call: bool = True
    at_service: bool = True


_FITS: Mapping[Kind, _Fit] = {
    Kind.HARD_DEPENDENCY: _Fit(_FAILS, "the caller fails with its callee", at_service=False),
    Kind.SPOF: _Fit(
        frozenset({Fault.KILL, Fault.BLACKHOLE}), "its loss ends journeys, and nothing stands in for it", at_call=False
    ),
    Kind.SINGLE_REPLICA: _Fit(
        frozenset({Fault.KILL}), "one process, so each restart or drain is an outage", at_call=False
    ),
    Kind.NO_TIMEOUT: _Fit(_WAITS, "nothing ends the wait", at_service=False),
    Kind.LATENCY_PROPAGATION: _Fit(_WAITS | {Fault.CPU}, "slowness arrives at users undiminished"),
    Kind.SOFT_MADE_HARD: _Fit(_WAITS, "errors are ridden out, and yet the answer is waited for", at_service=False),
    Kind.DEADLINE_DROPPED: _Fit(_WAITS, "work goes on for somebody who has given up", at_service=False),
    Kind.TIMEOUT_BUDGET: _Fit(_WAITS, "the waits behind it together exceed its own", at_service=False),
    Kind.TIMEOUT_INVERSION: _Fit(_WAITS, "the inner wait is longer than the outer one", at_service=False),
    Kind.POOL_EXHAUSTION: _Fit(_WAITS, "connections, threads or workers are all taken by what waits"),
    Kind.THREAD_LEAK: _Fit(_WAITS, "each silent call keeps a thread, for good"),
    Kind.NO_BULKHEAD: _Fit(_WAITS, "one slow callee takes what everything else needs"),
    Kind.RETRY_STORM: _Fit(_LOSES, "retries at once multiply the load on what fails"),
    Kind.RETRY_AMPLIFICATION: _Fit(_LOSES, "retries of several tiers multiply"),
    Kind.FAN_OUT: _Fit(frozenset({Fault.ERROR, *_WAITS}), "one request waits for many, or often for one"),
    Kind.DEEP_CHAIN: _Fit(frozenset({Fault.ERROR, *_WAITS}), "many calls stand one behind the other", at_call=False),
    Kind.SHARED_DEPENDENCY: _Fit(
        frozenset({Fault.KILL, Fault.ERROR, Fault.CPU, *_WAITS}),
        "several callers go down with it together",
        at_call=False,
    ),
    Kind.CACHE_HARD_DEPENDENCY: _Fit(_FAILS, "a cache that cannot be missed, or is the only store", at_service=False),
    Kind.CYCLE: _Fit(frozenset({Fault.ERROR, *_WAITS}), "they wait for each other"),
    Kind.DATA_LOSS: _Fit(frozenset({Fault.KILL, Fault.MEMORY}), "what it holds is gone with it", at_call=False),
    Kind.SILENT_LOSS: _Fit(_LOSES, "work or data disappears, and nobody is told"),
    Kind.PARTIAL_COMMIT: _Fit(_LOSES, "the first effect is done, the next is not"),
    Kind.CRASH_ON_ERROR: _Fit(_FAILS, "the process ends instead of answering", at_service=False),
    Kind.MISSING_PROBE: _Fit(
        frozenset({Fault.KILL, Fault.ERROR, *_WAITS}),
        "what hangs or is not ready gets requests all the same",
        at_call=False,
    ),
    Kind.SLOW_RECOVERY: _Fit(_LOSES, "long after the fault it is not back"),
    Kind.MEMORY_LIMIT: _Fit(frozenset({Fault.MEMORY}), "it is killed above its limit", at_call=False),
    Kind.MEMORY_EXHAUSTION: _Fit(frozenset({Fault.MEMORY}), "what it holds grows without a bound", at_call=False),
    Kind.CPU_EXHAUSTION: _Fit(frozenset({Fault.CPU, Fault.LATENCY}), "its own work is most of the time", at_call=False),
    Kind.QUEUE_LAG: _Fit(
        frozenset({Fault.KILL, Fault.ERROR, Fault.CPU, *_WAITS}), "work piles up, and nobody waits for it"
    ),
    Kind.LOCK_CONTENTION: _Fit(frozenset({Fault.CPU, Fault.LATENCY}), "what is locked meanwhile stops the others"),
    Kind.CONNECTION_CHURN: _Fit(_LOSES, "connections are opened anew, or all at once"),
    Kind.MISSING_CIRCUIT_BREAKER: _Fit(_FAILS, "a callee known to be down is asked every time", at_service=False),
    Kind.NOISY_NEIGHBOUR: _Fit(
        frozenset({Fault.CPU, Fault.MEMORY, Fault.LATENCY}),
        "one user or process takes what the others share",
        at_call=False,
    ),
}


def list_fits() -> list[str]:
    """Return a row for each kind: its name, where it can be, which faults show it, and what it means."""
    places = {(True, True): "call or service", (True, False): "call", (False, True): "service"}
    return [
        f"{kind.value}|{places[fit.at_call, fit.at_service]}|{', '.join(sorted(fit.faults))}|{fit.meaning}"
        for kind, fit in _FITS.items()
    ]


def judge_call(kind: Kind, fault: Fault, call: Call, callee: Service) -> str:
    """Return why a weak point cannot be at a call, or an empty text."""
    fit = _FITS[kind]
    if not fit.at_call:
        return f"{kind.value} is about a service, not about a call"
    if fault not in CALL_FAULTS or fault not in fit.faults:
        return f"{fault.value} at a call does not show {kind.value}"
    return _contradict_call(kind, call, callee)


def judge_service(kind: Kind, fault: Fault, service: Service) -> str:
    """Return why a weak point cannot be at a service, or an empty text."""
    fit = _FITS[kind]
    if not fit.at_service:
        return f"{kind.value} is about a call, not about a service"
    if fault not in SERVICE_FAULTS or fault not in fit.faults:
        return f"{fault.value} at a service does not show {kind.value}"
    if service.kind is ServiceKind.EXTERNAL and fault in _OWN_ALONE:
        return f"{fault.value} cannot be done to somebody else's service"
    if service.kind is ServiceKind.JOB:
        return "a job runs to its end: between its runs there is nothing to break"
    return _contradict_service(kind, service)


def _contradict_call(kind: Kind, call: Call, callee: Service) -> str:
    if kind is Kind.NO_TIMEOUT and call.timeout_ms:
        return "the graph states a timeout"
    if kind in {Kind.RETRY_STORM, Kind.RETRY_AMPLIFICATION} and call.retries == 0:
        return "the graph states that nothing is tried again"
    if kind is Kind.CACHE_HARD_DEPENDENCY and callee.kind not in _STORES:
        return f"what is called is no cache or store, but of the kind {callee.kind.value}"
    if kind is Kind.CRASH_ON_ERROR and call.on_error not in {None, OnError.CRASH}:
        return "the graph states what becomes of an error, and it is no crash"
    if kind in {Kind.HARD_DEPENDENCY, Kind.CACHE_HARD_DEPENDENCY} and call.on_error in _SOFT:
        return "the graph states that its errors are handled; soft_made_hard is about the waiting"
    return ""


def _contradict_service(kind: Kind, service: Service) -> str:
    if kind is Kind.SINGLE_REPLICA and (service.replicas or 0) > 1:
        return "the graph states more than one replica"
    if kind is Kind.DATA_LOSS and service.has_persistent_storage:
        return "the graph states persistent storage"
    if kind is Kind.MISSING_PROBE and service.has_readiness_probe and service.has_liveness_probe:
        return "the graph states both probes"
    if kind is Kind.MEMORY_LIMIT and service.memory_limit_bytes == 0:
        return "the graph states that nothing limits its memory"
    return ""
