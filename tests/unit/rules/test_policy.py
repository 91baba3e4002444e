"""Default deny, and who may say yes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.domain.action import Risk
from fermata.domain.person import Person
from fermata.domain.policy import Approvers, FreezeWindow, Guardrail, Policy, PolicyDecision
from fermata.rules.policy import Question, combine, decide, describe_approvers, explain_for_person, find_entitlement


@pytest.fixture(scope="session")
def ask(checkout, noon):
    """Give a builder of the question: may checkout be restarted now?"""

    def build(**changes):
        fields = {
            "action": "supervisor.restart",
            "risk": "low",
            "target": checkout,
            "severity": "critical",
            "now": noon,
        }
        return Question(**fields | changes)

    return build


def guard(id="shop", **changes):  # noqa: A002 - the field's name
    """Build a guardrail that lets oncall approve everything supervisor does to processes."""
    fields = {
        "id": id,
        "actions": ("supervisor.*",),
        "resources": ("supervisor:process/*",),
        "approvers": Approvers(roles=("oncall",)),
    }
    return Guardrail(**fields | changes)


def permit(guardrail="shop", **changes):
    """Build a permission."""
    fields = {"permitted": True, "guardrail": guardrail, "reason": f"{guardrail} covers it", "roles": ("oncall",)}
    return PolicyDecision(**fields | changes)


def test_empty_policy_permits_nothing(ask):
    """Default deny."""
    decision = decide(Policy(), ask())

    assert not decision.permitted
    assert decision.reason == (
        "no guardrail covers supervisor.restart on supervisor:process/checkout; the policy is empty"
    )


def test_covering_guardrail_permits_and_says_by_whom(ask):
    """The decision carries what the guardrail demands."""
    rule = guard(valid_for=timedelta(minutes=5), cooldown=timedelta(minutes=1), approvals=2)

    decision = decide(Policy(guardrails=(rule,)), ask())

    assert decision == PolicyDecision(
        permitted=True,
        guardrail="shop",
        reason="guardrail shop covers supervisor.restart on supervisor:process/checkout; approvals needed: 2",
        roles=("oncall",),
        approvals=2,
        valid_for=timedelta(minutes=5),
        cooldown=timedelta(minutes=1),
    )


@pytest.mark.parametrize(
    ("rule", "question", "words"),
    [
        (
            {"actions": ("supervisor.set_*",)},
            {},
            "covers supervisor:process/checkout, but only the actions supervisor.set_*",
        ),
        (
            {"resources": ("supervisor:process/shop-*",)},
            {},
            "guardrail shop covers supervisor.restart, but only on supervisor:process/shop-*",
        ),
        ({"resources": ("SUPERVISOR:process/*",)}, {}, "but only on SUPERVISOR:process/*"),
        ({"max_risk": Risk.LOW}, {"risk": "medium"}, "but only up to risk low, and this is medium"),
        ({"max_blast_radius": 2}, {"blast_radius": 3}, "but only up to a blast radius of 2, and this is 3"),
        ({"condition": "hour < 9"}, {}, "but only while hour < 9"),
        ({"condition": "hour + 'x' == 1"}, {}, "but its condition \"hour + 'x' == 1\" cannot be used: "),
        ({"condition": "houre < 9"}, {}, "but its condition 'houre < 9' cannot be used: Unknown: houre"),
        (
            {"condition": "incident.state == 'held'"},
            {},
            "cannot be used: It could not be evaluated: there is no 'state'",
        ),
        (
            {"max_risk": Risk.LOW, "max_blast_radius": 1},
            {"risk": "high", "blast_radius": 2},
            "but only up to risk low, and this is high and only up to a blast radius of 1, and this is 2",
        ),
    ],
)
def test_denial_names_the_closest_guardrail_and_what_did_not_match(ask, rule, question, words):
    """Each thing a guardrail asks for refuses by itself, and is named."""
    decision = decide(Policy(guardrails=(guard(**rule),)), ask(**question))

    assert not decision.permitted
    assert decision.guardrail == "shop"
    assert words in decision.reason


def test_closest_guardrail_is_the_one_with_the_fewest_faults(ask):
    """A guardrail for other things is not mentioned as close."""
    policy = Policy(
        guardrails=(
            guard("other", actions=("git.*",), resources=("git:*",)),
            guard("two-faults", resources=("x:*",), max_risk=Risk.LOW),
            guard("other-action", actions=("supervisor.stop",)),
            guard("close", resources=("supervisor:process/shop-*",)),
        )
    )

    assert decide(policy, ask(risk="medium")).guardrail == "close"
    assert decide(Policy(guardrails=policy.guardrails[:1]), ask()).reason.endswith("; the only one covers other things")
    both = Policy(guardrails=(policy.guardrails[0], policy.guardrails[0].model_copy(update={"id": "another"})))
    assert decide(both, ask()).reason.endswith("; the 2 there are cover other things")


def test_condition_is_not_asked_of_what_is_not_covered(ask):
    """A denial names what did not match, not what was never reached."""
    rule = guard(max_risk=Risk.LOW, condition="houre < 9")

    assert decide(Policy(guardrails=(rule,)), ask(risk="medium")).reason.endswith("up to risk low, and this is medium")


def test_both_globs_must_match(ask):
    """Covering the action and covering the resource in two guardrails covers nothing."""
    policy = Policy(guardrails=(guard("a", resources=("git:*",)), guard("b", actions=("git.*",))))

    assert not decide(policy, ask()).permitted


@pytest.mark.parametrize(
    "condition",
    [
        "action.name == 'supervisor.restart' && action.risk == 'low'",
        "target.ref == 'supervisor:process/checkout' && target.system == 'supervisor' && target.kind == 'process'",
        "target.namespace == '' && target.name == 'checkout'",
        "parameters.signal == 'TERM' && blast_radius == 1",
        "incident.severity == 'critical' && incident.state == 'held' && incident.started_at <= now",
        "hour == 12 && weekday == 'monday'",
    ],
)
def test_condition_sees_the_question(ask, noon, condition):
    """Every documented variable carries the question's value."""
    question = ask(parameters={"signal": "TERM"}, state="held", started_at=noon)

    assert decide(Policy(guardrails=(guard(condition=condition),)), question).permitted


