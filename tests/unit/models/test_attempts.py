"""The row of a call: as it is reserved, and what it becomes."""

from datetime import UTC, datetime

from fermata.domain.model import AttemptOutcome, TaskKind, Tier
from fermata.models.attempts import draft_attempt, fail_attempt
from fermata.models.calls import CallFailed, Lane, Order, Task
from fermata.models.settings import DEFAULT_DEADLINES, TargetSettings
from fermata.rules.pricing import FREE
from fermata.rules.routing import Failure, Need, Target

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_long_error_is_cut_behind_a_whole_word():
    """It stands on a card."""
    settings = TargetSettings(base_url="http://127.0.0.1:1", model="m")
    lane = Lane(0, settings, Target(name="a/m"), FREE)
    order = Order(lane, None, DEFAULT_DEADLINES[Tier.HIGH], 10, False, "")
    task = Task(TaskKind.PLAN, Need(input_tokens=1, output_tokens=10))
    draft = draft_attempt(task, order, call_id="call-1", at=NOON, tier=Tier.LOW, input_tokens=1)
    failed = CallFailed(Failure(AttemptOutcome.OVERLOADED, status=503, message="503: " + "overloaded " * 100))

    attempt = fail_attempt(draft, order, failed, AttemptOutcome.OVERLOADED, 1.0, input_tokens=1)

    assert len(attempt.error) <= 300
    assert attempt.error.endswith("overloaded …")
