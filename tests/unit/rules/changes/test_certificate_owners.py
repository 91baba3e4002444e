"""Whose certificate has expired."""

import pytest

from fermata.rules.changes.certificate_owners import find_owner
from fermata.rules.changes.outside import find_outside


@pytest.mark.parametrize(
    ("texts", "owner"),
    [
        (['Get "https://tlsedge:8443/pay": tls: certificate has expired'], "tlsedge"),
        (["wss://u:p@Live.acme.dev./x certificate has expired", "it has expired"], "live.acme.dev"),
        (["HTTPSConnectionPool(host='api.pay.io', port=443): certificate has expired"], "api.pay.io"),
        (["servername: 'edge.acme.dev' CERT_HAS_EXPIRED"], "edge.acme.dev"),
        (['certificate has expired while SSL handshaking, upstream: "https://10.0.0.5:8443/x"'], "10.0.0.5"),
        (['certificate has expired, referrer: "https://shop.acme.dev/"'], ""),
        (["https://a.acme.dev certificate has expired", "https://b.acme.dev certificate has expired"], ""),
        (["http://plain certificate has expired"], ""),
        ([], ""),
    ],
)
def test_host_that_was_asked_has_the_certificate(texts, owner):
    """It is named where the lines agree on one, and not where a page is named that led there."""
    assert find_owner(texts) == owner


@pytest.mark.parametrize(
    ("asked", "whose"), [(" of https://tlsedge:8443/pay", "The certificate of tlsedge"), ("", "A certificate")]
)
def test_expired_certificate_is_told_with_its_owner(incident, asked, whose):
    """Who complains was shown it; whoever renews it has to know whose it is."""
    incident.calm("shop").log("shop", (-3, 30, f"ERROR call{asked} failed: certificate has expired"))

    (found,) = find_outside(incident.read())

    assert found.text.startswith(f"{whose} has expired; shop says: ")
    assert found.person_must.startswith(f"Renew {'the' + whose.removeprefix('The').removeprefix('A')}, and find out")
