"""OpenAI's adapter, told to keep which build of a model answered: `system_fingerprint`, which pydantic-ai drops.

Both methods of both classes are hooks that pydantic-ai offers for this. It imports the SDK, so it is imported on first
use.
"""

from __future__ import annotations

from typing import Any

from openai.types import chat
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIStreamedResponse

from fermata.models.adapters import SYSTEM_FINGERPRINT


class _Streamed(OpenAIStreamedResponse):
    def _map_chunk_provider_details(self, chunk: chat.ChatCompletionChunk) -> dict[str, Any] | None:
        details = super()._map_chunk_provider_details(chunk)
        if not chunk.system_fingerprint:
            return details
        return {**(details or {}), SYSTEM_FINGERPRINT: chunk.system_fingerprint}


class ChatModel(OpenAIChatModel):
    """`OpenAIChatModel` whose answers carry `system_fingerprint` among their `provider_details`."""

    def _process_provider_details(self, response: chat.ChatCompletion) -> dict[str, Any] | None:
        details = super()._process_provider_details(response)
        if not response.system_fingerprint:
            return details
        return {**(details or {}), SYSTEM_FINGERPRINT: response.system_fingerprint}

    @property
    def _streamed_response_cls(self) -> type[OpenAIStreamedResponse]:
        return _Streamed
