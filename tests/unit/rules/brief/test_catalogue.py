"""The catalogue in a brief: what an action takes, and what was observed that it may touch."""

from tests.unit.rules.incident_case import blame, conclude, make_case, make_deployment, make_piece

from fermata.domain.action import ActionSpec, Risk
from fermata.domain.entity import Entity
from fermata.rules.brief.catalogue import has_target, list_actions, list_targets
from fermata.testing.records import CHECKOUT

SPEC = ActionSpec(
    name="supervisor.set_memory_limit",
    summary="Set it, and restart",
    risk=Risk.LOW,
    reversible=True,
    parameters_schema={
        "properties": {
            "limit_bytes": {"type": "integer", "minimum": 1, "description": "In bytes"},
            "mode": {"enum": ["hard", "soft"]},
            "why": {"type": ["string", "null"], "description": "For people"},
            "how": {},
        },
        "required": ["limit_bytes"],
    },
)


def test_actions_are_those_of_the_systems_at_hand():
    """Names with their parameters and types; what is optional is marked, and strangers' actions are left out."""
    known = ("supervisor.set_memory_limit", "supervisor.restart", "docker.restart_container")

    lines = list_actions(known, {SPEC.name: SPEC}, {"supervisor"})

    restart, limit = lines
    assert restart == "- supervisor.restart(parameters are not known here)"
    assert limit.startswith("- supervisor.set_memory_limit(limit_bytes: integer >= 1, In bytes; mode?: hard|soft; ")
    assert limit.endswith("why?: string; how?: any): Set it")


def test_targets_are_what_was_observed_of_the_system():
    """A workload of the cluster, not the list it came in; what the incident is about before its neighbours."""
    ledger = make_piece("x", entity=Entity(system="supervisor", kind="process", name="ledger"), title="ledger")
    named = make_piece("x", entity=Entity(kind="service", name="checkout"), title="service")
    case = make_case(ledger, named, make_deployment("kind: Deployment"))

    lines = list_targets(case, conclude(blame(ledger, suggests=True)), {"kubernetes", "supervisor"})

    assert lines == [
        "target| kubernetes:deployment/shop/checkout",
        f"target| {CHECKOUT.ref}",
        "target| supervisor:process/ledger",
    ]
    assert list_targets(case, conclude(), {"git"}) == []


def test_targets_are_a_few():
    """Of a hundred processes the nearest are named."""
    pieces = [
        make_piece("x", entity=Entity(system="supervisor", kind="process", name=f"p{number}"), title=str(number))
        for number in range(100)
    ]

    assert len(list_targets(make_case(*pieces), conclude(), {"supervisor"})) == 10


def test_place_that_only_a_model_names_is_no_target():
    """An answer cannot widen what the next one is told that it may act on."""
    ledger = Entity(system="supervisor", kind="process", name="ledger")
    theirs = blame(make_piece("x"), tier="acme/sage", entity=ledger)

    assert list_targets(make_case(make_piece("x")), conclude(theirs), {"supervisor"}) == [f"target| {CHECKOUT.ref}"]
    assert not has_target(make_case(make_piece("x")), conclude(theirs), ledger)
