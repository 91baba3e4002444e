import json
from datetime import UTC, datetime

import pytest

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.captures import Captures
from fermata.rules.kubernetes.events import EventRef, join_events
from fermata.rules.kubernetes.gathering import EventBook, gather_logs

ROW = "16m   Warning   Failed   pod/web-1   no\n"
DESCRIPTION = """\
Name:         web-1
Namespace:    shop
Events:
  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  BackOff  2m    kubelet  again
"""
EVENT = {
    "kind": "Event",
    "message": 'say "no"',
    "metadata": {"name": "e", "managedFields": [{"fieldsV1": {"f:message": {}}}]},
    "reason": "Failed",
    "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
}


def _captures(*answers):
    return Captures(Document(query, DocumentForm.KUBECTL, text, query=query) for query, text in answers)


def _events(captures):
    return join_events(EventBook(captures, lambda: None).everything())


def _seen(events):
    return [(event.reason, tuple(event.ref), event.quote.document) for event in events]


def test_events_of_every_source_are_joined():
    """Tables, descriptions and objects tell of the same events."""
    captures = _captures(
        ("kubectl get events -n shop", ROW),
        ("kubectl events -n shop", ROW),
        ("kubectl describe pods web-1 -n shop", DESCRIPTION),
        ("kubectl describe deploy web -n shop", "Name: web\nEvents:  <none>\n"),
        ("kubectl get pods -n shop", "NAME   READY\nweb-1   1/1\n"),
    )

    assert _seen(_events(captures)) == [
        ("Failed", ("Pod", "shop", "web-1"), "kubectl get events -n shop"),
        ("BackOff", ("Pod", "shop", "web-1"), "kubectl describe pods web-1 -n shop"),
    ]


def test_events_are_read_for_one_object():
    """Others are not even looked at; the objects that tables tell of are known before."""
    captures = _captures(
        ("kubectl get events -n shop", f"{ROW}rest of a message\n3m   Normal   Pulled   pod/web-2   yes\n"),
        ("kubectl describe pods web-1 -n shop", DESCRIPTION),
    )
    book = EventBook(captures, lambda: None)

    assert [event.reason for event in book.about(EventRef("Pod", "shop", "web-1"))] == ["Failed", "BackOff"]
    assert [event.reason for event in book.about(EventRef("Pod", "shop", "web-2"))] == ["Pulled"]
    assert book.about(EventRef("Service", "shop", "web")) == []
    assert [ref.name for ref in book.refs] == ["web-1", "web-2"]


def test_many_objects_get_the_same_events_as_few():
    """Whether rows are searched or all told apart, each object gets its own."""
    names = [f"web-{number}" for number in range(40)]
    rows = "".join(f"16m   Warning   Failed   pod/{name}   of {name}\n" for name in names)
    book = EventBook(_captures(("kubectl get events -n shop", rows)), lambda: None)

    told = [book.about(EventRef("Pod", "shop", name)) for name in names]

    assert [[event.message for event in events] for events in told] == [[f"of {name}"] for name in names]


def test_instants_of_the_api_become_ages():
    """They are counted back from the capture."""
    captures = _api("message: x", {**EVENT, "lastTimestamp": "2026-11-25T11:59:00Z"})

    (event,) = EventBook(captures, lambda: datetime(2026, 11, 25, 12, 0, tzinfo=UTC)).everything()

    assert event.last_s == 60


def test_namespace_of_a_table_is_its_column_or_its_command():
    """A row of all namespaces says its own."""
    captures = _captures(("kubectl get events -A", f"shop   {ROW}"), ("kubectl get events", ROW))

    assert {event.ref.namespace for event in _events(captures)} == {"shop", "default"}


PODS = """\
NAMESPACE   NAME    READY   STATUS
shop        web-1   0/1     Running
shop        db-0    1/1     Running
stage       web-1   0/1     Running
default     job-1   0/1     Running
"""


@pytest.mark.parametrize(
    ("rows", "command", "namespace"),
    [
        ("1m  Warning  Failed  pod/web-1  no\n1m  Warning  Failed  pod/db-0  no\n", "", "shop"),
        ("1m  Warning  Failed  pod/web-1  no\n", "", "default"),
        ("1m  Warning  Failed  pod/web-1  no\n1m  Warning  Failed  pod/gone-1  no\n", "", "default"),
        ("1m  Warning  Failed  pod/db-0  no\n1m  Warning  Failed  pod/job-1  no\n", "", "default"),
        ("1m  Warning  NodeNotReady  node/n1  no\n1m  Warning  Failed  pod/db-0  no\n", "", "shop"),
        ("1m  Warning  Failed  pod/db-0  no\n", " -n stage", "stage"),
    ],
    ids=["what one has", "what two have", "what is gone", "what the default has", "beside a node", "told"],
)
def test_events_without_a_namespace_are_of_the_only_one_that_has_what_they_name(rows, command, namespace):
    """Two namespaces may hold the same names: then it is not said which one is meant, unless a name is in one alone."""
    captures = _captures(("kubectl get pods -A", PODS), (f"kubectl get events{command}", rows))

    events = _events(captures)

    assert {event.ref.namespace for event in events if event.ref.kind == "Pod"} == {namespace}
    assert {event.ref.namespace for event in events if event.ref.kind == "Node"} <= {""}


