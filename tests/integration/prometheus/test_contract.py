"""Both collectors keep the collectors' contract, against the real server behind a door that can be shut."""

import asyncio
from datetime import timedelta
from urllib.request import urlopen

import pytest

from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.system import Prometheus
from fermata.kit.clock import SystemClock
from fermata.testing.collector_contract import CollectorContract

pytestmark = pytest.mark.servers


async def forward(reader, writer):
    """Copy bytes until one side has no more."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class PrometheusContract(CollectorContract):
    """The suite for one collector of the system."""

    position: int

    @pytest.fixture(autouse=True)
    async def _door(self, outage):
        async def handle(reader, writer):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", outage.prometheus.port)
            await asyncio.gather(forward(reader, far_writer), forward(far_reader, writer))

        self.outage = outage
        self.door = await asyncio.start_server(handle, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.door.sockets[0].getsockname()[1]}"
        yield
        self.door.close()

    def make_collector(self):
        return Prometheus(PrometheusSettings(url=self.url), SystemClock()).list_collectors()[self.position]

    def give_scope(self, service="checkout"):
        body, _, received_at = self.outage.received[0]
        alert = AlertmanagerSource().parse(body, received_at).alerts[0]
        return Scope(
            incident_id=IncidentId("inc-1"),
            alerts=(alert,),
            entities=(Entity(kind="service", name=service),),
            onset=alert.starts_at,
            window_start=self.outage.started_at,
            window_end=self.outage.bad_until,
        )

    def give_foreign_scope(self):
        scope = self.give_scope("nobody")
        stranger = scope.alerts[0].model_copy(update={"name": "Stranger", "generator_url": ""})
        return scope.model_copy(
            update={"alerts": (stranger,), "window_start": scope.window_start + timedelta(seconds=1)}
        )

    def take_snapshot(self):
        answers = []
        for path in ("status/config", "status/flags"):
            with urlopen(f"{self.outage.prometheus.url}/api/v1/{path}") as response:
                answers.append(response.read().decode())
        return "".join(answers)

    def break_system(self):
        self.door.close()


class TestAlertExpression(PrometheusContract):
    """The alert's own expression."""

    position = 0


class TestResources(PrometheusContract):
    """The usual resources."""

    position = 1
