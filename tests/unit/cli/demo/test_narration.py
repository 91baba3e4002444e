"""The words of the demo: on a terminal within its width, elsewhere one line for each thing that happened."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from fermata.cli.demo.faults import Fault, Scenario
from fermata.cli.demo.narration import Narrator, name_command
from fermata.cli.output import wrap_hanging
from fermata.domain.execution import VerificationVerdict
from fermata.domain.proposal import ProposalState
from fermata.flows.readings import IncidentView
from fermata.kit.digest import shorten
from fermata.testing.records import make_card, make_incident, make_proposal, make_verification

STORY = "Somebody wrote PAYMENT_TIMEOUT_MS=250ms into the live checkout.ini by hand and had supervisord take it up."

FAULT = Fault(
    scenario=Scenario.MEMORY,
    program="checkout",
    story=STORY,
    cure="Double the limit.",
    stays_running=False,
    file=Path("services/checkout.py"),
)


@pytest.fixture
def narrate():
    """Give a function that makes a narrator, and one that returns what it printed."""

    def make(*, terminal):
        screen = io.StringIO()
        console = Console(file=screen, width=80, force_terminal=terminal, color_system=None, highlight=False)
        return Narrator(console), screen.getvalue

    return make


def test_progress_hangs_below_its_first_word(narrate):
    """On a terminal the second line of a message stands below the first, not below the seconds."""
    narrator, read = narrate(terminal=True)

    narrator.say(STORY)

    first, second = read().splitlines()
    assert first.startswith("  0.0s  Somebody")
    assert second.startswith("        ")
    assert f"{first[8:]} {second.strip()}" == STORY


def test_without_a_terminal_nothing_is_broken_and_nothing_spins(narrate):
    """In a pipe or a file a message is one line, whatever its length, and waiting prints nothing."""
    narrator, read = narrate(terminal=False)

    with narrator:
        narrator.wait_for("the alert")
        narrator.say(STORY)

    assert read() == f"  0.0s  {STORY}\n"


def test_message_from_outside_is_inert(narrate):
    """A log line cannot clear the screen, begin a line of its own, or be taken for markup."""
    narrator, read = narrate(terminal=False)

    narrator.say("alert received: [bold]x[/bold] :smile:\x1b[2J\n  9.9s  approved by dana")

    assert read() == "  0.0s  alert received: [bold]x[/bold] :smile:\\x1b[2J   9.9s  approved by dana\n"


@pytest.mark.parametrize("width", [40, 80])
def test_word_is_never_broken(width):
    """A path that is longer than the line stays in one piece, on a line of its own."""
    path = "/srv/" + "very-long-name/" * 8 + "fermata.yaml"

    lines = wrap_hanging(f"the settings are in {path} for you", width=width, indent=4).splitlines()

    assert f"    {path}" in lines
    assert all(len(line) <= width for line in lines if path not in line)


def test_command_is_named_as_it_can_be_called(monkeypatch, tmp_path):
    """Where `fermata` is not on PATH, as after `make demo`, what to try next says its path."""
    # Injected through the process itself: how it was called and from where is what is asked.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr("sys.argv", [str(tmp_path / ".venv" / "bin" / "fermata")])

    assert name_command() == ".venv/bin/fermata"


ENDINGS = [
    (None, None, "Fermata proposed nothing: a person must act, and the card says why."),
    (ProposalState.REJECTED, None, "Nothing was executed: dana rejected plan {digest}, and the shop is as broken"),
    (ProposalState.EXPIRED, None, "Nothing was verified: plan {digest} is expired."),
    (ProposalState.EXECUTED, VerificationVerdict.RESTORED, "Restored: dana approved plan {digest}, exactly that was"),
    (ProposalState.EXECUTED, VerificationVerdict.WORSE, "Worse: plan {digest} was executed on the word of dana, and"),
]


@pytest.mark.parametrize(("state", "verdict", "words"), ENDINGS)
def test_end_says_what_became_of_it_and_what_would_have_been_right(narrate, state, verdict, words):
    """One sentence for each end; then what had really been done to the shop, its cure, and what to try next."""
    narrator, read = narrate(terminal=False)
    proposal = make_proposal(state=state, decided_by="dana") if state else None
    view = IncidentView(
        incident=make_incident(),
        alerts=(),
        evidence=(),
        gaps=(),
        diagnosis=None,
        plan=None,
        proposal=proposal,
        approvals=(),
        executions=(),
        verifications=(make_verification(verdict=verdict),) if verdict else (),
        journal=(),
        card=make_card(),
    )

    narrator.close(view, FAULT, {"plan": 0.4, "fix": 3.5}, None)

    assert words.format(digest=shorten(proposal.plan_digest) if proposal else "") in read()
    assert f"What had been done: {STORY}" in read()
    was = "was" if verdict is VerificationVerdict.RESTORED else "would have been"
    assert f"The right answer {was}: Double the limit." in read()
    assert "demo --scenario bad-config" in read()
