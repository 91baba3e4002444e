from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.rules.signatures.rollouts import HANGS, NEW, OLD, RolledTown, available, claim
from tests.unit.rules.signatures.town import NOW

from fermata.domain.entity import Entity
from fermata.rules.signatures import diagnose
from fermata.rules.signatures.kubernetes_cures import Cure, add_cure, suggest_rollback

CRASHES = {"waiting": {"reason": "CrashLoopBackOff"}}
WEB = Entity.parse("kubernetes:deployment/shop/web")


def list_actions(town, found):
    """Return the actions that a claim gets in a town, as name, target and parameters."""
    cured = add_cure(town.case(), found)
    return [(item.name, item.target.ref, dict(item.parameters)) for item in cured.suggestions]


BACK = [("kubernetes.rollback_to_revision", WEB.ref, {"revision": 1})]


# Back to the revision before


def test_image_that_fails_right_after_a_rollout_is_taken_back():
    """The proof stands in the text and among the quotes."""
    town = RolledTown().rolled().serve().fail()

    cured = add_cure(town.case(), claim("incorrect_image_reference"))

    assert list_actions(town, claim("incorrect_image_reference")) == BACK
    assert cured.text == "It fails. Revision 1, the one before, ran: 1 of its pods is ready now."
    assert len(cured.quotes) == 2


def test_whole_diagnosis_proposes_the_way_back():
    """From objects to a hypothesis with an action and citations that hold."""
    town = RolledTown().rolled().serve().fail()
    words = 'Failed to pull image "shop/web:2": manifest unknown'

    leading = diagnose(town.event("Pod", "web-2-a", "Failed", words).case()).leading

    assert leading.cause == "incorrect_image_reference"
    assert [item.name for item in leading.suggestions] == ["kubernetes.rollback_to_revision"]
    assert (leading.person_must, len(leading.citations)) == ("", 3)


def test_cause_that_does_not_lie_in_what_differs_is_not_taken_back():
    """The image is the same: whoever removed it from the registry is not found by going back."""
    town = RolledTown().rolled(new=OLD | {"args": ["--fast"]}).serve().fail()

    assert list_actions(town, claim("incorrect_image_reference")) == []
    assert list_actions(town, claim("container_command_not_found")) == BACK


def test_pods_that_all_run_are_not_taken_back():
    """Nothing of the new revision fails."""
    assert list_actions(RolledTown().rolled().serve(), claim("rollout_stuck")) == []


def test_without_proof_a_person_must_act():
    """The claim stays what it was."""
    found = claim("incorrect_image_reference")

    assert add_cure(RolledTown().rolled().fail().case(), found) is found


def test_catalogue_without_the_action_leaves_the_claim_alone():
    """Neither other systems' actions nor other ones of this system."""
    found = claim("incorrect_image_reference")
    town = RolledTown().rolled().serve().fail()

    town.actions = frozenset({"docker.restart_container"})
    assert add_cure(town.case(), found) is found
    town.actions = frozenset({"kubernetes.scale"})
    assert add_cure(town.case(), found) is found


@pytest.mark.parametrize(
    "found",
    [
        claim("missing_secret_binding"),
        claim("incorrect_image_reference", "Job"),
        claim("incorrect_image_reference", name="other"),
        replace(claim("incorrect_image_reference"), subject=Entity.parse("service/web")),
    ],
)
def test_what_is_not_a_known_workload_has_no_cure(found):
    """Another cause, another kind, an object that is not there, a service that no system claims."""
    assert add_cure(RolledTown().rolled().serve().fail().case(), found) is found


def test_without_alert_only_pods_that_run_now_prove_anything():
    """A person who asks does not say since when, and no monitoring tells that all was well before."""
    serving = RolledTown().rolled(ago_s=1).serve().fail()
    lost = RolledTown().rolled(conditions=(HANGS, available(status=False, ago_s=120))).fail()
    alerted = list_actions(lost, claim("incorrect_image_reference"))
    serving.is_alerted = lost.is_alerted = False

    assert alerted == BACK
    assert list_actions(serving, claim("incorrect_image_reference")) == BACK
    assert list_actions(lost, claim("incorrect_image_reference")) == []


