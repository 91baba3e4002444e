"""Gremlin as an injector: one attack for each experiment, which carries its own length.

Gremlin knows no lease and shows no sandbox: its API tells neither namespaces nor quotas nor pods. What cannot be read
is said to be unread, and the house's rules refuse it: until rules can tell a sandbox in another way, attacks are
written and checked here, and begun by a person in Gremlin.
"""

from __future__ import annotations

import json
import math
from datetime import timedelta
from urllib.parse import urlsplit

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import RunningFault, SandboxFacts, SandboxFinding
from fermata.integrations.gremlin.client import GremlinClient, GremlinSession
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.faults import Injection, InjectionState
from fermata.ports.sandbox import FaultRules

_POLL_S = 1.0
_FELT = frozenset({"Running", "Successful"})
_UNREAD = "Gremlin's API does not tell"
_UNREAD_FIELDS = (
    *("namespace_labels", "namespace_annotations", "quotas", "network_policies", "pods", "callee_pods", "budgets"),
    *("filters_namespaces", "allows_host_network", "dry_run"),
)


class GremlinInjector:
    """Begins, watches and halts attacks."""

    name = "gremlin"

    def __init__(self, client: GremlinClient, clock: Clock, rules: FaultRules) -> None:
        self._client = client
        self._clock = clock
        self._rules = rules
        self._begun: dict[str, str] = {}
        """Guid by experiment, of those this process began: Gremlin keeps no name of ours."""
        self._counted: dict[str, int] = {}

    @property
    def lease_kept_by(self) -> str:
        """Say who ends the fault when nobody does."""
        return "Gremlin's agent, when the length that the attack carries is over; it knows no shorter lease"

    async def preview(self, experiment: Experiment) -> str:
        """Return the attack as JSON. Asks nobody."""
        return json.dumps(dict(self._rules.write(experiment)), indent=2)

    async def check_sandbox(self, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Look at what Gremlin shows, and let the rules judge."""
        async with self._client.connect() as session:
            return await self._judge(session, experiment)

    async def _judge(self, session: GremlinSession, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        document = dict(self._rules.write(experiment))
        unread = dict.fromkeys(_UNREAD_FIELDS, _UNREAD)
        running: tuple[RunningFault, ...] | None = None
        try:
            running = tuple(RunningFault(kind="attack", name=guid) for guid in await session.list_active())
        except OperationalError as error:
            unread["running"] = str(error)
        facts = SandboxFacts(
            system=self.name,
            place=urlsplit(self._client.settings.url).hostname or "",
            running=running,
            document=document,
            document_problems=self._rules.check(document),
            unread=unread,
            unsuited=("crd_versions", "upstream", "addresses"),
        )
        return self._rules.judge(facts, experiment)

    async def inject(self, experiment: Experiment) -> Injection:
        """Begin the attack; again for an experiment that this process began, it is the same one.

        Raises:
            UserError: The sandbox does not hold; nothing was begun.
            OperationalError: It cannot be known whether it began.
        """
        if experiment.id not in self._begun:
            async with self._client.connect() as session:
                findings = await self._judge(session, experiment)
                unmet = [f"- {finding.name}: {finding.text}" for finding in findings if not finding.ok]
                if unmet or not findings:
                    raise UserError(
                        "The target is no sandbox; nothing was begun",
                        why="\n".join(unmet) or "Nobody judged it",
                        do="Mend each of them, or use the system chaosmesh or faultproxy",
                    )
                self._begun[experiment.id] = await session.begin(dict(self._rules.write(experiment)))
        return Injection(experiment_id=experiment.id, handle=self._begun[experiment.id])

    async def renew(self, injection: Injection, lease: timedelta) -> None:
        """Do nothing: an attack's length cannot be changed, and ends it (see `lease_kept_by`)."""
        del injection, lease

    async def observe(self, injection: Injection) -> InjectionState:
        """Look whether the attack is active, and what its targets make of it."""
        guid = self._require_guid(injection)
        async with self._client.connect() as session:
            is_active = guid in await session.list_active()
            stages = await session.list_stages(guid)
        now = sum(stage in _FELT for stage in stages)
        affected = self._counted[guid] = max(self._counted.get(guid, 0), now)
        return InjectionState(active=is_active and "Running" in stages, affected=affected, text=", ".join(stages))

    async def withdraw(self, injection: Injection) -> None:
        """Halt the attack and wait until it is no longer active.

        Raises:
            OperationalError: It could not be halted, or is still active; it ends by its length.
        """
        guid = self._require_guid(injection)
        async with self._client.connect() as session:
            await session.halt(guid)
            for _ in range(math.ceil(self._client.settings.recover_s / _POLL_S)):
                if guid not in await session.list_active():
                    return
                await self._clock.sleep(_POLL_S)
        raise OperationalError(
            f"Gremlin's attack {guid} was halted and is still active",
            why="An agent has not said that it stopped",
            do="Look at its targets in Gremlin; it ends by its length",
        )

    def _require_guid(self, injection: Injection) -> str:
        guid = self._begun.get(injection.experiment_id, injection.handle)
        if guid == injection.experiment_id:
            raise OperationalError(
                f"Which attack of Gremlin is that of {injection.experiment_id} is not known",
                why="The answer that would have said so was lost, and Gremlin keeps no name of ours",
                do="Look for it in Gremlin and halt it there; it ends by its length",
            )
        return guid
