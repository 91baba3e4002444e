"""What a fake provider is told to say, how it fails, and what it counted. The wire formats are its neighbours' part."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fermata.domain.model import Usage
from fermata.testing.web_server import Answer, Fault, Request


class ModelFault(StrEnum):
    """A way a provider fails, as measured on real ones."""

    RATE_LIMITED = "rate_limited"
    """429 with `Retry-After: 2`."""
    RATE_LIMITED_LONG = "rate_limited_long"
    """429 with `Retry-After: 120`: longer than anyone waits."""
    RATE_LIMITED_SILENT = "rate_limited_silent"
    """429 without the header."""
    SERVER_ERROR = "server_error"
    """500."""
    UNAVAILABLE = "unavailable"
    """503; Anthropic's 529."""
    HANG = "hang"
    RESET = "reset"
    """The connection is closed without an answer."""
    UNAUTHORISED = "unauthorised"
    """401, or what the provider says instead."""
    TOO_LONG = "too_long"
    """400: the prompt does not fit into the context."""
    NO_CREDIT = "no_credit"
    """429 `insufficient_quota` (OpenAI), 400 (Anthropic), a quota error (Bedrock)."""
    PAYMENT = "payment"
    """402, as OpenRouter and DeepSeek say it."""
    NO_MODEL = "no_model"
    """404."""
    NO_SCHEMA = "no_schema"
    """400 whenever a schema or a tool is asked for; plain requests are answered."""
    BROKEN_BODY = "broken_body"
    """200 with a body that is no JSON."""
    NO_CHOICES = "no_choices"
    """200 with a valid body that holds no answer."""
    EMPTY = "empty"
    """200 with an answer without text."""
    BAD_TOOL_JSON = "bad_tool_json"
    """200 with a tool call whose arguments are no JSON; for a schema, text that is none."""
    UNKNOWN_TOOL = "unknown_tool"
    """200 with a call of a tool that was not offered."""
    STALL = "stall"
    """Falls silent within its answer."""
    CUT = "cut"
    """The connection is closed within its answer."""
    STREAM_ERROR = "stream_error"
    """200, and an error where a stream should begin: too much load. 503 for a request that is not streamed."""
    FILTERED = "filtered"
    """200, cut off by the content filter."""
    CUT_OFF = "cut_off"
    """200, cut off at the limit of tokens."""


_OF_CONNECTIONS: Mapping[ModelFault, Fault] = {
    ModelFault.HANG: Fault.HANG,
    ModelFault.RESET: Fault.DROP,
    ModelFault.STALL: Fault.STALL,
    ModelFault.CUT: Fault.HALF,
}
UNBILLED = (ModelFault.HANG, ModelFault.RESET, ModelFault.STREAM_ERROR)
"""Faults without a status of their own that cost nothing."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that arrived and was of the right form."""

    key: str
    model: str
    is_streamed: bool
    body: Mapping[str, Any]
    usage: Usage
    """What the provider counted and will bill: nothing for an error."""


@dataclass(slots=True)
class Script:
    """What a fake provider says."""

    say: str | Callable[[Mapping[str, Any]], str] = "ok"
    """Its answer, or how it makes one from the request. For a schema or a tool: the JSON text."""
    fault: ModelFault | None = None
    """How it fails, each time."""
    faults: deque[ModelFault | None] = field(default_factory=deque)
    """How it fails next, one for each request, before `fault`; `None` answers well."""
    keys: frozenset[str] = frozenset()
    """Keys it knows; empty: it asks for none."""
    bad_keys: dict[str, ModelFault] = field(default_factory=dict)
    """Keys that fail in a way of their own."""
    usage: Usage = field(default_factory=lambda: Usage(input_tokens=100, output_tokens=20))
    """What it counts for each answer."""
    tells_usage: bool = True
    """False: as some small servers, it keeps it to itself."""
    hits: list[Hit] = field(default_factory=list)
    """All that arrived, in order."""
    on_hit: Callable[[], None] | None = None
    """Called as a request arrives: a test notes the instant and the order."""

    def plan(self, *faults: ModelFault | None) -> None:
        """Fail like this next, one for each request."""
        self.faults.extend(faults)

    def take_fault(self, key: str) -> ModelFault | None:
        """Return how this request fails."""
        if key in self.bad_keys:
            return self.bad_keys[key]
        if self.keys and key not in self.keys:
            return ModelFault.UNAUTHORISED
        return self.faults.popleft() if self.faults else self.fault

    def note(self, request: Mapping[str, Any], *, key: str, model: str, is_streamed: bool, is_billed: bool) -> None:
        """Remember a request."""
        usage = self.usage if is_billed else Usage()
        self.hits.append(Hit(key, model, is_streamed, request, usage))
        if self.on_hit is not None:
            self.on_hit()

    def make_text(self, request: Mapping[str, Any]) -> str:
        """Return what it says to a request."""
        return self.say if isinstance(self.say, str) else self.say(request)


def require_keys(value: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    """Refuse what is not modelled.

    Raises:
        NotImplementedError: A key is not among the known ones.
    """
    if unknown := set(value) - set(known):
        message = f"{what}: {sorted(unknown)}"
        raise NotImplementedError(message)


def require_json(request: Request) -> dict[str, Any]:
    """Return the JSON object of a POST.

    Raises:
        AssertionError: It is no POST of JSON.
        ValueError: Its body is no object.
    """
    if request.method != "POST" or "application/json" not in request.headers.get("content-type", ""):
        raise AssertionError(f"{request.method} of {request.headers.get('content-type')}")
    body = request.read()
    if not isinstance(body, dict):
        raise ValueError("the body is no object")  # noqa: TRY004 - the web server keeps it as a complaint
    return body


def find_connection_fault(fault: ModelFault | None) -> Fault | None:
    """Return what becomes of the connection; `None` keeps it whole."""
    return _OF_CONNECTIONS.get(fault) if fault is not None else None


def cut(text: str, parts: int = 3) -> list[str]:
    """Return a text in about so many pieces, as a stream brings it."""
    step = max(1, -(-len(text) // parts))
    return [text[at : at + step] for at in range(0, len(text), step)]


def read_arguments(text: str) -> Any:
    """Return the arguments of a call as a whole answer holds them; a text that is no JSON stays one."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def stream(events: Iterable[str], fault: ModelFault | None) -> Answer:
    """Return server-sent events."""
    body = "".join(events).encode()
    headers = {"Content-Type": "text/event-stream"}
    return Answer(body, headers=headers, fault=find_connection_fault(fault))
