"""What Datadog tells of an incident's time, from the strict fake."""

from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.ports.trail import TrailScope
from fermata.testing.records import NOON

CHECKOUT = Entity(kind="service", name="checkout")
SCOPE = TrailScope(start=NOON - timedelta(hours=1), end=NOON + timedelta(seconds=1), entities=(CHECKOUT,))


async def test_curves_and_deployments_of_the_incidents_services(make):
    """Errors first, with the query that was put; what never moved is left out."""
    part = await make().find_trail().read_trail(SCOPE)

    names = [curve.name for curve in part.curves]
    assert names == ["checkout errors of web.request", "checkout mean time of web.request"]
    assert part.curves[0].query == "sum:trace.web.request.errors{service:checkout}.as_rate()"
    assert max(value for value in part.curves[0].values if value is not None) == 9
    (deploy,) = part.deploys
    assert (deploy.title, deploy.at, deploy.author) == ("Deployed checkout v42", NOON - timedelta(minutes=20), "ada")
    assert part.gaps == ()


async def test_missing_permission_is_a_gap_with_its_name(make, datadog):
    """The events are there all the same."""
    datadog.denied = frozenset({"timeseries_query"})

    part = await make().find_trail().read_trail(SCOPE)

    assert len(part.deploys) == 1
    (gap,) = part.gaps
    assert gap.startswith("datadog.metrics not read: ")
    assert "timeseries_query" in gap


async def test_longer_time_than_four_hours_is_asked_in_two_pieces(make, server):
    """Datadog makes its points coarser the longer the time is."""
    scope = SCOPE.model_copy(update={"start": NOON - timedelta(hours=7)})

    await make().find_trail().read_trail(scope)

    lengths = {
        int(request.get_query("to")) - int(request.get_query("from"))
        for request in server.requests
        if request.path == "/api/v1/query"
    }
    assert lengths <= {12_600, 12_601}
