"""The suite on the emulator, always; and on the cluster of FERMATA_TEST_KUBECONFIG, where there is one."""

import pytest
from tests.integration.kubernetes.servers import OnCluster, OnEmulator, needs_cluster

from fermata.integrations.kubernetes.answers import NotThere, Refusal
from fermata.integrations.kubernetes.resources import ACCESS_REVIEW, CONFIG_MAP, DEPLOYMENT, POD, SECRET
from fermata.testing.kubernetes.conformance import MERGE, ServerUnderTest, make_deployment


def refused(found: pytest.ExceptionInfo[Refusal], code: int, reason: str):
    """Return the refusal, if it has this code and reason."""
    refusal = found.value
    assert (refusal.code, refusal.reason) == (code, reason), refusal.message
    return refusal


class _Writing(ServerUnderTest):
    """The server's own behaviour."""

    async def test_dry_run_computes_and_stores_nothing(self):
        """`dryRun=All` answers with the result, a higher generation and the old version."""
        async with self.session() as session:
            before = await self.create(session, DEPLOYMENT, make_deployment(paused=True))

            answer = await self.patch(session, {"spec": {"replicas": 3}}, dryRun="All")

            after = await self.read(session)
            assert answer["spec"]["replicas"] == 3
            assert answer["metadata"]["generation"] == before["metadata"]["generation"] + 1
            assert after["spec"] == before["spec"]

    async def test_defaults_are_filled_in(self):
        """What is not said is written by the server, and quantities in their canonical form."""
        async with self.session() as session:
            value = make_deployment(paused=True)
            value["spec"]["template"]["spec"]["containers"][0]["resources"] = {
                "limits": {"memory": "1024Mi", "cpu": "0.5"}
            }

            made = await self.create(session, DEPLOYMENT, value)

            container = made["spec"]["template"]["spec"]["containers"][0]
            assert container["resources"] == {"limits": {"memory": "1Gi", "cpu": "500m"}}
            assert container["terminationMessagePath"] == "/dev/termination-log"
            assert container["imagePullPolicy"] == "IfNotPresent"
            assert made["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": "25%", "maxSurge": "25%"}

    async def test_stale_version_is_refused(self):
        """A patch that names a resourceVersion is for that version only."""
        async with self.session() as session:
            old = await self.create(session, DEPLOYMENT, make_deployment(paused=True))
            await self.patch(session, {"metadata": {"labels": {"a": "b"}}})
            patch = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "spec": {"replicas": 3}}

            with pytest.raises(Refusal) as found:
                await self.patch(session, patch)

            assert "the object has been modified" in refused(found, 409, "Conflict").message
            assert (await self.read(session))["spec"]["replicas"] == 1

    async def test_generation_rises_with_the_spec_alone(self):
        """A label is no new generation; a status is not even a new spec."""
        async with self.session() as session:
            made = await self.create(session, DEPLOYMENT, make_deployment(paused=True))

            labelled = await self.patch(session, {"metadata": {"labels": {"a": "b"}}})
            scaled = await self.patch(session, {"spec": {"replicas": 3}})

            assert labelled["metadata"]["generation"] == made["metadata"]["generation"]
            assert scaled["metadata"]["generation"] == made["metadata"]["generation"] + 1

    async def test_unchanged_object_keeps_its_version(self):
        """A patch that changes nothing is not written."""
        async with self.session() as session:
            await self.create(session, CONFIG_MAP, {"metadata": {"name": "settings"}, "data": {"a": "1"}})
            path = CONFIG_MAP.path(self.namespace, "settings")
            before = await session.get(path)

            params = {"fieldManager": "tester"}
            after = await session.write("PATCH", path, {"data": {"a": "1"}}, params=params, content_type=MERGE)

            assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

    async def test_apply_conflicts_with_whoever_owns_the_field(self):
        """The answer names the field and its manager, and nothing is changed."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True), manager="kubectl-edit")

            with pytest.raises(Refusal) as found:
                await self.apply(session, {"replicas": 5}, "fermata")

            refusal = refused(found, 409, "Conflict")
            assert refusal.message.startswith(
                'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1'
            )
            assert [(cause.reason, cause.field) for cause in refusal.causes] == [
                ("FieldManagerConflict", ".spec.replicas")
            ]
            assert (await self.read(session))["spec"]["replicas"] == 1

    async def test_several_conflicts_are_listed(self):
        """Each field is a cause of its own, with its path into lists by key."""
        container = {"name": "web", "image": "web:2", "env": [{"name": "LEVEL", "value": "debug"}]}
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True), manager="kubectl-edit")

            with pytest.raises(Refusal) as found:
                await self.apply(session, {"template": {"spec": {"containers": [container]}}}, "fermata")

            place = '.spec.template.spec.containers[name="web"]'
            causes = {cause.field for cause in refused(found, 409, "Conflict").causes}
            assert causes == {f"{place}.image", f'{place}.env[name="LEVEL"].value'}
            assert found.value.message.startswith("Apply failed with 2 conflicts: conflicts with")

    async def test_applying_the_same_value_shares_the_field(self):
        """Who says what is so already is in no conflict, and owns it too."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True), manager="kubectl-edit")

            shared = await self.apply(session, {"replicas": 1}, "fermata")

            owners = [
                entry["manager"]
                for entry in shared["metadata"]["managedFields"]
                if "f:replicas" in entry["fieldsV1"].get("f:spec", {})
            ]
            assert sorted(owners) == ["fermata", "kubectl-edit"]

    async def test_field_that_is_applied_no_more_is_removed(self):
        """What a manager leaves out the next time goes, if nobody else owns it: so all of it must be said again."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))
            container = {"name": "web", "env": [{"name": "EXTRA", "value": "1"}]}
            with_extra = await self.apply(session, {"template": {"spec": {"containers": [container]}}}, "fermata")

            without = await self.apply(session, {"minReadySeconds": 1}, "fermata")

            assert _list_variables(with_extra) == ["LEVEL", "EXTRA"]
            assert _list_variables(without) == ["LEVEL"]

    async def test_update_takes_the_field_over(self):
        """A patch is an update: what it changes is its manager's alone from then on."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True), manager="kubectl-edit")

            patched = await self.patch(session, {"spec": {"replicas": 3}}, fieldManager="fermata")

            owners = {
                (entry["manager"], entry["operation"])
                for entry in patched["metadata"]["managedFields"]
                if "f:replicas" in entry["fieldsV1"].get("f:spec", {})
            }
            assert owners == {("fermata", "Update")}

    async def test_own_update_conflicts_with_own_apply(self):
        """Update and Apply under one name are two managers."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))
            await self.patch(session, {"spec": {"replicas": 3}}, fieldManager="fermata")

            with pytest.raises(Refusal) as found:
                await self.apply(session, {"replicas": 4}, "fermata")

            assert 'conflict with "fermata" using apps/v1' in refused(found, 409, "Conflict").message

    async def test_apply_with_another_uid_creates_nothing(self):
        """An apply would create what is gone; with a uid it does not."""
        async with self.session() as session:
            with pytest.raises(Refusal) as found:
                await self.apply(session, make_deployment()["spec"], "fermata", uid="0000-not-there")

            assert "no existing object was found" in refused(found, 409, "Conflict").message
            with pytest.raises(NotThere):
                await self.read(session)

    async def test_apply_for_another_version_is_refused(self):
        """A resourceVersion in the applied configuration guards it, without being a conflict of fields."""
        async with self.session() as session:
            old = await self.create(session, DEPLOYMENT, make_deployment(paused=True))
            await self.patch(session, {"metadata": {"labels": {"a": "b"}}})

            version = old["metadata"]["resourceVersion"]
            with pytest.raises(Refusal) as found:
                await self.apply(session, {"minReadySeconds": 1}, "fermata", resourceVersion=version)

            refusal = refused(found, 409, "Conflict")
            assert not any(cause.reason == "FieldManagerConflict" for cause in refusal.causes)

    async def test_impossible_values_are_refused_alike_in_a_dry_run(self):
        """422 comes with the field, and comes for a dry run too."""
        container = {"name": "web", "resources": {"requests": {"memory": "256Mi"}}}
        cases = {
            "spec.replicas": {"replicas": -1},
            "spec.selector": {"selector": {"matchLabels": {"app": "x"}}},
            "spec.template.spec.containers[0].resources.requests": {"template": {"spec": {"containers": [container]}}},
        }
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))

            for field, spec in cases.items():
                kind = "application/strategic-merge-patch+json"
                with pytest.raises(Refusal) as found:
                    await self.patch(session, {"spec": spec}, kind=kind, dryRun="All")

                assert field in [cause.field for cause in refused(found, 422, "Invalid").causes]

    async def test_missing_object_is_not_found(self):
        """404 says which."""
        async with self.session() as session:
            with pytest.raises(NotThere) as found:
                await self.read(session, "nope")

            assert refused(found, 404, "NotFound").message == 'deployments.apps "nope" not found'

    async def test_name_that_is_taken_is_refused(self):
        """409 AlreadyExists is another answer than a conflict."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True))

            with pytest.raises(Refusal) as found:
                await self.create(session, DEPLOYMENT, make_deployment(paused=True))

            refused(found, 409, "AlreadyExists")


