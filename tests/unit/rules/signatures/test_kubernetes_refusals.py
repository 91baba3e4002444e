import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_admission import SIGNATURES

NO_ACCOUNT = (
    'Error creating: pods "web-1-" is forbidden: error looking up service account: serviceaccount "web" not found'
)


OVER = 'Error creating: pods "web-1-x" is forbidden: exceeded quota: q, requested: {0}, used: {0}, limited: {0}'


@pytest.fixture
def town():
    """A deployment that wants one pod and has none."""
    return Town().deployment().replica_set()


def test_latest_refusal_counts(town):
    """An account that was missing for a second at the start is not what keeps the pods away now."""
    town.refuse(NO_ACCOUNT, age_s=300)
    town.refuse(OVER.format("pods=1"), age_s=20)

    assert town.list_causes(SIGNATURES) == ["namespace_pod_quota_exceeded"]


def test_refusal_that_was_got_over_is_no_cause():
    """The event stays for an hour; the pods exist."""
    healthy = Town().deployment(ready=1).replica_set(existing=1, ready=1)
    crashing = Town().deployment().replica_set(existing=1)

    assert healthy.refuse(OVER.format("pods=1")).list_causes(SIGNATURES) == []
    assert crashing.refuse(OVER.format("pods=1")).list_causes(SIGNATURES) == []


def test_expired_event_is_replaced_by_the_condition():
    """A replica set keeps the reason of its last failure as long as it lasts."""
    failure = {"type": "ReplicaFailure", "status": "True", "message": OVER.format("pods=1")}
    town = Town().deployment().replica_set(conditions=[{"type": "Other"}, failure])

    (found,) = town.find(SIGNATURES, "namespace_pod_quota_exceeded")

    assert "exceeded quota" in found.quotes[0].text


def test_workload_without_replica_sets_is_judged_by_its_pods():
    """A stateful set makes its pods itself."""
    spec = {"replicas": 2, "template": {"metadata": {"labels": {"app": "db"}}}}
    town = Town().add("StatefulSet", "db", spec=spec, status={"readyReplicas": 1})
    town.pod("db-0", ("StatefulSet", "db"), node="n1", ready=True)
    town.event("StatefulSet", "db", "FailedCreate", OVER.format("requests.storage=1Gi"))

    (found,) = town.find(SIGNATURES, "namespace_storage_quota_exceeded")

    assert found.confidence == 0.95


def test_refusal_known_from_events_alone_is_a_cause():
    """Of a paste of events nothing is known but what was refused last, and that is enough."""
    refused = ("ReplicaSet", "web-6f8c7d9b5", "FailedCreate", OVER.format("pods=1"))
    made = ("ReplicaSet", "web-6f8c7d9b5", "SuccessfulCreate", "Created pod")

    (claim,) = Town().event(*refused).find(SIGNATURES, "namespace_pod_quota_exceeded")

    assert "kubernetes:deployment/shop/web" in claim.explains
    assert Town().event(*refused).event(*made, age_s=9).list_causes(SIGNATURES) == []
