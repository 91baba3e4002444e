"""Looking whose it is that a proxy stands before: no setting tells it, and a fault there hits whoever it is.

And what else was done to them and to those whom the checks ask, while the fault was there, and to all beside them: a
journey that failed because somebody deployed a service that it needs proves nothing of the fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from urllib.parse import urlsplit

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import Bearer, SandboxFinding
from fermata.flows.boundary import contain
from fermata.flows.experiments.context import ExperimentContext
from fermata.ports.faults import Relay
from fermata.rules.sandbox.upstream import judge_upstream


async def check_upstream(context: ExperimentContext, experiment: Experiment) -> tuple[SandboxFinding, ...]:
    """Return what the configured systems say of it; nothing for an injector that stands before nothing.

    A system that knows addresses and cannot be asked is a condition that is not met.
    """
    injector = context.get_injector(experiment)
    if not isinstance(injector, Relay):
        return ()
    asked = await contain(f"upstream of {injector.name}", lambda: injector.find_upstream(experiment))
    if asked.value is None:
        return (SandboxFinding(name="upstream", ok=False, text=asked.advice),)
    host, _, port = asked.value.rpartition(":")
    bearers = {}
    for name, book in context.address_books.items():
        found = await contain(
            f"addresses of {name}",
            lambda book=book: book.find_bearers(host.strip("[]"), int(port)),  # type: ignore[misc]  # a default binds the loop variable
        )
        if found.value is None:
            return (
                SandboxFinding(
                    name="upstream", ok=False, text=f"Whose {asked.value} is could not be looked at: {found.advice}"
                ),
            )
        bearers[name] = found.value
    return (judge_upstream(asked.value, bearers, context.production_words),)


class Bystanders:
    """Who answers at the addresses of an experiment, as it was when its fault began."""

    def __init__(self, context: ExperimentContext, experiment: Experiment) -> None:
        self._context = context
        self._experiment = experiment
        self._known: dict[str, dict[str, Bearer]] = {}
        self._noted_s = 0.0
        """On the loop's clock, which nobody sets."""

    async def note(self) -> None:
        """Remember who answers now, behind the proxy and to the checks, and all that belongs to the same as these."""
        injector = self._context.get_injector(self._experiment)
        if not isinstance(injector, Relay):
            return
        asked = await contain(f"upstream of {injector.name}", lambda: injector.find_upstream(self._experiment))
        urls = [*(check.url for check in self._experiment.checks), *([f"//{asked.value}"] if asked.value else ())]
        places = dict.fromkeys(_find_place(url) for url in urls)
        for name, book in self._context.address_books.items():
            found = [one for host, port in places for one in await _ask(book.find_bearers(host, port))]
            groups = {one.group for one in found}
            # What belongs to nothing is known by its name alone.
            named = await _ask(book.find_bearers(self._experiment.target.service, 0))
            found += [one for one in named if one.group in groups]
            found += [one for group in groups - {""} for one in await _ask(book.list_members(group))]
            self._known[name] = {one.id: one for one in found}
        self._noted_s = asyncio.get_running_loop().time()

    async def list_disturbances(self) -> tuple[str, ...]:
        """Return what was done to them since."""
        told: list[str] = []
        # As the clocks are now: one that was set meanwhile would make an hour of the seconds since.
        spent = timedelta(seconds=asyncio.get_running_loop().time() - self._noted_s)
        since = self._context.flow.clock.now() - spent
        for name, known in self._known.items():
            if not known:
                continue
            book, bearers = self._context.address_books[name], tuple(known.values())
            found = await contain(
                f"disturbances of {name}",
                lambda book=book, bearers=bearers: book.list_disturbances(bearers, since),  # type: ignore[misc]  # a default binds the loop variable
            )
            told += (
                [f"what was done to {bearers[0].name} is not known: {found.failure}"]
                if found.value is None
                else found.value
            )
        return tuple(told)


def _find_place(url: str) -> tuple[str, int]:
    place = urlsplit(url)
    return place.hostname or "", place.port or (443 if place.scheme == "https" else 80)


async def _ask(question: Awaitable[tuple[Bearer, ...]]) -> tuple[Bearer, ...]:
    return (await contain("addresses", lambda: question)).value or ()
