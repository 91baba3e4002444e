"""Plans: cannot exist without evidence, and one digest covers every field."""

import json

import pytest
from pydantic import ValidationError
from tests.unit.domain.samples import PLAN

from fermata.domain.action import Risk
from fermata.domain.plan import ApprovalRule, Plan

WHOLE = PLAN.to_json()
# The leaves that a validator guards: with another word there, the plan does not build at all.
GUARDED = {
    "citations/0/evidence_id",
    "citations/1/evidence_id",
    "evidence_ids/0",
    "evidence_ids/1",
}


def list_leaves(value, path=()):
    """Give the path of every scalar, empty list and empty map in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [leaf for key, item in items for leaf in list_leaves(item, (*path, key))]
    return below or [path]


def change(value, path):
    """Return a copy of the JSON value with another scalar at the path, of the same kind."""
    changed = json.loads(json.dumps(value))
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = _alter(path[-1], node[path[-1]])
    return changed


_WORDS = {
    "medium": "high",
    "low": "high",
    "done": "failed",
    "PT5S": "PT6S",
    "PT5M": "PT6M",
    "PT30M": "PT31M",
    "2026-11-23T12:00:00Z": "2026-11-23T12:00:00.000001Z",
}


def _alter(key, old):
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return old + 1
    if isinstance(old, str):
        return _WORDS.get(old, f"{old}x")
    if old is None:
        return WHOLE["actions"][0]["dry_run"]["undo"] if key == "undo" else "x"
    return {"new": 1}


LEAVES = list_leaves(WHOLE)


def name(path):
    """Write a path as text."""
    return "/".join(str(key) for key in path)


@pytest.mark.parametrize("path", LEAVES, ids=name)
def test_any_changed_field_is_another_digest(path):
    """An approval covers the exact plan a person saw: there is no field that may change under it."""
    changed = change(WHOLE, path)

    if name(path) in GUARDED:
        with pytest.raises(ValidationError, match="does not rest on"):
            Plan.from_json(changed)
        return
    plan = Plan.from_json(changed)
    assert plan != PLAN
    assert plan.digest != PLAN.digest


def test_walk_reaches_every_field():
    """The test above is worth what it walks over: no field of a plan or its parts is left out."""
    walked = {key for path in LEAVES for key in path if isinstance(key, str)}

    assert set(Plan.model_fields) <= walked
    assert {"parameters", "value", "diff", "observed_version", "needed", "roles", "people", "within", "quote"} <= walked
    assert len(LEAVES) > 80


@pytest.mark.parametrize("field", ["actions", "citations", "evidence_ids"])
def test_order_is_under_the_digest(field):
    """Steps in another order are another plan."""
    turned = WHOLE | {field: WHOLE[field][::-1]}

    assert Plan.from_json(turned).digest != PLAN.digest


@pytest.mark.parametrize("field", ["evidence_ids", "citations", "actions"])
def test_plan_without_evidence_or_steps_does_not_build(field):
    """What rests on nothing, or does nothing, is no plan."""
    with pytest.raises(ValidationError, match="at least 1 item"):
        Plan.from_json(WHOLE | {field: []})


def test_citation_of_other_evidence_is_refused():
    """What is cited is what the plan rests on."""
    with pytest.raises(ValidationError, match="cites evidence it does not rest on"):
        Plan.from_json(WHOLE | {"evidence_ids": ["ev-1"]})


def test_steps_that_share_an_id_are_refused():
    """The id is the idempotency key: the second step would count as done."""
    actions = [WHOLE["actions"][0], WHOLE["actions"][1] | {"id": WHOLE["actions"][0]["id"]}]

    with pytest.raises(ValidationError, match="share an action id"):
        Plan.from_json(WHOLE | {"actions": actions})


def test_rule_that_names_nobody_is_refused():
    """It could never be met: the plan is refused, not held for ever."""
    with pytest.raises(ValidationError, match="names nobody"):
        ApprovalRule.from_json(PLAN.approval.to_json() | {"roles": [], "people": []})


@pytest.mark.parametrize("changes", [{"roles": []}, {"people": []}])
def test_rule_with_a_role_or_a_person_is_enough(changes):
    """Either can be met."""
    assert ApprovalRule.from_json(PLAN.approval.to_json() | changes).needed == 2


@pytest.mark.parametrize("changes", [{"needed": 0}, {"guardrails": []}])
def test_rule_needs_a_yes_and_a_guardrail(changes):
    """Nothing is approved by nobody or permitted by nothing."""
    with pytest.raises(ValidationError):
        ApprovalRule.from_json(PLAN.approval.to_json() | changes)


def test_risk_is_that_of_the_riskiest_step():
    """One high step makes a high plan, wherever it stands."""
    high = PLAN.actions[1].model_copy(update={"risk": Risk.HIGH})

    assert PLAN.risk is Risk.MEDIUM
    assert PLAN.model_copy(update={"actions": (PLAN.actions[0], high)}).risk is Risk.HIGH
