"""Issues from a Linear that reads GraphQL strictly."""

from datetime import timedelta

import pytest

from fermata.domain.facts import TicketFacts
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.records import NOON, make_scope
from fermata.testing.trackers.linear import LinearIssue, fail

SCOPE = make_scope("service/checkout")


async def collect(system, scope=SCOPE):
    """Ask the one collector."""
    (collector,) = system.list_collectors()
    return await collector.collect(scope)


async def test_open_and_recently_changed_issues_come_the_latest_first(make):
    """Other teams, old closed issues and words that only begin like the name stay out."""
    evidence = await collect(make())

    assert [one.title for one in evidence] == [
        "ENG-1 [Todo] checkout times out",
        "OPS-1 [Todo] Alarm",
        "ENG-2 [Done] Pay again",
    ]
    assert evidence[0].query.startswith('GraphQL: issues(filter: {"and": [')


async def test_issue_is_told_with_its_latest_comment_as_a_quotation(make):
    """What people wrote is marked as theirs, and without secrets."""
    first = (await collect(make()))[0]

    lines = [line.text for line in first.lines]
    assert lines[1].startswith("Todo; priority High; assigned to Ada; created ")
    assert lines[2] == "latest comment, by somebody at 2026-11-23T11:00:00.000Z, in their words:"
    assert lines[3] == "> Restarting helped."
    assert "glpat" not in str(first.to_json())
    facts = TicketFacts.from_json(first.facts)
    assert (facts.key, facts.priority, facts.labels, facts.is_open) == ("ENG-1", "High", ("till",), True)


async def test_settings_say_what_else_means_a_service(make):
    """Labels and words of a team."""
    teams = {"ENG": {"services": {"payments": {"labels": ["till"], "words": ["pays twice"]}}}}

    evidence = await collect(make(teams=teams), make_scope("service/payments"))

    assert [one.facts["key"] for one in evidence] == ["ENG-1", "ENG-2"]


async def test_pages_are_followed_and_what_lies_behind_is_told(make, linear):
    """Until there are enough, and no further than three pages."""
    linear.page = 3
    linear.issues = [LinearIssue("ENG", n, f"checkout {n}", updated=NOON - timedelta(minutes=n)) for n in range(1, 21)]

    evidence = await collect(make(most=5))

    assert [one.facts["key"] for one in evidence] == [f"ENG-{n}" for n in range(1, 6)]
    assert "more issues match; these 5 were changed last" in evidence[0].cut
    assert "more issues match; these 9 were" in (await collect(make(most=20)))[0].cut


@pytest.mark.parametrize(
    ("code", "words", "is_transient"),
    [
        ("AUTHENTICATION_ERROR", "HTTP 401.*Renew the credential of linear", False),
        ("FORBIDDEN", "HTTP 403.*Widen the credential of linear.*Create issues", False),
        ("RATELIMITED", "HTTP 429", True),
        ("INTERNAL_SERVER_ERROR", "HTTP 500", True),
        ("SOMETHING_NEW", "refused the question.*no luck", False),
    ],
)
async def test_error_inside_of_http_200_is_an_error(make, server, code, words, is_transient):
    """Linear answers 200 and says in the body that it failed."""
    server.respond = lambda _: fail("no luck", code)

    with pytest.raises(OperationalError, match=words) as caught:
        await collect(make())

    assert isinstance(caught.value, TransientError) is is_transient


async def test_limit_comes_with_http_400(make, server):
    """Its code makes it a pause, not a wrong question."""
    server.respond = lambda _: fail("Rate limit exceeded", "RATELIMITED", 400)
    system = make()

    with pytest.raises(TransientError, match="Rate limit exceeded"):
        await collect(system)
    with pytest.raises(TransientError, match="is not asked now"):
        await collect(system)


async def test_oauth_token_goes_as_a_bearer(make, server):
    """Only personal keys go bare."""
    with pytest.raises(OperationalError, match="HTTP 401"):
        await collect(make(token="lin_oauth_x"))

    assert server.requests[-1].headers["authorization"] == "Bearer lin_oauth_x"


async def test_doctor_names_whose_key_it_is_and_the_team_it_does_not_see(make, linear):
    """A key may be limited to some teams."""
    linear.hidden = frozenset({"OPS"})

    findings = [(one.name, one.ok, one.text) for one in await make().check()]

    assert findings[:2] == [
        ("linear: key", True, "it is fermata's, and may read"),
        ("linear: ENG", True, "ENG (Engineering) can be read"),
    ]
    assert findings[2][1:] == (
        False, "Linear has no team OPS that this key may see. Correct linear.teams."
    )  # fmt: skip
