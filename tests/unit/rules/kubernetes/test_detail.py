import base64

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.detail import Cells, PieceLoader, without_secrets
from fermata.rules.kubernetes.holdings import Key, Piece, Pieces, Rank
from fermata.rules.kubernetes.kubectl.tables import iter_rows
from fermata.rules.kubernetes.objects import Passage

ROWS = "NAME    READY   STATUS    NODE\nweb-1   0/1     Pending   <none>\nweb-2   1/1     Running   n1\n"


WEB = Key("shop", "web-1")


def _read_nothing(_document, _command, _name):
    return ()


def _passage(text, key="key"):
    return Passage(Document(key, DocumentForm.KUBECTL, text))


def _load(kind, namespace, name, pieces):
    key = Key(namespace, name)
    return PieceLoader(kind, key, _hold(pieces, key))


def _load_body(kind, namespace, name, pieces):
    return _load(kind, namespace, name, pieces).body()


def _last_description(pieces):
    return _load("Pod", "shop", "web-1", pieces).description()


def _hold(pieces, key=WEB):
    held = Pieces(key, _read_nothing)
    for piece in pieces:
        if isinstance(piece, Piece):
            held.alone.append(piece)
        else:
            held.listed.append(piece)
    return held


def _row(line, *columns):
    (row,) = iter_rows(line, columns)
    return _passage("row").document, row


def test_better_source_lies_over_a_worse_one():
    """The API wins over a description, a description over a row; of equals the later."""
    pieces = [
        Piece(Rank.API, _passage("api"), body={"kind": "Pod", "spec": {"nodeName": "n3"}}),
        Piece(Rank.DESCRIPTION, _passage("Name: web-1\nNode: n1/10.0.0.1\nIP: 10.1.1.1\n", "old")),
        Piece(Rank.DESCRIPTION, _passage("Name: web-1\nNode: n2/10.0.0.2\n", "new")),
        _row("web-1   Running   n0", "NAME", "STATUS", "NODE"),
    ]

    loader = _load("Pod", "shop", "web-1", pieces)
    body, passages = loader.body(), loader.passages()

    assert body["spec"]["nodeName"] == "n3"
    assert body["status"] == {"phase": "Running", "hostIP": "10.0.0.2", "podIP": "10.1.1.1"}
    assert body["printed"]["NODE"] == "n0"
    assert body["metadata"] == {"name": "web-1", "namespace": "shop"}
    assert [passage.document.key for passage in passages] == ["key", "old", "new", "key"]
    assert _last_description(pieces).startswith("Name: web-1\nNode: n2")
    assert _last_description(pieces[:1]) == ""


def test_later_row_wins():
    """A second look is newer; a column is looked for in every row."""
    pieces = [
        _row("web-1   Pending   1s", "NAME", "STATUS", "AGE"),
        Piece(Rank.DESCRIPTION, _passage("x")),
        _row("web-1   Running", "NAME", "STATUS", "NODE"),
    ]
    cells = Cells(_hold(pieces), "web-1")

    assert (cells["STATUS"], cells["STATUS"], cells["AGE"]) == ("Running", "Running", "1s")
    assert (cells.get("NODE"), cells.get("IP")) == (None, None)
    assert dict(cells) == {"NAME": "web-1", "STATUS": "Running", "AGE": "1s"}
    assert (len(cells), bool(cells), bool(Cells(_hold(pieces[1:2]), "web-1"))) == (3, True, False)


def test_table_of_one_object_is_read_when_asked_for():
    """It is looked up by name, with or without its kind before it."""
    piece = Piece(Rank.ROW, _passage(ROWS), columns=("NAME",))
    slashed = Piece(Rank.ROW, _passage("pod/web-2   1/1\n"), columns=("NAME", "READY"))

    assert Cells(_hold([piece]), "web-2")["NODE"] == "n1"
    assert Cells(_hold([slashed]), "web-2")["READY"] == "1/1"
    assert dict(Cells(_hold([Piece(Rank.ROW, _passage(ROWS), columns=("NAME",))]), "gone")) == {}
    assert "NODE" not in Cells(_hold([Piece(Rank.ROW, _passage(ROWS), columns=("NAME",))]), "gone")
    assert _load_body("Node", "", "n9", [Piece(Rank.ROW, _passage(ROWS), columns=("NAME",))]) == {
        "metadata": {"name": "n9"},
        "printed": {},
    }


def test_list_wins_over_a_table_of_the_object_alone():
    """Which is read for what no list shows."""
    pieces = [
        _row("web-1   Running", "NAME", "STATUS"),
        Piece(Rank.ROW, _passage("NAME    STATUS    NODE\nweb-1   Pending   n1\n"), columns=("NAME",)),
    ]
    cells = Cells(_hold(pieces), "web-1")

    assert (cells["STATUS"], cells["NODE"]) == ("Running", "n1")
    assert dict(cells) == {"NAME": "web-1", "STATUS": "Running", "NODE": "n1"}


def test_text_of_one_object_is_read_when_asked_for():
    """Text that holds another object, or none, tells nothing."""
    text = "kind: Pod\nmetadata:\n  name: web-1\nspec:\n  nodeName: n1\n"

    def load(text, name):
        return _load_body("Pod", "shop", name, [Piece(Rank.API, _passage(text), output="yaml")])

    assert load(text, "web-1")["spec"] == {"nodeName": "n1"}
    assert "spec" not in load(text, "web-2")
    assert "spec" not in load("kind: Pod\nmetadata: text\n", "web-1")


def test_values_of_secrets_are_left_out():
    """Lengths are kept, as a description prints them; the copy in an annotation goes too."""
    secret = {
        "kind": "Secret",
        "metadata": {
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{secret}", "note": "x"},
        },
        "data": {"password": base64.b64encode(b"hunter2").decode(), "odd": "%%%"},
        "stringData": {"user": "ann"},
    }

    kept = without_secrets(secret)

    assert kept == {
        "kind": "Secret",
        "metadata": {"annotations": {"note": "x"}},
        "data": {"password": "7 bytes", "odd": "3 bytes", "user": "3 bytes"},
    }
    assert without_secrets({"kind": "Secret", "data": None}) == {"kind": "Secret"}
    assert without_secrets({"metadata": {"name": "x"}}) == {"metadata": {"name": "x"}}


def test_loaded_secret_holds_no_value():
    """Nobody who reads the body meets the value."""
    piece = Piece(Rank.API, _passage("x"), body={"kind": "Secret", "data": {"password": "aHVudGVyMg=="}})

    body = _load_body("Secret", "shop", "db", [piece])

    assert "aHVudGVyMg" not in str(body)
    assert body["data"] == {"password": "7 bytes"}
