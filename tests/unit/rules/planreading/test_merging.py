"""Into the plan: behind every computed collapse, in the place of none, with the formulas' numbers and no others."""

import itertools

import pytest
from tests.unit.rules.planreading.plan_scene import BRIEF, GOOD, LAND, PLANNED, READER, REASON, check, name_item

from fermata.domain.service_graph import Call, OnError, Service, ServiceGraph, ServiceKind
from fermata.rules.planreading.answer import read_plan_reading
from fermata.rules.planreading.brief import compose_plan_brief
from fermata.rules.planreading.checking import check_plan_reading
from fermata.rules.planreading.merging import merge_reading, name_entries
from fermata.rules.weakness.faults import Fault, Kind
from fermata.rules.weakness.planning import build_landscape, plan_rehearsals


def merge(limit=40, **parts):
    """Give the plan with an answer of these parts."""
    return merge_reading(LAND, PLANNED, (BRIEF, check(**parts)), reader=READER, limit=limit)


def find(items, target, fault):
    """Give the one item of a place and fault."""
    (found,) = [item for item in items if (item.finding.target, item.finding.fault) == (target, fault)]
    return found


def suggest(kind, target, fault):
    """Give a missed item."""
    return {"kind": kind, "target": target, "fault": fault, "reason": REASON}


def test_nothing_said_changes_nothing():
    """The same items in the same order."""
    assert merge() == PLANNED


def test_new_place_is_added_with_its_source_and_without_a_collapse():
    """Its words say that it was read; what the fault would pass on is told from the graph."""
    added = find(merge(missed=[GOOD]), "pay->broker", "blackhole")

    assert added.source == "suggested by acme/sage"
    assert added.finding.kind is Kind.PARTIAL_COMMIT
    assert added.finding.why.startswith(f"{REASON} Predicted by acme/sage's reading, not computed; ")
    assert added.finding.predict == "unknown"
    assert added.finding.settled_by == ("a rehearsal",)
    assert added.finding.numbers == {}


def test_reading_never_predicts_a_collapse():
    """Not even where the graph passes the fault on for certain."""
    added = find(merge(missed=[suggest("partial_commit", "cart->redis", "reset")]), "cart->redis", "reset")

    assert LAND.predict_call(LAND.calls[3], Fault.RESET) == "collapse"
    assert added.finding.predict == "degrade"
    assert added.finding.settled_by == ()


def test_question_of_the_graph_stays_one():
    """Where nobody says what becomes of an error, a reading does not say it either."""
    added = find(merge(missed=[suggest("partial_commit", "pay", "kill")]), "pay", "kill")

    assert LAND.predict_service("pay", Fault.KILL) == "unknown"
    assert added.finding.predict == "unknown"


def test_suggested_comes_behind_every_computed_collapse():
    """Whatever the reader wants first."""
    missed = [suggest("silent_loss", "cart->redis", "reset"), suggest("memory_exhaustion", "redis", "memory"), GOOD]
    items = merge(missed=missed, first=["m1", "m2", "m3"])

    last = max(place for place, item in enumerate(items) if item.is_computed_collapse)
    assert min(place for place, item in enumerate(items) if item.source) > last
    assert sum(item.is_computed_collapse for item in items) == sum(item.is_computed_collapse for item in PLANNED)


def test_collapse_and_degrade_keep_the_rules_name():
    """The suggested one stands beside it, with who said it."""
    items = merge(missed=[suggest("partial_commit", "web->cart", "error"), suggest("fan_out", "broker", "latency")])
    collapse, degrade = find(items, "web->cart", "error"), find(items, "broker", "latency")

    assert (collapse.finding.kind, collapse.finding.predict, collapse.source) == ("hard_dependency", "collapse", "")
    assert collapse.also[0] == "partial_commit"
    assert collapse.remark == f"partial_commit, suggested by acme/sage: {REASON}"
    assert degrade.finding.kind is Kind.QUEUE_LAG
    assert degrade.also[0] == "fan_out"


@pytest.mark.parametrize(
    ("target", "fault", "kind", "old"),
    [
        ("web->pay", "error", "partial_commit", "hard_dependency"),
        ("web->ads", "error", "silent_loss", "hard_dependency"),
        ("ledger", "kill", "slow_recovery", "spof"),
    ],
)
def test_question_and_claim_take_the_suggested_name(target, fault, kind, old):
    """Where nothing is computed; the rules' name and their words stay beside it, and it is unknown."""
    item = find(merge(missed=[suggest(kind, target, fault)]), target, fault)

    assert (item.finding.kind, item.finding.predict) == (kind, "unknown")
    assert item.also[0] == old
    assert kind not in item.also
    assert f"The rules call it {old.replace('_', ' ')}: " in item.finding.why
    assert item.source == "suggested by acme/sage"


