from datetime import timedelta

import pytest
from tests.unit.rules.signatures.rollouts import HANGS, NEW, OLD, WENT_THROUGH, RolledTown, available
from tests.unit.rules.signatures.town import NOW

from fermata.rules.signatures.kubernetes_remedies import see_image
from fermata.rules.signatures.kubernetes_revisions import find_previous, list_failing, revision_of

BY_HAND = {"type": "OnDelete"}
ONSET = NOW - timedelta(minutes=1)


def find(town, *, onset=ONSET):
    """Return what find_previous makes of a town's one workload, with the cluster."""
    cluster = town.build()
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    (workload,) = (item for kind in kinds for item in cluster.list(kind))
    return find_previous(cluster, workload, onset=onset), cluster


def test_revision_whose_pods_are_ready_beside_the_new_ones_ran():
    """The rollout hangs, and what it was to replace still serves."""
    previous, _ = find(RolledTown().rolled().serve().fail())

    assert (previous.number, previous.before.name, previous.current.name) == (1, "web-1", "web-2")
    assert previous.words == "Revision 1, the one before, ran: 1 of its pods is ready now."
    assert [quote.document for quote in previous.quotes] == ["Pod/web-1-a", "ReplicaSet/web-1"]


def test_count_of_ready_pods_is_enough():
    """The pods themselves may have been left out of the evidence."""
    previous, _ = find(RolledTown().rolled(ready=2))

    assert "2 of its pods are ready now" in previous.words


@pytest.mark.parametrize("condition", [available(status=False, ago_s=120), available(status=True, ago_s=9000)])
def test_deployment_that_was_available_until_the_rollout_ran_before(condition):
    """It lost its pods after the new revision was made, or has never lost them since long before."""
    previous, _ = find(RolledTown().rolled(conditions=(HANGS, condition)))

    assert "available until the rollout" in previous.words
    assert previous.quotes[0].document == "Deployment/web"


@pytest.mark.parametrize(
    "conditions",
    [
        (HANGS,),
        (HANGS, available(status=False, ago_s=9000)),
        (HANGS, available(status=True, ago_s=30)),
        (HANGS, {"type": "Available", "status": "False"}),
    ],
)
def test_revision_that_only_was_there_proves_nothing(conditions):
    """Unavailable since before the rollout, available by it, or nobody says since when."""
    assert find(RolledTown().rolled(conditions=conditions))[0] is None


def test_revision_taken_up_again_is_not_dated():
    """Its replica set is older than the rollout: only pods that are ready now prove anything."""
    lost = available(status=False, ago_s=120)

    assert find(RolledTown().rolled(again=True, conditions=(HANGS, lost)))[0] is None
    assert find(RolledTown().rolled(again=True, conditions=(WENT_THROUGH,)).serve())[0] is None
    assert find(RolledTown().rolled(again=True, ready=1))[0].number == 1


def test_revision_taken_up_again_without_any_pod_hangs():
    """The condition goes on telling how the revision before went: it is of that one, by its name."""
    message = 'ReplicaSet "{}" has successfully progressed.'
    done = {name: WENT_THROUGH | {"message": message.format(name)} for name in ("web-1", "web-2")}

    found = [find(RolledTown().rolled(again=True, conditions=(done[name],)).serve())[0] for name in done]

    assert [each and each.number for each in found] == [1, None]


@pytest.mark.parametrize(
    "town",
    [
        RolledTown().rolled(kind="StatefulSet", ready=1),
        RolledTown().replaced("StatefulSet", podManagementPolicy="Parallel").member("StatefulSet", "web-0", "web-2"),
        RolledTown().replaced("DaemonSet").member("DaemonSet", "web-a", "2"),
        RolledTown().replaced("StatefulSet"),
        RolledTown().replaced("StatefulSet", updateStrategy=BY_HAND).member("StatefulSet", "web-0", "web-2"),
        RolledTown().replaced("StatefulSet", ago_s=7200).member("StatefulSet", "web-0", "web-2"),
        RolledTown().rolled(paused=True, ready=1),
        RolledTown().rolled(new=OLD, ready=1),
        RolledTown().revision(2, NEW).current(2, NEW),
        RolledTown().revision(1, ready=1).revision(2, NEW).current(2, NEW),
        RolledTown().revision(1, OLD, ready=1).revision(2, NEW).current(3, NEW),
        RolledTown().revision(1, OLD, ready=1).revision(2, NEW).current(2, {"name": "app", "image": "shop/web:3"}),
        RolledTown().rolled(ready=1, ago_s=None),
    ],
)
def test_without_two_revisions_that_differ_there_is_no_way_back(town):
    """Other kinds' replica sets, paused, the same pods, one revision, an unknown template, a rollout not seen yet.

    Of a stateful or a daemon set also: no pod proves that the revision before ran, or it was left long ago.
    """
    assert find(town)[0] is None


