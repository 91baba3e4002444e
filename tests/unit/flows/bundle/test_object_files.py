"""Kubernetes objects and printed text: the shape that readers of a cluster expect, with the file's own lines."""

import json

import pytest

from fermata.domain.evidence import EvidenceKind

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: cart-1, namespace: shop, creationTimestamp: 2026-11-23T12:00:00Z}
spec:
  containers:
    - name: cart
      env:
        - {name: DB_PASSWORD, value: correct-horse-7}
        - {name: MODE, value: fast}
      envFrom: [{secretRef: {name: cart-secrets}}]
"""
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "aHVudGVyMg=="}}
DESCRIBED = """\
Name:         cart-1
Namespace:    shop
Containers:
  cart:
    State:  Running


Name:              cart
Namespace:         shop
Selector:          app=cart
Type:              ClusterIP
Endpoints:         10.0.0.1:80
Session Affinity:  None
"""


def get_object(folder, name, content):
    """Give the one piece of evidence of objects of a file."""
    folder.write(name, content)
    return folder.get_only(EvidenceKind.OBJECTS)


def test_object_of_the_api_keeps_its_text_and_shape(folder, texts):
    """Lines are the file's; facts hold the object, times as text."""
    item = get_object(folder, "objects/cart.yaml", POD)

    (pod,) = item.facts["objects"]
    assert item.facts["form"] == "api"
    assert (item.entity.ref, item.query) == ("kubernetes:pod/shop/cart-1", "objects/cart.yaml")
    assert texts(item)[1] == "kind: Pod"
    assert pod["metadata"]["creationTimestamp"] == "2026-11-23T12:00:00Z"


def test_secret_value_goes_and_its_reference_stays(folder):
    """A password in a variable is hidden; the name of a Secret that is missing may be the cause."""
    item = get_object(folder, "objects/cart.yaml", POD)

    (container,) = item.facts["objects"][0]["spec"]["containers"]
    assert "correct-horse-7" not in str(item.to_json())
    assert container["env"][1] == {"name": "MODE", "value": "fast"}
    assert container["envFrom"] == [{"secretRef": {"name": "cart-secrets"}}]


@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        {"kind": "List", "apiVersion": "v1", "items": [SECRET]},
        {"kind": "SecretList", "apiVersion": "v1", "items": [{"metadata": {"name": "s"}, "data": SECRET["data"]}]},
    ],
)
def test_data_of_secrets_is_never_kept(folder, content):
    """Neither in the lines nor in the facts; that the key exists is known."""
    item = get_object(folder, "objects/s.json", json.dumps(content, indent=1))

    assert "aHVudGVyMg" not in str(item.to_json())
    assert "password" in str(item.facts)


def test_several_documents_and_lists_are_one_piece(folder):
    """A list stays one: that it holds no more says that there is no more."""
    listed = {"apiVersion": "v1", "kind": "PodList", "items": []}
    folder.write("objects/a.json", [listed, SECRET])
    folder.write("objects/b.yaml", POD + "---\n" + POD)

    first, second = folder.list_evidence(EvidenceKind.OBJECTS)

    assert [item["kind"] for item in first.facts["objects"]] == ["PodList", "Secret"]
    assert len(second.facts["objects"]) == 2
    assert first.entity.ref == "kubernetes:cluster/cluster"


def test_object_on_one_long_line_is_written_anew(folder):
    """A list on one line cannot be quoted from; that the lines are ours is said."""
    pods = [{"kind": "Pod", "metadata": {"name": f"pod-{n}"}, "status": {"phase": "Running"}} for n in range(100)]

    item = get_object(folder, "objects/pods.json", {"kind": "PodList", "apiVersion": "v1", "items": pods})

    assert len(item.lines) > 500
    assert "written anew" in item.cut


def test_described_objects_are_told_apart_by_kind(folder):
    """Each gets the command that prints it, and keeps its line numbers in the file."""
    folder.write("objects/all.txt", DESCRIBED)

    pod, service = folder.list_evidence(EvidenceKind.OBJECTS)

    assert (pod.query, service.query) == (
        "kubectl describe pod cart-1 -n shop",
        "kubectl describe service cart -n shop",
    )
    assert (pod.lines[0].number, service.lines[0].number) == (1, 8)
    assert (service.entity.ref, service.facts["form"]) == ("kubernetes:service/shop/cart", "kubectl")
    assert service.title.startswith("objects/all.txt: ")


