"""The rollout history of a workload, and its differences."""

import pytest

from fermata.integrations.kubernetes.digging import Owner
from fermata.integrations.kubernetes.revisions import compare, find_start, list_added, list_revisions, list_told

CHECKOUT = Owner("Deployment", "checkout")


def make_template(image="shop/checkout:1.4", memory="128Mi", env=(), annotations=None, **more):
    """Give a pod template."""
    variables = [{"name": name, "value": value} for name, value in env]
    container = {"name": "app", "image": image, "resources": {"limits": {"memory": memory}}, "env": variables, **more}
    labels = {"app": "checkout", "pod-template-hash": "abc"}
    return {"metadata": {"labels": labels, "annotations": annotations or {}}, "spec": {"containers": [container]}}


def make_set(name, number, template, *, created="2026-11-25T10:00:00Z", owner="checkout", **annotations):
    """Give a replica set that keeps a revision."""
    keys = {"deployment.kubernetes.io/revision": str(number)} | annotations
    owners = [{"kind": "Deployment", "name": owner, "controller": True}]
    metadata = {"name": name, "creationTimestamp": created, "annotations": keys, "ownerReferences": owners}
    return {"kind": "ReplicaSet", "metadata": metadata, "spec": {"template": template}}


def list_two(before, after, **changes):
    """Give two revisions of the checkout."""
    later = {"created": "2026-11-25T11:00:00Z"} | changes
    return list_revisions(CHECKOUT, [make_set("b", 2, after, **later), make_set("a", 1, before)])


def compare_two(before, after):
    """Compare two templates."""
    return compare(*list_two(before, after), "shop/deployment/checkout.yaml")


def test_revisions_are_those_of_the_workload_oldest_first():
    """Others of the namespace are left out; hashes are no difference."""
    sets = [make_set("b", 10, make_template("v2")), make_set("a", 9, make_template()), make_set("c", 1, {}, owner="x")]

    found = list_revisions(CHECKOUT, sets)

    assert [(each.number, each.holder, each.images) for each in found] == [
        (9, "a", ("shop/checkout:1.4",)),
        (10, "b", ("v2",)),
    ]
    assert "pod-template-hash" not in str(found[0].template)


def test_controller_revisions_are_read_alike():
    """Of a stateful set, the template lies under `data`."""
    owners = [{"kind": "StatefulSet", "name": "db", "controller": True}]
    held = {
        "kind": "ControllerRevision",
        "metadata": {"name": "db-1", "ownerReferences": owners},
        "revision": 3,
        "data": {"spec": {"template": make_template("postgres:15")}},
    }

    (found,) = list_revisions(Owner("StatefulSet", "db"), [held])

    assert (found.number, found.images) == (3, ("postgres:15",))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (make_template(), make_template("v2"), "app: image shop/checkout:1.4 -> v2"),
        (make_template(), make_template(memory="64Mi"), "app: limits.memory 128Mi -> 64Mi"),
        (make_template(env=[("A", "1")]), make_template(env=[("A", "2"), ("B", "3")]), "app: env A, B"),
        (make_template(), make_template(command=["sh"]), "app: command"),
        (
            make_template(),
            make_template(annotations={"kubectl.kubernetes.io/restartedAt": "now"}),
            "restarted, nothing else changed",
        ),
        (make_template(), make_template(annotations={"team": "a"}), "the template changed"),
    ],
)
def test_difference_is_summed_up_in_a_line(before, after, words):
    """What a person asks first: image, limits, variables."""
    assert compare_two(before, after).summary == words


def test_difference_is_a_unified_diff_without_secrets():
    """With file headers, so that it is read like any other."""
    step = compare_two(make_template(), make_template(memory="64Mi", env=[("API_TOKEN", "tok-9f86d081884c7d65")]))

    assert step.diff[:2] == ("--- a/shop/deployment/checkout.yaml", "+++ b/shop/deployment/checkout.yaml")
    assert [line.strip("- ") for line in step.diff[2:] if line.startswith("-")] == ["memory: 128Mi", "env: []"]
    assert "tok-9f86d081884c7d65" not in "\n".join(step.diff)
    assert step.redactions == 1


def test_added_lines_are_numbered_in_the_new_text():
    """As a change of a file is."""
    diff = ["--- a/x", "+++ b/x", "@@ -1,3 +1,4 @@", " a", "-b", "+c", "+d", " e", "@@ -9 +10 @@", "+f"]

    assert list_added(diff) == (2, 3, 10)


def test_rollout_began_when_its_replica_set_was_made():
    """The usual case needs no event."""
    before, after = list_two(make_template(), make_template("v2"))

    assert find_start(compare(before, after, "x"), {}, []).hour == 11


def test_rollback_is_dated_by_what_was_said():
    """The old replica set is taken up again: its own creation says nothing."""
    again = {"deployment.kubernetes.io/revision-history": "1"}
    before, after = list_two(make_template(), make_template("v0"), created="2026-11-20T09:00:00Z", **again)
    step = compare(before, after, "x")
    event = {
        "reason": "ScalingReplicaSet",
        "message": "Scaled up replica set b from 0 to 1",
        "firstTimestamp": "2026-11-25T12:30:00Z",
    }
    condition = {"type": "Progressing", "lastUpdateTime": "2026-11-25T12:31:00Z"}
    workload = {"status": {"conditions": [condition]}}

    assert step.after.is_again
    assert find_start(step, workload, [event]).minute == 30
    assert find_start(step, workload, []).minute == 31
    assert find_start(step, workload, [event | {"lastTimestamp": "2026-11-25T12:45:00Z", "count": 2}]).minute == 45
    assert find_start(step, {}, []).day == 20


