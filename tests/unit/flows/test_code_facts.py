"""Facts from code: read by patterns, asked of a model, checked, and merged into the graph."""

import json
from datetime import timedelta

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, nobody

from fermata.domain.model import TaskKind, Tier
from fermata.flows.code_facts import ask_facts, find_facts, read_code, read_merged_code
from fermata.kit.errors import GuardRefused, UserError
from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.partial import Basis, PartialGraph
from fermata.rules.servicegraph.writing import write_graph

GRAPH = {
    "services": [{"name": "checkout"}, {"name": "payments"}],
    "edges": [{"from": "checkout", "to": "payments", "code": {"timeout_ms": None, "pool_max": 5}}],
}
CODE = """def pay(order):
    try:
        return payments.charge(order, timeout=2)  # payments: retries=9
    except PaymentsError: return None
"""
ON_ERROR = {
    "call": "checkout->payments",
    "field": "on_error",
    "value": "fallback",
    "line": "f1:4",
    "quote": "except PaymentsError: return None",
}
ACCEPTED = {"facts": [ON_ERROR]}


@pytest.fixture
def place(tmp_path):
    """Give a graph and its code."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    files = {
        "src/checkout/pay.py": CODE,
        "src/checkout/test_pay.py": "payments(timeout=77)",
        "src/checkout/tests/a.py": "payments(timeout=78)",
        "src/checkout/k8s.yaml": "apiVersion: v1\npayments: {timeoutMs: 79}",
        "src/checkout/own.yaml": "payments: {retries: 4}",
        "src/checkout/pay.bin": "payments(timeout=80)",
        "src/checkout/packed.py": "\x1f",
        "src/other/pay.py": "payments(timeout=81)",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "src/checkout/packed.py").write_bytes(b"\x1f\x8b123")
    return tmp_path


def read(place):
    """Read the place."""
    return read_code(place / "graph.json", [("", place / "src")])


async def ask(build_stage, place, *steps, **analysis):
    """Ask a script about the place; give what came of it, and the gateway."""
    gateway = ScriptedGateway(*steps, tier=Tier.LOW)
    return await ask_facts(build_stage(models=gateway, analysis=analysis).context, read(place)), gateway


def test_patterns_read_what_is_the_callers_own_code(place):
    """No tests, manifests or foreign folders; what cannot be read is named, and the graph's own say stays."""
    found = find_facts(read(place), "not asked")

    assert [(fact.field, fact.value) for fact in found.by_pattern] == [("retries", 4), ("timeout_ms", 2000)]
    assert any("packed" in problem for problem in found.problems)
    assert any("1 files lie in no folder" in problem for problem in found.problems)
    (edge,) = write_graph(found.graph)["edges"]
    assert edge["code"] == {"timeout_ms": 0, "pool_max": 5, "retries": 4}
    assert [item.key for item in found.graph.conflicts] == ["code.timeout_ms"]


async def test_what_a_model_says_is_checked_and_merged(build_stage, place):
    """One request of the low tier a caller; its fact names the model and the line."""
    wrong = ON_ERROR | {"value": "crash"}
    found, gateway = await ask(build_stage, place, {"facts": [ON_ERROR, wrong]})

    (request,) = gateway.requests
    assert (request.kind, request.prompt_name) == (TaskKind.PARSE, "codefacts")
    assert "retries=9" not in request.content
    (edge,) = write_graph(found.graph)["edges"]
    assert edge["code"]["on_error"] == "fallback"
    assert edge["sources"]["code.on_error"]["source"] == "code, read by acme/low, src/checkout/pay.py:4"
    told = found.to_json()
    assert told["facts"][-1]["source"] == "code, read by acme/low, src/checkout/pay.py:4"
    assert [each["why"] for each in told["refused"]] == ["the quote does not show that an error ends in crash"]
    assert told["model"] == {"asked": "acme/low answered 1 of 1 times", "target": "acme/low", "cost_usd": "0.01"}


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (nobody(), "no model answered: No model answered: acme/sage is unreachable"),
        (GuardRefused("budget", "The budget of the day is used up"), "no model answered: No model was asked"),
        ("hang", "No answer within 20ms"),
        (RuntimeError("boom"), "Asking a model failed"),
        ({"facts": 3}, "acme/low answered 1 of 1 times"),
    ],
)
async def test_without_an_answer_patterns_stand_and_it_says_why(build_stage, place, step, why):
    """Nothing is raised, whatever the models do."""
    options = {"deadline": timedelta(milliseconds=20)} if step == "hang" else {}
    found, _ = await ask(build_stage, place, step, **options)

    assert why in found.asked
    assert len(found.by_pattern) == 2
    assert found.by_model == []


async def test_nobody_is_asked_where_none_is_to_be(build_stage, place):
    """Neither without models, nor when settings forbid it, nor about nothing."""
    without = await ask_facts(build_stage().context, read(place))
    never, silent = await ask(build_stage, place, ACCEPTED, when="never")
    (place / "src/checkout/pay.py").unlink()
    (place / "src/checkout/own.yaml").unlink()
    empty, quiet = await ask(build_stage, place, ACCEPTED)

    assert without.asked == never.asked == "no model is configured for this: patterns alone"
    assert empty.asked == "no file speaks of a call: no model was asked"
    assert silent.requests == quiet.requests == []


def test_folder_may_be_said_to_be_of_a_service(place):
    """Whatever it is called; the service must be one of the graph's."""
    found = find_facts(read_code(place / "graph.json", [("checkout", place / "src/other")]), "")

    assert [fact.where for fact in found.by_pattern] == ["other/pay.py:1"]
    with pytest.raises(UserError, match="no service cart"):
        read_code(place / "graph.json", [("cart", place / "src")])


@pytest.mark.parametrize("text", [None, "3", "{"])
def test_graph_that_cannot_be_read_is_named(place, text):
    """And nothing is looked for."""
    path = place / "graph.json"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)

    with pytest.raises(UserError, match="cannot be used"):
        read(place)


@pytest.mark.parametrize(("name", "why"), [("nope", "there is no such folder"), ("graph.json", "it is a file")])
def test_code_that_is_no_folder_is_refused_as_code(place, name, why):
    """Nobody who gives code is told of bundles."""
    with pytest.raises(UserError, match=f"is no folder of code: {why}"):
        read_code(place / "graph.json", [("", place / name)])


def test_code_is_read_beside_what_runs(place):
    """What running systems tell is a graph as good as a file."""
    live = PartialGraph("docker", Basis.LIVE)
    for name in ("checkout", "payments"):
        live.add_node(name)
    live.add_edge("checkout", "payments", why="PAYMENTS_ADDR")
    live.problems.append("it did not answer within 20 s")

    found = find_facts(read_merged_code(merge([live]), [("", place / "src")]), "")

    (edge,) = write_graph(found.graph)["edges"]
    assert edge["code"]["timeout_ms"] == 2000
    assert edge["sources"]["code.timeout_ms"]["source"].startswith("code, by pattern, src/checkout/pay.py:3")
    assert found.problems[0] == "docker: it did not answer within 20 s"
