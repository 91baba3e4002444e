import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.dependencies import SIGNATURES

REFUSED = "error: dial tcp 10.96.0.99:80: connect: connection refused"


def calling(*names, ready=False, line=REFUSED):
    """Build a service with what is behind it, and callers with a log."""
    harbour = Harbour().app("cart", ready=ready).svc("cart")
    for name in names:
        harbour.app(name).log(name, line)
    return harbour


@pytest.mark.parametrize("ready", [False, None])
def test_workload_that_is_down_explains_its_callers(ready):
    """Its pods are not ready, or it has none."""
    (claim,) = calling("web", "pay", ready=ready).find(SIGNATURES, "dependency_unavailable")

    assert claim.subject.name == "cart"
    assert "web, pay fail for it" in claim.text
    assert {"kubernetes:deployment/shop/web", "kubernetes:deployment/shop/pay"} <= claim.explains


def test_workload_of_the_name_is_meant_where_no_services_are_known():
    """People name a service after what is behind it; a list of services that lacks the name says otherwise."""
    line = "error: dial tcp: lookup cart on 10.96.0.10:53: no such host"
    unlisted = Harbour().app("cart", ready=False).app("web").log("web", line)
    listed = Harbour().app("cart", ready=False).svc("other").app("web").log("web", line)

    (claim,) = unlisted.find(SIGNATURES, "dependency_unavailable")

    assert claim.subject.name == "cart"
    assert listed.find(SIGNATURES, "dependency_unavailable") == []


def test_workload_that_is_up_or_calls_itself_is_no_dead_dependency():
    """Then something lies between them; what fails to reach itself is its own trouble; outside is another matter."""
    itself = Harbour().app("cart", ready=False).svc("cart").log("cart", REFUSED)
    outside = calling("web", line="error: dial tcp 8.8.8.8:80: connect: connection refused")

    for harbour in (calling("web", ready=True), itself, outside):
        assert harbour.find(SIGNATURES, "dependency_unavailable") == []


@pytest.mark.parametrize(
    "line",
    [
        'error: Get "https://api.example.com:443/v1": i/o timeout',
        "error: getaddrinfo ENOTFOUND api.example.com",
        "error: dial tcp 8.8.8.8:443: connect: connection refused",
    ],
)
def test_host_outside_that_cannot_be_reached_is_named(line):
    """Its callers are fine otherwise; several of them make it likelier."""
    for names, confidence in ((("web",), 0.6), (("web", "pay"), 0.7)):
        (claim,) = calling(*names, line=line).find(SIGNATURES, "external_dependency_unavailable")

        assert claim.subject.name == "web"
        assert claim.confidence == confidence


@pytest.mark.parametrize(
    "line",
    [
        REFUSED,
        "error: dial tcp 10.9.9.9:80: connect: connection refused",
        "error: dial tcp: lookup db.shop.svc.cluster.local on 10.0.0.2:53: no such host",
        "error: dial tcp: lookup db on 10.0.0.2:53: no such host",
    ],
)
def test_host_that_may_be_of_the_cluster_is_not_outside(line):
    """Private addresses, names of services, and single words."""
    assert calling("web", line=line).find(SIGNATURES, "external_dependency_unavailable") == []


def test_outside_names_are_not_blamed_where_nothing_resolves():
    """The resolver is."""
    harbour = calling("web", line="error: getaddrinfo ENOTFOUND api.example.com")
    harbour.log("web", "error: dial tcp: lookup cart on 10.0.0.2:53: no such host")

    assert harbour.find(SIGNATURES, "external_dependency_unavailable") == []


ANSWER = "Readiness probe failed: HTTP probe failed with statuscode: 503"
CART = [{"name": "CART_URL", "value": "http://cart:80"}]


WEB = "web-7d9f8b6c5-x2x4k"


def checking(message=ANSWER, *, ready=False, env=CART, callee=False, state="running"):
    """Build a service with what is behind it, and a workload that is set up to call it and whose check fails."""
    harbour = Harbour().app("cart", ready=callee).svc("cart").app("web", ready=None, env=env)
    harbour.owner_set("web", "Deployment", {"app": "web"})
    running = {"state": {state: {"reason": "CrashLoopBackOff"}}, "ready": ready, "status": {"phase": "Running"}}
    harbour.pod(WEB, "web-7d9f8b6c5", node="n1", labels={"app": "web"}, **running)
    return harbour.event("Pod", WEB, "Unhealthy", message)


@pytest.mark.parametrize(
    "message",
    [ANSWER, 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")', f"{ANSWER}\nbody"],
)
def test_workload_that_is_down_explains_who_answers_checks_with_no(message):
    """The check asks what the workload needs, and it is set up to call that."""
    (claim,) = checking(message).find(SIGNATURES, "dependency_unavailable")

    assert (claim.subject.name, claim.confidence) == ("cart", 0.5)
    assert claim.text == "cart is not up, and web, set up to call it, answers readiness checks with no."
    assert "kubernetes:deployment/shop/web" in claim.explains
    assert message.partition("\n")[0] in " ".join(quote.text for quote in claim.quotes)


@pytest.mark.parametrize(
    "harbour",
    [
        checking("Readiness probe failed: dial tcp 10.0.0.1:80: connect: connection refused"),
        checking(ANSWER.replace("Readiness", "Liveness")),
        checking(ready=True),
        checking(state="waiting"),
        checking(env=[]),
        checking(env=[{"name": "PAY_URL", "value": "http://pay.example.com:80"}]),
        checking(callee=True),
        checking(callee=None),
        checking(env=[{"name": "SELF_URL", "value": "http://web:80"}]).svc("web"),
    ],
    ids=[
        "nobody answers", "liveness", "ready by now", "crashes", "calls nobody", "calls outside", "callee is up",
        "no pods known", "calls itself",
    ],
)  # fmt: skip
def test_check_that_fails_for_its_own_reasons_blames_nobody(harbour):
    """Nobody answers it, it is over, or what its workload calls is up or not known to be down."""
    assert harbour.find(SIGNATURES, "dependency_unavailable") == []


def test_workload_that_a_log_complains_of_is_blamed_once():
    """The log says more than the check."""
    (claim,) = checking().log("web", REFUSED).find(SIGNATURES, "dependency_unavailable")

    assert claim.confidence == 0.6
