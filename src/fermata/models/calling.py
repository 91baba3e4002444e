"""One call to one adapter under its deadlines, and what makes an answer none.

Streaming even where the whole answer is wanted: silence is noticed after seconds, not after minutes. The deadlines are
ours and absolute; what a provider asks to wait for is not waited for here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fermata.domain.model import AttemptOutcome, Usage
from fermata.models.adapters import WAITING, Adapters
from fermata.models.calls import Call, CallFailed, Order, Reply
from fermata.models.failures import describe_failure
from fermata.models.settings import Deadlines
from fermata.rules.routing import Failure

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.settings import ModelSettings as AiSettings

# Of the silence that is allowed, by which it may be cut short.
_COARSE = 0.1

Shape = Callable[[Order, str], "tuple[AiSettings | None, ModelRequestParameters]"]
"""Gives the settings and the form of the answer as one target takes them. The text is the best way its model has:
`native` or `tool`."""
Read = Callable[["ModelResponse", Order], Any]
"""Takes the value out of an answer. Raises `BadAnswer`."""


class BadAnswer(Exception):
    """An answer came, and it is none.

    Args:
        is_about_form: It is words where a form was asked for.
        is_cut_off: It ended at its limit of tokens.
        outcome: Otherwise than bad: cut off by the provider's own rule.
    """

    def __init__(
        self,
        why: str,
        *,
        is_about_form: bool = False,
        is_cut_off: bool = False,
        outcome: AttemptOutcome = AttemptOutcome.BAD_ANSWER,
    ) -> None:
        super().__init__(why)
        self.is_about_form = is_about_form
        self.is_cut_off = is_cut_off
        self.outcome = outcome


@dataclass(slots=True)
class _Watch:
    """Moves the deadline of a call as its answer comes in, and keeps what came."""

    deadlines: Deadlines
    began: float = 0.0
    due: float = 0.0
    """When the timeout ends, on the loop's clock."""
    timeout: asyncio.Timeout | None = None
    first_byte_s: float | None = None
    response: ModelResponse | None = None

    def start(self, *, is_streamed: bool) -> asyncio.Timeout:
        """Begin to wait. Without a stream the first byte is the last one, so the whole answer's deadline holds."""
        self.began = asyncio.get_running_loop().time()
        answer_s = self.deadlines.answer_s
        self.timeout = asyncio.timeout_at(
            self.began + (min(self.deadlines.first_byte_s, answer_s) if is_streamed else answer_s)
        )
        return self.timeout

    def note_first_byte(self) -> None:
        """From now on silence is what counts."""
        now = asyncio.get_running_loop().time()
        if self.first_byte_s is None:
            self.first_byte_s = now - self.began
            self.due = 0.0
        due = min(now + self.deadlines.stall_s, self.began + self.deadlines.answer_s)
        # Moved by a tenth at a time: a stream has hundreds of events, and each move is a timer.
        if self.timeout is not None and due - self.due > _COARSE * self.deadlines.stall_s:
            if not self.timeout.expired():
                self.timeout.reschedule(due)
            self.due = due

    def describe_timeout(self) -> str:
        """Say which deadline it was."""
        passed = asyncio.get_running_loop().time() - self.began
        if passed >= self.deadlines.answer_s:
            return f"no whole answer within {self.deadlines.answer_s:g} s"
        if self.first_byte_s is None:
            return f"no first byte within {self.deadlines.first_byte_s:g} s"
        return f"it fell silent for {self.deadlines.stall_s:g} s within its answer"


def make_call(adapters: Adapters, messages: Sequence[ModelMessage], shape: Shape, read: Read) -> Call:
    """Return what the dispatcher calls for each target in turn.

    Whatever an adapter raises is a failed call: of some broken answers they raise `IndexError`.
    """
    ask = partial(_ask, adapters, list(messages), shape, read)

    async def call(order: Order) -> Reply:
        watch = _Watch(order.deadlines)
        [result] = await asyncio.gather(ask(order, watch), return_exceptions=True)
        if isinstance(result, Reply):
            return result
        if isinstance(result, CallFailed) or not isinstance(result, Exception):
            raise result
        raise _describe(result, watch) from result

    return call


