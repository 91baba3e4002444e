"""`fermata investigate --alert` and `fermata context`: a look without a serving process."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.cli.desk import run
from tests.unit.flows.stage import make_alert, write_body

from fermata.cli import looking
from fermata.cli.looking import _explain_nothing, _say_verdict
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import Gap, Gathering
from fermata.kit.errors import UserError


@pytest.fixture
def alert_file(tmp_path):
    """Give a file with the webhook about checkout."""
    file = tmp_path / "alert.json"
    file.write_bytes(write_body(make_alert()))
    return file


def test_alert_is_investigated_here_and_now(desk, alert_file):
    """What is wrong, the real diff of what would be proposed, and that nothing was changed."""
    before = desk.hand.read()

    result = desk.run("investigate", "--alert", alert_file)

    assert result.code == 0, result.err
    assert "What is wrong" in result.out
    assert "rehearsal.set_memory_limit on rehearsal:process/checkout" in result.out
    assert "Nothing was changed" in result.out
    assert desk.hand.read() == before


def test_alert_is_investigated_for_machines(desk, alert_file):
    """The answer of a bundle, and the dry run of each action."""
    result = desk.run("investigate", "--alert", alert_file, "--json")

    assert (result.code, result.err) == (0, "")
    assert result.json["verdict"] == "identified"
    assert result.json["plan"]["actions"][0]["dry_run"]["possible"] is True


def test_what_the_policy_denies_is_promised_to_nobody(desk, alert_file):
    """To let the alert reach `fermata up` would bring no plan: the answer says what it takes, for machines too."""
    desk.write_settings(**{'"rehearsal.*"': '"other.*"', "rehearsal:process": "other:process"})

    result = desk.run("investigate", "--alert", alert_file)
    told = desk.run("investigate", "--alert", alert_file, "--json").json["plan"]["needs"]
    said = " ".join(result.out.split())

    assert "`fermata up` would hold no plan of this: no guardrail covers rehearsal.set_memory_limit" in said
    assert "held for approval" not in said
    assert "which it does not give (no guardrail covers" in told


@pytest.mark.parametrize("command", ["investigate", "context", "ask"])
def test_without_any_system_nobody_is_said_to_have_been_asked(alert_file, tmp_path, monkeypatch, command):
    """An answer over nothing would read as if the systems had been silent."""
    monkeypatch.chdir(tmp_path)

    commands = {
        "investigate": ("investigate", "--alert", alert_file),
        "context": ("context", "shop"),
        "ask": ("ask", "why is shop slow?"),
    }
    result = run(*commands[command])

    assert (result.code, result.out) == (2, "")
    assert "There is nothing to ask" in result.err
    assert "investigate --bundle" in result.err


def test_alert_comes_on_standard_input(desk, alert_file):
    """What a pipe brings is investigated as its file would be."""
    result = desk.run("investigate", "--alert", "-", "--json", stdin=alert_file.read_text())
    from_file = desk.run("investigate", "--alert", alert_file, "--json")

    assert (result.code, from_file.code) == (0, 0)
    assert result.json["plan"] == from_file.json["plan"]
    told, expected = result.json["hypotheses"], from_file.json["hypotheses"]
    assert [one["text"] for one in told] == [one["text"] for one in expected]


@pytest.mark.parametrize("body", ["", "no alert", "{}"])
def test_standard_input_without_an_alert_is_refused_by_its_name(desk, body):
    """People never see the file that Fermata keeps it in."""
    result = desk.run("investigate", "--alert", "-", stdin=body)

    assert result.code == 2
    assert "No alert in standard input can be used" in result.err


def test_terminal_is_not_waited_for(monkeypatch):
    """Whoever types the dash by itself is told what belongs before it."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(looking.sys, "stdin", Terminal())

    with pytest.raises(UserError, match="No alert comes on standard input"):
        looking.investigate_alert(Path("-"), as_json=True)


def test_endless_standard_input_is_refused(desk, alert_file, monkeypatch):
    """Memory is bounded, whatever a pipe brings."""
    monkeypatch.setattr(looking, "_LONGEST_BODY", 10)

    result = desk.run("investigate", "--alert", "-", stdin=alert_file.read_text())

    assert result.code == 2
    assert "holds more than 10 bytes" in result.err


def test_investigate_wants_one_thing(desk, alert_file):
    """An incident, a bundle or an alert: two of them are a mistake."""
    result = desk.run("investigate", "latest", "--alert", alert_file)

    assert result.code == 2
    assert "one of them" in result.err


def test_context_is_one_screen(desk):
    """By kind, with the entity and the time of each look."""
    result = desk.run("context", "checkout")

    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0].startswith("checkout, as ")
    assert lines[1].startswith("What stands out: checkout ")
    assert {"state", "resources"} <= set(lines)
    assert "rehearsal:process/checkout, 20" in result.out


@pytest.mark.parametrize("verdict", [Verdict.HEALTHY, Verdict.UNDETERMINED])
def test_context_without_a_known_cause_is_no_all_clear(verdict):
    """No alert says what should be, so nothing is called well."""
    diagnosis = Diagnosis(verdict=verdict, checks=("look",) if verdict is Verdict.UNDETERMINED else ())

    assert _say_verdict(diagnosis, is_partial=False) == "No known cause stands out in it."
    # Of a service whose systems were silent nothing was seen that could have stood out.
    assert _say_verdict(diagnosis, is_partial=True).endswith("in it: what is missing was not looked at.")


def test_context_for_machines_is_the_evidence(desk):
    """Everything, with what is missing."""
    result = desk.run("context", "shop/checkout", "--json")

    assert {item["kind"] for item in result.json["evidence"]} >= {"state", "resources"}
    assert result.json["missing"] == []


def test_context_of_something_unknown_says_so(desk):
    """Nobody knows it: that is an answer."""
    result = desk.run("context", "serach")

    assert result.code == 0
    assert "No system knows it" in result.out
    assert "stands out" not in result.out


@pytest.mark.parametrize("name", ["", "a b", "a/b/c", "*"])
def test_context_of_no_name_is_refused(desk, name):
    """What cannot be a name is told before anything is asked."""
    result = desk.run("context", name)

    assert result.code == 2
    assert "is no service's name" in result.err


def test_context_without_systems_says_what_to_configure(desk):
    """An empty screen would look like a healthy one."""
    desk.file.write_text("state_dir: state\n")

    result = desk.run("context", "checkout")

    assert result.code == 2
    assert "no system that gives evidence is configured" in result.err


@pytest.mark.parametrize(
    ("silent", "asked", "words"),
    [
        ("ab", "ab", "Nobody could be asked"),
        ("a", "ab", "No system that answered knows it, and 1 of 2 collectors could not be asked"),
        ("", "ab", "No system knows it. Is the name right"),
        ("", "", "No system knows it. Is the name right"),
    ],
)
def test_silence_is_not_taken_for_an_answer(silent, asked, words):
    """Whoever could not be asked has not said that it does not exist."""
    gaps = tuple(Gap(collector=name, reason="HTTP 401") for name in silent)
    gathering = Gathering(evidence=(), gaps=gaps, took=timedelta(0))

    assert _explain_nothing(gathering, frozenset(asked)).startswith(words)
