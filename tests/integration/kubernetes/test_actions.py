import json
from datetime import UTC, datetime

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.actions import PERMISSIONS
from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.writing import MARK, FieldConflict, read_mark
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import KEY, OTHER_KEY
from fermata.testing.kubernetes import Fate, Fault, Mishap, Rule

WEB = Entity.parse("kubernetes:deployment/shop/web")
KUBECTL = "kubectl-client-side-apply"
RAISED = {"memory_limit": "256Mi"}


async def test_execution_sends_the_request_of_the_dry_run(site):
    """The two differ in `dryRun` and in the mark, in nothing else."""
    action, planned = await site.plan("set_env", {"name": "EXTRA", "value": "1"})
    await action.execute(planned, KEY)

    patches = [request for request in site.cluster.requests if request.method == "PATCH"]
    dry, _, real = patches

    assert dry.path == real.path
    assert dry.content_type == real.content_type == "application/apply-patch+yaml"
    assert dict(dry.query) == {**real.query, "dryRun": "All"} == {"fieldManager": "fermata", "dryRun": "All"}
    assert dry.body == real.body.replace(KEY.mark.encode(), json.dumps(MARK_PLACEHOLDER)[1:-1].encode())


async def test_field_of_somebody_else_is_shown_and_refused(site):
    """By default nobody's field is taken over: the refusal says whose it is, and what to do."""
    with pytest.raises(FieldConflict) as found:
        await site.plan(take_over_from=())

    assert [one.manager for one in found.value.contested] == [KUBECTL]
    assert found.value.contested[0].field.endswith('containers[name="web"].resources.limits.memory')
    assert "take_over_from" in found.value.do
    assert site.cluster.list_writes() == []


async def test_removal_of_somebody_elses_field_is_refused_too(site):
    """An apply cannot say it, so the managed fields are asked for the owners."""
    with pytest.raises(FieldConflict, match=KUBECTL):
        await site.plan("set_env", {"name": "LEVEL", "value": None}, take_over_from=("kubectl-edit",))


async def test_rollback_restores_the_order_of_variables(site):
    """An apply minds no order; a variable may refer to the ones before it, so the template is put back as it was."""
    first = [{"name": "HOST", "value": "db"}, {"name": "URL", "value": "http://$(HOST)"}]

    def write(variables):
        site.cluster.edit(
            site.web(),
            lambda one: one["spec"]["template"]["spec"]["containers"][0].update(env=variables),
            manager=KUBECTL,
        )

    write(first)
    write(list(reversed(first)))
    action, planned = await site.plan("rollback_to_revision", {"revision": 2})

    await action.execute(planned, KEY)

    assert site.web()["spec"]["template"]["spec"]["containers"][0]["env"] == first


async def test_plan_says_whose_field_it_takes_over(site):
    """Where the settings allow it, the card says from whom, and that the manifest wins at its next apply."""
    action, planned = await site.plan()

    await action.execute(planned, KEY)

    assert f"from {KUBECTL}" in planned.dry_run.note
    assert "change the manifest too" in planned.dry_run.note
    real = site.cluster.requests[-1]
    assert real.content_type == "application/merge-patch+json"
    assert json.loads(real.body)["metadata"]["resourceVersion"]


async def test_ownership_that_changed_since_is_drift(site):
    """Whom a change takes from is part of what was approved."""
    action, planned = await site.plan("set_env", {"name": "EXTRA", "value": "1"})
    site.cluster.edit(site.web(), lambda one: one["spec"].update(minReadySeconds=1), manager="kubectl-edit")
    site.cluster.edit(site.web(), lambda one: one["spec"].pop("minReadySeconds"), manager="kubectl-edit")
    site.cluster.edit(site.web(), lambda one: one["spec"].update(replicas=2), manager="kubectl-edit")

    assert await action.observe_version(WEB, planned.parameters) == planned.dry_run.observed_version
    site.cluster.edit(site.web(), lambda one: one["spec"].update(progressDeadlineSeconds=601), manager="kubectl-edit")
    site.cluster.edit(site.web(), lambda one: one["spec"].update(progressDeadlineSeconds=600), manager="kubectl-edit")

    assert await action.observe_version(WEB, planned.parameters) != planned.dry_run.observed_version


async def test_helm_is_never_taken_over_from(site):
    """Whatever the settings say: its next release would undo it."""
    site.cluster.edit(site.web(), lambda one: one["spec"].update(replicas=3), manager="helm")

    with pytest.raises(UserError, match=r"(?i)helm"):
        await site.plan("scale", {"replicas": 5}, take_over_from=(KUBECTL, "helm"))


