"""One typed tree of settings, and the only reader of the environment.

`FERMATA_<SECTION>__<NAME>` beats the file, the file beats the default. Unknown keys are errors, all faults are
reported at once, and secrets come only by reference: `env:NAME` or `file:PATH`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from fermata.domain.person import Person
from fermata.domain.policy import MAX_APPROVAL, FreezeWindow, Guardrail, Policy
from fermata.domain.silence import Silence
from fermata.flows.context import Limits
from fermata.integrations import resolve_system
from fermata.kit.errors import FermataError, UserError
from fermata.kit.units import parse_duration
from fermata.rules.conditions import compile_condition
from fermata.rules.grouping import GroupingMode
from fermata.settings.source import Layered, Origin, find_faults, read_layers


def _read_duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) and not value.startswith("P") else value


Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
"""A time span written as `30s`, `10m` or `1h30m`."""


class Section(BaseModel):
    """A part of the tree. Unknown keys are errors: a misspelt guardrail must not be silently absent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    """Where everything is remembered."""

    url: str = ""
    """`sqlite:///path` or `postgresql://...`. Empty: SQLite in the state directory, right for one machine."""


class ServerSettings(Section):
    """The web server: alerts in, the page, health and metrics."""

    host: str = "127.0.0.1"
    """Loopback by default: nothing outside this machine reaches Fermata until someone decides so."""
    port: int = Field(default=8714, ge=0, le=65535)
    """A free port in the unassigned range; 0 lets the system choose."""
    public_url: str = ""
    """How people reach the page, when a proxy stands in front; its host is accepted in requests."""
    alert_token: str = ""
    """Bearer token that alert sources must send (by `env:` or `file:`). Without any proof, intake refuses."""
    alert_hmac_secret: str = ""
    """Secret of `X-Fermata-Signature: sha256=<hex>` over the raw body (by `env:` or `file:`)."""
    max_body_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    """4 MiB: about 5,000 alerts of ordinary size in one webhook."""


class GuardrailSettings(Guardrail):
    """A guardrail as written in the file: durations in words."""

    valid_for: Annotated[Duration, Field(gt=timedelta(0), le=MAX_APPROVAL)] = timedelta(minutes=30)
    cooldown: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(minutes=10)


class PolicySettings(Section):
    """Guardrails and freezes. Empty permits nothing: dangerous defaults do not exist."""

    guardrails: tuple[GuardrailSettings, ...] = ()
    freezes: tuple[FreezeWindow, ...] = ()

    def build(self) -> Policy:
        """Return the policy. Conditions were compiled once to show their faults at start."""
        for guardrail in self.guardrails:
            if guardrail.condition:
                compile_condition(guardrail.condition)
        guardrails = tuple(Guardrail.model_validate(guardrail.model_dump()) for guardrail in self.guardrails)
        return Policy(guardrails=guardrails, freezes=self.freezes)


class GroupingSection(Section):
    """How alerts become incidents."""

    mode: GroupingMode = GroupingMode.ACTIVE
    """`shadow` computes and journals merges without doing them: try it for a week before trusting it. `off`: one
    fingerprint, one incident."""
    window: Duration = timedelta(minutes=10)
    """How far apart in time alerts of one cause may be. A guess that suits cascades; longer merges strangers."""


class LimitSettings(Section):
    """The numbers of the flows; see `flows/context.py` for the reason behind each default."""

    gather_deadline: Duration = Limits().gather_deadline
    gather_deadline_critical: Duration = Limits().gather_deadline_critical
    lookback: Duration = Limits().lookback
    investigation_cooldown: Duration = Limits().investigation_cooldown
    investigations_per_hour: int = Field(default=Limits().investigations_per_hour, ge=1)
    stable_for: Duration = Limits().stable_for
    verify_within: Duration = Limits().verify_within
    verify_poll: Duration = Limits().verify_poll
    loop_memory: Duration = Limits().loop_memory
    flap_window: Duration = Limits().flap_window
    overdue_after: Duration = Limits().overdue_after

    def build(self) -> Limits:
        """Return the limits as flows take them."""
        return Limits(**self.model_dump())


class LogSettings(Section):
    """Fermata's own log, on stderr."""

    level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    json_lines: bool = False
    """One JSON object a line, for collectors."""


