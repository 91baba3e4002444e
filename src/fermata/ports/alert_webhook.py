"""The webhook format that Alertmanager speaks and Grafana descends from: what a source of that family shares.

A source declares what is its own: the version it reads, the fields only it has, and where it tells an alert's name and
value. The bounds, the tolerance and the words of a refusal are the same for all, so that no sender is judged by other
rules than its neighbour.

Strict about what makes an identity (labels, `startsAt`, `status`), lenient about everything that is only for people.
Fields that are not read may be anything. A malformed alert costs itself, not its neighbours: the others are taken in
and it is told of by index and field, so that nothing goes missing without a word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from fermata.domain.alert import Alert, AlertBatch, AlertStatus, Severity
from fermata.kit.digest import compute_bytes_digest, compute_digest
from fermata.kit.errors import TooLargeError, UserError
from fermata.kit.redaction import redact_cut
from fermata.kit.wire_words import describe_fault

MOST_ALERTS = 10_000
# Mimir, the strictest common store, allows 30 labels of 1,024 + 2,048 characters by default: beyond these is a mistake.
MOST_LABELS = 128
LONGEST_NAME = 1_024
LONGEST_LABEL = 4_096
# Annotations are for people: a long one is cut, never a reason to lose an alert.
LONGEST_ANNOTATION = 16_384


def _drop_nulls(value: Any) -> Any:
    if value is None:
        return {}
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


def clean(value: Any) -> Any:
    """Return a text that every store can hold, and anything else as it is: without NUL, and without half a letter.

    PostgreSQL holds no NUL, and no label means it. Half of a surrogate pair is what a script writes that has cut a text
    within an emoji; it is no letter, and no encoding takes it.
    """
    if not isinstance(value, str):
        return value
    whole = value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_ANNOTATION:
        # Whoever takes the alert in hides its secrets; half of one that stands across the cut would look like none.
        kept = redact_cut(value, LONGEST_ANNOTATION).text
        return f"{kept}... [cut: {len(value) - LONGEST_ANNOTATION:,} more characters]"
    return value


def read_instant(value: Any, example: str) -> datetime | None:
    """Return an RFC 3339 time in UTC; `None` for null and for year 1, Go's way to say that there is none.

    Raises:
        ValueError: It is something else; the message does not repeat the value.
    """
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.year == 1:
            return None
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    message = f"expected an RFC 3339 time with its offset, such as {example}"
    raise ValueError(message)


Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), BeforeValidator(clean)]
LabelText = Annotated[str, StringConstraints(max_length=LONGEST_LABEL), BeforeValidator(clean)]
AnnotationText = Annotated[str, BeforeValidator(_cut), BeforeValidator(clean)]
OptionalText = Annotated[str, BeforeValidator(lambda value: "" if value is None else _cut(clean(value)))]
OptionalName = Annotated[
    str,
    StringConstraints(max_length=LONGEST_NAME),
    BeforeValidator(lambda value: "" if value is None else clean(value)),
]


class WebhookAlert(BaseModel):
    """One alert of the body, as all senders of the family write it."""

    model_config = ConfigDict(frozen=True)

    instant_example: ClassVar[str]
    """A time as this sender writes it, for the words of a refusal."""

    status: Literal["firing", "resolved"]
    labels: Annotated[dict[Name, LabelText], Field(max_length=MOST_LABELS), BeforeValidator(_drop_nulls)]
    annotations: Annotated[dict[Name, AnnotationText], Field(max_length=MOST_LABELS), BeforeValidator(_drop_nulls)] = (
        Field(default_factory=dict)
    )
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime | None = Field(alias="endsAt", default=None)
    generator_url: OptionalText = Field(alias="generatorURL", default="")
    fingerprint: OptionalName = ""

    @field_validator("starts_at", mode="before")
    @classmethod
    def _require_start(cls, value: Any) -> datetime:
        instant = read_instant(value, cls.instant_example)
        if instant is None:
            message = "an alert without its start cannot be told from the one before it"
            raise ValueError(message)
        return instant

    @field_validator("ends_at", mode="before")
    @classmethod
    def _read_end(cls, value: Any) -> datetime | None:
        return read_instant(value, cls.instant_example)


AlertT = TypeVar("AlertT", bound=WebhookAlert)


class WebhookBody(BaseModel, Generic[AlertT]):
    """The whole body. `version` stands first: its fault is named before any other."""

    model_config = ConfigDict(frozen=True)

    version_read: ClassVar[str]
    """The one version that is read."""

    version: str
    alerts: Annotated[
        list[AlertT],
        FailFast(),
        Field(max_length=MOST_ALERTS),
        BeforeValidator(lambda value: [] if value is None else value),
    ]
    group_key: OptionalText = Field(alias="groupKey", default="")
    truncated: Annotated[
        int, Field(ge=0, le=1_000_000_000), BeforeValidator(lambda value: 0 if value is None else value)
    ] = Field(alias="truncatedAlerts", default=0)

    @field_validator("version", mode="before")
    @classmethod
    def _require_version(cls, value: Any) -> Any:
        if value != cls.version_read:
            shown = repr(value[:16]) if isinstance(value, str) else f"a {type(value).__name__}"
            message = f"it is {shown}, and only version {cls.version_read!r} is read"
            raise ValueError(message)
        return value


@dataclass(frozen=True, slots=True)
class Told:
    """What each sender tells in its own place."""

    name: str
    """The rule's name; never empty."""
    value: str
    """What was measured, as people read it; empty when it is not told."""
    annotations: Mapping[str, str]


