"""From a file to a plan."""

import json
from pathlib import Path

import pytest

from fermata.flows.chaos_plan import plan_file
from fermata.kit.errors import UserError

CASES = Path(__file__).parents[3] / "bench" / "cases"
GRAPHS = sorted(path for path in CASES.glob("graphs*/*.json") if "." not in path.stem)
KEYS = {"kind", "target", "fault", "predict", "why", "numbers", "scenario"}


@pytest.fixture
def plan(tmp_path):
    """Give a planner for a document."""

    def make(document, **options):
        path = tmp_path / "graph.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return plan_file(path, **options)

    return make


def call(**facts):
    """Give a graph of one call, with facts of its edge."""
    return {"services": ["web", "pay"], "edges": [{"from": "web", "to": "pay", **facts}]}


def find(made, fault, target="web->pay"):
    """Give the item for a place and a fault."""
    return next(item for item in made.items if (item["target"], item["fault"]) == (target, fault))


def test_items_have_the_promised_form(plan):
    """bundle.md's keys, JSON types, one item for each place and fault."""
    made = plan(call(code={"on_error": "fail"}))

    assert all(set(item) >= KEYS for item in made.items)
    assert json.loads(json.dumps(made.items)) == list(made.items)
    assert len({(item["target"], item["fault"]) for item in made.items}) == len(made.items)
    assert find(made, "error")["predict"] == "collapse"


def test_code_decides_the_prediction(plan):
    """The same edge without its code is unknown, and says what would settle it."""
    assert find(plan(call(code={"on_error": "fallback"})), "error")["predict"] == "graceful"
    assert find(plan(call(code=None)), "error")["settled_by"] == ["on_error"]


def test_pool_is_computed_from_measured_load(plan):
    """20 slots at 40 calls a second of 6 ms break at 494 ms more."""
    code = {"pool_max": 20, "timeout_ms": 0, "on_error": "fail"}
    item = find(plan(call(rate_rps=40, latency_ms=6, code=code)), "latency")

    assert item["kind"] == "pool_exhaustion"
    assert item["predict"] == "collapse"
    assert item["numbers"]["breaks_at_added_ms"] == 494


@pytest.mark.parametrize("rate", [1e-300, 0, 1e12])
def test_extreme_numbers_stay_json(plan, rate):
    """No prediction is computed into infinity."""
    made = plan(call(rate_rps=rate, latency_ms=1e12, code={"pool_max": 10**9, "timeout_ms": 1e12, "retries": 10**9}))

    assert json.loads(json.dumps(made.items, allow_nan=False))


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("128Mi", {"memory_limit"}),
        (134217728, {"memory_limit"}),
        (False, {"memory_exhaustion"}),
        ("none", {"memory_exhaustion"}),
        (None, set()),
        ("lots", set()),
    ],
)
def test_memory_is_read_as_kubernetes_writes_it(plan, written, kinds):
    """An amount, no limit, or nothing said."""
    made = plan({"services": [{"name": "web", "memory_limit": written}, "db"], "edges": [{"from": "web", "to": "db"}]})

    assert {item["kind"] for item in made.items if item["fault"] == "memory"} == kinds


@pytest.mark.parametrize("written", [False, "none", "no"])
def test_described_probe_is_a_probe(plan, written):
    """A probe may be told as yes or no, or in words; `null` says nothing."""

    def list_kinds(probe):
        made = plan({"services": [{"name": "web", "readiness_probe": probe}], "edges": [{"from": "web", "to": "db"}]})
        return {item["kind"] for item in made.items}

    assert "missing_probe" in list_kinds(written)
    assert not {"missing_probe"} & (list_kinds("httpGet /healthz") | list_kinds(True) | list_kinds(None))


def test_timeout_that_was_looked_for_and_not_found_is_none(plan):
    """`null` beside other facts of the code; alone, or absent, it says nothing."""
    load = {"rate_rps": 40, "latency_ms": 6}

    def predict(**code):
        return find(plan(call(**load, code={"pool_max": 20, "on_error": "fail", **code})), "latency")["predict"]

    assert predict(timeout_ms=None) == "collapse"
    assert predict() == "unknown"
    assert find(plan(call(code={"timeout_ms": None})), "latency")["settled_by"] == ["timeout_ms"]


def test_workers_are_read_from_a_services_code(plan):
    """A worker for 10 requests a second of 90 ms; what is no code, or no number, is named."""
    graph = call(rate_rps=10, latency_ms=90)
    graph["services"][1] = {"name": "pay", "code": {"workers": 1}}
    wrong = call()
    wrong["services"][1] = {"name": "pay", "code": "python"}

    assert find(plan(graph), "latency", "pay")["numbers"]["workers"] == 1
    assert 'service pay: "code" is text, not an object' in plan(wrong).warnings[0]


