"""From a hypothesis to a plan: validated, dry-run, permitted, with what was done before; or the reason why not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.stage import PEOPLE, RAIL, SICK, WELL, go_on, handle_nothing, make_alert, set_limit

from fermata.domain.action import BlastRadius, Outcome, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.domain.ids import PlanId
from fermata.domain.incident import IncidentState
from fermata.domain.manifest import FieldEdit, ManifestPatch
from fermata.flows.plan import NoPlan, ask, build_plan, draft_step, look_back, propose_plan
from fermata.kit.errors import GuardRefused, UserError
from fermata.ports.action import ManagedElsewhere
from fermata.rules.planning import MOST_STEPS
from fermata.testing.records import make_intent
from fermata.testing.rehearsal import MIB, RehearsalProbe, SetMemoryLimit

CHECKOUT = Entity(system="rehearsal", kind="process", name="checkout")


class Blind(SetMemoryLimit):
    """An action whose system cannot compute what it would do."""

    async def dry_run(self, target, parameters):
        """Say so."""
        dry_run = await super().dry_run(target, parameters)
        return dry_run.model_copy(update={"possible": False, "diff": "", "note": "no dry run here"})


async def test_plan_the_policy_denies_is_handed_over_with_the_rule(build_stage):
    """Nothing matched means no: the card names the guardrail that came closest and what did not match."""
    stage = build_stage(policy={"guardrails": [RAIL | {"resources": ["rehearsal:process/search"]}]})

    view = await stage.hold()

    assert (view.incident.state, view.plan) == (IncidentState.NEEDS_PERSON, None)
    assert (
        "guardrail rail covers rehearsal.set_memory_limit, but only on rehearsal:process/search" in view.card.to_text()
    )


async def test_empty_policy_permits_nothing(build_stage):
    """Without guardrails Fermata reads and proposes nothing."""
    stage = build_stage(policy={})

    view = await stage.hold()

    assert view.plan is None
    assert "the policy is empty" in view.card.to_text()


async def test_freeze_stops_what_a_guardrail_permits(build_stage):
    """Within a freeze nothing is proposed, whatever the guardrails say."""
    freeze = {"id": "sale", "starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-24T00:00:00Z", "reason": "a sale"}
    stage = build_stage(policy={"guardrails": [RAIL], "freezes": [freeze]})

    view = await stage.hold()

    assert view.plan is None
    assert "frozen by sale" in view.card.to_text()


async def test_policy_is_asked_about_all_that_a_step_touches(stage):
    """A freeze of what restarts with the target is one of the step."""
    view = await stage.hold()
    (step,) = view.plan.actions
    refs = (step.target.ref, "rehearsal:process/neighbour")
    group = step.dry_run.blast_radius.model_copy(update={"count": 2, "entities": refs})
    both = step.model_copy(update={"dry_run": step.dry_run.model_copy(update={"blast_radius": group})})

    asked = ask(both, view.incident, stage.clock.now())

    assert (asked.touched, asked.blast_radius) == (refs, 2)


async def test_action_that_no_system_offers_is_refused(stage):
    """A suggestion outside the catalogue is refused, whoever made it: text cannot add an action."""
    view = await stage.hold()
    unknown = set_limit(128).model_copy(update={"name": "rehearsal.delete_everything"})

    with pytest.raises(GuardRefused, match="not in the catalogue") as refused:
        await stage.hold_suggestions(view, unknown)

    assert refused.value.rule == "catalogue"


async def test_action_with_wrong_parameters_is_refused(stage):
    """Parameters are typed: what the action does not know is refused before anything is asked of its system."""
    view = await stage.hold()
    wrong = set_limit(128).model_copy(update={"parameters": {"limit": "a lot"}})

    with pytest.raises(UserError, match="parameters do not hold"):
        await stage.hold_suggestions(view, wrong)


async def test_change_that_makes_no_difference_is_no_plan(stage):
    """A dry run that finds nothing to change refuses: nobody approves an empty diff."""
    view = await stage.hold()

    with pytest.raises(UserError, match="already"):
        await stage.hold_suggestions(view, set_limit(64))


async def test_plan_of_two_steps_shows_both_in_order(stage):
    """Each step stands on the card with its own diff, in the order they would be done."""
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK, "search": SICK})

    held = await stage.hold_suggestions(view, set_limit(128, "search"), set_limit(256))

    assert [action.target.name for action in held.plan.actions] == ["search", "checkout"]
    text = held.card.to_text()
    assert text.index("b/search") < text.index("b/checkout")
    assert held.card.can_decide


async def test_plan_has_a_bounded_number_of_steps(stage):
    """A step for each of many replicas is more than anybody reads: the card says which are left."""
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK, "search": SICK})

    held = await stage.hold_suggestions(view, *(set_limit(128 + n, "search") for n in range(MOST_STEPS + 2)))

    assert len(held.plan.actions) == MOST_STEPS
    assert "Not in this plan, which has 5 of 7 steps: " in held.card.to_text()
    assert held.card.can_decide


async def test_every_step_must_be_permitted(build_stage):
    """One step that no guardrail covers refuses the whole plan."""
    stage = build_stage(policy={"guardrails": [RAIL | {"resources": ["rehearsal:process/checkout"]}]})
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK, "search": SICK})

    with pytest.raises(GuardRefused, match="rehearsal:process/search") as refused:
        await stage.hold_suggestions(view, set_limit(256), set_limit(128, "search"))

    assert refused.value.rule == "policy"


@pytest.mark.parametrize("roles", [("oncall", "lead"), ("lead",)])
async def test_who_has_a_role_for_each_step_approves_the_plan_while_they_have_both(build_stage, roles):
    """Named on the card, and asked for again before anything is executed."""
    lead = RAIL | {"id": "search", "resources": ["rehearsal:process/search"], "approvers": {"roles": ["lead"]}}
    rail = RAIL | {"resources": ["rehearsal:process/checkout"]}
    people = {"id": "lea", "name": "Lea", "roles": ["oncall", "lead"], "handles": {"console": "lea"}}
    stage = build_stage(policy={"guardrails": [rail, lead]}, people=[*PEOPLE, people])
    view = await stage.hold()
    stage.rehearsal.hand.write({"checkout": SICK, "search": SICK})
    held = await stage.hold_suggestions(view, set_limit(128, "search"), set_limit(256))
    assert held.plan.approval.people == ("lea",)
    refused = await stage.decide(held)
    assert "lea" in refused.text

    await stage.decide(held, handle="lea")
    stage.context.people["lea"] = stage.context.people["lea"].model_copy(update={"roles": roles})
    await stage.engine.drain()

    after = await stage.show(held.incident.id)
    assert (len(after.executions) == 1) is ("oncall" in roles)


async def test_step_that_cannot_be_dry_run_counts_as_riskier(build_stage):
    """What cannot be shown beforehand is one step riskier, and says so on the card."""
    stage = build_stage(policy={"guardrails": [RAIL | {"max_risk": "low"}]})
    blind = Blind(stage.rehearsal.hand, stage.clock, go_on)
    stage.context.actions["rehearsal.set_memory_limit"] = blind

    view = await stage.hold()

    assert view.plan is None
    assert "this is medium" in view.card.to_text()


async def test_high_risk_needs_two_people_whatever_the_guardrail_says(stage):
    """The four-eyes rule is on the card of a high-risk plan."""
    action = stage.context.actions["rehearsal.set_memory_limit"]
    action.spec = action.spec.model_copy(update={"risk": Risk.HIGH})

    view = await stage.hold()

    assert view.plan.approval.needed == 2
    assert "Approvals needed: 2" in view.card.to_text()


async def test_earlier_actions_stand_on_the_card(build_stage):
    """What was done on the target before, and what came of it, is part of what is approved."""
    stage = build_stage(policy={"guardrails": [RAIL | {"cooldown": "1m"}]})
    view = await stage.hold()
    await stage.approve(view)
    stage.clock.advance(timedelta(minutes=20))
    stage.rehearsal.hand.write({"checkout": SICK})

    again = await stage.hold(make_alert(at=1300))

    (earlier,) = again.plan.earlier
    assert (earlier.action_name, earlier.outcome) == ("rehearsal.set_memory_limit", Outcome.DONE)
    assert earlier.text in again.card.to_text()


async def test_only_recent_actions_count_but_unknown_ones_stay(stage):
    """The loop breaker forgets after its memory, except for what nobody knows the end of."""

    def write(transaction):
        for hours, outcome in ((30, Outcome.DONE), (48, None), (1, Outcome.DONE)):
            action_id = f"act-{hours}"
            intended_at = stage.clock.now() - timedelta(hours=hours)
            transaction.ledger.intend(make_intent(action_id, target=CHECKOUT, intended_at=intended_at))
            if outcome:
                transaction.ledger.settle(action_id, outcome, "said by a test", intended_at)

    await stage.store.write(write)

    found = await look_back(stage.context, [CHECKOUT, CHECKOUT], stage.clock.now())

    assert [item.outcome for item in found] == [Outcome.DONE, Outcome.UNKNOWN]


async def test_undo_of_a_plan_says_what_it_undoes(stage):
    """An undo names the plan it takes back, in its summary and under its digest."""
    view = await stage.hold()

    undo = await stage.hold_suggestions(view, set_limit(32), undoes=view.plan.id)

    assert undo.plan.undoes == view.plan.id
    assert f"to take back {view.plan.id}" in undo.plan.summary


async def test_steady_state_is_what_a_probe_can_read(stage):
    """Verification watches what the incident is about, or else the last target that can be read."""
    view = await stage.hold()

    assert view.plan.steady_state.entity == CHECKOUT
    assert "checkout is healthy" in view.plan.steady_state.text


class Wide(SetMemoryLimit):
    """An action that touches another workload, too."""

    async def dry_run(self, target, parameters):
        """Count checkout in."""
        dry_run = await super().dry_run(target, parameters)
        radius = BlastRadius(count=2, entities=(target.ref, CHECKOUT.ref), text="2 workloads restart")
        return dry_run.model_copy(update={"blast_radius": radius})


async def test_target_that_an_earlier_step_touches_is_no_steady_state(stage):
    """A pod that is replaced after its workload's change tells less than the workload."""
    view = await stage.hold()
    plain = stage.context.actions["rehearsal.set_memory_limit"]
    wide = Wide(plain._hand, plain._clock, go_on)
    wide.spec = wide.spec.model_copy(update={"name": "rehearsal.set_all_limits"})
    context = replace(stage.context, actions=dict(stage.context.actions) | {wide.spec.name: wide})
    stage.rehearsal.hand.write({"checkout": SICK, "search": SICK})
    steps = [set_limit(128, "search").model_copy(update={"name": wide.spec.name}), set_limit(128)]
    nowhere = Entity(kind="service", name="shop")
    told = view.diagnosis.leading.model_copy(update={"entity": nowhere, "suggestions": tuple(steps)})

    now = stage.clock.now()
    plan = await build_plan(context, view.incident, told, view.evidence, PlanId("plan-2"), now)

    assert plan.steady_state.entity == steps[0].target


