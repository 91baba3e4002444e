"""Chaos Mesh as an injector: one object for each experiment, which carries its own end.

Chaos Mesh has no lease: an object's duration cannot be changed once it is there. So the object's duration is the
experiment's own, which the sandbox caps, and the runner deletes it before that. If the runner dies, its controller ends
the fault when the duration is over, and `lease_kept_by` says so. What is stuck is reported and never forced: the forced
annotation removes the object, not the fault (chaos-mesh #3929).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import DIGEST_ANNOTATION, EXPERIMENT_LABEL, SandboxFinding
from fermata.integrations.chaosmesh.answers import NotThere, Refused
from fermata.integrations.chaosmesh.client import ChaosMeshClient, ChaosMeshSession, Json
from fermata.integrations.chaosmesh.objects import FINALIZER, PLURALS, is_over, path_of, read_records
from fermata.integrations.chaosmesh.surroundings import Surroundings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.yaml_writing import write_yaml
from fermata.ports.faults import Injection, InjectionState
from fermata.ports.sandbox import FaultRules

_POLL_S = 0.5
_CLOCKS_DIFFER = timedelta(seconds=30)
_TAKEN = 409


class ChaosMeshInjector:
    """Creates, watches and deletes objects."""

    name = "chaosmesh"

    def __init__(self, client: ChaosMeshClient, clock: Clock, rules: FaultRules) -> None:
        self._client = client
        self._clock = clock
        self._rules = rules
        self._counted: dict[str, int] = {}
        """By experiment: what was affected when it was last seen, for when the object is gone."""

    @property
    def lease_kept_by(self) -> str:
        """Say who ends the fault when nobody does."""
        return "Chaos Mesh's controller, when the duration that the object carries is over; it knows no shorter lease"

    async def preview(self, experiment: Experiment) -> str:
        """Return the object as YAML. Asks nobody."""
        return write_yaml(dict(self._rules.write(experiment)))

    async def check_sandbox(self, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Look around, and let the rules judge."""
        async with self._client.connect() as session:
            return await self._judge(session, experiment)

    async def _judge(self, session: ChaosMeshSession, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        facts = await Surroundings(session, self._rules, experiment).gather()
        return self._rules.judge(facts, experiment)

    async def inject(self, experiment: Experiment) -> Injection:
        """Create the object; one that is there for the very same experiment is the same fault.

        Raises:
            UserError: The sandbox does not hold, or the name is taken by something else; nothing was created.
            OperationalError: It cannot be known whether it began; withdraw it.
        """
        document = dict(self._rules.write(experiment))
        kind, namespace = str(document["kind"]), experiment.target.namespace
        path = path_of(kind, namespace, experiment.id)
        injection = Injection(experiment_id=experiment.id, handle=f"{kind}/{namespace}/{experiment.id}")
        async with self._client.connect() as session:
            if await self._find_same(session, path, experiment):
                return injection
            refuse_unless_sandbox(await self._judge(session, experiment))
            try:
                await session.create(path_of(kind, namespace), document)
            except OperationalError as error:
                await self._settle(session, path, experiment, error)
        return injection

    async def _find_same(self, session: ChaosMeshSession, path: str, experiment: Experiment) -> bool:
        """Answer whether the experiment's own object is there; something else of that name is refused."""
        found = await session.find(path)
        if found is None:
            return False
        metadata = found.get("metadata") or {}
        digest = (metadata.get("annotations") or {}).get(DIGEST_ANNOTATION)
        if digest != experiment.compute_digest() or metadata.get("deletionTimestamp"):
            raise UserError(
                f"{experiment.id} is there already and is another experiment, or is ending",
                why="A changed experiment needs a name of its own",
                do=f"kubectl get {path.rsplit('/', 2)[1]} {experiment.id} -n {experiment.target.namespace} -o yaml",
            )
        if self._has_passed(found, experiment):
            raise UserError(
                f"{experiment.id} is there from an earlier run and is over",
                why="What its records say is not about this run",
                do=f"kubectl delete {path.rsplit('/', 2)[1]} {experiment.id} -n {experiment.target.namespace}",
            )
        return True

    def _has_passed(self, found: Json, experiment: Experiment) -> bool:
        """Answer whether an object is older than its own duration, by more than clocks differ."""
        created = str((found.get("metadata") or {}).get("creationTimestamp") or "")
        try:
            age = self._clock.now() - datetime.fromisoformat(created)
        except ValueError:
            return True
        return age > experiment.duration + _CLOCKS_DIFFER

    async def _settle(
        self, session: ChaosMeshSession, path: str, experiment: Experiment, error: OperationalError
    ) -> None:
        """Find out what became of a creation that was not confirmed; a plain refusal created nothing."""
        if isinstance(error, Refused) and error.code < 500 and error.code != _TAKEN:
            raise UserError(
                "The cluster refused the fault; nothing was created", why=error.message, do=error.do
            ) from error
        if not await self._find_same(session, path, experiment):
            raise error

    async def renew(self, injection: Injection, lease: timedelta) -> None:
        """Do nothing: an object's duration cannot be changed, and ends it (see `lease_kept_by`)."""
        del injection, lease

    async def observe(self, injection: Injection) -> InjectionState:
        """Look at the object's conditions and records."""
        async with self._client.connect() as session:
            objects = [found for _, found in await self._find_objects(session, injection)]
        records = [read_records(found) for found in objects]
        now = sum(each.injected for each in records)
        affected = self._counted[injection.experiment_id] = max(self._counted.get(injection.experiment_id, 0), now)
        if not objects:
            return InjectionState(active=False, affected=affected, text="the object is gone")
        found, record = objects[0], records[0]
        over = is_over(str(found.get("kind")), found)
        words = [f"{name} {'yes' if held else 'no'}" for name, held in record.conditions.items()]
        words += [f"failed: {failure}" for failure in record.failures[:3]]
        words += ["it is ending"] if (found.get("metadata") or {}).get("deletionTimestamp") else []
        text = "; ".join(words) or "nothing has been done for it yet"
        return InjectionState(active=bool(record.under_fault) and not over, affected=affected, text=text)

    async def withdraw(self, injection: Injection) -> None:
        """Delete the object and wait until it is gone: Chaos Mesh removes it when every target has recovered.

        Raises:
            OperationalError: It could not be deleted, or it was and is still there; nothing is forced.
        """
        async with self._client.connect() as session:
            for path, _ in await self._find_objects(session, injection):
                await session.delete(path)
                await self._wait(session, path)

    async def _wait(self, session: ChaosMeshSession, path: str) -> None:
        found: Json | None = None
        for _ in range(math.ceil(session.settings.recover_s / _POLL_S)):
            found = await session.find(path)
            if found is None:
                return
            await self._clock.sleep(_POLL_S)
        raise _describe_stuck(found or {}, session.settings.recover_s)

    async def _find_objects(self, session: ChaosMeshSession, injection: Injection) -> list[tuple[str, Json]]:
        """Return what carries the experiment: by its handle, or by its label where no handle came back."""
        parts = injection.handle.split("/")
        if len(parts) == 3 and parts[0] in PLURALS:
            path = path_of(*parts)
            found = await session.find(path)
            return [] if found is None else [(path, found)]
        labels = {EXPERIMENT_LABEL: injection.experiment_id}
        objects = []
        for kind in PLURALS:
            for item in await _list_served(session, path_of(kind, ""), labels):
                metadata = item.get("metadata") or {}
                objects.append((path_of(kind, str(metadata.get("namespace")), str(metadata.get("name"))), item))
        return objects


async def _list_served(session: ChaosMeshSession, path: str, labels: dict[str, str]) -> list[Json]:
    try:
        return await session.list(path, labels)
    except NotThere:
        return []


def refuse_unless_sandbox(findings: Sequence[SandboxFinding]) -> None:
    """Do nothing, or refuse: one condition that is not met, or nobody who judged any, is enough.

    Raises:
        UserError: With each condition that is not met.
    """
    unmet = [f"{finding.name}: {finding.text}" for finding in findings if not finding.ok]
    if unmet or not findings:
        raise UserError(
            "The target is no sandbox; nothing was created",
            why="\n".join(f"- {each}" for each in unmet) or "Nobody judged it",
            do="Mend each of them, and look again",
        )


def _describe_stuck(found: Json, waited_s: float) -> OperationalError:
    metadata, records = found.get("metadata") or {}, read_records(found)
    held = ", ".join(records.under_fault) or "no target that it names"
    finalizers = [str(each) for each in metadata.get("finalizers") or ()]
    why = f"Still under the fault: {held}"
    if FINALIZER in finalizers:
        why += f". Its finalizer {FINALIZER} waits for them"
    if records.failures:
        why += f". {'; '.join(records.failures[:3])}"
    name = f"{found.get('kind', 'object')} {metadata.get('name', '?')} in {metadata.get('namespace', '?')}"
    return OperationalError(
        f"{name} was told to end and is still there after {waited_s:g} s",
        why=why,
        do="Delete those pods so that they start anew, then look at the chaos-daemon's log; forcing the finalizer "
        "removes the object and not the fault",
        stuck=list(records.under_fault),
    )
