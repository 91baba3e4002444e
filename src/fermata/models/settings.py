"""The section `models`: whom to ask, in which order, and how long to wait. Absent means that no model is asked."""

from __future__ import annotations

import hashlib
import ipaddress
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from fermata.domain.model import TaskKind, Tier
from fermata.rules.pricing import Price, Rate
from fermata.rules.routing.breaker import Pauses
from fermata.rules.routing.targets import DEFAULT_TIERS

Provider = Literal["openai", "anthropic", "bedrock", "openai-compatible"]
Structure = Literal["auto", "native", "tool", "prompted"]
# A reservation older than 15 minutes counts as abandoned (rules/budget.py), so no call may last that long.
_LONGEST_ANSWER_S = 600.0


class Section(BaseModel):
    """A part of the tree. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceSettings(Section):
    """What a model costs, in US dollars per million tokens."""

    input_per_mtok: Decimal = Field(ge=0)
    """Input that was not read from the provider's cache."""
    output_per_mtok: Decimal = Field(ge=0)
    """Output, thinking included."""
    cached_per_mtok: Decimal | None = Field(default=None, ge=0)
    """Input read from the cache. None: like other input, which is never too little."""
    cache_write_per_mtok: Decimal | None = Field(default=None, ge=0)
    """Input written to the cache. None: like other input."""

    def build(self) -> Price:
        """Return the price as the rules take it."""
        return Price(
            (
                Rate(
                    input_per_mtok=self.input_per_mtok,
                    output_per_mtok=self.output_per_mtok,
                    cached_per_mtok=self.cached_per_mtok,
                    cache_write_per_mtok=self.cache_write_per_mtok,
                ),
            )
        )


