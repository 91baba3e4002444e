"""A draft of an incident that was heard in a chat, measured by a Prometheus and deployed by a GitHub."""

import dataclasses
from datetime import timedelta

import pytest
from tests.integration.postmortem.conftest import BROKE, MENDED
from tests.unit.flows.stage import ALICE, NOON, Stage, make_alert

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.flows.observe import Watch
from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.flows.postmortem.live import draft_told, read_incident
from fermata.integrations.github.system import GitHub, GitHubSettings
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.testing.clock import FakeClock
from fermata.testing.forges.github import FakeGitHub, write_time
from fermata.testing.forges.shop import make_shop
from fermata.testing.web_server import WebServer

pytestmark = pytest.mark.servers

MINUTE = timedelta(minutes=1)
PEOPLE = ({"id": "alice", "name": "A", "handles": {"slack": "U1", "github": "583231", "console": "alice"}},)
TALK = (
    (3, "checkout is failing for about 80% of customers"),
    (6, "found it: the 'Speed up totals' deploy broke the sum of an order"),
    (12, "rolling back 'Speed up totals' now"),
    (15, "rolled back, checkout errors are back to zero. mitigated"),
    (25, "incident resolved, orders are fine again"),
)


@pytest.fixture
async def github():
    """Give a GitHub that deployed the guilty commit a minute before, and its forerunner again fourteen after noon."""
    shop = make_shop()
    fake = FakeGitHub(history=shop.history)
    fake.add_deployment(shop.first, BROKE - 600 * MINUTE)
    noor = {"id": 583231, "login": "noor-gh"}
    fake.add_deployment(shop.guilty, BROKE - MINUTE, creator=noor)
    fake.add_deployment(shop.first, MENDED - MINUTE, creator=noor)
    stamp = write_time(BROKE - 5 * MINUTE)
    fake.add_pull(
        "speed",
        state="closed",
        title="Speed up totals",
        merge_commit_sha=shop.guilty,
        merged_at=stamp,
        updated_at=stamp,
        user={"login": "tomas"},
    )
    async with WebServer(fake.respond) as server:
        settings = {"url": server.url, "token": fake.token, "repositories": {"shop/shop": {"services": ["checkout"]}}}
        yield GitHub(GitHubSettings.model_validate(settings), FakeClock()), fake
    assert server.complaints == []


@pytest.fixture
async def told(tmp_path, sqlite_store, prometheus, github):
    """Give the stage after the incident, and the incident's id."""
    metrics = Prometheus(PrometheusSettings(url=prometheus.url, timeout_s=10), FakeClock())
    stage = Stage(tmp_path, sqlite_store, (metrics, github[0]), observer={"rooms": ["slack:C1"]}, people=PEOPLE)
    view = await stage.hold(make_alert())
    watch = Watch(stage.context)
    await watch.meet(HeardPerson(platform="slack", user="U1", name="noor"))
    for minute, text in TALK:
        at = NOON + minute * MINUTE
        await watch.hear(HeardMessage(platform="slack", room="C1", id=f"{minute}.0", at=at, user="U1", text=text))
    stage.clock.advance(timedelta(minutes=30))
    return stage, view.incident.id


async def test_draft_cites_what_was_said_deployed_and_measured(told):
    """One story from three systems, each with its own times."""
    stage, incident_id = told

    found = await read_incident(stage.context, incident_id)
    draft = draft_told(found)

    lines = {entry.citations[0].partition(":")[0]: entry for entry in draft.entries}
    assert {"slack", "github", "prometheus", "journal"} <= set(lines)
    deployed = next(entry for entry in draft.entries if entry.citations[0] == "github:shop/shop/deployment-2")
    assert (deployed.at, deployed.actors) == (BROKE - MINUTE, ("noor",))
    assert found.gaps == ("slack C1: what was said while nobody listened is not known",)


async def test_onset_is_measured_and_its_end_is_said(told):
    """Within half a minute of what the counters hold: points come every eleven seconds."""
    stage, incident_id = told

    draft = draft_told(await read_incident(stage.context, incident_id))

    started = draft.key_times["started"]
    assert started.citation.startswith("prometheus:checkout-")
    assert abs(started.at - BROKE) < timedelta(seconds=30)
    assert draft.key_times["mitigated"].citation == "slack:C1/15.0"


async def test_comment_that_names_the_incident_is_part_of_the_story(told, github):
    """Where the fix is reviewed, people say what they found."""
    stage, incident_id = told
    book = github[1].books["shop/shop"]
    book.at = NOON + 9 * MINUTE
    issue = book.open("Totals are wrong", f"Found in {incident_id}", [], book.add_user("tomas"))
    book.say(
        book.find_user("tomas"), "Found it: rounding was lost, totals of checkout are wrong by a cent", issue=issue
    )

    draft = draft_told(await read_incident(stage.context, incident_id))

    (entry,) = [entry for entry in draft.entries if entry.citations[0].startswith("github:shop/shop#1/1")]
    assert (entry.actors, entry.at) == (("tomas",), book.comments[0].created_at)


async def test_document_links_each_line_and_names_each_query(told):
    """Whoever reads it can look for themselves."""
    stage, incident_id = told

    text = (await generate_postmortem(stage.context, incident_id, by=ALICE)).postmortem.text

    assert "https://github.example/shop/shop/commit/" in text
    assert "/graph?g0.expr=sum+by+" in text
    assert 'rate(shop_requests_total{outcome="error"}[1m])' in text


async def test_system_that_is_down_leaves_the_others_whole(told, prometheus):
    """What it would have told is a gap in the document."""
    stage, incident_id = told
    gone = Prometheus(PrometheusSettings(url="http://127.0.0.1:9", timeout_s=1), FakeClock())
    context = dataclasses.replace(stage.context, trails=(gone.find_trail(), *stage.context.trails[1:]))

    found = await read_incident(context, incident_id)

    assert [deploy.kind for deploy in found.trail.deploys].count("deployment") == 2
    assert any("cannot be reached" in gap for gap in found.gaps)
