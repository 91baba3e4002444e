"""One typed tree of settings, and the only reader of the environment.

`FERMATA_<SECTION>__<NAME>` beats the file, the file beats the default. Unknown keys are errors, all faults are
reported at once, and secrets come only by reference: `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from fermata.domain.analysis import When
from fermata.domain.model import Tier
from fermata.domain.person import GroupRole, Person
from fermata.domain.policy import MAX_APPROVAL, FreezeWindow, Guardrail, Policy
from fermata.domain.silence import Silence
from fermata.flows.context import AnalysisSettings, Limits
from fermata.integrations import resolve_system
from fermata.kit.errors import FermataError, UserError
from fermata.models.settings import ModelSettings, Provider
from fermata.rules.budget import Budgets
from fermata.rules.conditions import compile_condition
from fermata.rules.grouping import GroupingMode
from fermata.settings.chaos import ChaosSettings, find_unannounced
from fermata.settings.duration import Duration, PositiveDuration, UnsignedDuration
from fermata.settings.listening import Host
from fermata.settings.notify import NotifySettings, find_unknown
from fermata.settings.observer import ObserverSettings
from fermata.settings.places import StateDir, expand_home, expand_store, place_kubeconfig, place_state, place_store
from fermata.settings.source import Layered, Origin, find_faults, find_origin, read_layers

# Ids that mean something else where ids stand: Fermata itself, and someone whom nobody knows.
_RESERVED_IDS = ("fermata", "unknown")


class Section(BaseModel):
    """A part of the tree. Unknown keys are errors: a misspelt guardrail must not be silently absent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    """Where everything is remembered."""

    url: str = Field(default="", repr=False)
    """`sqlite:///path` or `postgresql://...` (with a password: by `env:` or `file:`). Left out: SQLite in the state
    directory, right for one machine. A relative path starts where that of `state_dir` does."""

    @field_validator("url")
    @classmethod
    def _refuse_other_stores(cls, value: str) -> str:
        # With a driver (postgresql+psycopg) or without; the store itself reads the rest.
        if value.strip() and value.partition(":")[0].partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
            message = "write sqlite:///path/to/file or postgresql://user@host/database"
            raise ValueError(message)
        return expand_store(value)


class OidcSettings(Section):
    """Signing in to the page through an identity provider of one's own (OpenID Connect). Needs the extra `oidc`."""

    issuer: str = ""
    """The provider, exactly as it names itself: `https://login.example.com/realms/ops`. Empty: nobody signs in this
    way. Plain http only on this machine."""
    client_id: str = ""
    """What the provider knows Fermata as. Its redirect address there is `<server.public_url>/oidc/callback`."""
    client_secret: str = Field(default="", repr=False)
    """Shared with the provider (by `env:` or `file:`). Empty: a public client, which proves itself by PKCE alone."""
    claim: str = Field(default="email", min_length=1)
    """The claim that names a person: its value is their handle, `handles: {oidc: ...}` under `people:`. An `email` that
    the provider does not call verified lets nobody in; `sub` never changes hands."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, for a provider of one's own."""

    @model_validator(mode="after")
    def _require_a_provider(self) -> OidcSettings:
        if not self.issuer:
            if self.client_id or self.client_secret:
                message = "name the issuer too"
                raise ValueError(message)
            return self
        parts = urlsplit(self.issuer)
        is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not (parts.scheme == "https" or is_here) or not parts.netloc or parts.query or parts.fragment:
            message = "the issuer is an https address without a query"
            raise ValueError(message)
        if not self.client_id:
            message = "name the client_id that the provider knows Fermata as"
            raise ValueError(message)
        return self


