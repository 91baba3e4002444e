"""Whether a place is used."""

import pytest

from fermata.rules.weakness.usage import weigh_usage

MEASURED = {"rate_rps": 5, "latency_ms": 2}


@pytest.fixture
def land(build):
    """Give a shop whose ways to `a` and `db` are measured."""
    return build(
        "web>a web>b a>db b>other web>q",
        [("use", "web")],
        db={"kind": "db"}, other={"kind": "db"}, q={"kind": "queue"},
        **{"web>a": MEASURED, "a>db": MEASURED},
    )  # fmt: skip


@pytest.mark.parametrize("target", ["web->a", "a", "db", "a->db"])
def test_measured_place_counts_in_full(land, target):
    """Requests pass there."""
    assert weigh_usage(land, target) == 1


@pytest.mark.parametrize("target", ["web->b", "b", "other", "b->other"])
def test_place_where_nothing_was_seen_counts_less(land, target):
    """Others were measured, and this was not among them."""
    assert weigh_usage(land, target) < 1


def test_stores_count_in_full_where_no_store_s_calls_were_seen(build):
    """Metrics of a mesh have none of them."""
    land = build("web>a web>b a>db", db={"kind": "db"}, **{"web>a": MEASURED})

    assert weigh_usage(land, "a->db") == weigh_usage(land, "db") == 1
    assert weigh_usage(land, "web->b") < 1


@pytest.mark.parametrize("target", ["web", "q", "web->q"])
def test_ways_in_and_queues_are_not_held_against_it(land, target):
    """Nobody counts what enters, or messages, as calls."""
    assert weigh_usage(land, target) == 1


def test_graph_without_rates_says_nothing(build):
    """Then everything may be used."""
    assert weigh_usage(build("web>a"), "web->a") == 1


def test_what_no_journey_names_counts_less(build):
    """Where journeys name their needs; a store is meant with its service, and the way in with the journey."""
    land = build("web>a web>ads a>db", [("buy", "web", ("a",))], db={"kind": "db"})

    assert weigh_usage(land, "web->ads") < 1
    assert weigh_usage(land, "web->a") == weigh_usage(land, "a->db") == weigh_usage(land, "web") == 1


def test_somebody_else_s_system_is_meant_with_its_service(build):
    """Unless many ask it, as they do flags."""
    land = build(
        "web>a a>psp web>flags a>flags b>flags a>b",
        [("buy", "web", ("a", "b"))], psp={"kind": "external"}, flags={"kind": "external"},
    )  # fmt: skip

    assert weigh_usage(land, "a->psp") == 1
    assert weigh_usage(land, "a->flags") < 1


def test_name_with_an_arrow_is_one_service(build):
    """Names are data."""
    land = build("web>a", **{"x->y": {}})

    assert weigh_usage(land, "x->y") == 1


def test_registry_counts_in_full(build):
    """What is asked at a start is in no measurement, and in no journey's needs."""
    asked = {f"{name}>dir": {"is_async": True, "on_error": "log"} for name in "abcd"}
    arrows = "web>a a>b a>c a>d a>dir b>dir c>dir d>dir"
    land = build(arrows, [("use", "web", ("a",))], **{"web>a": MEASURED}, **asked)

    assert weigh_usage(land, "dir") == 1
    assert weigh_usage(land, "b") < 1