class _Reading(ServerUnderTest):
    """Lists, parts of objects, and who may do what."""

    async def _make_settings(self, session, count):
        for number in range(count):
            meta = {"name": f"settings-{number}", "labels": {"parity": "even" if number % 2 == 0 else "odd"}}
            await self.create(session, CONFIG_MAP, {"metadata": meta, "data": {"number": str(number)}})

    async def test_label_selectors_select(self):
        """Equality, inequality, sets and existence."""
        cases = {
            "parity=even": [0, 2],
            "parity!=even": [1, 3],
            "parity in (odd, none)": [1, 3],
            "parity notin (odd)": [0, 2],
            "parity": [0, 1, 2, 3],
            "!parity": [],
        }
        async with self.session() as session:
            await self._make_settings(session, 4)

            for selector, wanted in cases.items():
                found = await session.list_objects(CONFIG_MAP, self.namespace, labels=selector)

                names = [item["metadata"]["name"] for item in found.items if "number" in item.get("data", {})]
                assert names == [f"settings-{number}" for number in wanted], selector

    async def test_field_selectors_select(self):
        """By name; and a field that the kind cannot be selected by is refused, not ignored."""
        async with self.session() as session:
            await self._make_settings(session, 2)

            found = await session.list_objects(CONFIG_MAP, self.namespace, fields="metadata.name=settings-1")

            assert [item["metadata"]["name"] for item in found.items] == ["settings-1"]
            with pytest.raises(Refusal) as refusal:
                await session.list_objects(CONFIG_MAP, self.namespace, fields="data.number=1")
            refused(refusal, 400, "BadRequest")

    async def test_long_lists_come_in_pages(self):
        """`limit` and `continue` give every object once."""
        async with self.session() as session:
            await self._make_settings(session, 5)
            path, names, following = CONFIG_MAP.path(self.namespace), [], ""
            for _ in range(10):
                params = {"limit": "2", "labelSelector": "parity"} | ({"continue": following} if following else {})
                page = await session.get(path, params)
                assert len(page["items"]) <= 2
                names += [item["metadata"]["name"] for item in page["items"]]
                following = page["metadata"].get("continue", "")
                if not following:
                    break

            assert names == [f"settings-{number}" for number in range(5)]

    async def test_metadata_alone_holds_no_content(self):
        """A Secret's names can be read without its data ever being sent."""
        async with self.session() as session:
            await self.create(session, SECRET, {"metadata": {"name": "key"}, "stringData": {"password": "x"}})

            found = await session.list_metadata(SECRET, self.namespace)

            secret = next(item for item in found.items if item["metadata"]["name"] == "key")
            assert not {"data", "stringData"} & set(secret)

    async def test_own_access_can_be_reviewed(self):
        """The review says yes to what was just done."""
        asked = {"namespace": self.namespace, "verb": "create", "group": "", "resource": "configmaps"}
        body = {
            "apiVersion": ACCESS_REVIEW.api_version,
            "kind": ACCESS_REVIEW.kind,
            "spec": {"resourceAttributes": asked},
        }
        async with self.session() as session:
            answer = await session.write("POST", ACCESS_REVIEW.path(), body)

            assert answer["status"]["allowed"] is True

    async def test_scale_is_read_from_its_own_place(self):
        """Replicas wanted, and the selector as text."""
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(paused=True, replicas=2))

            scale = await session.get(DEPLOYMENT.path(self.namespace, "web", "scale"))

            assert (scale["kind"], scale["spec"]["replicas"]) == ("Scale", 2)
            assert scale["status"]["selector"] == "app=web"

    async def test_eviction_is_for_one_pod_of_one_uid(self):
        """A dry run removes nothing; another uid is a conflict; the right one removes the pod."""
        pod = {
            "metadata": {"name": "lone"},
            "spec": {"containers": [{"name": "web", "image": "fermata.invalid/web:1"}]},
        }
        async with self.session() as session:
            await self.need_evictions(session)
            made = await self.create(session, POD, pod)

            await self._evict(session, made["metadata"]["uid"], dryRun="All")
            with pytest.raises(Refusal) as found:
                await self._evict(session, "another")
            still = await session.find_object(POD, "lone", self.namespace)
            await self._evict(session, made["metadata"]["uid"])

            refused(found, 409, "Conflict")
            assert still is not None
            assert not still["metadata"].get("deletionTimestamp")
            gone = await session.find_object(POD, "lone", self.namespace)
            assert gone is None or gone["metadata"].get("deletionTimestamp")

    async def _evict(self, session, uid, **params):
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": "lone", "namespace": self.namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        return await session.write("POST", POD.path(self.namespace, "lone", "eviction"), body, params=params)

    async def test_rollout_leaves_a_numbered_history(self):
        """Each template gets a ReplicaSet with its number; needs the deployment controller."""
        container = {"name": "web", "image": "fermata.invalid/web:2"}
        async with self.session() as session:
            await self.create(session, DEPLOYMENT, make_deployment(replicas=0))
            await self.wait_for_revisions(session, 1)

            spec = {"template": {"spec": {"containers": [container]}}}
            await self.patch(session, {"spec": spec}, kind="application/strategic-merge-patch+json")
            found = await self.wait_for_revisions(session, 2)

            key = "deployment.kubernetes.io/revision"
            images = {
                item["metadata"]["annotations"][key]: item["spec"]["template"]["spec"]["containers"][0]["image"]
                for item in found
            }
            assert images == {"1": "fermata.invalid/web:1", "2": "fermata.invalid/web:2"}


def _list_variables(deployment):
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    return [variable["name"] for variable in container["env"]]


class TestEmulator(OnEmulator, _Writing):
    pass


class TestListsOfEmulator(OnEmulator, _Reading):
    pass


@needs_cluster
class TestCluster(OnCluster, _Writing):
    pass


@needs_cluster
class TestListsOfCluster(OnCluster, _Reading):
    pass
