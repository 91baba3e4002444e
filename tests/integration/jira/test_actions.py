"""Creating an issue when things go wrong: refused before, lost on the way, found again."""

import re
from datetime import timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.records import NOON
from fermata.testing.trackers.jira import FIELDS
from fermata.testing.web_server import Answer, Fault

SHOP = Entity.parse("jira:project/SHOP")
FOLLOW_UP = {"title": "Alert on slow statements", "description": "As agreed.", "labels": ["b", "a"], "priority": "high"}


async def plan(make, **changes):
    """Give the action and what its dry run plans."""
    (action,) = make().list_actions()
    parameters = FOLLOW_UP | changes
    return action, plan_action(action, SHOP, parameters, await action.dry_run(SHOP, parameters))


async def test_dry_run_shows_the_exact_text(make):
    """Everything the issue will say, with a placeholder for the mark."""
    _, planned = await plan(make)

    assert planned.dry_run.diff == (
        "diff --git a/jira/SHOP/new issue b/jira/SHOP/new issue\n--- /dev/null\n+++ b/jira/SHOP/new issue\n"
        "@@ -0,0 +1,9 @@\n"
        "+title: Alert on slow statements\n+project: SHOP\n+type: Task\n"
        "+labels: a, b, fermata-<action id and plan digest, filled in at execution>\n+priority: High\n+\n"
        "+As agreed.\n+\n+Fermata-Action: <action id and plan digest, filled in at execution>\n"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"required": {"customfield_1": "Team"}}, "must have Team"),
        ({"screen": [one for one in FIELDS if one != "labels"]}, "takes no labels"),
        ({"screen": [one for one in FIELDS if one != "priority"]}, "takes no priority"),
        (
            {"denied": frozenset({"CREATE_ISSUES"})},
            "this account may not create issues.*Give the account Create Issues",
        ),
    ],
)
async def test_project_that_cannot_take_the_issue_refuses_in_the_dry_run(make, jira, change, words):
    """Before a person approves, not after."""
    for name, value in change.items():
        setattr(jira, name, value)

    with pytest.raises(UserError, match=words):
        await plan(make)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"projects": {"SHOP": {"issue_type": "Story"}}}, "has no issue type Story.*Task, Bug"),
        ({"priorities": {"high": "P1"}}, "no priority P1 there.*Highest, High"),
        ({"priorities": {}}, "no priority high there"),
    ],
)
async def test_setting_that_this_jira_does_not_know_is_told(make, settings, words):
    """With what it does know."""
    (action,) = make(**settings).list_actions()

    with pytest.raises(UserError, match=words):
        await action.dry_run(SHOP, FOLLOW_UP)


async def test_open_issue_of_the_same_title_is_pointed_at(make):
    """Nobody needs it twice."""
    with pytest.raises(UserError, match="There is an open issue of that title: SHOP-1"):
        await plan(make, title="checkout times out")


async def test_closed_issue_of_the_same_title_is_no_hindrance(make):
    """It happened again."""
    _, planned = await plan(make, title="Pay again")

    assert "Pay again" in planned.dry_run.diff


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.HALF, Fault.HANG])
async def test_lost_answer_is_found_out(make, server, jira, fault):
    """The issue was made and the answer was lost: done, once."""
    action, planned = await plan(lambda: make(timeout_s=0.3))

    def respond(request):
        answer = jira(request)
        return Answer({"key": "SHOP-5"}, fault=fault) if request.method == "POST" else answer

    server.respond = respond

    result = await action.execute(planned, KEY)
    again = await action.execute(planned, KEY)

    assert (result.outcome, "SHOP-5" in result.detail) == (Outcome.DONE, True)
    assert (again.outcome, "there already" in again.detail) == (Outcome.DONE, True)
    assert sum(one.summary == FOLLOW_UP["title"] for one in jira.issues) == 1


async def test_lost_request_is_unknown(make, server, jira):
    """It may still arrive: a card for a person, never a retry."""
    action, planned = await plan(make)
    server.respond = lambda request: Answer(fault=Fault.DROP) if request.method == "POST" else jira(request)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert sum(request.method == "POST" for request in server.requests) == 1


