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


def test_status_page_is_told_by_its_news():
    """Each row of the page's table stands in the timeline, in that order, and updates without news do not."""
    told = [
        (line["time"][11:19], line["text"])
        for line in draft_bundle(SAMPLE.with_name("cloudflare-status-2025-11-18")).to_json()["timeline"]
    ]

    page = (SAMPLE.parents[3] / "docs" / "postmortem.md").read_text().partition("## From a status page alone")[2]
    rows = [row.split(" | ") for row in page.splitlines() if row.startswith("| 1")]
    shown = [(row[0].strip("| "), row[1].strip("| ")) for row in rows]
    assert told == [row for row in shown if row[0].count(":") == 2]
