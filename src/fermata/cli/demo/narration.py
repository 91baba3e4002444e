"""The words around the demo: what is about to happen, how to decide, and the journal's story."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from fermata.cli.demo.faults import Fault, Scenario
from fermata.cli.output import show_controls
from fermata.domain.journal import JournalEntry
from fermata.flows.readings import IncidentView
from fermata.kit.digest import shorten

_PREMISE = {
    Scenario.MEMORY: "a release that needs more memory than its limit allows",
    Scenario.BAD_CONFIG: "a hand edit of a live setting",
    Scenario.BAD_COMMIT: "a commit with a bug in the request path, and an innocent one after it",
}
_WORDS = {
    "alert.received": "alert {name} received",
    "alert.resolved": "alert {name} resolved",
    "incident.opened": "incident opened: {reason}",
    "alert.grouped": "alert joined: {reason}",
    "investigation.started": "investigation started",
    "evidence.collected": "evidence collected in {took_s:.1f} s",
    "incident.diagnosed": "diagnosed: {verdict}, {causes}",
    "proposal.opened": "plan {digest} held for a person",
    "proposal.approved": "plan approved as {role}",
    "proposal.rejected": "plan rejected: {reason}",
    "execution.started": "execution started",
    "action.intended": "about to do {action} on {target}",
    "action.executed": "done: {detail}",
    "action.failed": "failed: {detail}",
    "action.outcome_unknown": "unknown outcome: {detail}",
    "execution.verified": "verified: {verdict}. {text}",
    "incident.resolved": "incident resolved",
    "incident.handed_over": "handed to a person: {reason}",
}


def print_curtain(console: Console, scenario: Scenario) -> None:
    """Say what is about to happen."""
    console.print(Text("𝄐  Fermata demo", style="bold"))
    console.print(
        f"   A small real shop under a real supervisord, and {_PREMISE[scenario]}.\n"
        "   Nothing is simulated and nothing is executed before a person says so.\n",
        markup=False,
    )


def print_invitation(console: Console, link: str, view: IncidentView) -> None:
    """Say how to decide."""
    digest = shorten(view.proposal.plan_digest) if view.proposal else ""
    console.print(Text(f"\nFermata holds plan {digest}. Your word:", style="bold"))
    console.print("   [a] approve   [r] reject   [q] quit      (keys, in this terminal)", markup=False)
    console.print(f"   or in the page: {link}  (opens once)\n", markup=False, soft_wrap=True)


def print_story(console: Console, view: IncidentView, fault: Fault) -> None:
    """Print what the journal says happened, and what really had been done to the shop."""
    console.print(Text("\nThe journal's story", style="bold underline"))
    for entry in view.journal:
        line = _tell(entry)
        if line:
            who = entry.event.actor.id
            console.print(f"  {entry.at:%H:%M:%S}  #{entry.sequence:<3} {show_controls(line)}  ({who})", markup=False)
    verdict = view.verifications[-1] if view.verifications else None
    style = "bold green" if verdict and verdict.verdict.value == "restored" else "bold yellow"
    console.print(
        Text(f"\n{verdict.verdict.value}: {verdict.text}" if verdict else "\nnothing was executed", style=style)
    )
    console.print(Text(f"The right answer was: {fault.cure}", style="dim"))


def _tell(entry: JournalEntry) -> str:
    words = _WORDS.get(entry.event.kind)
    if words is None:
        return ""
    data = dict(entry.event.data)
    if "digest" in data:
        data["digest"] = shorten(str(data["digest"]))
    if isinstance(data.get("causes"), list):
        data["causes"] = ", ".join(data["causes"]) or "no cause"
    return words.format_map(_Blank(data))


class _Blank(dict[str, object]):
    """A missing fact is shown as such, not as a crash at the end of the demo."""

    def __missing__(self, key: str) -> str:
        return f"<no {key}>"
