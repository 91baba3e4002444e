"""A shop, its plan by rules, what a model is shown of both, and a model that means well."""

from fermata.domain.service_graph import Call, Journey, OnError, Service, ServiceGraph, ServiceKind
from fermata.rules.planreading.answer import read_plan_reading
from fermata.rules.planreading.brief import compose_plan_brief
from fermata.rules.planreading.checking import check_plan_reading
from fermata.rules.weakness.planning import build_landscape, plan_rehearsals

READER = "acme/sage"
SERVICES = (
    Service("web", ServiceKind.GATEWAY, 2, has_readiness_probe=True, has_liveness_probe=True),
    Service("cart", ServiceKind.APP, 1, has_readiness_probe=False, memory_limit_bytes=2.0**28),
    Service("pay", ServiceKind.APP, 3, workers=8),
    Service("ads", ServiceKind.APP, memory_limit_bytes=0),
    Service("redis", ServiceKind.CACHE, 1, has_persistent_storage=False),
    Service("ledger", ServiceKind.DB, 1, has_persistent_storage=True),
    Service("broker", ServiceKind.QUEUE, 1),
    Service("packer", ServiceKind.WORKER, 1),
    Service("bank", ServiceKind.EXTERNAL),
    Service("load", ServiceKind.LOADGEN),
)
CALLS = (
    Call("load", "web"),
    Call("web", "cart", is_code_read=True, timeout_ms=900, retries=0, on_error=OnError.FAIL, rate_rps=12, latency_ms=4),
    Call("web", "pay"),
    Call("web", "ads", is_code_read=True, timeout_ms=100, on_error=OnError.FALLBACK),
    Call("cart", "redis", is_code_read=True, timeout_ms=0, pool_max=5, on_error=OnError.FAIL),
    Call("pay", "bank"),
    Call("pay", "ledger", is_code_read=True, retries=3, on_error=OnError.FAIL),
    Call("pay", "broker", is_async=True),
    Call("packer", "broker", is_async=True),
)
LAND = build_landscape(ServiceGraph(SERVICES, CALLS, (Journey("buy", "web", ("cart", "pay")),)))
PLANNED = plan_rehearsals(LAND)
BRIEF = compose_plan_brief(LAND, PLANNED)
REASON = "The card is charged before the order is kept, so paid orders are lost."
GOOD = {"kind": "partial_commit", "target": "pay->broker", "fault": "blackhole", "reason": REASON}


def name_item(kind, target, fault):
    """Give the name of a row of the rules' list."""
    return next(
        name
        for name, item in BRIEF.items.items()
        if (item.finding.kind, item.finding.target, item.finding.fault) == (kind, target, fault)
    )


def answer(**parts):
    """Give an answer: nothing but these parts."""
    return {"journeys": [], "missed": [], "handled": [], "first": [], **parts}


def check(**parts):
    """Give what stands of an answer with these parts."""
    return check_plan_reading(LAND, BRIEF, read_plan_reading(answer(**parts)))