@pytest.mark.parametrize(("kind", "marks"), [("StatefulSet", ("web-1", "web-2")), ("DaemonSet", ("1", "2"))])
def test_revisions_of_stateful_and_daemon_sets_are_known_by_the_mark_on_their_pods(kind, marks):
    """A stateful set's bears the name of the controller revision, a daemon set's the end of it."""
    town = RolledTown().replaced(kind).member(kind, "web-a", marks[0], ready=True).member(kind, "web-b", marks[1])

    previous, cluster = find(town)

    assert (previous.number, previous.before.name, previous.current.name) == (1, "web-1", "web-2")
    assert previous.words == "Revision 1, the one before, ran: 1 of its pods is ready now."
    assert list_failing(cluster, previous) == ("app",)
    assert previous.differs(see_image, ["app"])


def test_ordered_stateful_set_replaces_pods_only_while_all_are_ready():
    """That the only pod was replaced proves that it was ready; where nobody says since when, it does not."""
    town = RolledTown().replaced("StatefulSet").member("StatefulSet", "web-0", "web-2")

    previous, _ = find(town)

    assert "ordered replaces a pod only while all of them are ready" in previous.words
    assert [quote.document for quote in previous.quotes] == ["Pod/web-0", "ControllerRevision/web-1"]
    assert find(town, onset=None)[0] is None


@pytest.mark.parametrize("last", ["web-1", "web-2"])
def test_revision_of_a_stateful_set_that_never_went_through_is_no_way_back(last):
    """Two bad ones in a row, and the only pod deleted by hand in between: the second proves nothing of the first."""
    other = {"name": "app", "image": "shop/web:3"}
    status = {"currentRevision": last, "updateRevision": "web-3"}
    town = RolledTown().kept("StatefulSet", 3, other, ago_s=120).replaced("StatefulSet", status=status)
    town.bodies[-1]["spec"]["template"]["spec"]["containers"] = [other]

    previous = find(town.member("StatefulSet", "web-0", "web-3"))[0]

    assert (previous.number if previous else 0) == {"web-1": 0, "web-2": 2}[last]


def test_revision_of_a_stateful_set_that_was_taken_up_again_proves_nothing():
    """Somebody went back to the good one already: its old pods do not show that the bad one was ever ready."""
    town = RolledTown().kept("StatefulSet", 3, OLD, ago_s=1200).kept("StatefulSet", 2, NEW, ago_s=600)
    status = {"currentRevision": "web-3", "updateRevision": "web-3"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [OLD]}}
    town.add("StatefulSet", "web", spec={"replicas": 2, "template": template}, status=status)

    assert find(town.member("StatefulSet", "web-0", "web-3"))[0] is None


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("StatefulSet", {"currentRevision": "web-1", "updateRevision": "web-2"}),
        ("DaemonSet", {"updatedNumberScheduled": 1, "desiredNumberScheduled": 2}),
    ],
)
def test_rollout_of_a_stateful_or_daemon_set_that_hangs_may_be_old(kind, status):
    """Its status tells that some pods are still of the revision before."""
    town = RolledTown().replaced(kind, ago_s=7200, status=status).member(kind, "web-a", "web-1", ready=True)

    assert find(town)[0].number == 1


