import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.base import Specificity
from fermata.rules.signatures.kubernetes_admission import SIGNATURES, list_denied_troubles

NO_ACCOUNT = (
    'Error creating: pods "web-1-" is forbidden: error looking up service account: serviceaccount "web" not found'
)


@pytest.fixture
def town():
    """A deployment that wants one pod and has none."""
    return Town().deployment().replica_set()


def test_missing_account_is_named(town):
    """The pods cannot be created as long as the account is not there."""
    town.refuse(NO_ACCOUNT)

    (found,) = town.find(SIGNATURES, "missing_service_account")

    assert found.subject.ref == "kubernetes:deployment/shop/web"
    assert town.list_causes(SIGNATURES) == ["missing_service_account"]


def test_account_made_since_is_no_cause(town):
    """The controller simply has not tried again."""
    town.refuse(NO_ACCOUNT).add("ServiceAccount", "web")

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
    town.refuse(f"Error creating: {message}")

    assert town.list_causes(SIGNATURES) == [cause]
    assert town.find(SIGNATURES, cause)[0].subject.name == "web"


CALL = 'Internal error occurred: failed calling webhook "x.io": Post "https://guard.policy.svc:443/v?timeout=10s": {0}'


def test_webhook_that_does_not_answer_is_its_backends_fault(town):
    """Once for all that is refused because of it."""
    labels = {"app": "guard"}
    town.deployment("api").replica_set("api-1", "api").refuse(CALL.format("connection refused"))
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
    """It answers, and nobody trusts the answer: its service has it, not what is refused."""
    town.refuse(CALL.format("tls: failed to verify certificate: x509: certificate has expired"))

    (found,) = town.find(SIGNATURES, "admission_webhook_certificate_invalid")

    assert town.list_causes(SIGNATURES) == ["admission_webhook_certificate_invalid"]
    assert found.subject.ref == "kubernetes:service/policy/guard"
    assert "kubernetes:deployment/shop/web" in found.explains


def test_webhook_without_known_backend_is_told_as_far_as_known(town):
    """Its service when nobody is behind it, or when nothing of its namespace was captured."""
    town.refuse(CALL.format('no endpoints available for service "guard"'))

    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.ref == "kubernetes:service/policy/guard"
    town.add("Service", "guard", "policy", spec={"selector": {"app": "guard"}})
    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.ref == "kubernetes:service/policy/guard"


def test_webhook_whose_service_was_not_captured_is_the_ailing_ones_of_its_namespace(town):
    """When only one workload there is not well; of several none is guessed at."""
    town.refuse(CALL.format("connection refused"))
    town.pod("fine", None, node="n1", ready=True, namespace="policy").pod("guard-0", None, namespace="policy")

    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.name == "guard-0"
    town.pod("other-0", None, namespace="policy")
    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.ref == "kubernetes:service/policy/guard"


def test_webhook_outside_the_cluster_is_told_by_what_it_refuses(town):
    """Its address names no service."""
    town.refuse('failed calling webhook "x.io": Post "https://guard.example.com/v": EOF')

    assert town.find(SIGNATURES, "admission_webhook_unreachable")[0].subject.name == "web"


def test_unknown_refusal_is_not_guessed_at(town):
    """Silence beats a confident guess."""
    assert town.refuse("Error creating: etcdserver: request timed out").list_causes(SIGNATURES) == []


def test_account_without_rights_is_told_by_the_log_of_the_pod_that_fails():
    """The refusal names the account, plain or escaped inside JSON."""
    plain = 'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods"'
    for line in (plain, f'{{"msg": {plain!r}}}'.replace('User "', 'User \\"').replace('web"', 'web\\"')):
        town = Town().deployment().replica_set(existing=1).log("web", "start", line).log("web-1-a", line)

        (found,) = town.find(SIGNATURES, "service_account_permission_denied")

        assert "its account web may" in found.text


def test_rights_that_a_ready_workload_does_without_are_no_cause():
    """A log line of a healthy workload, or one that names no account, blames nobody; one that goes on does."""
    line = 'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods"'
    healthy = Town().deployment(ready=1).log("web", line)
    nameless = Town().deployment().replica_set(existing=1).log("web", 'forbidden: User "system:serviceaccount:')

    persistent = Town().deployment(ready=1).log("web", *[line] * 3).log("web", "another container's")

    assert healthy.list_causes(SIGNATURES) == []
    assert persistent.find(SIGNATURES, "service_account_permission_denied")[0].confidence == 0.6
    assert nameless.list_causes(SIGNATURES) == []


def test_workload_that_is_refused_again_and_again_is_in_trouble():
    """Its pods look well and its work is not done; one that ails is listed by its pods already."""
    line = 'pods is forbidden: User "system:serviceaccount:shop:web" cannot create resource "pods"'

    (trouble,) = list_denied_troubles(Town().deployment(ready=1).log("web", *[line] * 3).build())

    assert trouble.ref == "kubernetes:deployment/shop/web"
    assert list_denied_troubles(Town().deployment(ready=1).log("web", line, *["served"] * 900).build()) == ()
    assert list_denied_troubles(Town().deployment(ready=0).log("web", *[line] * 3).build()) == ()


def test_every_entry_is_documented():
    """The catalogue needs a reason for silence and a word about its number."""
    assert all(item.ruled_out_by and item.confidence_note and item.action for item in SIGNATURES)
    assert {item.specificity for item in SIGNATURES} == {Specificity.ORIGIN}