def test_first_guardrail_in_file_order_decides_alone(ask):
    """Order is what a reader sees; a later guardrail neither loosens nor tightens an earlier one."""
    policy = Policy(guardrails=(guard("strict", approvals=3), guard("loose")))

    assert decide(policy, ask()).guardrail == "strict"
    assert decide(policy, ask()).approvals == 3
    assert decide(Policy(guardrails=policy.guardrails[::-1]), ask()).approvals == 1


def test_high_risk_needs_two_people_whatever_the_guardrail_says(ask):
    """Four eyes on what could go very wrong."""
    decision = decide(Policy(guardrails=(guard(),)), ask(risk="high"))

    assert decision.approvals == 2
    assert decision.reason.endswith("approvals needed: 2, raised because the risk is high")


def test_guardrail_that_could_never_be_met_denies(ask):
    """Two approvals by one named person would hold for ever; that is said at once."""
    rule = guard(approvers=Approvers(people=("alice", "alice")))

    assert decide(Policy(guardrails=(rule,)), ask()).permitted
    decision = decide(Policy(guardrails=(rule,)), ask(risk="high"))
    assert not decision.permitted
    assert decision.reason == "shop needs 2 approvals and names only alice or alice"


@pytest.mark.parametrize(
    ("starts", "ends", "resources", "frozen"),
    [
        (0, 60, ("*",), True),
        (-60, 0, ("*",), False),
        (1, 60, ("*",), False),
        (-60, 60, ("git:*",), False),
        (-60, 60, ("git:*", "supervisor:process/check*"), True),
    ],
)
def test_freeze_refuses_whatever_matches(ask, noon, starts, ends, resources, frozen):
    """A freeze holds from its first instant until, not at, its last, for the resources it names."""
    freeze = FreezeWindow(
        id="sale",
        starts_at=noon + timedelta(seconds=starts),
        ends_at=noon + timedelta(seconds=ends),
        reason="Black Friday",
        resources=resources,
    )

    decision = decide(Policy(guardrails=(guard(),), freezes=(freeze,)), ask())

    assert decision.permitted is not frozen
    if frozen:
        assert decision.guardrail == "sale"
        assert decision.reason.endswith("until 2026-11-23T12:01:00.000Z: Black Friday")


