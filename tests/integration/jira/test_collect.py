"""Issues from a Jira that reads JQL strictly."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import TicketFacts
from fermata.kit.errors import OperationalError
from fermata.ports.handing import Handed, take_over
from fermata.ports.tracker.collect import IssuesCollector
from fermata.testing.records import NOON, make_scope
from fermata.testing.trackers.jira import JiraIssue
from fermata.testing.web_server import Answer

SCOPE = make_scope("service/checkout")


async def collect(system, scope=SCOPE):
    """Ask the one collector."""
    (collector,) = system.list_collectors()
    return await collector.collect(scope)


@pytest.mark.parametrize("is_cloud", [True, False])
async def test_open_and_recently_changed_issues_come_the_latest_first(make, jira, is_cloud):
    """In both editions; other projects, old closed issues and other services stay out."""
    jira.is_cloud = is_cloud

    evidence = await collect(make())

    assert [one.title for one in evidence] == [
        "SHOP-1 [To Do] checkout times out",
        "OPS-1 [To Do] checkout alarm",
        "SHOP-2 [Done] Pay again",
    ]
    assert {one.kind for one in evidence} == {EvidenceKind.TICKET}
    assert evidence[0].query.startswith('JQL: ((project = "SHOP" AND (text ~')


async def test_issue_is_told_with_its_latest_comment_as_a_quotation(make):
    """What people wrote is marked as theirs, cut with a word, and without secrets."""
    first = (await collect(make()))[0]

    lines = [line.text for line in first.lines]
    assert lines[0] == "SHOP-1: checkout times out"
    assert lines[1] == (
        "To Do; priority Medium; assigned to Ada; created 2026-11-23T12:00:00.000Z, changed 2026-11-23T11:00:00.000Z; "
        "labels till"
    )
    assert lines[2] == "latest comment, by Ada at 2026-11-23T11:00:00.000Z, in their words:"
    assert lines[3] == "> Restarting helped."
    assert len(lines) == 11
    assert "glpat" not in str(first.to_json())
    assert "first 8 of 22 lines of the comment" in first.cut
    assert first.redactions == 1
    facts = TicketFacts.from_json(first.facts)
    assert (facts.key, facts.is_open, facts.labels, facts.updated_at) == (
        "SHOP-1", True, ("till",), NOON - timedelta(hours=1)
    )  # fmt: skip
    assert facts.url.endswith("/browse/SHOP-1")


async def test_issues_are_handed_over_before_their_comments_are_read(make):
    """A deadline then costs what was said last, and says so."""
    system, handed = make(), Handed()
    (collector,) = (one for one in system.list_collectors() if one.name == "jira.issues")

    class Stuck:
        """A session whose tracker does not come back with comments."""

        def __init__(self, session):
            self.search = session.search

        async def find_comment(self, _):
            await asyncio.sleep(60)

    class Slow:
        def __init__(self, tracker):
            self.words = tracker.words
            self._tracker = tracker

        @asynccontextmanager
        async def open(self):
            async with self._tracker.open() as session:
                yield Stuck(session)

    slow = IssuesCollector(Slow(collector._tracker), collector._settings, collector._clock)
    with take_over(handed), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await slow.collect(SCOPE)

    assert (handed.list_read(), handed.list_missing()) == (("issues",), ("comments",))
    assert [one.title for one in handed.evidence] == [one.title for one in await collect(make())]
    assert "what was said last was not read in time" in handed.evidence[0].cut


async def test_settings_say_what_else_means_a_service(make):
    """Labels, components and words of a project."""
    projects = {"SHOP": {"services": {"payments": {"labels": ["till"], "components": ["Checkout"]}}}}

    evidence = await collect(make(projects=projects), make_scope("service/payments"))

    assert [one.facts["key"] for one in evidence] == ["SHOP-1"]


async def test_component_that_is_not_there_is_told(make):
    """Jira's own words reach the person."""
    projects = {"SHOP": {"services": {"checkout": {"components": ["Chekcout"]}}}}

    with pytest.raises(OperationalError, match="The value 'Chekcout' does not exist for the field 'component'"):
        await collect(make(projects=projects))


@pytest.mark.parametrize("is_cloud", [True, False])
async def test_pages_are_followed_and_what_lies_behind_is_told(make, jira, is_cloud):
    """By token or by number, until there are enough."""
    jira.is_cloud, jira.page = is_cloud, 3
    jira.issues = [JiraIssue("SHOP", n, f"checkout {n}", updated=NOON - timedelta(minutes=n)) for n in range(1, 21)]

    evidence = await collect(make(most=8))

    assert [one.facts["key"] for one in evidence] == [f"SHOP-{n}" for n in range(1, 9)]
    assert "more issues match; these 8 were changed last" in evidence[0].cut
    assert "the latest comment only of the first 5 issues" in evidence[0].cut


async def test_issue_whose_comments_are_closed_is_there_all_the_same(make, server, jira):
    """The gap is told where a person sees it."""
    server.respond = lambda request: Answer({}, 403) if request.path.endswith("/comment") else jira(request)

    evidence = await collect(make())

    assert len(evidence) == 3
    assert "comments that could not be read" in evidence[0].cut


async def test_evidence_is_about_the_entity_that_the_issue_names(make):
    """Of several entities in the scope, the one in the title."""
    evidence = await collect(make(), make_scope("kubernetes:pod/shop/checkout-0", "service/cart", "service/checkout"))

    by_key = {one.facts["key"]: one.entity.ref for one in evidence}
    assert by_key["SHOP-4"] == "service/cart"
    assert by_key["SHOP-1"] == "service/checkout"


async def test_host_or_repository_is_no_name_to_look_for(make):
    """A ticket that mentions a machine is about anything."""
    (collector,) = make().list_collectors()

    assert not collector.wants(make_scope("host/web1", "git:repository/shop"))
    assert list(await collector.collect(make_scope("host/web1"))) == []


async def test_token_is_told_to_be_renewed(make):
    """Jira's answer to an expired token."""
    with pytest.raises(OperationalError, match=r"HTTP 401.*Renew the credential of jira.*Browse Projects"):
        await collect(make(token="expired"))
