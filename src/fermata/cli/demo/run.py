"""One demo from curtain to curtain: set the stage, break the shop, investigate, hold, decide, fix, verify, tell."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from rich.console import Console

from fermata.bootstrap import House, open_house
from fermata.cli.cards import print_card
from fermata.cli.demo.faults import Fault, Scenario
from fermata.cli.demo.keys import read_keys
from fermata.cli.demo.narration import print_curtain, print_invitation, print_story
from fermata.cli.demo.plant import DEMO_PERSON, TOKEN, TOKEN_NAME, write_settings
from fermata.cli.demo.stage import Stage
from fermata.cli.serving import create_web_app, open_listener
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState, Ruling
from fermata.flows.readings import IncidentView
from fermata.kit.errors import OperationalError
from fermata.settings import load_settings

_ALERT_WITHIN_S = 45.0
_PLAN_WITHIN_S = 30.0
_FIX_WITHIN_S = 90.0
_POLL_S = 0.1
_SETTLED = (IncidentState.MITIGATED, IncidentState.RESOLVED, IncidentState.NEEDS_PERSON)


@dataclass(slots=True)
class _Watch:
    """Seconds of each stage, and since the start."""

    began: float = field(default_factory=time.monotonic)
    stages: dict[str, float] = field(default_factory=dict)
    _last: float = 0.0

    def mark(self, stage: str) -> None:
        """End a stage: keep the seconds since the one before."""
        self.stages[stage] = round(self.elapsed_s - self._last, 2)
        self._last = self.elapsed_s

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.began


class DemoRun:
    """Plays one demo."""

    def __init__(self, root: Path, scenario: Scenario, *, approve: bool, use_prometheus: bool, quiet: bool) -> None:
        self._root = root
        self._scenario = scenario
        self._approve = approve
        self._use_prometheus = use_prometheus
        self._console = Console(stderr=quiet, highlight=False)
        self._watch = _Watch()

    async def play(self) -> dict[str, Any]:
        """Play it and return the report: scenario, incident, plan, decision, verification, seconds per stage.

        Raises:
            OperationalError: A part of the stage did not come up, or an expected event did not happen in time.
        """
        listener = open_listener("127.0.0.1", 0)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print_curtain(self._console, self._scenario)
        stage = Stage.create(
            self._root / "stage",
            Path(sys.executable),
            f"{base}/v1/alerts/alertmanager",
            TOKEN,
            use_prometheus=self._use_prometheus,
        )
        async with stage:
            await stage.start(self._say)
            self._watch.mark("stage")
            settings = write_settings(self._root, stage)
            house = open_house(load_settings(settings, {TOKEN_NAME: TOKEN}))
            async with _serve(house, listener):
                self._say(f"Fermata serves on {base} (settings: {settings})")
                await stage.wait_until_watched()
                self._watch.mark("fermata")
                fault = await stage.break_it(self._scenario.value)
                self._say(fault.story)
                return await self._handle(house, fault, base, stage.alert_source)

    async def _handle(self, house: House, fault: Fault, base: str, alert_source: str) -> dict[str, Any]:
        incident_id = await self._wait_for_alert(house, alert_source)
        self._watch.mark("alert")
        view = await self._wait_for(
            lambda: house.readings.show(incident_id),
            lambda latest: latest.incident.state in (IncidentState.HELD, IncidentState.NEEDS_PERSON),
            _PLAN_WITHIN_S,
            "Fermata made no plan",
        )
        self._say(f"{len(view.evidence)} pieces of evidence, {len(view.gaps)} gaps; the plan is held")
        self._watch.mark("plan")
        print_card(self._console, view.card)
        if view.proposal is None:
            return self._report(view, fault, alert_source)
        view = await self._decide(house, view, base)
        self._watch.mark("decision")
        if view.proposal is not None and view.proposal.state in (ProposalState.APPROVED, ProposalState.EXECUTED):
            self._say(f"approved by {view.proposal.decided_by}; executing exactly what was on the card")
            view = await self._wait_for(
                lambda: house.readings.show(incident_id),
                lambda latest: latest.incident.state in _SETTLED,
                _FIX_WITHIN_S,
                "The fix was not verified",
            )
        self._watch.mark("fix")
        # The source's own "resolved" may still be on its way when the probes already say so.
        with contextlib.suppress(OperationalError):
            view = await self._wait_for(
                lambda: house.readings.show(incident_id),
                lambda latest: latest.incident.state is not IncidentState.MITIGATED,
                _ALERT_WITHIN_S / 3,
                "",
            )
        print_story(self._console, view, fault)
        audit = await house.readings.verify_journal()
        verdict = "holds" if audit.holds else "DOES NOT HOLD"
        self._say(f"the journal {verdict}: {audit.entries} entries, head {audit.head}")
        return self._report(view, fault, alert_source)

    async def _wait_for_alert(self, house: House, alert_source: str) -> IncidentId:
        self._say(f"waiting for the alert ({alert_source})")
        incidents = await self._wait_for(
            house.readings.list_incidents, lambda found: len(found) > 0, _ALERT_WITHIN_S, "No alert arrived"
        )
        incident = incidents[0]
        self._say(f"alert received: {incident.title}; incident {incident.id} opened, investigating")
        return IncidentId(incident.id)

    async def _decide(self, house: House, view: IncidentView, base: str) -> IncidentView:
        """Wait for the person: a key here, the page, or another terminal. With --yes the demo person approves."""
        if view.proposal is None:
            return view
        if self._approve:
            await self._click(house, view, Ruling.APPROVE)
            return await house.readings.show(view.incident.id)
        token = await house.sessions.issue_link_token(DEMO_PERSON)
        print_invitation(self._console, f"{base}/login?token={token}", view)
        async with read_keys() as keys:
            while True:
                latest = await house.readings.show(view.incident.id)
                if latest.proposal is None or latest.proposal.state is not ProposalState.OPEN:
                    return latest
                key = await keys.next_key(_POLL_S * 3)
                if key in ("a", "r"):
                    await self._click(house, latest, Ruling.APPROVE if key == "a" else Ruling.REJECT)
                elif key == "q":
                    raise KeyboardInterrupt

    async def _click(self, house: House, view: IncidentView, ruling: Ruling) -> None:
        if view.proposal is None:
            return
        answer = await house.decisions.decide(
            view.proposal.id,
            ruling,
            channel="console",
            handle=DEMO_PERSON,
            person_id=DEMO_PERSON,
            shown_digest=view.proposal.plan_digest,
            reason="rejected in the demo" if ruling is Ruling.REJECT else "",
        )
        self._say(answer.text)

    async def _wait_for(
        self, look: Callable[[], Awaitable[Any]], done: Callable[[Any], bool], within_s: float, failure: str
    ) -> Any:
        deadline = time.monotonic() + within_s
        while True:
            latest = await look()
            if done(latest):
                return latest
            if time.monotonic() > deadline:
                raise OperationalError(
                    failure,
                    why=f"nothing happened within {within_s:.0f} s",
                    do="Run the demo again with --dir and look into its logs",
                )
            await asyncio.sleep(_POLL_S)

    def _say(self, line: str) -> None:
        self._console.print(f"[dim]{self._watch.elapsed_s:5.1f}s[/dim]  ", end="")
        self._console.print(line, markup=False)

    def _report(self, view: IncidentView, fault: Fault, alert_source: str) -> dict[str, Any]:
        verification = view.verifications[-1].verdict.value if view.verifications else None
        leading = view.diagnosis.leading if view.diagnosis else None
        return {
            "scenario": fault.scenario.value,
            "alert_source": alert_source,
            "incident": {"id": view.incident.id, "title": view.incident.title, "state": view.incident.state.value},
            "cause": leading.cause if leading else None,
            "guilty_change": view.diagnosis.guilty_change if view.diagnosis else None,
            "plan": {
                "digest": view.plan.digest,
                "summary": view.plan.summary,
                "actions": [
                    {
                        "name": action.name,
                        "target": action.target.ref,
                        "parameters": dict(action.parameters),
                        "diff": action.dry_run.diff,
                    }
                    for action in view.plan.actions
                ],
            }
            if view.plan
            else None,
            "decision": {"state": view.proposal.state.value, "by": view.proposal.decided_by} if view.proposal else None,
            "verification": verification,
            "seconds": self._watch.stages | {"total": round(self._watch.elapsed_s, 2)},
        }


@contextlib.asynccontextmanager
async def _serve(house: House, listener: socket.socket) -> AsyncIterator[None]:
    """Run the web server in this process; its lifespan starts and closes the house."""
    config = uvicorn.Config(
        create_web_app(house),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    # The demo's own loop takes Ctrl-C: a second handler would stop the server and leave the shop.
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]  # no public way to leave signals alone
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise OperationalError("Fermata's server did not start", do="The reason stands above")
            await asyncio.sleep(_POLL_S / 2)
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
