"""A guardrail that can let nothing through is named before an incident shows it."""

import pytest

from fermata.domain.person import Person
from fermata.domain.policy import Approvers, Guardrail
from fermata.rules.dead_guardrails import find_dead_ends

ALICE = Person(id="alice", name="Alice", roles=("oncall",))
ROBOT = Person(id="robot", name="Robot", roles=("lead",), bot=True)


def find(people=(ALICE, ROBOT), group_roles=(), **changes):
    """Judge one guardrail, where supervisor and docker are configured."""
    fields = {
        "id": "shop",
        "actions": ("supervisor.restart",),
        "resources": ("*",),
        "approvers": Approvers(roles=("oncall",)),
    }
    return find_dead_ends(
        [Guardrail(**fields | changes)],
        offered={"supervisor.restart", "supervisor.set_env", "docker.restart"},
        people=people,
        group_roles=group_roles,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"actions": ("supervisor.*", "*", "docker.re?tart")},
        {"actions": ("kubernetes.restrat",)},
        {"approvers": Approvers(people=("alice",))},
        {"approvers": Approvers(roles=("lead",)), "group_roles": ("lead",)},
        {"approvers": Approvers(roles=("lead",), people=("alice",))},
    ],
)
def test_given_what_can_be_permitted_then_nothing_is_said(changes):
    """Globs, names and groups count; what speaks of a system that is not here is another place's."""
    found = find(**changes)

    assert found == []


def test_given_a_role_that_is_all_but_somebodys_then_that_is_offered():
    """`on-call` and `oncall` are one to a reader, and two to a policy."""
    (misspelt,) = find(approvers=Approvers(roles=("on-call",)))
    (strange,) = find(approvers=Approvers(roles=("treasurer",)))
    (few,) = find(approvers=Approvers(roles=("on-call",), people=("alice",)), approvals=2)

    assert misspelt == "shop: nobody may approve: role on-call; see `people:`; is oncall meant?"
    assert strange == "shop: nobody may approve: role treasurer; see `people:`"
    assert "meant" not in few


def test_given_a_misspelt_action_then_the_right_one_is_offered():
    """Nobody sees a typing error in a policy that refuses by default."""
    found = find(actions=("supervisor.restrat", "docker.restart"))

    assert found == [
        "shop: no action is called supervisor.restrat; is supervisor.restart meant? `fermata actions` lists them"
    ]


def test_given_a_word_like_none_then_only_the_list_is_named():
    """A guess that is far off would mislead."""
    found = find(actions=("supervisor.xyzzyxyzzyxyzzy",))

    assert found == ["shop: no action is called supervisor.xyzzyxyzzyxyzzy; `fermata actions` lists them"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approvers": Approvers(roles=("oncal",))}, "nobody may approve: role oncal; see `people:`; is oncall meant?"),
        ({"approvers": Approvers(roles=("lead",))}, "nobody may approve: role lead; see `people:`"),
        ({"approvals": 2}, "it needs 2, and only 1 may approve: role oncall; see `people:`"),
    ],
)
def test_given_too_few_who_may_then_it_is_said(changes, words):
    """A role nobody has, one that only a machine has, and more approvals than people."""
    found = find(**changes)

    assert found == [f"shop: {words}"]


def test_given_a_misspelt_system_then_the_configured_one_is_offered():
    """A glob that all but names a system here permits nothing there."""
    found = find(actions=("superviser.*", "git*.x", "kubernetes.*", "*"))

    assert found == ["shop: no system is called superviser; is supervisor meant?"]
