"""What was rolled out, by the templates of two revisions that follow on each other."""

import copy

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.rollouts import read_rollouts


def replica_set(number, at, size, **metadata):
    """Give the ReplicaSet of one revision."""
    container = {"name": "checkout", "env": [{"name": "DB_POOL_SIZE", "value": size}]}
    labels = {"app": "checkout", "pod-template-hash": f"h{number}"}
    own = {
        "name": f"checkout-h{number}",
        "namespace": "shop",
        "creationTimestamp": f"2026-11-23T{at}:00Z",
        "annotations": {"deployment.kubernetes.io/revision": str(number)},
        "ownerReferences": [{"kind": "Deployment", "name": "checkout"}],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": own | metadata, "spec": {"template": template}}


def listed(*items):
    """Give them as `kubectl get replicasets -o json` does."""
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


@pytest.fixture
def read(folder):
    """Give a function that reads objects beside an alert and gives what was rolled out."""

    def run(name, content):
        folder.write("alerts/a.json", {"title": "slow", "service": "checkout", "started_at": "2026-11-23T12:04:00Z"})
        folder.write(name, content)
        return folder.list_evidence(EvidenceKind.CHANGE)

    return run


def test_difference_of_two_revisions_was_rolled_out(read, texts):
    """With the time at which the later one's set was made, and nothing of what a cluster counts."""
    (item,) = read("objects/rs.json", listed(replica_set(7, "11:58", "4"), replica_set(6, "09:00", "40")))

    assert (item.facts["id"], item.facts["kind"]) == ("shop/deployment/checkout@7", "rollout")
    assert (item.facts["changed_at"], item.facts["service"]) == ("2026-11-23T11:58:00Z", "checkout")
    changed = [line for line in texts(item) if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert [line for line in changed if line] == ['-      value: "40"', '+      value: "4"']


def test_revision_that_was_rolled_back_to_has_no_time(read):
    """Its set was made long before."""
    (item,) = read("objects/rs.json", listed(replica_set(8, "09:00", "40"), replica_set(7, "11:58", "4")))

    assert (item.facts["id"], item.facts["is_dated"]) == ("shop/deployment/checkout@8", False)
    assert item.facts["title"].endswith("rolled back to what ran before")


def test_last_steps_are_told(read):
    """What was rolled out long ago is no news."""
    items = [replica_set(number, f"0{number}:00", str(number)) for number in range(1, 7)]

    found = [item.facts["ref"] for item in read("objects/rs.json", listed(*items))]

    assert found == ["revision 4", "revision 5", "revision 6"]


@pytest.mark.parametrize(
    "other",
    [
        replica_set(6, "09:00", "4"),
        replica_set(6, "09:00", "40", namespace="other"),
        replica_set(6, "09:00", "40", ownerReferences=[]),
        replica_set(6, "09:00", "40", annotations={}),
        replica_set("6" * 5000, "09:00", "40"),
        replica_set(6, "09:00", "40") | {"kind": "Pod"},
        replica_set(6, "09:00", "40") | {"spec": {}},
    ],
)
def test_what_is_no_step_tells_none(read, other):
    """Of another workload, of none, or no other template."""
    assert read("objects/rs.json", listed(replica_set(7, "11:58", "4"), copy.deepcopy(other))) == []


PART = """\
$ kubectl rollout history deployment/checkout -n shop --revision={}
deployment.apps/checkout with revision #{}
Pod Template:
  Labels:\tapp=checkout
\tpod-template-hash=h{}
  Annotations:\tkubernetes.io/change-cause: kubectl apply --filename=deploy{}.yaml
  Containers:
   checkout:
    Environment:
      DB_POOL_SIZE:\t{}
"""


def printed(number, size):
    """Give what kubectl prints of one revision."""
    return PART.format(number, number, number, number, size)


def test_printed_revisions_are_compared(read):
    """Nobody says when."""
    (item,) = read("objects/s.txt", printed(6, 40) + printed(7, 4) + "$ kubectl get pods\n")

    assert (item.facts["id"], item.facts["is_dated"]) == ("shop/deployment/checkout@7", False)
    assert [line.text for line in item.lines][-2:] == ["-      DB_POOL_SIZE: 40", "+      DB_POOL_SIZE: 4"]


def test_printed_revisions_with_one_between_are_no_step():
    """Which of the two changed it nobody knows."""
    assert read_rollouts((printed(5, 40) + printed(7, 4)).split("\n"), "a") == []
    assert read_rollouts(printed(7, 4).replace(" -n shop", "").split("\n"), "a") == []


@pytest.mark.parametrize(
    ("image", "sha"),
    [("shop/checkout:9f1c2ab", "9f1c2ab"), ("shop/checkout:2.4.1", ""), ("shop/checkout:deadbeef", "")],
)
def test_image_may_name_its_commit(image, sha):
    """Which is known by its digits from a word."""
    first, second = printed(6, 40), printed(7, 40) + f"    Image:\t{image}\n"

    (change,) = read_rollouts((first + "    Image:\tshop/checkout:1\n" + second).split("\n"), "a")

    assert change.sha == sha