def test_rollback_of_a_rollout_that_hung_is_not_dated_by_the_first_time_that_it_ran():
    """Its pods never went away, so that nothing is said of them but long before; those that go now are."""
    again = {"deployment.kubernetes.io/revision-history": "1"}
    stuck = make_set("bad", 2, make_template("v2"), created="2026-11-25T11:00:00Z")
    good = make_set("good", 3, make_template(), created="2026-11-20T09:00:00Z", **again)
    step = compare(*list_revisions(CHECKOUT, [stuck, good]), "x")
    said = [
        {"reason": "ScalingReplicaSet", "message": message, "firstTimestamp": at, "lastTimestamp": at}
        for message, at in (
            ("Scaled up replica set good from 0 to 3", "2026-11-20T09:00:00Z"),
            ("Scaled up replica set bad from 0 to 1", "2026-11-25T11:00:00Z"),
            ("Scaled down replica set bad from 1 to 0", "2026-11-25T12:14:00Z"),
        )
    ]
    workload = {"status": {"conditions": [{"type": "Progressing", "lastUpdateTime": "2026-11-25T12:15:00Z"}]}}

    assert find_start(step, workload, said).minute == 14
    assert find_start(step, workload, said[:2]).minute == 15


def test_first_revision_is_all_new():
    """Nothing before it is known."""
    (first,) = list_revisions(CHECKOUT, [make_set("a", 1, make_template())])

    step = compare(None, first, "x")

    assert step.diff[0] == "--- /dev/null"
    assert step.summary == "the workload was made, image shop/checkout:1.4"
    assert step.is_compared


def _list_steps(*numbers, history=""):
    holders = [make_set(f"set-{number}", number, make_template(f"shop/checkout:1.{number}")) for number in numbers]
    if history:
        holders[0]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] = history
    revisions = list_revisions(CHECKOUT, holders)
    return [compare(before, after, "x") for before, after in zip((None, *revisions), revisions, strict=False)]


def _make_workload(**status):
    return {"metadata": {"creationTimestamp": "2026-11-20T10:00:00Z"}, "status": status}


def _is_available(said, since):
    return {"conditions": [{"type": "Available", "status": said, "lastTransitionTime": since}]}


def test_oldest_revision_is_no_change_where_a_later_one_is_known():
    """It differs from nothing: all of its lines would be taken for new ones."""
    steps = _list_steps(1, 2, 3)

    told = list_told(steps, _make_workload())

    assert [step.after.number for step in told] == [2, 3]


@pytest.mark.parametrize(
    ("status", "is_told"),
    [
        ({"readyReplicas": 1}, False),
        ({"availableReplicas": 1}, False),
        ({"numberReady": 2}, False),
        (_is_available("True", "2026-11-20T10:00:01Z"), False),
        (_is_available("False", "2026-11-20T11:30:00Z"), False),
        (_is_available("False", "2026-11-20T10:00:01Z"), True),
        (_is_available("False", ""), True),
        ({"conditions": [{"type": "Progressing", "status": "False"}]}, True),
        ({}, True),
    ],
)
def test_workload_that_was_made_is_a_change_only_while_it_never_served(status, is_told):
    """What ran well since it was made is not broken by having been made."""
    steps = _list_steps(1)

    told = list_told(steps, _make_workload(**status))

    assert bool(told) is is_told


@pytest.mark.parametrize("steps", [_list_steps(7), _list_steps(3, history="1"), _list_steps(1, history="1")])
def test_revision_whose_predecessor_is_not_kept_says_when_and_not_what(steps):
    """With `revisionHistoryLimit: 0`, the whole template would be taken for what it changed."""
    (told,) = list_told(steps, _make_workload(readyReplicas=2))

    assert not told.is_compared
    assert told.summary.startswith("what it changed is not known, as the one before is not kept, image shop/checkout:")


def test_nothing_is_told_without_a_history():
    """A workload may have none yet."""
    assert list_told([], {}) == ()


@pytest.mark.parametrize(
    ("image", "sha"),
    [
        ("shop/checkout:3f2a9c1", "3f2a9c1"),
        ("registry:5000/shop/checkout:main-3f2a9c1d0e", "3f2a9c1d0e"),
        ("shop/checkout:1.4.2-12-g3f2a9c1", "3f2a9c1"),
        ("shop/checkout:3f2a9c1@sha256:" + "ab" * 32, "3f2a9c1"),
        ("shop/checkout:1.4.2", ""),
        ("shop/checkout:20261125", ""),
        ("shop/checkout:defaced", ""),
        ("shop/checkout", ""),
        ("registry:5000/checkout", ""),
    ],
)
def test_commit_is_read_from_a_tag_that_is_made_of_it(image, sha):
    """What links a rollout to the change that it carries."""
    (found,) = list_revisions(CHECKOUT, [make_set("a", 1, make_template(image))])

    assert found.sha == sha
