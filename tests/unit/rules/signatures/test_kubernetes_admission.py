import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.base import Specificity
from fermata.rules.signatures.kubernetes_admission import SIGNATURES, list_unserved_troubles, tell_family

NO_ACCOUNT = (
    'Error creating: pods "web-1-" is forbidden: error looking up service account: serviceaccount "web" not found'
)
OVER = 'Error creating: pods "web-1-x" is forbidden: exceeded quota: q, requested: {0}, used: {0}, limited: {0}'


@pytest.fixture
def town():
    """A deployment that wants one pod and has none."""
    return Town().deployment().replica_set()


def refuse(town, message, **more):
    """Add what the controller was told."""
    return town.event("ReplicaSet", "web-1", "FailedCreate", message, **more)


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
    refuse(town, OVER.format(requested)).service()

    (found,) = town.find(SIGNATURES, cause)

    assert found.subject.ref == "kubernetes:namespace/shop"
    assert {"kubernetes:deployment/shop/web", "kubernetes:service/shop/web"} <= found.explains
    assert len(found.quotes) == 2
    assert town.list_causes(SIGNATURES) == [cause]


def test_two_exhausted_quotas_are_both_named(town):
    """One refusal may name several resources; a third is not invented."""
    refuse(town, OVER.format("limits.cpu=1,requests.memory=1Gi"))

    assert town.list_causes(SIGNATURES) == ["namespace_cpu_quota_exceeded", "namespace_memory_quota_exceeded"]


def test_latest_refusal_counts(town):
    """An account that was missing for a second at the start is not what keeps the pods away now."""
    refuse(town, NO_ACCOUNT, age_s=300)
    refuse(town, OVER.format("pods=1"), age_s=20)

    assert town.list_causes(SIGNATURES) == ["namespace_pod_quota_exceeded"]


def test_refusal_that_was_got_over_is_no_cause():
    """The event stays for an hour; the pods exist."""
    healthy = Town().deployment(ready=1).replica_set(existing=1, ready=1)
    crashing = Town().deployment().replica_set(existing=1)

    assert refuse(healthy, OVER.format("pods=1")).list_causes(SIGNATURES) == []
    assert refuse(crashing, OVER.format("pods=1")).list_causes(SIGNATURES) == []


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
    refuse(town, OVER.format("persistentvolumeclaims=1"))
    other = missing_claim().add("ResourceQuota", "q", spec={"hard": {"persistentvolumeclaims": "1"}})
    town.bodies += [body for body in other.bodies if body["kind"] in ("ResourceQuota", "Event")]
    town.pod()

    (found,) = town.find(SIGNATURES, "namespace_storage_quota_exceeded")

    assert found.confidence == 0.95


def test_missing_account_is_named(town):
    """The pods cannot be created as long as the account is not there."""
    refuse(town, NO_ACCOUNT)

    (found,) = town.find(SIGNATURES, "missing_service_account")

    assert found.subject.ref == "kubernetes:deployment/shop/web"
    assert town.list_causes(SIGNATURES) == ["missing_service_account"]


def test_account_made_since_is_no_cause(town):
    """The controller simply has not tried again."""
    refuse(town, NO_ACCOUNT).add("ServiceAccount", "web")

    assert town.list_causes(SIGNATURES) == []


def test_dangling_account_is_seen_without_events():
    """Events expire; a complete list of accounts does not lie."""
    town = Town().deployment(spec={"serviceAccountName": "ghost"}).replica_set().listing("serviceaccounts", "default")

    (found,) = town.find(SIGNATURES, "missing_service_account")

    assert [quote.text.strip() for quote in found.quotes] == ['"serviceAccountName": "ghost"', "NAME  AGE"]


def test_dangling_account_needs_a_complete_list_and_missing_pods():
    """What was not listed may exist, and pods that exist have got their account."""
    unlisted = Town().deployment(spec={"serviceAccountName": "ghost"}).replica_set()
    running = Town().deployment(ready=1, spec={"serviceAccountName": "ghost"}).listing("serviceaccounts", "default")

    assert unlisted.list_causes(SIGNATURES) == []
    assert running.list_causes(SIGNATURES) == []


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("pods is forbidden: failed quota: q: must specify limits.cpu for: app", "quota_requires_resources"),
        ("forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi", "limit_range_violated"),
        ('forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true', "pod_security_violated"),
        ('admission webhook "policy.io" denied the request: no latest tag', "admission_webhook_denied"),
        ('admission webhook "policy.io" denied the request: tag is invalid: latest', "admission_webhook_denied"),
        ('Internal error: failed calling webhook "x.io": connection refused', "admission_webhook_unreachable"),
        ("forbidden: unable to create new content because it is being terminated", "namespace_terminating"),
        ("forbidden: no PriorityClass with name high was found", "missing_priority_class"),
        ('pod rejected: RuntimeClass "gvisor" not found', "missing_runtime_class"),
        ('Pod "web-1-a" is invalid: spec.containers[0].ports: Invalid value: 70000', "invalid_pod_spec"),
        ('pods is forbidden: User "system:x" cannot create resource "pods"', "controller_forbidden"),
    ],
)
def test_refusal_is_told_by_its_words(town, message, cause):
    """The API server says why; exactly one cause takes it."""
    refuse(town, f"Error creating: {message}")

    assert town.list_causes(SIGNATURES) == [cause]
    assert town.find(SIGNATURES, cause)[0].subject.name == "web"


