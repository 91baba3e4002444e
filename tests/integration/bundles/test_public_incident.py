"""The public incident of docs/postmortem.md, drafted from its bundle: each published line is told or listed."""

import json
from pathlib import Path

from fermata.flows.postmortem.drafting import draft_bundle

SAMPLE = Path(__file__).parents[2] / "samples" / "postmortem" / "posthog-flags-2025-09-29"


def test_public_incident_is_drafted_from_its_published_lines():
    """Its length is the published one, nothing is cited that is not there, and no line vanishes."""
    lines = {message["id"] for message in json.loads((SAMPLE / "chat.json").read_text())["messages"]}

    answer = draft_bundle(SAMPLE).to_json()

    cited = {name for line in answer["timeline"] for name in line["citations"]}
    times = {name: (at or "")[11:16] for name, at in answer["key_times"].items()}
    assert (times["started"], times["declared"], times["resolved"]) == ("16:58", "17:25", "18:46")
    assert cited <= lines | {"posthog-38686"}
    assert lines - cited == {item["id"] for item in answer["dropped"]}
    assert len(cited & lines) >= 7