async def test_without_a_probe_the_alerts_decide(stage, monkeypatch):
    """Where nothing can be read, the steady state is that the alerts resolve; the card says so."""
    # A probe that handles nothing: the real one cannot be told to.
    monkeypatch.setattr(RehearsalProbe, "handles", handle_nothing)

    view = await stage.hold()

    assert view.plan.steady_state.text == "the incident's alerts resolve within 5s"


async def test_incident_without_a_diagnosis_gets_words(stage):
    """Planning without a diagnosis is no error: it is a reason."""
    receipt = await stage.send()

    proposed = await propose_plan(stage.context, receipt.incidents[0], PlanId("plan-1"), stage.clock.now())

    assert proposed == NoPlan("There is no diagnosis yet.")


async def test_target_that_cannot_be_asked_is_a_reason(stage):
    """A dry run that fails is on the card in the system's words; the incident goes to a person."""
    action = stage.context.actions["rehearsal.set_memory_limit"]

    async def fail(target, parameters):
        stage.rehearsal.hand.path.rename(stage.rehearsal.hand.path.with_suffix(".away"))
        return await SetMemoryLimit.dry_run(action, target, parameters)

    action.dry_run = fail

    view = await stage.hold()

    assert view.incident.state is IncidentState.NEEDS_PERSON
    assert "The rehearsal file cannot be read" in view.card.to_text()


