import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.events import EventRef
from fermata.rules.kubernetes.kinds import columns_of
from fermata.rules.kubernetes.kubectl.event_text import (
    find_event_rows,
    index_events,
    read_event_row,
    read_event_section,
)
from fermata.rules.kubernetes.kubectl.tables import find_headers

TABLE = """\
LAST SEEN   TYPE      REASON             OBJECT                       MESSAGE
16m         Warning   FailedScheduling   pod/web-1                    0/4 nodes are available:  3 Insufficient cpu.
4s          Normal    NodeReady          node/n1                      Node n1 status is now: NodeReady
<unknown>   Normal    Custom             widget.example.com/w         odd
"""
WIDE = (
    "LAST SEEN   TYPE      REASON   OBJECT      SUBOBJECT          SOURCE         MESSAGE   FIRST SEEN   COUNT   NAME\n"
    "1m          Warning   BackOff  pod/web-1   spec.containers    kubelet, n1    again     10m          14      w.17\n"
)
SECTION = """\
Name: web-1
Events:
  Type     Reason     Age                  From               Message
  ----     ------     ----                 ----               -------
  Normal   Scheduled  93s                  default-scheduler  Successfully assigned
  Warning  BackOff    2m3s (x14 over 27m)  kubelet            Back-off restarting
  cut off
"""
EVENT_COLUMNS = columns_of("Event")
POD = EventRef("Pod", "shop", "web-1")


def _read(text, namespace="shop", columns=EVENT_COLUMNS):
    document = Document("events", DocumentForm.KUBECTL, text)
    found = [read_event_row(document, row, ref) for ref, row in index_events(document, namespace, columns=columns)]
    return [event for event in found if event is not None]


def test_table_of_events_is_read():
    """Objects get their kind; those without namespace get none."""
    scheduling, node, custom = _read(TABLE)

    assert scheduling.ref == POD
    assert (scheduling.type, scheduling.reason, scheduling.last_s, scheduling.first_s, scheduling.count) == (
        "Warning",
        "FailedScheduling",
        960,
        960,
        1,
    )
    assert scheduling.message == "0/4 nodes are available:  3 Insufficient cpu."
    assert (scheduling.quote.line, scheduling.quote.text) == (2, TABLE.split("\n")[1])
    assert node.ref == ("Node", "", "n1")
    assert (custom.ref, custom.last_s) == (("widget.example.com", "shop", "w"), None)


def _find_lines(document, namespace, *, columns):
    headers = find_headers(document.text)
    return [row.line for row in find_event_rows(document, namespace, ref=POD, columns=columns, headers=headers)]


def test_rows_about_one_object_are_found_among_others():
    """Its name may begin another's, and messages may hold it."""
    others = (
        "5s   Normal   Pulled   pod/web-10   image in registry.example.com/web-1\n"
        "1s   Normal   Pulled   service/web-1   y\n"
    )
    document = Document("events", DocumentForm.KUBECTL, TABLE + others)
    everywhere = Document("events", DocumentForm.KUBECTL, "shop   16m   Warning   Failed   pod/web-1   no\n")
    columns = ("NAMESPACE", *EVENT_COLUMNS)

    assert _find_lines(document, "shop", columns=EVENT_COLUMNS) == [1]
    assert _find_lines(document, "depot", columns=EVENT_COLUMNS) == []
    assert _find_lines(everywhere, "", columns=columns) == [0]


def test_wide_table_tells_count_and_first():
    """The component stands before its host."""
    (event,) = _read(WIDE)

    assert (event.count, event.first_s, event.last_s, event.component) == (14, 600, 60, "kubelet")


def test_series_stands_in_the_age():
    """`kubectl events` prints how often within the age."""
    header = "LAST SEEN          TYPE     REASON   OBJECT      MESSAGE\n"

    (event,) = _read(f"{header}4m (x5 over 10m)   Normal   Pulled   Pod/web-1   m\n")

    assert (event.count, event.last_s, event.first_s) == (5, 240, 600)


