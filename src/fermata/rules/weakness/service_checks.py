"""Weak points of one service: what is lost with it, who shares it, and how it comes back."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.domain.service_graph import Service, ServiceKind
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.standing import Felt, Hardness, Landscape
from fermata.rules.weakness.wording import list_some, name_journeys

_SAID = 0.4
"""What is left of the likelihood that slowness of a shared service tells more than its loss, where it is a lone one."""
_SHARED = 2
"""Callers from which a service is shared."""
_QUIET, _BUSY = 0.6, 0.8
"""Of the likelihood that the loss of a process is noticed: what is left where next to nobody asks, and what its share
of the busiest service's requests adds. Where half as many ask as there it counts in full."""
_KEEPER, _ASKING = 1.5, 0.8
"""Of the same: where a service answers for its own store alone, all that is in there is gone with it; one that asks
other services fails with those as well, and seldom is its own loss what is noticed first."""
_READ = 0.8
"""Of the likelihood that the loss of a database matters, where no journey changes what is in it: what is only looked
up is often held elsewhere for a while, or can be read in again."""
_SMALL_MEMORY_BYTES = 256 * 2.0**20
"""Up to it a store's limit is more likely a sample's default than a measured working set. A guess."""
_BROKER_MEMORY_BYTES = 2.0**30
"""The same for a broker, whose backlog has no bound but its consumers."""
_TIGHT_MEMORY_BYTES = 128 * 2.0**20
"""Up to it a service has little room beside its runtime; of such limits in the kept systems five times as many are
known to be too small as of larger ones."""


def check_services(land: Landscape) -> Iterator[Finding]:
    """Find what killing, slowing or squeezing each service would do; others' services and jobs only as their calls."""
    for service in land.services.values():
        if service.kind in {ServiceKind.EXTERNAL, ServiceKind.JOB}:
            continue
        felt = land.feel(service.name, Fault.KILL)
        yield from _check_state(land, service, felt)
        yield from _check_replicas(land, service, felt)
        yield from _check_sharing(land, service)
        yield from _check_probes(land, service, felt)
        yield from _check_memory(land, service, felt)


def _check_state(land: Landscape, service: Service, felt: Felt) -> Iterator[Finding]:
    if not service.keeps_state or service.has_persistent_storage:
        return
    known = service.has_persistent_storage is False
    is_cache = service.kind is ServiceKind.CACHE
    likelihood = 0.95 if known else 0.5
    if is_cache and _is_copy(land, service):
        likelihood *= 0.3  # It can be filled again from the store beside it.
    if service.kind is ServiceKind.DB and land.is_only_read(service.name):
        likelihood *= _READ
    predict = land.predict_service(service.name, Fault.KILL) if known else Predict.UNKNOWN
    # Whoever does without the store for a while misses what was in it all the same.
    predict = Predict.DEGRADE if predict is Predict.GRACEFUL else predict
    said = "keeps its data in the container" if known else "may keep its data in the container"
    yield Finding(
        Kind.DATA_LOSS, service.name, Fault.KILL,
        predict,
        f"{service.name} {said}, and a restart begins empty: {name_journeys(felt)}",
        likelihood=likelihood, journeys=max(felt.weight, 0.5),
        settled_by=() if known else ("persistent_storage",),
    )  # fmt: skip


def _is_copy(land: Landscape, cache: Service) -> bool:
    """Tell whether everybody who uses a cache also uses a database, which the cache then holds copies of."""
    users = {call.caller for call in land.incoming.get(cache.name, ())}
    return all(any(land.services[call.callee].kind is ServiceKind.DB for call in land.outgoing[user]) for user in users)


