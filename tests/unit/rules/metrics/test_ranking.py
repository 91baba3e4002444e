"""Which node a disturbance began at, or that nothing is abnormal."""

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.unit.rules.metrics.conftest import ONSET, QUIET, STEP_S

from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.ranking import rank_metrics
from fermata.rules.metrics.series import Series

LEVELS = st.sampled_from([0.0, 0.01, 1.0, 90.0, 1e6]) | st.floats(0, 1e6)
SHOP = CallGraph.build([("web", "cart"), ("web", "mail"), ("cart", "db"), ("jobs", "db")])
DB_IS_SLOW = {
    "web:latency": (0.5, 0.9),
    "web:requests": (100.0,),
    "cart:latency": (0.2, 0.6),
    "cart:requests": (100.0,),
    "db:latency": (0.01, 0.4),
    "db:requests": (100.0,),
    "mail:latency": (0.3,),
}


@pytest.fixture
def rank(build):
    """Give the ranking of series told as `service:metric` -> levels."""

    def make(told, graph=None, **known):
        graph = graph or (CACHED if "redis:hit_ratio" in told else SHOP)
        return rank_metrics([build(name, *levels) for name, levels in told.items()], graph, **known)

    return make


@pytest.mark.parametrize(
    "known", [{}, {"target": "web"}, {"target": "web", "signal": "latency"}, {"onset": ONSET}, {"target": "cart"}]
)
def test_deepest_slow_callee_comes_first(rank, known):
    """With and without an alerted node, a signal and an onset."""
    ranking = rank(DB_IS_SLOW, **known)

    assert ranking.abnormal
    first = ranking.items[0]
    assert (first.node, first.metric, first.onset, first.shift.indexes[0]) == ("db", "latency", ONSET, QUIET)
    assert first.why == "latency rose from 0.01 to 0.4 (40 times); nothing that it calls was looked at."
    assert "mail" not in {item.node for item in ranking.items}


def test_caller_says_who_accounts_for_it(rank):
    """The runner-up's reason is why it lost."""
    web = next(item for item in rank(DB_IS_SLOW | {"web:latency": (0.5, 1.2)}).items if item.node == "web")

    assert "cart may account for" in web.why


def test_node_itself_is_named_when_nothing_below_moved(rank):
    """No callee, no excuse."""
    told = {"web:latency": (0.5, 2.0), "cart:latency": (0.2,), "db:latency": (0.01,)}

    assert [item.node for item in rank(told, target="web").items] == ["web"]


def test_fault_beside_the_alerted_node_is_no_suspect(rank):
    """Only what the alerted node calls can hurt it."""
    told = {"mail:latency": (0.3, 0.9), "db:latency": (0.01, 0.9)}

    assert [item.node for item in rank(told, target="mail").items] == ["mail"]


def test_alerted_node_that_stays_calm_clears_all(rank):
    """A cause without its effect is none."""
    told = {"web:latency": (0.5,), "web:requests": (9.0,), "db:latency": (0.01, 0.4)}

    ranking = rank(told, target="web")

    assert not ranking.abnormal
    assert ranking.why == "nothing that web depends on moved with it"


@pytest.mark.parametrize(("after", "is_named"), [(0.515, True), (0.502, False)])
def test_clear_cause_may_have_a_faint_effect(rank, after, is_named):
    """The alerted node's own noise may be as large as what it feels; but it must feel something."""
    assert rank({"web:latency": (0.5, after), "db:latency": (0.01, 0.4)}, target="web").abnormal is is_named


def test_faint_effect_needs_a_clear_cause(rank):
    """Two faint departures are a coincidence."""
    assert not rank({"web:latency": (0.5, 0.515), "db:latency": (1.0, 1.4)}, target="web").abnormal


def test_alerted_node_that_nobody_measured_clears_nobody(rank):
    """What is unknown is not held against a suspect, nor for one; only its processor was watched here."""
    told = {"web:cpu": (0.5,), "db:latency": (0.01, 0.4)}

    assert [item.node for item in rank(told, target="web").items] == ["db"]
    assert [item.node for item in rank({"db:latency": (0.01, 0.4)}, target="web").items] == ["db"]


def test_calm_system_has_no_suspects(rank):
    """Nothing abnormal is an answer."""
    ranking = rank({name: levels[:1] for name, levels in DB_IS_SLOW.items()})

    assert (ranking.abnormal, ranking.why) == (False, "nothing left its normal range")