def test_freeze_of_what_an_action_touches_refuses_it(ask, noon):
    """A group restarts together: what is frozen does not restart because somebody acts on its neighbour."""
    freeze = FreezeWindow(
        id="sale",
        starts_at=noon,
        ends_at=noon + timedelta(hours=1),
        reason="no changes",
        resources=("supervisor:process/shop/worker",),
    )
    policy = Policy(guardrails=(guard(),), freezes=(freeze,))
    group = ("supervisor:process/checkout", "supervisor:process/shop/worker")

    decision, alone = decide(policy, ask(touched=group)), decide(policy, ask(touched=group[:1]))

    assert (decision.permitted, decision.guardrail, alone.permitted) == (False, "sale", True)
    assert decision.reason.startswith(
        "supervisor:process/shop/worker, which supervisor.restart touches, is frozen by sale until"
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_wildcards_come_from_the_policy_only(ask, action, glob):
    """A question matches what the globs say; its own text never widens a match."""
    policy = Policy(guardrails=(guard(actions=("supervisor.restart",)),))

    if action and action != "supervisor.restart":
        assert not decide(policy, ask(action=action)).permitted


def test_plan_needs_every_step_permitted():
    """One denied step denies the plan, with its own words."""
    denied = PolicyDecision(permitted=False, guardrail="git", reason="git is frozen")

    decision = combine([permit(), denied, denied, PolicyDecision(permitted=False, reason="nothing covers it")])

    assert (decision.permitted, decision.guardrail) == (False, "git")
    assert decision.reason == "git is frozen; nothing covers it"


def test_plan_takes_the_strictest_of_its_steps():
    """Most approvals, shortest validity, longest cooldown, and only people entitled to every step."""
    decision = combine(
        [
            permit("a", roles=("oncall", "dev"), people=("alice", "bob"), approvals=1, cooldown=timedelta(hours=1)),
            permit("b", roles=("oncall", "admin"), people=("bob",), approvals=2, valid_for=timedelta(minutes=5)),
            permit("a", roles=("oncall",), people=("bob",)),
        ]
    )

    assert decision == PolicyDecision(
        permitted=True,
        guardrail="a,b",
        reason="a covers it; b covers it",
        roles=("oncall",),
        people=("bob",),
        approvals=2,
        valid_for=timedelta(minutes=5),
        cooldown=timedelta(hours=1),
    )


def test_plan_nobody_may_approve_as_a_whole_is_denied():
    """Two steps for two groups of people without anyone in common cannot be approved."""
    decision = combine([permit("a"), permit("b", roles=(), people=("alice", "bob"))])

    assert not decision.permitted
    assert decision.reason == (
        "nobody may approve every step (a: role oncall; b: alice or bob); give somebody both, or name them in both"
    )


def test_whoever_may_approve_each_step_by_different_titles_may_approve_the_plan():
    """By a role here and another there, or a role here and by name there; bots may not."""
    people = [
        Person(id="alice", name="Alice", roles=("oncall",)),
        Person(id="bob", name="Bob", roles=("oncall", "lead")),
        Person(id="carol", name="Carol", roles=("lead",)),
        Person(id="robot", name="Robot", roles=("oncall", "lead"), bot=True),
    ]
    restart, revert = permit("restart"), permit("revert", roles=("lead",), people=("alice",), approvals=2)

    decision = combine([restart, revert], people)

    assert (decision.permitted, decision.roles, decision.people) == (True, (), ("alice", "bob"))
    assert not combine([restart, revert], people[1:]).permitted  # Two approvals, and one person for both steps.


def test_who_has_a_common_role_is_not_named_besides():
    """The role says it, also for those who get it later."""
    people = [Person(id="bob", name="Bob", roles=("oncall",)), Person(id="eve", name="Eve", roles=("dev", "admin"))]

    decision = combine([permit("a", roles=("oncall", "dev")), permit("b", roles=("oncall", "admin"))], people)

    assert (decision.roles, decision.people) == (("oncall",), ("eve",))


def test_plan_with_too_few_people_in_common_is_denied():
    """Two approvals cannot come from one person."""
    decision = combine(
        [permit("a", roles=(), people=("alice", "bob"), approvals=2), permit("b", roles=(), people=("alice",))]
    )

    assert not decision.permitted
    assert "names only alice" in decision.reason


def test_plan_without_steps_is_denied():
    """Nothing to decide on is no permission."""
    assert not combine([]).permitted


@pytest.mark.parametrize(
    ("person", "entitlement"),
    [
        ({"roles": ("dev", "oncall")}, "oncall"),
        ({"id": "bob"}, "named"),
        ({"id": "bob", "roles": ("oncall",)}, "oncall"),
        ({"roles": ("dev",)}, None),
        ({"id": "bob", "roles": ("oncall",), "bot": True}, None),
        ({"id": "fermata", "roles": ("oncall",)}, None),
    ],
)
def test_entitlement_is_a_role_or_a_name(person, entitlement):
    """A role or one's own id entitles; bots and Fermata never are."""
    somebody = Person(**{"id": "alice", "name": "bob"} | person)

    assert find_entitlement(permit(people=("bob",)), somebody) == entitlement


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"roles": ("oncall", "admin")}, "role oncall or admin"),
        ({"roles": ("oncall",), "people": ("alice", "bob")}, "role oncall, or alice or bob"),
        ({"roles": ()}, "nobody"),
    ],
)
def test_approvers_are_described(rule, words):
    """People read who may say yes."""
    assert describe_approvers(permit(**rule)) == words


@pytest.mark.parametrize(
    ("person", "permitted", "words"),
    [
        ({"roles": ("oncall",)}, True, "; alice may approve as oncall"),
        ({"id": "bob"}, True, "; bob may approve by name"),
        ({"roles": ("dev",)}, False, "alice may not approve: shop asks for role oncall, or bob"),
        ({"roles": ("oncall",), "bot": True}, False, "alice is a bot and may not approve"),
    ],
)
def test_policy_test_answers_for_a_person(ask, person, permitted, words):
    """May this person approve this on that, now?"""
    policy = Policy(guardrails=(guard(approvers=Approvers(roles=("oncall",), people=("bob",))),))

    decision = explain_for_person(policy, ask(), Person(**{"id": "alice", "name": "Alice"} | person))

    assert decision.permitted is permitted
    assert words in decision.reason


def test_policy_test_gives_the_policys_own_denial_first(ask):
    """What nobody may do, this person may not either, for the policy's reason."""
    person = Person(id="alice", name="Alice", roles=("oncall",))

    assert explain_for_person(Policy(), ask(), person) == decide(Policy(), ask())
