from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.captures import Captures


def _captures(*answers):
    return Captures(Document(query, DocumentForm.KUBECTL, text, query=query) for query, text in answers)


def test_documents_are_found_by_verb_and_kind():
    """Words, lists of kinds, slashes and flags before the verb lead to one place."""
    captures = _captures(
        ("kubectl get po -n shop", ""),
        ("kubectl get pods,svc -n shop", ""),
        ("kubectl get pod/a -n shop", ""),
        ("kubectl -n shop get pods", ""),
        ("k get all -n shop", ""),
        ("kubectl get widgets", ""),
        ("kubectl version", ""),
        ("kubectl get pods", ""),
    )

    assert len(captures.by_kind["get", "Pod"]) == 6
    assert len(captures.by_kind["get", "Service"]) == 2
    assert ("get", "Widget") not in captures.by_kind


def test_commands_given_for_one_object_after_the_other_make_a_round():
    """All that differs is the name; `get` comes first, and what is piped, or asks for more, is no such command."""
    captures = _captures(
        ("kubectl describe pods a -n shop", "describe"),
        ("kubectl get po a -n shop", ""),
        ("kubectl get po b -n shop", ""),
        ("kubectl get po b -n other", ""),
        ("kubectl get po b c -n shop", ""),
        ("kubectl get po b | grep b", ""),
        ("kubectl get widgets b", ""),
    )

    rounds = captures.rounds["Pod"]

    assert [(each.command.verb, each.command.namespace, [name for name, _ in each.answers]) for each in rounds] == [
        ("get", "shop", ["a", "b"]),
        ("get", "other", ["b"]),
        ("describe", "shop", ["a"]),
    ]
    assert [document.query for document in captures.by_kind["get", "Pod"]] == [
        "kubectl get po b c -n shop",
        "kubectl get po b | grep b",
    ]
    assert [document.text for document in captures.answers("describe", "Pod")] == ["describe"]
    assert list(captures.described) == ["Pod"]


def test_kind_is_sorted_once():
    """Whoever asks again gets the same."""
    captures = _captures(("kubectl get pods -n shop", "NAME   READY\na      1/1\n"))

    assert captures.of("Pod") is captures.of("Pod")
    assert captures.of("Widget").pieces == {}


def test_home_is_the_only_namespace_named():
    """Where several are named, a command without one means the default."""
    one = _captures(("kubectl get pods -n shop", ""), ("kubectl get svc --namespace=shop", ""), ("kubectl get cm", ""))
    two = _captures(("kubectl get pods -n shop", ""), ("kubectl get pods -n other", ""))

    assert (one.home, two.home, _captures().home) == ("shop", "default", "default")
    assert _captures(("kubectl get pods some-name", "")).home == "default"


def test_refusals_are_told_with_their_answers():
    """Only the first line of an answer is kept."""
    captures = _captures(
        ("kubectl get secrets", "Error from server (Forbidden): no\nmore\n"),
        ("kubectl get pods", "NAME\n"),
    )
    text = Document("log", DocumentForm.TEXT, "Error: no")

    assert [(document.query, answer) for document, answer in captures.refusals] == [
        ("kubectl get secrets", "Error from server (Forbidden): no")
    ]
    assert Captures([text]).refusals == ()


def test_complete_lists_of_the_api_are_found():
    """By kind and namespace; the first of several is quoted."""
    body = {"kind": "List", "items": [{"kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}}]}
    first, second = (Document(key, DocumentForm.API, "text", objects=(body,)) for key in ("one", "two"))

    captures = Captures([first, second])

    assert captures.api_lists == {"Secret": {"shop": first}}
    assert captures.of("Secret").lists == {"shop": first}


def test_objects_of_the_api_are_found_by_kind():
    """Lists are taken apart; printed text holds none."""
    body = {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "a"}}, {"kind": "Node"}]}
    captures = Captures(
        [
            Document("api", DocumentForm.API, "text", objects=(body,)),
            Document("get", DocumentForm.KUBECTL, "text", query="kubectl get pods"),
        ]
    )

    assert list(captures.api_objects) == ["Pod", "Node"]
    assert [key.name for key in captures.of("Pod").pieces] == ["a"]