def test_restart_of_a_bad_release_is_passed_over():
    """Whoever sees it fail restarts it first: the same pods under another number, which fail as well."""
    town = RolledTown().revision(1, OLD, ago_s=9000).revision(2, NEW, ago_s=240).revision(3, NEW, ago_s=120)
    town.current(3, NEW, conditions=(HANGS, available(status=False, ago_s=200)))

    previous, cluster = find(town.fail(of="web-3", name="web-3-a").fail())

    assert (previous.number, [item.name for item in previous.since]) == (1, ["web-2", "web-3"])
    assert list_failing(cluster, previous) == ("app",)
    assert find(RolledTown().revision(2, NEW).revision(3, NEW).current(3, NEW))[0] is None


def test_second_attempt_that_fails_too_is_passed_over_only_where_an_earlier_one_serves():
    """Two bad releases in a row: the good one is known by its pods; otherwise the one before has never run."""
    other = {"name": "app", "image": "shop/web:3"}

    def build(ready):
        town = RolledTown().revision(1, OLD, ago_s=9000, ready=ready).revision(2, NEW).revision(3, other, ago_s=120)
        return town.current(3, other, conditions=(HANGS, available(status=False, ago_s=200)))

    assert find(build(1))[0].number == 1
    assert find(build(0))[0] is None


def test_rollout_after_the_onset_did_not_bring_it():
    """What began before cannot be cured by going back; clocks differ by two minutes."""
    town = RolledTown().rolled(ready=1)

    assert find(town, onset=NOW - timedelta(minutes=7))[0] is None
    assert find(town, onset=NOW - timedelta(minutes=5))[0].number == 1


def test_rollout_that_went_through_long_ago_did_not_bring_it():
    """Its pods were all available, and the fault came hours later."""
    late = RolledTown().rolled(ready=1, ago_s=7200, conditions=(WENT_THROUGH,))
    lately = RolledTown().rolled(ready=1, ago_s=600, conditions=())

    assert find(late)[0] is None
    assert find(lately)[0].number == 1
    assert find(RolledTown().rolled(ready=1, ago_s=7200))[0].number == 1


def test_failing_containers_are_those_that_do_not_run():
    """One that waits for another, ended well or runs is not among them."""
    town = RolledTown().rolled().serve().serve(of="web-2", name="web-2-z")
    states = [{"waiting": {"reason": "PodInitializing"}}, {"terminated": {"exitCode": 0}}, {}]
    bad = [{"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": {"exitCode": 1}}, {"running": {}}]
    for number, state in enumerate([*states, *bad]):
        town.fail(name=f"web-2-{number}", container=f"c{number}", state=state)
    town.bodies[-1]["status"]["phase"] = "Running"

    previous, cluster = find(town)

    assert list_failing(cluster, previous) == ("c3", "c4", "c5")


def test_state_that_nobody_reports_is_no_failure():
    """A pod without a node has no containers yet; one may report no state."""
    town = RolledTown().rolled(ready=1).pod("web-2-a", "web-2").fail(name="web-2-b")
    town.bodies[-1]["status"]["containerStatuses"][0]["state"] = None

    previous, cluster = find(town)

    assert list_failing(cluster, previous) == ()


def test_pods_of_two_revisions_that_fail_are_not_the_new_ones_fault():
    """Whatever it is, the revision before has it too; a bare pod of the same owner counts likewise."""
    previous, cluster = find(RolledTown().rolled(ready=1).fail(of="web-1", name="web-1-b").fail())

    assert list_failing(cluster, previous) == ()


def test_each_failing_container_must_differ():
    """A new one differs; one that is the same as before, is unknown or is not named does not."""
    old = [OLD, {"name": "side", "image": "side:1"}]
    new = [NEW, {"name": "side", "image": "side:1"}, {"name": "extra", "image": "x:1"}]
    town = RolledTown().revision(1, *old, ago_s=9000, ready=1).revision(2, *new).current(2, *new)

    previous, _ = find(town)

    found = [previous.differs(see_image, names) for names in (["app"], ["app", "extra"], ["app", "side"], ["no"], [])]
    assert found == [True, True, False, False, False]


def test_revision_is_a_number():
    """Anything else is none."""
    cluster = RolledTown().revision(4, OLD).replica_set("web-x", revision="x").build()

    assert sorted(revision_of(item) for item in cluster.list("ReplicaSet")) == [-1, 4]
