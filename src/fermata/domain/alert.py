"""A firing rule as a source reported it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from fermata.domain.ids import AlertId
from fermata.domain.record import FrozenMap, Instant, Record, Text
from fermata.kit.clock import format_instant
from fermata.kit.ids import derive_id


class AlertStatus(StrEnum):
    """What the source says of the rule."""

    FIRING = "firing"
    RESOLVED = "resolved"


_SEVERITY_WORDS = {
    **dict.fromkeys(("critical", "page", "p0", "p1", "sev0", "sev1", "emergency", "fatal"), "critical"),
    **dict.fromkeys(("high", "error", "major", "p2", "sev2"), "high"),
    **dict.fromkeys(("warning", "warn", "medium", "moderate", "minor", "p3", "sev3"), "warning"),
    **dict.fromkeys(("info", "informational", "low", "none", "notice", "debug", "p4", "p5", "sev4", "sev5"), "info"),
}


class Severity(StrEnum):
    """How bad it is, in the words of the source's labels, reduced to four."""

    CRITICAL = "critical"
    HIGH = "high"
    WARNING = "warning"
    INFO = "info"

    @classmethod
    def from_label(cls, text: str | None) -> Severity:
        """Map a source's word; an unknown or absent one is `warning`, so that it is neither paged nor hidden."""
        return cls.find_label(text) or cls.WARNING

    @classmethod
    def find_label(cls, text: str | None) -> Severity | None:
        """Return what a source's word means; `None` for an unknown or absent one."""
        word = _SEVERITY_WORDS.get((text or "").strip().lower())
        return cls(word) if word else None

    @property
    def rank(self) -> int:
        """Return 0 for the worst, rising as it gets milder."""
        return list(Severity).index(self)


class Alert(Record):
    """One alert in one state. The same firing sent twice is the same `id`."""

    source: Text
    """The integration it came through: `alertmanager`, `grafana`."""
    fingerprint: Text
    """Digest of the identifying labels, as the source computed it."""
    name: Text
    """The rule's name (`alertname`)."""
    status: AlertStatus
    severity: Severity
    labels: FrozenMap[str, str]
    annotations: FrozenMap[str, str]
    starts_at: Instant
    ends_at: Instant | None = None
    """When it ended; `None` while it fires (sources write year 1 for that)."""
    generator_url: str = ""
    """Where the rule lives, for people; its query may be in it."""
    value: str = ""
    """The measured value in the source's words; empty when none was sent."""
    payload_digest: Text
    """Digest of the webhook body it came in."""
    received_at: Instant
    """When this was received: of a stored one its latest message."""
    first_received_at: Instant | None = None
    """When its first message was received; `None` while there is no later one."""

    @property
    def id(self) -> AlertId:
        """Return the id of this firing: source, fingerprint and `starts_at`, whatever the status."""
        return AlertId(derive_id("al", self.source, self.fingerprint, format_instant(self.starts_at)))

    @property
    def heard_at(self) -> Instant:
        """Return when its first message was received."""
        return self.first_received_at or self.received_at

    @property
    def began_at(self) -> Instant:
        """Return when it began; a start that had not come yet when it was first received is the moment of receipt."""
        return min(self.starts_at, self.heard_at)

    @property
    def summary(self) -> str:
        """Return the line for people: the summary annotation, else the description, else the name."""
        return self.annotations.get("summary") or self.annotations.get("description") or self.name


class AlertChange(StrEnum):
    """What an alert did to its row."""

    NEW = "new"
    REPEATED = "repeated"
    """The same firing in the same state was seen before."""
    RESOLVED = "resolved"
    """It was firing and is resolved now."""
    LATE = "late"
    """A firing message right after the same firing resolved: delivered out of order. Changes nothing."""
    REFIRED = "refired"
    """The same firing, with the same start, well after it was said to be resolved: its source had lost sight of it."""


SIGNED_WITHIN = timedelta(minutes=5)
"""How far a time that is signed along may be off, before or after. As Slack and most others have it; clocks of machines
that run NTP differ by far less."""


def stamp_body(stamp: str, body: bytes) -> bytes:
    """Return what is signed of a webhook that says when it is sent: the seconds since 1970, a colon, the body.

    As Grafana signs where its webhook is given a timestamp header.
    """
    return b"%b:%b" % (stamp.encode("latin-1", "replace"), body)


class Signed(Record):
    """By what a signed webhook is known again: whoever recorded one can send it once more, and cannot change it."""

    digest: Text
    """Of the very bytes that were signed."""
    is_stamped: bool
    """A time was signed along, and is recent: two of one digest are one delivery."""


class AlertBatch(Record):
    """What one webhook delivered."""

    source: Text
    group_key: str
    """The source's own grouping; a hint for correlation, never the identity."""
    alerts: tuple[Alert, ...]
    truncated: int = 0
    """Alerts the source cut from the body (`truncatedAlerts`): they exist and were not seen."""
    refused: tuple[str, ...] = ()
    """Alerts of the body that could not be read, in words with their index and field: they exist, too."""
    one_at_a_time: bool = False
    """Whether of each fingerprint one firing goes on at a time, and its source does not say which one it means."""
    many_at_once: bool = False
    """Whether several firings of one fingerprint go on at the same time, each with an end of its own."""
