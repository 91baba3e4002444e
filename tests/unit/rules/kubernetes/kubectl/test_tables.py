import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.kubectl.tables import is_header, iter_rows, row_name

PODS = """\
NAME    READY   STATUS    RESTARTS      AGE
web-1   1/1     Running   4 (2m ago)    5m
web-2   0/1     Error     0             12s

"""
CLAIMS = """\
NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE
data   Pending                                      fast           5m
"""


def _cells(text, default=()):
    return [row.cells for row in iter_rows(text, default)]


def test_columns_are_read_under_their_headers():
    """A cell may hold spaces."""
    rows = list(iter_rows(PODS, ()))

    assert rows[0].cells == {
        "NAME": "web-1",
        "READY": "1/1",
        "STATUS": "Running",
        "RESTARTS": "4 (2m ago)",
        "AGE": "5m",
    }
    assert PODS[rows[1].start : rows[1].end].startswith("web-2")
    assert [row.line for row in rows] == [1, 2]


def test_empty_cells_stay_empty():
    """A pending claim has no volume."""
    (row,) = _cells(CLAIMS)

    assert (row["STATUS"], row["VOLUME"], row["ACCESS MODES"], row["STORAGECLASS"]) == ("Pending", "", "", "fast")


def test_tables_follow_one_another():
    """`get all` prints several, each with its header."""
    assert [set(cells) & {"READY", "VOLUME"} for cells in _cells(PODS + CLAIMS)] == [{"READY"}, {"READY"}, {"VOLUME"}]


def test_rows_without_header_take_the_columns_of_their_kind():
    """`| grep` takes the header away."""
    assert _cells("web-1   1/1   Running   4 (2m ago)   5m\n", ("NAME", "READY", "STATUS", "RESTARTS", "AGE")) == [
        {"NAME": "web-1", "READY": "1/1", "STATUS": "Running", "RESTARTS": "4 (2m ago)", "AGE": "5m"}
    ]


def test_rows_out_of_line_are_parted_by_their_gaps():
    """A colleague's paste may have lost the alignment."""
    (row,) = _cells("NAME    READY   AGE\na-long-name-of-a-pod   1/1     5m\n")

    assert row == {"NAME": "a-long-name-of-a-pod", "READY": "1/1", "AGE": "5m"}


def test_lines_seen_before_are_left_out():
    """Captures of one table at several times repeat most of it."""
    seen = set()

    first = [row.cells["NAME"] for row in iter_rows(PODS, (), seen=seen)]
    second = [row.cells["NAME"] for row in iter_rows(PODS.replace("web-2", "web-3"), (), seen=seen)]

    assert (first, second) == (["web-1", "web-2"], ["web-3"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("NAME   READY   UP-TO-DATE", True),
        ("NAMESPACE   NAME   CPU(cores)   MEMORY(bytes)", True),
        ("LAST SEEN   TYPE   REASON", True),
        ("NAME-of-a-pod   1/1", False),
        ("web-1   1/1", False),
    ],
)
def test_headers_are_told_from_rows(line, expected):
    """Headers begin with known words and are upper case."""
    assert is_header(line) is expected


def test_mark_of_the_default_class_is_no_part_of_its_name():
    """Storage classes carry it behind the name."""
    assert row_name({"NAME": "fast (default)"}) == "fast"
    assert row_name({}) == ""


@given(st.text(alphabet=st.sampled_from("NAME READY\n ab1/()"), max_size=200))
def test_any_text_is_taken(text):
    """Garbled tables give garbled cells at worst."""
    list(iter_rows(text, ("NAME", "READY")))
