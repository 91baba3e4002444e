"""Hard or soft for each fault, and the journeys a fault comes back to."""

import pytest

from fermata.rules.weakness.faults import Fault, Predict
from fermata.rules.weakness.standing import Hardness

HARD, SOFT, UNKNOWN = Hardness.HARD, Hardness.SOFT, Hardness.UNKNOWN
FAIL = {"on_error": "fail"}


@pytest.mark.parametrize(
    ("facts", "error", "latency"),
    [
        ({}, UNKNOWN, UNKNOWN),
        ({"on_error": "fail"}, HARD, HARD),
        ({"on_error": "crash", "timeout_ms": 10}, HARD, HARD),
        ({"on_error": "ignore"}, SOFT, UNKNOWN),
        ({"on_error": "ignore", "timeout_ms": 0}, SOFT, HARD),
        ({"on_error": "fallback", "timeout_ms": 100}, SOFT, SOFT),
        ({"on_error": "fallback", "timeout_ms": 100, "retries": 2}, SOFT, SOFT),
        ({"on_error": "fallback", "timeout_ms": 100, "retries": 3}, SOFT, HARD),
        ({"is_async": True}, SOFT, SOFT),
        ({"is_async": True, "on_error": "fail"}, HARD, SOFT),
    ],
)
def test_hardness_is_asked_for_each_fault(build, facts, error, latency):
    """An ignored error is soft; the wait for it is hard unless its attempts fit the 300 ms the caller itself has."""
    land = build("door>web web>ads", **{"web>ads": facts, "door>web": {"timeout_ms": 300}})
    call = land.calls[1]

    assert land.judge_hardness(call, Fault.ERROR) is error
    assert land.judge_hardness(call, Fault.LATENCY) is latency


def test_shortest_caller_sets_the_budget(build):
    """Whoever gives up first is the one to be in time for."""
    land = build("a>c b>c d>c", **{"a>c": {"timeout_ms": 500}, "b>c": {"timeout_ms": 200}})

    assert land.find_budget_ms("c") == 200
    assert land.find_budget_ms("a") is None


def test_prediction_is_collapse_only_when_every_step_is_known(build):
    """Known to fail all the way up: collapse. Hidden on the way: graceful. Not said: unknown."""
    calls = "web>shop shop>db"
    known = {"web>shop": {"on_error": "fail"}, "shop>db": {"on_error": "fail"}}

    def predict(**changes):
        land = build(calls, [("buy", "web")], **(known | changes))
        return land.predict_call(land.calls[1], Fault.ERROR), land.predict_service("db", Fault.KILL)

    assert predict() == (Predict.COLLAPSE, Predict.COLLAPSE)
    assert predict(**{"web>shop": {"on_error": "fallback"}}) == (Predict.GRACEFUL, Predict.GRACEFUL)
    assert predict(**{"web>shop": {}}) == (Predict.UNKNOWN, Predict.UNKNOWN)
    assert predict(**{"shop>db": {"on_error": "log"}}) == (Predict.GRACEFUL, Predict.GRACEFUL)
    assert predict(**{"shop>db": {}}) == (Predict.UNKNOWN, Predict.UNKNOWN)


def test_router_passes_each_request_to_one_callee(build):
    """Its calls add up to its requests; a gateway that asks several for each, or is not measured, is none."""
    arrows, gate = "user>gate gate>a gate>b", {"kind": "gateway"}
    came = {"rate_rps": 10, "latency_ms": 5}

    def route(one, other):
        return build(arrows, gate=gate, **{"user>gate": came, "gate>a": one, "gate>b": other}).routers

    assert route({"rate_rps": 4}, {"rate_rps": 6}) == {"gate"}
    assert route({"rate_rps": 10}, {"rate_rps": 10}) == frozenset()
    assert route({"rate_rps": 4}, {}) == frozenset()