async def test_tracker_that_dies_in_the_middle_leaves_it_unknown(make, server, jira):
    """The effect and the look afterwards both brought no answer."""
    action, planned = await plan(make)
    dead = []

    def respond(request):
        dead.extend([True] * (request.method == "POST"))
        return Answer(fault=Fault.DROP) if dead else jira(request)

    server.respond = respond

    assert (await action.execute(planned, KEY)).outcome is Outcome.UNKNOWN


async def test_refused_issue_is_certainly_not_made(make, server, jira):
    """A 400 is Jira's own no."""
    action, planned = await plan(make)
    refusal = Answer({"errorMessages": [], "errors": {"labels": "no"}}, 400)
    server.respond = lambda request: refusal if request.method == "POST" else jira(request)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED


async def test_issue_that_the_search_does_not_know_yet_is_found_by_number(make, jira):
    """Cloud's index lags: an issue made a second ago is not in it, and must not be made twice."""
    action, planned = await plan(make)
    await action.execute(planned, KEY)
    jira.lag.add("SHOP-5")

    probed = await action.probe(planned, KEY, NOON - timedelta(seconds=1))
    again = await action.execute(planned, KEY)

    assert (probed.outcome, again.outcome) == (Outcome.DONE, Outcome.DONE)
    assert len(jira.issues) == 7


async def test_probe_of_an_empty_project_is_sure(make, jira):
    """No issue at all is no issue with the mark."""
    action, planned = await plan(make)
    jira.issues.clear()

    assert (await action.probe(planned, KEY, NOON)).outcome is Outcome.FAILED


async def test_secret_is_neither_shown_nor_sent(make, jira):
    """What a person approved is what is sent: without it."""
    action, planned = await plan(make, description="log in with glpat-" + "Ab3dEf6hIj9kLm2nOp5q")

    await action.execute(planned, KEY)

    assert "Ab3dEf6h" not in planned.dry_run.diff
    assert "Ab3dEf6h" not in str(jira.issues[-1])


@pytest.mark.parametrize("is_cloud", [True, False])
async def test_markup_of_a_quoted_text_is_not_live(make, jira, is_cloud):
    """A mention, a link that lies, an image from elsewhere: Data Center would read them, Cloud takes plain text."""
    jira.is_cloud = is_cloud
    said = "Look at [the runbook|https://evil.example/login], [~admin] knows; !https://evil.example/p.png! {html}"
    action, planned = await plan(make, description=said)

    await action.execute(planned, KEY)

    sent = jira.issues[-1].description
    assert said in planned.dry_run.diff
    assert (said in str(sent)) is is_cloud
    assert is_cloud or re.search(r"(?<!\\)[\[\]|!{}~]|https:", sent) is None


async def test_probe_of_health_tells_whether_the_project_answers(make):
    """The steady state of where an issue is made."""
    (probe,) = make(projects={"SHOP": {}, "GONE": {}}).list_probes()

    there = await probe.read(SHOP, timedelta(0))
    gone = await probe.read(Entity.parse("jira:project/GONE"), timedelta(0))

    assert probe.handles(SHOP)
    assert not probe.handles(Entity.parse("jira:project/OPS"))
    assert (there.healthy, there.text) == (True, "SHOP (Shop) answers")
    assert (gone.healthy, gone.severity) == (False, 1)


async def test_project_that_no_longer_takes_the_issue_has_another_version(make, jira):
    """The drift check sees a rule that changed after the approval, and the execution refuses."""
    action, planned = await plan(make)
    jira.required = {"customfield_1": "Team"}

    version = await action.observe_version(SHOP, planned.parameters)
    result = await action.execute(planned, KEY)

    assert version != planned.dry_run.observed_version
    assert (result.outcome, "must have Team" in result.detail) == (Outcome.FAILED, True)


async def test_rules_that_cannot_be_read_are_not_jiras(make, server, jira):
    """An answer without the list is no empty list."""
    server.respond = lambda request: Answer({"total": 0}) if "createmeta" in request.path else jira(request)

    with pytest.raises(OperationalError, match="neither of the lists is there"):
        await plan(make)
