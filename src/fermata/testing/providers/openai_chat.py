"""OpenAI's chat completions, as OpenAI and a dozen servers of other makes speak them.

Source: platform.openai.com/docs/api-reference/chat, read 2026-11-25; errors as measured. It refuses fields it does not
model, a prompt without text, a schema without a name, and a stream whose usage nobody asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.domain.model import Usage
from fermata.testing.providers.script import (
    UNBILLED,
    ModelFault,
    Script,
    cut,
    find_connection_fault,
    require_json,
    require_keys,
    stream,
)
from fermata.testing.web_server import Answer, Request

_FIELDS = (
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "response_format", "tools",
    "tool_choice", "temperature", "seed", "stop", "parallel_tool_calls", "reasoning_effort",
)  # fmt: skip
_ROLES = ("system", "developer", "user", "assistant", "tool")
_ERRORS: Mapping[ModelFault, tuple[int, str, str, str]] = {
    ModelFault.RATE_LIMITED: (429, "rate_limit_exceeded", "requests", "Rate limit reached for requests"),
    ModelFault.RATE_LIMITED_LONG: (429, "rate_limit_exceeded", "tokens", "Rate limit reached on tokens per min (TPM)"),
    ModelFault.RATE_LIMITED_SILENT: (429, "rate_limit_exceeded", "requests", "Rate limit reached for requests"),
    ModelFault.SERVER_ERROR: (500, "", "server_error", "The server had an error while processing your request"),
    ModelFault.UNAVAILABLE: (503, "", "service_unavailable", "The engine is currently overloaded"),
    ModelFault.UNAUTHORISED: (401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided"),
    ModelFault.TOO_LONG: (
        400, "context_length_exceeded", "invalid_request_error",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens",
    ),
    ModelFault.NO_CREDIT: (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
    ModelFault.PAYMENT: (402, "", "", "Insufficient credits. Add more using the billing page"),
    ModelFault.NO_MODEL: (404, "model_not_found", "invalid_request_error", "The model does not exist"),
    ModelFault.NO_SCHEMA: (400, "", "invalid_request_error", "response_format of type json_schema is not supported"),
}  # fmt: skip
_RETRY_AFTER = {ModelFault.RATE_LIMITED: "2", ModelFault.RATE_LIMITED_LONG: "120"}
_FINISH = {ModelFault.FILTERED: "content_filter", ModelFault.CUT_OFF: "length"}


@dataclass(slots=True)
class FakeOpenAi:
    """Answers requests of `WebServer` under `/v1`."""

    script: Script = field(default_factory=Script)
    models: tuple[str, ...] = ("small-embed", "small-1")
    """What `/v1/models` lists."""

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path == "/v1/models" and request.method == "GET":
            return Answer({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})
        if request.path != "/v1/chat/completions":
            raise NotImplementedError(request.path)
        body = require_json(request)
        _check(body)
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        fault = self.script.take_fault(key)
        if fault is ModelFault.NO_SCHEMA and not ("response_format" in body or "tools" in body):
            fault = None
        is_streamed = bool(body.get("stream"))
        if fault is ModelFault.STREAM_ERROR and not is_streamed:
            fault = ModelFault.UNAVAILABLE
        is_error = fault in _ERRORS or fault in UNBILLED
        self.script.note(body, key=key, model=body["model"], is_streamed=is_streamed, is_billed=not is_error)
        if fault is not None and fault in _ERRORS:
            return _refuse(fault)
        if fault is ModelFault.STREAM_ERROR:
            error = {"message": "The server is overloaded", "type": "server_error", "code": "server_error"}
            return stream([_event({"error": error})], None)
        if fault is ModelFault.BROKEN_BODY:
            return Answer(b'data: {"choices": [{"de\n\n' if is_streamed else b'{"choices": [')
        message = _make_message(body, self.script, fault)
        usage = _write_usage(self.script.usage) if self.script.tells_usage else None
        if is_streamed:
            return stream(_write_stream(body, message, usage, fault), fault)
        return Answer(_write_whole(body, message, usage, fault), fault=find_connection_fault(fault))


def _check(body: Mapping[str, Any]) -> None:
    require_keys(body, _FIELDS, "fields")
    if not body["messages"]:
        raise AssertionError("no messages")
    for message in body["messages"]:
        if message["role"] not in _ROLES:
            raise AssertionError(f"role {message['role']}")
        if not message.get("content") and not message.get("tool_calls"):
            raise AssertionError("an empty message")
    if body.get("stream") and not body.get("stream_options", {}).get("include_usage"):
        raise AssertionError("a stream without its usage")
    if not (body.get("max_tokens") or body.get("max_completion_tokens")):
        raise AssertionError("an answer without a limit")
    _check_form(body)


def _check_form(body: Mapping[str, Any]) -> None:
    form = body.get("response_format")
    if form is not None:
        if form["type"] != "json_schema":
            raise NotImplementedError(form["type"])
        if not form["json_schema"]["name"] or "schema" not in form["json_schema"]:
            raise AssertionError("a schema without name or content")
    for tool in body.get("tools", ()):
        if tool["type"] != "function" or not tool["function"]["name"]:
            raise AssertionError("a tool without a name")


def _refuse(fault: ModelFault) -> Answer:
    status, code, kind, message = _ERRORS[fault]
    headers = {"Retry-After": _RETRY_AFTER[fault]} if fault in _RETRY_AFTER else {}
    return Answer({"error": {"message": message, "type": kind, "param": None, "code": code or None}}, status, headers)


def _make_message(body: Mapping[str, Any], script: Script, fault: ModelFault | None) -> dict[str, Any]:
    text = script.make_text(body)
    tools = [tool["function"]["name"] for tool in body.get("tools", ())]
    if fault is ModelFault.UNKNOWN_TOOL:
        return _call("delete_everything", "{}")
    if fault is ModelFault.BAD_TOOL_JSON:
        return _call(tools[0], '{"a": ') if tools else {"role": "assistant", "content": 'Sure: {"a": '}
    if fault is ModelFault.EMPTY:
        return {"role": "assistant", "content": ""}
    if fault is ModelFault.CUT_OFF:
        return {"role": "assistant", "content": text[: len(text) // 2]}
    return _call(tools[0], text) if tools else {"role": "assistant", "content": text}


def _call(name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}  # fmt: skip


def _write_whole(
    body: Mapping[str, Any], message: dict[str, Any], usage: dict[str, Any] | None, fault: ModelFault | None
) -> dict[str, Any]:
    finish = _FINISH.get(fault) if fault else None
    default = "tool_calls" if message.get("tool_calls") else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish or default}
    choices = [] if fault is ModelFault.NO_CHOICES else [choice]
    told = {"usage": usage} if usage else {}
    return {**_head(body, "chat.completion"), "choices": choices, **told}


def _write_stream(
    body: Mapping[str, Any], message: dict[str, Any], usage: dict[str, Any] | None, fault: ModelFault | None
) -> Iterator[str]:
    head = _head(body, "chat.completion.chunk")
    if fault is not ModelFault.NO_CHOICES:
        yield _event({**head, "choices": [_delta({"role": "assistant", "content": ""})]})
        for piece in cut(message.get("content") or ""):
            yield _event({**head, "choices": [_delta({"content": piece})]})
        for call in message.get("tool_calls", ()):
            yield from _write_call(head, call)
        finish = _FINISH.get(fault) if fault else None
        default = "tool_calls" if message.get("tool_calls") else "stop"
        yield _event({**head, "choices": [_delta({}, finish or default)]})
    if usage:
        yield _event({**head, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _write_call(head: dict[str, Any], call: dict[str, Any]) -> Iterator[str]:
    function = call["function"]
    first = {"index": 0, "id": call["id"], "type": "function", "function": {"name": function["name"], "arguments": ""}}
    yield _event({**head, "choices": [_delta({"tool_calls": [first]})]})
    for piece in cut(function["arguments"]):
        part = {"index": 0, "function": {"arguments": piece}}
        yield _event({**head, "choices": [_delta({"tool_calls": [part]})]})


def _head(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": body["model"],
            "system_fingerprint": "fp_1"}  # fmt: skip


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _write_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }
