"""`fermata demo --model`: the same incident, with a model's diagnosis beside the signatures', and its cost."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from tests.e2e.company import ENVIRONMENT
from tests.unit.cli.desk import run
from tests.unit.cli.provider import serve_provider
from tests.unit.flows.scripted_gateway import answer_with

pytestmark = [
    pytest.mark.usefixtures("leaves_nothing"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits are enforced on Linux only"),
]


def say(body):
    """Say what the log says, as a model would."""
    content = "\n".join(str(message["content"]) for message in body["messages"])
    step = answer_with("MemoryError", entity="supervisor:process/checkout", text="It gets no more memory.")
    return json.dumps(step(SimpleNamespace(content=content)))


def test_demo_shows_a_models_diagnosis_beside_the_signatures(tmp_path):
    """An address is all it takes; the model confirms, and the plan is still the signatures', by a person's word."""
    (tmp_path / "tmp").mkdir()
    env = ENVIRONMENT | {"TMPDIR": str(tmp_path / "tmp")}
    with serve_provider(say) as server:
        command = [sys.executable, "-m", "fermata", "demo", "--yes", "--json", "--no-prometheus"]
        command += ["--model", f"{server.url}/v1", "--model-name", "small-1"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["analysis"]["outcome"] == "accepted", report["analysis"]
    assert report["analysis"]["relation"] == "confirms"
    assert [item["tier"] for item in report["hypotheses"]][:2] == ["signatures", report["analysis"]["target"]]
    assert report["verification"] == "restored"
    assert "What a model said" in done.stderr
    assert "a model was asked" in done.stderr


def test_name_without_an_address_is_refused():
    """A model's name alone says nothing about where it is."""
    result = run("demo", "--model-name", "small-1")

    assert result.code == 2
    assert "--model-name goes with --model" in result.err
