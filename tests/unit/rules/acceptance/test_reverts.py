"""A model's revert is of the change that it blames."""

import pytest
from tests.unit.rules.incident_case import blame, conclude, make_case, make_change, make_piece

from fermata.domain.answer import Answer
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.rules.acceptance import judge_answer

SHOP = Entity(system="git", kind="repository", name="shop")
LOG = make_piece("MemoryError: cannot allocate 64 MiB")
SAID = make_piece("revert beef001beef001be to mend it", title="log of orders")
CHANGES = (
    make_change("4755b7c1c2a7aaaa"),
    make_change("c0ffee1c0ffee1c0"),
    make_change("dep-31", kind="deployment", sha="c0ffee1c0ffee1c0"),
    make_change("dep-32", kind="deployment", sha="aaaaaaaaaaaa", commits=("c0ffee1c0ffee1c0", "beef001beef001be")),
)
OWN_REVERT = ActionSuggestion(name="git.revert_commit", target=SHOP, parameters={"commit": "c0ffee1c0ffee1c0"})


def judge_revert(*, guilty, commit="c0ffee1c0ffee1c0", by_rules=()):
    """Give what becomes of a revert of one commit when this change is blamed."""
    claimed = {
        "cause": "memory_limit_exceeded",
        "text": "It cannot get 64 MiB.",
        "confidence": 0.7,
        "entity": SHOP.ref,
        "citations": [{"evidence": "E1", "lines": "1", "quote": "MemoryError: cannot allocate 64 MiB"}],
        "suggestion": {"action": "git.revert_commit", "target": SHOP.ref, "parameters": {"commit": commit}},
    }
    value = {"verdict": "identified", "hypotheses": [claimed], "guilty_change": guilty}
    case = make_case(LOG, SAID, *CHANGES, actions=frozenset({"git.revert_commit"}))
    diagnosis = conclude(blame(LOG, suggestions=by_rules, entity=SHOP))
    return judge_answer(Answer.model_validate(value), case, diagnosis, {"E1": LOG}, model="m/x")


@pytest.mark.parametrize("commit", ["c0ffee1c0ffee1c0", "beef001beef001be"])
@pytest.mark.parametrize(
    ("guilty", "why"),
    [("4755b7c1c2a7aaaa", "the change that is blamed is 4755b7c1c2a7aaaa"), (None, "no change is blamed")],
)
def test_revert_of_what_the_answer_does_not_blame_is_dropped(guilty, why, commit):
    """It mends nothing, and undoes somebody's work; a line of a log that names a commit chooses nothing."""
    judgement = judge_revert(guilty=guilty, commit=commit)

    assert judgement.accepted
    assert judgement.hypotheses[0].suggestions == ()
    assert judgement.left_out == (f"git.revert_commit: it is about commit {commit[:12]}, and {why}",)


@pytest.mark.parametrize(
    ("guilty", "commit"),
    [
        ("c0ffee1c0ffee1c0", "c0ffee1c0ffee1c0"),
        ("dep-31", "c0ffee1c0ffee1c0"),
        ("dep-32", "c0ffee1c0ffee1c0"),
        ("dep-32", "beef001beef001be"),
    ],
)
def test_revert_of_the_blamed_commit_or_of_one_of_the_blamed_release_is_kept(guilty, commit):
    """A release that is blamed has its commits blamed with it, also those that are listed nowhere else."""
    judgement = judge_revert(guilty=guilty, commit=commit)

    assert [item.name for item in judgement.hypotheses[0].suggestions] == ["git.revert_commit"]


def test_revert_that_signatures_suggest_themselves_needs_no_blame_of_a_model():
    """What code found stands by itself; the model only repeats it."""
    judgement = judge_revert(guilty=None, by_rules=(OWN_REVERT,))

    assert [item.name for item in judgement.hypotheses[0].suggestions] == ["git.revert_commit"]
