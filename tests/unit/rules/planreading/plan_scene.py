"""A shop, its plan by rules, what a model is shown of both, and a model that means well."""

from fermata.domain.service_graph import Call, Journey, OnError, Service, ServiceGraph, ServiceKind
from fermata.rules.planreading.answer import read_plan_reading
from fermata.rules.planreading.brief import compose_plan_brief
from fermata.rules.planreading.checking import check_plan_reading
from fermata.rules.weakness.faults import Fault, Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.planning import Planned, build_landscape, diversify

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
COLLAPSE, DEGRADE, UNKNOWN, GRACEFUL = Predict.COLLAPSE, Predict.DEGRADE, Predict.UNKNOWN, Predict.GRACEFUL


def plan(kind, target, fault, predict, likelihood, *also, **numbers):
    """Give an item as the rules make them: by hand, as theirs change."""
    why = f"{target} is weak: it may reach (what enters at packer), unless something on the way handles it"
    finding = Finding(kind, target, fault, predict, why, likelihood, journeys=0.8, numbers=numbers)
    return Planned(finding, also)


PLANNED = diversify(
    [
        plan(Kind.CACHE_HARD_DEPENDENCY, "cart->redis", Fault.ERROR, COLLAPSE, 0.95),
        plan(Kind.DATA_LOSS, "redis", Fault.KILL, COLLAPSE, 0.95, "spof"),
        plan(Kind.HARD_DEPENDENCY, "web->cart", Fault.ERROR, COLLAPSE, 0.9),
        plan(Kind.QUEUE_LAG, "broker", Fault.LATENCY, DEGRADE, 0.9),
        plan(Kind.SPOF, "cart", Fault.KILL, COLLAPSE, 0.6),
        plan(Kind.SPOF, "ledger", Fault.KILL, UNKNOWN, 0.8, "slow_recovery", replicas=1, journeys_hit=1),
        plan(Kind.HARD_DEPENDENCY, "pay->ledger", Fault.ERROR, UNKNOWN, 0.8, "retry_storm"),
        plan(Kind.HARD_DEPENDENCY, "web->pay", Fault.ERROR, UNKNOWN, 0.6),
        plan(Kind.CPU_EXHAUSTION, "pay", Fault.CPU, UNKNOWN, 0.6, own_time_share=0.4),
        plan(Kind.HARD_DEPENDENCY, "pay->bank", Fault.ERROR, UNKNOWN, 0.5),
        plan(Kind.NO_TIMEOUT, "cart->redis", Fault.BLACKHOLE, COLLAPSE, 0.3, "deadline_dropped"),
        plan(Kind.MEMORY_EXHAUSTION, "ads", Fault.MEMORY, UNKNOWN, 0.35),
        plan(Kind.CONNECTION_CHURN, "pay->ledger", Fault.RESET, UNKNOWN, 0.3),
        plan(Kind.HARD_DEPENDENCY, "web->ads", Fault.ERROR, GRACEFUL, 0.9),
        plan(Kind.NO_TIMEOUT, "web->pay", Fault.LATENCY, UNKNOWN, 0.1),
        plan(Kind.MISSING_PROBE, "cart", Fault.BLACKHOLE, DEGRADE, 0.05),
    ],
    40,
)
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
