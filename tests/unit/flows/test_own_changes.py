"""What was gathered is told to be Fermata's own by the rows, whatever it says of itself."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON, Scripted

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind, EvidenceLine, Gathering
from fermata.domain.facts import ChangeFacts
from fermata.flows.own_changes import mark_own_changes
from fermata.ports.action import ExecutionKey
from fermata.testing.records import make_evidence, make_intent, make_plan, make_proposal

DIFF = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"


def make_change(mark, diff=DIFF, **changes):
    """Give the evidence of a commit that names an action."""
    facts = ChangeFacts(id="0123", title="Revert", changed_at=NOON, diff_read=True, mark=mark)
    lines = ["commit 0123", "", *diff.split("\n")]
    return make_evidence(
        kind=EvidenceKind.CHANGE,
        collector="git.changes",
        entity=Entity(system="git", kind="repository", name="shop"),
        observed_at=NOON,
        fresh_until=NOON + timedelta(days=1),
        lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1)),
        facts=facts.to_json(),
        **changes,
    )


class Commits:
    """A collector of one commit."""

    name = "scripted.changes"

    def __init__(self):
        self.found = []

    def wants(self, scope):
        """Want everything."""
        return True

    async def collect(self, scope):
        """Give what was put there."""
        return self.found


@pytest.fixture
def commits():
    """Give the collector."""
    return Commits()


@pytest.fixture
def own_stage(build_stage, commits):
    """Give a stage whose repository tells of commits."""
    return build_stage(Scripted(collectors=[commits]))


@pytest.fixture
async def mark(own_stage):
    """Give the mark of an action that was approved with that diff, and done."""
    plan = make_plan("pl-own")
    action = plan.actions[0]
    shown = action.model_copy(update={"dry_run": action.dry_run.model_copy(update={"diff": DIFF})})
    plan = plan.model_copy(update={"actions": (shown,)})

    def work(transaction):
        transaction.proposals.open(plan, make_proposal("pr-own", plan))
        transaction.ledger.intend(make_intent(action.id, plan.id, plan_digest=plan.digest))

    await own_stage.store.write(work)
    return ExecutionKey(action.id, plan.digest).mark


async def judge(stage, *items):
    """Give for each piece whether it is told to be Fermata's own."""
    found = await mark_own_changes(stage.context, Gathering(evidence=items, gaps=(), took=timedelta(0)))
    return [bool(item.facts.get("is_own")) for item in found.evidence]


async def test_only_what_the_rows_bear_out_is_ours(own_stage, mark):
    """A copied mark, an unknown one, a cut diff and facts that cannot be read are somebody else's."""
    own = make_change(mark)

    judged = await judge(
        own_stage,
        own,
        make_change(mark, DIFF.replace("+a = 2", "+a = 3")),
        make_change("act-0.000000000000"),
        make_change("yes"),
        make_change(mark, cut="first 400 lines"),
        own.model_copy(update={"facts": {"mark": mark}}),
        make_evidence(),
    )

    assert judged == [True, False, False, False, False, False, False]


async def test_gathering_without_claims_asks_nobody(own_stage):
    """Most gatherings hold no commit that names an action."""
    gathering = Gathering(evidence=(make_evidence(),), gaps=(), took=timedelta(0))

    assert await mark_own_changes(own_stage.context, gathering) is gathering


async def test_intent_without_its_plan_bears_nothing_out(own_stage):
    """What was approved can no more be read: then nobody can say that this is it."""
    await own_stage.store.write(lambda tx: tx.ledger.intend(make_intent("act-lone", "pl-none")))

    assert await judge(own_stage, make_change("act-lone.000000000000")) == [False]


async def test_investigation_keeps_what_was_proved(own_stage, commits, mark):
    """The evidence that a diagnosis is made of says it."""
    commits.found = [make_change(mark), make_change("act-0.000000000000", DIFF.replace("2", "3"))]

    view = await own_stage.hold()

    changes = [item for item in view.evidence if item.kind is EvidenceKind.CHANGE]
    assert sorted(item.facts["is_own"] for item in changes) == [False, True]
