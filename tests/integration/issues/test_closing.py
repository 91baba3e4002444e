"""An issue that a person closed: what opens it again, and what does not."""

from tests.integration.issues.test_cards import HELD, change

from fermata.domain.card import CardRow, CardSection
from fermata.testing.channel_contract import build_card

REJECTED = {
    "subtitle": "a person must act; x",
    "can_decide": False,
    "sections": (CardSection(heading="Approval", rows=(CardRow(label="Decision", text="rejected by bob"),)),),
}


async def test_issue_that_somebody_closed_is_opened_for_a_plan(rig):
    """Closing an issue settles nothing: a plan that waits is shown. Without one it stays as the person left it."""
    receipt = await rig.deliver(change(build_card(), subtitle="being investigated; x", can_decide=False))
    issue = rig.book.issues[0]
    rig.book.change(issue, state="closed")

    await rig.deliver(change(build_card(), subtitle="being investigated; y", can_decide=False), receipt=receipt)
    assert issue.state == "closed"

    await rig.deliver(change(build_card(), **HELD), receipt=receipt)
    assert issue.state != "closed"


async def test_issue_that_somebody_closed_while_a_plan_ran_is_opened_once_for_a_person(rig):
    """Whoever closed it did not know that a person must act; whoever closes it again does."""
    running = change(build_card(), subtitle="the approved plan is being executed; since", can_decide=False)
    receipt = await rig.deliver(running)
    issue = rig.book.issues[0]
    rig.book.change(issue, state="closed")

    await rig.deliver(change(build_card(), subtitle="a person must act; x", can_decide=False), receipt=receipt)
    assert issue.state != "closed"
    assert "needs-person" in issue.labels

    rig.book.change(issue, state="closed")
    await rig.deliver(change(build_card(), subtitle="a person must act; y", can_decide=False), receipt=receipt)
    assert issue.state == "closed"


async def test_issue_that_was_closed_stays_closed_where_the_plan_is_rejected(rig):
    """A person said no: they know."""
    receipt = await rig.deliver(change(build_card(), subtitle="being investigated; x", can_decide=False))
    issue = rig.book.issues[0]
    rig.book.change(issue, state="closed")

    await rig.deliver(change(build_card(), **REJECTED), receipt=receipt)

    assert issue.state == "closed"