class WebhookSource(Generic[AlertT]):
    """Base of a source of the family: it names its body and says how to read an alert's name, value and annotations."""

    name: ClassVar[str]
    """The last part of the intake path."""
    Body: ClassVar[type[WebhookBody[Any]]]
    """What it reads."""
    AlertModel: ClassVar[type[WebhookAlert]]
    """What one alert in it is."""
    advice: ClassVar[str]
    """What to do about a body that is something else."""

    def parse(self, body: bytes, received_at: datetime) -> AlertBatch:
        """Return the alerts of a body. Pure.

        Args:
            body: The request body, as received.
            received_at: Also the end of a resolved alert that carries none: the latest it can be.

        Raises:
            TooLargeError: More than 10,000 alerts, or a label or a count beyond its limit.
            UserError: The body is not what this source sends; the message names the index and the field.
        """
        refused: tuple[str, ...] = ()
        try:
            wire = self.Body.model_validate_json(body)
        except ValidationError as error:
            refusal = self._describe_refusal(error)
            if refusal.facts["index"] is None:
                raise refusal from error
            wire, refused = self._read_around(body, refusal)
        digest = compute_bytes_digest(body)
        return AlertBatch(
            source=self.name,
            group_key=wire.group_key,
            alerts=tuple(self._build_alert(alert, digest, received_at) for alert in wire.alerts),
            truncated=wire.truncated,
            refused=refused,
        )

    def _read_around(self, body: bytes, first: UserError) -> tuple[WebhookBody[AlertT], tuple[str, ...]]:
        """Read a body alert by alert; return it with the good ones, and the words for each other one.

        Raises:
            UserError: None of its alerts can be read, or the rest of it cannot; `first` when it is all of them.
        """
        content = json.loads(body)
        good: list[AlertT] = []
        refused: list[str] = []
        for index, raw in enumerate(content["alerts"]):
            try:
                good.append(cast("AlertT", self.AlertModel.model_validate_json(json.dumps(raw))))
            except ValidationError as error:
                refused.append(str(self._describe_refusal(error, ("alerts", index))))
        if not good:
            raise first
        try:
            wire = self.Body.model_validate_json(json.dumps(content | {"alerts": []}))
        except ValidationError as error:
            raise self._describe_refusal(error) from error
        return wire.model_copy(update={"alerts": good}), tuple(refused)

    def tell(self, wire: AlertT) -> Told:
        """Return what this sender tells in its own place. Every source has its own way."""
        raise NotImplementedError

    def _build_alert(self, wire: AlertT, payload_digest: str, received_at: datetime) -> Alert:
        status = AlertStatus(wire.status)
        told = self.tell(wire)
        return Alert(
            source=self.name,
            # Alertmanager before 0.20 sends no fingerprint; the labels are what it is computed from anyway.
            fingerprint=wire.fingerprint or compute_digest(wire.labels).removeprefix("sha256:")[:16],
            name=told.name,
            status=status,
            severity=Severity.from_label(wire.labels.get("severity")),
            labels=wire.labels,
            annotations=told.annotations,
            starts_at=wire.starts_at,
            # A firing alert may carry the instant it would time out at; it has not ended.
            ends_at=(wire.ends_at or received_at) if status is AlertStatus.RESOLVED else None,
            generator_url=wire.generator_url,
            value=told.value,
            payload_digest=payload_digest,
            received_at=received_at,
        )

    def _describe_refusal(self, error: ValidationError, place: tuple[int | str, ...] = ()) -> UserError:
        """Word the first fault of a body, or of what stands at a place in it. Repeats no value, only where it is."""
        fault = read_fault(error, place)
        return fault.kind(
            f"The alerts were refused at {fault.field!r}",
            why=fault.why,
            do=self.advice,
            source=self.name,
            field=fault.field,
            index=next((part for part in fault.path if isinstance(part, int)), None),
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a body."""

    path: tuple[int | str, ...]
    """Where it stands: keys and indices from the outside in."""
    why: str
    kind: type[UserError]
    """What it is refused with."""

    @property
    def field(self) -> str:
        """Return where it stands, for people."""
        return _join_path(self.path)


def read_fault(error: ValidationError, place: tuple[int | str, ...] = ()) -> Fault:
    """Return the first fault of a body, or of what stands at a place in it. Repeats no value."""
    first = error.errors(include_url=False, include_input=False)[0]
    kind = TooLargeError if first["type"] in {"too_long", "string_too_long"} else UserError
    return Fault((*place, *first["loc"]), describe_fault(first["type"], first["msg"], first.get("ctx", {})), kind)


def _join_path(parts: tuple[int | str, ...]) -> str:
    """Write `alerts[3].labels.severity`. Label names come from outside: bounded, and printable on one line."""
    path = "".join(
        f"[{part}]" if isinstance(part, int) else "." + "".join(c if c.isprintable() else "?" for c in part[:64])
        for part in parts
    )
    return path.removeprefix(".") or "body"
