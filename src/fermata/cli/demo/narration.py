"""The words around the demo: what is about to happen, what is waited for, how to decide, and the journal's story."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from fermata.cli.cards import GOOD, WARN, print_card
from fermata.cli.demo.faults import Fault, Scenario
from fermata.cli.demo.postmortem import FILE, list_told
from fermata.cli.output import get_line_width, show_controls, wrap_hanging
from fermata.domain.card import Card
from fermata.domain.execution import Verification, VerificationVerdict
from fermata.domain.journal import AuditReport, JournalEntry
from fermata.domain.proposal import ProposalState
from fermata.domain.trail import PostmortemDraft
from fermata.flows.readings import IncidentView
from fermata.kit.digest import shorten

_PREMISE = {
    Scenario.MEMORY: "a release that needs more memory than its limit allows",
    Scenario.BAD_CONFIG: "a hand edit of a live setting",
    Scenario.BAD_COMMIT: "a commit with a bug in the request path, and an innocent one after it",
    Scenario.SLOW_QUERY: "a migration that drops an index of a real PostgreSQL",
    Scenario.CONTAINER_OOM: "a release that outgrows the memory limit of its real container",
}
# Scenarios that do not run everywhere, and what they need.
_NEEDS = {Scenario.SLOW_QUERY: "PostgreSQL", Scenario.CONTAINER_OOM: "Docker"}
_WORDS = {
    "alert.received": "alert {name} received",
    "alert.resolved": "alert {name} resolved",
    "incident.opened": "incident opened: {reason}",
    "alert.grouped": "alert joined: {reason}",
    "alert.held_back": "alert held back ({layer}): {text}",
    "investigation.enqueued": "investigation asked for: {why}",
    "investigation.started": "investigation started",
    "evidence.collected": "evidence collected in {took_s} s",
    "incident.diagnosed": "diagnosed: {verdict}, {causes}",
    "model.answered": "a model was asked: {text}",
    "model.refused": "no model's answer counts: {text}",
    "proposal.opened": "plan {digest} held for a person",
    "approval.given": "one approval as {role}",
    "approval.refused": "a click did not count: {text}",
    "proposal.approved": "plan approved as {role}",
    "proposal.rejected": "plan rejected: {reason}",
    "proposal.expired": "plan expired: {reason}",
    "proposal.superseded": "plan superseded: {reason}",
    "execution.started": "execution started",
    "execution.refused": "execution refused: {text}",
    "action.intended": "about to do {action} on {target}",
    "action.executed": "done: {detail}",
    "action.failed": "failed: {detail}",
    "action.outcome_unknown": "unknown outcome: {detail}",
    "execution.verified": "verified: {verdict}. {text}",
    "incident.resolved": "incident resolved",
    "incident.handed_over": "handed to a person: {reason}",
}
_STAMP = 8
"""Columns of `  4.2s  ` before a line of progress."""


class Narrator:
    """Tells one demo. What is waited for shows as a spinner with its seconds, in a terminal only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = get_line_width(console)
        self._began = time.monotonic()
        self._status: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_waiting()

    @property
    def elapsed_s(self) -> float:
        """Return the seconds since the curtain."""
        return time.monotonic() - self._began

    def say(self, text: str, style: str = "") -> None:
        """Tell that something happened, and when."""
        stamp = Text(f"{self.elapsed_s:5.1f}s  ", style="dim")
        self._print(stamp.append(self._hang(text, _STAMP), style=f"not dim {style}"))

    def wait_for(self, what: str) -> None:
        """Show what is waited for from now on, until something else is or `stop_waiting`."""
        if not self._console.is_terminal or self._console.is_dumb_terminal:
            return
        self.stop_waiting()
        self._status = self._console.status(_Waiting(what), refresh_per_second=5)
        with contextlib.suppress(OSError):  # As when the window was closed: a spinner is worth no second error.
            self._status.start()

    def stop_waiting(self) -> None:
        """Take the spinner away. Idempotent."""
        if self._status is not None:
            with contextlib.suppress(OSError):
                self._status.stop()
            self._status = None

    def open(self, scenario: Scenario) -> None:
        """Say what is about to happen."""
        self._print(Text("Fermata demo", style="bold"))
        for line in (
            f"A small real shop under a real supervisord, and {_PREMISE[scenario]}.",
            "Nothing is simulated, and nothing is executed before a person says so.",
        ):
            self._print(Text("   " + self._hang(line, 3)))
        self._print(Text(""))

    def show_card(self, card: Card) -> None:
        """Print the card, with nothing moving beside it."""
        self.stop_waiting()
        print_card(self._console, card)

    def invite(self, link: str, view: IncidentView, *, has_keys: bool) -> None:
        """Say how to decide."""
        digest = shorten(view.proposal.plan_digest) if view.proposal else ""
        self._print(Text(f"\nFermata holds plan {digest}, shown above. Nothing runs until you say so.", style="bold"))
        if has_keys:
            keys = Text("  ")
            for key, what in (("a", "approve"), ("r", "reject"), ("q", "quit")):
                keys.append(f"[{key}]", style="bold").append(f" {what}   ")
            self._print(keys)
        here = "Press a key, or decide" if has_keys else "There is no terminal to press a key in: decide"
        self._print(
            Text(self._hang(f"{here} in the page, which shows the evidence too. This link lets you in, once:", 0))
        )
        self._print(Text(f"{link}\n"))

    def tell_story(self, view: IncidentView, audit: AuditReport) -> None:
        """Print what the journal says happened."""
        self.stop_waiting()
        self._print(Text("\nThe journal's story", style="bold underline").append(" (UTC)", style="not bold dim"))
        for entry in view.journal:
            line = _tell(entry)
            if line:
                start = Text(f"  {entry.at:%H:%M:%S}  #{entry.sequence:<3} ", style="dim")
                told = self._hang(f"{line}  ({entry.event.actor.id})", start.cell_len)
                self._print(start.append(told, style="not dim"))
        verdict = "holds" if audit.holds else "DOES NOT HOLD"
        self._print(
            Text(f"  The hash chain {verdict}: {audit.entries} entries, head {shorten(audit.head)}", style="dim")
        )

    def tell_postmortem(self, draft: PostmortemDraft, kept: Path | None) -> None:
        """Print the draft of the incident's post-mortem, and where the whole of it is."""
        self.stop_waiting()
        self._print(Text("\nThe post-mortem's draft", style="bold underline").append(" (UTC)", style="not bold dim"))
        for time_of_day, words in list_told(draft):
            start = Text(f"  {time_of_day}  " if time_of_day else "  ", style="dim")
            self._print(start.append(self._hang(words, start.cell_len), style="not dim"))
        where = f": {kept / FILE}" if kept is not None else "; with --dir the Markdown stays"
        self._print(
            Text("  " + self._hang(f"By rules, without a model; every line cites its source{where}", 2), style="dim")
        )

    def close(self, view: IncidentView, fault: Fault, seconds: dict[str, float], kept: Path | None) -> None:
        """Say in a sentence what became of it, what really had been done to the shop, and what to try next."""
        verification = view.verifications[-1] if view.verifications else None
        good = verification is not None and verification.verdict is VerificationVerdict.RESTORED
        ending = _tell_ending(view, verification, seconds)
        self._print(Text("\n" + self._hang(ending, 0), style=f"bold {GOOD if good else WARN}"))
        self._print(Text(self._hang(f"What had been done: {fault.story}", 0)))
        was = "was" if good else "would have been"
        self._print(Text(self._hang(f"The right answer {was}: {fault.cure}", 0)))
        self._suggest(fault.scenario, kept)

    def _suggest(self, played: Scenario, kept: Path | None) -> None:
        ring = [scenario for scenario in Scenario if scenario not in _NEEDS]
        following = ring[(ring.index(played) + 1) % len(ring)] if played in ring else ring[0]
        rows = [(f"{name_command()} demo --scenario {following}", f"{_PREMISE[following]}")]
        rows += [
            (f"{name_command()} demo --scenario {scenario}", f"{_PREMISE[scenario]} (needs {server})")
            for scenario, server in _NEEDS.items()
            if scenario is not played
        ]
        if kept is not None:
            rows.append((f"{name_command()} --config {kept / 'fermata.yaml'} show", "what is known of the incident"))
        rows.append(("docs/tutorial.md", "your own alerts, in ten minutes"))
        self._print(Text("\nNext", style="bold underline"))
        for command, what in rows:
            start = Text(f"  {command}  ")
            indent = start.cell_len
            if self._width is not None and indent > self._width // 2:
                start, indent = start.append("\n    "), 4
            self._print(start.append(self._hang(what, indent), style="dim"))

    def _hang(self, text: str, indent: int) -> str:
        return wrap_hanging(show_controls(text), width=self._width, indent=indent)

    def _print(self, text: Text) -> None:
        # Lines are broken already, and what is too long then is a path or a link: the terminal folds it, and it can
        # still be copied in one piece.
        self._console.print(text, soft_wrap=True)


