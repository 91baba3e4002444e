"""`fermata postmortem draft` and models: asked where settings name one, not with `--offline`, never in the way."""

import json

import pytest
from tests.unit.flows.postmortem.trail_bundle import write_bundle
from typer.testing import CliRunner

from fermata.cli import postmortem_labelling
from fermata.cli.main import app
from fermata.cli.postmortem_labelling import find_label

# The port of nobody: what is asked there is refused at once.
MODELS = "models:\n  targets:\n    - {base_url: 'http://127.0.0.1:9/v1', model: m}\nanalysis: {deadline: 100ms}\n"


@pytest.fixture
def config(tmp_path):
    """Give a settings file with a model that does not answer."""
    path = tmp_path / "fermata.yaml"
    path.write_text(f"state_dir: {tmp_path / 'state'}\n{MODELS}")
    return path


def run(config, *arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, ["--config", str(config), "postmortem", "draft", *map(str, arguments)])


def test_model_that_does_not_answer_leaves_the_rules_draft(tmp_path, config):
    """The document says that rules drafted alone, and why."""
    folder = write_bundle(tmp_path / "b")

    told = run(config, "--bundle", folder, "--json")
    offline = run(config, "--bundle", folder, "--json", "--offline")

    assert told.exit_code == offline.exit_code == 0
    labelled, plain = json.loads(told.stdout), json.loads(offline.stdout)
    assert labelled["labels"]["made_by"].startswith("rules alone: ")
    assert "A draft by rules alone: " in labelled["document"]
    assert labelled["timeline"] == plain["timeline"]
    assert "labels" not in plain


def test_draft_that_is_written_twice_is_asked_about_once(tmp_path, config, monkeypatch):
    """A file with plots beside it and its merge need the same draft again."""
    asked = []
    monkeypatch.setattr("fermata.cli.opening.with_house", lambda work: asked.append(work) or ("labelling", len(asked)))
    run(config, "--help")
    label = _find(config, monkeypatch)

    assert label("trail", "draft") == label("trail", "draft") == ("labelling", 1)
    assert label("trail", "other draft") == ("labelling", 2)


def _find(config, monkeypatch):
    monkeypatch.setattr("fermata.cli.opening._config", config)
    return find_label(offline=False)


def test_without_a_model_or_with_broken_settings_nobody_is_asked(tmp_path, monkeypatch, capsys):
    """A bundle needs no settings, and broken ones are named and not in the way."""
    plain, broken = tmp_path / "plain.yaml", tmp_path / "broken.yaml"
    plain.write_text(f"state_dir: {tmp_path / 'state'}\n")
    broken.write_text("models: 3\n")

    assert _find(plain, monkeypatch) is None
    assert _find(broken, monkeypatch) is None
    assert "no model is asked" in capsys.readouterr().err
    assert postmortem_labelling.find_label(offline=True) is None
