"""The grammar of a comment's first line."""

from datetime import timedelta

import pytest

from fermata.ports.forge.issues.commands import Command, Kind, read_command

NONCE = "0123456789abcdef"


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (f"/approve {NONCE}", Command(Kind.APPROVE, nonce=NONCE)),
        (f"/Approve  {NONCE.upper()}  \r\nsecond line", Command(Kind.APPROVE, nonce=NONCE)),
        (f"/approve\N{NO-BREAK SPACE}{NONCE}", Command(Kind.APPROVE, nonce=NONCE)),
        (f"/fermata approve {NONCE}", Command(Kind.APPROVE, nonce=NONCE)),
        (f"/reject {NONCE}", Command(Kind.REJECT, nonce=NONCE)),
        (f"/reject {NONCE[:8]} the wrong process", Command(Kind.REJECT, nonce=NONCE[:8], words="the wrong process")),
        ("/snooze", Command(Kind.SNOOZE, span=timedelta(hours=1))),
        ("/snooze 30m", Command(Kind.SNOOZE, span=timedelta(minutes=30))),
        ("/ask", Command(Kind.ASK)),
        ("/fermata ask why is it slow?", Command(Kind.ASK, words="why is it slow?")),
        ("/fermata", Command(Kind.DESK, words="help")),
        ("/generate-postmortem", Command(Kind.DESK, words="generate-postmortem")),
        ("/Generate-Postmortem  share", Command(Kind.DESK, words="generate-postmortem share")),
        ("/fermata link  7G3K", Command(Kind.DESK, words="link 7G3K")),
    ],
)
def test_command_is_read(body, command):
    """Case, blanks and what stands on further lines do not matter."""
    assert read_command(body) == command


@pytest.mark.parametrize(
    "body",
    [
        "",
        "looks good",
        f"> /approve {NONCE}",
        f"looks good to me\n> /approve {NONCE}",
        f"```\n/approve {NONCE}\n```\nis what stands there",
        f"~~~\n/approve {NONCE}",
        f"    /approve {NONCE}",
        f"I would not approve {NONCE}",
        f"approach {NONCE}",
        f"/retest {NONCE}",
        "approve 0123456",
        f"<!-- fermata reply 1 1/1 -->\n\n/approve {NONCE}",
        "/lgtm",
        "/approved",
        "/",
    ],
)
def test_everything_else_is_none_of_fermatas_business(body):
    """Quotes, code, Fermata's own answers, commands of other robots."""
    assert read_command(body) is None


@pytest.mark.parametrize(
    "body",
    [
        f"/aprove {NONCE}",
        f"/rejct {NONCE} wrong process",
        f"/fermata aprove {NONCE}",
        f"/fermata rejct {NONCE} wrong process",
        "/fermata aprove",
        f"aproove {NONCE}",
        f"approve {NONCE}",
        f"Approve: {NONCE[:8]}!",
        f"`/approve {NONCE}`",
        f"**/reject {NONCE}**",
        f" /approve {NONCE}",
        f"\n/approve {NONCE}",
        f"LGTM\n/approve {NONCE}",
        f"/lgtm\n/fermata approve {NONCE}",
        f"```\nlog\n```\nreject {NONCE}",
        f"- /approve {NONCE}",
        f"- [x] approve {NONCE}",
        f"* [ ] /reject {NONCE}",
    ],
)
def test_what_looks_like_a_decision_and_is_none_is_told(body):
    """Whoever writes it at night believes that it counts."""
    command = read_command(body)

    assert command.kind is Kind.NEARLY
    assert "first line" in command.words


@pytest.mark.parametrize("body", ["approve", "Approve!", " **approved**\n", "I approve.", "`reject`", "rejected"])
def test_bare_word_is_told_how_a_decision_is_written(body):
    """All of a comment below a card: whoever writes it waits for the plan to run."""
    command = read_command(body)

    assert command.kind is Kind.BARE
    assert "first line" in command.words


@pytest.mark.parametrize("body", ["/lgtm", "LGTM", "> approve", "approved by mara", "I did not approve", "approval"])
def test_word_among_others_is_talk(body):
    """Nobody is told how to decide who speaks of a decision."""
    assert read_command(body) is None


@pytest.mark.parametrize(
    "body", ["/fermata status", "/fermata resume", "/fermata reports", "/fermata project 0123456789"]
)
def test_other_word_behind_fermata_is_the_desks(body):
    """It says which commands there are."""
    assert read_command(body).kind is Kind.DESK


@pytest.mark.parametrize(
    "body",
    [
        "/rejct",
        "/rejct later",
        "/project 0123456789 done",
        "Project: 20261127",
        "improve deadbeef",
        "- [x] improve deadbeef",
        f"- [x] see whether to approve {NONCE}",
        "approach 0123456789",
    ],
)
def test_other_word_before_digits_is_nobodys_business(body):
    """A date has eight digits, too; whoever writes one decides nothing and is told nothing."""
    assert read_command(body) is None


@pytest.mark.parametrize(
    "body",
    [
        "/approve",
        "/approve now",
        "/approve 0123456",
        f"/approve {NONCE} unless it rains",
        f"/approve {NONCE}z",
        "/reject because",
        "/snooze soon",
        "/snooze 1s",
        "/snooze 2d",
    ],
)
def test_command_that_cannot_be_read_is_told(body):
    """It is answered how it is written, and does nothing."""
    command = read_command(body)

    assert command.kind is Kind.WRONG
    assert command.words
