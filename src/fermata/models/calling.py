"""One call to one adapter under its deadlines, and what makes an answer none.

Streaming even where the whole answer is wanted: silence is noticed after seconds, not after minutes. The deadlines are
ours and absolute; what a provider asks to wait for is not waited for here.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fermata.domain.model import AttemptOutcome, Usage
from fermata.kit.redaction import hide_known, redact_cut
from fermata.models.adapters import SYSTEM_FINGERPRINT, WAITING, Adapters
from fermata.models.calls import Call, CallFailed, Order, Reply
from fermata.models.failures import Said, describe_failure, read_said
from fermata.models.settings import Deadlines, KeySettings
from fermata.rules.routing import Failure

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import ModelRequestParameters, StreamedResponse
    from pydantic_ai.settings import ModelSettings as AiSettings

# Of the silence that is allowed, by which it may be cut short.
_COARSE = 0.1
# Characters of an answer, at most: a token has some four, and thoughts count to the limit or do not.
_LONGEST_TOKEN = 64
_LONGEST_REST = 100_000
_SAYING_THE_END = ("anthropic", "bedrock")
_CUT = "the answer was cut off: its stream ended before it did"
_LONGEST_SAID = 120
"""Characters of what was said instead of an answer: whether it is a refusal or a question is seen."""
# A backslash takes the sign behind it along.
_JSON_MARK = re.compile(r"\\.|[\"{}\[\]]", re.DOTALL)

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
    moves_at: float = 0.0
    """Until then another part changes nothing."""
    read_clock: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)
    timeout: asyncio.Timeout | None = None
    first_byte_s: float | None = None
    response: ModelResponse | None = None
    streamed: StreamedResponse | None = None
    said: Said | None = None
    """What came instead of an answer, with a status of success."""

    def start(self, *, is_streamed: bool) -> asyncio.Timeout:
        """Begin to wait. Without a stream the first byte is the last one, so the whole answer's deadline holds."""
        self.began = self.read_clock()
        answer_s = self.deadlines.answer_s
        self.timeout = asyncio.timeout_at(
            self.began + (min(self.deadlines.first_byte_s, answer_s) if is_streamed else answer_s)
        )
        return self.timeout

    def note_first_byte(self) -> None:
        """From now on silence is what counts."""
        if self.timeout is None:
            return  # The list of models came, which is asked for first: the answer itself has not begun.
        now = self.read_clock()
        # Moved by a tenth at a time: a stream has hundreds of events, and each move is a timer.
        if now < self.moves_at:
            return
        self.moves_at = now + _COARSE * self.deadlines.stall_s
        if self.first_byte_s is None:
            self.first_byte_s = now - self.began
        if not self.timeout.expired():
            self.timeout.reschedule(min(now + self.deadlines.stall_s, self.began + self.deadlines.answer_s))

    def note_body(self, kind: str, text: str) -> None:
        """Keep what a body says that is no answer."""
        self.said = read_said(kind, text)

    def describe_timeout(self) -> str:
        """Say which deadline it was."""
        passed = self.read_clock() - self.began
        if passed >= self.deadlines.answer_s:
            return f"no whole answer within {self.deadlines.answer_s:g} s"
        if self.first_byte_s is None:
            return f"no first byte within {self.deadlines.first_byte_s:g} s"
        return f"it fell silent for {self.deadlines.stall_s:g} s within its answer"


@dataclass(slots=True)
class _Boundary:
    """Turns whatever an adapter raises into a failed call: of some broken answers they raise `IndexError`."""

    watch: _Watch
    key: KeySettings | None

    def __enter__(self) -> None:
        """Nothing is to be done yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise the failed call instead."""
        if not isinstance(error, Exception):
            return
        key = self.key.key.get_secret_value() if self.key is not None else ""
        failed = error if isinstance(error, CallFailed) else _describe(error, self.watch, key)
        if key:
            # An endpoint that refuses a key likes to repeat it, and one of a house's own making looks like no secret.
            said = hide_known(failed.failure.message, [key])
            failed.failure = replace(failed.failure, message=said)
        if failed is not error:
            raise failed from error