def variables(**values):
    """Return the container with these variables."""
    return OLD | {"env": [{"name": name, "value": value} for name, value in values.items()]}


def address(text="web calls cart-svc:81, where nothing listens."):
    """Return the claim that a variable's value is wrong."""
    return claim("service_env_var_address_mismatch", text=text, person_must="Correct CART of web.")


def test_value_that_differs_from_the_revision_before_is_taken_back():
    """The pods run, all of them of the new revision, and call the wrong place."""
    old, new = variables(CART="cart:80", MODE="a"), variables(CART="cart-svc:81", MODE="a")
    town = RolledTown().rolled(old, new, conditions=(HANGS,), ready=1).serve(of="web-2", name="web-2-a")

    assert list_actions(town, address()) == BACK
    assert list_actions(town.serve(), address()) == []


def test_value_that_is_not_meant_is_not_taken_back():
    """Another variable was changed, or none; where nothing is known of the revision before, nothing is either."""
    other = RolledTown().rolled(variables(MODE="a"), variables(MODE="b"), ready=1)
    same = RolledTown().rolled(variables(MODE="a"), variables(MODE="a") | {"args": ["x"]}, ready=1)
    unknown = RolledTown().rolled(variables(CART="a"), variables(CART="b"))

    assert list_actions(other, address()) == []
    assert list_actions(same, address()) == []
    assert list_actions(unknown, address()) == []


def test_value_is_meant_by_itself_too():
    """The claim may name the address only; a single character is no address."""
    words = "web calls cart-svc, which is the name of no service."
    host = RolledTown().rolled(variables(URL="cart"), variables(URL="cart-svc"), ready=1)
    digit = RolledTown().rolled(variables(URL="2"), variables(URL="1"), ready=1)

    assert list_actions(host, address(words)) == BACK
    assert list_actions(digit, address("web calls 1.")) == []


def asking(**limits):
    """Give a container with limits."""
    return OLD | {"resources": {"limits": limits, "requests": {"cpu": "50m"}}}


def refuse(cause, *concerned):
    """Claim that what pods ask for is refused; of a quota, with the deployments that it says are concerned."""
    if not concerned:
        return claim(cause)
    namespace, refs = (
        Entity.parse("kubernetes:namespace/shop"),
        [f"kubernetes:deployment/shop/{one}" for one in concerned],
    )
    return replace(claim(cause), subject=namespace, explains=frozenset(refs))


QUOTA = "namespace_memory_quota_exceeded"


@pytest.mark.parametrize(
    ("new", "found", "expected"),
    [
        (asking(memory="1Gi"), refuse("limit_range_violated"), BACK),
        (asking(memory="1Mi"), refuse("limit_range_violated"), BACK),
        (OLD, refuse("quota_requires_resources"), BACK),
        (NEW | asking(memory="256Mi"), refuse("limit_range_violated"), []),
        (asking(memory="1Gi"), refuse(QUOTA, "web", "shop"), BACK),
        (asking(memory="256Mi", cpu="1"), refuse(QUOTA, "web", "shop"), BACK),
        (asking(memory="1Mi"), refuse(QUOTA, "web", "shop"), []),
        (asking(memory="1Gi"), refuse(QUOTA, "web", "api"), []),
        (asking(memory="1Gi"), refuse(QUOTA, "api"), []),
        (asking(memory="1Gi"), refuse("memory_capacity_mismatch"), BACK),
        (asking(memory="1Gi"), refuse("cpu_capacity_mismatch"), []),
    ],
    ids=[
        *("above", "below", "no more told", "as before", "more", "new", "less", "two of them", "another"),
        *("no room", "room of another sort"),
    ],
)
def test_what_is_refused_for_what_it_asks_for_is_taken_back(new, found, expected):
    """No pod of it was ever made that could be seen to fail; a quota is reached by asking for more only."""
    town = RolledTown().rolled(old=asking(memory="256Mi"), new=new).serve()
    town.deployment("api").replica_set("api-1", "api").deployment("shop", ready=1)
    for ref in found.explains - {"kubernetes:deployment/shop/shop"}:
        name = ref.rpartition("/")[2]
        town.event("ReplicaSet", {"web": "web-2", "api": "api-1"}[name], "FailedCreate", "exceeded quota")

    assert list_actions(town, found) == expected


