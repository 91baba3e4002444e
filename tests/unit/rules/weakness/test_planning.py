"""The list: one for each place and fault, best first, no kind swamps it."""

from collections import Counter
from dataclasses import replace

from fermata.rules.weakness.planning import diversify, plan_rehearsals

FAIL = {"on_error": "fail"}


def build_layers(build, services):
    """Build a large graph that is the same everywhere."""
    arrows = [f"s{n}>s{n + step}" for n in range(services) for step in (1, 2, 3, 5) if n + step < services]
    return build(
        " ".join(arrows),
        [("use", "s0")],
        **dict.fromkeys(arrows, FAIL | {"timeout_ms": 500}),
        **{f"s{n}": {"replicas": 1} for n in range(services)},
    )


def test_place_and_fault_stand_once(build):
    """What else was found there is named beside it."""
    land = build("web>db job>db", db={"kind": "db", "replicas": 1, "has_persistent_storage": False})
    items = plan_rehearsals(land)

    assert max(Counter((item.finding.target, item.finding.fault) for item in items).values()) == 1
    assert next(item for item in items if item.finding.kind == "data_loss").also == ("single_replica",)


def test_kind_stands_once_at_a_place(build):
    """Nothing ends the wait for slowness nor that for silence: the second goes by what it takes."""
    land = build("web>pay", **{"web>pay": FAIL | {"timeout_ms": 0}})
    items = plan_rehearsals(land)

    counts = Counter((item.finding.target, item.finding.kind) for item in items)
    assert max(counts.values()) == 1
    assert {item.finding.kind for item in items if item.finding.target == "web->pay"} >= {"no_timeout", "thread_leak"}


def test_place_with_nothing_new_is_left_out(build):
    """Its one name was given to the same place under another fault."""
    land = build("pay>bank pay>db pay>q", [("pay", "pay")], bank={"kind": "external"}, db={"kind": "db"},
                 q={"kind": "queue"}, **dict.fromkeys(("pay>bank", "pay>db", "pay>q"), FAIL))  # fmt: skip
    found = [item for item in plan_rehearsals(land) if item.finding.kind == "partial_commit"]

    assert len({item.finding.target for item in found}) == len(found) == 3


def test_what_is_not_seen_comes_after_what_is(build):
    """Two alike; requests were measured on one of them alone."""
    seen, unseen = FAIL | {"rate_rps": 5, "latency_ms": 2}, FAIL
    items = plan_rehearsals(build("web>b web>a", **{"web>b": seen, "web>a": unseen}))

    order = [item.finding.target for item in items if item.finding.kind == "hard_dependency"]
    assert order == ["web->b", "web->a"]


def test_first_is_the_best(build):
    """A database that all need comes before what a fallback answers for."""
    land = build(
        "web>db web>ads",
        db={"kind": "db", "replicas": 1, "has_persistent_storage": False},
        **{"web>db": FAIL, "web>ads": {"on_error": "fallback", "timeout_ms": 50}},
    )
    items = plan_rehearsals(land)

    assert "db" in items[0].finding.endpoints
    assert items[-1].finding.predict == "graceful"


def test_kind_that_proves_real_comes_first(build):
    """A lone process before a call that fails with somebody else's system, though its score is lower."""
    land = build("web>pay web>bank", bank={"kind": "external"}, pay={"replicas": 1},
                 **dict.fromkeys(("web>pay", "web>bank"), FAIL | {"timeout_ms": 50}))  # fmt: skip
    items = plan_rehearsals(land)

    loss = next(item for item in items if (item.finding.kind, item.finding.target) == ("single_replica", "pay"))
    error = next(item for item in items if (item.finding.kind, item.finding.target) == ("hard_dependency", "web->bank"))
    assert loss.finding.score < error.finding.score
    assert items.index(loss) < items.index(error)


def test_shorter_list_is_the_beginning_of_the_longer(build):
    """Whoever asks for five gets the first five of forty."""
    land = build_layers(build, 20)

    assert plan_rehearsals(land, limit=5) == plan_rehearsals(land)[:5]


def test_what_is_listed_is_chosen_by_score_alone(build):
    """Kinds that seldom prove real stand further down, and do not leave the list."""
    land = build_layers(build, 64)
    listed = plan_rehearsals(land)
    plain = diversify(sorted(
        (replace(item, proven=1.0) for item in plan_rehearsals(land, limit=10_000)),
        key=lambda item: (-item.weight, item.finding.target, item.finding.fault),
    ), len(listed))  # fmt: skip

    def name(items):
        return {(item.finding.target, item.finding.kind) for item in items}

    assert name(listed) == name(plain)


def test_large_graph_is_cut_and_mixed(build):
    """Forty items of 64 equal services; no kind fills half of them, though all show the same few."""
    items = plan_rehearsals(build_layers(build, 64))

    counts = Counter(item.finding.kind for item in items)
    assert len(items) == 40
    assert max(counts.values()) < 20
    assert len({item.finding.target for item in items}) >= 25


def test_order_is_the_same_each_time(build):
    """Ties are settled by name, not by the order of the file."""
    one = build("web>a web>b", **{"web>a": FAIL, "web>b": FAIL})
    other = build("web>b web>a", **{"web>a": FAIL, "web>b": FAIL})

    def list_targets(land):
        return [(item.finding.target, item.finding.kind) for item in plan_rehearsals(land)]

    assert list_targets(one) == list_targets(other)


def test_limit_is_kept(build):
    """None asked for is none given; nothing found is nothing said."""
    assert plan_rehearsals(build("web>a"), limit=0) == []
    assert len(plan_rehearsals(build("web>a"), limit=2)) == 2
    assert plan_rehearsals(build("")) == []


def test_suggestion_waits_for_what_is_computed(build):
    """However much it is lifted, a collapse by formulas comes first."""
    land = build(
        "web>db web>a", db={"kind": "db"}, **{"web>db": FAIL, "web>a": {"on_error": "ignore", "timeout_ms": 50}}
    )
    items = plan_rehearsals(land)
    read = replace(items[-1], source="suggested by somebody", lift=100.0)

    order = diversify([read, *items[:-1]], len(items))
    assert [item.source != "" for item in order if item.is_computed_collapse or item.source][-1]
