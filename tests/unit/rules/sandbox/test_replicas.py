"""The replicas that a fault hits are those of the service that the policy is asked about."""

import pytest
from tests.unit.rules.sandbox.places import (
    CALLEES,
    LIMITS,
    NAMESPACE,
    make_delay,
    make_document,
    make_facts,
    make_pod,
    retarget,
)

from fermata.rules.sandbox import judge_sandbox

TIER = {"tier": "payment"}


def tell_unmet(experiment, **facts):
    """Give what is said of each condition that is not met."""
    findings = judge_sandbox(make_facts(**facts), experiment, LIMITS)
    return {finding.name: finding.text for finding in findings if not finding.ok}


def test_labels_of_another_service_are_refused():
    """Who may say yes is told by the name; the fault finds its replicas by the labels."""
    unmet = tell_unmet(retarget(service="search"))

    assert set(unmet) == {"selector"}
    assert unmet["selector"].startswith("payment-0 is a replica of payment, and search is what the policy")


@pytest.mark.parametrize(("labels", "who"), [({"app": "x"}, "x"), ({}, "nobody")])
def test_tier_is_no_name_of_a_service(labels, who):
    """Many services are of one tier, and a guardrail for its name would cover them all."""
    unmet = tell_unmet(retarget(labels=TIER), pods=(make_pod(labels=labels | TIER, owner=""),))

    assert f"is a replica of {who}, and payment is" in unmet["selector"]


def test_callee_of_another_name_is_refused():
    """Calls to it are what is held."""
    experiment = retarget(callee="search", callee_labels={"app": "ledger"})

    unmet = tell_unmet(experiment, callee_pods=CALLEES, document=make_delay())

    assert unmet["callee"].startswith("ledger-1 is a replica of ledger, and search is")


@pytest.mark.parametrize(
    ("owner", "labels"),
    [
        ("ReplicaSet/payment-7d9f", {"tier": "money"}),
        ("StatefulSet/payment", {"tier": "money"}),
        ("ReplicaSet/shop-payment-7d9f", {"tier": "money", "app.kubernetes.io/name": "payment"}),
        ("", {"tier": "money", "io.kompose.service": "payment"}),
    ],
)
def test_service_is_known_by_its_workload_or_by_a_label_that_names_services(owner, labels):
    """What the policy was asked about is what is hit."""
    pods = tuple(make_pod(f"x-{number}", owner=owner, labels=labels) for number in range(3))
    selector = {"namespaces": [NAMESPACE], "labelSelectors": {"tier": "money"}}
    experiment = retarget(labels={"tier": "money"}, replicas=3)

    unmet = tell_unmet(experiment, pods=pods, document=make_document({"selector": selector}))

    assert "selector" not in unmet
