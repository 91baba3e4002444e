"""What New Relic tells of an incident's time, from the strict fake."""

from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.ports.trail import TrailScope
from fermata.testing.records import NOON

CHECKOUT = Entity(kind="service", name="checkout")
SCOPE = TrailScope(start=NOON - timedelta(hours=1), end=NOON + timedelta(seconds=1), entities=(CHECKOUT,))


async def test_curves_and_deployments_of_the_incidents_services(make):
    """Errors before latency; a rate that never changed is left out."""
    part = await make().find_trail().read_trail(SCOPE)

    assert [curve.name for curve in part.curves] == ["checkout errors", "checkout p95"]
    assert part.curves[0].query.startswith("SELECT filter(rate(count(*), 1 second), WHERE error IS true)")
    (deploy,) = part.deploys
    assert (deploy.ref, deploy.sha, deploy.author) == ("v42", "83db48f", "ada")
    assert deploy.at == NOON - timedelta(minutes=20)
    assert part.gaps == ()


async def test_service_that_it_does_not_know_has_no_curves(make):
    """Its buckets are all zero."""
    scope = SCOPE.model_copy(update={"entities": (Entity(kind="service", name="cart"),)})

    part = await make().find_trail().read_trail(scope)

    assert part.curves == []