class EngineSettings(Section):
    """Durable execution."""

    executor_id: str = "local"
    """Stable name of this worker. Several workers on one PostgreSQL need one each (a StatefulSet's ordinal)."""
    workers: int = Field(default=8, ge=1, le=64)
    """Legs at once in this process. They mostly wait on the network; 8 keeps a storm from starving the page."""
    poll: Duration = timedelta(milliseconds=100)
    """How often the queue is looked at: the larger part of click-to-start."""
    lease: Duration = timedelta(seconds=10)
    """PostgreSQL with several workers: a worker silent for this long is dead, and another takes its runs over."""


class Settings(Section):
    """Everything that can be set."""

    state_dir: Path = Path(".fermata")
    """Holds the SQLite store, the halt file and the lock. Whoever can write here can decide: keep it private."""
    store: StoreSettings = StoreSettings()
    server: ServerSettings = ServerSettings()
    engine: EngineSettings = EngineSettings()
    log: LogSettings = LogSettings()
    people: tuple[Person, ...] = ()
    """Who may decide, with their roles and their handles in each channel."""
    policy: PolicySettings = PolicySettings()
    grouping: GroupingSection = GroupingSection()
    silences: tuple[Silence, ...] = ()
    topology: tuple[tuple[str, str], ...] = ()
    """(caller, callee) pairs of service names, for grouping over the graph; empty while it is not known."""
    limits: LimitSettings = LimitSettings()
    systems: Mapping[str, Any] = Field(default_factory=dict)
    """One section per outside system; its keys are on the system's page in `docs/systems/`. Absent = not used."""

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
    systems: Mapping[str, BaseModel]
    """System name -> its validated settings."""
    origins: Mapping[str, Origin]
    """Dotted path -> origin, for every value that was set."""
    file: Path | None


def load_settings(file: Path | None = None, environ: Mapping[str, str] | None = None) -> LoadedSettings:
    """Read, layer and validate the settings.

    Args:
        file: A `fermata.yaml`; `None` looks at `FERMATA_CONFIG`, then `./fermata.yaml`, and goes without either.
        environ: The environment; `None` is the real one.

    Returns:
        The settings; a relative `state_dir` of the file is made absolute from the file's folder.

    Raises:
        UserError: With every fault of every section at once, each with its path and its origin.
    """
    environment = os.environ if environ is None else environ
    chosen = _choose_file(file, environment)
    layered = read_layers(chosen, environment, Settings)
    faults = list(layered.faults)
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(layered.tree)
        settings.policy.build()
    except ValidationError as error:
        faults += find_faults(error, layered, Settings)
    except UserError as error:
        faults.append(f"policy.guardrails: {error}")
    systems = _validate_systems(layered, faults)
    if settings is None or faults:
        where = str(chosen) if chosen else "the environment"
        raise UserError(
            f"The settings hold {len(faults)} fault{'s' if len(faults) != 1 else ''} ({where})",
            why="\n  " + "\n  ".join(faults) + "\n",
            do="Correct them; `fermata settings show` prints what is read from where",
            faults=tuple(faults),
        )
    # Relative to the file, not to where a command happens to be run: two commands must find the same state.
    base = chosen.absolute().parent if chosen and "state_dir" in _list_file_keys(layered, chosen) else Path.cwd()
    settings = settings.model_copy(update={"state_dir": base / settings.state_dir.expanduser()})
    return LoadedSettings(settings=settings, systems=systems, origins=layered.origins, file=chosen)


def _list_file_keys(layered: Layered, file: Path) -> set[str]:
    return {path for path, origin in layered.origins.items() if origin.text == str(file)}


def _choose_file(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    named = file or (Path(environment["FERMATA_CONFIG"]) if environment.get("FERMATA_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise UserError(f"There is no settings file {named}", do="Check the path, or leave --config out")
        return named
    here = Path("fermata.yaml")
    return here if here.is_file() else None


def _validate_systems(layered: Layered, faults: list[str]) -> dict[str, BaseModel]:
    validated: dict[str, BaseModel] = {}
    sections = layered.tree.get("systems") or {}
    if not isinstance(sections, Mapping):
        return validated  # The tree's own validation names this fault.
    for name, section in sections.items():
        try:
            system = resolve_system(str(name))
            validated[str(name)] = system.Settings.model_validate(section or {})
        except ValidationError as error:
            faults += find_faults(error, layered, system.Settings, prefix=("systems", str(name)))
        except FermataError as error:
            faults.append(f"systems.{name}: {error}")
    return validated
