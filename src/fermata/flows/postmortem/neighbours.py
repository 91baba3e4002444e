"""Incidents that were on in the same rooms before one began: what was said about them till then is none of its talk."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from fermata.domain.incident import Incident, IncidentState
from fermata.flows.context import FlowContext
from fermata.ports.store import Transaction
from fermata.rules.foreign_talk import Neighbour

_MOST = 200
"""Incidents that are looked at of those that changed since the window's start, the ones that were opened first."""


def list_neighbours(
    transaction: Transaction, context: FlowContext, incident: Incident, start: datetime, began: datetime
) -> tuple[Neighbour, ...]:
    """Return the incidents that were on within a window, with their cards and the rooms of these.

    One that still goes on counts until the first sign: from then on nobody can tell by the time whose talk it is.

    Args:
        start: Where the window begins.
        began: The first sign of the incident whose window it is.
    """
    found = []
    for mark in islice(transaction.incidents.list_joinable(start), _MOST):
        other = transaction.incidents.get(mark.id)
        first = min(other.started_at, other.opened_at)
        if other.id == incident.id or other.state is IncidentState.MERGED:
            continue
        end = min(other.resolved_at or began, began)
        shown = [place for place in transaction.outbox.list_places(other.id) if place.is_shown]
        addresses = filter(None, (context.observing.find_room(place.channel) for place in shown))
        rooms = frozenset(address.partition(":")[2] for address in addresses)
        names = frozenset(entity.name for entity in other.entities)
        if rooms and names:
            found.append(Neighbour(first, end, rooms, names, tuple(place.receipt for place in shown)))
    return tuple(found)