def test_rows_without_header_are_read():
    """`| tail` takes the header away, `-A` adds a column."""
    row = "shop   16m   Warning   Failed   pod/web-1   no\n"

    (event,) = _read(row, None, ("NAMESPACE", *columns_of("Event")))

    assert (event.ref, event.message) == (POD, "no")


def test_lines_that_are_no_rows_are_left_out():
    """A message over several lines goes on below its row."""
    (event,) = _read("16m   Warning   Failed   pod/web-1   no\nwarning   again   in   pod/web-1   x\nrest\n\n")

    assert event.message == "no"
    assert _read("16m   Warning   Failed   web-1   no\n") == []


def test_table_without_ages_has_events_of_unknown_age():
    """Whoever chose the columns left them out; rows about one object share it."""
    rows = "Warning   Failed   pod/web-1   no\nWarning   Failed   pod/web-1   again\n"

    first, second = _read(rows, columns=("TYPE", "REASON", "OBJECT", "MESSAGE"))

    assert (first.last_s, first.message, second.message) == (None, "no", "again")
    assert first.ref is second.ref


def test_section_of_a_description_is_read():
    """All of its events are about the object described."""
    document = Document("describe", DocumentForm.KUBECTL, SECTION)

    scheduled, backoff = read_event_section(document, 0, -1, POD)

    assert (scheduled.component, scheduled.last_s, scheduled.ref) == ("default-scheduler", 93, POD)
    assert (backoff.count, backoff.last_s, backoff.first_s) == (14, 123, 1620)
    assert backoff.quote.text == SECTION.split("\n")[5]
    assert backoff.quote.line == 6


def test_section_whose_blanks_were_taken_together_is_read():
    """As a chat leaves it; a message that begins like a row stays one."""
    text = "\n".join(" ".join(line.split()) for line in SECTION.split("\n"))

    together = list(read_event_section(Document("describe", DocumentForm.KUBECTL, text), 0, -1, POD))
    apart = list(read_event_section(Document("describe", DocumentForm.KUBECTL, SECTION), 0, -1, POD))

    assert [event[:7] for event in together] == [event[:7] for event in apart]


def test_description_without_events_has_none():
    """Brackets, or no section at all."""
    for text in ("Name: web-1\nEvents:  <none>\n", "Name: web-1\n", "Name: web-1\nEvents:\n"):
        assert list(read_event_section(Document("d", DocumentForm.KUBECTL, text), 0, -1, POD)) == []


def test_only_the_section_of_the_part_is_read():
    """One text may hold several descriptions."""
    document = Document("describe", DocumentForm.KUBECTL, SECTION + "\n\n" + SECTION)

    assert len(list(read_event_section(document, 0, len(SECTION), POD))) == 2


ROW = "  Warning  FailedMount  2m (x10 over 22m)   kubelet  timed out"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"Events:\n  Type     Reason  Age  From  Message\n  ----  ------  ----  ----  -------\n{ROW}\n", 4),
        (f"  Type     Reason  Age  From  Message\n{ROW}\n", 2),
        (f"{ROW}\n", 1),
    ],
)
def test_end_of_a_description_still_tells_its_events(text, line):
    """What `| tail` left may lack the heading, or be rows alone."""
    (event,) = read_event_section(Document("d", DocumentForm.KUBECTL, text), 0, -1, POD)

    assert (event.reason, event.count, event.quote.line, event.quote.text) == ("FailedMount", 10, line, ROW)


@pytest.mark.parametrize("text", ["  Type  Status  LastHeartbeatTime\n  Ready  True  x  y  z", "Events:", "Warning: x"])
def test_other_ends_of_descriptions_tell_none(text):
    """Conditions of a node are a table as well."""
    assert list(read_event_section(Document("d", DocumentForm.KUBECTL, text), 0, -1, POD)) == []
