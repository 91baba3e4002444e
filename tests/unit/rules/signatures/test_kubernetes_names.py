import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_names import SIGNATURES

UNKNOWN = "unknown_host_called"
DENIED = "ERROR dial tcp: lookup inventroy on 10.96.0.10:53: no such host"


def caller(line=DENIED, times=5):
    """Return a town where `web` runs and logs one failed lookup after the other."""
    return (
        Town().deployment(ready=1).replica_set(existing=1, ready=1).log("web", *[f"{n} {line}" for n in range(times)])
    )


def test_name_that_the_resolver_denies_again_and_again_is_wrong():
    """No setting was captured that holds it: the caller has it from somewhere."""
    (claim,) = caller().find(SIGNATURES, UNKNOWN)

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.confidence == 0.6
    assert "inventroy" in claim.text


def test_complete_list_without_the_name_makes_it_more_certain():
    """Then not only the resolver says that nothing is called so."""
    (claim,) = caller().listing("services", "inventory").find(SIGNATURES, UNKNOWN)

    assert claim.confidence == 0.8
    assert len(claim.quotes) == 2


def test_service_of_another_namespace_is_what_is_missed():
    """A short name is one of the caller's own namespace."""
    line = "ERROR dial tcp: lookup cart on 10.96.0.10:53: no such host"
    town = caller(line).add("Service", "cart", "backend", spec={"ports": [{"port": 80}]})

    (claim,) = town.find(SIGNATURES, UNKNOWN)

    assert claim.confidence == 0.9
    assert claim.text.endswith("does not exist there: the service is in the namespace backend.")


def test_full_name_of_the_cluster_is_one_of_its_own():
    """Its ending says so."""
    line = "ERROR lookup stock.shop.svc.cluster.local on 10.96.0.10:53: no such host"

    assert len(caller(line).find(SIGNATURES, UNKNOWN)) == 1


@pytest.mark.parametrize(
    "town",
    [
        caller(times=1),
        caller("ERROR lookup api.example.com on 10.96.0.10:53: no such host"),
        caller("getaddrinfo EAI_AGAIN inventroy"),
        caller().deployment("inventroy"),
        caller().service("cart").log("web", *["ERROR lookup cart on 10.96.0.10:53: no such host"] * 3),
        caller().deployment(
            ready=1, spec={"containers": [{"name": "app", "env": [{"name": "STOCK", "value": "inventroy:80"}]}]}
        ),
    ],
    ids=["once", "outside", "no answer", "bears it", "resolver", "setting"],
)
def test_other_reasons_for_a_failed_lookup_are_told_elsewhere(town):
    """An answer that never came, a name outside, a service that is missing, or a setting that is known."""
    assert town.find(SIGNATURES, UNKNOWN) == []