def _check_replicas(land: Landscape, service: Service, felt: Felt) -> Iterator[Finding]:
    """Find single points of failure: a dominator of an entry that has one replica, or nobody says how many."""
    if service.replicas is not None and service.replicas > 1:
        if service.has_disruption_budget is False:
            yield _tell_drain(land, service, felt)
        return
    if service.replicas == 0:
        return  # Scaled to nothing: there is nothing to kill.
    behind = land.dominated.get(service.name, 0)
    is_single = service.replicas is not None
    hit = len(felt.definite) + len(felt.possible)
    base = _judge_loss(land, service)
    numbers = {"journeys_hit": hit, "services_behind_it_alone": behind}
    if is_single:
        numbers["replicas"] = 1
    count = f"{service.name} has one replica" if is_single else f"nobody says how many replicas {service.name} has"
    is_way = hit > 1 or behind > 0 or service.keeps_state
    alone = f", and it alone leads to {behind} more" if behind else ""
    predict = land.predict_service(service.name, Fault.KILL) if is_single else Predict.UNKNOWN
    settled_by = ("on_error of the calls to it",) if predict is Predict.UNKNOWN else ()
    yield Finding(
        _name_loss(service, felt, is_way=is_way), service.name, Fault.KILL, predict,
        f"{count}{alone}: {name_journeys(felt)}",
        likelihood=(base if is_single else base * 0.6), journeys=felt.weight, numbers=numbers,
        settled_by=settled_by if is_single else ("replicas",),
    )  # fmt: skip
    if service.keeps_state and service.has_persistent_storage and is_single:
        yield Finding(
            Kind.SLOW_RECOVERY, service.name, Fault.KILL, land.predict_service(service.name, Fault.KILL),
            f"{service.name} has one replica on one volume: nobody answers until both have moved",
            likelihood=base - 0.1, journeys=felt.weight, numbers={"replicas": 1},
        )  # fmt: skip


def _tell_drain(land: Landscape, service: Service, felt: Felt) -> Finding:
    # With all of them all is lost that needs them; whether one drain meets them all nobody has said.
    lost = land.predict_service(service.name, Fault.KILL)
    predict = Predict.UNKNOWN if lost is Predict.COLLAPSE else lost
    return Finding(
        Kind.SPOF, service.name, Fault.KILL, predict,
        f"{service.name} has {service.replicas} replicas and no disruption budget: a drain may take all at once, and "
        f"then {name_journeys(felt)}",
        likelihood=0.3, journeys=felt.weight, numbers={"replicas": service.replicas or 0},
        settled_by=("pdb",) if predict is Predict.UNKNOWN else (),
    )  # fmt: skip


def _name_loss(service: Service, felt: Felt, *, is_way: bool) -> Kind:
    """Name what the loss of a service is: by what is known of it, and by where it stands where nothing is."""
    if service.replicas is None:
        return Kind.SPOF if is_way else Kind.SINGLE_REPLICA
    # With a cache goes what could be computed again, were it not for those who fail without it.
    return Kind.CACHE_HARD_DEPENDENCY if service.kind is ServiceKind.CACHE and felt.definite else Kind.SINGLE_REPLICA


def _judge_loss(land: Landscape, service: Service) -> float:
    """Return how likely it is that the loss of a lone replica matters.

    Stores come back slowly, if at all, and nothing stands in for the way in; a stateless process is missed for seconds,
    by all that call it and as often as they do. A cache whose users have a database can be filled from it.
    """
    if service.kind is ServiceKind.CACHE and _is_copy(land, service):
        return 0.5
    if service.kind is ServiceKind.DB and land.is_only_read(service.name):
        return 0.9 * _READ
    if service.keeps_state or service.name in land.entries:
        return 0.9
    asked = [land.services[call.callee].keeps_state for call in land.outgoing.get(service.name, ())]
    share = 1.0 if not asked else _KEEPER if all(asked) else _ASKING
    if land.is_conductor(service.name):
        return 0.8 * share
    callers = max(len(land.incoming.get(service.name, ())), 1)
    likelihood = (0.39 + 0.06 * callers) * (_QUIET + _BUSY * land.find_share(service.name))
    return min(min(likelihood, 0.8) * share, 1.0)


