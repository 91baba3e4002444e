"""From a webhook to a workload that is well again: alert, investigation, held proposal, approval, verification."""

from datetime import timedelta

import pytest

from fermata.domain.execution import VerificationVerdict
from fermata.domain.incident import IncidentState
from fermata.testing.forges.github import NOON
from fermata.testing.forges.shop import MANIFEST
from fermata.testing.kubernetes import Fate


def _list_verdicts(view):
    return [item.verdict for item in view.verifications]


async def test_container_killed_at_its_limit_gets_twice_as_much(story):
    """The limit is named, the plan raises it, a person says yes, the pods run, and monitoring falls silent."""
    story.deploy()
    story.cluster.script(Fate.OUT_OF_MEMORY, needs_memory="400Mi")
    story.write_logs()

    held = await story.hold()
    writes = story.cluster.list_writes()
    done = await story.stage.approve(held)

    (action,) = held.plan.actions
    assert (held.plan.cause, action.name) == ("oom_killed", "kubernetes.set_resources")
    assert dict(action.parameters) | {"container": "checkout", "memory_limit": "512Mi"} == dict(action.parameters)
    assert "-              memory: 256Mi" in action.dry_run.diff
    assert "+              memory: 512Mi" in action.dry_run.diff
    assert writes == []
    assert story.container["resources"]["limits"]["memory"] == "512Mi"
    assert _list_verdicts(done) == [VerificationVerdict.RESTORED]


async def test_image_that_cannot_be_pulled_is_rolled_back(story):
    """The old pods still serve; the way back is the revision they are of."""
    story.deploy()
    story.cluster.script(Fate.PULL_FAILS, image="shop/checkout:1.5-typo")
    story.roll(image="shop/checkout:1.5-typo")
    words = 'Failed to pull image "shop/checkout:1.5-typo": manifest unknown: manifest not found'
    story.say_of_new_pods("Failed", words)

    held = await story.hold()
    done = await story.stage.approve(held)

    (action,) = held.plan.actions
    assert held.plan.cause == "incorrect_image_reference"
    assert (action.name, dict(action.parameters)) == ("kubernetes.rollback_to_revision", {"revision": 1})
    assert "+          image: shop/checkout:1.4.1" in action.dry_run.diff
    assert "Revision 1, the one before, ran: 2 of its pods are ready now." in held.card.to_text()
    assert story.container["image"] == "shop/checkout:1.4.1"
    assert _list_verdicts(done) == [VerificationVerdict.RESTORED]


async def test_rollout_that_crashes_is_rolled_back(story):
    """Whatever its trace says: the same settings with the image before run."""
    story.deploy()
    story.cluster.script(Fate.CRASHES, image="shop/checkout:1.5")
    story.roll(image="shop/checkout:1.5")
    story.write_logs("Traceback (most recent call last):\nKeyError: 'CURRENCY'\n", previous=True)

    held = await story.hold()
    done = await story.stage.approve(held)

    assert [action.name for action in held.plan.actions] == ["kubernetes.rollback_to_revision"]
    assert _list_verdicts(done) == [VerificationVerdict.RESTORED]


async def test_first_revision_that_crashes_has_no_way_back(story):
    """Nothing is known to have run: a person must act."""
    story.cluster.script(Fate.CRASHES, image="shop/checkout:1.4.1")
    story.deploy()
    story.write_logs("Traceback (most recent call last):\nKeyError: 'CURRENCY'\n", previous=True)

    held = await story.hold()

    assert held.plan is None
    assert "A person must act" in held.card.to_text()


ARGO = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/checkout"}}


async def test_object_of_argo_cd_becomes_a_request_to_its_source(build_story, forge):
    """Argo CD would write the change back: the same change is proposed to the file that it reads."""
    fake, build = forge
    story = build_story()
    story.use(github=build(story.stage.clock))
    story.deploy(**ARGO)
    story.cluster.script(Fate.OUT_OF_MEMORY, needs_memory="400Mi")
    story.write_logs()

    held = await story.hold()
    await story.stage.approve(held)

    (action,) = held.plan.actions
    assert (action.name, action.target.ref) == ("github.open_pull_request", "github:repository/shop/shop")
    assert "+              memory: 512Mi" in action.dry_run.diff
    assert "Argo CD application shop" in action.dry_run.note
    assert "instead of kubernetes.set_resources" in action.dry_run.note
    (pull,) = fake.pulls
    _, manifest = fake.history.find(pull["head"]["ref"]).tree[MANIFEST]
    assert "memory: 512Mi" in manifest.decode()
    assert story.cluster.list_writes() == []


async def test_object_of_argo_cd_without_a_forge_is_refused_in_words(story):
    """Nothing is proposed, and the card says who owns the object and what to do."""
    story.deploy(**ARGO)
    story.cluster.script(Fate.OUT_OF_MEMORY, needs_memory="400Mi")
    story.write_logs()

    held = await story.hold()

    assert held.plan is None
    assert "Argo CD application shop" in held.card.to_text()
    assert story.cluster.list_writes() == []


