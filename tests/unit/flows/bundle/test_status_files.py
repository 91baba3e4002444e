"""What a provider says of itself: each entry a line, an empty feed an answer of its own."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ProviderStatusFacts
from fermata.flows.bundle import status_files

ENTRY = {
    "id": "i-1",
    "service": "dns",
    "region": "eu",
    "status": "investigating",
    "title": "Errors",
    "started_at": "2026-11-23T12:00:00Z",
    "resolved_at": None,
    "detail": "We look.\nSoon more.",
}


def read_feed(folder, content):
    """Give the one feed of a file, read without a warning."""
    folder.write("status/cloud.json", content)
    return ProviderStatusFacts.from_json(folder.get_only(EvidenceKind.PROVIDER_STATUS).facts)


def test_feed_is_read(folder, texts):
    """Facts for signatures, one line an entry, observed when it was fetched."""
    feed = read_feed(folder, {"source": "aws", "fetched_at": "2026-11-23T12:20:00Z", "events": [ENTRY]})
    item = folder.get_only(EvidenceKind.PROVIDER_STATUS)

    (event,) = feed.events
    assert (feed.source, event.service, event.region, event.status) == ("aws", "dns", "eu", "investigating")
    assert event.resolved_at is None
    assert texts(item) == ["2026-11-23T12:00:00.000Z i-1 dns eu investigating Errors: We look. Soon more."]
    assert item.observed_at.minute == 20
    assert item.entity.ref == "provider/aws"


@pytest.mark.parametrize("content", [[ENTRY], [{"events": [ENTRY]}], {"region": "eu", "incidents": [ENTRY]}])
def test_feed_may_be_a_bare_list_or_have_another_name(folder, content):
    """Without a source the file's name is one."""
    feed = read_feed(folder, content)

    assert (feed.source, [event.id for event in feed.events]) == ("cloud", ["i-1"])


def test_feed_without_entries_says_that_all_is_well(folder):
    """That a provider knows of nothing is evidence."""
    assert read_feed(folder, {"source": "aws", "events": []}).events == ()


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "not JSON"), ([3, {"events": []}], "is an object, not a number")]
)
def test_what_is_no_feed_is_named(folder, content, reason):
    """The rest is read."""
    folder.write("logs/a.log", "x\n")
    folder.write("status/cloud.json", content)

    assert reason in folder.read().warnings[0]


def test_long_feed_is_cut(folder, monkeypatch):
    """The first entries, and how many there were."""
    monkeypatch.setattr(status_files, "MOST_EVENTS", 1)  # A constant.

    feed = read_feed(folder, {"events": [ENTRY, ENTRY]})

    assert len(feed.events) == 1
    assert "first 1 of 2" in folder.get_only(EvidenceKind.PROVIDER_STATUS).cut
