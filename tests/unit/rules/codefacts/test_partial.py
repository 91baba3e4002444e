"""Calls of a graph as they are asked about, and facts as a source of it."""

from tests.unit.rules.codefacts.code_scene import CALLS

from fermata.rules.codefacts.claims import CodeFact
from fermata.rules.codefacts.partial import keep_nones, list_calls, make_partial
from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.writing import write_graph
from fermata.rules.servicegraph.written import read_written


def test_calls_know_other_names_of_their_callee():
    """Variables and aliases are names; the words of a source are none."""
    services = [{"name": "cart", "aliases": ["carts", 3]}, {"name": "db", "aliases": "x"}]
    told = [{"why": "CART_ADDR"}, {"why": "written down"}, {"why": "a Service's route"}]
    edges = [
        {"from": "Web", "to": "cart", "told_by": told},
        {"from": "web", "to": "cart"},
        {"from": "web", "to": "db"},
        {"from": "web"},
        {"to": "web"},
        {"from": "web", "to": "web"},
    ]

    calls = list_calls(services, edges)

    assert [(call.id, call.words) for call in calls] == [("web->cart", ("CART_ADDR", "carts")), ("web->db", ())]


def test_facts_are_merged_below_what_is_written_down():
    """What a person wrote stays, the line is named, and the difference is shown."""
    edges = [{"from": "checkout", "to": "paymentservice", "code": {"timeout_ms": 100}}]
    facts = [
        CodeFact(CALLS[0], "timeout_ms", 3000.0, "a.go:5", "x"),
        CodeFact(CALLS[0], "on_error", "fail", "a.go:6", "x"),
        CodeFact(CALLS[1], "timeout_ms", 0.5, "a.go:7", "x"),
    ]

    merged = merge([read_written([], edges, [], source="g"), make_partial(facts, "code, by pattern")])
    one, two = write_graph(merged)["edges"]

    assert one["code"] == {"timeout_ms": 100, "on_error": "fail"}
    assert one["sources"]["code.on_error"] == {"source": "code, by pattern, a.go:6", "basis": "declared"}
    assert two["code"] == {"timeout_ms": 0.5}
    assert [(item.key, item.kept.value) for item in merged.conflicts] == [("code.timeout_ms", 100)]


def test_timeout_that_nobody_set_stays_known_to_be_missing():
    """A merge keeps only what is said, so that `null` beside what was read becomes 0."""
    read, bare, unread = {"timeout_ms": None, "retries": 0}, {"timeout_ms": None}, {"retries": 1}

    kept = keep_nones([{"code": read}, {"code": bare}, {"code": unread}, {}])

    assert [item.get("code") for item in kept] == [{"timeout_ms": 0, "retries": 0}, bare, unread, None]