async def test_drift_between_hold_and_execution_is_proposed_anew(story):
    """What was approved is no longer what would be done: nothing is, and the new effect is held instead."""
    story.deploy()
    story.cluster.script(Fate.OUT_OF_MEMORY, needs_memory="400Mi")
    story.write_logs()
    held = await story.hold()
    story.roll(image="shop/checkout:1.4.2")

    after = await story.stage.approve(held)
    writes = story.cluster.list_writes()
    done = await story.stage.approve(after)

    assert writes == []
    assert (after.plan.id == held.plan.id, _list_verdicts(after)) == (False, [])
    assert story.container["image"] == "shop/checkout:1.4.2"
    assert story.container["resources"]["limits"]["memory"] == "512Mi"
    assert _list_verdicts(done) == [VerificationVerdict.RESTORED]


async def test_workload_that_somebody_scaled_to_zero_is_scaled_up_again(story):
    """The event tells from how many; the service that leads nowhere tells that it is missed."""
    story.deploy()
    story.put("Service", spec={"selector": {"app": "checkout"}, "ports": [{"port": 80, "targetPort": 8080}]})
    (replica_set,) = story.cluster.list_kind("ReplicaSet", "shop")
    story.cluster.edit(story.checkout, lambda one: one["spec"].update(replicas=0), manager="kubectl-scale")
    words = f"Scaled down replica set {replica_set['metadata']['name']} from 2 to 0"
    story.say("Deployment", "checkout", "ScalingReplicaSet", words, sort="Normal")

    held = await story.hold()
    done = await story.stage.approve(held)

    (action,) = held.plan.actions
    assert (held.plan.cause, action.name, dict(action.parameters)) == (
        "deployment_zero_replicas",
        "kubernetes.scale",
        {"replicas": 2},
    )
    assert _list_verdicts(done) == [VerificationVerdict.RESTORED]


SANDBOX = ("FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: address in use")
UNREADY = ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")


@pytest.mark.parametrize(
    ("runs", "said", "cause"), [(False, SANDBOX, "pod_sandbox_failed"), (True, UNREADY, "pod_stuck")]
)
async def test_pod_that_hangs_beside_another_that_is_ready_is_replaced(story, runs, said, cause):
    """The template runs elsewhere, so another pod of it will run, too."""
    story.deploy()
    name = story.strand_pod(runs=runs)
    story.stage.clock.advance(timedelta(minutes=6))
    story.say("Pod", name, *said)

    held = await story.hold()
    done = await story.stage.approve(held)

    (action,) = held.plan.actions
    assert held.plan.cause == cause
    assert (action.name, action.target.ref) == ("kubernetes.delete_pod", f"kubernetes:pod/shop/{name}")
    assert name not in [pod["metadata"]["name"] for pod in story.cluster.list_kind("Pod", "shop")]
    assert _list_verdicts(done) == [VerificationVerdict.RESTORED]


async def test_more_memory_that_does_not_help_is_not_given_twice(story):
    """It is said that nothing changed; the same cure for the same object is refused, with the earlier one."""
    story.deploy()
    story.cluster.script(Fate.OUT_OF_MEMORY, needs_memory="4Gi")
    story.write_logs()

    done = await story.stage.approve(await story.hold())

    assert _list_verdicts(done) == [VerificationVerdict.UNCHANGED]
    assert done.incident.state is IncidentState.NEEDS_PERSON
    assert "its cooldown is 10m" in done.card.to_text()
    assert story.container["resources"]["limits"]["memory"] == "512Mi"


async def test_image_that_git_declares_is_taken_back_in_git(build_story, forge):
    """Where Argo CD rolled the bad image out, the way back is a request for the file that names it."""
    fake, build = forge
    story = build_story()
    story.use(github=build(story.stage.clock))
    good, bad = "registry.example/checkout:1.4.1", "registry.example/checkout:1.5-typo"
    manifest = fake.history.find("main").tree[MANIFEST][1].decode()
    fake.history.commit("main", {MANIFEST: manifest.replace(good, bad)}, "Release", author="Tomás", at=NOON)
    story.deploy(image=good, **ARGO)
    story.cluster.script(Fate.PULL_FAILS, image=bad)
    story.roll(image=bad)
    story.say_of_new_pods("Failed", f'Failed to pull image "{bad}": manifest unknown: manifest not found')

    held = await story.hold()
    await story.stage.approve(held)

    (action,) = held.plan.actions
    assert (held.plan.cause, action.name) == ("incorrect_image_reference", "github.open_pull_request")
    (pull,) = fake.pulls
    assert fake.history.find(pull["head"]["ref"]).tree[MANIFEST][1].decode() == manifest
    assert story.cluster.list_writes() == []
