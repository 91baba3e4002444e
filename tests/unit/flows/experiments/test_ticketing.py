"""A collapse becomes one issue in a strict Jira on loopback, by a person, of the text that was shown."""

import pytest
from tests.unit.flows.experiments.scene import ACTOR, Bench

from fermata.domain.action import Outcome
from fermata.domain.experiment import Verdict
from fermata.domain.held_experiment import ExperimentState
from fermata.domain.person import Actor
from fermata.flows.experiments.holding import ExperimentView
from fermata.flows.experiments.ticketing import make_ticket, prepare_ticket
from fermata.integrations.gitlab.system import GitLab, GitLabSettings
from fermata.integrations.jira.settings import JiraSettings
from fermata.integrations.jira.system import Jira
from fermata.kit.clock import SystemClock
from fermata.kit.errors import ForbiddenError, GuardRefused, UserError
from fermata.testing.experiments import make_held, make_result
from fermata.testing.forges.gitlab import FakeGitLab
from fermata.testing.trackers.jira import EMAIL, TOKEN
from fermata.testing.web_server import WebServer

COLLAPSE = ExperimentView(held=make_held(state=ExperimentState.DONE), result=make_result(), journal=())


@pytest.fixture
def build(tmp_path, sqlite_store, inline_engine, served):
    """Give a function that builds a bench whose Jira has these projects."""

    def build_bench(*projects):
        if not projects:
            return Bench(tmp_path, sqlite_store, inline_engine)
        login = {"email": EMAIL, "token": TOKEN, "timeout_s": 10}
        settings = JiraSettings(url=served[1], projects={name: {} for name in projects}, **login)
        actions = {action.spec.name: action for action in Jira(settings, SystemClock()).list_actions()}
        return Bench(tmp_path, sqlite_store, inline_engine, actions=actions)

    return build_bench


async def test_collapse_is_filed_once(build, served):
    """What was shown is what is filed; filed again, the tracker is asked, and nothing is made."""
    bench = build("SHOP")
    prepared = await prepare_ticket(bench.flow, COLLAPSE)
    assert "Give the calls of checkout to payment a timeout" in prepared.words

    made = await make_ticket(bench.flow, prepared, ACTOR)
    again = await prepare_ticket(bench.flow, COLLAPSE)
    found = await make_ticket(bench.flow, again, ACTOR)

    assert (made.outcome, found.outcome) == (Outcome.DONE, Outcome.DONE)
    assert "begun before" in again.words
    assert len(served[0].issues) == 1
    assert (await bench.list_kinds())[:2] == ["action.intended", "experiment.ticketed"]


@pytest.mark.parametrize(
    ("projects", "place", "words"),
    [
        ((), "", "no tracker is in the settings"),
        (("SHOP", "OPS"), "", "there are jira:project/SHOP, jira:project/OPS"),
        (("SHOP",), "jira:project/NONE", "is no place for tickets"),
    ],
)
async def test_place_that_is_not_known_is_asked_for(build, projects, place, words):
    """Nothing is filed somewhere."""
    with pytest.raises(UserError, match=words):
        await prepare_ticket(build(*projects).flow, COLLAPSE, place)


async def test_named_place_is_taken(build):
    """Of several."""
    prepared = await prepare_ticket(build("SHOP", "OPS").flow, COLLAPSE, "jira:project/OPS")

    assert prepared.action.target.ref == "jira:project/OPS"


async def test_collapse_is_filed_on_a_forge(tmp_path, sqlite_store, inline_engine):
    """As an issue of the repository that a person names."""
    fake = FakeGitLab()
    async with WebServer(fake.respond) as server:
        settings = {"url": server.url, "token": fake.token, "repositories": {fake.repository: {}}, "timeout_s": 10}
        forge = GitLab(GitLabSettings.model_validate(settings), SystemClock())
        actions = {action.spec.name: action for action in forge.list_actions()}
        bench = Bench(tmp_path, sqlite_store, inline_engine, actions=actions)
        prepared = await prepare_ticket(bench.flow, COLLAPSE, f"gitlab:{fake.repository}")
        made = await make_ticket(bench.flow, prepared, ACTOR)

    assert made.outcome is Outcome.DONE
    (issue,) = fake.books[fake.repository].issues
    assert issue.title.startswith("Give the calls of checkout to payment a timeout")
    assert f"+title: {issue.title}" in prepared.words


async def test_what_did_not_collapse_is_no_ticket(build):
    """There is nothing to mend."""
    view = ExperimentView(held=make_held(), result=make_result(verdict=Verdict.GRACEFUL), journal=())

    with pytest.raises(UserError, match="did not collapse"):
        await prepare_ticket(build("SHOP").flow, view)


async def test_stranger_files_nothing(build, served):
    """Nor does anybody while halted."""
    bench = build("SHOP")
    prepared = await prepare_ticket(bench.flow, COLLAPSE)

    with pytest.raises(ForbiddenError):
        await make_ticket(bench.flow, prepared, Actor(kind="unknown", id="mallory", channel="console"))
    bench.flow.halt.halt(ACTOR, "lunch")
    with pytest.raises(GuardRefused):
        await make_ticket(bench.flow, prepared, ACTOR)
    assert len(served[0].issues) == 0


async def test_ticket_that_surely_failed_may_be_filed_again(build, served):
    """Under a key of its own; one that perhaps was made is asked after instead."""
    bench = build("SHOP")
    prepared = await prepare_ticket(bench.flow, COLLAPSE)
    maker = bench.flow.actions["jira.create_issue"]
    crash = maker.execute

    async def fail(action, key):
        raise RuntimeError

    maker.execute = fail
    unknown = await make_ticket(bench.flow, prepared, ACTOR)
    maker.execute = crash

    assert unknown.outcome is Outcome.UNKNOWN
    assert (await prepare_ticket(bench.flow, COLLAPSE)).key == prepared.key
    now = bench.flow.clock.now()
    await bench.write(lambda tx: tx.ledger.settle(prepared.key.action_id, Outcome.FAILED, "not made", now))
    assert (await prepare_ticket(bench.flow, COLLAPSE)).key != prepared.key