def make_call(adapters: Adapters, messages: Sequence[ModelMessage], shape: Shape, read: Read) -> Call:
    """Return what the dispatcher calls for each target in turn.

    Args:
        adapters: Where the targets' adapters are.
        messages: What is asked, redacted.
        shape: See `Shape`.
        read: See `Read`.
    """
    question = _Question(adapters, list(messages), shape, read)

    async def call(order: Order) -> Reply:
        watch = _Watch(order.deadlines)
        token = WAITING.set(watch)
        try:
            with _Boundary(watch, order.key):
                return await question.ask(order, watch)
        finally:
            WAITING.reset(token)

    return call


@dataclass(slots=True)
class _Question:
    """What is asked of each target in turn."""

    adapters: Adapters
    messages: list[ModelMessage]
    shape: Shape
    read: Read

    async def ask(self, order: Order, watch: _Watch) -> Reply:
        """Ask one target. Raises whatever its adapter raises."""
        # What the first call imports does not count: it is not the target that is slow.
        model = self.adapters.find(order)
        if model is None:
            model = await asyncio.wait_for(self.adapters.get(order), order.deadlines.answer_s)
        settings, form = self.shape(order, "native" if model.profile.get("supports_json_schema_output") else "tool")
        # What a chat template would take for its own signs is broken up here, for targets where that may happen.
        messages = model.prepare_messages(self.messages, form)
        is_streamed = order.lane.settings.stream
        async with watch.start(is_streamed=is_streamed):
            if is_streamed:
                async with model.request_stream(messages, settings, form) as streamed:
                    watch.streamed = streamed
                    watch.note_first_byte()
                    await _drain(streamed, watch, _LONGEST_REST + _LONGEST_TOKEN * order.max_output_tokens)
                    response = streamed.get()
                    refuse_cut(response)
            else:
                response = await model.request(messages, settings, form)
        watch.response = response
        refuse_broken(response)
        try:
            value = self.read(response, order)
        except BadAnswer as error:
            if is_streamed and is_cut(response):
                raise BadAnswer(_CUT, outcome=AttemptOutcome.UNREACHABLE) from error
            raise
        return Reply(
            value,
            usage=_read_usage(response),
            output_text=response.text or "",
            fingerprint=_read_fingerprint(response),
            first_byte_s=watch.first_byte_s,
        )


async def _drain(streamed: StreamedResponse, watch: _Watch, longest: int) -> None:
    """Read a stream to its end, or refuse it where it goes on far beyond the limit that was asked for."""
    length = 0
    async for event in streamed:
        watch.note_first_byte()
        length += _measure(event)
        if length > longest:
            raise BadAnswer(f"it goes on beyond its limit of tokens: {length:,} characters came")


def _measure(event: object) -> int:
    """Return how many characters an event brings: of text, of thoughts, or of what a tool is called with."""
    if getattr(event, "event_kind", "") == "part_end":
        return 0  # The whole part, which came already.
    piece = getattr(event, "delta", None) or getattr(event, "part", None)
    told = (getattr(piece, name, None) for name in ("content_delta", "args_delta", "content", "args"))
    return sum(len(str(text)) for text in told if text)


def _describe(error: Exception, watch: _Watch, key: str) -> CallFailed:
    response = watch.response
    if isinstance(error, BadAnswer):
        failure = Failure(
            error.outcome, message=str(error), is_about_form=error.is_about_form, is_cut_off=error.is_cut_off
        )
    elif isinstance(error, TimeoutError) and response is None:
        failure = Failure(AttemptOutcome.TIMED_OUT, message=watch.describe_timeout())
    else:
        failure = describe_failure(error, key)
    if failure.said is AttemptOutcome.BAD_ANSWER and watch.said is not None:
        # What an SDK makes of such a body says nothing of it.
        failure = watch.said.to_failure()
    # Of an answer that was cut, what came of it tells at least who gave it; its usage would be that of a part.
    said = response or (watch.streamed.get() if watch.streamed else None)
    failed = CallFailed(
        failure,
        usage=_read_usage(response) if response else None,
        first_byte_s=watch.first_byte_s,
        fingerprint=_read_fingerprint(said) if said else "",
    )
    failed.had_begun = said is not None and bool(said.parts or _read_usage(said))
    return failed


