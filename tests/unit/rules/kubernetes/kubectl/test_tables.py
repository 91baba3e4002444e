import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fermata.rules.kubernetes.kubectl.tables import find_headers, iter_rows, iter_rows_with, read_header

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


CLAIM_HEAD = CLAIMS.partition("\n")[0]
POD = {"NAME": "web-1", "READY": "0/1", "STATUS": "Error", "RESTARTS": "5 (10s ago)", "AGE": "9m"}


@pytest.mark.parametrize(
    "text",
    [
        "NAME READY STATUS RESTARTS AGE\nweb-1 0/1 Error 5 (10s ago) 9m\n",
        "NAME    READY   STATUS   RESTARTS   AGE\nweb-1 0/1 Error 5 (10s ago) 9m\n",
        "NAME                 READY   STATUS   RESTARTS   AGE\nweb-1 0/1 Error 5 (10s ago) 9m\n",
        f"NAME{' ' * 40}READY   STATUS   RESTARTS   AGE\nweb-1 0/1 Error 5 (10s ago) 9m\n",
        "NAME\tREADY\tSTATUS\tRESTARTS\tAGE\nweb-1\t0/1\tError\t5 (10s ago)\t9m\n",
        "NAME READY STATUS RESTARTS AGE\nweb-1 0/1   Error   5 (10s ago)   9m\n",
    ],
    ids=["all", "rows", "rows that look short", "rows under a wide header", "tabs", "some"],
)
def test_row_whose_blanks_were_taken_together_is_read_by_its_words(text):
    """As a chat or a page does with what is pasted into it."""
    (row,) = iter_rows(text, ())

    assert (row.name, row.cells, row.find("STATUS"), row.cell("STATUS")) == ("web-1", POD, "Error", "Error")


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("web nginx shop.example 10.0.0.7 80, 443 5d", {"ADDRESS": "10.0.0.7", "PORTS": "80, 443", "AGE": "5d"}),
        ("web nginx a.example,b.example + 2 more... 10.0.0.7 80 5d", {"HOSTS": "a.example,b.example + 2 more..."}),
        ("web nginx shop.example 10.0.0.7 80 5d", {"ADDRESS": "10.0.0.7", "PORTS": "80"}),
        ("web nginx shop.example 80, 443 5d", {"ADDRESS": None, "NAME": "web"}),
    ],
)
def test_list_of_such_a_row_goes_on_after_its_comma(row, cells):
    """An ingress with a certificate has two ports; without an address, its ports do not become one."""
    (found,) = _cells(f"NAME CLASS HOSTS ADDRESS PORTS AGE\n{row}\n")

    assert {title: found.get(title) for title in cells} == cells


def test_message_of_such_a_row_is_its_rest():
    """However many words it has."""
    (row,) = _cells(
        "LAST SEEN TYPE REASON OBJECT MESSAGE\n2m (x4 over 9m) Warning BackOff pod/web-1 Back-off restarting (a) b\n"
    )

    assert (row["LAST SEEN"], row["OBJECT"], row["MESSAGE"]) == (
        "2m (x4 over 9m)",
        "pod/web-1",
        "Back-off restarting (a) b",
    )


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("NAME    ENDPOINTS   AGE\nweb            9m\n", {"NAME": "web", "AGE": "9m"}),
        (
            f"{CLAIM_HEAD}\ndata  Pending  fast  5m\n",
            {"NAME": "data", "STATUS": "Pending", "AGE": "5m"},
        ),
        ("NAME READY STATUS RESTARTS AGE\nweb-1 0/1 9m\n", {"NAME": "web-1"}),
        ("NAME      LABELS\nweb app=web\n", {"NAME": "web", "LABELS": "app=web"}),
        ("NAME  AGE  READY  STATUS\nwebsite   9d   x\n", {"NAME": "website", "AGE": "9d"}),
        ("NAME  DATA  AGE\nsettings  9d\n", {"NAME": "settings"}),
        ("NAMESPACE  NAME  STATUS  AGE\nshop-a-long-one  web\n", {"NAMESPACE": "shop-a-long-one", "NAME": "web"}),
    ],
    ids=["endpoints", "claim", "pod", "name", "custom resource", "nothing can be empty", "too few for its end"],
)
def test_row_that_lost_a_cell_tells_only_what_is_sure(text, cells):
    """Nobody knows which one is empty where the places are lost; what stands under no doubt is read."""
    (row,) = _cells(text)

    assert row == cells


