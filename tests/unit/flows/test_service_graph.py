"""Files and folders of every kind, gathered into one graph."""

import json
import os

import pytest

from fermata.flows.chaos_plan import write_plan
from fermata.flows.service_graph import GraphSources, gather_graph, make_sources_plan
from fermata.kit.errors import UserError

DEPLOYMENT = """
kind: Deployment
metadata: {name: %s}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: %s}}
    spec:
      containers:
        - name: app
          image: shop/%s
          env: [{name: DB_URL, value: "postgres://me:sesame@db/x"}]
"""
SPANS = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "web"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "t",
                            "spanId": "a",
                            "kind": 3,
                            "startTimeUnixNano": 0,
                            "endTimeUnixNano": 2_000_000_000,
                            "attributes": [{"key": "server.address", "value": {"stringValue": "cart"}}],
                        }
                    ]
                }
            ],
        }
    ]
}


@pytest.fixture
def folder(tmp_path):
    """Give a folder with one of each source."""
    manifests = tmp_path / "k8s"
    manifests.mkdir()
    (manifests / "web.yaml").write_text(DEPLOYMENT % ("web", "web", "web"))
    (manifests / "cart.json").write_text(json.dumps({"kind": "Service", "metadata": {"name": "cart"}}))
    (manifests / "notes.txt").write_text("no manifest")
    (tmp_path / "compose.yaml").write_text("services: {web: {environment: {CART: 'http://${HOST}:80'}}, cart: {}}")
    (tmp_path / ".env").write_text("HOST=cart\n")
    (tmp_path / "traces.json").write_text(json.dumps(SPANS))
    (tmp_path / "jaeger.json").write_text('{"data": [{"parent": "web", "child": "cart", "callCount": 3}]}')
    (tmp_path / "graph.json").write_text(
        '{"services": [{"name": "web"}],'
        ' "edges": [{"from": "web", "to": "mail", "code": {"on_error": "fail"}}, {"to": "x"}]}'
    )
    return tmp_path


def pairs(graph):
    """Give the calls."""
    return {f"{edge.caller}>{edge.callee}" for edge in graph.edges}


def test_all_sources_become_one_graph(folder):
    """Each tells of its calls; the sources are listed, and no value is kept."""
    graph = gather_graph(
        GraphSources(
            graphs=(folder / "graph.json",),
            manifests=(folder / "k8s",),
            compose=(folder,),
            traces=(folder / "traces.json",),
            jaeger=(folder / "jaeger.json",),
        )
    )

    assert pairs(graph) == {"web>db", "web>cart", "web>mail"}
    assert [source for source, *_ in graph.sources] == [
        "graph.json",
        "k8s/",
        "compose.yaml",
        "jaeger.json",
        "traces.json",
    ]
    assert graph.problems == ('graph.json: entry 2 of "edges" has no "from"',)
    assert "sesame" not in repr(graph)


def test_broken_documents_are_named_and_the_others_used(folder):
    """A file's other documents too, with the line where it is broken."""
    broken = "kind: Service\nmetadata: {name: a}\n---\nkind: [\n---\n" + DEPLOYMENT % ("mail", "mail", "mail")
    (folder / "k8s" / "mixed.yaml").write_text(broken)
    (folder / "k8s" / "broken.json").write_text("{")
    chart = "name: {{ .Values.name }}\nreplicas: {{- if .x }}\n"
    (folder / "k8s" / "chart.yaml").write_text(f"{chart}---\n{chart}---\n" + DEPLOYMENT % ("post", "post", "post"))
    (folder / "k8s" / "loop.yaml").symlink_to("/etc/hostname")

    graph = gather_graph(GraphSources(manifests=(folder / "k8s",)))

    assert pairs(graph) == {"web>db", "mail>db", "post>db"}
    assert [problem.partition(": ")[2][:38] for problem in graph.problems] == [
        "loop.yaml: a link that leads out of th",
        "broken.json:1: it is not JSON: Expecti",
        "mixed.yaml:5: it is not YAML: expected",
        "1 file holds templates and no YAML yet",
    ]


def test_folders_of_manifests_are_read_as_one(folder):
    """The calls of one lead to the services of the other."""
    (folder / "data").mkdir()
    (folder / "data" / "db.yaml").write_text(DEPLOYMENT % ("db", "db", "db"))

    graph = gather_graph(GraphSources(manifests=(folder / "k8s" / "web.yaml", folder / "data")))

    assert graph.sources[0][0] == "web.yaml, data/"
    assert next(node for node in graph.nodes if node.name == "db").is_defined


