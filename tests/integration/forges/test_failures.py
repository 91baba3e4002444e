"""Each way a forge fails: a stated gap for evidence, a clear refusal for an action, never a half-told success."""

from datetime import timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.flows.gather import gather
from fermata.flows.meters import Meters
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.forge.permissions import needing
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.api_failures import API_FAILURES
from fermata.testing.web_server import Answer, Fault, WebServer, make_tls


@pytest.mark.parametrize("failure", API_FAILURES, ids=str)
async def test_failure_is_a_gap_in_words(rig, failure):
    """Expired, forbidden, absent, limited, broken, silent, half, moved: each says what a person needs to know."""
    rig.server.respond = lambda _: failure.answer

    with pytest.raises(OperationalError, match=failure.words) as caught:
        await rig.make_collector(timeout_s=failure.timeout_s).collect(rig.make_scope())

    assert isinstance(caught.value, TransientError) is failure.is_transient
    assert rig.fake.token not in str(caught.value)


@pytest.mark.parametrize("failure", API_FAILURES, ids=str)
async def test_failure_stops_a_dry_run_and_an_execution(rig, failure):
    """Nothing is planned on an answer that is none, and nothing is said to be done."""
    action, parameters = rig.make_action(), {"revert": rig.shop.guilty}
    planned = plan_action(action, rig.entity, parameters, await action.dry_run(rig.entity, parameters))
    rig.server.respond = lambda _: failure.answer
    action = rig.make_action(timeout_s=failure.timeout_s)

    with pytest.raises(OperationalError):
        await action.dry_run(rig.entity, parameters)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert result.detail.startswith("Nothing was changed")


async def test_deadline_leaves_the_commits_that_were_read(rig):
    """One commit that never comes costs itself; the deployments and the other commits are evidence."""
    whole = await rig.make_collector().collect(rig.make_scope())
    lost = rig.shop.guilty
    rig.answer(f"commits/{lost}", Answer(fault=Fault.HANG))

    gathering = await gather([rig.make_collector()], rig.make_scope(), timedelta(seconds=2), Meters())

    (gap,) = gathering.gaps
    assert gap.reason.endswith(f"not read: commit {lost[:10]}")
    assert gap.reason.startswith("cut off after 4s; read: deployments, runs and releases, commits")
    kept = {item.facts["id"] for item in gathering.evidence}
    assert kept == {item.facts["id"] for item in whole} - {lost}


async def test_secondary_rate_limit_is_a_pause(github):
    """GitHub says it with 403 and a wait; the next call is not even sent."""
    github.answer("", Answer({"message": "You have exceeded a secondary rate limit"}, 403, {"Retry-After": "60"}))
    collector = github.make_collector()

    with pytest.raises(TransientError, match="secondary rate limit"):
        await collector.collect(github.make_scope())
    with pytest.raises(TransientError, match="is not asked now"):
        await collector.collect(github.make_scope())

    assert len(github.server.requests) < 10


async def test_vanished_repository_is_told_as_one(rig):
    """Deleted, renamed away, or hidden from the token: forges do not tell these apart, and neither is a lost commit."""
    action, parameters = rig.make_action(), {"revert": rig.shop.guilty}
    rig.fake.is_gone = True

    for ask in (rig.make_collector().collect(rig.make_scope()), action.dry_run(rig.entity, parameters)):
        with pytest.raises(OperationalError, match=r"HTTP 404.*may be gone, or the credential may not see it"):
            await ask


async def test_expired_token_is_to_be_renewed(rig):
    """401 is not a matter of permissions."""
    rig.fake.token = "another"

    with pytest.raises(OperationalError, match=f"Renew the credential of {rig.system}"):
        await rig.make_collector(token="old").collect(rig.make_scope())


async def test_wrong_certificate_is_not_trusted(rig, tmp_path):
    """A server that somebody else's authority vouches for is not spoken to; the remedy is named."""
    async with WebServer(rig.fake.respond, make_tls(tmp_path)) as server:
        with pytest.raises(OperationalError, match=f"not trusted.*{rig.system}.ca_file"):
            await rig.make_collector(url=server.url).collect(rig.make_scope())
        trusting = rig.make_collector(url=server.url, ca_file=str(tmp_path / "certificate.pem"))
        assert await trusting.collect(rig.make_scope())


@pytest.mark.parametrize(
    ("granted", "words"),
    [
        ("deployments=read", "it needs Deployments: read"),
        ("actions=read", "it needs Actions: read"),
        ("pull_requests=read", "it needs Pull requests: read"),
    ],
)
async def test_missing_permission_of_github_is_named(github, granted, words):
    """One call, one permission, by the name that the settings page of the token has."""
    github.fake.granted -= {granted}

    _, evidence = await github.collect()

    assert words in evidence[0].cut


async def test_contents_that_may_not_be_read_are_a_gap(github):
    """Without commits there is no evidence."""
    github.fake.granted -= {"contents=read"}

    with pytest.raises(OperationalError, match="Widen the credential of github: it needs Contents: read"):
        await github.make_collector().collect(github.make_scope())


async def test_missing_scope_and_role_of_gitlab_are_named(gitlab):
    """A scope is the token's, a role its user's."""
    gitlab.fake.scopes = ("read_user",)
    with pytest.raises(OperationalError, match="it needs scope read_api, and the role Reporter"):
        await gitlab.make_collector().collect(gitlab.make_scope())


def test_other_failures_pass_unchanged():
    """Only a refusal for want of a permission is reworded."""
    with pytest.raises(OperationalError, match="broken") as caught, needing("Everything", "github"):
        raise OperationalError("broken", do="Ask again", status=418)

    assert caught.value.do == "Ask again"


@pytest.mark.parametrize("fault", list(Fault))
async def test_repository_that_stops_answering_in_the_middle(rig, fault):
    """The commits are there, the diff of one never comes: the others are evidence, or the gap has a reason."""
    rig.answer(f"/commits/{rig.shop.guilty}", Answer({}, fault=fault))

    facts, evidence = await rig.collect(timeout_s=1)

    assert rig.shop.early in facts
    assert "1 commits: " in evidence[0].cut
