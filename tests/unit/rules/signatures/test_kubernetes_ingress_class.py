"""An ingress of a class that does not exist."""

import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.cluster_rank import examine
from fermata.rules.signatures.kubernetes_ingress_class import SIGNATURES

CAUSE = "ingress_class_missing"


def ingress(name="inner", **more):
    """Give a town with one ingress of a class, all classes known."""
    town = Town().add("Ingress", "web", spec={"ingressClassName": name}, **more)
    return town.listing("ingressclasses", "nginx", namespace="shop")


def test_class_that_is_not_there_leaves_the_ingress_alone():
    """No controller takes it up; which classes there are is told."""
    (found,) = examine(ingress().build(), SIGNATURES)

    assert found.claim.subject.ref == "kubernetes:ingress/shop/web"
    assert found.claim.person_must == "Name a class that exists (nginx), or create the class inner."


def test_cluster_without_any_class_says_so():
    """There is none to name."""
    town = Town().add("Ingress", "web", spec={"ingressClassName": "inner"}).listing("ingressclasses")

    (claim,) = town.find(SIGNATURES, CAUSE)

    assert claim.person_must == "Name a class that exists, or create the class inner."


@pytest.mark.parametrize(
    "town",
    [
        ingress("nginx"),
        ingress(""),
        ingress(status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}),
        ingress(annotations={"kubernetes.io/ingress.class": "inner"}),
        Town().add("Ingress", "web", spec={"ingressClassName": "inner"}),
    ],
    ids=["is there", "no class", "served", "by the old annotation", "classes not known"],
)
def test_ingress_that_somebody_may_serve_is_silent(town):
    """Its class is there, it asks for none, it has an address, or nobody knows."""
    assert town.find(SIGNATURES, CAUSE) == []