async def test_healthy_target_is_left_alone(stage):
    """What runs and whose alerts resolved needs nothing."""
    stage.rehearsal.hand.write({"checkout": WELL})

    view = await stage.hold()

    assert view.plan is None


PATCH = ManifestPatch(
    api_version="apps/v1",
    kind="Deployment",
    name="checkout",
    manager="Argo CD application shop",
    edits=(FieldEdit(path=("spec", "replicas"), value=3),),
)


class Managed(SetMemoryLimit):
    """An action on something that another tool would write back."""

    async def dry_run(self, target, parameters):
        """Say who manages it."""
        raise ManagedElsewhere("checkout is written by Argo CD", patch=PATCH, do="Change its manifest")


class PullRequests(SetMemoryLimit):
    """An action that proposes a change to a repository, if it has the manifest."""

    def __init__(self, inner, *, has_manifest):
        super().__init__(inner._hand, inner._clock, go_on)
        self.spec = self.spec.model_copy(update={"name": "forge.open_pull_request"})
        self._has_manifest = has_manifest

    async def find_suggestion(self, patch):
        """Answer for the one patch it was made for."""
        assert patch == PATCH
        suggestion = ActionSuggestion(name=self.spec.name, target=CHECKOUT, parameters={"limit_bytes": 128 * MIB})
        return suggestion if self._has_manifest else None


