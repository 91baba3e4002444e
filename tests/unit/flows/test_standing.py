"""Roles by group: asked for at that moment, given only by an answer, and asked again before anything runs."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.flows.stage import PEOPLE, RAIL, Scripted

from fermata.domain.person import Actor
from fermata.domain.proposal import ProposalState, Ruling
from fermata.flows import standing
from fermata.flows.standing import Deciders, find_deciders, find_standing, find_standings
from fermata.kit.errors import GuardRefused, TransientError
from fermata.ports.desk import Guest

GROUPS = (
    {"channel": "scripted-0", "id": "S1", "role": "oncall"},
    {"channel": "scripted-0", "id": "S2", "role": "lead"},
)
MAX = Guest(channel="scripted-0", handle="U-max")
MEMBERS = [
    {"id": "max", "name": "Max", "handles": {"console": "max", "scripted-0": "U-max"}},
    {"id": "eve", "name": "Eve", "handles": {"console": "eve"}},
    {"id": "robot", "name": "Robot", "handles": {"console": "robot", "scripted-0": "U-robot"}, "bot": True},
]


class ScriptedDirectory:
    """Tells the groups it was told, fails, or hangs."""

    def __init__(self):
        self.groups = {"U-max": ["S1"], "U-robot": ["S1"]}
        self.bars = {}
        self.asked, self.judged = [], []
        self.fault = None
        self.answers_after = None
        self.meanwhile = lambda: None

    async def list_groups(self, handle):
        """Answer, fail or hang."""
        self.asked.append(handle)
        if self.fault == "hangs":
            await asyncio.Event().wait()
        if self.fault == "crashes":
            raise ZeroDivisionError
        if self.fault is not None:
            raise TransientError("The chat is down", why="it was told to be", do="Wait")
        return self.groups.get(handle, [])

    async def find_bar(self, handle):
        """Answer, or fail."""
        self.judged.append(handle)
        self.meanwhile()
        if self.answers_after is not None and len(self.judged) > self.answers_after:
            return self.bars.get(handle, "")
        if self.fault is not None:
            raise TransientError("The chat is down", why="it was told to be", do="Wait")
        return self.bars.get(handle, "")


class WithDirectory(Scripted):
    """A system that knows groups."""

    def __init__(self, directory):
        super().__init__()
        self._directory = directory

    def find_directory(self):
        """Give the directory."""
        return self._directory


@pytest.fixture
def directory():
    """Give a directory in which Max is on call."""
    return ScriptedDirectory()


@pytest.fixture
def grouped(build_stage, directory):
    """Give a stage whose roles come from groups alone."""
    return build_stage(WithDirectory(directory), people=MEMBERS, groups=GROUPS)


async def test_member_has_the_role_of_the_group(grouped):
    """And may approve with it; the approval names the role."""
    view = await grouped.hold()

    answer = await grouped.decide(view, handle="max")

    approvals = (await grouped.show(view.incident.id)).approvals
    assert answer.accepted, answer.text
    assert [(approval.person_id, approval.role) for approval in approvals] == [("max", "oncall")]


async def test_role_is_read_at_the_click(grouped, directory):
    """Who left the group between the card and the click is refused; who joined it may."""
    view = await grouped.hold()
    directory.groups["U-max"] = []

    gone = await grouped.decide(view, handle="max")
    directory.groups["U-max"] = ["S1"]
    back = await grouped.decide(view, handle="max")

    assert (gone.accepted, gone.rule) == (False, "wrong_role")
    assert back.accepted


async def test_role_is_read_again_before_the_execution(grouped, directory):
    """Who left the group between the click and the execution counts no more: nothing runs, and the card says why."""
    view = await grouped.hold()
    await grouped.decide(view, handle="max")
    directory.groups["U-max"] = []

    await grouped.engine.drain()

    after = await grouped.show(view.incident.id)
    assert (after.proposal.state, grouped.count_marks()) == (ProposalState.REFUSED, 0)
    assert "no longer entitled: max" in after.proposal.reason
    assert [approval.person_id for approval in after.approvals] == ["max"]


async def test_groups_that_cannot_be_asked_before_the_execution_stop_it(grouped, directory):
    """Closed for action: what cannot be known is no permission, and the refusal says what did not answer."""
    view = await grouped.hold()
    await grouped.decide(view, handle="max")
    directory.fault = "fails"

    await grouped.engine.drain()

    after = await grouped.show(view.incident.id)
    refusal = next(entry.event.data for entry in after.journal if entry.event.kind == "execution.refused")
    assert (refusal["rule"], grouped.count_marks()) == ("unknown_state", 0)
    assert "the groups of scripted-0 could not be asked (The chat is down" in after.proposal.reason


@pytest.mark.parametrize(
    ("fault", "words"), [("fails", "The chat is down"), ("hangs", "did not answer"), ("crashes", "")]
)
async def test_directory_that_does_not_answer_gives_nobody_a_role(grouped, directory, monkeypatch, fault, words):
    """The click is answered all the same, and says that the groups are unknown."""
    monkeypatch.setattr(standing, "_PATIENCE", timedelta(milliseconds=20))
    view = await grouped.hold()
    directory.fault = fault

    answer = await grouped.decide(view, handle="max")

    assert (answer.accepted, answer.rule) == (False, "wrong_role")
    assert "the groups of scripted-0 could not be asked" in answer.text
    assert words in answer.text


async def test_somebody_without_a_handle_there_is_in_no_group(grouped, directory):
    """Nobody is asked about somebody the channel does not know."""
    view = await grouped.hold()

    answer = await grouped.decide(view, handle="eve")

    assert (answer.rule, directory.asked) == ("wrong_role", [])
    assert "could not be asked" not in answer.text


async def test_bot_gains_nothing_by_a_group(grouped, directory):
    """It never counts, so that nobody is asked."""
    view = await grouped.hold()

    answer = await grouped.decide(view, handle="robot")

    assert (answer.rule, directory.asked) == ("bot", [])


async def test_role_of_the_settings_needs_no_group(build_stage, directory):
    """Who has every role already is not asked about; one whose directory is gone has what the settings say."""
    stage = build_stage(people=PEOPLE, groups=[GROUPS[0]])

    found = await find_standing(stage.context, stage.context.people["alice"])

    assert (found.person.roles, found.doubts) == (("oncall",), ())


async def test_groups_of_a_channel_that_is_not_there_are_a_doubt(build_stage):
    """A group in the settings without its system gives no role, and that is said."""
    people = [{"id": "max", "name": "Max", "handles": {"slack": "U1"}}]
    stage = build_stage(people=people, groups=[{"channel": "slack", "id": "S1", "role": "oncall"}])

    found = await find_standing(stage.context, stage.context.people["max"])

    assert found.person.roles == ()
    assert found.doubts == (
        "the groups of slack could not be asked (It knows no groups: slack is not configured, or has none)",
    )


async def test_people_who_left_the_settings_have_no_standing(grouped):
    """Of several, those who are still there, each with the roles of now."""
    people, doubts = await find_standings(grouped.context, ["max", "zoe", "max", "eve"])

    assert {person_id: person.roles for person_id, person in people.items()} == {"max": ("oncall",), "eve": ()}
    assert doubts == ()


async def test_directory_is_asked_at_home(grouped, directory):
    """A leg on another loop asks on the loop of the house: connections cannot change loops."""
    loops = []
    own = directory.list_groups

    async def list_groups(handle):
        loops.append(asyncio.get_running_loop())
        return await own(handle)

    directory.list_groups = list_groups
    home = asyncio.get_running_loop()
    grouped.context.home.settle(home)
    person = grouped.context.people["max"]

    found = await asyncio.to_thread(lambda: asyncio.run(find_standing(grouped.context, person)))

    assert (found.person.roles, loops) == (("oncall",), [home])


@pytest.fixture
def paired(build_stage, directory):
    """Give a stage in which two people of a chat have to approve."""
    people = [
        {"id": "ann", "name": "Ann", "roles": ["oncall"], "handles": {"scripted-0": "U-ann"}},
        {"id": "ben", "name": "Ben", "roles": ["oncall"], "handles": {"scripted-0": "U-ben", "console": "ben"}},
    ]
    guardrail = RAIL | {"approvals": 2, "valid_for": "20m"}
    return build_stage(WithDirectory(directory), people=people, policy={"guardrails": [guardrail]})


async def _approve_late(stage, *, first="U-ann", channel="scripted-0"):
    """Let the first one approve, and the second one five minutes later."""
    view = await stage.hold()
    await stage.decide(view, handle=first, channel=channel)
    stage.clock.advance(timedelta(minutes=5))
    answer = await stage.decide(view, handle="U-ben" if first == "U-ann" else "U-ann", channel="scripted-0")
    assert answer.execution_enqueued, answer.text
    return view


async def test_account_that_was_deactivated_since_its_approval_counts_no_more(paired, directory):
    """The channel is asked again before anything runs: who left does not decide, and the card says who that is."""
    view = await _approve_late(paired)
    directory.bars["U-ann"] = "the account is deactivated"

    await paired.engine.drain()

    after = await paired.show(view.incident.id)
    refusal = next(entry.event.data for entry in after.journal if entry.event.kind == "execution.refused")
    assert (after.proposal.state, paired.count_marks()) == (ProposalState.REFUSED, 0)
    assert (refusal["rule"], "ann on scripted-0: the account is deactivated" in after.proposal.reason) == (
        "not_enough_approvals",
        True,
    )


async def test_accounts_that_still_may_are_executed_for(paired, directory):
    """Asked is only about the older approval: the other one was asked about at its click."""
    view = await _approve_late(paired)

    await paired.engine.drain()

    assert (await paired.show(view.incident.id)).proposal.state is ProposalState.EXECUTED
    assert set(directory.judged) == {"U-ann"}


async def test_account_that_cannot_be_asked_about_stops_the_execution(paired, directory):
    """Closed for action: what cannot be known counts for nobody, and the refusal says what did not answer."""
    view = await _approve_late(paired)
    directory.fault = "fails"

    await paired.engine.drain()

    after = await paired.show(view.incident.id)
    refusal = next(entry.event.data for entry in after.journal if entry.event.kind == "execution.refused")
    assert (refusal["rule"], paired.count_marks()) == ("unknown_state", 0)
    assert "scripted-0 could not be asked whether ann may still decide (The chat is down" in after.proposal.reason
    assert "no longer entitled" not in after.proposal.reason
    assert directory.judged == ["U-ann"] * 3


async def test_one_question_without_an_answer_costs_no_approved_plan(paired, directory):
    """It is asked again, and what the channel then says counts."""
    view = await _approve_late(paired)
    directory.fault, directory.answers_after = "fails", 1

    await paired.engine.drain()

    assert (await paired.show(view.incident.id)).proposal.state is ProposalState.EXECUTED
    assert len(directory.judged) > 1


async def test_halt_while_a_channel_does_not_answer_is_heard(paired, directory):
    """Whoever halts in the seconds of asking again is not overtaken by an answer."""
    view = await _approve_late(paired)
    directory.fault, directory.answers_after = "fails", 1
    directory.meanwhile = lambda: paired.context.halt.halt(Actor(kind="person", id="ann", channel="console"), "stop")

    await paired.engine.drain()

    after = await paired.show(view.incident.id)
    refusal = next(entry.event.data for entry in after.journal if entry.event.kind == "execution.refused")
    assert (refusal["rule"], paired.count_marks()) == ("halt", 0)


async def test_approval_in_a_channel_without_accounts_is_not_asked_about(paired, directory):
    """The console's word is the machine's own user: there is nobody to ask."""
    directory.fault = "fails"
    view = await _approve_late(paired, first="ben", channel="console")

    await paired.engine.drain()

    assert (await paired.show(view.incident.id)).proposal.state is ProposalState.EXECUTED
    assert directory.judged == []


async def test_approval_of_an_account_that_is_nobodys_any_more_does_not_count(paired, directory):
    """A link or a handle that was taken back was perhaps somebody else's hand: what it approved is not executed."""
    view = await _approve_late(paired)
    people = [
        {"id": "ann", "name": "Ann", "roles": ["oncall"]},
        {"id": "ben", "name": "Ben", "roles": ["oncall"], "handles": {"scripted-0": "U-ben"}},
    ]
    paired.restart(people=people, policy={"guardrails": [RAIL | {"approvals": 2, "valid_for": "20m"}]})

    approvals = (await paired.show(view.incident.id)).approvals
    deciders = await find_deciders(paired.context, approvals, paired.clock.now())

    assert (list(deciders.people), directory.judged) == (["ben"], [])
    assert deciders.bars == ("ann on scripted-0: no account of scripted-0 is ann any more",)


