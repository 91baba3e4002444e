"""pydantic-ai's adapters, one for each target and key, built on first use. The SDKs' own retries are off.

The connections of one event loop are shared by all its adapters; another loop (another command, another thread) gets
its own, because a connection cannot change loops.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from fermata.domain.model import AttemptOutcome
from fermata.models.calls import CallFailed, Lane, Order
from fermata.models.settings import KeySettings, TargetSettings
from fermata.rules.routing import Failure

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model

# Connections a loop keeps open: fifty calls at once, to a few providers.
_MOST_IDLE = 100
# Where a target has no key, the SDK still wants one; servers without authorisation ignore it.
_NO_KEY = "none"
_ON_THIS_MACHINE = ("all://localhost", "all://127.0.0.1", "all://[::1]")
SYSTEM_FINGERPRINT = "system_fingerprint"
"""Among the `provider_details` of an answer: which build of a model gave it."""


# What building an adapter imports, by provider: half a second to two.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "openai": ("fermata.models.openai_chat", "pydantic_ai.providers.openai"),
    "openai-compatible": ("fermata.models.openai_chat", "pydantic_ai.providers.openai_compatible"),
    "anthropic": ("pydantic_ai.models.anthropic", "pydantic_ai.providers.anthropic"),
    "bedrock": ("boto3", "pydantic_ai.models.bedrock", "pydantic_ai.providers.bedrock"),
}


class FirstByte(Protocol):
    """Whoever wants to know that an answer has begun."""

    def note_first_byte(self) -> None:
        """Take note; again changes nothing."""
        ...

    def note_body(self, kind: str, text: str) -> None:
        """Take note of a whole body, and of its content type, that came where parts of an answer may have."""
        ...


WAITING: ContextVar[FirstByte | None] = ContextVar("fermata_model_call", default=None)
"""The call of this task, told by the HTTP client when the head of its answer has come."""


@dataclass(slots=True)
class _Loop:
    client: httpx2.AsyncClient
    adapters: dict[tuple[int, str], Model] = field(default_factory=dict)
    building: asyncio.Lock = field(default_factory=asyncio.Lock)


class Adapters:
    """Gives the adapter of a target and a key."""

    def __init__(self) -> None:
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Loop] = weakref.WeakKeyDictionary()
        self._names: dict[int, str] = {}

    @staticmethod
    def preload(lanes: Sequence[Lane]) -> None:
        """Import what the adapters of some targets need. Opens nothing: connections belong to the loop that asks.

        Raises:
            ImportError: A part of the extra `ai` is not installed.
        """
        for provider in sorted({lane.settings.provider for lane in lanes}):
            for module in _MODULES[provider]:
                import_module(module)

    def find(self, order: Order) -> Model | None:
        """Return the adapter for a call, if it was built."""
        own = self._loops.get(asyncio.get_running_loop())
        return own.adapters.get(_place(order)) if own is not None else None

    async def get(self, order: Order) -> Model:
        """Return the adapter for a call.

        Raises:
            CallFailed: The endpoint was to say which models it has, and did not.
        """
        own = self._get_loop()
        # Imports of a second or two: in a thread, and only once.
        async with own.building:
            found = self.find(order)
            if found is None:
                name = await self._get_model_name(own, order)
                found = await asyncio.to_thread(_build, order.lane.settings, name, order.key, own.client)
                own.adapters[_place(order)] = found
        return found

    async def warm(self, lanes: Sequence[Lane]) -> None:
        """Build the adapters that need no question first."""
        own = self._get_loop()
        for lane in lanes:
            for key in lane.settings.keys or (None,):
                place = (lane.index, key.get_label() if key else "")
                if lane.settings.model and place not in own.adapters:
                    own.adapters[place] = await asyncio.to_thread(
                        _build, lane.settings, lane.settings.model, key, own.client
                    )

    async def close(self) -> None:
        """Close the connections of the running loop."""
        own = self._loops.pop(asyncio.get_running_loop(), None)
        if own is not None:
            await own.client.aclose()

    def _get_loop(self) -> _Loop:
        loop = asyncio.get_running_loop()
        own = self._loops.get(loop)
        if own is None:
            own = self._loops[loop] = _Loop(_open_client())
        return own

    async def _get_model_name(self, own: _Loop, order: Order) -> str:
        settings = order.lane.settings
        if settings.model:
            return settings.model
        known = self._names.get(order.lane.index)
        if known is None:
            known = self._names[order.lane.index] = await _ask_for_model(own.client, settings, order.key)
        return known


def _place(order: Order) -> tuple[int, str]:
    return order.lane.index, order.key.get_label() if order.key else ""


async def _note_first_byte(response: httpx2.Response) -> None:
    waiting = WAITING.get()
    if waiting is None:
        return
    waiting.note_first_byte()
    kind = response.headers.get("content-type", "")
    if response.is_success and ("json" in kind or "html" in kind):
        # A proxy's login page, or an error in JSON: the SDKs tell neither from a broken stream. Nothing else is read to
        # its end here: not every server calls its stream one, and a stream's pieces must be seen to come.
        await response.aread()
        waiting.note_body(kind, response.text)


def _open_client() -> httpx2.AsyncClient:
    """Return a client for the targets of one loop.

    Raises:
        CallFailed: The environment names a proxy that cannot be used.
    """
    import httpx2

    try:
        return httpx2.AsyncClient(
            # Deadlines are ours (`calling.py`): a client's own would come second and say less.
            timeout=httpx2.Timeout(None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_MOST_IDLE),
            event_hooks={"response": [_note_first_byte]},
            # A key must not follow a redirect to another host.
            follow_redirects=False,
            # What listens on this machine is not reached through a proxy, nor told to one.
            mounts=dict.fromkeys(_ON_THIS_MACHINE),
        )
    except (ImportError, ValueError) as error:
        text = f"the environment names a proxy that cannot be used (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY): {error}"
        raise CallFailed(Failure(AttemptOutcome.UNREACHABLE, message=text, was_sent=False)) from error


async def _ask_for_model(client: httpx2.AsyncClient, settings: TargetSettings, key: KeySettings | None) -> str:
    """Return the first model an OpenAI-compatible endpoint lists; one that only embeds text is passed over."""
    headers = {"Authorization": f"Bearer {key.key.get_secret_value()}"} if key else {}
    response = await client.get(f"{settings.base_url}/models", headers=headers)
    if response.status_code != 200:
        raise CallFailed(_no_models(settings, f"it answered {response.status_code}", response.status_code))
    try:
        names = [str(entry["id"]) for entry in response.json()["data"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CallFailed(_no_models(settings, "its list of models is no list")) from error
    for name in names:
        if "embed" not in name.lower():
            return name
    raise CallFailed(_no_models(settings, "it has none"))


def _no_models(settings: TargetSettings, why: str, status: int | None = None) -> Failure:
    # Whoever may not see the list may not ask either: another name would not help.
    is_key = status in (401, 403)
    do = "" if is_key and settings.keys else f"; set models.targets[].{'keys' if is_key else 'model'}"
    text = f"{settings.base_url}/models does not say which model to ask: {why}{do}"
    return Failure(AttemptOutcome.BAD_ANSWER, status=status, message=text, was_sent=False)


def _build(settings: TargetSettings, name: str, key: KeySettings | None, client: httpx2.AsyncClient) -> Model:
    secret = key.key.get_secret_value().strip() if key else ""
    if settings.provider == "anthropic":
        return _build_anthropic(settings, name, secret, client)
    if settings.provider == "bedrock":
        return _build_bedrock(settings, name, secret)
    return _build_openai(settings, name, secret, client)


def _build_openai(settings: TargetSettings, name: str, secret: str, client: httpx2.AsyncClient) -> Model:
    from openai import AsyncOpenAI
    from pydantic_ai.profiles import merge_profile
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    from fermata.models.openai_chat import ChatModel

    sdk = AsyncOpenAI(
        api_key=secret or _NO_KEY,
        # Said explicitly, or the SDK takes it from the environment.
        base_url=settings.base_url or "https://api.openai.com/v1",
        organization="",
        project="",
        http_client=client,
        max_retries=0,
    )
    # Neither from the environment nor empty: a header without a name is an organization that nobody knows.
    sdk.organization = sdk.project = None
    _forget_environment(sdk)
    if settings.provider == "openai":
        return ChatModel(name, provider=OpenAIProvider(openai_client=sdk))
    provider = OpenAICompatibleProvider("openai-compatible", openai_client=sdk)
    # vLLM, Ollama, LM Studio and llama.cpp take a schema, and all of them know the older name of the limit. They write
    # messages by the model's own chat template, and many (Qwen since 3.5, Gemma) refuse a second one of the system:
    # "System message must be at the beginning" (Qwen3.5's chat_template.jinja; vllm-project/vllm issue 41114).
    takes = OpenAIModelProfile(
        openai_chat_supports_multiple_system_messages=False,
        supports_json_schema_output=True,
        supports_json_object_output=False,
        openai_chat_supports_max_completion_tokens=False,
    )
    return ChatModel(name, provider=provider, profile=merge_profile(provider.model_profile(name), takes))


def _build_anthropic(settings: TargetSettings, name: str, secret: str, client: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    address = (settings.base_url or "https://api.anthropic.com").removesuffix("/v1")
    sdk = AsyncAnthropic(api_key=secret or _NO_KEY, base_url=address, http_client=client, max_retries=0)
    _forget_environment(sdk)
    return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=sdk))


def _forget_environment(sdk: AsyncAnthropic | AsyncOpenAI) -> None:
    """Drop the headers that the SDKs take from the environment (`ANTHROPIC_CUSTOM_HEADERS`, `OPENAI_CUSTOM_HEADERS`).

    They are meant for somebody else's endpoint, may hold a credential of its, and would travel to any address. Neither
    SDK has another way: given headers are added to those.
    """
    sdk._custom_headers = {}  # noqa: SLF001 - see above; a test sends a request and looks at its headers.


def _build_bedrock(settings: TargetSettings, name: str, secret: str) -> Model:
    import boto3
    from botocore.config import Config
    from pydantic_ai.models.bedrock import BedrockConverseModel
    from pydantic_ai.providers.bedrock import BedrockProvider

    identity, is_pair, rest = secret.partition(":")
    if secret and not is_pair:
        return BedrockConverseModel(
            name,
            provider=BedrockProvider(api_key=secret, base_url=settings.base_url or None, region_name=settings.region),
        )
    session = boto3.Session(
        aws_access_key_id=identity or None,
        aws_secret_access_key=rest or None,
        region_name=settings.region,
    )
    bedrock = session.client(
        "bedrock-runtime",
        endpoint_url=settings.base_url.removesuffix("/v1") or None,
        # A thread of botocore cannot be called back: it ends by its own deadline, a little after ours.
        config=Config(retries={"total_max_attempts": 1}, read_timeout=120, connect_timeout=10, max_pool_connections=50),
    )
    return BedrockConverseModel(name, provider=BedrockProvider(bedrock_client=bedrock))
