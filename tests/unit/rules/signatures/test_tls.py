import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.tls import SIGNATURES, list_tls_troubles


def calling(*lines):
    """Build a caller with a log, and a server behind a service."""
    return Harbour().app("pay").svc("pay", 443, serves=("10.0.0.1:443",)).app("web").log("web", *lines)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            "x509: certificate has expired or is not yet valid: current time 2026-11-25 is after 2026-11-01",
            "tls_certificate_expired",
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2026-11-25 is before 2026-12-01",
            "tls_certificate_not_yet_valid",
        ),
        ("x509: certificate signed by unknown authority", "tls_unknown_authority"),
        ("SunCertPathBuilderException: unable to find valid certification path", "tls_unknown_authority"),
        ("x509: certificate is valid for a.example.com, not pay", "tls_host_mismatch"),
        ("http: server gave HTTP response to HTTPS client", "tls_protocol_mismatch"),
    ],
)
def test_rejected_certificate_is_the_servers_that_presents_it(line, cause):
    """The line names a service of the cluster; the words tell one reason from another."""
    harbour = calling(f'error: Get "https://pay:443/v1": {line}')

    (claim,) = harbour.find(SIGNATURES, cause)

    assert claim.subject.name == "pay"
    assert claim.confidence == 0.9
    assert "kubernetes:deployment/shop/web" in claim.explains
    assert harbour.list_causes(SIGNATURES) == [cause]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"{'error ' * 40} x509: certificate signed by unknown authority", ": error error"),
        (f"error-{'e' * 300}-SELF_SIGNED_CERT_IN_CHAIN", ": eee"),
    ],
)
def test_long_line_is_told_from_a_whole_word_on(line, shown):
    """The reason stands at its end, and half a word in front of it reads like a mistake."""
    (claim,) = calling(line).find(SIGNATURES, "tls_unknown_authority")

    assert shown in claim.text


@pytest.mark.parametrize("url", ["https://api.example.com:443/v1", "it"])
def test_certificate_of_somebody_unknown_is_claimed_where_it_is_rejected(url):
    """Who presents it is outside, or not named."""
    (claim,) = calling(f"error: {url}: certificate has expired").find(SIGNATURES, "tls_certificate_expired")

    assert claim.subject.name == "web"
    assert claim.confidence == 0.75


def test_healthy_talk_of_certificates_is_no_rejection():
    """A renewal is no fault, and whoever cannot make a certificate has another trouble."""
    harbour = calling("certificate renewed", "error: failed to create self signed certificate: forbidden")

    assert harbour.list_causes(SIGNATURES) == []


def ingress(*names, listed=("tls-old",)):
    """Build an ingress that takes its certificate from a secret."""
    path = {"path": "/", "backend": {"service": {"name": "pay", "port": {"number": 443}}}}
    spec = {"tls": [{"secretName": name} for name in names], "rules": [{"http": {"paths": [path]}}]}
    harbour = calling().add("Ingress", "edge", spec=spec)
    return harbour.listing("secrets", *listed) if listed is not None else harbour


def test_secret_that_an_ingress_names_and_that_does_not_exist_is_named():
    """The controller says so as well, and the services behind the ingress suffer."""
    harbour = ingress("tls-new").app("controller")
    harbour.log("controller", 'W1 Error getting SSL certificate "shop/tls-new": local SSL certificate was not found')

    (claim,) = harbour.find(SIGNATURES, "ingress_tls_secret_missing")

    assert claim.subject.ref == "kubernetes:ingress/shop/edge"
    assert {"kubernetes:service/shop/pay", "kubernetes:deployment/shop/controller"} <= claim.explains


def test_secret_that_exists_or_may_exist_is_left_alone():
    """Or none is named, as with a controller's default certificate."""
    for harbour in (ingress("tls-old"), ingress("tls-new", listed=None), ingress("")):
        assert harbour.find(SIGNATURES, "ingress_tls_secret_missing") == []


def test_workload_that_goes_on_rejecting_certificates_is_a_trouble():
    """Once is none, and neither is talk of making one."""
    lines = [f"error {number}: x509: certificate has expired" for number in range(3)]
    making = [f"error {number}: failed to create self signed certificate" for number in range(3)]
    harbour = calling(*lines).app("once").log("once", lines[0]).app("maker").log("maker", *making)

    assert [trouble.ref for trouble in list_tls_troubles(harbour.build())] == ["kubernetes:deployment/shop/web"]