class ServerSettings(Section):
    """The web server: alerts in, the page, health and metrics."""

    host: Host = "127.0.0.1"
    """Loopback by default: nothing outside this machine reaches Fermata until someone decides so. An address or a host
    name alone; an empty one is a fault."""
    port: int = Field(default=8714, ge=0, le=65535)
    """A free port in the unassigned range; 0 lets the system choose."""
    public_url: str = ""
    """How people reach the page, when a proxy stands in front; its host is accepted in requests. A web address here is
    what cards link to."""
    alert_token: str = Field(default="", repr=False)
    """Bearer token that alert sources must send (by `env:` or `file:`). Without any proof, intake refuses. A source may
    sign with it instead, with the time, where there is no `alert_hmac_secret`."""
    alert_hmac_secret: str = Field(default="", repr=False)
    """Secret of `X-Fermata-Signature: sha256=<hex>` over `<X-Fermata-Timestamp>:<body>`, or over the raw body alone (by
    `env:` or `file:`)."""
    alert_sentry_secret: str = Field(default="", repr=False)
    """Client secret of an internal integration of Sentry, which signs each body with it (by `env:` or `file:`)."""
    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    """4 MiB: about 5,000 alerts of ordinary size in one webhook."""
    oidc: OidcSettings = OidcSettings()
    """Signing in through an identity provider, beside the one-time link."""

    @property
    def can_prove(self) -> bool:
        """Answer whether a sender of alerts has any way to prove itself; without one, each is refused."""
        return bool(self.alert_token or self.alert_hmac_secret or self.alert_sentry_secret)


class GuardrailSettings(Guardrail):
    """A guardrail as written in the file: durations in words."""

    valid_for: Annotated[Duration, Field(gt=timedelta(0), le=MAX_APPROVAL)] = timedelta(minutes=30)
    """How long a proposal stays open and an approval holds. 30 min: one sitting; at most 24 h."""
    cooldown: UnsignedDuration = timedelta(minutes=10)
    """The same action on the same target is refused within this time after its last execution. 10 min: long enough to
    see whether it helped."""

    @field_validator("condition")
    @classmethod
    def _refuse_bad_condition(cls, value: str) -> str:
        if value:
            try:
                compile_condition(value)
            except UserError as error:
                raise ValueError(str(error)) from error
        return value


class PolicySettings(Section):
    """Guardrails and freezes. Empty permits nothing: dangerous defaults do not exist."""

    guardrails: tuple[GuardrailSettings, ...] = ()
    """What may be done to what, by whose word. Nothing matched = refused."""
    freezes: tuple[FreezeWindow, ...] = ()
    """Times in which nothing is executed."""

    @model_validator(mode="after")
    def _require_valid_policy(self) -> PolicySettings:
        try:
            self.build()
        except ValidationError as error:  # Its own message is a page; the faults alone are lines.
            faults = (fault["msg"].removeprefix("Value error, ") for fault in error.errors(include_url=False))
            raise ValueError("; ".join(faults)) from error
        return self

    def build(self) -> Policy:
        """Return the policy. Conditions were compiled once to show their faults at start."""
        guardrails = tuple(Guardrail.model_validate(guardrail.model_dump()) for guardrail in self.guardrails)
        return Policy(guardrails=guardrails, freezes=self.freezes)


class GroupingSection(Section):
    """How alerts become incidents."""

    mode: GroupingMode = GroupingMode.ACTIVE
    """`shadow` computes and journals merges without doing them: try it for a week before trusting it. `off`: one
    fingerprint, one incident."""
    window: UnsignedDuration = timedelta(minutes=10)
    """How far apart in time alerts of one cause may be. A guess that suits cascades; longer merges strangers."""


class LimitSettings(Section):
    """The numbers of the flows; see `flows/context.py` for the reason behind each default."""

    gather_deadline: PositiveDuration = Limits().gather_deadline
    gather_deadline_critical: PositiveDuration = Limits().gather_deadline_critical
    lookback: PositiveDuration = Limits().lookback
    investigation_cooldown: UnsignedDuration = Limits().investigation_cooldown
    investigations_per_hour: int = Field(default=Limits().investigations_per_hour, ge=1)
    stable_for: UnsignedDuration = Limits().stable_for
    verify_within: UnsignedDuration = Limits().verify_within
    verify_poll: PositiveDuration = Limits().verify_poll
    loop_memory: UnsignedDuration = Limits().loop_memory
    flap_window: UnsignedDuration = Limits().flap_window
    overdue_after: PositiveDuration = Limits().overdue_after

    def build(self) -> Limits:
        """Return the limits as flows take them."""
        return Limits(**self.model_dump())