@pytest.mark.parametrize(
    ("about", "own", "namespace"),
    [
        ({"kind": "Pod", "name": "web-1"}, {"namespace": "stage"}, "stage"),
        ({"kind": "Pod", "name": "db-0"}, {}, "shop"),
        ({"kind": "Pod", "name": "web-1"}, {}, "default"),
        ({"kind": "Pod", "name": "db-0"}, None, "shop"),
        ({"kind": "Node", "name": "n1"}, {"namespace": "default"}, ""),
        ({"kind": "Pod", "name": "web-1", "namespace": "shop"}, {"namespace": "stage"}, "shop"),
    ],
)
def test_event_of_the_api_lies_beside_what_it_is_about(about, own, namespace):
    """Where it does not say of which namespace that is; one of a node lies anywhere."""
    pods = Document("pods", DocumentForm.KUBECTL, PODS, query="kubectl get pods -A")
    body = {"kind": "Event", "metadata": own, "reason": "Failed", "message": "no", "involvedObject": about}

    (event,) = _events(Captures([pods, Document("e", DocumentForm.API, json.dumps(body), objects=(body,))]))

    assert event.ref.namespace == namespace


def test_log_without_a_namespace_is_of_the_pod_of_that_name():
    """As its command would have found it."""
    (log,) = gather_logs(_captures(("kubectl get pods -A", PODS), ("kubectl logs db-0", "x")))

    assert log.namespace == "shop"


def test_wide_rows_have_more_columns():
    """Without their header they are read by their kind's."""
    row = "1m   Warning   Failed   pod/web-1   spec   kubelet, n1   no   10m   4   web-1.17\n"

    (event,) = _events(_captures(("kubectl get events -n shop -o wide", row)))

    assert (event.count, event.component, event.message) == (4, "kubelet", "no")


def test_events_printed_whole_are_read():
    """Events about nothing are left out; refusals hold none."""
    text = json.dumps({"kind": "EventList", "items": [EVENT, {"kind": "Event"}]}, indent=2)

    captures = _captures(
        ("kubectl get events -n shop -o json", text),
        ("kubectl get events -n other", "Error from server (Forbidden): no"),
    )

    (event,) = _events(captures)
    assert event.message == 'say "no"'
    assert event.quote.text.strip() == r'"message": "say \"no\"",'


def _api(text, *objects):
    return Captures([Document("api", DocumentForm.API, text, objects=objects)])


def test_event_of_the_api_is_quoted_by_its_message():
    """The message tells most; without its line the reason's is quoted, without any text nothing."""
    no_message = {key: value for key, value in EVENT.items() if key != "message"}

    (yaml,) = _events(_api("involvedObject:\n  name: web-1\nmessage: say no\nreason: Failed\n", EVENT))
    (bare,) = _events(_api("kind: Event\nreason: Failed", no_message))
    (none,) = _events(_api("kind: Event", EVENT))

    assert (yaml.quote.line, yaml.quote.text) == (3, "message: say no")
    assert bare.quote.text == "reason: Failed"
    assert none.quote is None
    assert _events(_api("kind: Event", {"kind": "Event"})) == ()


def test_each_event_of_a_list_is_quoted_by_its_own_message():
    """The message stands before the name in YAML."""
    second = {**EVENT, "message": "say yes", "reason": "Other", "metadata": {"name": "f"}}
    text = "items:\n- message: say no\n  metadata:\n    name: e\n- message: say yes\n  metadata:\n    name: f\n"

    events = _events(_api(text, {"kind": "EventList", "items": [EVENT, second]}))

    assert [event.quote.text for event in events] == ["- message: say no", "- message: say yes"]


def test_logs_are_answers_of_their_command():
    """A log is its target's; what names nobody, or was refused, is none."""
    captures = _captures(
        ("kubectl logs web-1 -n shop -c web --previous", "a\n"),
        ("kubectl logs deploy/web", "b\n"),
        ("kubectl logs -l app=web -n shop", "c\n"),
        ("kubectl logs web-2 -n shop", "Error from server (BadRequest): waiting to start"),
        ("kubectl get pods -n shop", ""),
    )

    logs = gather_logs(captures)

    assert [(log.namespace, log.pod, log.container, log.previous, log.text) for log in logs] == [
        ("shop", "web-1", "web", True, "a\n"),
        ("shop", "web", "", False, "b\n"),
    ]
