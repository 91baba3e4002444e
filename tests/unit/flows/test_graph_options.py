"""A file that was given with the wrong option is told which one is its own."""

import json

import pytest

from fermata.flows import graph_options
from fermata.flows.chaos_plan import plan_file
from fermata.flows.graph_options import tell_option
from fermata.flows.service_graph import GraphSources, gather_graph
from fermata.kit.errors import UserError

COMPOSE = "services: {web: {image: 'nginx:1'}}\n"
OBJECT = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"


@pytest.fixture
def write(tmp_path):
    """Give a function that writes a file and returns its path."""

    def make(name, text):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return path

    return make


@pytest.mark.parametrize(
    ("name", "text", "option"),
    [
        ("a.yaml", COMPOSE, "--compose"),
        ("a.yml", f"# nothing\n---\n{OBJECT}", "--manifests"),
        ("a.json", {"services": [], "edges": []}, "--graph"),
        ("a.json", {"resourceSpans": []}, "--traces"),
        ("a.jsonl", '{"resourceSpans": []}\n{"resourceSpans": []}\n', "--traces"),
        ("a.json", {"data": [{"traceID": "1", "spans": []}]}, "--traces"),
        ("a.json", {"data": [{"parent": "a", "child": "b"}]}, "--jaeger"),
        ("a.json", {"data": [{"parent": "a"}]}, ""),
        ("a.json", {"data": [1]}, ""),
        ("a.json", {"data": []}, ""),
        ("a.json", [1], ""),
        ("a.json", "{", ""),
    ],
)
def test_file_is_known_by_what_is_in_it(write, name, text, option):
    """Not by its name; what is nothing of these is left to the error."""
    told = tell_option(write(name, text), "")

    assert told == (f"It looks like a file for {option}: give it with that" if option else "")


def test_folder_and_large_file_are_not_looked_into(write, tmp_path, monkeypatch):
    """An error must not take longer than what failed."""
    monkeypatch.setattr(graph_options, "_LARGEST", 10)

    assert tell_option(tmp_path, "") == ""
    assert tell_option(write("a.yaml", COMPOSE), "") == ""


def test_error_ends_with_the_right_option(write):
    """Where one file alone is planned, where one cannot be read, and where nothing was found in any."""
    compose, objects = write("compose.yaml", COMPOSE), write("k8s.yaml", OBJECT)

    with pytest.raises(UserError, match="file for --compose"):
        plan_file(compose)
    with pytest.raises(UserError, match="file for --compose"):
        gather_graph(GraphSources(jaeger=(compose,)))
    with pytest.raises(UserError, match="file for --manifests"):
        gather_graph(GraphSources(compose=(objects,)))


@pytest.mark.parametrize(
    ("source", "name", "text"),
    [
        ("manifests", "k8s.yaml", OBJECT),
        ("compose", "compose.yaml", "services: {}\n"),
        ("traces", "traces.json", {"data": [{"traceID": "1", "spans": []}]}),
        ("jaeger", "jaeger.json", {"data": [{"parent": "a", "child": "a", "callCount": "x"}]}),
        ("graphs", "graph.json", {"services": [], "edges": []}),
    ],
)
def test_file_that_was_given_with_its_own_option_is_not_sent_there(write, source, name, text):
    """Nothing is in it, or something is wrong with it: that is said, and where to read on."""
    with pytest.raises(UserError) as refused:
        gather_graph(GraphSources(**{source: (write(name, text),)}))

    assert refused.value.do == "See docs/service-graph.md"
