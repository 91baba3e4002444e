"""A collapse becomes a ticket: by a person's word, of exactly the text they saw, and once for each rehearsal."""

from __future__ import annotations

from fermata.domain.action import ActionResult
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.flows.context import FlowContext
from fermata.flows.experiments import report
from fermata.flows.experiments.holding import ExperimentView
from fermata.flows.tickets import Subject, TicketDraft, draft_ticket, file_ticket, find_target
from fermata.kit.errors import UserError
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction


async def prepare_ticket(context: FlowContext, view: ExperimentView, place: str = "") -> TicketDraft:
    """Return the ticket of a collapse, computed by the tracker itself. Changes nothing.

    Args:
        place: Where to make it, as for a post-mortem's ticket; it may be left out when there is one place only.

    Raises:
        UserError: It did not collapse, no tracker can take it, or an open one says the same.
        OperationalError: The tracker cannot be asked.
    """
    drafted = report.draft_ticket(view)
    if drafted is None:
        raise UserError(f"There is no ticket in {view.held.id}", why="it did not collapse", do="See its report")
    target = find_target(context, place, "File what `fermata chaos report --ticket` prints yourself")
    text = {"title": redact(drafted.title).text, "description": redact(drafted.body).text}
    subject = Subject(
        words="this rehearsal",
        parts=(view.held.id, "ticket"),
        digest=view.held.digest,
    )
    return await draft_ticket(context, target, text, subject)


async def make_ticket(context: FlowContext, draft: TicketDraft, by: Actor) -> ActionResult:
    """Make the ticket that was shown, at most once.

    Raises:
        ForbiddenError: Whoever files it is nobody of the settings.
        GuardRefused: Everything is halted.
    """

    def note(transaction: Transaction, result: ActionResult) -> None:
        data = {"experiment_id": draft.subject.parts[0], "action_id": draft.key.action_id, "target": draft.target.ref}
        data |= {"outcome": result.outcome.value, "detail": result.detail}
        transaction.journal.append(JournalEvent(kind="experiment.ticketed", actor=by, data=data), result.at)

    return await file_ticket(context, draft, by, note)
