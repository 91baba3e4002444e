from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.trail import Message, Participant, PostmortemDraft, Trail
from fermata.flows.postmortem.document import write_document
from fermata.kit.errors import UserError
from fermata.rules.timeline import draft_postmortem

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


def test_empty_draft_says_so():
    """Nothing is claimed where nothing was told; without zones the local column is UTC."""
    text = write_document("inc-1", Trail("", ()), PostmortemDraft((), {}, (), (), ()))

    assert "Nothing in the trail tells an event." in text
    assert "| started | not told | - |" in text
    assert "started: null" in text


def test_only_the_first_dropped_messages_are_listed():
    """Two hundred rows are enough for a page; the JSON output has all."""
    messages = [Message(f"m{n}", NOON + timedelta(seconds=n), "ana", "lunch?") for n in range(250)]
    trail = Trail("Checkout", messages)

    text = write_document("inc-1", trail, draft_postmortem(trail))

    assert "50 more, all in the JSON output" in text
    assert "| m0 |" in text


def test_text_from_the_channel_is_never_markup():
    """A table's bars, links and mentions in a message stay what they are: text."""
    messages = [Message("m1", NOON, "ana", "errors | timeouts on [x](http://evil.example) for customers fail", "inc")]
    trail = Trail("Checkout | x", messages, {"ana": Participant("ana")})

    text = write_document("inc-1", trail, draft_postmortem(trail))

    row = next(line for line in text.splitlines() if "src-m1)" in line and line.startswith("| 2026"))
    assert row.count(" | ") == 5
    assert "](http" not in text.replace("`[x](http://evil.example)`", "")


def test_template_of_a_team_is_used_and_a_wrong_one_refused():
    """A template names the placeholders that there are."""
    trail, draft = Trail("Checkout", ()), PostmortemDraft((), {}, (), (), ())

    assert write_document("inc-1", trail, draft, "# $heading costs $$5") == "# Checkout costs $5"
    for template in ("$nothing", "$ 5"):
        with pytest.raises(UserError, match="cannot be used"):
            write_document("inc-1", trail, draft, template)
