"""What the rule of an alert measures by a name that everybody knows: room on a file system, the end of a certificate.

Exporters agree on these names, so their numbers need no log to be understood. Sources: node_exporter
(`collector/filesystem_common.go`), blackbox_exporter (`prober/tls.go`), windows_exporter, kubelet, cert-manager,
x509-certificate-exporter and Traefik, each by its documentation, read 2026-11.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from fermata.domain.alert import AlertStatus
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.claims import Quote
from fermata.rules.sightings import find_facts
from fermata.rules.signatures.base import Case

_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")
"""What a label has to be: `https://10.0.0.1` divides nothing."""
_FREE = re.compile(
    r"\b(?:node_filesystem_(?:avail_bytes|free_bytes|files_free)|windows_logical_disk_free_bytes|"
    r"kubelet_volume_stats_(?:available_bytes|inodes_free))\b"
)
_WHOLE = re.compile(
    r"\b(?:node_filesystem_(?:size_bytes|files)|windows_logical_disk_size_bytes|"
    r"kubelet_volume_stats_(?:capacity_bytes|inodes))\b"
)
_INODES = re.compile(r"_files_free\b|_inodes_free\b")
_USED = re.compile(r"\b1(?:00)?(?:\.0)?\s*-|(?:size_bytes|files|capacity_bytes|inodes)\b(?:\{[^}]*\})?\s*-")
"""What is measured is taken off the whole: the value is what is used, not what is left."""
_PERCENT = re.compile(r"\b100\b")
_NOT_AFTER = re.compile(
    r"\b(?:probe_ssl_earliest_cert_expiry|probe_ssl_last_chain_expiry_timestamp_seconds|ssl_cert_not_after|"
    r"x509_cert_not_after|certmanager_certificate_expiration_timestamp_seconds|traefik_tls_certs_not_after|"
    r"nginx_ingress_controller_ssl_expire_time_seconds)\b"
)
_PER = re.compile(r"/\s*\(?\s*(\d{1,6}(?:\s*[*/]\s*\d{1,6})*)")
"""What the time that is left is divided by, as in `/ 86400`, `/ 60 / 60 / 24` and `/ (24 * 3600)`."""
_LEFT = re.compile(r"-\s*time\(\)")
# Seconds since 1970 in the year 2001: no certificate of today ended before; who knows of none tells the year 1.
_FIRST_INSTANT = 1e9
_NEARLY_FULL = 0.1
_NOTHING = 0.005  # Less would be written as 0 %.
_FALL = 0.05
"""Of the whole, within what was watched: less is the usual going and coming."""
_WHERE = ("mountpoint", "volume", "persistentvolumeclaim", "target", "cn", "subject_CN", "device", "instance")
"""Labels that say what is measured, the most telling first."""


class Measured(NamedTuple):
    """One thing whose end an alert's rule measures."""

    quote: Quote
    words: str


def list_full(case: Case) -> Iterator[Measured]:
    """Yield the file systems that have no more than a tenth of their room left, as a firing rule measures it."""
    for item, facts, series in _list_watched(case):
        expression = _TEXT.sub("", facts.expression)
        if not (_FREE.search(expression) and _WHOLE.search(expression)):
            continue
        rooms = [(at, _read_room(expression, value)) for at, value in series.points]
        left = rooms[-1][1]
        if not 0 <= left <= _NEARLY_FULL:
            continue
        what = "inodes" if _INODES.search(expression) else "space"
        host = series.labels.get("instance", "")
        whose = _name(series.labels) + (f" of {host}" if host and host != _name(series.labels) else "")
        amount = f"no {what}" if left < _NOTHING else f"{left:.1%} of its {what}"
        yield Measured(_quote(item, series), f"{whose} has {amount} left{_describe_fall(rooms)}")


def list_ended(case: Case) -> Iterator[Measured]:
    """Yield the certificates that are past their end, as a firing rule measures it."""
    for item, facts, series in _list_watched(case):
        expression = _TEXT.sub("", facts.expression)
        if not _NOT_AFTER.search(expression):
            continue
        at, value = series.points[-1]
        unit_s = math.prod(int(number) for per in _PER.findall(expression) for number in re.findall(r"\d+", per))
        end = value if value >= _FIRST_INSTANT else at + value * unit_s if _LEFT.search(expression) else None
        if end is not None and _FIRST_INSTANT <= end <= at:
            told = f"{datetime.fromtimestamp(end, UTC):%Y-%m-%d %H:%M} UTC"
            yield Measured(_quote(item, series), f"the end of {_name(series.labels)}'s was {told}")


def _list_watched(case: Case) -> Iterator[tuple[Evidence, MetricFacts, Series]]:
    """Yield the series that the rules of firing alerts watch, and that have the labels of one of these."""
    firing = [alert.labels for alert in case.alerts if alert.status is AlertStatus.FIRING]
    for item in case.evidence:
        found = find_facts(item, MetricFacts) if item.kind is EvidenceKind.METRICS else None
        if found is None or found.facts.purpose != "alert":
            continue
        for series in found.facts.series:
            told = {name: value for name, value in series.labels.items() if name in _WHERE}
            if series.points and told and any(_agrees(told, labels) for labels in firing):
                yield item, found.facts, series


def _agrees(told: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in told.items())


def _read_room(expression: str, value: float) -> float:
    """Return which share of the whole is left."""
    share = value / 100 if _PERCENT.search(expression) else value
    return 1 - share if _USED.search(expression) else share


def _describe_fall(rooms: list[tuple[float, float]]) -> str:
    """Say when most of what went was still there, and how fast it went; empty where nearly nothing did."""
    left = rooms[-1][1]
    most = max(room for _, room in rooms)
    fall = most - left
    if fall < _FALL:
        return ""
    begin, room = next((at, room) for at, room in reversed(rooms) if room >= left + fall / 2)
    end = min(at for at, room in rooms if at > begin and room <= left + fall / 10)
    return f", and had {room:.0%} at {datetime.fromtimestamp(begin, UTC):%H:%M:%S} UTC, {end - begin:.0f} s before"


def _name(labels: Mapping[str, str]) -> str:
    return next(labels[name] for name in _WHERE if name in labels)


def _quote(item: Evidence, series: Series) -> Quote:
    """Quote the line about a series: the first one that names it."""
    name = _name(series.labels)
    line = next((line for line in item.lines if f'"{name}"' in line.text), item.lines[0])
    return Quote(item.id, line.number, line.text)