def test_later_compose_files_are_laid_over_the_earlier(folder):
    """As compose does it: mappings merge, lists add up, values replace."""
    (folder / "more.yaml").write_text(
        "services: {web: {depends_on: [mail], scale: 2}, mail: {}, cart: {image: 'redis:7'}}\n---\n[no, mapping]"
    )
    (folder / "last.yaml").write_text("services: {web: {depends_on: [db], scale: 3}, db: {}}")

    graph = gather_graph(GraphSources(compose=(folder / "compose.yaml", folder / "more.yaml", folder / "last.yaml")))

    assert pairs(graph) == {"web>cart", "web>mail", "web>db"}
    assert {node.name: node.kind for node in graph.nodes}["cart"] == "cache"
    assert next(node for node in graph.nodes if node.name == "web").facts["replicas"].value == 3


def test_file_that_was_named_and_cannot_be_read_ends_it(folder):
    """With the reason, and the line where there is one."""
    (folder / "bad.yaml").write_text("services: [\n")
    (folder / "bad.json").write_text("{\n x")
    os.mkfifo(folder / "pipe")

    for sources, words in (
        (GraphSources(graphs=(folder / "none.json",)), "No such file"),
        (GraphSources(graphs=(folder / "bad.json",)), "bad.json:2"),
        (GraphSources(compose=(folder / "bad.yaml",)), "bad.yaml"),
        (GraphSources(compose=(folder / "k8s",)), "holds no compose file"),
        (GraphSources(jaeger=(folder / "bad.json",)), "bad.json:2"),
        (GraphSources(traces=(folder / "none",)), "No such file"),
        (GraphSources(traces=(folder / "pipe",)), "no regular file"),
        (GraphSources(jaeger=(folder,)), "it is a folder"),
        (GraphSources(), "No source"),
        (GraphSources(manifests=(folder / "k8s" / "cart.json",)), "No service was found"),
    ):
        with pytest.raises(UserError, match=words):
            gather_graph(sources)


def test_compose_file_without_services_is_no_graph(folder):
    """And is said to be none; a large .env is not read."""
    (folder / "empty.yaml").write_text("volumes: {}\n")
    (folder / ".env").write_text("A=b\n" * 300_000)
    (folder / "alone").mkdir()
    (folder / "alone" / "compose.yml").write_text("services: {web: {}}")

    assert gather_graph(GraphSources(compose=(folder / "alone",))).nodes
    with pytest.raises(UserError, match="it names no service"):
        gather_graph(GraphSources(compose=(folder / "empty.yaml",)))


def test_plan_is_made_over_the_merged_graph(folder):
    """Dead calls are said; what `graph.json` knows of the code is used."""
    (folder / "k8s" / "cart.yaml").write_text(DEPLOYMENT % ("cart", "cart", "cart"))
    sources = GraphSources(
        graphs=(folder / "graph.json",), manifests=(folder / "k8s",), traces=(folder / "traces.json",)
    )

    plan = write_plan(make_sources_plan(sources, limit=7))

    assert len(plan.items) == 7
    assert any("never seen by what measures: web->mail" in warning for warning in plan.warnings)
    assert "web->mail" in {item["target"] for item in write_plan(make_sources_plan(sources)).items}


def test_one_graph_alone_is_planned_as_it_stands(folder):
    """Its warnings name the file."""
    plan = write_plan(make_sources_plan(GraphSources(graphs=(folder / "graph.json",))))

    assert plan.warnings == (f'{folder / "graph.json"}: entry 2 of "edges" has no "from"',)


def test_large_traces_are_bounded(folder):
    """Ten thousand pairs are read; a plan over sixty-four services comes back."""
    spans = [
        {
            "traceID": "t",
            "spanID": str(number),
            "processID": "p",
            "startTime": number,
            "tags": [
                {"key": "span.kind", "value": "client"},
                {"key": "peer.service", "value": f"s{number % 100}-{number // 100}"},
            ],
        }
        for number in range(10_000)
    ]
    document = {"processes": {"p": {"serviceName": "web"}}, "spans": spans}
    (folder / "large.json").write_text(json.dumps(document))

    assert len(gather_graph(GraphSources(traces=(folder / "large.json",))).edges) == 10_000
