"""Looking whose it is that a proxy stands before: no setting tells it, and a fault there hits whoever it is."""

from __future__ import annotations

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import SandboxFinding
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