@pytest.mark.parametrize(
    ("row", "status", "age"),
    [
        ("web-2   0/1     Error", "Error", ""),
        ("web-2   0/1     Error     4 (2m", "Error", ""),
        ("website-2   0/1     Error     4", "", ""),
        ("website-2   0/1     5s     4m", "", "4m"),
    ],
    ids=["cut", "cut within a cell", "cut and out of line", "out of line"],
)
def test_row_that_a_terminal_cut_keeps_its_columns(row, status, age):
    """What is left stands where it should, and what ends it is no age."""
    cells = _cells(f"NAME    READY   STATUS    RESTARTS   AGE\n{row}\n")[0]

    assert (cells["NAME"], cells.get("STATUS", ""), cells.get("AGE", "")) == (row.split()[0], status, age)


@pytest.mark.parametrize("line", ["NAME OF THE PLACE", "NAME READY", "NAME READY OTHER"])
def test_words_in_capitals_are_no_header_without_blanks(line):
    """Only kubectl's own titles are, and more than two of them."""
    assert read_header(line).titles == (line,)


def test_cell_is_read_alone_where_the_table_is_aligned():
    """Elsewhere the whole row is."""
    aligned, _ = iter_rows(PODS, ())
    (ragged,) = iter_rows("NAME    READY   AGE\na-long-name-of-a-pod   1/1     5m\n", ())

    assert (aligned.cell("STATUS"), aligned.cell("AGE"), aligned.cell("NAME"), aligned.cell("NODE")) == (
        "Running",
        "5m",
        "web-1",
        "",
    )
    assert aligned.cell("STATUS") == aligned.find("STATUS") == aligned.cells["STATUS"]
    assert (ragged.cell("READY"), ragged.find("AGE"), ragged.find("NODE"), aligned.find("NODE")) == (
        "1/1",
        "5m",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("line", "columns", "name"),
    [
        ("web-1   1/1", ("NAME", "READY"), "web-1"),
        ("shop   web-1   1/1", ("NAMESPACE", "NAME", "READY"), "web-1"),
        ("pod/web-1", ("NAME",), "pod/web-1"),
        ("fast (default)   csi", ("NAME", "PROVISIONER"), "fast"),
        ("alone", ("NAME", "READY"), ""),
        ("5m   Normal", ("LAST SEEN", "TYPE"), ""),
        ("shop", ("NAMESPACE", "NAME"), ""),
    ],
)
def test_name_is_a_word_of_the_row(line, columns, name):
    """A mark behind it is no part of it, and a word alone is no row."""
    (row,) = iter_rows(line, columns)

    assert row.name == name


def test_line_that_goes_on_under_a_table_has_no_name():
    """Rows begin where their header does."""
    _, row = iter_rows("NAME    READY\nweb-1   1/1\n  and more\n", ())

    assert row.name == ""


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
    assert (read_header(line) is not None) is expected


@given(st.text(alphabet=st.sampled_from("NAME READY\n ab1/()"), max_size=200))
def test_any_text_is_taken(text):
    """Garbled tables give garbled cells at worst."""
    for row in iter_rows(text, ("NAME", "READY")):
        assert row.text in text
        assert row.cells.keys() <= set(row.columns.titles)
        assert (row.name, row.cell("READY")) is not None


_LINES = st.sampled_from(
    [
        "",
        "  ",
        "web",
        "web   1/1   web",
        "x",
        "x   web-1",
        " web",
        "NAME   READY",
        "LAST SEEN   WEB",
        "NAME   web",
        "POD   web",
    ]
)


@given(st.lists(_LINES, max_size=8).map("\n".join), st.sampled_from(["web", "web-1", "1/1", "WEB"]))
@example("LAST SEEN   WEB\nx   WEB", "WEB")
def test_rows_with_a_word_are_those_of_all_rows(text, word):
    """They keep their place, and the meaning that the header above them gives."""
    rows = [row for row in iter_rows(text, ("A", "B")) if word in row.text]

    found = list(iter_rows_with(text, word, default=("A", "B"), headers=find_headers(text)))

    assert [(row.text, row.start, row.line) for row in found] == [(row.text, row.start, row.line) for row in rows]
    assert [row.columns.titles for row in found] == [row.columns.titles for row in rows]
