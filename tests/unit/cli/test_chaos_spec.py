"""`fermata chaos spec` and `fermata chaos validate`."""

import json

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from fermata.cli.main import app
from fermata.kit.errors import UserError

GRAPH = {
    "services": [{"name": "web", "replicas": 2}, {"name": "db", "kind": "db", "replicas": 1}],
    "edges": [{"from": "web", "to": "db", "code": {"on_error": "fail"}}],
}
WHERE = (
    *("--namespace", "staging", "--label", "app=web", "--callee-label", "app=db", "--port", "5432"),
    *("--replicas", "2", "--check", "web=http://web.staging/", "--memory-mb", "64"),
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give a runner in a folder with a graph."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["chaos", *args])


def test_object_is_printed_as_yaml_that_validates(run, tmp_path):
    """From the plan to kubectl."""
    told = run("spec", "1", "--graph", "graph.json", *WHERE)

    (tmp_path / "spec.yaml").write_text(told.stdout)
    assert YAML(typ="safe").load(told.stdout)["apiVersion"] == "chaos-mesh.org/v1alpha1"
    checked = run("validate", "spec.yaml")
    assert (checked.exit_code, checked.stdout.rstrip().endswith(": ok")) == (0, True)


def test_json_is_printed_for_machines_and_for_other_systems(run):
    """A flag for objects, and always for what is no YAML."""
    asked = run("spec", "1", "--graph", "graph.json", *WHERE, "--json", "--form", "workflow")
    items = json.loads(run("plan", "--graph", "graph.json", "--json").stdout)
    slow = [item["fault"] for item in items].index("latency") + 1
    proxy = run("spec", str(slow), "--graph", "graph.json", *WHERE, "--system", "faultproxy")

    assert json.loads(asked.stdout)["kind"] == "Workflow"
    assert "ttl_s" in json.loads(proxy.stdout)


def test_experiment_is_printed_and_read_again(run, tmp_path):
    """One file for a person to approve and to run."""
    whole = run("spec", "1", "--graph", "graph.json", *WHERE, "--whole")
    (tmp_path / "exp.json").write_text(whole.stdout)

    told = run("spec", "--experiment", "exp.json")
    checked = run("validate", "exp.json")

    assert json.loads(whole.stdout)["id"] in told.stdout
    assert checked.exit_code == 1
    assert (
        "1 wrong\n  it is a whole experiment and no spec: `fermata chaos spec --experiment exp.json`" in checked.stdout
    )


def test_person_names_the_journey_and_the_seconds(run):
    """Where the graph names no journey, and where five minutes are too long."""
    checks = ("--check", "pay=http://x/pay", "--check", "refund=http://x/refund", "--hit", "pay", "--seconds", "20")

    told = run("spec", "1", "--graph", "graph.json", "--system", "faultproxy", *checks, "--whole")

    experiment = json.loads(told.stdout)
    assert [check["is_hit"] for check in experiment["checks"]] == [True, False]
    assert experiment["duration"] == "PT20S"


@pytest.mark.parametrize(
    ("where", "system", "percent"),
    [((), "faultproxy", 100), (("--namespace", "staging"), "chaosmesh", 50), (("--system", "gremlin"), "gremlin", 50)],
)
def test_whole_experiment_is_for_what_run_takes(run, where, system, percent):
    """A proxy, unless a namespace or a person says otherwise."""
    checks = ("--check", "pay=http://x/pay", "--hit", "pay", "--seconds", "20")

    experiment = json.loads(run("spec", "1", "--graph", "graph.json", *where, *checks, "--whole").stdout)

    assert (experiment["target"]["system"], experiment["fault"]["percent"]) == (system, percent)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "either a plan's item"),
        (("1",), "either a plan's item"),
        (("1", "--graph", "graph.json", "--experiment", "exp.json"), "either a plan's item"),
        (("1", "--graph", "graph.json", *WHERE, "--form", "siege"), "There is no form 'siege'"),
        (("1", "--graph", "graph.json", "--label", "app"), "--label 'app' is no pair"),
        (("1", "--graph", "graph.json"), "needs a journey to watch"),
        (("1", "--graph", "graph.json", "--check", "pay=http://x/"), "No check is of a journey that the plan expects"),
        (("1", "--graph", "graph.json", *WHERE, "--hit", "refund"), "--hit 'refund' is none of the checks"),
    ],
)
def test_what_is_missing_is_asked_for(run, args, words):
    """With what to do."""
    error = run("spec", *args).exception

    assert isinstance(error, UserError)
    assert words in str(error)


