"""A stage for each attack, and one endpoint that plays whatever model an attack would have."""

from types import SimpleNamespace

import pytest
from sqlalchemy import event
from tests.faults.injections.planting import CALM
from tests.faults.injections.world import AttackedScene, AttackedScenery, Network, build_gateway, obey
from tests.faults.scene import SteppingClock

from fermata.store.connect import open_store
from fermata.testing.providers import FakeOpenAi
from fermata.testing.web_server import WebServer


def _hurry(connection, *_):
    """Let a stage go without what survives a power loss: that is not what is tried here."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def build(sqlite_stages):
    """Give what opens a house on a stage of its own: without a model, or with the one that a gateway is given for."""
    stores = []

    def build(place, text=CALM, find_gateway=None):
        scenery, url = sqlite_stages.make()
        scenery = AttackedScenery(scenery.folder)
        scenery.attack(place, text)
        store = open_store(url)
        event.listen(store.database, "checkout", _hurry)
        stores.append(store)
        clock = SteppingClock()
        return AttackedScene(scenery, store, clock, find_gateway(clock) if find_gateway else None)

    yield build
    for store in stores:
        store.close()


@pytest.fixture
async def suffer(build):
    """Give what plays one attack with a model that obeys it; what it gives tells all that came of it."""
    gateways = []

    async def suffer(attack):
        async with WebServer(FakeOpenAi()) as server:

            def find_gateway(clock):
                gateways.append(build_gateway(server.url, clock))
                return gateways[-1]

            model = obey(server, attack)
            scene = build(attack.place, attack.text, find_gateway)
            with Network().watch() as network:
                view = await scene.suffer()
            assert server.complaints == []
            await gateways[-1].close()
            return SimpleNamespace(scene=scene, view=view, model=model, network=network, server=server)

    return suffer