class BudgetSettings(Section):
    """The most that may be spent on models, in US dollars. Models on one's own machine cost nothing and go on."""

    incident_usd: Decimal | None = Field(default=Decimal("0.50"), ge=0)
    """For one incident. 0.50: one call to a dear model with a full brief, and its repetition. A bundle is no incident:
    the day and the month bound it."""
    day_usd: Decimal | None = Field(default=Decimal(5), ge=0)
    """For a calendar day in UTC. 5: ten bad incidents; a source that runs wild ends there."""
    month_usd: Decimal | None = Field(default=Decimal(50), ge=0)
    """For a calendar month in UTC. 50: what a small team notices and does not mind."""
    tiers_per_day: dict[Tier, Decimal] = Field(default_factory=dict)
    """By tier (`low`, `medium`, `high`): its own limit for a day."""
    providers_per_day: dict[Provider, Decimal] = Field(default_factory=dict)
    """By provider (`openai`, `anthropic`, `bedrock`, `openai-compatible`): its own limit for a day."""

    def build(self) -> Budgets:
        """Return the budgets as flows take them."""
        return Budgets(**self.model_dump())


class AnalysisSection(Section):
    """When models are asked about an incident; see `flows/analyse.py` for the reason behind each default."""

    when: When = AnalysisSettings().when
    """`never`, `undetermined` (only where signatures find no cause), `severe` (there, and for alerts that are a warning
    or worse) or `always`. What a person asks for is asked unless it is `never`."""
    answers: int = Field(default=AnalysisSettings().answers, ge=1, le=6)
    """Answers asked for at most: the first, one more with the reasons, one of the next tier. A good one ends it."""
    batches: int = Field(default=AnalysisSettings().batches, ge=0, le=2)
    """Batches of evidence that a model may ask to see besides; each costs another answer."""
    brief_tokens: int = Field(default=AnalysisSettings().brief_tokens, ge=800, le=20_000)
    """Tokens of what is told about an incident. For a model with a window of 8,000: 1600."""
    batch_tokens: int = Field(default=AnalysisSettings().batch_tokens, ge=200, le=8_000)
    """Tokens that one batch may add."""
    answer_tokens: int = Field(default=AnalysisSettings().answer_tokens, ge=300, le=16_000)
    """Tokens of an answer, reserved at their full price. Models that think before they answer need more."""
    deadline: PositiveDuration = AnalysisSettings().deadline
    """For all of it. Signatures' card is out before it begins, and their plan is held."""
    deadline_critical: PositiveDuration = AnalysisSettings().deadline_critical
    """The same for critical alerts."""

    def build(self) -> AnalysisSettings:
        """Return the settings as flows take them."""
        return AnalysisSettings(**self.model_dump())


class LogSettings(Section):
    """Fermata's own log, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The mildest that is written. `info`: a fact worth keeping for each event; `debug` tells how as well."""
    json_lines: bool = False
    """One JSON object a line, for collectors."""


class EngineSettings(Section):
    """Durable execution."""

    executor_id: str = Field(default="local", min_length=1)
    """Stable name of this worker. Several workers on one PostgreSQL need one each (a StatefulSet's ordinal)."""
    workers: int = Field(default=8, ge=1, le=64)
    """Legs at once in this process. They mostly wait on the network; 8 keeps a storm from starving the page."""
    poll: PositiveDuration = timedelta(milliseconds=100)
    """How often the queue is looked at: the larger part of click-to-start."""
    lease: PositiveDuration = timedelta(seconds=10)
    """PostgreSQL with several workers: a worker silent for this long is dead, and another takes its runs over."""


