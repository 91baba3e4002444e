"""Whether a place is used at all, as far as measurements and journeys say."""

from __future__ import annotations

from fermata.domain.service_graph import ServiceKind
from fermata.rules.weakness.standing import Landscape

_UNSEEN = 0.55
"""What is left of a likelihood where no request was seen and others were. Traces show what is used, as a rule; of the
measured calls of twelve systems 55 % were known weak points, of the others in the same systems 16 %."""
_UNNAMED = 0.6
"""The same where journeys name what they need, and not this."""
_STORES = frozenset({ServiceKind.DB, ServiceKind.CACHE})
"""What is measured in ways of its own: a mesh, and most service graphs, have none of it."""
_UNCOUNTED = frozenset({ServiceKind.QUEUE, ServiceKind.WORKER})
"""Messages are seldom measured as calls."""


def weigh_usage(land: Landscape, target: str) -> float:
    """Return 1 where requests are known to pass or nothing is known, and less where all that is known is of others.

    Args:
        land: The system.
        target: A service, or `caller->callee`.
    """
    if target in land.directories:
        return 1.0  # What is asked at a start is seldom measured, and stands in no journey's needs.
    # A name may have an arrow in it.
    ends = [target] if target in land.services else [name for name in target.split("->") if name in land.services]
    return _weigh_requests(land, target, ends) * _weigh_needs(land, ends)


def _weigh_requests(land: Landscape, target: str, ends: list[str]) -> float:
    if not land.seen or target in land.seen or _UNCOUNTED & {land.services[name].kind for name in ends}:
        return 1.0
    kinds = {name: service.kind for name, service in land.services.items()}
    if kinds[ends[-1]] in _STORES and not any(kinds.get(name) in _STORES for name in land.seen):
        return 1.0  # Nobody's calls to stores were seen: that these were not says nothing.
    return 1.0 if target in land.entries else _UNSEEN


def _weigh_needs(land: Landscape, ends: list[str]) -> float:
    # A store is needed with its service, and so is somebody else's system that is no amenity; who lists needs does not
    # always list both.
    known = land.needs | land.implied | land.entries
    unnamed = [name for name in ends if name not in known and not _comes_along(land, name)]
    return _UNNAMED if land.needs and unnamed else 1.0


def _comes_along(land: Landscape, name: str) -> bool:
    service = land.services[name]
    return service.keeps_state or (service.kind is ServiceKind.EXTERNAL and name not in land.amenities)
