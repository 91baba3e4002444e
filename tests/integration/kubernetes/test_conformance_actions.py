"""The actions on the emulator, always; and on the cluster of FERMATA_TEST_KUBECONFIG, where there is one."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from tests.integration.kubernetes.servers import OnCluster, OnEmulator, needs_cluster

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.actions import list_actions
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.manifest_diff import make_diff
from fermata.integrations.kubernetes.resources import (
    CONTROLLER_REVISION,
    DEPLOYMENT,
    NODE,
    POD,
    STATEFUL_SET,
)
from fermata.integrations.kubernetes.writing import FieldConflict, read_mark
from fermata.kit.clock import SystemClock
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.kubernetes.conformance import ServerUnderTest, make_deployment

CHANGES = {
    "restart": ("rollout_restart", {}),
    "raised limit": ("set_resources", {"memory_limit": "256Mi"}),
    "new amounts": ("set_resources", {"memory_request": "64Mi", "cpu_limit": "0.5"}),
    "changed variable": ("set_env", {"name": "LEVEL", "value": "debug"}),
    "new variable": ("set_env", {"name": "EXTRA_RETRIES", "value": "3"}),
    "removed variable": ("set_env", {"name": "LEVEL", "value": None}),
    "scale": ("scale", {"replicas": 2}),
}


class _Actions(ServerUnderTest):
    def find_action(self, name, take_over_from=("tester",)):
        settings = self.make_settings().model_copy(update={"take_over_from": take_over_from})
        found = list_actions(KubernetesClient(settings, SystemClock()), SystemClock())
        return next(action for action in found if action.spec.name == f"kubernetes.{name}")

    def target(self, kind="deployment", name="web"):
        return Entity(system="kubernetes", kind=kind, namespace=self.namespace, name=name)

    async def wait_for_rest(self, session):
        """Wait until the deployment's controller, if there is one, has written what it writes at first."""
        for _ in range(20):
            live = await self.read(session)
            if live.get("status", {}).get("observedGeneration") == live["metadata"]["generation"]:
                return live
            await asyncio.sleep(0.1)
        return live

    async def carry_out(self, name, target, parameters):
        """Plan and execute; return the dry run and the result."""
        action = self.find_action(name)
        dry_run = await action.dry_run(target, parameters)
        planned = plan_action(action, target, parameters, dry_run)
        result = await action.execute(planned, KEY)
        assert result.outcome is Outcome.DONE, result.detail
        assert (await action.probe(planned, KEY, datetime.now(UTC))).outcome is Outcome.DONE
        return dry_run, result

    @pytest.mark.parametrize("change", CHANGES)
    async def test_change_is_the_one_of_its_dry_run_and_can_be_undone(self, change):
        """The dry run stores nothing, the execution does the same, its undo brings the spec back."""
        name, parameters = CHANGES[change]
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment())
            before = await self.wait_for_rest(session)
            await self.find_action(name).dry_run(self.target(), parameters)
            assert (await self.read(session))["spec"] == before["spec"]

            dry_run, _ = await self.carry_out(name, self.target(), parameters)

            after = await self.read(session)
            assert read_mark(after) == KEY.mark
            seen = json.loads(json.dumps(after).replace(KEY.mark, MARK_PLACEHOLDER))
            assert make_diff(before, seen) == dry_run.diff
            if dry_run.undo is not None:
                undo = dry_run.undo.name.removeprefix("kubernetes.")
                if undo == "rollback_to_revision":
                    await self.wait_for_revisions(session, 2)
                await self.carry_out(undo, dry_run.undo.target, dict(dry_run.undo.parameters))
                assert (await self.read(session))["spec"] == before["spec"]

    async def test_conflict_is_shown_and_refused(self):
        """Without a word in the settings, what others own stays theirs."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(), manager="kubectl-edit")

            with pytest.raises(FieldConflict, match="kubectl-edit") as found:
                await self.find_action("set_resources").dry_run(self.target(), {"memory_limit": "256Mi"})

            fields = [one.field for one in found.value.contested]
            assert fields == ['.spec.template.spec.containers[name="web"].resources.limits.memory']

    async def test_second_change_keeps_the_first(self):
        """What Fermata applied before is applied again with the next change, or it would be removed."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment())
            await self.wait_for_rest(session)
            await self.carry_out("set_env", self.target(), {"name": "EXTRA_RETRIES", "value": "3"})
            await self.wait_for_rest(session)

            await self.carry_out("rollout_restart", self.target(), {})

            container = (await self.read(session))["spec"]["template"]["spec"]["containers"][0]
            assert container["env"][-1] == {"name": "EXTRA_RETRIES", "value": "3"}

    async def test_change_of_a_change_is_possible(self):
        """A field that was taken over once is Fermata's to change again."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment())
            await self.wait_for_rest(session)
            await self.carry_out("set_resources", self.target(), {"memory_limit": "256Mi"})
            await self.wait_for_rest(session)

            await self.carry_out("set_resources", self.target(), {"memory_limit": "512Mi"})

            container = (await self.read(session))["spec"]["template"]["spec"]["containers"][0]
            assert container["resources"]["limits"]["memory"] == "512Mi"

    async def test_status_is_no_drift_and_a_change_is(self):
        """A status may be written between dry run and execution; a spec may not."""
        action = self.find_action("set_env")
        parameters = {"name": "LEVEL", "value": "debug"}
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))
            await self.wait_for_rest(session)
            dry_run = await action.dry_run(self.target(), parameters)
            path, params = DEPLOYMENT.path(self.namespace, "web", "status"), {"fieldManager": "some-controller"}
            patch = {"status": {"conditions": [{"type": "Odd", "status": "True"}]}}
            await session.write("PATCH", path, patch, params=params, content_type="application/merge-patch+json")

            same = await action.observe_version(self.target(), parameters)
            await self.patch(session, {"spec": {"minReadySeconds": 3}})
            other = await action.observe_version(self.target(), parameters)

        assert same == dry_run.observed_version
        assert other != dry_run.observed_version

    async def test_rollback_runs_the_earlier_template(self):
        """Revision 1 runs again, under a new number; needs the deployment controller."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(replicas=0))
            [first] = await self.wait_for_revisions(session, 1)
            patch = {
                "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "fermata.invalid/web:2"}]}}}
            }
            await self.patch(session, patch, kind="application/strategic-merge-patch+json")
            await self.wait_for_revisions(session, 2)
            await self.wait_for_rest(session)

            dry_run, _ = await self.carry_out("rollback_to_revision", self.target(), {"revision": 1})

            spec = (await self.read(session))["spec"]["template"]["spec"]
            assert spec == first["spec"]["template"]["spec"]
            assert dict(dry_run.undo.parameters) == {"revision": 2}

    async def test_image_comes_from_the_history_alone(self):
        """An image that ran before can be set, any other is refused; needs the deployment controller."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(replicas=0))
            await self.wait_for_revisions(session, 1)
            patch = {
                "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "fermata.invalid/web:2"}]}}}
            }
            await self.patch(session, patch, kind="application/strategic-merge-patch+json")
            await self.wait_for_revisions(session, 2)
            await self.wait_for_rest(session)

            with pytest.raises(Exception, match="not an image that web has run before"):
                await self.find_action("set_image").dry_run(self.target(), {"image": "fermata.invalid/web:3"})
            await self.carry_out("set_image", self.target(), {"image": "fermata.invalid/web:1"})

            container = (await self.read(session))["spec"]["template"]["spec"]["containers"][0]
            assert container["image"] == "fermata.invalid/web:1"

    async def test_stateful_set_rolls_back_by_controller_revisions(self):
        """Its history is another kind; needs the stateful set controller."""
        value = make_deployment(replicas=0, serviceName="web")
        async with self.session() as session:
            await self.create(session, STATEFUL_SET, {**value, "kind": "StatefulSet"})
            await self._wait_for(session, CONTROLLER_REVISION, 1)
            path = STATEFUL_SET.path(self.namespace, "web")
            patch = {
                "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "fermata.invalid/web:2"}]}}}
            }
            kind = "application/strategic-merge-patch+json"
            await session.write("PATCH", path, patch, params={"fieldManager": "tester"}, content_type=kind)
            await self._wait_for(session, CONTROLLER_REVISION, 2)

            await self.carry_out("rollback_to_revision", self.target("statefulset"), {"revision": 1})

            container = (await session.get(path))["spec"]["template"]["spec"]["containers"][0]
            assert container["image"] == "fermata.invalid/web:1"

    async def test_one_pod_is_evicted_and_no_other(self):
        """Its controller makes another; needs the deployment controller."""
        async with self.session() as session:
            await self.need_evictions(session)
            await self.create(session, DEPLOYMENT, make_deployment(replicas=2))
            pods = await self._wait_for(session, POD, 2)
            names = [pod["metadata"]["name"] for pod in pods]

            await self.carry_out("delete_pod", self.target("pod", names[0]), {})

            left = (await session.list_objects(POD, self.namespace)).items
            alive = {pod["metadata"]["uid"] for pod in left if not pod["metadata"].get("deletionTimestamp")}
            assert pods[0]["metadata"]["uid"] not in alive
            assert pods[1]["metadata"]["uid"] in alive

    async def test_cordon_of_a_node_can_be_computed(self):
        """Only as a dry run: nodes are not this suite's. Skips where there is none, or none may be seen."""
        async with self.session() as session:
            nodes = (await session.list_objects(NODE)).items
            free = [one["metadata"]["name"] for one in nodes if not one["spec"].get("unschedulable")]
            if not free:
                pytest.skip("no node that takes pods")

            dry_run = await self.find_action("cordon").dry_run(Entity.parse(f"kubernetes:node/{free[0]}"), {})

            assert "+  unschedulable: true" in dry_run.diff
            node = await session.get(NODE.path(name=free[0]))
            assert not node["spec"].get("unschedulable")

    async def _wait_for(self, session, resource, count):
        for _ in range(100):
            found = await session.list_objects(resource, self.namespace)
            if len(found.items) >= count:
                return list(found.items)
            await asyncio.sleep(0.1)
        return pytest.skip(f"no controller makes {resource.plural} here")


class TestEmulator(OnEmulator, _Actions):
    pass


@needs_cluster
class TestCluster(OnCluster, _Actions):
    pass
