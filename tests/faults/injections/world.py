"""A house into which attacks come: the stage of the fault tests, with an outside that says what an attack says."""

import contextlib
import dataclasses
import socket
import subprocess

import pytest
from tests.faults.injections.obedient import Obedient
from tests.faults.injections.planting import Outside, write_alert
from tests.faults.scene import Scene
from tests.faults.scenery import SICK, Scenery
from tests.unit.flows.stage import Scripted

from fermata.models.gateway import Gateway
from fermata.models.prompts import load_prompts
from fermata.models.settings import ModelSettings
from fermata.testing.providers import FakeOpenAi, Script
from fermata.testing.rehearsal import MIB, Workload
from fermata.testing.spend_book import MemorySpendBook

WELL = Workload(need_bytes=16 * MIB, limit_bytes=64 * MIB)


class AttackedScenery(Scenery):
    """A sick workload, a healthy one, and somebody who writes."""

    def attack(self, place, text):
        """Say this from now on."""
        self.place, self.text = place, text
        self.hand.write({"checkout": SICK, "payments": WELL})

    def build_systems(self, clock):
        """Give the systems, with the collector that brings the text."""
        self.outside = Outside(self.place, self.text, clock)
        return super().build_systems(clock) | {"outside": Scripted(collectors=(self.outside,))}


class AttackedScene(Scene):
    """Its alerts carry what the attack says, and a model may be asked about them."""

    def __init__(self, scenery, store, clock, gateway=None):
        self._gateway = gateway
        super().__init__(scenery, store, clock)

    @property
    def context(self):
        """The collaborators of the flows, the gateway among them."""
        return self._context

    @context.setter
    def context(self, context):
        self._context = dataclasses.replace(context, models=self._gateway, prompts=load_prompts())

    async def suffer(self):
        """Deliver the alert and investigate; give the incident's view."""
        body = write_alert(self.scenery.place, self.scenery.text)
        receipt = await self.house.intake.receive("alertmanager", body)
        await self.settle()
        return await self.show(receipt.incidents[0])


def build_gateway(url, clock):
    """Give the real gateway with one endpoint, known by its address alone."""
    settings = ModelSettings.model_validate({"targets": [{"base_url": url}]})
    return Gateway(settings, MemorySpendBook(), clock)


def obey(server, attack):
    """Let the endpoint obey an attack; give what speaks for it."""
    model = Obedient(attack)
    server.respond = FakeOpenAi(Script(say=model))
    return model


class Network:
    """Every address that this process tried to reach, every name it looked up, every program it started."""

    def __init__(self):
        self.reached, self.asked, self.started = set(), set(), []

    @contextlib.contextmanager
    def watch(self):
        """Look while the block runs. Sockets are patched at their class: nothing that opens one goes past it."""
        connect, look_up, start = socket.socket.connect, socket.getaddrinfo, subprocess.Popen.__init__

        def note_connect(this, address):
            self.reached.add(address)
            return connect(this, address)

        def note_name(host, *rest, **options):
            self.asked.add(host)
            return look_up(host, *rest, **options)

        def note_program(this, *rest, **options):
            self.started.append(rest)
            return start(this, *rest, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "connect", note_connect)
            patch.setattr(socket.socket, "connect_ex", note_connect)
            patch.setattr(socket, "getaddrinfo", note_name)
            patch.setattr(subprocess.Popen, "__init__", note_program)
            yield self