CALL = 'Internal error occurred: failed calling webhook "x.io": Post "https://guard.policy.svc:443/v?timeout=10s": {0}'


def test_webhook_that_does_not_answer_is_its_backends_fault(town):
    """Once for all that is refused because of it."""
    labels = {"app": "guard"}
    refuse(town.deployment("api").replica_set("api-1", "api"), CALL.format("connection refused"))
    town.event("ReplicaSet", "api-1", "FailedCreate", CALL.format("connection refused"))
    town.add("Service", "guard", "policy", spec={"selector": labels})
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app"}]}}
    town.add(
        "Deployment", "guard-server", "policy", spec={"replicas": 1, "template": template}, status={"readyReplicas": 1}
    )

    (found,) = town.find(SIGNATURES, "admission_webhook_unreachable")

    assert found.subject.ref == "kubernetes:deployment/policy/guard-server"
    assert {"kubernetes:deployment/shop/api", "kubernetes:deployment/shop/web"} <= found.explains
    assert "Pods of api, web are refused" in found.text


def test_webhook_whose_certificate_is_refused_is_told_apart(town):
    """It answers, and nobody trusts the answer."""
    refuse(town, CALL.format("tls: failed to verify certificate: x509: certificate has expired"))

    assert town.list_causes(SIGNATURES) == ["admission_webhook_certificate_invalid"]


def test_webhook_without_known_backend_is_told_as_far_as_known(town):
    """Its service when nobody is behind it, and who is refused when not even that is known."""
    refuse(town, CALL.format('no endpoints available for service "guard"'))

    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.name == "web"
    town.add("Service", "guard", "policy", spec={"selector": {"app": "guard"}})
    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.ref == "kubernetes:service/policy/guard"


def test_webhook_whose_service_was_not_captured_is_the_ailing_ones_of_its_namespace(town):
    """When only one workload there is not well; of several none is guessed at."""
    refuse(town, CALL.format("connection refused"))
    town.pod("fine", None, node="n1", ready=True, namespace="policy").pod("guard-0", None, namespace="policy")

    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.name == "guard-0"
    town.pod("other-0", None, namespace="policy")
    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.name == "web"


def test_webhook_outside_the_cluster_is_told_by_what_it_refuses(town):
    """Its address names no service."""
    refuse(town, 'failed calling webhook "x.io": Post "https://guard.example.com/v": EOF')

    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.name == "web"


def test_unknown_refusal_is_not_guessed_at(town):
    """Silence beats a confident guess."""
    assert refuse(town, "Error creating: etcdserver: request timed out").list_causes(SIGNATURES) == []


def test_account_without_rights_is_told_by_the_log_of_the_pod_that_fails():
    """The refusal names the account, plain or escaped inside JSON."""
    plain = 'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods"'
    for line in (plain, f'{{"msg": {plain!r}}}'.replace('User "', 'User \\"').replace('web"', 'web\\"')):
        town = Town().deployment().replica_set(existing=1).log("web", "start", line).log("web-1-a", line)

        (found,) = town.find(SIGNATURES, "service_account_permission_denied")

        assert "its account web may" in found.text


def test_rights_that_a_ready_workload_does_without_are_no_cause():
    """A log line of a healthy workload, or one that names no account, blames nobody."""
    line = 'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods"'
    healthy = Town().deployment(ready=1).log("web", line)
    nameless = Town().deployment().replica_set(existing=1).log("web", 'forbidden: User "system:serviceaccount:')

    assert healthy.list_causes(SIGNATURES) == []
    assert nameless.list_causes(SIGNATURES) == []


def test_families_of_quota_names():
    """A class's own storage quota is storage; what has no family of its own counts as an object."""
    names = [
        "gold.storageclass.storage.k8s.io/requests.storage",
        "services.nodeports",
        "count/jobs.batch",
        "limits.cpu",
    ]

    assert [tell_family(name) for name in names] == ["storage", "service", "object", "cpu"]


def test_every_entry_is_documented():
    """The catalogue needs a reason for silence and a word about its number."""
    assert all(item.ruled_out_by and item.confidence_note and item.action for item in SIGNATURES)
    assert {item.specificity for item in SIGNATURES} == {Specificity.ORIGIN}
