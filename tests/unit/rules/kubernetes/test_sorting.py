import json

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.holdings import Key, Rank
from fermata.rules.kubernetes.kubectl.commands import parse_command
from fermata.rules.kubernetes.objects import Passage
from fermata.rules.kubernetes.sorting import Answers, Round, sort_kind

PODS = """\
NAME    READY   STATUS    RESTARTS   AGE
web-2   1/1     Running   0          5m
web-1   1/1     Running   0          5m
"""
EVERYWHERE = """\
NAMESPACE   NAME    READY
shop        web-1   1/1
other       web-1   1/1
"""
MIXED = """\
NAME        READY
pod/web-1   1/1

NAME                  READY
deployment.apps/web   1/1
widget/w              1/1
bare                  1/1
"""


def _sort(kind, gets=(), descriptions=(), *, rounds=(), api=(), api_lists=None):
    def documents(answers):
        return [Document(query, DocumentForm.KUBECTL, text, query=query) for query, text in answers]

    return sort_kind(
        kind,
        lambda _: "home",
        answers=Answers(documents(gets), documents(descriptions), rounds),
        api=api,
        api_lists=api_lists or {},
    )


def _names(holding):
    return [(key.namespace, key.name) for key in holding.pieces]


def test_listed_objects_keep_their_order():
    """Single objects asked for before the list do not move it."""
    holding = _sort(
        "Pod",
        [
            ("kubectl get pods web-1 -n shop", PODS),
            ("kubectl get pods -n shop", PODS),
            ("kubectl get pods web-9 -n shop", PODS.replace("web-1", "web-9")),
        ],
    )

    assert _names(holding) == [("shop", "web-2"), ("shop", "web-1"), ("shop", "web-9")]
    pieces = holding.pieces[Key("shop", "web-1")]
    assert (len(pieces.listed), len(list(pieces))) == (1, 1)
    assert list(holding.lists) == ["shop"]


def _round(*answers):
    documents = [Document(query, DocumentForm.KUBECTL, text, query=query) for query, text in answers]
    command = parse_command(documents[0].query)
    return Round(command, [(document.query.split()[3], document) for document in documents])


def test_answers_about_listed_objects_are_read_when_asked_for():
    """What waits is known to exist, and what it says is read once."""
    looks = _round(
        ("kubectl get pods web-1 -n shop", PODS),
        ("kubectl get pods web-2 -n shop", "NAME   READY\nother   1/1\n"),
        ("kubectl get pods web-9 -n shop", PODS.replace("web-1", "web-9")),
    )
    details = _round(("kubectl describe pods web-1 -n shop", "Name:  web-1\n\n\nName:  web-10\nNamespace:  shop\n"))
    holding = _sort("Pod", [("kubectl get pods -n shop", PODS)], rounds=[looks, details])
    pieces = holding.pieces[Key("shop", "web-1")]

    assert _names(holding) == [("shop", "web-2"), ("shop", "web-1"), ("shop", "web-9")]
    assert (len(pieces.listed), len(pieces.alone)) == (1, 0)

    assert [piece.rank for piece in pieces] == [Rank.ROW, Rank.DESCRIPTION]
    assert len(list(pieces)) == 2
    assert len(list(holding.pieces[Key("shop", "web-2")])) == 0


def test_descriptions_are_read_before_tables_of_the_object():
    """Whoever asks for a description only leaves the rest waiting."""
    look = _round(("kubectl get pods web-1 -n shop", PODS))
    detail = _round(("kubectl describe pods web-1 -n shop", "Name:  web-1\n"))
    holding = _sort("Pod", [("kubectl get pods -n shop", PODS)], rounds=[look, detail])
    pieces = holding.pieces[Key("shop", "web-1")]

    assert [piece.rank for piece in pieces.descriptions()] == [Rank.DESCRIPTION]
    assert [piece.rank for piece in pieces.alone] == [Rank.DESCRIPTION]
    assert [piece.rank for piece in pieces] == [Rank.DESCRIPTION, Rank.ROW]
    assert len(pieces.descriptions()) == 1


def test_namespace_is_the_column_or_the_command_or_home():
    """A command that names none is about the namespace at hand."""
    assert _names(_sort("Pod", [("kubectl get pods -A", EVERYWHERE)])) == [("shop", "web-1"), ("other", "web-1")]
    assert _names(_sort("Pod", [("kubectl get pods", PODS)]))[0] == ("home", "web-2")
    assert _names(_sort("Pod", [("kubectl get pods -A | grep web-2", "web-2   1/1")])) == []
    assert _names(_sort("Node", [("kubectl get nodes -n shop", "NAME   STATUS\nn1     Ready\n")])) == [("", "n1")]
    assert list(_sort("Node", [("kubectl get nodes", "")]).lists) == [""]


def test_rows_of_several_kinds_are_parted_by_their_prefix():
    """`get all` prints the kind before the name; a row without it could be of any."""
    queries = [("kubectl get all -n shop", MIXED)]

    assert _names(_sort("Pod", queries)) == [("shop", "web-1")]
    assert _names(_sort("Deployment", queries)) == [("shop", "web")]


