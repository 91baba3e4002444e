"""What an answer names has to exist."""

import pytest
from tests.unit.rules.incident_case import blame, conclude, make_case, make_deployment, make_piece

from fermata.domain.entity import Entity
from fermata.rules.acceptance.entities import Register
from fermata.testing.records import CHECKOUT, make_alert

POD = Entity(system="kubernetes", kind="pod", namespace="shop", name="cart-7f-abc")


@pytest.fixture
def register():
    """Give the register of a case with a process, a pod, and a log that speaks of a ledger in `books`."""
    log = make_piece("dial tcp: lookup ledger-db in books: no such host", "x-y z")
    pod = make_piece("fine", title="pod", entity=POD)
    case = make_case(log, pod, alerts=[make_alert(labels={"alertname": "A", "team": "payments"})])
    return Register(case, conclude(blame(log, suggests=True)))


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("supervisor:process/checkout", "supervisor:process/checkout"),
        ("process/checkout", "supervisor:process/checkout"),
        ("checkout", "supervisor:process/checkout"),
        ("service/checkout", "service/checkout"),
        ("kubernetes:pod/shop/cart-7f-abc", "kubernetes:pod/shop/cart-7f-abc"),
        ("pods/cart-7f-abc", "kubernetes:pod/shop/cart-7f-abc"),
        ("svc/books/ledger-db", "service/books/ledger-db"),
        ("ledger-db", "service/ledger-db"),
        ("service/payments", "service/payments"),
    ],
)
def test_name_that_was_seen_is_found(register, text, ref):
    """Known entities by any way of writing them; others when their words stand in the evidence or in a label."""
    assert register.find(text).ref == ref


@pytest.mark.parametrize(
    "text",
    [
        "supervisor:process/cashier",
        "vault:secret/checkout",
        "kubernetes:pod/other/cart-7f-abc",
        "service/nowhere/ledger-db",
        "ledger",
        "z",
        "a b",
        "a/b/c/d",
        "",
        "*",
    ],
)
def test_name_that_nobody_saw_is_not_found(register, text):
    """A part of a word, another namespace, a system that is not here, one letter, a wildcard: none of them exists."""
    assert register.find(text) is None


def test_target_belongs_to_the_system_of_its_action(register):
    """What another system owns is no target; a name without a system is the action's own."""
    assert register.find_target("process/checkout", "supervisor") == CHECKOUT
    assert register.find_target("kubernetes:pod/shop/cart-7f-abc", "supervisor") is None
    assert register.find_target("a b", "supervisor") is None


@pytest.mark.parametrize("text", ["process/ledger-db", "service/checkout", "process/payments"])
def test_target_was_observed_not_named(register, text):
    """What a log, a label or an alert names is nothing that may be acted on."""
    assert register.find_target(text, "supervisor") is None


def test_object_of_the_cluster_is_a_target():
    """Objects that were read are observed, though they come as one piece of evidence."""
    register = Register(make_case(make_deployment("kind: Deployment")), conclude())

    assert register.find_target("deploy/shop/checkout", "kubernetes").ref == "kubernetes:deployment/shop/checkout"
    assert register.find_target("deployment/checkout", "kubernetes").ref == "kubernetes:deployment/shop/checkout"
    assert register.find_target("deployment/shop/cashier", "kubernetes") is None
    assert register.find_target("secret/shop/checkout", "kubernetes") is None


def test_word_of_a_model_makes_nothing_exist():
    """A diagnosis that holds a model's hypothesis knows of nothing more: no place, and no target."""
    theirs = blame(
        make_piece("x"), tier="acme/sage", entity=Entity(system="supervisor", kind="process", name="cashier")
    )
    register = Register(make_case(make_piece("x")), conclude(theirs))

    assert register.find_target("supervisor:process/cashier", "supervisor") is None
    assert register.find("supervisor:process/cashier") is None