class Settings(Section):
    """Everything that can be set."""

    state_dir: StateDir = Path(".fermata")
    """Holds the SQLite store, the halt file and the lock. Whoever can write here can decide: keep it private. A
    relative path starts at the folder of the settings file, or where the command runs when there is none."""
    store: StoreSettings = StoreSettings()
    """Where everything is remembered."""
    server: ServerSettings = ServerSettings()
    """The web server: alerts in, the page, health and metrics."""
    engine: EngineSettings = EngineSettings()
    """Durable execution."""
    log: LogSettings = LogSettings()
    """Fermata's own log, on stderr."""
    people: tuple[Person, ...] = ()
    """Who may decide, with their roles and their handles in each channel."""
    groups: tuple[GroupRole, ...] = ()
    """Roles by group of a channel (a Slack user group, a GitHub team): who is in it at that moment has the role."""
    policy: PolicySettings = PolicySettings()
    """Guardrails and freezes. Empty permits nothing."""
    notify: NotifySettings = NotifySettings()
    """Where cards go, and when."""
    chaos: ChaosSettings = ChaosSettings()
    """Rehearsals: where faults may be injected, how far, and when."""
    observer: ObserverSettings = ObserverSettings()
    """The silent observer: what is said during incidents, kept for post-mortems."""
    grouping: GroupingSection = GroupingSection()
    """How alerts become incidents."""
    silences: tuple[Silence, ...] = ()
    """Alerts that are expected for a while: recorded and shown, and they start nothing."""
    topology: tuple[tuple[str, str], ...] = ()
    """(caller, callee) pairs of service names, beside what systems know of calls: a caller that suffers
    belongs to its callee's incident, and incidents are shown the calls. Empty where they are not known."""
    limits: LimitSettings = LimitSettings()
    """Deadlines and windows of the investigation, the execution and what follows."""
    budgets: BudgetSettings = BudgetSettings()
    """The most that may be spent on models."""
    models: ModelSettings = ModelSettings()
    """Models to ask, and how. Without targets none is asked: signatures alone diagnose."""
    analysis: AnalysisSection = AnalysisSection()
    """When models are asked about an incident, and how much of them."""
    systems: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """One section per outside system; its keys are on the system's page in `docs/systems/`. Absent = not used."""

    @field_validator("state_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        if "\0" in str(value):
            message = "a path holds no zero byte"
            raise ValueError(message)
        return expand_home(value)

    @field_validator("people")
    @classmethod
    def _require_distinct_people(cls, people: tuple[Person, ...]) -> tuple[Person, ...]:
        faults = [f"{person.id!r} is a reserved id" for person in people if person.id.lower() in _RESERVED_IDS]
        ids = Counter(person.id for person in people)
        # One handle, two people: whose word a click is would depend on the order of the list.
        handles = Counter((channel, handle) for person in people for channel, handle in person.handles.items())
        faults += [f"two people have the id {id_!r}" for id_, count in ids.items() if count > 1]
        faults += [f"{count} people have the {key[0]} handle {key[1]!r}" for key, count in handles.items() if count > 1]
        if faults:
            raise ValueError("; ".join(faults))
        return people

    @model_validator(mode="after")
    def _require_channels(self) -> Settings:
        if unknown := find_unknown(self.notify, self.systems):
            message = f"notify names {', '.join(unknown)}, and there is no such section under systems"
            raise ValueError(message)
        if unknown := find_unannounced(self.chaos, self.systems):
            message = f"chaos.announce names {', '.join(unknown)}, and there is no such section under systems"
            raise ValueError(message)
        return self

    @property
    def store_url(self) -> str:
        """Return the store's URL, with the default resolved."""
        return self.store.url or f"sqlite:///{self.state_dir.absolute() / 'fermata.db'}"

    @property
    def halt_path(self) -> Path:
        """Return the place of the halt file."""
        return self.state_dir.absolute() / "HALT"


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with where each value came from."""

    settings: Settings
    """The validated tree."""
    systems: Mapping[str, BaseModel]
    """System name -> its validated settings."""
    origins: Mapping[str, Origin]
    """Dotted path -> origin, for every value that was set."""
    file: Path | None
    """The file they were read from, if there was one."""


_ELSEWHERE = (
    ". A variable that `fermata up` has must be set in this shell too, or be a file:PATH (one in /run/credentials is "
    "there while the service runs); `fermata show`, `pending`, `login` and `halt` work without those of systems, "
    "models and the server"
)
_ASKED_OUTSIDE = ("systems.", "models.", "server.")


def load_settings(
    file: Path | None = None, environ: Mapping[str, str] | None = None, *, needs_systems: bool = True
) -> LoadedSettings:
    """Read, layer and validate the settings.

    Args:
        file: A `fermata.yaml`; `None` looks at `FERMATA_CONFIG`, then `./fermata.yaml`, and goes without either.
        environ: The environment; `None` is the real one.
        needs_systems: False leaves a system out whose `env:NAME` this environment does not have, or whose systemd
            credential went with the service, and goes without the server's and the models': the serving process has its
            secrets from elsewhere, and a shell beside it may still look at what the store holds.

    Returns:
        The settings; `state_dir` is absolute.

    Raises:
        UserError: With every fault of every section at once, each with its path and its origin.
    """
    environment = os.environ if environ is None else environ
    chosen = _choose_file(file, environment)
    layered = read_layers(chosen, environment, Settings)
    lacking = {} if needs_systems else _forgive_unset(layered)
    faults = [fault for fault in layered.faults if fault not in lacking.values()]
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(layered.tree)
    except ValidationError as error:
        faults += find_faults(error, layered, Settings)
    systems = _validate_systems(
        layered, faults, left_out={path.split(".")[1] for path in lacking if path.startswith("systems.")}
    )
    if settings is None or faults:
        where = str(chosen) if chosen else "the environment"
        raise UserError(
            f"The settings hold {len(faults)} fault{'s' if len(faults) != 1 else ''} ({where})",
            why="\n  " + "\n  ".join(faults),
            do="Correct them; docs/settings.md lists every setting" + (_ELSEWHERE if layered.unset else ""),
            faults=tuple(faults),
        )
    state_dir = place_state(settings.state_dir, chosen, layered)
    store = settings.store.model_copy(update={"url": place_store(settings.store.url, chosen, layered)})
    settings = settings.model_copy(update={"state_dir": state_dir, "store": store})
    systems = {name: place_kubeconfig(name, system, chosen, layered) for name, system in systems.items()}
    return LoadedSettings(settings=settings, systems=systems, origins=layered.origins, file=chosen)


def _forgive_unset(layered: Layered) -> dict[str, str]:
    """Return the faults that hinder nobody who asks nothing outside: path -> fault.

    An empty key of a model is a fault of its own; in its place stands a word that opens nothing.
    """
    forgiven = {path: text for path, text in layered.unset.items() if path.startswith(_ASKED_OUTSIDE)}
    for path in (path for path in forgiven if path.startswith("models.")):
        *parents, last = path.split(".")
        place: Any = layered.tree
        with suppress(LookupError, ValueError):  # A name with a dot in it: what is empty then stays a fault.
            for part in parents:
                place = place[int(part) if isinstance(place, list) else part]
            place[int(last) if isinstance(place, list) else last] = "not-set-here"
    return forgiven


def find_state_dir(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return where the state directory is, whatever else is wrong with the settings: `halt` must work at any time.

    Args:
        file: As in `load_settings`.
        environ: As in `load_settings`.

    Raises:
        UserError: The file cannot be read at all, so that nobody can say where.
    """
    environment = os.environ if environ is None else environ
    chosen = _choose_file(file, environment)
    layered = read_layers(chosen, environment, Settings)
    named = layered.tree.get("state_dir")
    state_dir = Path(named if isinstance(named, str) else Settings().state_dir).expanduser()
    return place_state(state_dir, chosen, layered)


def find_unnamed_state(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Path | None:
    """As `find_state_dir`, but only where nothing names it, neither a file nor a variable; else return `None`."""
    environment = os.environ if environ is None else environ
    layered = read_layers(None, environment, Settings)
    if _choose_file(file, environment) or {"state_dir", "store"} & set(layered.tree):
        return None
    return find_state_dir(file, environment)


def _choose_file(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = file or (Path(environment["FERMATA_CONFIG"]) if environment.get("FERMATA_CONFIG") else None)
    if named is not None:
        if named.is_dir():
            raise UserError(f"{named} is a folder", do=f"Name the file: {named / 'fermata.yaml'}")
        if not named.is_file():
            raise UserError(f"There is no settings file {named}", do="Check the path, or leave --config out")
        return named
    here = Path("fermata.yaml")
    return here if here.is_file() else None


def _validate_systems(layered: Layered, faults: list[str], left_out: Collection[str]) -> dict[str, BaseModel]:
    validated: dict[str, BaseModel] = {}
    sections = layered.tree.get("systems") or {}
    if not isinstance(sections, Mapping):
        return validated  # The tree's own validation names this fault.
    for name, section in sections.items():
        if name in left_out:
            continue
        try:
            system = resolve_system(str(name))
            validated[str(name)] = system.Settings.model_validate({} if section is None else section)
        except ValidationError as error:
            faults += find_faults(error, layered, system.Settings, prefix=("systems", str(name)))
        except FermataError as error:
            faults.append(f"systems.{name}: {error} [{find_origin(layered, f'systems.{name}')}]")
    return validated