@pytest.mark.parametrize(
    ("query", "complete"),
    [
        ("kubectl get pods -n shop", True),
        ("kubectl get pods -n shop -o name", True),
        ("kubectl get pods -n shop -l app=web", False),
        ("kubectl get pods -n shop | head", False),
        ("kubectl get pods -n shop a b", False),
        ("kubectl get pods -n shop -o jsonpath={.items}", False),
        ("kubectl top pods -n shop", False),
    ],
)
def test_list_is_complete_when_nothing_narrows_it(query, complete):
    """Only a complete list shows that something is absent."""
    assert bool(_sort("Pod", [(query, PODS)]).lists) is complete


def test_empty_answer_is_a_complete_list():
    """Nothing is an answer; a refusal is none."""
    assert _sort("Pod", [("kubectl get pods -n shop", "No resources found in shop namespace.\n")]).lists
    refused = _sort("Pod", [("kubectl get pods -n shop", "Error from server (Forbidden): no\n")])
    assert (refused.lists, refused.pieces) == ({}, {})


def test_single_object_that_is_not_there_is_absent():
    """The server's word is kept where it stands; a text without the name tells nothing."""
    missing = 'Error from server (NotFound): pods "gone" not found'
    holding = _sort(
        "Pod",
        [
            ("kubectl get pods gone -n shop", missing),
            ("kubectl get pods empty -n shop", ""),
            ("kubectl get pods refused -n shop", "Error from server (Forbidden): no"),
            ("kubectl get pods other -n shop", PODS),
            ("kubectl get pods a b -n shop", f"{PODS}{missing.replace('gone', 'b')}\n"),
            ("kubectl get secret x -n shop", 'Error from server (NotFound): secrets "x" not found'),
        ],
    )

    assert {key.name for key in holding.absent} == {"gone", "b"}
    assert _names(holding) == [("shop", "web-2"), ("shop", "web-1")]


def test_stray_lines_are_no_objects():
    """A name has the form of a name."""
    assert _names(_sort("Pod", [("kubectl get pods -n shop", f"{PODS}*** cut ***   x\n")]))[-1] == ("shop", "web-1")


def test_usage_tables_tell_of_pods_but_not_by_container():
    """A container's row is not a pod's."""
    top = "NAME    CPU(cores)   MEMORY(bytes)\nweb-1   3m           20Mi\n"
    containers = "POD     NAME   CPU(cores)\nweb-1   web    3m\n"

    holding = _sort("Pod", [("kubectl top pods -n shop", top), ("kubectl top pods --containers", containers)])

    ((_, row),) = holding.pieces[Key("shop", "web-1")].listed
    assert row.cells["CPU(cores)"] == "3m"
    assert len(holding.pieces) == 1


def test_objects_printed_whole_are_told_apart():
    """A list of objects is a list; one object is read later."""
    text = json.dumps({"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "a"}}, {"kind": "Node"}]})
    holding = _sort(
        "Pod",
        [("kubectl get pods -n shop -o json", text), ("kubectl get pods b -n shop -o yaml", "kind: Pod\n")],
    )

    found = [(key.name, *pieces) for key, pieces in holding.pieces.items()]
    assert [(name, piece.rank, piece.output) for name, piece in found] == [
        ("a", Rank.API, ""),
        ("b", Rank.API, "yaml"),
    ]
    assert list(holding.lists) == ["shop"]


def test_api_objects_say_their_namespace():
    """One without a name is none; one without a namespace could be anywhere."""
    document = Document("api", DocumentForm.API, "text")
    bodies = [
        {"kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}},
        {"kind": "Pod", "metadata": {"namespace": "shop"}},
        {"kind": "Pod"},
    ]

    assert _names(_sort("Pod", api=[(body, Passage(document)) for body in bodies])) == [("shop", "a")]
    everywhere = json.dumps({"kind": "PodList", "items": [{"metadata": {"name": "a"}}]})
    assert _names(_sort("Pod", [("kubectl get pods -A -o json", everywhere)])) == []


def test_lists_of_the_api_are_complete_too():
    """They say of which namespace they hold all."""
    document = Document("api", DocumentForm.API, "text")

    assert _sort("Pod", api_lists={"shop": document}).lists == {"shop": document}


def test_descriptions_are_parted():
    """Two blank lines and a name begin the next one; data may look like a name."""
    first, second = "Name:         a\nNamespace:    shop\n\nName:  data\n", "Name:         b\nNamespace:    other\n"
    text = f"{first}\n\n{second}"

    everywhere = _sort("Pod", descriptions=[("kubectl describe pods -A", text)])
    named = _sort("Pod", descriptions=[("kubectl describe pods -n shop", text)])

    assert _names(everywhere) == [("shop", "a"), ("other", "b")]
    assert _names(named) == [("shop", "a"), ("shop", "b")]
    (piece,) = named.pieces[Key("shop", "b")]
    assert (piece.rank, piece.passage.text) == (Rank.DESCRIPTION, second)


def test_description_without_namespace_is_at_home():
    """Some kinds do not print it."""
    assert _names(_sort("RoleBinding", descriptions=[("kubectl describe rolebindings", "Name:  r\n")])) == [
        ("home", "r")
    ]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("kubectl describe pods x", 'Error from server (NotFound): pods "x" not found'),
        ("kubectl describe pods x | tail", "Events: <none>"),
        ("kubectl describe pods,nodes", "Name:  a\n"),
        ("kubectl describe pods", "Name:  ***\n"),
        ("kubectl describe pods", "Name:\n"),
    ],
)
def test_text_that_describes_nothing_known_is_left_out(query, text):
    """A fragment, several kinds at once, or no name."""
    assert _names(_sort("Pod", descriptions=[(query, text)])) == []