def manage(stage, *, has_manifest):
    """Let the workload be managed by another tool."""
    actions = stage.context.actions
    plain = actions["rehearsal.set_memory_limit"]
    managed = Managed(plain._hand, plain._clock, go_on)
    return replace(
        stage.context,
        actions={
            "rehearsal.set_memory_limit": managed,
            "forge.open_pull_request": PullRequests(plain, has_manifest=has_manifest),
        },
    )


async def test_change_to_what_is_managed_elsewhere_becomes_a_pull_request(stage):
    """The step is the forge's, with its diff, and says why it is not the one that was suggested."""
    context = manage(stage, has_manifest=True)
    suggestion = ActionSuggestion(
        name="rehearsal.set_memory_limit", target=CHECKOUT, parameters={"limit_bytes": 128 * MIB}
    )

    draft = await draft_step(context, suggestion)

    assert draft.name == "forge.open_pull_request"
    assert draft.dry_run.diff
    assert "instead of rehearsal.set_memory_limit: checkout is written by Argo CD" in draft.dry_run.note


async def test_managed_object_without_a_known_repository_is_refused(stage):
    """Nobody can change its source, and changing the object would not last."""
    context = manage(stage, has_manifest=False)
    suggestion = ActionSuggestion(
        name="rehearsal.set_memory_limit", target=CHECKOUT, parameters={"limit_bytes": 128 * MIB}
    )

    with pytest.raises(ManagedElsewhere, match="written by Argo CD"):
        await draft_step(context, suggestion)
