"""What the card says of models that failed while another one answered."""

import pytest
from tests.unit.flows.scripted_gateway import ScriptedGateway, answer_with, make_attempt

from fermata.domain.model import AttemptOutcome
from fermata.kit.errors import GuardRefused


@pytest.mark.parametrize(("extra", "more"), [(0, ""), (5, " and 2 more")])
async def test_targets_that_failed_are_named_where_another_answered(build_stage, extra, more):
    """A dead key would else be met in the ledger only; each target and key is named once."""
    tried = [make_attempt(f"acme/{name}", outcome=AttemptOutcome.OVERLOADED) for name in range(extra)]
    tried += 2 * [
        make_attempt("acme/old", outcome=AttemptOutcome.UNAUTHORISED).model_copy(update={"key_label": "team"})
    ]
    gateway = ScriptedGateway(answer_with("MemoryError"), tried=tried)

    view = await build_stage(models=gateway, analysis={}).hold()

    text = view.diagnosis.analysis.text
    assert text.startswith("acme/high: confirms")
    assert text.endswith(f"{more}.")
    assert ("Asked in vain: acme/old (unauthorised, key team)." in text) is (not extra)
    assert ("acme/3 (overloaded)" in text) is bool(extra)


async def test_refusal_and_what_was_asked_in_vain_are_two_sentences(build_stage):
    """Both are on the card, one after the other."""
    tried = [make_attempt("acme/old", outcome=AttemptOutcome.OVERLOADED)]
    wrong = answer_with("MemoryError", citations=[{"evidence": "E1", "lines": "1", "quote": "made up"}])

    view = await build_stage(models=ScriptedGateway(wrong, tried=tried), analysis={}).hold()

    assert ". Asked in vain: acme/old (overloaded)." in view.diagnosis.analysis.text
    assert ".." not in view.diagnosis.analysis.text


async def test_whom_a_budget_passed_over_is_named_where_another_answered(build_stage):
    """A weaker model's word in place of a dearer one's is to be read as that; once, however often it was asked."""
    refused = "acme/dear is not asked: the budget of the day does not bear it ($0 are left)"
    wrong = answer_with("MemoryError", citations=[{"evidence": "E1", "lines": "1", "quote": "made up"}])
    gateway = ScriptedGateway(wrong, answer_with("MemoryError"), unaffordable=[refused])

    view = await build_stage(models=gateway, analysis={}).hold()

    assert len(gateway.requests) > 1
    assert view.diagnosis.analysis.text.endswith(f". {refused}.")
    assert view.diagnosis.analysis.text.count(refused) == 1


async def test_budget_in_everybodys_way_is_told_with_what_to_do(build_stage):
    """Which setting, and until when: the card is read by whoever may change it."""
    refused = GuardRefused("budget", "acme/dear is not asked", why="$0 are left", do="Raise budgets.day_usd")

    view = await build_stage(models=ScriptedGateway(refused), analysis={}).hold()

    told = "No model was asked: acme/dear is not asked ($0 are left). Raise budgets.day_usd."
    assert view.diagnosis.analysis.text == told


async def test_gateway_is_told_what_is_left_of_the_deadline(build_stage):
    """So it gives up in time to say who was asked in vain, and what it may have cost."""
    gateway = ScriptedGateway(answer_with("MemoryError"))

    await build_stage(models=gateway, analysis={"deadline": "40s", "deadline_critical": "40s"}).hold()

    assert gateway.requests
    assert all(30 < request.patience_s <= 38 for request in gateway.requests)


async def test_model_that_holds_all_for_well_is_not_told_as_one_that_knows_no_cause(build_stage):
    """It says something else, which whoever looks at a firing alert should know."""
    well = {"verdict": "healthy", "hypotheses": [], "guilty_change": None, "checks": [], "requests": []}

    view = await build_stage(models=ScriptedGateway(well), analysis={}).hold()

    assert view.diagnosis.analysis.text == (
        "acme/high: holds that nothing is wrong any more, which no check has shown; what signatures found stands above."
    )
