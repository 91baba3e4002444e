"""A dead Jira never slows an incident: it is waited for a few times, and then left alone."""

from datetime import timedelta

import pytest

from fermata.flows.gather import gather
from fermata.flows.meters import Meters
from fermata.integrations.jira.settings import JiraSettings
from fermata.integrations.jira.system import Jira
from fermata.testing.clock import FakeClock
from fermata.testing.records import make_evidence, make_scope
from fermata.testing.trackers.jira import EMAIL, TOKEN
from fermata.testing.web_server import Answer, Fault

SCOPE = make_scope("service/checkout")
LONG = timedelta(seconds=30)


class Logs:
    """A collector of something else, which answers at once."""

    name = "supervisor.logs"

    def wants(self, scope):
        """Always."""
        return True

    async def collect(self, scope):
        """Bring one piece."""
        return [make_evidence()]


@pytest.mark.parametrize(
    ("timeout_s", "deadline"),
    [(0.5, LONG), (1.5, timedelta(seconds=1))],
    ids=["own_timeout", "deadline_of_the_gathering"],
)
async def test_hanging_jira_is_waited_for_three_times_and_then_left_alone(server, jira, timeout_s, deadline):
    """The fourth gathering does not ask it, says so, and has everything else; when it is back, it is asked again."""
    clock, meters = FakeClock(), Meters()
    server.respond = lambda _: Answer({}, fault=Fault.HANG)
    settings = {"url": server.url, "email": EMAIL, "token": TOKEN, "projects": {"SHOP": {}}, "timeout_s": timeout_s}
    collectors = [*Jira(JiraSettings(**settings), clock).list_collectors(), Logs()]

    waited = [await gather(collectors, SCOPE, deadline, meters) for _ in range(3)]
    asked = len(server.requests)
    later = [await gather(collectors, SCOPE, deadline, meters) for _ in range(3)]

    assert all("did not answer" in one.gaps[0].reason or "timed out" in one.gaps[0].reason for one in waited)
    assert asked == len(server.requests) == 3
    assert all("Jira is not asked now" in one.gaps[0].reason for one in later)
    assert all([item.collector for item in one.evidence] == ["supervisor.logs"] for one in (*waited, *later))

    clock.advance(timedelta(seconds=31))
    server.respond = jira
    back = await gather(collectors, SCOPE, LONG, meters)

    assert back.gaps == ()
    assert {item.collector for item in back.evidence} == {"jira.issues", "supervisor.logs"}
