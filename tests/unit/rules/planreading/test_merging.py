"""Into the plan: behind every computed collapse, in the last fifth at most, with the formulas' numbers alone."""

import pytest
from tests.unit.rules.planreading.plan_scene import BRIEF, GOOD, LAND, PLANNED, READER, REASON, check, name_item

from fermata.rules.planreading.answer import read_plan_reading
from fermata.rules.planreading.brief import compose_plan_brief
from fermata.rules.planreading.checking import check_plan_reading
from fermata.rules.planreading.merging import merge_reading, name_entries
from fermata.rules.weakness.faults import Fault, Kind
from fermata.rules.weakness.planning import find_weaknesses

KINDS = ("partial_commit", "silent_loss", "lock_contention")


def merge(limit=40, **parts):
    """Give the plan with an answer of these parts."""
    return merge_reading(LAND, PLANNED, (BRIEF, check(**parts)), reader=READER, limit=limit)


def find(items, target, fault):
    """Give the one item of a place and fault."""
    (found,) = [item for item in items if (item.finding.target, item.finding.fault) == (target, fault)]
    return found


def list_places(items):
    """Give the place and fault of each item."""
    return {(item.finding.target, item.finding.fault) for item in items}


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
        ("pay->ledger", "error", "partial_commit", "hard_dependency"),
        ("web->ads", "error", "silent_loss", "hard_dependency"),
        ("ledger", "kill", "single_replica", "spof"),
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


@pytest.mark.parametrize(
    ("target", "kind", "old"), [("redis", "spof", "data_loss"), ("ledger", "slow_recovery", "spof")]
)
def test_reader_says_which_of_the_rules_names_comes_first(target, kind, old):
    """Prediction, numbers and weight stay: also a computed collapse's."""
    before = find(PLANNED, target, "kill")
    item = find(merge(missed=[suggest(kind, target, "kill")]), target, "kill")

    assert (item.finding.kind, item.also, item.source) == (kind, (old,), "")
    assert (item.finding.predict, item.finding.numbers) == (before.finding.predict, before.finding.numbers)
    assert item.finding.score == before.finding.score
    assert item.remark == f"acme/sage puts {kind} first: {REASON}"


def test_what_a_formula_computed_keeps_its_name():
    """A question may rest on arithmetic; counting replicas or callers is none."""
    item = find(merge(missed=[suggest("lock_contention", "pay", "cpu")]), "pay", "cpu")

    assert (item.finding.kind, item.finding.predict) == ("cpu_exhaustion", "unknown")
    assert item.also == ("lock_contention",)


def test_what_the_rules_had_no_room_for_comes_with_their_numbers():
    """Asked for by the reader, computed by the rules."""
    (own,) = [item for item in find_weaknesses(LAND) if (item.kind, item.target) == ("data_loss", "redis")]
    short = [item for item in PLANNED if item.finding.target != "redis"][:3]
    brief = compose_plan_brief(LAND, short)
    checked = check_plan_reading(LAND, brief, read_plan_reading({"missed": [suggest("data_loss", "redis", "kill")]}))
    items = merge_reading(LAND, short, (brief, checked), reader=READER, limit=4)

    item = find(items, "redis", "kill")
    assert (item.finding, item.remark) == (own, REASON)
    assert item.source == "suggested by acme/sage"


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
    name = name_item("hard_dependency", "pay->bank", "error")
    before = [item.finding.target for item in PLANNED].index("pay->bank")
    items = merge(first=[name])

    assert 0 < [item.finding.target for item in items].index("pay->bank") < before


OWN = 32 * len(PLANNED) // 40
"""Items of the rules that stay in a list as long as theirs."""


def test_full_list_makes_room_in_its_last_third():
    """A suggestion takes the place of the weakest item of the last fifth that was not named."""
    limit = len(PLANNED)
    named = name_item("missing_probe", "cart", "blackhole")
    items = merge(limit, missed=[GOOD], first=[named])

    assert len(items) == limit
    assert list_places(items) - list_places(PLANNED) == {("pay->broker", "blackhole")}
    (gone,) = list_places(PLANNED) - list_places(items)
    assert gone in list_places(PLANNED[OWN:])
    assert gone != ("cart", "blackhole")


def test_what_is_taken_for_handled_goes_before_its_like():
    """Its weight is less."""
    limit = len(PLANNED)
    missed = [GOOD, suggest("lock_contention", "ledger", "latency"), suggest("slow_recovery", "ledger", "error")]
    stay = list_places(merge(limit, missed=missed))
    last = next(item.finding for item in reversed(PLANNED) if (item.finding.target, item.finding.fault) in stay)
    handled = name_item(last.kind, last.target, last.fault)
    told = merge(limit, missed=missed, handled=[{"item": handled, "reason": "It drops the oldest."}])

    assert (last.target, last.fault) in stay - list_places(told)


def test_first_two_thirds_of_the_rules_list_stay():
    """However much is suggested; and the list stays as long as it is."""
    limit = len(PLANNED)
    places = ("ledger", "redis", "pay", "cart", "ads", "web")
    missed = [suggest("lock_contention", place, "latency") for place in places]
    missed += [suggest("partial_commit", place, "reset") for place in ("web->pay", "web->cart", "pay->bank")]
    items = merge(limit, missed=missed)

    assert len(items) == limit
    assert list_places(PLANNED[:OWN]) <= list_places(items)
    assert 0 < sum(bool(item.source) for item in items) <= len(missed)


def test_suggestions_among_collapses_stand_behind_them():
    """What is only read comes last, and a list of no length holds none of it."""
    collapses = [item for item in PLANNED if item.is_computed_collapse]
    brief = compose_plan_brief(LAND, collapses)
    checked = check_plan_reading(LAND, brief, read_plan_reading({"missed": [GOOD, GOOD | {"target": "pay"}]}))
    full, none = (
        merge_reading(LAND, collapses, (brief, checked), reader=READER, limit=limit) for limit in (len(collapses), 0)
    )
    sources = [bool(item.source) for item in full]

    assert none == []
    assert len(full) == len(collapses)
    assert sources == sorted(sources)
    assert any(sources)


def test_place_and_fault_stand_once():
    """However much was said of one place."""
    missed = [
        suggest(kind, "pay->ledger", fault) for kind, fault in zip(KINDS, ("error", "reset", "latency"), strict=True)
    ]
    items = merge(missed=missed)

    assert len(items) == len(list_places(items)) == len(PLANNED) + 1


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