def test_refusal_says_what_to_do_again_of_what_was_refused():
    """A plan is looked for anew, a rehearsal proposed anew."""
    refusal = GuardRefused("not_enough_approvals", "Experiment 7 was not started", why="It has 0 of 1", do="Propose it")

    explained = Deciders(people={}, doubts=("slack is silent",)).explain(refusal, "propose it anew")

    assert explained.do == "Make it answer again, then propose it anew"
    assert (explained.rule, explained.why) == (
        "unknown_state",
        "Too few of its approvals are certain to count; slack is silent",
    )


async def hold_for_one_who_is_unlinked(build_stage, directory):
    """Give a stage with a plan that waits, whose linked approver loses the link while their groups are asked."""
    linked = {"id": "max", "name": "Max", "handles": {"console": "max"}}
    stage = build_stage(WithDirectory(directory), people=[linked], groups=GROUPS)
    link = {"person": "max", "handle": {"channel": "scripted-0", "handle": "U-max"}}
    await stage.house.context.store.write(lambda opened: opened.flags.put("handle/scripted-0/U-max", link))
    view = await stage.hold()

    async def list_groups(handle):
        await stage.house.links.unlink("max", "scripted-0", Actor(kind="person", id="root"))
        return ["S1"]

    directory.list_groups = list_groups
    return stage, view