def test_inflow_is_the_sum_of_what_is_waited_for(build):
    """The mean is weighted by rate; asynchronous and unmeasured calls are left out."""
    facts = {
        "a>x": {"rate_rps": 3, "latency_ms": 10}, "b>x": {"rate_rps": 1, "latency_ms": 30},
        "c>x": {"rate_rps": 9}, "d>x": {"rate_rps": 9, "latency_ms": 9, "is_async": True},
    }  # fmt: skip

    assert build("a>x b>x c>x d>x", **facts).inflow == {"x": (4, 15)}


def test_ways_to_needs_leave_out_what_nobody_named(build):
    """The store is reached through the needed service alone; where there is no such way, what is between counts."""
    near = build("web>cart cart>db web>pay pay>db", [("buy", "web", ("cart", "db")), ("pay", "web", ("pay",))])
    far = build("web>pay pay>db", [("buy", "web", ("db",))])

    assert near.members["buy"] == {"web", "cart", "db"}
    assert far.members["buy"] == {"web", "pay", "db"}


def test_service_that_no_journey_needs_is_never_a_certain_hit(build):
    """Somebody uses what its caller calls, but it stands in nobody's needs."""
    facts = {"web>pay": {"on_error": "fail"}, "web>ads": {"on_error": "fail"}}
    land = build("web>pay web>ads", [("buy", "web", ("pay",))], **facts)

    assert land.feel("ads", Fault.ERROR).possible == ("buy",)
    assert land.feel("pay", Fault.ERROR).definite == ("buy",)


@pytest.mark.parametrize(("kind", "certain"), [("gateway", {"browse"}), ("app", {"browse", "order"})])
def test_gateway_passes_a_journey_to_what_that_names(build, kind, certain):
    """A gateway's other calls are for other requests, as far as anybody says; a service's may be for this one."""
    fail = {"on_error": "fail"}
    facts = {"web>orders": fail, "web>catalog": fail, "orders>db": fail, "orders>catalog": {"on_error": "fallback"}}
    journeys = [("order", "web", ("orders", "db")), ("browse", "web", ("catalog",))]
    land = build("web>orders web>catalog orders>db orders>catalog", journeys, web={"kind": kind}, **facts)

    felt = land.feel("catalog", Fault.ERROR)

    assert set(felt.definite) == certain
    assert set(felt.possible) == {"browse", "order"} - certain
    assert land.feel("db", Fault.ERROR).definite == ("order",)


def test_unnamed_service_behind_a_router_is_in_no_journey(build):
    """Which requests go there is known of needs alone."""
    facts = {"user>gate": {"rate_rps": 9, "latency_ms": 5}, "gate>a": {"rate_rps": 4}, "gate>b": {"rate_rps": 5}}
    land = build("user>gate gate>a gate>b", [("use a", "gate", ("a",))], gate={"kind": "gateway"}, **facts)

    assert "b" not in land.members["use a"]


def test_queue_is_taken_from_by_workers_and_by_whom_it_leads_to(build):
    """An application that sends takes nothing; nor does who waits."""
    one_way = {"is_async": True}
    facts = {"web>q": one_way, "w>q": one_way, "web>w": one_way}
    land = build("web>q w>q u>q web>w", q={"kind": "queue"}, w={"kind": "worker"}, u={"kind": "worker"}, **facts)

    assert land.takes_from == {"w": {"q"}}
    assert land.effects == {"web": {"q"}, "w": {"q"}, "u": {"q"}}


def test_worker_sends_where_the_queue_says_whom_it_gives_to(build):
    """One of two ways of drawing: what points to a queue then puts something in, whoever it is."""
    one_way = {"is_async": True}
    facts = {"web>q": one_way, "w>q": one_way, "q>v": one_way, "q>web": one_way}
    land = build("web>q w>q q>v q>web", q={"kind": "queue"}, w={"kind": "worker"}, **facts)

    assert land.takes_from == {"v": {"q"}, "web": {"q"}}
    assert not any(land.is_taking(call) for call in land.calls)