def test_unsafe_spec_ends_with_1_and_says_why(run, tmp_path):
    """For people and for machines."""
    (tmp_path / "spec.json").write_text(json.dumps({"fault": {"kind": "kill"}}))

    told, asked = run("validate", "spec.json"), run("validate", "spec.json", "--json")

    assert (told.exit_code, asked.exit_code) == (1, 1)
    assert "document 1: " in told.stdout
    assert json.loads(asked.stdout)[0]["problems"]


def test_empty_file_is_no_valid_spec(run, tmp_path):
    """Nothing was checked."""
    (tmp_path / "spec.yaml").write_text("---\n")

    told = run("validate", "spec.yaml")

    assert told.exit_code == 1
    assert "holds no document" in told.stdout


CHECKS = ("--check", "pay=http://x/pay", "--check", "refund=http://x/refund", "--hit", "pay", "--system", "faultproxy")


def test_person_names_how_often_a_journey_is_asked(run, tmp_path):
    """Of a plan's item, and of a file; the others stay as they are."""
    told = run("spec", "1", "--graph", "graph.json", *CHECKS, "--rate", "pay=20", "--whole")
    (tmp_path / "exp.json").write_text(told.stdout)
    again = run("spec", "--experiment", "exp.json", "--rate", "refund=0.5", "--whole")

    assert [check["rate_rps"] for check in json.loads(told.stdout)["checks"]] == [20, 5]
    assert [check["rate_rps"] for check in json.loads(again.stdout)["checks"]] == [20, 0.5]


def test_what_a_good_answer_holds_is_said(run, tmp_path):
    """And stays as it is in a file that is read again."""
    told = run("spec", "1", "--graph", "graph.json", *CHECKS, "--expect", "pay=paid=1", "--whole")
    (tmp_path / "exp.json").write_text(told.stdout)
    again = run("spec", "--experiment", "exp.json", "--expect", "refund=ok", "--whole")

    assert [check.get("holds") for check in json.loads(told.stdout)["checks"]] == ["paid=1", None]
    assert [check.get("holds") for check in json.loads(again.stdout)["checks"]] == ["paid=1", "ok"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--rate", "pay=often"), "--rate pay=often is no rate"),
        (("--rate", "pay=201"), "Write how often a second, up to 200"),
        (("--rate", "pay=nan"), "--rate pay=nan is no rate"),
        (("--rate", "buy=2"), "--rate 'buy' is none of the checks"),
        (("--expect", "buy=ok"), "--expect 'buy' is none of the checks"),
        (("--expect", f"pay={'x' * 201}"), "Give a part of it, of 200 letters at most"),
        (("--check", "pay=http://x/other"), "--check pay stands twice, with two values"),
    ],
)
def test_option_that_could_only_mislead_is_refused(run, options, told):
    """Of two addresses of one journey one would be dropped, and nobody would know which."""
    refused = run("spec", "1", "--graph", "graph.json", *CHECKS, *options)

    assert isinstance(refused.exception, UserError)
    assert told in str(refused.exception)


def test_spec_of_production_is_told_where_it_is_written_and_where_it_is_read(run, tmp_path):
    """Neither injects, so neither refuses; another hand may apply it."""
    quiet = run("spec", "1", "--graph", "graph.json", *WHERE)
    (tmp_path / "spec.yaml").write_text(quiet.stdout.replace("staging", "proddb"))
    options = ["proddb" if option == "staging" else option for option in WHERE]

    written = run("spec", "1", "--graph", "graph.json", *options)
    read = run("validate", "spec.yaml")

    assert "sandbox" not in quiet.stderr
    assert 'fermata: proddb carries "prod": that is no sandbox' in written.stderr
    assert 'fermata: proddb carries "prod": that is no sandbox' in read.stderr
    assert (written.exit_code, read.exit_code) == (0, 0)
