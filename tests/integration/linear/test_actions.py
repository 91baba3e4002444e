"""Creating an issue in Linear when things go wrong."""

from datetime import timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.kit.errors import UserError
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.records import NOON
from fermata.testing.trackers.linear import fail
from fermata.testing.web_server import Answer, Fault

ENG = Entity.parse("linear:team/ENG")
FOLLOW_UP = {"title": "Alert on slow statements", "labels": ["till", "Needs review"], "priority": "high"}


async def plan(make, **changes):
    """Give the action and what its dry run plans."""
    (action,) = make().list_actions()
    parameters = FOLLOW_UP | changes
    return action, plan_action(action, ENG, parameters, await action.dry_run(ENG, parameters))


def is_creation(request):
    """Answer whether a request changes something."""
    return b"issueCreate" in request.body


async def test_dry_run_shows_the_exact_text(make, server):
    """In Linear's own words, and nothing is created by it."""
    _, planned = await plan(make)

    added = [line[1:] for line in planned.dry_run.diff.splitlines() if line.startswith("+")][1:]
    assert added == [
        "title: Alert on slow statements",
        "team: ENG (Engineering)",
        "labels: Needs review, till",
        "priority: High",
        "",
        "Fermata-Action: <action id and plan digest, filled in at execution>",
    ]
    assert not any(map(is_creation, server.requests))


async def test_markdown_of_a_quoted_text_is_not_live(make, linear):
    """A link that lies, an image from elsewhere, a hidden comment, words in bold: all stand in code."""
    said = "All fixed: [the runbook](https://evil.example/login) ![x](https://evil.example/p.png) <!-- a --> **alice**"
    action, planned = await plan(make, description=said)

    await action.execute(planned, KEY)

    sent = next(issue for issue in linear.issues if issue.title == FOLLOW_UP["title"]).description
    assert said in planned.dry_run.diff
    outside = "".join(sent.split("`")[::2])
    assert not any(live in outside for live in ("](", "![", "<!--", "**", "https:"))
    assert "runbook" in sent


@pytest.mark.parametrize("label", ["Area", "people", "nonesuch"])
async def test_label_that_cannot_be_put_on_it_is_refused(make, label):
    """A group, another team's, and one that does not exist."""
    with pytest.raises(UserError, match=f"ENG has no label {label}"):
        await plan(make, labels=[label])


async def test_own_label_goes_before_the_workspaces(make, linear):
    """Two labels may have one name."""
    action, planned = await plan(make, labels=["till"])

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert linear.issues[-1].labels == ("till",)


async def test_open_issue_of_the_same_title_is_pointed_at(make):
    """Nobody needs it twice."""
    with pytest.raises(UserError, match="There is an open issue of that title: ENG-1"):
        await plan(make, title="checkout times out")


async def test_team_that_the_key_does_not_see_is_refused(make, linear):
    """With the setting that would mend it."""
    linear.hidden = frozenset({"ENG"})

    with pytest.raises(UserError, match=r"No issue can be created in ENG.*linear\.teams"):
        await plan(make)


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.HALF, Fault.HANG])
async def test_lost_answer_is_found_out(make, server, linear, fault):
    """The issue was made and the answer was lost: done, once."""
    action, planned = await plan(lambda: make(timeout_s=0.3))

    def respond(request):
        answer = linear(request)
        return Answer({"data": {}}, fault=fault) if is_creation(request) else answer

    server.respond = respond

    result = await action.execute(planned, KEY)
    again = await action.execute(planned, KEY)

    assert (result.outcome, "ENG-5" in result.detail) == (Outcome.DONE, True)
    assert (again.outcome, "there already" in again.detail) == (Outcome.DONE, True)
    assert sum(one.title == FOLLOW_UP["title"] for one in linear.issues) == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (fail("no", "INVALID_INPUT"), Outcome.FAILED),
        (fail("no", "FORBIDDEN"), Outcome.FAILED),
        (fail("no", "INTERNAL_SERVER_ERROR"), Outcome.UNKNOWN),
        (fail("no", "SOMETHING_NEW"), Outcome.UNKNOWN),
        (Answer({"data": {"issueCreate": {"success": False, "issue": None}}}), Outcome.UNKNOWN),
        (Answer(fault=Fault.DROP), Outcome.UNKNOWN),
    ],
)
async def test_outcome_is_what_is_certain(make, server, linear, answer, outcome):
    """A refusal that Linear explains is a no; anything else may still have happened."""
    action, planned = await plan(make)
    server.respond = lambda request: answer if is_creation(request) else linear(request)

    assert (await action.execute(planned, KEY)).outcome is outcome


async def test_probe_of_health_tells_whether_the_team_answers(make, linear):
    """The steady state of where an issue is made."""
    (probe,) = make().list_probes()

    there = await probe.read(ENG, timedelta(0))
    linear.hidden = frozenset({"ENG"})
    gone = await probe.read(ENG, timedelta(0))

    assert probe.handles(ENG)
    assert (there.healthy, gone.healthy) == (True, False)
    assert there.at == NOON