def test_what_a_formula_computed_keeps_its_name():
    """A question may rest on arithmetic; counting replicas or callers is none."""
    calls = (Call("load", "api", rate_rps=100, latency_ms=10),)
    land = build_landscape(ServiceGraph((Service("load", ServiceKind.LOADGEN), Service("api", ServiceKind.APP)), calls))
    planned = plan_rehearsals(land)
    brief = compose_plan_brief(land, planned)
    reading = read_plan_reading({"missed": [suggest("noisy_neighbour", "api", "cpu")]})
    checked = check_plan_reading(land, brief, reading)
    item = find(merge_reading(land, planned, (brief, checked), reader=READER, limit=40), "api", "cpu")

    assert (item.finding.kind, item.finding.predict) == ("cpu_exhaustion", "unknown")
    assert item.also == ("noisy_neighbour",)


def test_what_the_rules_had_no_room_for_comes_with_their_numbers():
    """Asked for by the reader, computed by the rules."""
    short = PLANNED[:3]
    brief = compose_plan_brief(LAND, short)
    reading = read_plan_reading({"missed": [suggest("no_timeout", "cart->redis", "blackhole")]})
    checked = check_plan_reading(LAND, brief, reading)
    items = merge_reading(LAND, short, (brief, checked), reader=READER, limit=4)

    added = find(items, "cart->redis", "blackhole")
    assert added.finding == find(PLANNED, "cart->redis", "blackhole").finding
    assert added.remark == REASON
    assert items[-1] is added or items[-1] == added


def test_handled_falls_and_says_who_takes_it_so():
    """It stays in the list, as a claim that the rehearsal checks."""
    name = name_item("hard_dependency", "pay->bank", "error")
    before = [item.finding.target for item in PLANNED].index("pay->bank")
    items = merge(handled=[{"item": name, "reason": "The bank's client has a queue of its own"}])
    item = find(items, "pay->bank", "error")

    assert items.index(item) > before
    assert item.remark == "acme/sage takes it for handled: The bank's client has a queue of its own"


def test_handled_and_named_anew_says_both():
    """One remark after the other."""
    name = name_item("queue_lag", "broker", "latency")
    items = merge(
        handled=[{"item": name, "reason": "It drops the oldest."}], missed=[suggest("fan_out", "broker", "latency")]
    )

    assert find(items, "broker", "latency").remark.count("acme/sage") == 2


def test_order_lifts_what_it_names():
    """Within the formulas: a question comes forward, and its own weight still counts."""
    name = name_item("connection_churn", "pay->ledger", "reset")
    before = [item.finding.kind for item in PLANNED].index("connection_churn")
    items = merge(first=[name])

    assert [item.finding.kind for item in items].index("connection_churn") < before


def test_full_list_makes_room_and_drops_no_collapse():
    """For each suggestion the last of the rules' own goes; first what is taken for handled, never what was named."""
    limit = len(PLANNED)
    handled = name_item("queue_lag", "broker", "latency")
    named = f"r{limit}"
    items = merge(
        limit, missed=[GOOD], first=[named], handled=[{"item": handled, "reason": "It drops the oldest."}]
    )  # fmt: skip
    places = {(item.finding.target, item.finding.fault) for item in items}

    assert len(items) == limit
    assert ("broker", "latency") not in places
    assert (PLANNED[-1].finding.target, PLANNED[-1].finding.fault) in places
    assert sum(item.is_computed_collapse for item in items) == sum(item.is_computed_collapse for item in PLANNED)


def test_list_full_of_collapses_has_no_room():
    """What is only read waits outside, whatever it is called."""
    names = [f"s{n}" for n in range(8)]
    calls = tuple(Call(a, b, on_error=OnError.FAIL, is_code_read=True) for a, b in itertools.pairwise(names))
    land = build_landscape(ServiceGraph(tuple(Service(name, ServiceKind.APP, 1) for name in names), calls))
    planned = [item for item in plan_rehearsals(land) if item.is_computed_collapse]
    brief = compose_plan_brief(land, planned)
    reading = read_plan_reading(
        {"missed": [suggest("partial_commit", "s0", "kill"), suggest("fan_out", "s0", "error")]}
    )
    checked = check_plan_reading(land, brief, reading)
    full = merge_reading(land, planned, (brief, checked), reader=READER, limit=len(planned))
    roomy = merge_reading(land, planned, (brief, checked), reader=READER, limit=len(planned) + 1)

    assert len(full) == len(planned)
    assert not any(item.source for item in full)
    assert len(roomy) == len(planned) + 1
    assert roomy[-1].source


def test_place_and_fault_stand_once():
    """However much was said of one place."""
    missed = [suggest("silent_loss", "pay->broker", fault) for fault in ("error", "reset", "blackhole", "latency")]
    items = merge(missed=missed)
    places = [(item.finding.target, item.finding.fault) for item in items]

    assert len(places) == len(set(places))


def test_entries_are_called_what_users_do():
    """In sentences alone: what is watched keeps the names that checks go by."""
    text = "it may reach (what enters at packer), unless something on the way handles it"

    assert name_entries(text, {"packer": "pack orders"}) == (
        'it may reach "pack orders" (enters at packer), unless something on the way handles it'
    )


def test_reason_without_an_end_gets_one():
    """So that what follows is a sentence of its own."""
    item = find(merge(missed=[GOOD | {"reason": "Paid orders are lost"}]), "pay->broker", "blackhole")

    assert item.finding.why.startswith("Paid orders are lost. Predicted by")
