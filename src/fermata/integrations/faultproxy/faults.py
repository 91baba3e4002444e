"""Faults through our own proxy: the injector over its control port."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fermata.domain.experiment import Experiment, FaultKind
from fermata.domain.sandbox import RunningFault, SandboxFacts, SandboxFinding
from fermata.integrations.faultproxy.client import Declined, ProxyClient
from fermata.integrations.faultproxy.control import CAN_DO, NO_HTTP
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.faults import Injection, InjectionState
from fermata.ports.sandbox import FaultRules

NAME = "faultproxy"
_UNSUITED = (
    "addresses", "namespace_labels", "namespace_annotations", "quotas", "network_policies", "pods", "callee_pods",
    "budgets", "filters_namespaces", "allows_host_network", "crd_versions", "dry_run",
)  # fmt: skip
_FAILS = (FaultKind.ERROR, FaultKind.RESET, FaultKind.BLACKHOLE)
"""Who feels one of these gets no good answer."""
_NO_HTTP = (
    f"{NO_HTTP[0].upper()}{NO_HTTP[1:]}. `fermata chaos spec ... --whole` prints the experiment; write `reset` as its "
    "fault's kind and `null` as its status, and run that with --experiment"
)
_SLACK_S = 15.0
"""The proxy's own end of a fault lies this much after the planned one: the runner ends it, this is for a runner that
renews for ever."""


class FaultProxyInjector:
    """Injects through the proxies of the settings, and through no other."""

    def __init__(self, settings: FaultProxySettings, rules: FaultRules) -> None:
        self._settings = settings
        self._rules = rules

    @property
    def name(self) -> str:
        """Return `faultproxy`."""
        return NAME

    @property
    def lease_kept_by(self) -> str:
        """Say who ends the fault when nobody renews it."""
        return "the proxy itself: it drops the fault when the lease runs out, whoever has died meanwhile"

    async def preview(self, experiment: Experiment) -> str:
        """Return the request to the control port, as JSON, with where the proxy passes calls on to now.

        The last is what is hit, and stands in no setting: a proxy that was started anew before another service is
        another place, so it is part of what a person approves. `null` where the proxy cannot be asked.

        Raises:
            UserError: A proxy cannot do this fault, or no proxy of the settings stands there.
        """
        proxy = self._find_proxy(experiment)
        try:
            relays_to = (await self._open(proxy).fetch_state()).get("to")
        except OperationalError:
            relays_to = None  # What cannot be asked is no sandbox either: `check_sandbox` says so, and why.
        place = {"proxy": proxy.edge, "control": proxy.control, "relays_to": relays_to}
        return json.dumps({**place, **write_request(experiment)}, indent=2)

    async def find_upstream(self, experiment: Experiment) -> str:
        """Return where the proxy passes calls on to now.

        Raises:
            UserError: No proxy of the settings stands there.
            OperationalError: It cannot be asked, or does not say.
        """
        upstream = (await self._open(self._find_proxy(experiment)).fetch_state()).get("to")
        if not isinstance(upstream, str) or not upstream:
            raise OperationalError("The fault proxy does not say where it passes calls on to")
        return upstream

    async def check_sandbox(self, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Ask the proxy what it stands before and whether it is free, and let the rules judge."""
        try:
            proxy = self._find_proxy(experiment)
        except UserError as error:
            return (SandboxFinding(name="proxy", ok=False, text=str(error)),)
        facts, own = await self._look(proxy, experiment)
        return (*own, *self._rules.judge(facts, experiment))

    async def inject(self, experiment: Experiment) -> Injection:
        """Begin the fault.

        Raises:
            UserError: The sandbox does not hold, or the proxy refused; nothing was created.
            OperationalError: The answer was lost; withdraw it.
        """
        proxy = self._find_proxy(experiment)
        unmet = [finding for finding in await self.check_sandbox(experiment) if not finding.ok]
        if unmet:
            raise UserError(
                "Nothing was injected",
                why="; ".join(f"{finding.name}: {finding.text}" for finding in unmet),
                do="Mend what is named, and try again",
            )
        try:
            await self._open(proxy).post("begin", write_request(experiment))
        except Declined as refusal:
            raise UserError("Nothing was injected", why=refusal.why, do="See docs/systems/faultproxy.md") from refusal
        return Injection(experiment_id=experiment.id, handle=proxy.control)

    async def renew(self, injection: Injection, lease: timedelta) -> None:
        """Renew the lease.

        Raises:
            OperationalError: It could not be renewed.
        """
        for proxy in self._find_controls(injection):
            body = {"experiment": injection.experiment_id, "ttl_s": lease.total_seconds()}
            await self._open(proxy).post("renew", body)

    async def observe(self, injection: Injection) -> InjectionState:
        """Ask the proxy.

        Raises:
            OperationalError: It cannot be asked.
        """
        states = [await self._open(proxy).fetch_state() for proxy in self._find_controls(injection)]
        try:
            ours = [state for state in states if state["experiment"] == injection.experiment_id]
            if not ours:
                return InjectionState(active=False, text="the proxy knows of no such fault")
            (state,) = ours
            return InjectionState(
                active=state["active"],
                affected=state["affected"],
                text=state["ended"] or f"{state['lease_left_s']:g} s of the lease are left",
                numbers={key: float(state[key]) for key in ("calls", "call_seconds", "in_flight")},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise OperationalError("The fault proxy's state cannot be read", why=str(error)) from error

    async def measure(self, experiment: Experiment) -> Mapping[str, float]:
        """Return what the proxy counts of the calls through it, whether a fault is there or not.

        Raises:
            UserError: No proxy of the settings stands there.
            OperationalError: It cannot be asked.
        """
        state = await self._open(self._find_proxy(experiment)).fetch_state()
        try:
            is_ours = state["experiment"] == experiment.id and experiment.fault.kind in _FAILS
            # What it could not pass on never became a call of its own counting. A proxy that runs since before it was
            # counted says nothing of it.
            unreached = float(state.get("unreached", 0))
            failed = unreached + (float(state["affected"]) if is_ours else 0.0)
            calls = float(state["calls"]) + unreached
            return {"calls": calls, "call_seconds": float(state["call_seconds"]), "failed": failed}
        except (KeyError, TypeError, ValueError) as error:
            raise OperationalError("The fault proxy's state cannot be read", why=str(error)) from error

    async def withdraw(self, injection: Injection) -> None:
        """End the fault.

        Raises:
            OperationalError: It could not be told to; it ends by its lease.
        """
        failures = []
        for proxy in self._find_controls(injection):
            try:
                await self._open(proxy).post("withdraw", {"experiment": injection.experiment_id})
            except OperationalError as error:
                failures.append(error)  # One that is gone must not keep the fault at the next.
        if failures:
            raise failures[0]

    def _open(self, proxy: ProxySettings) -> ProxyClient:
        return ProxyClient(proxy, self._settings.timeout_s)

    def _find_proxy(self, experiment: Experiment) -> ProxySettings:
        """Return the one proxy that is meant; its address, where the experiment names one, must be the settings'."""
        target = experiment.target
        if experiment.fault.kind not in CAN_DO:
            raise UserError(
                f"A proxy cannot do {experiment.fault.kind.value}",
                why=f"it can do {', '.join(sorted(kind.value for kind in CAN_DO))} to the calls that go through it",
                do="Choose an item of the plan with one of these faults at a call through "
                f"{self._list_edges()}, or let Chaos Mesh do it",
            )
        edge = target.place
        names = {edge, target.callee} if target.callee else {edge}
        found = [
            proxy for proxy in self._settings.proxies if proxy.edge in names and target.address in ("", proxy.control)
        ]
        # The edge's own proxy is meant where one stands before all callers, too.
        found = [proxy for proxy in found if proxy.edge == edge] or found
        if len(found) != 1:
            raise UserError(
                f"No fault proxy for {edge}" + (f" at {target.address}" if target.address else ""),
                why=f"The settings name {self._list_edges()}",
                do="Start one with `fermata chaos proxy`, and list it under systems.faultproxy.proxies",
            )
        return found[0]

    def _list_edges(self) -> str:
        return ", ".join(proxy.edge for proxy in self._settings.proxies)

    def _find_controls(self, injection: Injection) -> tuple[ProxySettings, ...]:
        """Return the proxy a handle names; where only the experiment is known, all: one of them may have it."""
        named = tuple(proxy for proxy in self._settings.proxies if proxy.control == injection.handle)
        return named or self._settings.proxies

    async def _look(
        self, proxy: ProxySettings, experiment: Experiment
    ) -> tuple[SandboxFacts, tuple[SandboxFinding, ...]]:
        request = write_request(experiment)
        try:
            state = await self._open(proxy).fetch_state()
            running = _list_running(proxy, state)
            upstream, halted = str(state["to"]), bool(state["halted"])
        except (OperationalError, KeyError) as error:
            unread = {"running": str(error), "upstream": str(error)}
            facts = SandboxFacts(
                system=NAME,
                place=proxy.control,
                edge=proxy.edge,
                document=request,
                unread=unread,
                unsuited=_UNSUITED,
            )
            return facts, (SandboxFinding(name="proxy", ok=False, text=str(error)),)
        facts = SandboxFacts(
            system=NAME,
            place=proxy.control,
            edge=proxy.edge,
            upstream=upstream,
            running=running,
            document=request,
            document_problems=tuple(self._rules.check(request)),
            unsuited=_UNSUITED,
        )
        unfit = experiment.fault.kind is FaultKind.ERROR and state.get("no_http") is True
        own = (SandboxFinding(name="protocol", ok=False, text=_NO_HTTP),) if unfit else ()
        # A fault of this very experiment is there when its answer was lost: injecting again is the same fault.
        taken = [fault for fault in running if fault.experiment_id != experiment.id]
        return facts, (
            *own,
            SandboxFinding(
                name="halt", ok=not halted, text="halted: the halt file is there" if halted else "not halted"
            ),
            SandboxFinding(
                name="free",
                ok=not taken,
                text=f"{taken[0].name} is active there" if taken else f"no other fault is active at {proxy.control}",
            ),
        )


def write_request(experiment: Experiment) -> dict[str, Any]:
    """Return the body of `begin` for an experiment."""
    return {
        "experiment": experiment.id,
        "ttl_s": experiment.lease.total_seconds(),
        "longest_s": experiment.duration.total_seconds() + _SLACK_S,
        "fault": experiment.fault.model_dump(mode="json", exclude_none=True),
    }


def _list_running(proxy: ProxySettings, state: dict[str, Any]) -> tuple[RunningFault, ...]:
    if not state["active"]:
        return ()
    name = str(state["experiment"]) or "a fault without a name"
    return (RunningFault(kind=NAME, name=f"{name} at {proxy.control}", experiment_id=str(state["experiment"])),)
