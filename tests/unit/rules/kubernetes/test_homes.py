"""`kubectl get -n shop` prints no namespace: what else was captured tells it."""

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.captures import Captures

PODS = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          5m\n"
DESCRIBED = "Name:             {}\nNamespace:        {}\nPriority:         0\n"
EVERYWHERE = (
    "NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE\nshop        web-1   1/1     Running   0          5m\n"
)
EVENTS = (
    "NAMESPACE   LAST SEEN   TYPE      REASON    OBJECT      MESSAGE\n"
    "shop        2m          Warning   BackOff   pod/web-1   Back-off restarting failed container\n"
)
MORE = ("kubectl describe pod other -n payments", DESCRIBED.format("other", "payments"))


def _find(*answers, name="web-1", kind="Pod"):
    documents = [
        answer if isinstance(answer, Document) else Document(f"{at}", DocumentForm.KUBECTL, answer[1], query=answer[0])
        for at, answer in enumerate(answers)
    ]
    return {key.namespace for key in Captures(documents).of(kind).pieces if key.name == name}


def _make_api(*, name="web-1", **metadata):
    body = {"kind": "Pod", "metadata": {"name": name, **metadata}}
    return Document("api", DocumentForm.API, "", objects=(body, {"kind": "Pod"}, {"kind": "Pod", "metadata": {}}))


@pytest.mark.parametrize(
    "telling",
    [
        ("kubectl describe pod web-1 -n shop", DESCRIBED.format("web-1", "shop")),
        ("kubectl describe pods", DESCRIBED.format("web-1", "shop")),
        ("kubectl get pods -A", EVERYWHERE),
        ("kubectl get events -A", EVENTS),
        ("kubectl get pods -n shop", PODS),
        _make_api(namespace="shop"),
    ],
    ids=["description", "stated", "list of all", "events", "list", "object"],
)
def test_answer_without_a_namespace_is_where_its_names_are_known(telling):
    """Beside another namespace as well: a row in `default` would be another pod."""
    assert _find(("kubectl get pods", PODS), telling, MORE) == {"shop"}


@pytest.mark.parametrize(
    "telling",
    [
        [("kubectl describe pod web-1 -n stage", DESCRIBED.format("web-1", "stage"))],
        [],
    ],
    ids=["in two", "in none"],
)
def test_names_of_several_namespaces_or_of_none_tell_nothing(telling):
    """Nobody can tell then."""
    known = ("kubectl describe pod web-1 -n shop", DESCRIBED.format("web-1", "shop")) if telling else MORE
    more = ("kubectl describe pod third -n third", DESCRIBED.format("third", "third"))

    assert "default" in _find(("kubectl get pods", PODS), known, more, *telling)


def test_only_namespace_that_commands_name_is_taken():
    """Whoever asks about one namespace asks about that one all the time."""
    assert _find(("kubectl get pods", PODS), MORE) == {"payments"}


def test_object_asked_for_by_name_is_found_likewise():
    """The command's own words name it."""
    yaml = ("kubectl get pod web-1 -o yaml", "kind: Pod\nmetadata:\n  name: web-1\n")

    assert _find(yaml, ("kubectl get pods -A", EVERYWHERE), MORE) == {"shop"}
