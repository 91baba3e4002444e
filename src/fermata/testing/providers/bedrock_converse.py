"""Bedrock's converse, whole and streamed.

Source: docs.aws.amazon.com/bedrock/latest/APIReference, API_runtime_Converse and API_runtime_ConverseStream, and the
event stream encoding of smithy.io/2.0/aws/amazon-eventstream, read 2026-11-25. The signature must be there and name
service and region; it is not verified, for that is botocore's own work.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
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
)
from fermata.testing.web_server import Answer, Request

_PATH = re.compile(r"/model/([^/]+)/(converse|converse-stream)")
_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([a-z0-9-]+)/bedrock/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)
_FIELDS = ("messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields", "outputConfig")
_ERRORS: Mapping[ModelFault, tuple[int, str, str]] = {
    ModelFault.RATE_LIMITED: (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    ModelFault.RATE_LIMITED_LONG: (429, "ThrottlingException", "Too many tokens per day, please wait."),
    ModelFault.RATE_LIMITED_SILENT: (429, "ThrottlingException", "Your request rate is too high."),
    ModelFault.SERVER_ERROR: (500, "InternalServerException", "The system encountered an unexpected error."),
    ModelFault.UNAVAILABLE: (503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    ModelFault.UNAUTHORISED: (
        403, "UnrecognizedClientException", "The security token included in the request is invalid.",
    ),
    ModelFault.TOO_LONG: (400, "ValidationException", "Input is too long for requested model."),
    ModelFault.NO_CREDIT: (400, "ServiceQuotaExceededException", "You have exceeded your quota of tokens."),
    ModelFault.PAYMENT: (402, "ServiceQuotaExceededException", "Payment required."),
    ModelFault.NO_MODEL: (404, "ResourceNotFoundException", "Could not resolve the foundation model."),
    ModelFault.NO_SCHEMA: (400, "ValidationException", "This model doesn't support the toolConfig field."),
}  # fmt: skip
_EVENTS = "application/vnd.amazon.eventstream"
_STOPS = {ModelFault.FILTERED: "content_filtered", ModelFault.CUT_OFF: "max_tokens"}


@dataclass(slots=True)
class FakeBedrock:
    """Answers requests of `WebServer`."""

    script: Script = field(default_factory=Script)
    region: str = "eu-central-1"

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise NotImplementedError(request.path)
        body = require_json(request)
        _check(body)
        key = self._read_key(request)
        fault = self.script.take_fault(key)
        is_streamed = match[2] == "converse-stream"
        if fault is ModelFault.STREAM_ERROR and not is_streamed:
            fault = ModelFault.UNAVAILABLE
        is_error = fault in _ERRORS or fault in UNBILLED
        self.script.note(body, key=key, model=match[1], is_streamed=is_streamed, is_billed=not is_error)
        if fault is not None and fault in _ERRORS:
            status, code, message = _ERRORS[fault]
            return Answer({"message": message}, status, {"x-amzn-ErrorType": code})
        if fault is ModelFault.STREAM_ERROR:
            error = encode_event("serviceUnavailableException", {"message": "Too much load"}, kind="exception")
            return Answer(error, headers={"Content-Type": _EVENTS})
        if fault is ModelFault.BROKEN_BODY:
            return Answer(b"\0\0\0\1broken" if is_streamed else b'{"output": {')
        blocks = _make_blocks(body, self.script, fault)
        has_call = bool(blocks) and "toolUse" in blocks[0]
        stop = (_STOPS.get(fault) if fault else None) or ("tool_use" if has_call else "end_turn")
        usage = _write_usage(self.script.usage)
        connection = find_connection_fault(fault)
        if is_streamed:
            events = b"".join(encode_event(name, value) for name, value in _list_events(blocks, stop, usage))
            return Answer(events, headers={"Content-Type": _EVENTS}, fault=connection)
        return Answer(_write_whole(blocks, stop, usage), fault=connection)

    def _read_key(self, request: Request) -> str:
        authorisation = request.headers.get("authorization", "")
        if authorisation.startswith("Bearer "):
            return authorisation.removeprefix("Bearer ")
        match = _SIGNATURE.fullmatch(authorisation)
        if match is None or "x-amz-date" not in request.headers:
            raise AssertionError(f"not signed: {authorisation[:60]}")
        if match[2] != self.region:
            raise AssertionError(f"signed for {match[2]}")
        return match[1]


def encode_event(name: str, value: Mapping[str, Any], *, kind: str = "event") -> bytes:
    """Return one event of an AWS event stream.

    Args:
        name: Of the event, or of the exception.
        value: Its JSON.
        kind: `event`, or `exception`: an error within a stream that began well.
    """
    headers = b"".join(
        _encode_header(header, text)
        for header, text in (
            (f":{kind}-type", name), (":content-type", "application/json"), (":message-type", kind),
        )
    )  # fmt: skip
    payload = json.dumps(value).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _encode_header(name: str, text: str) -> bytes:
    value = text.encode()
    # 7: a string, with two bytes of length.
    return bytes([len(name)]) + name.encode() + b"\7" + struct.pack(">H", len(value)) + value


def _check(body: Mapping[str, Any]) -> None:
    require_keys(body, _FIELDS, "fields")
    if not body["inferenceConfig"].get("maxTokens"):
        raise AssertionError("an answer without a limit")
    for message in body["messages"]:
        if message["role"] not in ("user", "assistant") or not message["content"]:
            raise AssertionError("a message without role or content")
    for tool in body.get("toolConfig", {}).get("tools", ()):
        if "json" not in tool["toolSpec"]["inputSchema"]:
            raise AssertionError("a tool without a schema")


def _make_blocks(body: Mapping[str, Any], script: Script, fault: ModelFault | None) -> list[dict[str, Any]]:
    text = script.make_text(body)
    tools = [tool["toolSpec"]["name"] for tool in body.get("toolConfig", {}).get("tools", ())]
    if fault is ModelFault.NO_CHOICES:
        return []
    if fault is ModelFault.EMPTY:
        return [{"text": ""}]
    if fault is ModelFault.UNKNOWN_TOOL:
        return [_call("delete_everything", "{}")]
    if fault is ModelFault.BAD_TOOL_JSON:
        return [_call(tools[0], '{"a": ')] if tools else [{"text": 'Sure: {"a": '}]
    if fault is ModelFault.CUT_OFF:
        text = text[: len(text) // 2]
    return [_call(tools[0], text)] if tools else [{"text": text}]


def _call(name: str, arguments: str) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": "tool_1", "name": name, "input": arguments}}


def _list_events(
    blocks: list[dict[str, Any]], stop: str, usage: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(blocks):
        call = block.get("toolUse")
        if call:
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
        for piece in cut(call["input"] if call else block["text"]):
            delta = {"toolUse": {"input": piece}} if call else {"text": piece}
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": stop}
    yield "metadata", {"usage": usage, "metrics": {"latencyMs": 1}}


def _write_whole(blocks: list[dict[str, Any]], stop: str, usage: dict[str, Any]) -> dict[str, Any]:
    content = [
        {"toolUse": {**block["toolUse"], "input": read_arguments(block["toolUse"]["input"])}}
        if "toolUse" in block
        else block
        for block in blocks
    ]
    message = {"role": "assistant", "content": content}
    return {"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 1}}


def _write_usage(usage: Usage) -> dict[str, Any]:
    """Bedrock counts the cached and the written tokens beside the others, as Anthropic does."""
    plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    return {
        "inputTokens": plain,
        "cacheReadInputTokens": usage.cached_tokens,
        "cacheWriteInputTokens": usage.cache_write_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": plain + usage.output_tokens,
    }
