import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_quotas import SIGNATURES, list_unserved_troubles, tell_family

OVER = 'Error creating: pods "web-1-x" is forbidden: exceeded quota: q, requested: {0}, used: {0}, limited: {0}'


@pytest.fixture
def town():
    """A deployment that wants one pod and has none."""
    return Town().deployment().replica_set()


@pytest.mark.parametrize(
    ("requested", "cause"),
    [
        ("requests.cpu=2", "namespace_cpu_quota_exceeded"),
        ("limits.memory=1Gi", "namespace_memory_quota_exceeded"),
        ("pods=1", "namespace_pod_quota_exceeded"),
        ("count/pods=1", "namespace_pod_quota_exceeded"),
        ("requests.ephemeral-storage=1Gi", "namespace_object_quota_exceeded"),
        ("requests.nvidia.com/gpu=1", "namespace_object_quota_exceeded"),
    ],
)
def test_refused_pod_names_the_quota(town, requested, cause):
    """What the controller was told is the cause, and it sits in the namespace."""
    town.add("ResourceQuota", "q", status={"hard": {requested.partition("=")[0]: "1"}, "used": {}})
    town.refuse(OVER.format(requested)).service()

    (found,) = town.find(SIGNATURES, cause)

    assert found.subject.ref == "kubernetes:namespace/shop"
    assert {"kubernetes:deployment/shop/web", "kubernetes:service/shop/web"} <= found.explains
    assert len(found.quotes) == 2
    assert town.list_causes(SIGNATURES) == [cause]


def test_two_exhausted_quotas_are_both_named(town):
    """One refusal may name several resources; a third is not invented."""
    town.refuse(OVER.format("limits.cpu=1,requests.memory=1Gi"))

    assert town.list_causes(SIGNATURES) == ["namespace_cpu_quota_exceeded", "namespace_memory_quota_exceeded"]


def full_services(town, used="3"):
    """Add a quota for services, used up unless told otherwise."""
    return town.add("ResourceQuota", "q", status={"hard": {"services": "3", "pods": "9"}, "used": {"services": used}})


def test_name_that_nobody_serves_under_a_full_service_quota_is_the_quotas_fault():
    """A refused Service leaves no event: callers use a name that does not exist, and the quota is full."""
    caller = {"containers": [{"name": "app", "env": [{"name": "MAIL_ADDR", "value": "mail:80"}]}]}
    town = Town().deployment(ready=1, spec=caller).service().deployment("mail", ready=1).deployment("cron", ready=1)
    full_services(town).listing("services", "web")

    (found,) = town.find(SIGNATURES, "namespace_service_quota_exceeded")

    assert found.subject.ref == "kubernetes:namespace/shop"
    assert {"kubernetes:deployment/shop/mail", "kubernetes:deployment/shop/web"} <= found.explains
    assert "mail has none" in found.text


def test_lone_workload_without_service_under_a_full_quota_is_told():
    """Where every sibling has a service, the hole speaks by itself."""
    town = full_services(Town())
    for name in ("a", "b", "c"):
        town.deployment(name, ready=1).service(name)
    town.deployment("d", ready=1).listing("services", "a", "b", "c")
    (trouble,) = list_unserved_troubles(town.build())

    assert (trouble.ref, trouble.text) == ("kubernetes:deployment/shop/d", "no service leads to d")
    assert town.find(SIGNATURES, "namespace_service_quota_exceeded")[0].text.endswith("and d has none.")


def test_full_service_quota_that_hurts_nobody_is_silent():
    """All have their service; or many never had one; or the list of services was not captured; or there is room."""
    served = full_services(Town().deployment(ready=1).service()).listing("services", "web")
    workers = full_services(Town().deployment(ready=1).deployment("b", ready=1)).listing("services")
    unknown = full_services(Town().deployment(ready=1))
    roomy = full_services(Town().deployment(ready=1), used="1").listing("services")

    assert all(town.list_causes(SIGNATURES) == [] for town in (served, workers, unknown, roomy))


def missing_claim():
    """Return a town whose pod waits for a claim that does not exist."""
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    town = Town().deployment().replica_set(existing=1).pod(spec={"volumes": volumes})
    words = '0/4 nodes are available: persistentvolumeclaim "data" not found.'
    return town.event("Pod", "web-1-a", "FailedScheduling", words)


def test_claim_that_does_not_exist_under_a_storage_quota_was_refused():
    """Nobody keeps the refusal of a claim; the quota is the better explanation of the hole."""
    town = missing_claim().add("ResourceQuota", "q", spec={"hard": {"requests.storage": "1Gi"}})

    (found,) = town.find(SIGNATURES, "namespace_storage_quota_exceeded")

    assert found.confidence == 0.7
    assert "kubernetes:pod/shop/web-1-a" in found.explains


def test_missing_claim_without_a_storage_quota_is_not_the_quotas_fault():
    """A quota for pods limits no claim."""
    town = missing_claim().add("ResourceQuota", "q", spec={"hard": {"pods": "1"}})

    assert town.list_causes(SIGNATURES) == []


def test_storage_quota_is_told_once(town):
    """The controller's own word makes the conclusion from a missing claim superfluous."""
    town.refuse(OVER.format("persistentvolumeclaims=1"))
    other = missing_claim().add("ResourceQuota", "q", spec={"hard": {"persistentvolumeclaims": "1"}})
    town.bodies += [body for body in other.bodies if body["kind"] in ("ResourceQuota", "Event")]
    town.pod()

    (found,) = town.find(SIGNATURES, "namespace_storage_quota_exceeded")

    assert found.confidence == 0.95


def test_families_of_quota_names():
    """A class's own storage quota is storage; what has no family of its own counts as an object."""
    names = [
        "gold.storageclass.storage.k8s.io/requests.storage",
        "services.nodeports",
        "count/jobs.batch",
        "limits.cpu",
    ]

    assert [tell_family(name) for name in names] == ["storage", "service", "object", "cpu"]
