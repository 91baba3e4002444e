"""Exceptions of an error tracker's events as a log has them."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.event_stacks import write_stacks
from fermata.rules.logs import parse_log

FRAMES = [
    {"filename": "app/views.py", "function": "post", "lineNo": 10, "inApp": True},
    {"filename": "app/pricing.py", "function": "total", "lineNo": 44, "inApp": True},
    {"filename": "lib/map.py", "function": "get", "lineno": 7, "inApp": False},
]
RAISED = {"type": "KeyError", "value": "'currency'", "stacktrace": {"frames": FRAMES}}


@pytest.mark.parametrize(
    "event",
    [
        {"entries": [{"type": "request", "data": {}}, {"type": "exception", "data": {"values": [RAISED]}}]},
        {"exception": {"values": [RAISED]}},
        {"event": {"exception": {"values": [RAISED]}}},
    ],
)
def test_stack_of_python_is_read_like_a_logged_one(event, folder):
    """Wherever the tracker keeps it."""
    event = {"dateCreated": "2026-11-23T12:03:00Z", "platform": "python", "title": "KeyError", **event}
    folder.write("logs/pay.json", [event if "event" not in event else {**event, "platform": "python"}])

    (error,) = [found for found in parse_log(folder.list_evidence(EvidenceKind.LOGS)[0].lines) if found.frames]

    assert (error.type, error.message) == ("KeyError", "'currency'")
    assert [(frame.file, frame.line) for frame in error.frames][1] == ("app/pricing.py", 44)


def test_other_runtimes_name_the_innermost_line_of_their_own():
    """How they write their stacks differs, and one line says where."""
    assert write_stacks({"platform": "node", "exception": {"values": [RAISED]}}) == [
        "ERROR KeyError: 'currency' at app/pricing.py:44"
    ]
    foreign = {"type": "E", "stacktrace": {"frames": [{"module": "lib", "lineno": 3}]}}
    assert write_stacks({"exception": {"values": [foreign]}}) == ["ERROR E at lib:3"]


@pytest.mark.parametrize(
    ("exception", "lines"),
    [
        ({"type": "E", "value": "x\ny"}, ["ERROR E: x y"]),
        ({"type": "E", "stacktrace": 1}, ["ERROR E"]),
        ({"type": "E", "stacktrace": {"frames": [{"filename": "a"}]}}, ["ERROR E"]),
        ({"stacktrace": {"frames": FRAMES}}, []),
    ],
)
def test_exception_without_frames_is_one_line(exception, lines):
    """One that says nothing is none."""
    assert write_stacks({"platform": "go", "exception": {"values": [exception]}}) == lines


def test_frame_without_a_line_keeps_its_file():
    """A traceback has a number in each."""
    frames = {"frames": [{"abs_path": "/srv/a.py"}]}

    lines = write_stacks({"platform": "python", "exception": {"values": [{"type": "E", "stacktrace": frames}]}})

    assert lines == ["Traceback (most recent call last):", '  File "/srv/a.py", line 0, in ', "E"]


def test_other_records_have_no_stacks():
    """Nor those whose exception is a word."""
    assert write_stacks({"exception": "KeyError", "entries": 1, "event": 2}) == []