@pytest.mark.parametrize("ruling", Ruling)
async def test_link_that_is_taken_back_meanwhile_decides_nothing(build_stage, directory, ruling):
    """Whose handle it is, is settled in the transaction that writes the decision."""
    stage, view = await hold_for_one_who_is_unlinked(build_stage, directory)
    nonce = view.plan.digest

    answer = await stage.house.desk.decide(MAX, ruling, incident_id=view.incident.id, nonce=nonce)

    after = await stage.show(view.incident.id)
    assert (answer.accepted, answer.rule) == (False, "unknown_person")
    assert (after.proposal.state, after.approvals) == (ProposalState.OPEN, ())
    assert (after.journal[-1].event.actor.kind, after.journal[-1].event.actor.id) == ("unknown", "U-max")


@pytest.mark.parametrize(
    "ask",
    [
        lambda desk, id_: desk.ask_for_more(MAX, id_),
        lambda desk, id_: desk.snooze(MAX, id_, timedelta(hours=1)),
        lambda desk, id_: desk.command(MAX, f"resolve {id_} fixed by hand"),
    ],
)
async def test_link_that_is_taken_back_meanwhile_withdraws_no_plan(build_stage, directory, ask):
    """Who may is settled in the transaction that takes the plan, not while groups are still being asked."""
    stage, view = await hold_for_one_who_is_unlinked(build_stage, directory)

    reply = await ask(stage.house.desk, view.incident.id)

    after = await stage.show(view.incident.id)
    assert (reply.ok, "nobody of the settings is U-max on scripted-0" in reply.text) == (False, True)
    assert (after.incident.state, after.card.can_decide) == (view.incident.state, True)
    assert await stage.find_flag(f"snooze/{view.incident.id}") is None