async def test_lost_answer_of_a_done_change_is_told_by_the_mark(site):
    """The connection ended before a byte of the answer; the object carries the mark."""
    action, planned = await site.plan()
    site.cluster.faults.append(_lose_real(site, after_effect=True))

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "carries the mark" in result.detail


def _lose_real(site, **more):
    """Return a fault for the next change that is no dry run."""
    fault = Fault(Mishap.CUT, path="deployments/web", methods=("PATCH",), times=0, **more)

    def arm(request):
        if request.method == "PATCH" and "dryRun" not in request.query:
            fault.times = 1

    site.cluster.before.append(arm)
    return fault


@pytest.mark.parametrize(
    ("mishap", "code"), [(Mishap.CUT, 0), (Mishap.HANGS, 0), (Mishap.REFUSED, 503), (Mishap.REFUSED, 408)]
)
async def test_change_that_is_nowhere_to_be_seen_is_unknown(site, mishap, code):
    """Silence, an end, a 503: it might still come, and nobody sends it again. A probe later is sure."""
    action, planned = await site.plan(timeout_s=0.5)
    fault = _lose_real(site)
    fault.mishap, fault.code = mishap, code
    site.cluster.faults.append(fault)

    result = await action.execute(planned, KEY)
    writes = site.cluster.list_writes()
    site.cluster.stopping.set()
    later = await site.find("set_resources").probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN
    assert len(writes) == 1
    assert later.outcome is Outcome.FAILED


async def test_probe_beside_another_change_is_unknown(site):
    """No mark of ours and another state: ours may have come and gone under it."""
    action, planned = await site.plan()
    await action.execute(planned, OTHER_KEY)

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN


async def test_probe_of_a_deleted_object_is_unknown(site):
    """The mark went with it."""
    action, planned = await site.plan()
    with site.cluster.lock:
        site.cluster.api.cluster.delete(site.web())

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN
    assert "gone" in result.detail


async def test_status_between_read_and_write_does_not_stop_a_change(site):
    """A crash-looping deployment gets a new version every few seconds; what is refused for that alone is tried anew."""
    action, planned = await site.plan()
    left = [2]

    def churn(request):
        if request.method == "PATCH" and "dryRun" not in request.query and left[0]:
            left[0] -= 1
            site.touch_status()

    site.cluster.before.append(churn)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert len(site.cluster.list_writes()) == 3


async def test_change_between_read_and_write_stops_a_change(site):
    """The version guards the request itself: what somebody changed a millisecond ago is not overwritten."""
    action, planned = await site.plan()

    def interfere(request):
        if request.method == "PATCH" and "dryRun" not in request.query:
            site.cluster.edit(site.web(), lambda one: one["spec"].update(minReadySeconds=7))

    site.cluster.before.append(interfere)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert read_mark(site.web()) == ""


async def test_autoscaler_that_scaled_since_the_dry_run_does_not_stop_a_change(site):
    """The number of replicas is no part of the approved change, though it stands beside it in the diff."""
    spec = {"replicas": 2} | {key: site.web()["spec"][key] for key in ("selector", "template")}
    api = site.cluster.put({"kind": "Deployment", "metadata": {"name": "api", "namespace": "shop"}, "spec": spec})
    site.cluster.edit(api, lambda one: one["spec"].update(replicas=4), manager="hpa")
    action, planned = await site.plan(target=Entity.parse("kubernetes:deployment/shop/api"))
    site.cluster.edit(api, lambda one: one["spec"].update(replicas=3), manager="hpa")
    assert "replicas: 4" in planned.dry_run.diff
    assert (await action.execute(planned, KEY)).outcome is Outcome.DONE
    assert site.cluster.get("Deployment", "shop", "api")["spec"]["replicas"] == 3


async def test_status_in_the_middle_of_a_dry_run_does_not_stop_it(site):
    """The dry run names the version too, and is computed anew."""
    left = [2]

    def churn(request):
        if request.method == "PATCH" and left[0]:
            left[0] -= 1
            site.touch_status()

    site.cluster.before.append(churn)
    _, planned = await site.plan()

    assert planned.dry_run.diff


async def test_endless_churn_is_given_up(site):
    """Five times in a row is something else, and nothing was done."""
    action, planned = await site.plan()

    def churn(request):
        if request.method == "PATCH" and "dryRun" not in request.query:
            site.touch_status()

    site.cluster.before.append(churn)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert len(site.cluster.list_writes()) == 5


