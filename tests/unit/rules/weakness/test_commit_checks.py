"""What is done already when a later call fails."""

import pytest

from fermata.rules.weakness.commit_checks import check_commits
from fermata.rules.weakness.faults import Fault, Predict

FAIL = {"on_error": "fail"}
ARROWS = "web>shop shop>bank shop>ship ship>db shop>stock stock>more web>stock"
KINDS = {"web": {"kind": "gateway"}, "bank": {"kind": "external"}, "db": {"kind": "db"}, "more": {"kind": "db"}}
BUY = ("buy", "web", ("shop", "bank", "ship", "stock"))
LOOK = ("browse", "web", ("stock",))


def check(build, journeys=(BUY, LOOK), arrows=ARROWS, **facts):
    """Give the place and fault of each finding."""
    read = dict.fromkeys(arrows.split(), FAIL)
    return {
        (item.target, item.fault): item for item in check_commits(build(arrows, journeys, **KINDS, **(read | facts)))
    }


def test_call_that_changes_something_may_leave_another_done(build):
    """An error at the shipping leaves the card charged: the journey fails, and what was done stays."""
    found = check(build)["shop->ship", Fault.ERROR]

    assert found.predict is Predict.COLLAPSE
    assert found.numbers == {"callees_with_state": 3}
    assert "bank, stock" in found.why
    assert found.settled_by == ("the order of effects, from the code",)


def test_call_that_others_only_read_is_cut_instead(build):
    """Stock is looked at as well: an error there is an error; a cut connection may leave the rest done."""
    found = check(build)

    assert ("shop->stock", Fault.ERROR) not in found
    assert found["shop->stock", Fault.RESET].likelihood < found["shop->ship", Fault.ERROR].likelihood


def test_way_in_is_cut_where_it_asks_for_a_change(build):
    """Its user does not know whether it was done, and asks again."""
    assert [place for place in check(build) if place[0].startswith("web->")] == [("web->shop", Fault.RESET)]


@pytest.mark.parametrize("journeys", [(("browse", "web"),), (("j1", "web"),), ()])
def test_nothing_is_suspected_where_no_name_tells_of_a_change(build, journeys):
    """Nearly every service has a store, and most is only read."""
    assert check(build, journeys) == {}


def test_one_effect_has_nothing_to_leave_behind(build):
    """Nor has a store that its service fails without, or what is handled."""
    assert check(build, (("buy", "web"),), "web>shop shop>bank") == {}
    assert check(build, **{"shop>bank": {"on_error": "ignore"}, "shop>stock": {"on_error": "log"}}).keys() == {
        ("web->shop", Fault.RESET)
    }


@pytest.mark.parametrize(("facts", "is_found"), [({"on_error": "fail"}, True), ({}, False)])
def test_message_counts_where_the_sender_fails_with_it(build, facts, is_found):
    """A paid order whose message cannot be sent; who does not wait and says nothing is not accused."""
    sent = {"is_async": True, **facts}
    land = build("shop>bank shop>q", [("pay", "shop")], bank={"kind": "external"}, q={"kind": "queue"},
                 **{"shop>bank": FAIL, "shop>q": sent})  # fmt: skip

    assert ("shop->q" in {item.target for item in check_commits(land)}) is is_found


def test_stores_that_nobody_drew_are_taken_to_be_there(build):
    """Traces end at the last service: with no store in the whole graph each of those that take part may have one."""
    found = check(build, (("buy", "web"),), "web>shop shop>ship shop>stock ship>post")

    assert {place for place in found if place[1] is Fault.ERROR} == {
        ("shop->ship", Fault.ERROR), ("shop->stock", Fault.ERROR)
    }  # fmt: skip


def test_what_is_asked_often_is_seldom_a_change(build):
    """Of two steps of one journey, one is asked by half of all requests."""
    rates = {"user>web": 100, "shop>ship": 2, "shop>bill": 50}
    measured = {arrow: FAIL | {"rate_rps": rate, "latency_ms": 1} for arrow, rate in rates.items()}
    found = check(build, (BUY,), "user>web web>shop shop>ship shop>bill shop>c ship>db bill>db", **measured,
                  c={"kind": "cache"})  # fmt: skip

    rare, often, cached = (found[f"shop->{name}", Fault.ERROR].likelihood for name in ("ship", "bill", "c"))
    assert rare > often
    assert rare > cached


def test_asking_for_flags_leaves_nothing_done(build):
    """Who only asks what everybody asks has changed nothing when the next call fails."""
    arrows = "web>db web>shop shop>bank shop>flags shop>text text>flags web>flags"
    found = check(build, (("buy", "web"),), arrows, flags={"kind": "external"})

    assert {place for place in found if place[1] is Fault.ERROR} == set()
