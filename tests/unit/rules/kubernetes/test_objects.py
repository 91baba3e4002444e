from fermata.domain.entity import Entity
from fermata.rules.kubernetes.objects import KubeObject, parse_labels, ref_of

POD = {
    "kind": "Pod",
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "labels": {"app": "web"},
        "annotations": {"note": "x"},
        "creationTimestamp": "2026-11-25T11:59:00Z",
        "ownerReferences": [
            {"kind": "Watcher", "name": "w"},
            {"kind": "ReplicaSet", "name": "web", "controller": True},
        ],
    },
    "spec": {"containers": [{"name": "web", "image": "web:1"}], "initContainers": [{"name": "init"}]},
    "status": {
        "containerStatuses": [{"name": "web", "ready": True}, {"name": "ghost", "ready": False}],
        "initContainerStatuses": [{"name": "init", "ready": True}],
    },
}


def _pod(**changes):
    return KubeObject("Pod", "shop", name="web-1", body={**POD, **changes})


def test_path_digs_through_mappings_and_lists():
    """A step is a key or a position; where nothing stands, the default does."""
    pod = _pod()

    assert pod.get("spec", "containers", 0, "image") == "web:1"
    assert pod.get("spec", "containers", -1, "name") == "web"
    assert pod.get("spec", "containers", 5, default="none") == "none"
    assert pod.get("spec", 0, default="none") == "none"
    assert pod.get("metadata", "name", "more", default="none") == "none"
    assert pod.get("spec", "missing") is None
    assert pod.get_map("spec", "containers") == {}
    assert pod.get_maps("spec") == []


def test_controller_comes_before_other_owners():
    """The reference marked as controller is the owner; without one the first that is whole."""
    assert _pod().owner == ("ReplicaSet", "web")
    assert _pod(metadata={"ownerReferences": [{"kind": "Job"}, {"kind": "Job", "name": "j"}]}).owner == ("Job", "j")
    assert _pod(metadata={}).owner is None


def test_containers_carry_their_status():
    """Specification and status of a container are one record; one without a specification still has its status."""
    web, ghost = _pod().containers
    (init,) = _pod().init_containers

    assert (web["image"], web["status"]["ready"]) == ("web:1", True)
    assert ghost == {"name": "ghost", "status": {"name": "ghost", "ready": False}}
    assert init["status"]["ready"] is True


def test_template_of_a_workload_holds_its_pod_specification():
    """A cron job's pods are two templates down."""
    spec = {"containers": [{"name": "a"}]}
    deployment = KubeObject("Deployment", "shop", name="d", body={"spec": {"template": {"spec": spec}}})
    cron = KubeObject(
        "CronJob", "shop", name="c", body={"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}
    )

    assert deployment.pod_spec == cron.pod_spec == spec
    assert [each["name"] for each in deployment.containers] == ["a"]


def test_labels_and_annotations_are_empty_when_unknown():
    """Whoever asks gets a mapping in any case."""
    bare = KubeObject("Pod", "shop", name="web-1")

    assert (bare.labels, bare.annotations, bare.printed, bare.body) == ({}, {}, {}, {})
    assert bare.is_detailed is False
    assert (_pod().labels, _pod().annotations) == ({"app": "web"}, {"note": "x"})


def test_ref_and_entity_name_the_same():
    """An object's ref is its entity's, also where characters had to go."""
    for kind, namespace, name in (("Pod", "shop", "web-1"), ("ClusterRole", "", "system:node"), ("Node", "", "*")):
        item = KubeObject(kind, namespace, name=name)

        assert item.entity.ref == item.ref == ref_of(kind, namespace, name)
    assert _pod().entity == Entity(kind="pod", name="web-1", system="kubernetes", namespace="shop")
    assert repr(_pod()) == "<kubernetes:pod/shop/web-1>"


def test_age_is_printed_or_counted(applied):
    """Without an AGE column it is the time between creation and capture."""
    pod = applied(POD).find("Pod", "web-1")

    assert pod.age_s == 60
    assert _pod(printed={"AGE": "5m"}).age_s == 300
    assert _pod().age_s is None
    assert KubeObject("Pod", "shop", name="x").created_at is None


def test_pod_without_creation_was_created_when_it_started():
    """Descriptions of pods print the start only."""
    pod = _pod(metadata={}, status={"startTime": "2026-11-25T11:58:00+00:00"})

    assert pod.created_at.minute == 58


def test_documents_are_named_once(printed):
    """The sources of an object are told in order of detail."""
    cluster = printed(
        {
            "kubectl get pods -n shop": "NAME    READY   STATUS\nweb-1   1/1     Running\n",
            "kubectl describe pod web-1 -n shop": "Name: web-1\nNamespace: shop\n",
        }
    )

    pod = cluster.find("Pod", "web-1")

    assert [each.key for each in pod.documents] == ["kubectl describe pod web-1 -n shop", "kubectl get pods -n shop"]
    assert pod.is_detailed


def test_labels_are_read_from_pairs():
    """Text without equalities gives none."""
    assert parse_labels("a=b, c=,d") == {"a": "b", "c": ""}
    assert parse_labels("<none>") == {}
