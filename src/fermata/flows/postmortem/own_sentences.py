"""The sentences of our own journal: what each kind of entry says happened, in a post-mortem's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fermata.domain.action import PlannedAction
from fermata.domain.plan import Plan
from fermata.domain.trail import MessageKind
from fermata.kit.digest import shorten

Plans = Mapping[str, Plan]
"""By the id of their proposal."""
_Data = Mapping[str, Any]
_Sentence = Callable[[Plans, _Data], str]


def write_sentence(kind: str, data: _Data, plans: Plans) -> str:
    """Return what an entry says; empty for kinds that are steps in between, or told elsewhere."""
    sentence = _SENTENCES.get(kind)
    return sentence(plans, data) if sentence is not None else ""


def find_kind(kind: str) -> MessageKind:
    """Return what an entry of a kind does in the story."""
    return _KINDS.get(kind, MessageKind.ACTION)


def _name_plan(plans: Plans, data: _Data) -> str:
    proposal_id = str(data.get("proposal_id"))
    digest = data.get("digest") or data.get("plan_digest")
    if not digest and (plan := plans.get(proposal_id)) is not None:
        digest = plan.digest
    return f"plan {shorten(str(digest)) if digest else proposal_id}"


def _name_step(action: PlannedAction) -> str:
    values = ", ".join(f"{key}={value}" for key, value in action.parameters.items())
    return f"{action.name} on {action.target.name}" + (f" ({values})" if values else "")


def _tell_proposed(plans: Plans, data: _Data) -> str:
    plan = plans.get(str(data["proposal_id"]))
    if plan is None:
        return f"Proposed {_name_plan(plans, data)}"
    undo = " to undo the last one" if plan.undoes is not None else ""
    return f"Proposed {_name_plan(plans, data)}{undo}: {'; '.join(map(_name_step, plan.actions))}"


def _tell_approved(plans: Plans, data: _Data) -> str:
    return f"Approved {_name_plan(plans, data)} as {data['role']}"


def _tell_rejected(plans: Plans, data: _Data) -> str:
    return f"Rejected {_name_plan(plans, data)}: {data['reason'] or 'no reason given'}"


def _tell_of_plan(words: str, reason: str) -> _Sentence:
    def tell(plans: Plans, data: _Data) -> str:
        return f"{_name_plan(plans, data).capitalize()} {words}: {data[reason]}"

    return tell


def _tell_of_action(words: str) -> _Sentence:
    def tell(plans: Plans, data: _Data) -> str:
        del plans
        target = str(data["target"]).rpartition("/")[2]
        return f"{words} {data['action']} on {target}: {data['detail']}"

    return tell


def _tell(words: str) -> _Sentence:
    return lambda _, data: words.format_map(data)


_SENTENCES: Mapping[str, _Sentence] = {
    "proposal.opened": _tell_proposed,
    "approval.given": lambda plans, data: f"{_tell_approved(plans, data)}; more approvals were needed",
    "proposal.approved": _tell_approved,
    "approval.refused": lambda plans, data: f"Decided on {_name_plan(plans, data)} in vain: {data['text']}",
    "executions.halted": _tell("Halted everything: {reason}"),
    "executions.resumed": _tell("Let everything go on, after the halt of {halted_by}"),
    "proposal.rejected": _tell_rejected,
    "proposal.expired": _tell_of_plan("expired", "reason"),
    "execution.refused": _tell_of_plan("was not executed", "text"),
    "action.executed": _tell_of_action("Executed"),
    "action.failed": _tell_of_action("Failed, and nothing was changed:"),
    "action.outcome_unknown": _tell_of_action("Nobody knows whether it was done:"),
    "action.settled": _tell("Looked, and said what became of the action: {outcome}. {detail}"),
    "verification.overturned": _tell("It came back: {text}"),
    "incident.handed_over": _tell("Handed to a person: {reason}"),
}
_KINDS: Mapping[str, MessageKind] = {
    "approval.given": MessageKind.DECISION,
    "approval.refused": MessageKind.OBSERVATION,
    "proposal.approved": MessageKind.DECISION,
    "proposal.rejected": MessageKind.DECISION,
    "proposal.expired": MessageKind.OBSERVATION,
    "execution.refused": MessageKind.OBSERVATION,
    "verification.overturned": MessageKind.OBSERVATION,
    "incident.handed_over": MessageKind.OBSERVATION,
}
