"""A rehearsal of real processes becomes a test of the signatures, by the commands that people use."""

import json
import subprocess
import sys


def run(*words):
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "fermata", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )


def play(folder):
    """Play the design that collapses, once more where this machine was too busy to tell."""
    for number in range(3):
        told = run("chaos", "demo", "--design", "naive", "--json", "--save-case", folder / str(number))
        if json.loads(told.stdout)["rehearsals"][0]["verdict"] != "inconclusive":
            return folder / str(number), told
    raise AssertionError(told.stderr)


def test_what_the_demo_did_is_named_from_what_it_measured(tmp_path):
    """Saved, and diagnosed in another process without a model; with another truth it fails."""
    cases, told = play(tmp_path)
    tested = run("signatures", "test", cases, "--json")
    expected = cases / "naive" / "expected.json"
    known = json.loads(expected.read_text())
    expected.write_text(json.dumps(known | {"accepted": [{"service": "stock", "causes": ["service_degraded"]}]}))
    again = run("signatures", "test", cases)

    assert json.loads(told.stdout)["rehearsals"][0]["verdict"] == "collapsed"
    (outcome,) = json.loads(tested.stdout)
    assert tested.returncode == 0, tested.stderr
    assert (outcome["outcome"], outcome["target"], outcome["fault"]) == ("named", "checkout->payment", "latency")
    assert outcome["leading"]["entity"] == "payment"
    assert "payment" not in (cases / "naive" / "bundle" / "bundle.yaml").read_text()
    assert (again.returncode, "wrong" in again.stdout) == (1, True)
