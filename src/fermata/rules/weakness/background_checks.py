"""What goes on beside the requests: queues, those who take from them, and registries that everybody asks."""

from __future__ import annotations

from collections.abc import Iterator

from fermata.domain.service_graph import Service, ServiceKind
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.standing import Landscape
from fermata.rules.weakness.wording import list_some

_SLOW = {"latency_ms": 2000.0}
_QUEUED, _TAKEN, _LEAST = 0.5, 0.3, 0.5
"""Share of the journeys that counts where work waits in a queue, at one who takes from it, and where all ask one
registry, however few notice at once."""


def check_background(land: Landscape) -> Iterator[Finding]:
    """Find what no request waits for, and what is late, lost or never found all the same."""
    for service in land.services.values():
        if service.name in land.directories:
            yield from _check_directory(land, service)
        elif service.kind not in {ServiceKind.EXTERNAL, ServiceKind.JOB}:
            yield from _check_queue(land, service)
            yield from _check_consumer(land, service)


def _check_directory(land: Landscape, service: Service) -> Iterator[Finding]:
    """Find a registry or a store of settings, without which nobody starts; those that run live on what they know.

    One that somebody else runs as well: what is known of its replicas is known of the one that is drawn here.
    """
    if service.replicas not in {None, 1}:
        return
    asking = land.background_calls[service.name]
    is_known = any(call.on_error for call in asking)
    yield Finding(
        Kind.SPOF, service.name, Fault.KILL,
        Predict.DEGRADE if is_known else Predict.UNKNOWN,
        f"{len(asking)} services ask {service.name} beside their work: while it is gone those that run may go on, and "
        f"those that start or move may not be found",
        likelihood=0.75 if is_known else 0.35, journeys=max(land.feel(service.name, Fault.KILL).weight, _LEAST),
        numbers={"asked_by": len(asking)}, settled_by=() if is_known else ("on_error",),
    )  # fmt: skip


def _check_queue(land: Landscape, service: Service) -> Iterator[Finding]:
    """Find where work waits that nobody waits for: a queue, or a service that is called asynchronously."""
    takers = {call.caller for call in land.background_calls.get(service.name, ()) if land.is_taking(call)}
    senders = [name for name in land.senders.get(service.name, ()) if name not in takers]
    is_queue = service.kind is ServiceKind.QUEUE
    if not is_queue and (service.keeps_state or not senders):
        return
    who = "its consumers" if is_queue else "it"
    sent = f"what {list_some(senders)} sent" if senders else "work"
    felt = land.feel(service.name, Fault.KILL)
    yield Finding(
        Kind.QUEUE_LAG, service.name, Fault.LATENCY, Predict.DEGRADE,
        f"{sent} piles up in front of {service.name} while {who} cannot keep up: nobody waits, so nobody complains",
        likelihood=0.3 if is_queue else 0.15, journeys=max(felt.weight, _QUEUED if is_queue else _TAKEN),
        settled_by=("rate_rps",), magnitude=_SLOW,
    )  # fmt: skip


def _check_consumer(land: Landscape, service: Service) -> Iterator[Finding]:
    """Find who takes work from a queue: the rest waits for it, and what it has taken may be gone when it dies."""
    queues = [name for name in land.takes_from.get(service.name, ()) if name != service.name]
    if not queues:
        return
    weight = max(land.feel(service.name, Fault.KILL).weight, _TAKEN)
    # Who asks for its work is slowed where it asks: as a rule nothing that could be slowed leads to it.
    asked = [call.target for call in land.calls if call.caller == service.name and land.is_taking(call)]
    for target, likelihood in ((service.name, 0.36), *((call, 0.63) for call in asked)):
        yield Finding(
            Kind.QUEUE_LAG, target, Fault.LATENCY, Predict.DEGRADE,
            f"{service.name} takes work from {list_some(queues)}: while it is slow, that grows, and nobody waits for "
            f"it",
            likelihood=likelihood, journeys=weight, settled_by=("rate_rps",), magnitude=_SLOW,
        )  # fmt: skip
    yield Finding(
        Kind.SILENT_LOSS, service.name, Fault.KILL, Predict.UNKNOWN,
        f"{service.name} takes work from {list_some(queues)}: what it had taken is lost with it, unless it confirms "
        f"what is done, and that alone",
        likelihood=0.5, journeys=weight, settled_by=("when it confirms, from the code",),
    )  # fmt: skip