def test_part_where_few_only_look_is_no_collapse(build):
    """One search of five journeys is a part; it is the system where it is all there is, or where something changes."""
    facts = {"web>find": FAIL, "find>index": FAIL, "web>shop": FAIL}
    places = [("buy", "web", ("shop",)), ("pay", "web", ("shop",)), ("book", "web", ("shop",))]
    seek, ask = ("search", "web", ("find", "index")), ("submit a search", "web", ("find", "index"))

    def predict(*journeys):
        return build("web>find find>index web>shop", journeys, **facts).predict_service("index", Fault.KILL)

    assert predict(*places, seek) is Predict.DEGRADE
    assert predict(*places[1:], seek) is Predict.COLLAPSE
    assert predict(*places, ask) is Predict.COLLAPSE


def test_store_that_others_name_is_spared_beside_another(build):
    """Who names the service and not this store of two uses the other; an only store is used by all."""
    stores = {"index": {"kind": "db"}, "db": {"kind": "db"}}
    journeys = [("home", "web", ("list",)), ("find", "web", ("index",))]
    two = build("web>list list>index list>db", journeys, **stores)
    one = build("web>list list>index", journeys, index={"kind": "db"})

    assert two.members["home"] == {"web", "list", "db"}
    assert two.members["find"] == {"web", "list", "index"}
    assert one.members["home"] == {"web", "list", "index"}


def test_journey_that_names_its_first_calls_needs_the_rest(build):
    """What is behind is implied, unless its errors are hidden, and unless a need is named that another calls."""
    facts = {"a>b": FAIL, "a>ads": {"on_error": "ignore"}, "b>c": FAIL, "web>a": FAIL}
    brief = build("web>a a>b a>ads b>c", [("buy", "web", ("a",))], **facts)
    full = build("web>a a>b a>ads b>c", [("buy", "web", ("a", "b"))], **facts)

    assert brief.implied == {"a", "b", "c"}
    assert full.implied == frozenset()


def test_needs_keep_a_journey_off_the_rest(build):
    """A journey uses the ways to its needs and what is behind them, and nothing beside."""
    land = build("web>cart web>ads cart>db", [("buy", "web", ("cart",)), ("look", "web", ("ads",))])

    assert land.members == {"buy": {"web", "cart", "db"}, "look": {"web", "ads"}}
    assert land.feel("web", Fault.ERROR).definite == ("buy", "look")
    assert land.feel_call(land.calls[0], Fault.ERROR).definite == ("buy",)


def test_journey_that_needs_its_entry_alone_is_spared_by_what_is_behind(build):
    """Who says that nothing else is needed is believed; a need that no way leads to says nothing."""
    journeys = [("pay", "front", ("front", "pay")), ("browse", "front", ("front",)), ("odd", "front", ("far",))]
    land = build("front>pay", journeys, far={}, **{"front>pay": {"on_error": "fail"}})

    assert land.members == {"pay": {"front", "pay"}, "browse": {"front"}, "odd": {"front", "pay"}}
    assert "browse" not in land.feel("pay", Fault.KILL).definite
    assert "browse" in land.feel("front", Fault.KILL).definite


def test_need_of_a_load_generator_alone_is_the_entry_s(build):
    """What stands for users is no part of the system; what it calls is what the journey needs."""
    land = build("load>web web>db", [("look", "load", ("load",))], load={"kind": "loadgen"})

    assert land.journeys[0].needs == ("web",)


def test_named_need_weighs_more_than_a_maybe(build):
    """What a journey says it needs is likelier to be missed than what merely hangs behind."""
    land = build("web>cart cart>db", [("buy", "web", ("cart",))])

    assert land.feel("cart", Fault.ERROR).weight > land.feel("db", Fault.ERROR).weight > 0


def test_parts_without_a_journey_enter_on_their_own(build):
    """A worker nobody calls is an entry, and so is one member of a cycle that nothing enters; a lone node is none."""
    land = build("web>db job>db x>y y>x", [("buy", "web")], alone={})

    assert [journey.entry for journey in land.journeys] == ["web", "job", "x"]