def _check_sharing(land: Landscape, service: Service) -> Iterator[Finding]:
    # Who hides its errors waits for it, perhaps, but does not need it.
    waiting = [
        c for c in land.incoming.get(service.name, ()) if land.judge_hardness(c, Fault.ERROR) is not Hardness.SOFT
    ]
    callers = sorted({call.caller for call in waiting})
    if len(callers) < _SHARED:
        return
    felt = land.feel(service.name, Fault.LATENCY)
    numbers = {"callers": len(callers), "journeys_hit": len(felt.definite) + len(felt.possible)}
    predict = land.predict_service(service.name, Fault.LATENCY)
    likelihood = min((0.5 if service.keeps_state else 0.2) + 0.04 * len(callers), 0.6)
    if (service.replicas or 1) == 1:
        likelihood *= _SAID  # By its loss, which takes the same callers along.
    yield Finding(
        Kind.SHARED_DEPENDENCY, service.name, Fault.LATENCY,
        # Each of them has an answer of its own; that they all fail is more than a slow service proves.
        Predict.DEGRADE if predict is Predict.COLLAPSE else predict,
        f"{list_some(callers)} wait for {service.name}: slow for one is slow for all",
        likelihood=likelihood,
        journeys=felt.weight, numbers=numbers,
        settled_by=("timeout_ms", "on_error") if predict is Predict.UNKNOWN else (),
        magnitude={"latency_ms": 2000.0},
    )  # fmt: skip
    if service.keeps_state:
        yield Finding(
            Kind.NOISY_NEIGHBOUR, service.name, Fault.CPU, Predict.UNKNOWN,
            f"{list_some(callers)} share {service.name}: what one of them asks for, the others wait behind",
            likelihood=0.1, journeys=felt.weight, numbers={"callers": len(callers)},
            settled_by=("rate_rps and latency_ms of each call",), magnitude={"load_percent": 90.0},
        )  # fmt: skip


def _check_probes(land: Landscape, service: Service, felt: Felt) -> Iterator[Finding]:
    missing = [
        name
        for name, has in (("readiness", service.has_readiness_probe), ("liveness", service.has_liveness_probe))
        if has is False
    ]
    if not missing:
        return
    is_entry = service.name in land.entries
    likelihood = 0.25 if is_entry else 0.2 if "readiness" in missing else 0.12
    if service.keeps_state:
        likelihood *= 0.4  # A lone store that hangs is missed all the same, whoever is told.
    does = "still gets requests" if "readiness" in missing else "is never restarted"
    yield Finding(
        Kind.MISSING_PROBE, service.name, Fault.BLACKHOLE, Predict.DEGRADE,
        f"{service.name} has no {' and no '.join(missing)} probe: a replica that hangs {does}",
        likelihood=likelihood, journeys=felt.weight,
        numbers={"replicas": service.replicas} if service.replicas else {},
    )  # fmt: skip


def _check_memory(land: Landscape, service: Service, felt: Felt) -> Iterator[Finding]:
    limit = service.memory_limit_bytes
    if limit is None:
        return
    predict = land.predict_service(service.name, Fault.MEMORY)
    if limit == 0:
        yield Finding(
            Kind.MEMORY_EXHAUSTION, service.name, Fault.MEMORY, Predict.UNKNOWN,
            f"nothing limits the memory of {service.name}: it may take its neighbours' on the same machine",
            likelihood=0.4, journeys=felt.weight, settled_by=("memory_limit",), magnitude={"memory_percent": 90.0},
        )  # fmt: skip
        return
    is_broker = service.kind is ServiceKind.QUEUE
    yield Finding(
        Kind.MEMORY_LIMIT, service.name, Fault.MEMORY,
        # Whoever does without a broker for a while misses what waited in it all the same.
        Predict.UNKNOWN if predict is Predict.COLLAPSE or is_broker else predict,
        f"{service.name} is killed above {limit / 2**20:.4g} MiB; nobody says how much it uses",
        likelihood=_judge_memory(land, service, limit), journeys=max(felt.weight, 0.5 if is_broker else 0.0),
        numbers={"memory_limit_mib": limit / 2**20},
        settled_by=("the working set, measured",), magnitude={"memory_percent": 110.0},
    )  # fmt: skip


def _judge_memory(land: Landscape, service: Service, limit: float) -> float:
    """Return how likely it is that a limit is too small.

    A cache makes room for what is new, a database does not; a broker holds what waits, and who conducts a journey holds
    a connection and a half-made answer for each of many.
    """
    if service.kind is ServiceKind.QUEUE:
        return 0.75 if limit <= _BROKER_MEMORY_BYTES else 0.15
    if service.kind is ServiceKind.DB:
        return 0.6 if limit <= _SMALL_MEMORY_BYTES else 0.15
    if service.kind is ServiceKind.CACHE or limit > _TIGHT_MEMORY_BYTES:
        return 0.15 if service.keeps_state else 0.1
    return 0.65 if land.is_conductor(service.name) else 0.24