@pytest.mark.parametrize("told", [{}, {"web:latency": (None,)}])
def test_without_measurements_nothing_is_said(rank, told):
    """Neither healthy nor ill."""
    assert not rank(told, onset=0.0).abnormal
    assert rank(told, onset=0.0).why == "there are too few points to tell what is normal"


def test_series_of_nobody_is_no_suspect(rank):
    """It has no place in the graph."""
    assert not rank({":latency": (1.0, 3.0)}).abnormal


def test_what_nobody_suffers_from_must_be_plain(rank):
    """Alone, a slight shift is not worth a word; a great one is."""
    assert not rank({"db:latency": (1.0, 1.35)}).abnormal
    assert rank({"db:latency": (1.0, 3.0)}).abnormal


def test_failures_are_not_confused_with_slowness(rank):
    """The alerted signal decides between two ill callees."""
    told = {
        "web:latency": (0.5, 0.9),
        "web:availability": (100.0, 80.0),
        "web:requests": (100.0,),
        "mail:latency": (0.1, 0.5),
        "mail:requests": (100.0,),
        "cart:availability": (100.0, 80.0),
        "cart:requests": (100.0,),
    }

    firsts = [rank(told, target="web", signal=signal).items[0].node for signal in ("latency", "availability")]

    assert firsts == ["mail", "cart"]


def test_surge_is_named_where_it_enters(rank):
    """A slow callee on the way of a surge is where it shows, not where it began."""
    told = {
        "web:requests": (100.0, 400.0),
        "web:latency": (0.5, 1.0),
        "cart:requests": (100.0, 400.0),
        "cart:latency": (0.2, 0.7),
        "db:requests": (100.0, 110.0),
    }

    first = rank(told, target="web").items[0]

    assert first.node == "web"
    assert "it comes from outside, and 2 nodes carry it" in first.why


def test_surge_outside_is_no_suspect(rank):
    """Another client's traffic may load the alerted node's callee; the client itself is not below it."""
    told = {
        "jobs:requests": (10.0, 400.0),
        "cart:latency": (0.2, 0.7),
        "cart:requests": (100.0,),
        "db:requests": (100.0, 500.0),
        "db:latency": (0.1, 0.5),
    }

    assert {item.node for item in rank(told, target="cart").items} == {"db"}


def test_surge_without_harm_is_no_suspect(rank):
    """More traffic that nobody suffers from is good news."""
    assert not rank({"web:requests": (100.0, 400.0), "web:latency": (0.5,)}).abnormal


def test_node_that_fell_silent_is_named(rank):
    """What is gone shows nothing but the absence of its traffic."""
    told = {
        "web:availability": (100.0, 60.0),
        "web:requests": (100.0,),
        "cart:requests": (80.0, 0.0),
        "mail:requests": (80.0,),
    }

    first = rank(told, target="web").items[0]

    assert (first.node, first.metric) == ("cart", "requests")


def test_resource_speaks_for_a_node(rank):
    """Alone it says a little, and it adds to a slowness."""
    alone = rank({"db:cpu": (0.1, 0.9)}).items[0]
    both = rank(DB_IS_SLOW | {"db:cpu": (0.1, 0.9)}).items[0]

    assert (alone.node, alone.metric, alone.why) == ("db", "cpu", "cpu rose from 0.1 to 0.9 (9 times).")
    assert "latency rose" in both.why
    assert "cpu rose" in both.why


def test_processor_busy_with_its_traffic_is_no_suspect(rank):
    """As much more work as there are more requests."""
    told = {"db:cpu": (0.1, 0.4), "db:requests": (100.0, 400.0)}

    assert not rank(told).abnormal
    assert rank(told | {"db:cpu": (0.1, 0.9)}).abnormal


def test_who_moves_with_the_alerted_node_comes_first(build):
    """Of two slow callees, the one that keeps time."""
    web, cart, mail = (build(f"{node}:latency", 0.2, 0.9) for node in ("web", "cart", "mail"))
    late = Series("mail", "latency", mail.times, [*mail.values[:-3], 0.2, 0.2, 0.9])

    ranking = rank_metrics([web, cart, late], SHOP, target="web", onset=ONSET)

    assert next(item.node for item in ranking.items) == "cart"