def test_what_is_refused_has_no_way_back_where_nothing_before_is_known_to_serve():
    """That a template was there before proves nothing."""
    town = RolledTown().rolled(old=asking(memory="256Mi"), new=asking(memory="1Gi"))

    assert list_actions(town, refuse("limit_range_violated")) == []


def listening(*ports):
    """Return the container with these ports."""
    return OLD | {"ports": [{"containerPort": port} if isinstance(port, int) else {"name": port} for port in ports]}


@pytest.mark.parametrize(
    ("old", "new", "leads_to", "expected"),
    [
        ((8080,), (9090,), 8080, BACK),
        (("http",), ("web",), "http", BACK),
        ((80,), (8080,), None, BACK),
        ((8080,), (9090,), 7070, []),
        ((8080,), (8080, 9090), 8080, []),
    ],
)
def test_port_that_the_service_leads_to_is_taken_back(old, new, leads_to, expected):
    """The revision before had it and the present one has it not: otherwise it is the service that is wrong."""
    town = RolledTown().rolled(listening(*old), listening(*new), ready=1)
    town.add("Service", "front", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": leads_to}]})

    assert list_actions(town, claim("service_port_mapping_mismatch", "Service")) == expected


def test_port_without_a_revision_before_stays_a_persons():
    """Nothing is known to have listened there."""
    assert list_actions(RolledTown().rolled(), claim("service_port_mapping_mismatch", "Service")) == []


# A change that was found guilty


def blame(town, *, kind="rollout", name="web", before=timedelta(minutes=3), ref="revision 2", target=WEB):
    """Return the cure for a rollout among a case's changes, or for a commit that one may have brought."""
    rollout = {"kind": "rollout", "ref": ref, "before": timedelta(minutes=2)}
    town.changes = [(("shop/deployment/web@2", {}), rollout, target)]
    if kind == "commit":
        town.changes.append((("abc1234", {}), {"before": before}, Entity.parse("service/web")))
    case = town.case()
    wanted = "abc1234" if kind == "commit" else "shop/deployment/web@2"
    guilty = next(change.facts for change in case.changes if change.facts.id == wanted)
    return suggest_rollback(case, guilty, name)


def test_guilty_rollout_is_taken_back_itself():
    """The pods need not fail: what blames it is the change's own judgement."""
    cure = blame(RolledTown().rolled(ready=1))

    assert [dict(item.parameters) for item in cure.suggestions] == [{"revision": 1}]
    assert cure.words.startswith("Revision 1")


def test_guilty_commit_is_taken_back_by_the_rollout_that_came_after_it():
    """Of the same service, and not one that was there before the commit."""
    assert blame(RolledTown().rolled(ready=1), kind="commit").suggestions[0].target == WEB
    assert blame(RolledTown().rolled(ready=1), kind="commit", name="cart") == Cure()
    assert blame(RolledTown().rolled(ready=1), kind="commit", before=timedelta(minutes=-2)) == Cure()


def test_rollout_that_does_not_run_any_more_has_no_way_back_here():
    """Another revision runs now; nothing is known of the one before; it is of a workload nobody knows."""
    assert blame(RolledTown().rolled(ready=1), ref="revision 1") == Cure()
    assert blame(RolledTown().rolled()) == Cure()
    assert blame(RolledTown().rolled(ready=1), target=Entity.parse("kubernetes:deployment/shop/cart")) == Cure()


def test_rollout_without_the_catalogues_action_has_no_way_back():
    """Nobody offers it."""
    town = RolledTown().rolled(ready=1)
    town.actions = frozenset()

    assert blame(town) == Cure()


# Memory, replicas, pods, nodes


def starve(limit="64Mi", **ended):
    """Return a town whose container was killed at its limit."""
    container = OLD | {"resources": {"limits": {"memory": limit}}}
    town = RolledTown().revision(1, container).current(1, container)
    town.fail(of="web-1", name="web-1-a", state=CRASHES)
    body = town.bodies[-1]
    body["spec"]["containers"] = [container]
    finished = (NOW - timedelta(seconds=30)).isoformat()
    status = {"restartCount": 3, "lastState": {"terminated": {"reason": "OOMKilled", "finishedAt": finished} | ended}}
    body["status"]["containerStatuses"][0] |= status
    return town


def test_container_killed_at_its_limit_gets_more():
    """Twice the limit, of that container alone."""
    expected = [("kubernetes.set_resources", WEB.ref, {"container": "app", "memory_limit": "128Mi"})]

    assert list_actions(starve(), claim("oom_killed")) == expected


def test_leak_gets_no_more_memory_and_is_said():
    """A person must, and reads why the obvious is not proposed."""
    started = (NOW - timedelta(hours=3)).isoformat()

    cured = add_cure(starve(startedAt=started).case(), claim("oom_killed"))

    assert cured.suggestions == ()
    assert cured.person_must == (
        "Look at it. More alone is no way: app climbs to any limit, so that more only postpones the next kill."
    )


def test_kill_that_is_not_understood_stays_a_persons():
    """No container of the template was killed."""
    found = claim("oom_killed")

    assert add_cure(RolledTown().rolled().case(), found) is found


ZERO = "deployment_zero_replicas"


@pytest.mark.parametrize(
    "message", ["Scaled down replica set web-2 from 3 to 0", "Scaled down replica set web-2 to 0 from 3"]
)
def test_workload_at_zero_is_scaled_to_what_it_had(message):
    """The event about its present revision tells; old and new clusters word it differently."""
    town = RolledTown().rolled().event("Deployment", "web", "ScalingReplicaSet", message, sort="Normal")

    assert list_actions(town, claim(ZERO)) == [("kubernetes.scale", WEB.ref, {"replicas": 3})]
    assert add_cure(town.case(), claim(ZERO)).text == "It fails. It had 3 replicas before."


def test_caller_that_hurts_is_reason_enough_to_scale_up():
    """The alert is about whoever calls it; one about somebody else is not."""
    town = RolledTown().rolled().service()
    town.deployment("front", spec={"containers": [{"name": "app", "env": [{"name": "WEB", "value": "web:80"}]}]})
    town.event("Deployment", "web", "ScalingReplicaSet", "Scaled down replica set web-2 from 1 to 0")
    town.names = ["front"]
    assert list_actions(town, claim(ZERO)) == [("kubernetes.scale", WEB.ref, {"replicas": 1})]

    town.names = ["billing"]
    assert list_actions(town, claim(ZERO)) == []


@pytest.mark.parametrize(
    "messages",
    [
        (),
        ("Scaled down replica set web-1 from 3 to 0",),
        ("Scaled down replica set web-2 to 0",),
        ("Scaled down replica set web-22 from 3 to 0",),
        ("Scaled down replica set web-2 from 3 to 0", "Scaled up replica set web-2 from 0 to 2"),
    ],
)
def test_number_that_nobody_tells_is_not_guessed(messages):
    """No event, one about an earlier revision, one without a number, or one that something followed."""
    town = RolledTown().rolled()
    for age, message in enumerate(messages):
        town.event("Deployment", "web", "ScalingReplicaSet", message, age_s=60 - age)

    assert list_actions(town, claim(ZERO)) == []
    assert list_actions(RolledTown().current(1, OLD), claim(ZERO)) == []


CREATING = {"waiting": {"reason": "ContainerCreating"}}


def test_one_pod_that_does_not_come_up_beside_others_that_do_is_replaced():
    """The template runs elsewhere: this pod, on this node, is what is wrong."""
    town = RolledTown().current(1, OLD).serve().fail(of="web-1", name="web-1-b", state=CREATING)

    cured = add_cure(town.case(), claim("pod_sandbox_failed"))

    assert [(item.name, item.target.ref) for item in cured.suggestions] == [
        ("kubernetes.delete_pod", "kubernetes:pod/shop/web-1-b")
    ]
    assert "1 of its other pods, of the same template, is ready." in cured.text


def test_pod_that_may_still_come_up_or_has_a_reason_not_to_is_left_alone():
    """Young, of another revision, on a lost node, not the only one, or without any that is ready."""
    lost = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
    well = {"conditions": [{"type": "Ready", "status": "True"}]}

    def start():
        return RolledTown().current(1, OLD)

    def stuck(town, name="web-1-b", **more):
        return town.fail(**({"of": "web-1", "name": name, "state": CREATING} | more))

    towns = [
        stuck(start().serve(), age_s=60),
        stuck(start().serve(), of="web-2"),
        stuck(start().serve().add("Node", "n1", "", status=lost)),
        stuck(stuck(start().serve()), name="web-1-c"),
        stuck(start()),
    ]

    assert [list_actions(town, claim("pod_sandbox_failed")) for town in towns] == [[]] * 5
    daemon = stuck(RolledTown().current(1, OLD, kind="DaemonSet").serve())
    assert list_actions(daemon, claim("pod_sandbox_failed", "DaemonSet")) == []
    assert list_actions(stuck(start().serve().add("Node", "n1", "", status=well)), claim("volume_mount_failed")) != []


def test_init_container_is_taken_back_or_its_pod_replaced():
    """A rollout that brought it goes first."""
    init = {"initContainers": [{"name": "wait", "image": "wait:1"}]}
    rolled = RolledTown().revision(1, OLD, ago_s=9000, ready=1).revision(2, OLD, **init).current(2, OLD, **init)
    rolled.fail(container="wait")
    alone = RolledTown().current(1, OLD).serve().fail(of="web-1", name="web-1-b", state=CREATING)

    assert list_actions(rolled, claim("init_container_failing")) == BACK
    assert [name for name, _, _ in list_actions(alone, claim("init_container_failing"))] == ["kubernetes.delete_pod"]


def nodes(*names, cordoned=()):
    """Return a town with nodes that are ready."""
    town = RolledTown()
    for name in names:
        status = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"memory": "8Gi"}}
        town.add("Node", name, "", spec={"unschedulable": name in cordoned}, status=status)
    return town


