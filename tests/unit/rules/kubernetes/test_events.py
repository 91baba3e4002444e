import json
from datetime import UTC, datetime

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.events import Event, EventRef, Place, join_events, read_api_event

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
REF = EventRef("Pod", "shop", "web-1")
PLACE = Place(Document("events", DocumentForm.TEXT, "a\nb"), 1, 2, 3)


def _event(**changes):
    event = Event("Warning", "BackOff", "again", 1, None, None, "", REF, None)
    return event._replace(**changes)


def test_equal_events_are_joined():
    """A series is as long as its longest telling and as fresh as its latest."""
    (event,) = join_events(
        [
            _event(count=3, first_s=600.0, last_s=60.0),
            _event(count=5, first_s=300.0, last_s=30.0, component="kubelet", place=PLACE),
            _event(),
        ]
    )

    assert (event.count, event.first_s, event.last_s, event.component) == (5, 600, 30, "kubelet")
    assert event.quote.text == "b"


def test_line_captured_twice_is_one_event():
    """The first one is kept."""
    event = _event(last_s=60.0, place=PLACE)

    assert join_events([event, event._replace(place=None)]) == (event,)


def test_newest_event_comes_last():
    """Those of unknown age come first, since nobody can say that they are new."""
    events = join_events([_event(reason="new", last_s=1.0), _event(reason="?"), _event(reason="old", last_s=9.0)])

    assert [event.reason for event in events] == ["?", "old", "new"]


def test_event_without_text_cannot_be_quoted():
    """Its warning is known all the same."""
    assert _event().quote is None
    assert _event().is_warning
    assert not _event(type="Normal").is_warning


def test_event_of_the_core_api_is_read():
    """Ages are counted back from the capture."""
    event = read_api_event(
        {
            "type": "Warning",
            "reason": "BackOff",
            "message": "again ",
            "count": 4,
            "firstTimestamp": "2026-11-25T11:50:00Z",
            "lastTimestamp": "2026-11-25T11:59:00Z",
            "source": {"component": "kubelet"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
        },
        PLACE,
        NOON,
    )

    assert event == Event("Warning", "BackOff", "again", 4, 600.0, 60.0, "kubelet", REF, PLACE)


def test_event_of_the_events_api_is_read():
    """It calls the same things by other names."""
    event = read_api_event(
        {
            "note": "again",
            "eventTime": "2026-11-25T11:50:00Z",
            "series": {"count": 7, "lastObservedTime": "2026-11-25T11:58:00Z"},
            "reportingController": "scheduler",
            "regarding": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
        },
        None,
        NOON,
    )

    assert event == Event("Normal", "", "again", 7, 600.0, 120.0, "scheduler", REF, None)


def test_event_without_instants_has_no_age():
    """Nor has one whose capture nobody dated."""
    body = {"involvedObject": {"name": "web-1"}, "count": "many", "lastTimestamp": "2026-11-25T11:50:00Z"}

    assert read_api_event(body, None, None).last_s is None
    assert read_api_event({"involvedObject": {"name": "web-1"}}, None, NOON).first_s is None
    assert read_api_event(body, None, NOON).count == 1


@pytest.mark.parametrize("about", [None, {}, "text", {"kind": "Pod"}])
def test_event_about_nothing_is_none(about):
    """Without an object it explains nothing."""
    assert read_api_event({"involvedObject": about}, None, NOON) is None


def test_json_keeps_an_event_readable():
    """What comes from a file is read like what comes from the API."""
    body = json.loads('{"involvedObject": {"kind": "Node", "name": "n1"}, "reason": "NodeNotReady"}')

    assert read_api_event(body, None, NOON).ref == ("Node", "", "n1")