class KeySettings(Section):
    """One key of a target's pool."""

    key: SecretStr
    """By `env:` or `file:`. For Bedrock an API key, or `<access key id>:<secret access key>`."""
    label: str = ""
    """How it is called in the ledger and in `fermata models status`. Empty: four digits of its digest."""

    @field_validator("key")
    @classmethod
    def _require_key(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            message = "the key is empty"
            raise ValueError(message)
        return value

    def get_label(self) -> str:
        """Return what it is called."""
        return self._name

    @cached_property
    def _name(self) -> str:
        # Asked for with each call.
        return self.label or hashlib.sha256(self.key.get_secret_value().encode()).hexdigest()[:4]


def _read_key(value: object) -> object:
    return {"key": value} if isinstance(value, str) else value


Key = Annotated[KeySettings, BeforeValidator(_read_key, json_schema_input_type=KeySettings | str)]
"""A key as it is, or with its label."""


class TargetSettings(Section):
    """One model at one provider. With `base_url` alone it is any OpenAI-compatible endpoint."""

    name: str = ""
    """Tells two targets with the same model apart (`eu`, `us`). Empty: the model's name."""
    provider: Provider = "openai-compatible"
    """`openai`, `anthropic`, `bedrock`, or `openai-compatible`: Ollama, vLLM, LM Studio, llama.cpp, a LiteLLM proxy,
    OpenRouter and others that speak OpenAI's chat completions."""
    model: str = ""
    """The provider's name for it. Empty, for an OpenAI-compatible endpoint: the first that its `/models` lists."""
    base_url: str = ""
    """Address of the API; `/v1` is added where it has no path, and `/chat/completions` at its end is left out.
    Empty: the provider's own."""
    keys: tuple[Key, ...] = Field(default=(), repr=False)
    """Keys used in turn, each by `env:` or `file:`, as they are or with a label: `{key: env:NAME, label: team}`. Empty:
    none is sent; Bedrock takes the credentials of the machine."""
    region: str = ""
    """Of Bedrock: `eu-central-1`."""
    tier: Tier | None = None
    """How capable it is. None: it is asked whatever the tier, as the only model of a house is."""
    kinds: tuple[TaskKind, ...] = ()
    """Tasks it may be asked for. Empty: all."""
    context_tokens: int | None = Field(default=None, ge=512)
    """Its window, input and output together. None: what is known of the model, or no limit until it says so itself."""
    max_output_tokens: int | None = Field(default=None, ge=16)
    """The longest answer it can give. None: what a task asks for."""
    price: PriceSettings | None = None
    """None: the price list that comes with Fermata (genai-prices). A model that is not on it and not local is never
    asked until its price is declared here."""
    local: bool | None = None
    """Costs no money, whatever the budgets say. None: yes for an address on this machine or a private network, without
    a declared price, unless a provider's own model is asked for there with a key."""
    structure: Structure = "auto"
    """How an answer of a given form is asked for: `native` (the provider's JSON schema), `tool` (a call of a tool),
    `prompted` (in words). auto: the best the provider has, and in words once an endpoint did not take it."""
    stream: bool = True
    """False for an endpoint that cannot stream: then silence is told from slowness only by the deadline of the
    whole answer."""
    slowness: float | None = Field(default=None, ge=1, le=100)
    """Factor on the deadlines. None: 10 for a local model, whose processor reads some hundred tokens a second; 1 for
    others."""

    @field_validator("base_url")
    @classmethod
    def _require_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = "write it like http://127.0.0.1:11434/v1 or https://llm.example.com/v1"
            raise ValueError(message)
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            message = "it holds more than an address; a key is set under keys"
            raise ValueError(message)
        # As the pages of many endpoints write it, to be copied.
        value = value.rstrip("/").removesuffix("/chat/completions")
        parts = urlsplit(value)
        return value.rstrip("/") if parts.path.strip("/") else f"{value.rstrip('/')}/v1"

    @field_validator("keys")
    @classmethod
    def _require_distinct_keys(cls, keys: tuple[KeySettings, ...]) -> tuple[KeySettings, ...]:
        labels = Counter(key.get_label() for key in keys)
        if twice := [label for label, count in labels.items() if count > 1]:
            message = f"two keys are called {twice[0]!r}, or are the same"
            raise ValueError(message)
        return keys

    @model_validator(mode="after")
    def _require_whole_target(self) -> Self:
        if self.provider == "openai-compatible" and not self.base_url:
            message = "an OpenAI-compatible endpoint needs its base_url; for a provider's own set provider"
            raise ValueError(message)
        if self.provider != "openai-compatible" and not self.model:
            message = "name the model"
            raise ValueError(message)
        if self.provider == "bedrock" and not self.region:
            message = "Bedrock needs a region, such as eu-central-1"
            raise ValueError(message)
        if self.provider in {"openai", "anthropic"} and not self.keys:
            message = "this provider needs a key: keys: [env:NAME]"
            raise ValueError(message)
        if self.local and self.price is not None:
            message = "a local model costs nothing: set either local or price"
            raise ValueError(message)
        return self

    @property
    def id(self) -> str:
        """Return `provider/name`: what the ledger calls it."""
        return f"{self.provider}/{self.name or self.model or urlsplit(self.base_url).netloc}"

    @property
    def is_local(self) -> bool:
        """Return whether it costs no money."""
        return self.local if self.local is not None else self.price is None and is_private_address(self.base_url)

    @property
    def deadline_factor(self) -> float:
        """Return what the tier's deadlines are multiplied by."""
        return self.slowness or (10.0 if self.is_local else 1.0)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long one call may take, in seconds."""

    first_byte_s: float
    stall_s: float
    answer_s: float
    wait_s: float


DEFAULT_DEADLINES: Mapping[Tier, Deadlines] = {
    # A small model that says nothing for 2 s is in trouble; a small answer takes seconds.
    Tier.LOW: Deadlines(first_byte_s=2, stall_s=5, answer_s=15, wait_s=2),
    # Some four times the usual time to the first byte.
    Tier.MEDIUM: Deadlines(first_byte_s=8, stall_s=15, answer_s=60, wait_s=10),
    # Models that think say nothing meanwhile.
    Tier.HIGH: Deadlines(first_byte_s=20, stall_s=60, answer_s=180, wait_s=20),
}
"""What holds unless the settings say otherwise."""


class DeadlineSettings(Section):
    """How long a target may take, in seconds. What a provider asks to wait for is never waited for beyond these."""

    first_byte_s: float | None = Field(default=None, gt=0, le=_LONGEST_ANSWER_S)
    """From sending the request to the first byte of the answer. None: low 2, medium 8, high 20; some four times what is
    usual."""
    stall_s: float | None = Field(default=None, gt=0, le=_LONGEST_ANSWER_S)
    """Silence within an answer. None: low 5, medium 15, high 60; models that think say nothing meanwhile."""
    answer_s: float | None = Field(default=None, gt=0, le=_LONGEST_ANSWER_S)
    """The whole answer of one target. None: low 15, medium 60, high 180. A request as a whole, over all targets, gets
    twice that."""
    wait_s: float | None = Field(default=None, ge=0, le=_LONGEST_ANSWER_S)
    """The longest wait for a target to be asked again, when there is no other. None: low 2, medium 10, high 20."""

    def build(self, tier: Tier, factor: float = 1.0) -> Deadlines:
        """Return the deadlines of a tier, for a target that is slower by a factor."""
        own = {name: value for name, value in self.model_dump().items() if value is not None}
        whole = replace(DEFAULT_DEADLINES[tier], **own)
        return Deadlines(
            first_byte_s=min(whole.first_byte_s * factor, _LONGEST_ANSWER_S),
            stall_s=min(whole.stall_s * factor, _LONGEST_ANSWER_S),
            answer_s=min(whole.answer_s * factor, _LONGEST_ANSWER_S),
            wait_s=whole.wait_s,
        )


class PauseSettings(Section):
    """How long what failed is left alone, in seconds."""

    circuit_s: float = Field(default=Pauses().circuit_s, gt=0)
    """A target after a failure. 10: as long as a restart or a failover behind a load balancer takes. After it one probe
    is let through."""
    circuit_most_s: float = Field(default=Pauses().circuit_most_s, gt=0)
    """The pause doubles with each failed probe, up to this. 300: a target that is down costs 12 calls an hour."""
    rate_limited_s: float = Field(default=Pauses().rate_limited_s, gt=0)
    """A key that was rate limited by a provider that does not say for how long."""
    out_of_credit_s: float = Field(default=Pauses().out_of_credit_s, gt=0)
    """A key without credit. 3600: someone has to pay a bill first."""
    unauthorised_s: float = Field(default=Pauses().unauthorised_s, gt=0)
    """A key that was not accepted. 600: someone has to renew it."""
    retry_after_most_s: float = Field(default=Pauses().retry_after_most_s, gt=0)
    """The longest pause a provider may ask for. 86,400: a day; some ask for weeks."""

    def build(self) -> Pauses:
        """Return the pauses as the rules take them."""
        return Pauses(**self.model_dump())


class ModelSettings(Section):
    """Models to ask, and how. Without targets no model is asked, and signatures alone diagnose."""

    targets: tuple[TargetSettings, ...] = ()
    """In order of preference within a tier."""
    tiers: dict[TaskKind, Tier] = Field(default_factory=dict)
    """Where a kind of task begins (`parse`, `classify`, `summarise`, `plan`: low; `draft`: medium; `diagnose`: high).
    Set here what should begin elsewhere."""
    deadlines: dict[Tier, DeadlineSettings] = Field(default_factory=dict)
    """How long a target may take, by tier: `{high: {first_byte_s: 40}}`. `first_byte_s`, to the first byte of the
    answer (low 2, medium 8, high 20); `stall_s`, silence within it (5, 15, 60); `answer_s`, the whole of it (15, 60,
    180; a request over all targets gets twice that); `wait_s`, for a target to be asked again when there is no other
    (2, 10, 20)."""
    pauses: PauseSettings = PauseSettings()
    """How long what failed is left alone."""

    @field_validator("targets")
    @classmethod
    def _require_distinct_targets(cls, targets: tuple[TargetSettings, ...]) -> tuple[TargetSettings, ...]:
        ids = Counter(target.id for target in targets)
        if twice := [name for name, count in ids.items() if count > 1]:
            message = f"{ids[twice[0]]} targets are called {twice[0]!r}; give them names"
            raise ValueError(message)
        return targets

    def get_tiers(self) -> Mapping[TaskKind, Tier]:
        """Return where each kind begins."""
        return {**DEFAULT_TIERS, **self.tiers}

    def get_deadlines(self, tier: Tier, factor: float = 1.0) -> Deadlines:
        """Return how long a target may take for a task of a tier.

        Args:
            tier: Of the task.
            factor: The target's `deadline_factor`.
        """
        return self.deadlines.get(tier, DeadlineSettings()).build(tier, factor)


def is_private_address(url: str) -> bool:
    """Answer whether an address is on this machine or in a private network, by its text alone: no name is looked up.

    A name without a dot is one of a container network or of the own domain; a public provider has none.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if not host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".svc"))
    return address.is_private or address.is_loopback or address.is_link_local
