"""What collectors, the probe and the doctor make of a server: the same on the emulator and on any real cluster."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.integration.kubernetes.servers import OnCluster, OnEmulator, needs_cluster

from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.resources import CONFIG_MAP, DEPLOYMENT, POD, SECRET, SERVICE
from fermata.integrations.kubernetes.system import Kubernetes
from fermata.kit.clock import SystemClock
from fermata.testing.kubernetes.conformance import ServerUnderTest, make_deployment


class _Gathering(ServerUnderTest):
    """Needs no container that runs; what needs controllers skips without them."""

    async def gather(self, *refs, **more):
        """Return what all collectors bring for entities."""
        now = datetime.now(UTC)
        scope = Scope(
            incident_id=IncidentId("inc_conformance"),
            alerts=(),
            entities=tuple(Entity.parse(ref.format(self.namespace)) for ref in refs),
            onset=now,
            window_start=now - timedelta(hours=1),
            window_end=now + timedelta(minutes=1),
        )
        system = Kubernetes(self.make_settings().model_copy(update=more), SystemClock())
        brought = await asyncio.gather(*(each.collect(scope) for each in system.list_collectors()))
        return [item for evidence in brought for item in evidence]

    async def test_every_kind_that_is_asked_for_is_served(self):
        """No list is refused, and what is empty is said to be."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))

        evidence = await self.gather("deployment/{}/web")

        assert [item.cut for item in evidence if "no answer" in item.title] == []
        deployments = next(item for item in evidence if item.title == f"deployments of {self.namespace}: 1")
        assert deployments.facts["objects"][0]["items"][0]["metadata"]["name"] == "web"
        assert "managedFields" not in str(deployments.to_json())
        empty = next(item for item in evidence if item.title.startswith("Not there") and self.namespace in item.query)
        assert "ingresses" in empty.query

    async def test_environment_is_resolved_from_the_spec_and_config_maps(self):
        """Without a pod, from the template; of a Secret, the name."""
        value = make_deployment(paused=True)
        references = [
            {"name": "MODE_LEVEL", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "mode"}}},
            {"name": "GONE_LEVEL", "valueFrom": {"configMapKeyRef": {"name": "gone", "key": "mode"}}},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        ]
        value["spec"]["template"]["spec"]["containers"][0]["env"] += references
        async with self.session() as session:
            await self.create(session, CONFIG_MAP, {"metadata": {"name": "conf"}, "data": {"mode": "fast"}})
            await self.create(
                session, SECRET, {"metadata": {"name": "db"}, "stringData": {"password": "hunter2hunter2"}}
            )
            await self.create(session, DEPLOYMENT, value)

        evidence = await self.gather("deployment/{}/web")

        (found,) = [item for item in evidence if item.kind == "environment"]
        assert dict(found.facts["variables"]) == {
            "LEVEL": found.facts["variables"]["LEVEL"],
            "MODE_LEVEL": "fast",
            "PASSWORD": "secret:db/password",
        }
        assert "# missing: configmap gone" in [line.text for line in found.lines]
        assert "hunter2" not in str([item.to_json() for item in evidence])

    async def test_names_of_secrets_come_without_their_content(self):
        """The server itself leaves it out."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))
            await self.create(
                session, SECRET, {"metadata": {"name": "db"}, "stringData": {"password": "hunter2hunter2"}}
            )

        evidence = await self.gather("deployment/{}/web", secret_names=True)

        secrets = next(item for item in evidence if item.title.startswith(f"secrets of {self.namespace}"))
        assert "- # db" in [line.text for line in secrets.lines]
        assert "aHVudGVyM" not in str(secrets.to_json())

    async def test_change_between_two_revisions_is_told(self):
        """The controller keeps both; the newer one's creation dates it."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment())
            await self.wait_for_revisions(session, 1)
            container = {"name": "web", "image": "fermata.invalid/web:2"}
            patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
            await self.patch(session, patch, kind="application/strategic-merge-patch+json")
            await self.wait_for_revisions(session, 2)

        evidence = await self.gather("deployment/{}/web")

        change = next(item for item in evidence if item.kind == "change")
        assert change.facts["ref"] == "revision 2"
        assert "image fermata.invalid/web:1 -> fermata.invalid/web:2" in change.title
        assert any(line.text.startswith("+") and "web:2" in line.text for line in change.lines)

    async def test_name_without_a_namespace_is_found(self):
        """By field and label selectors across namespaces, as every server knows them."""
        value = make_deployment(paused=True)
        name = value["metadata"]["name"] = self.namespace
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, value)
            spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
            await self.create(session, SERVICE, {"metadata": {"name": name}, "spec": spec})

        by_kind = await self.gather(f"deployment/{name}")
        by_service = await self.gather(f"service/{name}")

        for evidence in (by_kind, by_service):
            assert f"deployments of {self.namespace}: 1" in [item.title for item in evidence]

    async def test_pod_that_does_not_run_has_no_log_and_no_error(self):
        """Nothing was written; that is no gap."""
        spec = {"containers": [{"name": "web", "image": "fermata.invalid/web:1"}], "schedulerName": "nobody"}
        async with self.session() as session:
            await self.create(session, POD, {"metadata": {"name": "alone"}, "spec": spec})

        evidence = await self.gather("pod/{}/alone")

        assert f"pods of {self.namespace}: 1" in [item.title for item in evidence]
        assert [item.cut for item in evidence if item.kind == "logs" and item.cut] == []

    async def test_object_that_is_gone_is_told_in_the_servers_words(self):
        """An alert may come later than its deployment went."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))

        evidence = await self.gather("deployment/{}/gone")

        (found,) = [item for item in evidence if item.title == "Deployment gone is not there"]
        assert found.lines[0].text == 'Error from server (NotFound): deployments.apps "gone" not found'

    async def test_rollout_that_does_not_begin_is_not_healthy(self):
        """A paused deployment has no pods."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))
        (probe,) = Kubernetes(self.make_settings(), SystemClock()).list_probes()

        reading = await probe.read(Entity.parse(f"kubernetes:deployment/{self.namespace}/web"), timedelta(seconds=1))

        assert not reading.healthy

    async def test_administrator_has_all_permissions_and_is_told_that_it_is_too_wide(self):
        """Each permission is looked up by an access review."""
        found = {item.name: item for item in await Kubernetes(self.make_settings(), SystemClock()).check()}

        assert found["kubernetes: connection"].ok
        assert found["kubernetes: permissions"].ok, [item.text for item in found.values() if not item.ok]
        assert "kind: ClusterRole" in found["kubernetes: grant"].text


class TestEmulator(OnEmulator, _Gathering):
    pass


@needs_cluster
class TestCluster(OnCluster, _Gathering):
    pass