class _Waiting:
    """What is waited for, with its seconds as they pass."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since = time.monotonic()

    def __rich__(self) -> Text:
        # Cut rather than broken: a spinner of two lines jumps.
        text = Text(f"waiting for {self._what} ({time.monotonic() - self._since:.0f} s)", style="dim")
        text.no_wrap, text.overflow = True, "ellipsis"
        return text


def name_command() -> str:
    """Return how this command can be called again: by its path where it is not on PATH, as after `make demo`."""
    called = Path(sys.argv[0])
    if shutil.which("fermata") or called.name != "fermata":
        return "fermata"
    here = Path.cwd()
    return str(called.absolute().relative_to(here) if called.absolute().is_relative_to(here) else called)


def _tell_ending(view: IncidentView, verification: Verification | None, seconds: dict[str, float]) -> str:
    proposal = view.proposal
    if proposal is None:
        return "Fermata proposed nothing: a person must act, and the card says why."
    plan, by = f"plan {shorten(proposal.plan_digest)}", proposal.decided_by or "nobody"
    if proposal.state is ProposalState.REJECTED:
        nothing = "Nothing more was executed" if view.executions else "Nothing was executed"
        return f"{nothing}: {by} rejected {plan}, and the shop is as broken as before."
    if verification is None:
        reason = f" ({proposal.reason})" if proposal.reason else ""
        return f"Nothing was verified: {plan} is {proposal.state.value}{reason}."
    if verification.verdict is VerificationVerdict.RESTORED:
        took = (
            f"{seconds.get('plan', 0):.1f} s from the alert to the plan, {seconds.get('fix', 0):.1f} s from the word to"
        )
        return (
            f"Restored: {by} approved {plan}, exactly that was executed, and checkout serves again; {took} the proof."
        )
    return f"{verification.verdict.value.capitalize()}: {plan} was executed on the word of {by}, and did not cure it."


def _tell(entry: JournalEntry) -> str:
    words = _WORDS.get(entry.event.kind)
    if words is None:
        return ""
    data: dict[str, Any] = dict(entry.event.data)
    if "digest" in data:
        data["digest"] = shorten(str(data["digest"]))
    if isinstance(data.get("took_s"), float):
        data["took_s"] = f"{data['took_s']:.1f}"
    if isinstance(data.get("causes"), list):
        first, *others = data["causes"] or ["no cause"]
        data["causes"] = first + (f" (also considered: {', '.join(others)})" if others else "")
    return words.format_map(_Blank(data))


class _Blank(dict[str, object]):
    """A missing fact is shown as such, not as a crash at the end of the demo."""

    def __missing__(self, key: str) -> str:
        return f"<no {key}>"
