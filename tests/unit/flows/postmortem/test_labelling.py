"""A draft and the models: asked once, checked, paid for, and the rules' own stands whatever comes back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.postmortem.trail_bundle import write_bundle
from tests.unit.flows.scripted_gateway import ScriptedGateway, nobody
from tests.unit.rules.labels.label_scene import BRIEF, DRAFT, TRAIL, row

from fermata.domain.model import TaskKind, Tier
from fermata.domain.trail import PostmortemDraft, Trail
from fermata.flows.postmortem.drafting import draft_bundle
from fermata.flows.postmortem.labelling import RULES, Labelling, label_draft
from fermata.kit.errors import GuardRefused
from fermata.rules.routing import DEFAULT_TIERS

EMPTY = {"labels": []}
WRONG = f"words {row('sev1')} Declaring a sev1 at 9:00"
KEPT = {"labels": [f"keep {row('so no')} observation"]}


async def put(build_stage, *steps, trail=TRAIL, draft=DRAFT, **analysis):
    """Label the scene's draft with a script of answers; give what came of it and the gateway."""
    gateway = ScriptedGateway(*steps, tier=Tier.MEDIUM)
    stage = build_stage(models=gateway, analysis=analysis)
    return await label_draft(stage.context, trail, draft), gateway


async def test_labels_that_stand_are_applied_and_told(build_stage):
    """One request of the middle tier, with the brief fenced and nothing of it in the instructions."""
    labelling, gateway = await put(build_stage, KEPT)

    (request,) = gateway.requests
    assert request.kind is TaskKind.DRAFT
    assert DEFAULT_TIERS[request.kind] is Tier.MEDIUM
    assert (request.prompt_name, request.content) == ("label", BRIEF.text)
    assert {"m4"} <= {citation for entry in labelling.draft.entries for citation in entry.citations}
    assert labelling.made_by == "rules, with labels of acme/medium (1 stood, 0 refused)"
    assert (labelling.calls, labelling.input_tokens, labelling.output_tokens) == (1, 3000, 200)
    assert json.dumps(labelling.to_json())


async def test_labels_that_do_not_stand_leave_the_rules_own(build_stage):
    """Each is named with its reason, and nobody is asked again."""
    labelling, gateway = await put(build_stage, {"labels": ["drop 99z", WRONG]})

    assert labelling.draft == DRAFT
    assert len(labelling.refused) == 2
    assert "0 stood, 2 refused" in labelling.made_by
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (nobody(), "No model answered: acme/sage is unreachable"),
        (GuardRefused("budget", "The budget of the day is used up"), "No model was asked: The budget"),
        ({"labels": "drop all"}, "acme/medium: labels"),
        ("hang", "No answer within 20ms"),
        (RuntimeError("boom"), "Asking a model failed"),
    ],
)
async def test_without_an_answer_rules_stand_alone_and_say_why(build_stage, step, why):
    """Nothing is raised, whatever the models do."""
    labelling, gateway = await put(build_stage, step, **({"deadline": "20ms"} if step == "hang" else {}))

    assert labelling.draft == DRAFT
    assert labelling.made_by.startswith("rules alone: ")
    assert why in labelling.made_by
    assert len(gateway.requests) == 1


async def test_nobody_is_asked_where_none_is_to_be(build_stage):
    """Neither without models, nor when settings forbid it, nor about nothing."""
    without = build_stage()
    assert await label_draft(without.context, TRAIL, DRAFT) == Labelling(DRAFT)

    never, silent = await put(build_stage, KEPT, when="never")
    nothing = PostmortemDraft((), {}, (), (), ())
    empty, quiet = await put(build_stage, KEPT, trail=Trail("x", []), draft=nothing)
    assert (never.made_by, empty.made_by) == (RULES, RULES)
    assert silent.requests == quiet.requests == []


async def test_part_of_a_channel_that_is_not_answered_for_is_told(build_stage):
    """What was answered counts, and the document says that it is not all."""
    many = [
        replace(
            TRAIL.messages[5],
            id=f"x{number}",
            at=TRAIL.messages[0].at + timedelta(seconds=2 * number),
            text=f"pool of checkout-db-{number % 50} is at {number % 40} of 40 " + "with care " * 9,
        )
        for number in range(1_500)
    ]
    labelling, gateway = await put(
        build_stage, EMPTY, nobody(), trail=replace(TRAIL, messages=many), draft=PostmortemDraft((), {}, (), (), ())
    )

    assert len(gateway.requests) > 1
    assert labelling.calls == 1
    assert labelling.made_by.endswith("; part of the channel was not answered for)")


def test_document_says_who_drafted_it(tmp_path):
    """And the JSON what the labels brought and cost."""
    folder = write_bundle(tmp_path / "b")
    told = Labelling(DRAFT, "rules, with labels of a/b (2 stood, 0 refused)", target="a/b", calls=1, applied=2)

    drafted = draft_bundle(folder, label=lambda _, draft: Labelling(draft, told.made_by, target="a/b", calls=1))

    assert "A draft by rules, with labels of `a/b` (2 stood, 0 refused)." in drafted.document
    assert drafted.to_json()["labels"]["calls"] == 1
    assert "labels" not in draft_bundle(folder).to_json()