def test_wrong_values_count_as_not_said(plan):
    """Each is named once, and the rest of the file is used."""
    made = plan(
        {
            "services": [{"name": "web", "kind": "toaster", "replicas": "two"}, {"name": "pay", "replicas": True}],
            "edges": [{"from": "web", "to": "pay", "rate_rps": -1, "code": 7}, {"from": "web"}],
            "journeys": [
                {"entry": "nowhere"},
                {"entry": "web", "needs": "pay"},
                {"entry": "web", "needs": ["pay", "x"]},
            ],
        }
    )
    told = "\n".join(made.warnings)

    assert made.items
    for words in (
        '"kind" is toaster, which is none of app, gateway, db, cache, queue, external, worker, job, loadgen',
        '"replicas"',
        '"rate_rps"',
        '"code" is a number',
        "entry 2",
        '"needs" is text',
        "graph: x",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("journey", "told"),
    [
        ({"entry": "wbe"}, 'journey 1: its "entry" is no service of the graph: wbe'),
        ({"name": "buy"}, 'journey 1 (buy) has no "entry", the service it begins at'),
        ({"needs": ["pay"]}, 'journey 1 has no "entry"'),
        ("buy", 'journey 1 (buy) has no "entry"'),
    ],
)
def test_journey_that_begins_nowhere_is_named_with_what_is_missing(plan, journey, told):
    """Another word for "not there" than for "written, and no service"."""
    made = plan(call() | {"journeys": [journey]})

    assert told in made.warnings[0]


@pytest.mark.parametrize("needs", [[], ["web"]])
def test_journey_that_needs_nothing_behind_its_entry_is_not_hit_there(plan, needs):
    """An empty list says so, as the entry's own name does; a list that is absent does not."""
    buy = {"name": "buy", "entry": "web", "needs": ["pay"]}
    journeys = [buy, {"name": "look", "entry": "web"} | {"needs": needs}]
    item = find(plan(call(code={"on_error": "fail"}) | {"journeys": journeys}), "error")
    open_list = find(
        plan(call(code={"on_error": "fail"}) | {"journeys": [buy, {"name": "look", "entry": "web"}]}), "error"
    )

    assert item["scenario"]["steady_state"]["journeys"] == ["buy"]
    assert open_list["scenario"]["steady_state"]["journeys"] == ["buy", "look"]


def test_many_problems_are_counted(plan):
    """Twenty are enough to see what is wrong."""
    made = plan({"services": [{"name": f"s{n}", "replicas": -1} for n in range(30)], "edges": []})

    assert len(made.warnings) == 21
    assert made.warnings[-1].endswith("10 more entries could not be used")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"nodes": []}', '{"services": []}', '{"services": [NaN], "edges": []}']
)
def test_what_is_no_graph_is_refused(plan, text):
    """With the reason and where the form is described."""
    with pytest.raises(UserError, match=r"docs/chaos\.md"):
        plan(text)


def test_what_is_no_file_is_refused(tmp_path):
    """Neither a folder nor nothing is waited for."""
    with pytest.raises(UserError, match="it is a folder"):
        plan_file(tmp_path)
    with pytest.raises(UserError, match="cannot be opened"):
        plan_file(tmp_path / "none.json")


def test_services_that_stand_at_edges_alone_are_known(plan):
    """A graph of edges is a graph; nulls everywhere are no reason to stop."""
    nulls = dict.fromkeys(("protocol", "mode", "rate_rps", "latency_ms", "code"))
    made = plan({"services": None, "edges": [{"from": "web", "to": "pay"} | nulls], "journeys": None})

    assert find(made, "kill", "web")["predict"] == "unknown"
    assert made.warnings == ()


def test_host_of_the_world_is_nobody_s_to_kill(plan):
    """It stands at the end of a call alone, and its domain says whose it is."""
    made = plan({"edges": [{"from": "web", "to": "api.stripe.com"}, {"from": "web", "to": "api.shop"}]})

    killed = {item["target"] for item in made.items if item["fault"] == "kill"}

    assert "api.shop" in killed
    assert "api.stripe.com" not in killed


def test_thousands_of_calls_are_planned(plan):
    """A limit is kept, whatever the size; cycles and calls to oneself are among them."""
    edges = [{"from": f"s{n % 90}", "to": f"s{n * 7 % 91}", "code": {"on_error": "fail"}} for n in range(2_000)]

    assert len(plan({"services": [], "edges": edges}, limit=7).items) == 7


@pytest.mark.parametrize("graph", GRAPHS, ids=[path.stem for path in GRAPHS])
def test_handled_faults_of_known_systems_never_collapse(graph):
    """What a public system is known to ride out is not called a collapse."""
    truth = json.loads(graph.with_suffix(".truth.json").read_text())
    made = plan_file(graph)

    alarms = {(item["target"], item["fault"]) for item in made.items if item["predict"] == "collapse"}
    assert not alarms & {(item["target"], item["fault"]) for item in truth["handled"]}


def test_service_that_stands_twice_is_named_and_the_first_taken(plan):
    """Of two that say different things nobody knows which is meant."""
    services = [{"name": "web", "replicas": 1}, {"name": "pay"}, {"name": "web"}]

    made = plan({"services": services, "edges": [{"from": "web", "to": "pay"}]})

    assert [warning.partition(": ")[2] for warning in made.warnings] == [
        "service web: it stands twice, and the first is taken"
    ]
    assert find(made, "kill", "web")["kind"] == "single_replica"