PRESSED = claim("node_memory_pressure", "Node", "n1", "")


def test_node_that_does_pods_no_good_is_cordoned_when_others_have_room():
    """New pods go elsewhere; what runs goes on running."""
    town = nodes("n1", "n2", "n3")

    assert list_actions(town, PRESSED) == [("kubernetes.cordon", "kubernetes:node/n1", {})]
    assert add_cure(town.case(), PRESSED).text == "It fails. 2 other nodes take new pods."
    assert "1 other node takes new pods." in add_cure(nodes("n1", "n2").case(), PRESSED).text


def test_node_is_not_cordoned_where_nothing_is_left_or_it_is_already():
    """The last node takes pods, however badly."""
    assert list_actions(nodes("n1"), PRESSED) == []
    assert list_actions(nodes("n1", "n2", cordoned=["n1"]), PRESSED) == []


@pytest.mark.parametrize(
    ("ref", "now", "expected"),
    [
        ("replicas 4 -> 1", 1, [{"replicas": 4}]),
        ("replicas 4 -> 1", 3, []),
        ("replicas 0 -> 1", 1, []),
        ("replicas", 1, []),
    ],
    ids=["as_scaled", "scaled_again", "started", "unread"],
)
def test_guilty_scaling_is_taken_back_to_the_number_before(ref, now, expected):
    """While its number still is the declared one: whoever scaled again knows more."""
    town = RolledTown().rolled(ready=1)
    town.deployment("cart", replicas=now, ready=now)
    cart = Entity.parse("kubernetes:deployment/shop/cart")
    town.changes = [
        (("shop/deployment/cart@replicas", {}), {"kind": "scaling", "ref": ref, "before": timedelta(minutes=2)}, cart)
    ]
    case = town.case()

    cure = suggest_rollback(case, case.changes[0].facts, "cart")

    assert [dict(item.parameters) for item in cure.suggestions] == expected
    assert {item.name for item in cure.suggestions} <= {"kubernetes.scale"}


def test_scaling_is_not_what_a_commit_brought():
    """A number that a hand declared came without a release."""
    town = RolledTown().rolled()
    town.changes = [
        (
            ("shop/deployment/web@replicas", {}),
            {"kind": "scaling", "ref": "replicas 4 -> 1", "before": timedelta(minutes=2)},
            WEB,
        ),
        (("abc1234", {}), {"before": timedelta(minutes=3)}, Entity.parse("service/web")),
    ]
    case = town.case()
    commit = next(change.facts for change in case.changes if change.facts.id == "abc1234")

    assert suggest_rollback(case, commit, "web") == Cure()