def test_old_reference_is_checked_against_the_first_point(build):
    """What differs since long before the window is not blamed, unless nothing else is found."""
    quiet = build("db:latency", 0.1)
    late = [1e6 + index * STEP_S for index in range(6)]
    times = [*quiet.times, *late]
    db = Series("db", "latency", times, [*quiet.values, 0.1, 0.1, 0.9, 0.9, 0.9, 0.1])
    mail = Series("mail", "latency", times, [*quiet.values, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9])

    both = rank_metrics([db, mail], SHOP, baseline=(0.0, quiet.times[-1]))
    only = rank_metrics([mail], SHOP, baseline=(0.0, quiet.times[-1]))

    assert [item.node for item in both.items] == ["db"]
    assert [item.node for item in only.items] == ["mail"]


def test_counters_are_read_as_rates(build):
    """A counter that always grows is no surge."""
    times = [index * STEP_S for index in range(40)]
    counter = Series("web", "http_requests_total", times, [float(index * 60) for index in range(40)])

    assert not rank_metrics([counter, build("web:latency", 0.5)], SHOP).abnormal


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["latency", "errors", "requests", "cpu", "x"])),
        st.tuples(LEVELS, LEVELS),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=8),
    st.sampled_from([None, "a"]),
)
def test_any_metrics_over_any_graph_are_borne(build, told, edges, target):
    """Cycles included: scores fall, stay within 0..1, and only what the alerted node reaches is a suspect."""
    graph = CallGraph.build(edges)
    series = [build(f"{node}:{metric}", *levels) for (node, metric), levels in told.items()]

    items = rank_metrics(series, graph, target=target, onset=ONSET).items

    event(f"{min(len(items), 2)} of them, or more")
    scores = [item.score for item in items]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert target is None or {item.node for item in items} <= graph.list_reachable(target)


CACHED = CallGraph.build([("web", "api"), ("api", "pg"), ("api", "redis"), ("web", "cdn"), ("cdn", "api")])
PG_IS_ASKED_INSTEAD = {
    "web:latency": (0.05, 0.9),
    "api:latency": (0.02, 0.85),
    "api:requests": (300.0,),
    "pg:latency": (0.003, 0.35),
    "pg:requests": (280.0, 2300.0),
    "redis:hit_ratio": (0.93, 0.01),
    "redis:requests": (300.0,),
}


def test_cache_that_went_cold_is_the_origin(rank):
    """Whoever answers its misses is slow by what the cache does, and comes second."""
    first, second = rank(PG_IS_ASKED_INSTEAD).items[:2]

    assert (first.node, first.metric, second.node) == ("redis", "hit_ratio", "pg")
    assert first.why == "hit_ratio fell from 0.931 to 0.01 (0.011 times); pg is asked instead."


def test_cache_in_front_counts_like_one_beside(rank):
    """It stands before whom it calls."""
    graph = CallGraph.build([("web", "cdn"), ("cdn", "origin")])
    told = {
        "web:latency": (0.05, 0.9),
        "cdn:hits": (900.0, 10.0),
        "cdn:requests": (1000.0,),
        "origin:latency": (0.02, 0.8),
        "origin:requests": (100.0, 990.0),
    }

    assert rank(told, graph).items[0].node == "cdn"


@pytest.mark.parametrize(
    "change",
    [
        {"redis:hit_ratio": (0.93,)},
        {"redis:hit_ratio": (0.93, 0.01), "api:requests": (300.0, 2400.0)},
        {"pg:requests": (280.0,)},
    ],
    ids=["warm", "more came in", "pg is asked no more"],
)
def test_cache_is_not_the_origin_without_its_misses(rank, change):
    """A cold cache matters by whom it sends on; more traffic misses more."""
    assert [item.node for item in rank(PG_IS_ASKED_INSTEAD | change).items if item.node == "redis"] == []


def test_cache_that_went_cold_later_is_not_the_origin(build):
    """What comes after a surge did not bring it."""
    told = PG_IS_ASKED_INSTEAD | {"redis:hit_ratio": (0.93,)}
    late = build("redis:hit_ratio", 0.93, 0.01)
    late = replace(late, values=[0.93] * (QUIET + 3) + list(late.values[QUIET + 3 :]))
    series = [build(name, *levels) for name, levels in told.items() if name != "redis:hit_ratio"]

    assert rank_metrics([*series, late], CACHED).items[0].node == "pg"


def test_cache_that_is_no_suspect_is_left_out(rank):
    """The alerted node does not depend on it; whoever is asked instead keeps what is its own."""
    ranking = rank(PG_IS_ASKED_INSTEAD, target="pg")

    assert [item.node for item in ranking.items] == ["pg"]
    assert ranking.items[0].score > 0.9
