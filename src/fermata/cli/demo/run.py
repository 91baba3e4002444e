"""One demo from curtain to curtain: set the stage, break the shop, investigate, hold, decide, fix, verify, tell."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from fermata.bootstrap import House, open_house
from fermata.cli.demo.container_oom import ContainerStage
from fermata.cli.demo.faults import Fault, Scenario
from fermata.cli.demo.keys import has_keys, read_keys
from fermata.cli.demo.narration import Narrator
from fermata.cli.demo.plant import DEMO_PERSON, AskedModel, claim_directory, write_settings
from fermata.cli.demo.postmortem import draft_own, report_draft
from fermata.cli.demo.stage import Stage
from fermata.cli.ending import end_by_signals
from fermata.cli.serving import build_server, open_listener
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState, Ruling
from fermata.flows.readings import IncidentView
from fermata.kit.errors import OperationalError
from fermata.settings import load_settings

_ALERT_WITHIN_S = 45.0
_PLAN_WITHIN_S = 30.0
_MODEL_WITHIN_S = 130.0
_FIX_WITHIN_S = 90.0
_POLL_S = 0.1
_SETTLED = (IncidentState.MITIGATED, IncidentState.RESOLVED, IncidentState.NEEDS_PERSON)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How a demo is played."""

    approve: bool
    """Approve as the demo person, without asking."""
    use_prometheus: bool
    """Use the real servers where they are installed."""
    quiet: bool
    """Tell the story on standard error: standard output is for the report."""
    keep: bool
    """The directory stays, and may be spoken of afterwards."""
    model: AskedModel | None = None
    """A model to ask besides; `None` asks none."""


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

    def __init__(self, root: Path, scenario: Scenario, options: DemoOptions) -> None:
        self._root = root.absolute()
        self._scenario = scenario
        self._options = options
        self._narrator = Narrator(Console(stderr=options.quiet, highlight=False, emoji=False))
        self._watch = _Watch()

    async def play(self) -> dict[str, Any]:
        """Play it and return the report: scenario, incident, plan, decision, verification, seconds per stage.

        Raises:
            OperationalError: A part of the stage did not come up, or an expected event did not happen in time.
            UserError: The directory is in use, or holds files that are not the demo's.
        """
        claim_directory(self._root)
        listener = open_listener("127.0.0.1", 0)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        kind = ContainerStage if self._scenario is Scenario.CONTAINER_OOM else Stage
        stage = kind.create(
            self._root / "stage",
            Path(sys.executable),
            f"{base}/v1/alerts/alertmanager",
            secrets.token_urlsafe(16),
            use_prometheus=self._options.use_prometheus,
            use_database=self._scenario is Scenario.SLOW_QUERY,
        )
        with end_by_signals(), self._narrator as narrator:
            narrator.open(self._scenario)
            narrator.wait_for("the shop")
            async with stage:
                try:
                    await stage.start(narrator.say)
                    self._watch.mark("stage")
                    return await self._look_after(stage, listener, base)
                except asyncio.CancelledError:
                    with contextlib.suppress(OSError):  # The window may have been closed.
                        narrator.say("interrupted; everything is stopped")
                    raise
                finally:
                    # However it ends: a shop that takes a second to stop must not look like a command that hangs.
                    narrator.wait_for("the shop to stop")

    async def _look_after(self, stage: Stage, listener: socket.socket, base: str) -> dict[str, Any]:
        """Start Fermata beside the shop, break the shop, and see it through."""
        narrator = self._narrator
        narrator.wait_for("Fermata")
        settings = write_settings(self._root, stage, self._options.model)
        house = open_house(load_settings(settings))
        async with _serve(house, listener):
            narrator.say(f"Fermata serves on {base}")
            narrator.say(f"  settings: {settings}")
            narrator.wait_for("Prometheus to find the shop")
            await stage.wait_until_watched()
            self._watch.mark("fermata")
            fault = await stage.break_it(self._scenario.value)
            narrator.say(fault.story)
            try:
                return await self._handle(house, fault, base, stage.alert_source)
            finally:
                narrator.wait_for("Fermata to stop")

    async def _handle(self, house: House, fault: Fault, base: str, alert_source: str) -> dict[str, Any]:
        incident_id = await self._wait_for_alert(house, alert_source)
        self._watch.mark("alert")
        self._narrator.wait_for("the evidence, the diagnosis and the plan")
        view = await self._wait_for(
            lambda: house.readings.show(incident_id),
            lambda latest: latest.incident.state in (IncidentState.HELD, IncidentState.NEEDS_PERSON),
            _PLAN_WITHIN_S + (_MODEL_WITHIN_S if self._options.model else 0),
            "Fermata made no plan",
        )
        self._say_found(view)
        self._watch.mark("plan")
        if self._options.model:
            view = await self._wait_for_opinion(house, view)
        self._narrator.show_card(view.card)
        while _is_held(view):
            view = await self._follow(house, await self._decide(house, view, base))
            if _is_held(view):
                # The world had moved, or the fix made it worse: another plan waits, and has not been read yet.
                self._narrator.say("another plan took its place")
                self._narrator.show_card(view.card)
        audit = await house.readings.verify_journal()
        self._narrator.tell_story(view, audit)
        kept = self._root if self._options.keep else None
        self._narrator.wait_for("the post-mortem's draft")
        generated = await draft_own(house, incident_id, kept)
        self._narrator.tell_postmortem(generated.drafted.draft, kept)
        self._narrator.close(view, fault, self._watch.stages, kept)
        return self._report(view, fault, alert_source) | {"postmortem": report_draft(generated, kept)}

    async def _wait_for_opinion(self, house: House, view: IncidentView) -> IncidentView:
        """Wait for what the model says: the plan is held without it, but here its word is what people came to see."""
        self._narrator.wait_for("the model; the plan could be decided meanwhile")
        with contextlib.suppress(OperationalError):
            view = await self._wait_for(
                lambda: house.readings.show(view.incident.id),
                lambda latest: latest.diagnosis is not None and latest.diagnosis.analysis is not None,
                _MODEL_WITHIN_S,
                "",
            )
        return view

    async def _follow(self, house: House, view: IncidentView) -> IncidentView:
        """See what becomes of a decision; return the incident once it is settled, or once another plan is held."""
        incident_id = view.incident.id
        self._watch.mark("decision")
        if view.proposal is not None and view.proposal.state in (ProposalState.APPROVED, ProposalState.EXECUTED):
            self._narrator.say("executing exactly what was on the card, then looking whether it helped")
            self._narrator.wait_for("the fix, and for it to hold for 3 s")
            view = await self._wait_for(
                lambda: house.readings.show(incident_id),
                lambda latest: latest.incident.state in _SETTLED or _is_held(latest),
                _FIX_WITHIN_S,
                "The fix was not verified",
            )
        self._watch.mark("fix")
        if view.incident.state is IncidentState.MITIGATED:
            # The source's own "resolved" may still be on its way when the probes already say so.
            self._narrator.wait_for("the alert's own end")
            with contextlib.suppress(OperationalError):
                view = await self._wait_for(
                    lambda: house.readings.show(incident_id),
                    lambda latest: latest.incident.state is not IncidentState.MITIGATED,
                    _ALERT_WITHIN_S / 3,
                    "",
                )
        return view

    async def _wait_for_alert(self, house: House, alert_source: str) -> IncidentId:
        self._narrator.wait_for(f"the alert ({alert_source})")
        incidents = await self._wait_for(
            house.readings.list_incidents, lambda found: len(found) > 0, _ALERT_WITHIN_S, "No alert arrived"
        )
        incident = incidents[0]
        self._narrator.say(f"alert received: {incident.title}; it opened incident {incident.id}")
        return IncidentId(incident.id)

    def _say_found(self, view: IncidentView) -> None:
        missing = f", {len(view.gaps)} could not be had" if view.gaps else ""
        found = "the plan is held" if view.proposal else "there is no plan"
        self._narrator.say(f"{len(view.evidence)} pieces of evidence{missing}; {found}")

    async def _decide(self, house: House, view: IncidentView, base: str) -> IncidentView:
        """Wait for the person: a key here, the page, or another terminal. With --yes the demo person approves."""
        if self._options.approve:
            await self._click(house, view, Ruling.APPROVE)
            return await house.readings.show(view.incident.id)
        token = await house.sessions.issue_link_token(DEMO_PERSON)
        # Before the question is printed: what is typed from then on counts.
        async with read_keys() as keys:
            self._narrator.invite(f"{base}/login?token={token}", view, has_keys=has_keys())
            self._narrator.wait_for("your word")
            while True:
                latest = await house.readings.show(view.incident.id)
                if not _is_held(latest):
                    self._narrator.say(_tell_decision(latest))
                    return latest
                if latest.card.plan_digest != view.card.plan_digest:
                    return latest
                key = await keys.next_key(_POLL_S * 3)
                if key in ("a", "r"):
                    await self._click(house, view, Ruling.APPROVE if key == "a" else Ruling.REJECT)
                    return await house.readings.show(view.incident.id)
                if key == "q":
                    self._narrator.say("you quit; nothing was executed")
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
        self._narrator.say(answer.text)

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

    def _report(self, view: IncidentView, fault: Fault, alert_source: str) -> dict[str, Any]:
        verification = view.verifications[-1].verdict.value if view.verifications else None
        leading = view.diagnosis.leading if view.diagnosis else None
        return {
            "scenario": fault.scenario.value,
            "alert_source": alert_source,
            "incident": {"id": view.incident.id, "title": view.incident.title, "state": view.incident.state.value},
            "cause": leading.cause if leading else None,
            "guilty_change": view.diagnosis.guilty_change if view.diagnosis else None,
            "hypotheses": [
                {"cause": item.cause, "tier": item.tier, "confidence": item.confidence, "text": item.text}
                for item in (view.diagnosis.hypotheses if view.diagnosis else ())
            ],
            "analysis": view.diagnosis.analysis.to_json() if view.diagnosis and view.diagnosis.analysis else None,
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


def _is_held(view: IncidentView) -> bool:
    return view.proposal is not None and view.proposal.state is ProposalState.OPEN


def _tell_decision(view: IncidentView) -> str:
    """Say what was decided elsewhere: in the page or another terminal, or by the clock."""
    if view.proposal is None:
        return "there is no plan any more"
    by = f" by {view.proposal.decided_by}" if view.proposal.decided_by else ""
    return f"the plan is {view.proposal.state.value}{by}"


@contextlib.asynccontextmanager
async def _serve(house: House, listener: socket.socket) -> AsyncIterator[None]:
    """Run the web server in this process; its lifespan starts and closes the house."""
    server = build_server(house, stop_within_s=2)
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
