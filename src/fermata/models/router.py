"""One question, brought to all targets in turn. What leaves for a provider is redacted here.

Imports pydantic-ai, so it is imported on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import ModelRequest, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings as AiSettings

from fermata.kit.redaction import redact
from fermata.models.calling import Read, Shape, make_call
from fermata.models.calls import Order, Served, Task
from fermata.rules.condense.tokens import count_tokens

if TYPE_CHECKING:
    from fermata.models.adapters import Adapters
    from fermata.models.dispatch import Dispatcher

# What pydantic-ai adapts to a provider that caches prompts: the fixed part is ours and the same each time.
_CACHING: dict[str, dict[str, Any]] = {
    "anthropic": {"anthropic_cache_instructions": True},
    "bedrock": {"bedrock_cache_instructions": True},
}


async def serve(
    dispatcher: Dispatcher, adapters: Adapters, content: str, task: Task, *, shape: Shape, read: Read
) -> Served:
    """Bring a task to an answer. Every word that leaves is redacted here, whoever wrote it.

    Args:
        dispatcher: Chooses the targets.
        adapters: The connections to them.
        content: What is asked.
        task: What for.
        shape: The form of the answer as each target takes it.
        read: Takes the value out of an answer.

    Raises:
        NoModelAnswered: No target answered.
        GuardRefused: `budget`.
    """
    messages = [ModelRequest(parts=[UserPromptPart(content=redact(content).text)])]
    return await dispatcher.run(task, make_call(adapters, messages, partial(_shape_redacted, shape), read))


def _shape_redacted(shape: Shape, order: Order, structure: str) -> tuple[AiSettings | None, ModelRequestParameters]:
    settings, parameters = shape(order, structure)
    parts = parameters.instruction_parts or ()
    redacted = [_redact_fixed(part.content) for part in parts]
    if all(part.content == text for part, text in zip(parts, redacted, strict=True)):
        return settings, parameters
    hidden = [replace(part, content=text) for part, text in zip(parts, redacted, strict=True)]
    return settings, replace(parameters, instruction_parts=hidden)


@lru_cache(maxsize=64)
def _redact_fixed(text: str) -> str:
    """Instructions are the same for every request of a kind."""
    return redact(text).text


@lru_cache(maxsize=64)
def _count_fixed(text: str) -> int:
    return count_tokens(text)


def get_settings(order: Order) -> AiSettings:
    """Return what a target is told beside the words: the limit of its answer, and what may be cached."""
    settings: Any = {"max_tokens": order.max_output_tokens, **_CACHING.get(order.lane.settings.provider, {})}
    result: AiSettings = settings
    return result


def estimate_tokens(*texts: str, fixed: Sequence[str] = ()) -> int:
    """Return how many tokens texts are at most: the estimate may fall 5 % short, and each part has its wrapping.

    Args:
        texts: What changes with each request.
        fixed: What is the same each time, and counted once.
    """
    counted = sum(count_tokens(text) for text in texts) + sum(_count_fixed(text) for text in fixed)
    return int(counted * 1.06) + 32 + 8 * (len(texts) + len(fixed))