async def test_refusal_at_the_door_is_a_failure(site):
    """Asked too often: the server says that it did not do it."""
    action, planned = await site.plan()
    fault = _lose_real(site)
    fault.mishap, fault.code = Mishap.REFUSED, 429
    site.cluster.faults.append(fault)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert read_mark(site.web()) == ""


async def test_missing_permission_is_named_with_its_rule(site):
    """The dry run needs what the change needs, so a card never promises what is then forbidden."""
    token = site.cluster.add_user("reader", Rule(("get", "list"), ("*",)))

    with pytest.raises(Refusal, match=r"patch deployments.apps web in namespace shop") as found:
        await site.plan(user=token)

    assert 'resources: ["deployments"], verbs: ["patch"]' in found.value.do


@pytest.mark.parametrize("name", PERMISSIONS)
async def test_stated_permissions_are_enough(site, name):
    """With exactly the rules of the table, and nothing more, the action is planned and executed."""
    rules = [
        Rule(one.verbs, one.resources, (one.group,), ("shop",) if one.is_namespaced else ("*",))
        for one in PERMISSIONS[name]
    ]
    token = site.cluster.add_user("fermata", *rules)
    site.cluster.edit(site.web(), _deploy_second, manager=KUBECTL)
    pod = site.cluster.list_kind("Pod", "shop")[0]["metadata"]["name"]
    cases = {
        "rollout_restart": ({}, WEB),
        "rollback_to_revision": ({"revision": 1}, WEB),
        "set_resources": (RAISED, WEB),
        "set_image": ({"image": "web:1"}, WEB),
        "set_env": ({"name": "LEVEL", "value": "debug"}, WEB),
        "scale": ({"replicas": 3}, WEB),
        "delete_pod": ({}, Entity.parse(f"kubernetes:pod/shop/{pod}")),
        "cordon": ({}, Entity.parse("kubernetes:node/node-1")),
        "uncordon": ({}, Entity.parse("kubernetes:node/node-2")),
    }
    site.cluster.put({"kind": "Node", "metadata": {"name": "node-2"}, "spec": {"unschedulable": True}})
    verb = name.removeprefix("kubernetes.")

    action, planned = await site.plan(verb, *cases[verb], user=token)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE, result.detail
    assert "not counted" not in planned.dry_run.blast_radius.text