async def _ask(
    adapters: Adapters, messages: list[ModelMessage], shape: Shape, read: Read, order: Order, watch: _Watch
) -> Reply:
    # What the first call imports does not count: it is not the target that is slow.
    model = adapters.find(order)
    if model is None:
        model = await asyncio.wait_for(adapters.get(order), order.deadlines.answer_s)
    settings, parameters = shape(order, "native" if model.profile.get("supports_json_schema_output") else "tool")
    # What a chat template would take for its own signs is broken up here, for targets where that may happen.
    messages = model.prepare_messages(messages, parameters)
    is_streamed = order.lane.settings.stream
    async with watch.start(is_streamed=is_streamed):
        if is_streamed:
            WAITING.set(watch)  # For this task alone; it ends with the call.
            async with model.request_stream(messages, settings, parameters) as streamed:
                watch.note_first_byte()
                async for _ in streamed:
                    watch.note_first_byte()
                watch.response = streamed.get()
        else:
            watch.response = await model.request(messages, settings, parameters)
    refuse_broken(watch.response)
    value = read(watch.response, order)
    return Reply(
        value,
        usage=_read_usage(watch.response),
        output_text=watch.response.text or "",
        fingerprint=_read_fingerprint(watch.response),
        first_byte_s=watch.first_byte_s,
    )


def _describe(error: Exception, watch: _Watch) -> CallFailed:
    response = watch.response
    if isinstance(error, BadAnswer):
        failure = Failure(
            error.outcome, message=str(error), is_about_form=error.is_about_form, is_cut_off=error.is_cut_off
        )
    elif isinstance(error, TimeoutError) and response is None:
        failure = Failure(AttemptOutcome.TIMED_OUT, message=watch.describe_timeout())
    else:
        failure = describe_failure(error)
    return CallFailed(
        failure,
        usage=_read_usage(response) if response else None,
        first_byte_s=watch.first_byte_s,
        fingerprint=_read_fingerprint(response) if response else "",
    )


def refuse_broken(response: ModelResponse) -> None:
    """Refuse an answer that holds nothing, or was cut off by the provider's own rule.

    Raises:
        BadAnswer: There is neither text nor a call of a tool.
    """
    if response.finish_reason == "content_filter":
        raise BadAnswer("the provider's content filter cut the answer off", outcome=AttemptOutcome.REFUSED)
    if response.finish_reason == "error":
        raise BadAnswer("the provider ended the answer with an error")
    if not response.tool_calls and not (response.text or "").strip():
        is_cut_off = response.finish_reason == "length"
        why = ": it thought until its limit was reached" if is_cut_off else ""
        raise BadAnswer(f"an answer without text and without a call{why}", is_cut_off=is_cut_off)


def refuse_bad_calls(response: ModelResponse, parameters: ModelRequestParameters) -> None:
    """Refuse calls of tools that were never offered, and arguments that are no JSON object.

    Raises:
        BadAnswer: There is one.
    """
    for call in response.tool_calls:
        if call.tool_name not in parameters.tool_defs:
            raise BadAnswer(f"it calls a tool that does not exist: {call.tool_name[:60]!r}")
        if isinstance(call.args, str):
            try:
                arguments = json.loads(call.args or "{}")
            except ValueError as error:
                raise BadAnswer(f"the arguments of {call.tool_name} are not JSON") from error
            if not isinstance(arguments, dict):
                raise BadAnswer(f"the arguments of {call.tool_name} are no JSON object")


def _read_usage(response: ModelResponse) -> Usage | None:
    usage = response.usage
    if not (usage.input_tokens or usage.output_tokens):
        return None
    return Usage(
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )


def _read_fingerprint(response: ModelResponse) -> str:
    details = response.provider_details or {}
    parts = (response.model_name, details.get("system_fingerprint"))
    return " ".join(str(part) for part in parts if part)
