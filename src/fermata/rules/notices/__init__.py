"""Where a card goes, when, and why: routes, quiet hours, digests, escalation. Pure; `flows/notify.py` does it."""

from __future__ import annotations

from fermata.rules.notices.digest import DigestItem, compose_digest
from fermata.rules.notices.quiet_hours import QuietHours
from fermata.rules.notices.routing import (
    Digests,
    Notice,
    Notify,
    Route,
    Routing,
    describe_notice,
    find_channel,
    find_closed_rooms,
    plan_escalation,
    route_notice,
)

__all__ = [
    "DigestItem",
    "Digests",
    "Notice",
    "Notify",
    "QuietHours",
    "Route",
    "Routing",
    "compose_digest",
    "describe_notice",
    "find_channel",
    "find_closed_rooms",
    "plan_escalation",
    "route_notice",
]