def test_background_work_is_late_and_not_lost(build):
    """Where users' journeys are named, what enters elsewhere is no collapse; nor is a worker's ever."""
    fail = {"on_error": "fail"}
    named = build("web>api job>db", [("buy", "web")], **{"job>db": fail, "web>api": fail})
    unnamed = build("web>api job>db", job={"kind": "worker"}, **{"job>db": fail, "web>api": fail})

    for land in (named, unnamed):
        assert land.predict_service("job", Fault.KILL) is Predict.DEGRADE
        assert land.predict_call(land.calls[1], Fault.ERROR) is Predict.DEGRADE
        assert land.predict_service("web", Fault.KILL) is Predict.COLLAPSE
        assert land.feel("job", Fault.KILL).weight < land.feel("web", Fault.KILL).weight


def test_load_generator_is_no_part_of_the_system(build):
    """A journey that begins at it begins where it calls, once for each place."""
    land = build("load>web load>api web>db", [("buy", "load"), ("gone", "nowhere")], load={"kind": "loadgen"})
    single = build("load>web web>db", [("buy", "load", ("db",))], load={"kind": "loadgen"})

    assert "load" not in land.services
    assert [(journey.name, journey.entry) for journey in land.journeys] == [
        ("buy at web", "web"),
        ("buy at api", "api"),
    ]
    assert [(journey.name, journey.needs) for journey in single.journeys] == [("buy", ("db",))]


def test_called_by_load_alone_is_an_entry(build):
    """Without any journey, users come in where the load does."""
    land = build("load>web web>db", load={"kind": "loadgen"})

    assert [journey.entry for journey in land.journeys] == ["web"]


def test_dominated_are_counted_over_what_can_fail(build):
    """What is behind a fallback is not lost with the one that calls it."""
    land = build("web>a a>b a>c web>c", **{"a>b": {"on_error": "fail"}})
    soft = build("web>a a>b", **{"a>b": {"on_error": "fallback"}})

    assert land.dominated["a"] == 1
    assert soft.dominated["a"] == 0


def test_service_nobody_uses_is_felt_by_nobody(build):
    """Without a journey there is nobody to feel it."""
    felt = build("", alone={}).feel("alone", Fault.KILL)

    assert (felt.definite, felt.possible, felt.contained, felt.weight) == ((), (), (), 0)


@pytest.mark.parametrize(
    ("arrow", "facts", "predict"),
    [
        ("web>q", {}, Predict.UNKNOWN),
        ("web>q", {"on_error": "log"}, Predict.GRACEFUL),
        ("web>q", {"rate_rps": 0}, Predict.GRACEFUL),
        ("job>q", {}, Predict.GRACEFUL),
        ("q>job", {}, Predict.GRACEFUL),
    ],
)
def test_loss_of_what_is_sent_to_is_handled_only_where_that_is_said(build, arrow, facts, predict):
    """Who sends may fail at once; who takes waits until it is back."""
    land = build(
        f"web>web {arrow}", q={"kind": "queue"}, job={"kind": "worker"}, **{arrow: {"is_async": True, **facts}}
    )
    lost = arrow.partition(">")[2]

    assert land.predict_service(lost, Fault.KILL) is predict
    assert land.predict_service(lost, Fault.LATENCY) is Predict.GRACEFUL


def test_senders_are_listed_for_what_they_send(build):
    """Only those who do not wait are senders."""
    land = build("a>q b>q c>q", **{"a>q": {"is_async": True}, "b>q": {"is_async": True}})

    assert land.senders == {"q": ("a", "b")}


def test_work_that_has_a_name_is_background_all_the_same(build):
    """A worker's journey is late while it is gone, whatever it is called."""
    journeys = [("buy", "web"), ("bookkeeping", "books")]
    land = build("web>pay books>db", journeys, books={"kind": "worker"}, db={"kind": "db"},
                 **{"web>pay": FAIL, "books>db": FAIL})  # fmt: skip

    assert land.background == {"bookkeeping"}
    assert land.predict_service("books", Fault.KILL) is Predict.DEGRADE
    assert land.predict_service("pay", Fault.KILL) is Predict.COLLAPSE


def test_journey_of_a_job_is_no_user_s(build):
    """Like a worker's, it is late and not lost."""
    land = build("web>api nightly>db", nightly={"kind": "job"}, db={"kind": "db"})

    assert land.background == {"(what enters at nightly)"}
