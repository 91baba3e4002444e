"""A bundle diagnosed with a model behind an address: the real SDK, the real ledger, a provider on loopback."""

import json
import re
from types import SimpleNamespace

import pytest
from tests.unit.cli.desk import run
from tests.unit.cli.provider import serve_provider
from tests.unit.flows.scripted_gateway import answer_with

LOG = """\
2026-11-23T12:03:02Z ERROR request failed
Traceback (most recent call last):
  File "/srv/checkout/pricing.py", line 42, in total
    return base * factor
TypeError: unsupported operand
"""


@pytest.fixture
def bundle(tmp_path):
    """Give a bundle of one log and one alert, of which signatures know no cause."""
    folder = tmp_path / "shop-1"
    for name in ("logs", "alerts"):
        (folder / name).mkdir(parents=True)
    (folder / "bundle.yaml").write_text("version: 1\nid: shop-1\ntitle: checkout fails\n")
    (folder / "logs" / "checkout.log").write_text(LOG)
    alert = {"title": "down", "service": "checkout", "started_at": "2026-11-23T12:04:00Z", "status": "firing"}
    (folder / "alerts" / "a.json").write_text(json.dumps(alert))
    return folder


def answer(**changes):
    """Give what the provider says to a request: a cause that cites the log."""
    step = answer_with("TypeError", cause="other: wrong type", entity="service/checkout", **changes)

    def say(body):
        content = "\n".join(str(message["content"]) for message in body["messages"])
        return json.dumps(step(SimpleNamespace(content=content)))

    return say


def write_settings(tmp_path, url):
    """Write settings that name the endpoint by its address alone."""
    file = tmp_path / "fermata.yaml"
    file.write_text(f"state_dir: state\nmodels: {{targets: [{{base_url: '{url}/v1'}}]}}\n")
    return file


def test_model_names_a_cause_for_machines(bundle, tmp_path):
    """Its hypothesis, its lines, who it was and what it cost stand in the answer."""
    with serve_provider(answer(text="An operand has the wrong type.")) as server:
        settings = write_settings(tmp_path, server.url)
        result = run("--config", settings, "investigate", "--bundle", bundle, "--json")

    assert result.code == 0, result.err
    (hypothesis,) = result.json["hypotheses"]
    assert hypothesis["tier"].startswith("openai-compatible/")
    assert hypothesis["citations"][0]["source"] == "logs/checkout.log:5"
    assert result.json["analysis"]["outcome"] == "accepted"
    assert result.json["costs"]["model_calls"] == 1
    assert result.json["costs"]["tokens"] > 0


def test_model_is_told_for_people(bundle, tmp_path):
    """The report names the model beside its confidence, and the cost in its last line."""
    with serve_provider(answer(text="An operand has the wrong type.")) as server:
        settings = write_settings(tmp_path, server.url)
        result = run("--config", settings, "investigate", "--bundle", bundle)

    assert "What a model said" in result.out
    assert re.search(r"confidence 0\.80, by openai-compatible/\S+\)", result.out)
    assert "models cost $0 and" in " ".join(result.out.split())


def test_answer_that_does_not_stand_is_told(bundle, tmp_path):
    """The wrong number is named; signatures stay alone."""
    with serve_provider(answer(text="It failed 4711 times.")) as server:
        settings = write_settings(tmp_path, server.url)
        result = run("--config", settings, "investigate", "--bundle", bundle)

    assert "The cause is undetermined" in result.out
    assert "The model's answer was not accepted" in " ".join(result.out.split())
    assert "4711" in result.out


def test_offline_asks_nobody(bundle, tmp_path):
    """With --offline the settings are not even read."""
    settings = tmp_path / "fermata.yaml"
    settings.write_text("models: {targets: [{base_url: 'http://127.0.0.1:9/v1'}]}\nnonsense: 1\n")

    result = run("--config", settings, "investigate", "--bundle", bundle, "--offline", "--json")

    assert (result.code, result.err) == (0, "")
    assert result.json["analysis"] is None
    assert result.json["costs"]["model_calls"] == 0


def test_settings_with_faults_cost_the_model_not_the_diagnosis(bundle, tmp_path):
    """A bundle needs no settings; that no model is asked for their sake is said."""
    settings = tmp_path / "fermata.yaml"
    settings.write_text("nonsense: 1\n")

    result = run("--config", settings, "investigate", "--bundle", bundle, "--json")

    assert result.code == 0
    assert "no model is asked: The settings hold 1 fault" in result.err


def test_endpoint_that_is_down_is_told(bundle, tmp_path):
    """Nobody answers: the diagnosis is the signatures', with the reason."""
    settings = write_settings(tmp_path, "http://127.0.0.1:9")

    result = run("--config", settings, "investigate", "--bundle", bundle, "--json")

    assert result.code == 0, result.err
    assert result.json["analysis"]["outcome"] == "no_answer"
    assert result.json["verdict"] == "undetermined"
