import json
from datetime import UTC, datetime

import pytest
from tests.unit.flows.postmortem.trail_bundle import CHAT, SECRET, write_bundle

from fermata.flows.postmortem.drafting import draft_bundle, write_dropped_message
from fermata.kit.errors import UserError


def test_draft_has_the_form_that_is_documented(tmp_path):
    """Lines, key times, impact, candidates, dropped messages and the document, each with its sources."""
    answer = draft_bundle(write_bundle(tmp_path / "b")).to_json()

    assert list(answer) == [
        "case",
        "timeline",
        "key_times",
        "key_time_sources",
        "impact",
        "contributing_factors",
        "actions",
        "dropped",
        "document",
    ]
    assert answer["timeline"][0] == {
        "time": "2026-07-02T12:15:00.000Z",
        "text": "D1",
        "citations": ["D1"],
        "actor": "dee",
        "status": "confirmed",
        "kind": "action",
    }
    assert answer["key_times"] == {
        "started": "2026-07-02T12:22:00.000Z",
        "detected": "2026-07-02T12:22:00.000Z",
        "declared": "2026-07-02T12:30:00.000Z",
        "mitigated": "2026-07-02T12:50:00.000Z",
        "resolved": "2026-07-02T13:00:00.000Z",
    }
    assert all(line["citations"] for line in answer["timeline"])


def test_nothing_deleted_secret_or_superseded_leaves(tmp_path):
    """Neither the data nor the document holds what was taken away."""
    text = json.dumps(draft_bundle(write_bundle(tmp_path / "b")).to_json())

    assert SECRET not in text
    assert "dee's mess" not in text
    assert "#811" not in text


def test_metric_has_no_actor(tmp_path):
    """Nobody did what was measured."""
    points = [[1782993600 + 60 * minute, 1.0 if minute < 21 else 60.0] for minute in range(60)]
    chat = CHAT | {"metrics": [{"id": "M1", "name": "errors", "labels": {"service": "checkout"}, "points": points}]}

    lines = draft_bundle(write_bundle(tmp_path / "b", chat)).to_json()["timeline"]

    assert [line["actor"] for line in lines if line["citations"] == ["M1"]] == [None]


def test_reason_of_a_dropped_message_is_a_few_words():
    """Whoever reads the list is not told what else could have become of the message."""
    at = datetime(2026, 7, 2, 12, tzinfo=UTC)

    line = write_dropped_message("m1", "part of another line, or of none", at=at, who="ana\n", text="h\nm")

    assert line == "m1  12:00:00 ana: h m (no line of its own)"


def test_source_that_does_not_exist_is_named_as_what_it_may_be(tmp_path):
    """Whoever gives an export is not sent for a bundle."""
    with pytest.raises(UserError, match=r"nope\.zip was not found") as refused:
        draft_bundle(tmp_path / "nope.zip")

    assert "or a chat's export" in str(refused.value)