def test_unknown_description_and_other_text_are_kept_as_text(folder):
    """Nothing is thrown away for not being known."""
    folder.write("objects/a.txt", "Name:  x\nColour:  red\n")
    folder.write("objects/b.txt", "the cluster feels slow\n")

    assert [item.query for item in folder.list_evidence(EvidenceKind.TEXT)] == ["objects/a.txt", "objects/b.txt"]


def test_event_without_its_kind_is_an_event(folder):
    """As tools write them that take the kind for granted."""
    event = {"involvedObject": {"kind": "Pod", "name": "cart-1"}, "reason": "BackOff", "message": "m"}

    item = get_object(folder, "events/e.json", {"items": [event]})

    assert item.facts["objects"][0]["kind"] == "Event"


def test_event_of_a_provider_is_a_point_in_time(folder):
    """It began and ended then, so that nobody takes it for an outage that lasts."""
    event = {"time": "2026-11-23T12:00:00Z", "source": "orders-db", "message": "Failover", "categories": ["failover"]}
    folder.write("events/e.json", [event])

    item = folder.get_only(EvidenceKind.PROVIDER_STATUS)

    (entry,) = item.facts["events"]
    assert (entry["service"], entry["status"], entry["title"]) == ("orders-db", "failover", "Failover")
    assert entry["started_at"] == entry["resolved_at"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("objects/a.json", {"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"}, "forbidden"),
        ("objects/a.json", [3], "an object is a mapping"),
        ("objects/a.yaml", "a: [", "not YAML"),
        ("objects/a.yaml", "kind: Secret\ndata: {a: b\n", "cannot be taken apart"),
        ("kubectl.json", [1], "no mapping of commands"),
        ("kubectl.json", {"kubectl get pods": 3}, "is no text"),
        ("kubectl.json", "{", "not JSON"),
        ("kubectl.json", {"kubectl get secret x -o yaml": "kind: Secret\ndata: {a: b\n"}, "cannot be taken apart"),
    ],
)
def test_what_cannot_be_used_is_named(folder, name, content, reason):
    """A refusal of the cluster is a gap, and so is text that may hide a Secret's data."""
    folder.write("logs/a.log", "x\n")
    folder.write(name, content)

    bundle = folder.read()

    assert [item.kind for item in bundle.evidence] == [EvidenceKind.LOGS]
    assert name in bundle.warnings[0]
    assert reason in bundle.warnings[0]


def test_record_of_no_known_shape_is_text(folder):
    """Its fields can still be cited."""
    folder.write("objects/a.json", {"colour": "red"})

    assert '"colour": "red"' in str(folder.get_only(EvidenceKind.TEXT).lines)


def test_commands_are_evidence_each(folder, texts):
    """The query is the command; an empty text says that it printed nothing."""
    folder.write(
        "kubectl.json",
        {
            "kubectl get pods -n shop | grep cart": "cart-1   1/1   Running   0   3h\r\n",
            "kubectl get pvc -n shop": "",
            "kubectl get svc -A": None,
            "kubectl get nodes -o json": {"kind": "NodeList", "items": []},
            "kubectl describe node n1": ["Name:  n1", "Taints:  <none>"],
        },
    )

    pods, pvc, services, nodes, node = folder.list_evidence(EvidenceKind.OBJECTS)

    assert texts(pods) == ["cart-1   1/1   Running   0   3h"]
    assert (pods.entity.ref, services.entity.ref) == ("kubernetes:namespace/shop", "kubernetes:cluster/cluster")
    assert (texts(pvc), pvc.facts["form"]) == ([], "kubectl")
    assert texts(nodes)[0] == "{"
    assert (node.entity.ref, len(node.lines)) == ("kubernetes:node/n1", 2)


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("kubectl get secret db -o jsonpath={.data.password}", "aHVudGVyMg=="),
        ("kubectl get secret db -n shop -o yaml", "apiVersion: v1\ndata:\n  p: aHVudGVyMg==\nkind: Secret\n"),
    ],
)
def test_printed_secrets_are_dropped(folder, command, printed):
    """A command on a Secret's values keeps none of them."""
    folder.write("kubectl.json", {command: printed})

    item = folder.get_only(EvidenceKind.OBJECTS)

    assert "aHVudGVyMg" not in str(item.to_json())
    assert item.query == command


