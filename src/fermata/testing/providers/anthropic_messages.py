"""Anthropic's messages.

Source: docs.anthropic.com/en/api/messages, messages-streaming and errors, read 2026-11-25; errors as measured. It
refuses fields it does not model, a request without a limit, and content in another form than blocks.
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
    read_arguments,
    require_json,
    require_keys,
    stream,
)
from fermata.testing.web_server import Answer, Request

_FIELDS = (
    "model", "messages", "max_tokens", "system", "stream", "tools", "tool_choice", "temperature", "stop_sequences",
    "thinking", "output_config", "metadata",
)  # fmt: skip
_ERRORS: Mapping[ModelFault, tuple[int, str, str]] = {
    ModelFault.RATE_LIMITED: (429, "rate_limit_error", "Number of request tokens has exceeded your per-minute limit"),
    ModelFault.RATE_LIMITED_LONG: (429, "rate_limit_error", "Number of requests has exceeded your daily rate limit"),
    ModelFault.RATE_LIMITED_SILENT: (429, "rate_limit_error", "Number of requests has exceeded your rate limit"),
    ModelFault.SERVER_ERROR: (500, "api_error", "Internal server error"),
    ModelFault.UNAVAILABLE: (529, "overloaded_error", "Overloaded"),
    ModelFault.UNAUTHORISED: (401, "authentication_error", "invalid x-api-key"),
    ModelFault.TOO_LONG: (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    ModelFault.NO_CREDIT: (
        400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API",
    ),
    ModelFault.PAYMENT: (402, "billing_error", "Your account has an unpaid invoice"),
    ModelFault.NO_MODEL: (404, "not_found_error", "model: claude-none"),
    ModelFault.NO_SCHEMA: (400, "invalid_request_error", "output_config: not supported by this model"),
}  # fmt: skip
_RETRY_AFTER = {ModelFault.RATE_LIMITED: "2", ModelFault.RATE_LIMITED_LONG: "120"}
_STOPS = {ModelFault.FILTERED: "refusal", ModelFault.CUT_OFF: "max_tokens"}


@dataclass(slots=True)
class FakeAnthropic:
    """Answers requests of `WebServer` under `/v1`."""

    script: Script = field(default_factory=Script)

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path != "/v1/messages":
            raise NotImplementedError(request.path)
        if "anthropic-version" not in request.headers:
            raise AssertionError("no anthropic-version")
        body = require_json(request)
        _check(body)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key", "") or bearer
        fault = self.script.take_fault(key)
        is_streamed = bool(body.get("stream"))
        if fault is ModelFault.STREAM_ERROR and not is_streamed:
            fault = ModelFault.UNAVAILABLE
        is_error = fault in _ERRORS or fault in UNBILLED
        self.script.note(body, key=key, model=body["model"], is_streamed=is_streamed, is_billed=not is_error)
        if fault is not None and fault in _ERRORS:
            status, kind, message = _ERRORS[fault]
            headers = {"Retry-After": _RETRY_AFTER[fault]} if fault in _RETRY_AFTER else {}
            return Answer({"type": "error", "error": {"type": kind, "message": message}}, status, headers)
        if fault is ModelFault.STREAM_ERROR:
            return stream([_event("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}})], None)
        if fault is ModelFault.BROKEN_BODY:
            return Answer(b'event: message_start\ndata: {"type": "mess\n\n' if is_streamed else b'{"type": "mess')
        blocks = _make_blocks(body, self.script, fault)
        stop = (_STOPS.get(fault) if fault else None) or _find_stop(blocks)
        usage = _write_usage(self.script.usage)
        if is_streamed:
            return stream(_write_stream(body, blocks, stop, usage), fault)
        content = [
            {**block, "input": read_arguments(block["input"])} if "input" in block else block for block in blocks
        ]
        whole = {**_head(body), "content": content, "stop_reason": stop, "usage": usage}
        return Answer(whole, fault=find_connection_fault(fault))


def _check(body: Mapping[str, Any]) -> None:
    require_keys(body, _FIELDS, "fields")
    if not isinstance(body.get("max_tokens"), int):
        raise AssertionError("max_tokens is required")  # noqa: TRY004 - the web server keeps it as a complaint
    for message in body["messages"]:
        if message["role"] not in ("user", "assistant"):
            raise AssertionError(f"role {message['role']}")
        if not isinstance(message["content"], list) or not message["content"]:
            raise AssertionError("content in another form than blocks")
    for tool in body.get("tools", ()):
        if not tool["name"] or tool["input_schema"].get("type") != "object":
            raise AssertionError("a tool without a name or an object")


def _make_blocks(body: Mapping[str, Any], script: Script, fault: ModelFault | None) -> list[dict[str, Any]]:
    text = script.make_text(body)
    tools = [tool["name"] for tool in body.get("tools", ())]
    if fault is ModelFault.NO_CHOICES:
        return []
    if fault is ModelFault.EMPTY:
        return [{"type": "text", "text": ""}]
    if fault is ModelFault.UNKNOWN_TOOL:
        return [_call("delete_everything", "{}")]
    if fault is ModelFault.BAD_TOOL_JSON:
        return [_call(tools[0], '{"a": ')] if tools else [{"type": "text", "text": 'Sure: {"a": '}]
    if fault is ModelFault.CUT_OFF:
        text = text[: len(text) // 2]
    return [_call(tools[0], text)] if tools else [{"type": "text", "text": text}]


def _find_stop(blocks: list[dict[str, Any]]) -> str:
    return "tool_use" if blocks and blocks[0]["type"] == "tool_use" else "end_turn"


def _call(name: str, arguments: str) -> dict[str, Any]:
    # Kept as text: a stream brings it so, and so it can be broken.
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments}


def _write_stream(
    body: Mapping[str, Any], blocks: list[dict[str, Any]], stop: str, usage: dict[str, Any]
) -> Iterator[str]:
    first = {**_head(body), "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield _event("message_start", {"message": first})
    for index, block in enumerate(blocks):
        is_text = block["type"] == "text"
        begun = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield _event("content_block_start", {"index": index, "content_block": begun})
        for piece in cut(block["text"] if is_text else block["input"]):
            delta = {"type": "text_delta", "text": piece} if is_text else {
                "type": "input_json_delta", "partial_json": piece
            }  # fmt: skip
            yield _event("content_block_delta", {"index": index, "delta": delta})
        yield _event("content_block_stop", {"index": index})
    done = {"delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": usage["output_tokens"]}}
    yield _event("message_delta", done)
    yield _event("message_stop", {})


def _head(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}


def _event(name: str, value: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name, **value})}\n\n"


def _write_usage(usage: Usage) -> dict[str, Any]:
    """Anthropic counts the cached and the written tokens beside the others, not among them."""
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
    }