def _deploy_second(one):
    one["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"


async def test_what_may_not_be_counted_is_said(site):
    """The radius names the kinds it could not see, instead of leaving them out."""
    rules = (Rule(("get", "patch"), ("deployments",)), Rule(("list",), ("replicasets", "pods")))
    token = site.cluster.add_user("narrow", *rules)

    _, planned = await site.plan(user=token)

    text = planned.dry_run.blast_radius.text
    assert "services, poddisruptionbudgets, horizontalpodautoscalers" in text


async def test_what_autoscalers_decide_is_not_scaled(site):
    """They would change it back."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6}
    meta = {"name": "web", "namespace": "shop"}
    site.cluster.put({"kind": "HorizontalPodAutoscaler", "metadata": meta, "spec": spec})

    with pytest.raises(UserError, match="HorizontalPodAutoscaler web keeps it between 2 and 6"):
        await site.plan("scale", {"replicas": 4})


async def test_nothing_is_scaled_where_autoscalers_cannot_be_listed(site):
    """One may decide the number: unknown is closed."""
    rules = (Rule(("get", "patch"), ("deployments",)), Rule(("list",), ("replicasets", "pods", "services")))
    token = site.cluster.add_user("narrow", *rules)

    with pytest.raises(UserError, match="Whether an autoscaler decides it is not known"):
        await site.plan("scale", {"replicas": 4}, user=token)


async def test_secrets_in_the_template_are_digests_in_the_diff(site):
    """The lines around a change are shown too."""
    env = [{"name": "API_TOKEN", "value": "s3cr3t-s3cr3t"}, {"name": "LEVEL", "value": "info"}]
    site.put(name="other", container={"env": env})
    target = Entity.parse("kubernetes:deployment/shop/other")

    _, planned = await site.plan("set_env", {"name": "LEVEL", "value": "debug"}, target)

    assert "s3cr3t" not in planned.dry_run.diff
    assert "<redacted" in planned.dry_run.diff


async def test_variable_that_comes_from_elsewhere_is_not_set(site):
    """A value beside `valueFrom` is refused by the server; its source is the place."""
    source = {"secretKeyRef": {"name": "web", "key": "level"}}
    site.put(name="other", container={"env": [{"name": "LEVEL", "valueFrom": source}]})

    with pytest.raises(UserError, match="secretKeyRef"):
        await site.plan("set_env", {"name": "LEVEL", "value": "x"}, Entity.parse("kubernetes:deployment/shop/other"))


async def test_paused_deployment_is_not_restarted(site):
    """It would take the annotation and replace nothing."""
    site.cluster.edit(site.web(), lambda one: one["spec"].update(paused=True))

    with pytest.raises(UserError, match="is paused"):
        await site.plan("rollout_restart", {})


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("set_resources", {"memory_limit": "128Mi"}, "has these resources already"),
        ("set_resources", {"memory_limit": "256Mi", "container": "other"}, "has no container other"),
        ("set_resources", {"memory_request": "256Mi"}, "must be less than or equal to memory limit of 128Mi"),
        ("scale", {"replicas": 2}, "has 2 replicas already"),
        ("set_env", {"name": "LEVEL", "value": "info"}, "is that already"),
        ("set_env", {"name": "ABSENT", "value": None}, "is not set"),
        ("set_image", {"image": "web:1"}, "runs web:1 already"),
        ("set_image", {"image": "web:9"}, "is not an image that web has run before"),
        ("rollback_to_revision", {"revision": 1}, "runs revision 1 already"),
        ("rollback_to_revision", {"revision": 9}, "has no revision 9"),
    ],
)
async def test_change_that_is_none_is_refused_in_words(site, name, parameters, words):
    """There is nothing to approve."""
    with pytest.raises(UserError, match=words):
        await site.plan(name, parameters)


async def test_container_must_be_named_where_there_are_two(site):
    """A guess would be worse than a question."""
    second = {"name": "proxy", "image": "proxy:1"}
    site.cluster.edit(site.web(), lambda one: one["spec"]["template"]["spec"]["containers"].append(second))

    with pytest.raises(UserError, match="has 2 containers") as found:
        await site.plan()

    assert "web, proxy" in found.value.do


async def test_namesake_of_a_removed_workload_has_its_own_history(site):
    """Revisions belong to a uid, not to a name."""
    site.cluster.edit(site.web(), _deploy_second)
    with site.cluster.lock:
        site.cluster.api.cluster.delete(site.web())
    site.put(container={"image": "web:7"}, replicas=1)

    with pytest.raises(UserError, match="is not an image that web has run before"):
        await site.plan("set_image", {"image": "web:2"})


async def test_raised_limit_cures_what_ran_out_of_memory(site):
    """The whole way: crash loop, plan, execution, new pods that stay."""
    site.cluster.script(Fate.OUT_OF_MEMORY, image="web:1", needs_memory="200Mi")
    sick = site.web()["status"]

    action, planned = await site.plan()
    result = await action.execute(planned, KEY)

    assert sick.get("readyReplicas", 0) == 0
    assert result.outcome is Outcome.DONE
    assert site.web()["status"]["readyReplicas"] == 2
    assert site.web()["metadata"]["annotations"][MARK] == KEY.mark


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"limits": {"memory": "128Mi"}}, "asks its node for the whole 256Mi"),
        ({"limits": {"memory": "128Mi"}, "requests": {"memory": "64Mi"}}, "killed above its request"),
        ({"requests": {"memory": "256Mi"}}, "memory limit of web: none -> 256Mi"),
    ],
)
async def test_raised_limit_says_what_it_does_to_the_request(site, resources, words):
    """A limit without a request is a request; a limit above it is none that a full node keeps."""
    site.put(name="other", container={"resources": resources})

    _, planned = await site.plan(target=Entity.parse("kubernetes:deployment/shop/other"))

    assert words in planned.dry_run.note


async def test_single_replica_is_said_to_be_one(site):
    """A stateful set of one is down while its pod is replaced, and the card says so."""
    site.put("StatefulSet", "db", replicas=1)

    _, planned = await site.plan("rollout_restart", {}, Entity.parse("kubernetes:statefulset/shop/db"))

    assert "downtime" in planned.dry_run.blast_radius.text


async def test_silence_during_the_dry_run_is_an_operational_error(site):
    """Nothing is planned on half an answer either."""
    for mishap in (Mishap.HANGS, Mishap.HALF):
        site.cluster.faults[:] = [Fault(mishap, path="deployments/web")]

        with pytest.raises(OperationalError):
            await site.plan(timeout_s=0.3)
