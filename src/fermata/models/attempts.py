"""The ledger's row of a call: as it is reserved, and what it becomes when the call has ended.

Every value is ours, so rows are copied and not validated: this is done for each call.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from fermata.domain.model import Attempt, AttemptOutcome, TaskKind, Tier, Usage
from fermata.kit.listing import cut_words
from fermata.kit.redaction import redact
from fermata.models.calls import CallFailed, Order, Reply, Task
from fermata.rules.pricing import Believed, believe_usage, compute_cost, compute_worst

# Of an error's words, in the ledger and on a card.
_LONGEST_ERROR = 300
_NOTHING_TOLD = Usage()

_BLANK = Attempt(
    id="call",
    at=datetime(1970, 1, 1, tzinfo=UTC),
    target="none/none",
    kind=TaskKind.PARSE,
    tier=Tier.LOW,
    outcome=AttemptOutcome.CANCELLED,
    is_estimated=True,
)


def draft_attempt(task: Task, order: Order, *, call_id: str, at: datetime, tier: Tier, input_tokens: int) -> Attempt:
    """Return the row of a call that is about to be made, at the most it may cost.

    Args:
        task: What is asked.
        order: Whom it is asked of.
        call_id: Unique in the ledger.
        at: When it is sent.
        tier: Where the task began; a target that lies in a tier of its own counts there.
        input_tokens: At most.
    """
    lane = order.lane
    return _BLANK.model_copy(
        update={
            "id": call_id,
            "at": at,
            "target": lane.target.name,
            "key_label": order.key.get_label() if order.key else "",
            "kind": task.kind,
            "tier": lane.target.tier or tier,
            "cost_usd": compute_worst(lane.price, input_tokens, order.max_output_tokens),
            "incident_id": task.incident_id,
            "prompt_name": task.prompt_name,
            "prompt_digest": task.prompt_digest,
        }
    )


def complete_attempt(draft: Attempt, order: Order, reply: Reply, duration_s: float, input_tokens: int) -> Attempt:
    """Settle a call that brought an answer: by its tokens, or in full when the provider told none to be believed."""
    said_bytes = len(reply.output_text.encode("utf-8", "replace"))
    believed = _believe(reply.usage, order, input_tokens, said_bytes)
    usage, is_estimated = believed.usage, bool(believed.doubt)
    cost = compute_cost(order.lane.price, usage) if usage is not None else draft.cost_usd
    if usage is None:
        # Its package brings in all of condensing: half of what importing the gateway would cost, for a rare case.
        from fermata.rules.condense.tokens import count_tokens

        usage = Usage(input_tokens=input_tokens, output_tokens=count_tokens(reply.output_text))
        is_estimated = True
    return draft.model_copy(
        update={
            "outcome": AttemptOutcome.OK,
            "usage": usage,
            "cost_usd": cost,
            "is_estimated": is_estimated,
            "doubt": believed.doubt,
            "duration_s": duration_s,
            "first_byte_s": reply.first_byte_s,
            "fingerprint": reply.fingerprint,
        }
    )


def fail_attempt(
    draft: Attempt, order: Order, failed: CallFailed, outcome: AttemptOutcome, duration_s: float, *, input_tokens: int
) -> Attempt:
    """Settle a failed call: an error with a status costs nothing, an answer that was no good its tokens.

    What was sent and never told its usage (a cut stream, an error within one, a lost answer) counts at the most it may
    have cost.
    """
    failure, believed = failed.failure, _believe(failed.usage, order, input_tokens, 0)
    usage = believed.usage
    if usage is not None:
        cost, is_estimated = compute_cost(order.lane.price, usage), bool(believed.doubt)
    elif believed.doubt or (failure.was_sent and (failure.status is None or failed.had_begun)):
        cost, is_estimated = draft.cost_usd, True
    else:
        cost, is_estimated = Decimal(0), False
    return draft.model_copy(
        update={
            "outcome": outcome,
            "usage": usage or Usage(),
            "cost_usd": cost,
            "is_estimated": is_estimated,
            "doubt": believed.doubt,
            "duration_s": duration_s,
            "first_byte_s": failed.first_byte_s,
            "fingerprint": failed.fingerprint,
            "error": cut_words(redact(failure.message).text, _LONGEST_ERROR),
        }
    )


def _believe(usage: Usage | None, order: Order, input_tokens: int, said_bytes: int) -> Believed:
    if usage is None or usage == _NOTHING_TOLD:
        return Believed(None)
    return believe_usage(usage, input_tokens=input_tokens, output_tokens=order.max_output_tokens, said_bytes=said_bytes)


def cancel_attempt(draft: Attempt, duration_s: float) -> Attempt:
    """Settle a call that we stopped waiting for: the money may be gone."""
    return draft.model_copy(update={"duration_s": duration_s, "error": "we stopped waiting"})