def refuse_cut(response: ModelResponse) -> None:
    """Refuse a stream that ended without saying that it has: the connection was closed within it.

    Bedrock's SDK takes that for an end. Small servers that speak OpenAI's format never say it, and there the length of
    the body or its last chunk tells.

    Raises:
        BadAnswer: It is a part of an answer.
    """
    if response.parts and response.finish_reason is None and response.provider_name in _SAYING_THE_END:
        raise BadAnswer(_CUT, outcome=AttemptOutcome.UNREACHABLE)


def is_cut(response: ModelResponse) -> bool:
    """Answer whether an answer that is none broke off: nobody said that it ended, and its JSON is open.

    Where neither the length of the body nor a last chunk tells, a closed connection looks like an end; the model is not
    to blame for it.
    """
    text = (response.text or "").strip()
    # pydantic-ai makes a stop of an end that nobody told; the provider's own word is kept beside it.
    is_told = (response.provider_details or {}).get("finish_reason") is not None
    return not is_told and _is_open(text[max(text.find("{"), 0) :])


def _is_open(text: str) -> bool:
    """Answer whether a text begins a JSON object that it does not end."""
    if not text.startswith("{"):
        return False
    depth, in_string = 0, False
    for part in _JSON_MARK.findall(text):
        if part == '"':
            in_string = not in_string
        elif not in_string and part in "{[":
            depth += 1
        elif not in_string and part in "}]":
            depth -= 1
    return in_string or depth > 0


def refuse_broken(response: ModelResponse) -> None:
    """Refuse an answer that holds nothing, or was cut off by the provider's own rule.

    Raises:
        BadAnswer: There is neither text nor a call of a tool.
    """
    if response.finish_reason == "content_filter":
        raise BadAnswer(_tell_refusal(response.provider_details or {}), outcome=AttemptOutcome.REFUSED)
    # pydantic-ai knows of OpenAI's format no such end; OpenRouter says it, and so the provider's own word counts.
    if "error" in (response.finish_reason, (response.provider_details or {}).get("finish_reason")):
        raise BadAnswer("the provider ended the answer with an error", outcome=AttemptOutcome.OVERLOADED)
    if not response.tool_calls and not (response.text or "").strip():
        is_cut_off = response.finish_reason == "length"
        why = ": it thought until its limit was reached" if is_cut_off else ""
        raise BadAnswer(f"an answer without text and without a call{why}", is_cut_off=is_cut_off)


def _tell_refusal(details: Mapping[str, Any]) -> str:
    """Return who would not answer: the model, as the API has a field for it, or a filter before or behind it.

    OpenAI: `refusal` beside `content` (Structured outputs, "Refusals"); Anthropic: the stop reason `refusal`.
    """
    said = str(details.get("refusal") or "")
    if said:
        return f"the model declined to answer: {json.dumps(redact_cut(said, _LONGEST_SAID).text, ensure_ascii=False)}"
    if details.get("finish_reason") == "refusal":
        return "the model declined to answer"
    return "the provider's content filter cut the answer off"


def _read_usage(response: ModelResponse) -> Usage | None:
    usage = response.usage
    if not (usage.input_tokens or usage.output_tokens):
        return None
    # Some proxy tells fractions of a token, and of a stream pydantic-ai takes over what it says.
    return Usage(
        input_tokens=ceil(usage.input_tokens),
        cached_tokens=ceil(usage.cache_read_tokens),
        cache_write_tokens=ceil(usage.cache_write_tokens),
        output_tokens=ceil(usage.output_tokens),
    )


def _read_fingerprint(response: ModelResponse) -> str:
    """Return the provider's own words for what answered: the model it names and, where there is one, its build.

    Bedrock names none: its adapter repeats what was asked for, which tells nothing.
    """
    details = response.provider_details or {}
    said = None if response.provider_name == "bedrock" else response.model_name
    return " ".join(str(part) for part in (said, details.get(SYSTEM_FINGERPRINT)) if part)