def test_secret_in_a_session_costs_its_own_command_only(folder):
    """Its data is dropped; where it cannot be told apart, that command's text is."""
    folder.write(
        "objects/session.txt",
        "$ kubectl get secret a -o yaml\napiVersion: v1\ndata:\n  p: aHVudGVyMg==\nkind: Secret\n"
        "$ kubectl get secret b -o yaml\nkind: Secret\ndata: {p: aHVudGVyMg==\n"
        "$ kubectl get ns\nNAME   STATUS   AGE\nshop   Active   3h\n",
    )

    bundle = folder.read()

    assert [item.query for item in bundle.evidence] == ["kubectl get secret a -o yaml", "kubectl get ns"]
    assert "aHVudGVyMg" not in str([item.to_json() for item in bundle.evidence])
    assert bundle.evidence[0].lines[0].number == 2
    assert "objects/session.txt:7: kubectl get secret b -o yaml" in bundle.warnings[0]


def test_coloured_session_is_read_and_its_commands_are_redacted(folder):
    """Colours are no part of what was printed; a token that was typed is no part of a bundle."""
    folder.write(
        "objects/s.txt",
        "\x1b[32mdana@m1\x1b[0m:~$ kubectl get pods -n a --token=f81d4fae7dec11d0a76500a0c91e6bf6\n"
        "\x1b[1mNAME\x1b[0m   READY   STATUS    RESTARTS   AGE\nx   1/1   Running   0   3h\n",
    )

    (item,) = folder.list_evidence("objects")

    assert item.lines[0].text.startswith("NAME   READY")
    assert item.query.startswith("kubectl get pods -n a --token=")
    assert "f81d4fae" not in str(item.to_json())


def test_table_of_file_systems_is_understood(folder):
    """It is kept as lines, in which what is full is found."""
    table = "Filesystem  Size  Used  Avail  Use%  Mounted on\n/dev/sdb1  50G  50G  0  100%  /var\n"
    folder.write("objects/a.txt", table)
    folder.write("objects/b.txt", f"$ kubectl get ns\nNAME  STATUS  AGE\na  Active  3h\n$ df\n{table}one\n")

    assert folder.read().warnings == ()


def test_text_that_nobody_understands_is_kept_and_said(folder):
    """The reader learns that it was not looked into."""
    folder.write("objects/a.txt", "the pods are slow\n")
    folder.write("objects/b.txt", "$ kubectl get ns\nNAME  STATUS  AGE\na  Active  3h\n$ cat x\none\ntwo\nthree\n")

    bundle = folder.read()

    assert bundle.warnings == (
        "objects/a.txt: this text was not understood; kept as lines",
        "objects/b.txt:5: this text was not understood; kept as lines",
    )
    assert [item.kind.value for item in bundle.evidence] == ["text", "objects", "text"]


def test_description_without_its_beginning_is_named_by_its_command(folder, texts):
    """A pipe took the name out; the rest still says what happened, and the report that something is missing."""
    folder.write("objects/t.txt", "$ kubectl -n a describe pod x | tail -3\nContainers:\n  x:\n")

    item = folder.get_only("objects")

    assert texts(item) == ["Name:  x", "Containers:", "  x:"]
    assert [line.number for line in item.lines] == [1, 2, 3]
    assert item.cut == "a pipe took the beginning of this description: what stood there is not known"


def test_piped_description_of_several_is_left_as_it_is(folder, texts):
    """Nobody knows whose the rest is."""
    folder.write("kubectl.json", {"kubectl describe pods | tail -3": "Events:  <none>"})

    assert texts(folder.get_only("objects")) == ["Events:  <none>"]
