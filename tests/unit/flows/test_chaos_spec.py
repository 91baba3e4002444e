"""Specs and experiments as files."""

import json
from datetime import timedelta

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment, put

from fermata.flows.chaos_spec import build_experiment, check_files, read_experiment
from fermata.kit.errors import UserError
from fermata.kit.yaml_writing import write_yaml
from fermata.rules.chaosspecs import SpecLimits, write_spec
from fermata.rules.chaosspecs.from_plan import Aim, Journey
from fermata.testing.records import NOON

GRAPH = {
    "services": [{"name": "web", "replicas": 2}, {"name": "db", "kind": "db", "replicas": 1}],
    "edges": [{"from": "web", "to": "db", "rate_rps": 10, "code": {"on_error": "fail"}}],
}
AIM = Aim("chaosmesh", "staging", {"app": "web"}, {"app": "db"}, ports=(5432,), replicas=2, memory_mb=64)
PAGE = [Journey("web", "http://web.staging/")]
SPEC = write_spec(make_experiment())
LIMITS = SpecLimits()


def write(folder, name, text):
    """Give the path of a file with a text."""
    path = folder / name
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def test_item_of_a_graph_is_the_planners(tmp_path):
    """By its number, as the plan lists it."""
    path = write(tmp_path, "graph.json", GRAPH)

    experiment = build_experiment(path, 1, AIM, PAGE, NOON)

    assert experiment.id.startswith("exp-")
    assert experiment.created_at == NOON
    assert experiment.target.namespace == "staging"


def test_plan_that_was_printed_is_taken_too(tmp_path):
    """What `chaos plan --json` gave, read again."""
    steady = {"journeys": ["web"], "latency_ms_max": 300.0}
    item = {"kind": "spof", "target": "db", "fault": "kill", "predict": "collapse", "why": "one replica"}
    path = write(tmp_path, "plan.json", [{**item, "scenario": {"steady_state": steady}}])

    assert build_experiment(path, 1, AIM, PAGE, NOON).prediction.weak_point == "spof"
    with pytest.raises(UserError, match="The plan has no item 2"):
        build_experiment(path, 2, AIM, PAGE, NOON)


def test_experiment_comes_back_from_its_json(tmp_path):
    """The digest that a person approved is the file's."""
    experiment = make_experiment()

    assert read_experiment(write(tmp_path, "exp.json", experiment.to_json())) == experiment


@pytest.mark.parametrize("value", [[], {}, {"id": "exp-1", "surprise": 1}])
def test_file_without_an_experiment_is_refused(tmp_path, value):
    """With the field that is wrong."""
    with pytest.raises(UserError, match="holds no experiment"):
        read_experiment(write(tmp_path, "exp.json", value))


def test_each_document_of_a_file_is_checked(tmp_path):
    """Several in one file, each by its name; an empty one is none."""
    bad = put(SPEC, "spec.duration", None)
    path = write(tmp_path, "specs.yaml", f"{write_yaml(SPEC)}---\n---\n{write_yaml(bad)}---\n- a list\n")

    found = check_files(path, None, LIMITS)

    assert [name for name, _ in found] == ["NetworkChaos exp-1", "NetworkChaos exp-1", "document 3"]
    assert [len(problems) for _, problems in found] == [0, 1, 1]


def test_caps_are_given(tmp_path):
    """A longer fault may be allowed."""
    path = write(tmp_path, "spec.json", put(SPEC, "spec.duration", "10m"))

    ((_, problems),) = check_files(path, None, SpecLimits(longest=timedelta(minutes=10)))

    assert problems == ()


def test_definitions_of_the_cluster_come_on_top(tmp_path):
    """What the cluster does not know is refused, though our rules take it; so is a kind it does not serve."""
    folder = tmp_path / "crds"
    folder.mkdir()
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"mode": {"type": "string"}}}}}
    version = {"name": "v1alpha1", "served": True, "schema": {"openAPIV3Schema": schema}}
    names = {"group": "chaos-mesh.org", "names": {"kind": "NetworkChaos"}, "versions": [version]}
    write(folder, "network.json", {"kind": "CustomResourceDefinition", "spec": names})
    write(folder, "notes.txt", "nothing")
    network = write(tmp_path, "network.yaml", write_yaml(SPEC))
    workflow = write(tmp_path, "workflow.yaml", write_yaml(put(SPEC, "kind", "Workflow")))
    proxy = write(tmp_path, "proxy.json", write_spec(make_experiment(system="faultproxy")))

    ((_, closed),) = check_files(network, folder, LIMITS)
    ((_, unknown),) = check_files(workflow, folder, LIMITS)
    ((_, other),) = check_files(proxy, folder, LIMITS)

    assert "spec.duration: there is no such field" in closed
    assert "holds no definition of Workflow" in unknown[-1]
    assert other == ()


def test_folder_without_definitions_is_refused(tmp_path):
    """Nothing is checked against nothing."""
    path = write(tmp_path, "spec.json", SPEC)

    with pytest.raises(UserError, match="holds no definitions"):
        check_files(path, tmp_path, LIMITS)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.yaml", "a: [", "neither YAML nor JSON"),
        ("a.json", "{", "neither YAML nor JSON"),
        ("a.json", "[" * 100_000, "neither YAML nor JSON"),
        ("a.yaml", "x" * (4 * 1024 * 1024 + 1), "larger than 4 MiB"),
    ],
)
def test_file_that_cannot_be_read_is_refused(tmp_path, name, text, words):
    """In words, whatever it holds."""
    with pytest.raises(UserError, match=words):
        check_files(write(tmp_path, name, text), None, LIMITS)


def test_missing_file_is_refused(tmp_path):
    """With the system's reason."""
    with pytest.raises(UserError, match="cannot be read"):
        check_files(tmp_path / "none.yaml", None, LIMITS)


def test_what_is_wrong_with_an_experiment_is_told_in_words(tmp_path):
    """A slip, a missing part and a duration of another form; five at most, and how many are left."""
    whole = make_experiment().to_json()
    slip = {**whole, "duration": "300", "fault": {**whole["fault"], "latencyms": 3}}

    with pytest.raises(UserError) as refused:
        read_experiment(write(tmp_path, "exp.json", slip))
    with pytest.raises(UserError) as empty:
        read_experiment(write(tmp_path, "exp.json", {}))

    assert "fault.latencyms: there is no such field" in refused.value.why
    assert "duration: a duration is wanted, as PT30S or PT5M" in refused.value.why
    assert empty.value.why.startswith("id: it is required; title: it is required; ")
    assert empty.value.why.endswith("and 3 more")
