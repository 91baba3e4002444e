"""The router: to pydantic-ai one model, behind it all targets. What leaves for a provider is redacted here.

Imports pydantic-ai, so it is imported on first use.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings as AiSettings
from pydantic_ai.tools import RunContext

from fermata.kit.redaction import redact
from fermata.models.calling import Read, Shape, Sink, make_call, refuse_bad_calls
from fermata.models.calls import Order, Served, Task
from fermata.models.streaming import open_stream
from fermata.rules.condense.tokens import count_tokens
from fermata.rules.routing import Need

if TYPE_CHECKING:
    from fermata.models.adapters import Adapters
    from fermata.models.dispatch import Dispatcher

# What pydantic-ai adapts to a provider that caches prompts: the fixed part is ours and the same each time.
_CACHING: dict[str, dict[str, Any]] = {
    "anthropic": {"anthropic_cache_instructions": True},
    "bedrock": {"bedrock_cache_instructions": True},
}
# An agent that says nothing else.
_OUTPUT_TOKENS = 2000


@dataclass(init=False)
class Router(Model):
    """All targets as one model, for one kind of task. Its state is the gateway's: build as many as you like."""

    def __init__(self, dispatcher: Dispatcher, adapters: Adapters, task: Task) -> None:
        super().__init__()
        self._dispatcher = dispatcher
        self._adapters = adapters
        self._task = task

    @property
    def model_name(self) -> str:
        """Return what the router is called in traces."""
        return f"fermata:{self._task.kind.value}"

    @property
    def system(self) -> str:
        """Return the provider's name in traces."""
        return "fermata"

    @property
    def provider(self) -> None:
        """Return none: each target has its own."""
        return

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: AiSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return the first good answer of any target, for an agent of pydantic-ai.

        Raises:
            NoModelAnswered: No target answered.
            GuardRefused: `budget`.
        """
        served = await self._answer(messages, model_settings, model_request_parameters)
        answer: ModelResponse = served.value
        return answer

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: AiSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,  # noqa: ARG002 - of the base; no target's adapter needs it
    ) -> AsyncGenerator[StreamedResponse]:
        """Give an answer as it comes, of the first target that begins one.

        A target that fails before is passed over. One that falls silent, is cut off or ends badly afterwards is a
        failed attempt like any other, and the reader hears of it after what came.

        Raises:
            NoModelAnswered: No target answered; while reading: the answer did not come to its end.
            GuardRefused: `budget`.
        """
        run = partial(self._answer, messages, model_settings, model_request_parameters)
        async with open_stream(run, model_request_parameters) as streamed:
            yield streamed

    async def _answer(
        self,
        messages: list[ModelMessage],
        model_settings: AiSettings | None,
        parameters: ModelRequestParameters,
        sink: Sink | None = None,
    ) -> Served:
        output = (model_settings or {}).get("max_tokens") or _OUTPUT_TOKENS
        need = Need(input_tokens=count_input(messages, parameters), output_tokens=output)

        def shape(order: Order, _: str) -> tuple[AiSettings, ModelRequestParameters]:
            settings: Any = {**(model_settings or {}), **get_settings(order)}
            return settings, parameters

        def read(response: ModelResponse, _: Order) -> ModelResponse:
            refuse_bad_calls(response, parameters)
            return response

        return await self.serve(messages, replace(self._task, need=need), shape=shape, read=read, sink=sink)

    async def serve(
        self, messages: list[ModelMessage], task: Task, *, shape: Shape, read: Read, sink: Sink | None = None
    ) -> Served:
        """Bring a task to an answer. Every word that leaves is redacted here, whoever wrote it.

        Args:
            messages: What is asked.
            task: What for.
            shape: The form of the answer as each target takes it.
            read: Takes the value out of an answer.
            sink: Who wants the answer as it comes.

        Raises:
            NoModelAnswered: No target answered.
            GuardRefused: `budget`.
        """
        call = make_call(self._adapters, redact_messages(messages), partial(_shape_redacted, shape), read, sink)
        return await self._dispatcher.run(task, call)


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


def count_input(messages: list[ModelMessage], parameters: ModelRequestParameters) -> int:
    """Return an upper estimate of the tokens of a conversation."""
    texts = [text for message in messages for text in _list_texts(message)]
    texts += [str(tool.parameters_json_schema) for tool in (*parameters.function_tools, *parameters.output_tools)]
    return estimate_tokens(*texts)


def estimate_tokens(*texts: str, fixed: Sequence[str] = ()) -> int:
    """Return how many tokens texts are at most: the estimate may fall 5 % short, and each part has its wrapping.

    Args:
        texts: What changes with each request.
        fixed: What is the same each time, and counted once.
    """
    counted = sum(count_tokens(text) for text in texts) + sum(_count_fixed(text) for text in fixed)
    return int(counted * 1.06) + 32 + 8 * (len(texts) + len(fixed))


def redact_messages(messages: list[ModelMessage]) -> list[ModelMessage]:
    """Return a conversation without secrets: instructions, prompts, results of tools, and what models said before."""
    return [_redact_message(message) for message in messages]


def _redact_message(message: ModelMessage) -> ModelMessage:
    # What holds no secret stays the object it is: a copy of each part costs as much as a decision.
    parts: Any = [_redact_part(part) for part in message.parts]
    is_same = all(new is old for new, old in zip(parts, message.parts, strict=True))
    if not isinstance(message, ModelRequest) or not message.instructions:
        return message if is_same else replace(message, parts=parts)
    instructions = redact(message.instructions).text
    if is_same and instructions == message.instructions:
        return message
    return replace(message, parts=parts, instructions=instructions)


def _redact_part(part: Any) -> Any:
    if not isinstance(part, SystemPromptPart | UserPromptPart | ToolReturnPart | TextPart):
        return part
    content = _redact_content(part.content)
    return part if content == part.content else replace(part, content=content)


def _redact_content(content: Any) -> Any:
    if isinstance(content, str):
        return redact(content).text
    if isinstance(content, list | tuple):
        return [_redact_content(item) for item in content]
    if isinstance(content, dict):
        return {key: _redact_content(value) for key, value in content.items()}
    return content


def _list_texts(message: ModelMessage) -> list[str]:
    texts = [str(getattr(part, "content", None) or getattr(part, "args", "") or "") for part in message.parts]
    if isinstance(message, ModelRequest) and message.instructions:
        texts.append(message.instructions)
    return texts
