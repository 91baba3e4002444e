"""What monitors and alerts say in numbers, as findings about workloads and nodes: this was so much, and is so much now.

Monitors word their findings freely. What they share is a pair of numbers, what was usual and what is now, behind a few
words for what was measured; those words are read as the names of metrics are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.rules.claims import Quote
from fermata.rules.metrics.semantics import Kind, read_meaning
from fermata.rules.metrics.shift import find_shift, make_frame

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject
    from fermata.rules.metrics.series import Series

_NUMBER = r"(\d{1,15}(?:\.\d{1,9})?)(?!\d|\.\d)\s{0,2}(ms|s\b|sec\w*|[a-zA-Z%/µ]{0,12})"
_PAIR = re.compile(
    rf"(?i)(?:normal(?:ly)?|usual(?:ly)?|baseline|before|was|from)\b\s{{0,2}}[=:]?\s{{0,2}}{_NUMBER}"
    rf"\s{{0,2}}(?:->|→|=>|,|;|\(|to\b|and)?\s{{0,2}}(?:current(?:ly)?|cur|now|is|after)?\s{{0,2}}[=:]?\s{{0,2}}{_NUMBER}"
)
_REVERSED = re.compile(
    rf"(?i){_NUMBER}\s{{0,2}}[,(]?\s{{0,2}}(?:instead of|rather than|above|over|exceeds|vs\.?|versus|against|>=?|"
    rf"normal(?:ly)?|usual(?:ly)?|baseline|threshold|was)\s{{0,2}}(?:is|of|the)?\s{{0,2}}[=:]?\s{{0,2}}{_NUMBER}"
)
# A threshold stands for what is usual: nobody sets one below it.
_ABOUT = re.compile(
    r"^(service|node|pod|deployment|statefulset|daemonset|workload|app|instance)[ =:/\"]{1,3}([\w.-]+)", re.IGNORECASE
)
_BRACKETS = re.compile(r"\[([^\]\n]{1,60})\]")
_LONGEST = 4000
# More than any monitor writes about one thing.
_MILLISECONDS = {"s": 1000.0, "sec": 1000.0, "seconds": 1000.0, "second": 1000.0, "secs": 1000.0}
_THROTTLED = re.compile(r"(?i)throttl")
_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one workload or node that changed."""

    item: KubeObject
    """The workload, or the node."""
    kind: Kind
    before: float
    """In the monitor's unit; seconds are turned into milliseconds. 0 when it names no usual value."""
    after: float
    quote: Quote

    @property
    def rise(self) -> float:
        """Return how many times what was usual it is now; 0 when nothing was usual."""
        return self.after / self.before if self.before > 0 else 0.0


def list_findings(cluster: Cluster) -> Sequence[Finding]:
    """Return what the notices say of objects that are known, in their order; where none speaks of latency, what shows.

    Whoever watches knows better than one look at the series what is usual, and hundreds of series take their time.
    """
    said = [finding for notice in cluster.notices for finding in _read_notice(cluster, notice)]
    if any(finding.kind in (Kind.LATENCY, Kind.PACKET_LOSS) for finding in said):
        return said
    return [*said, *measure(cluster, Kind.LATENCY, Kind.CPU, Kind.PACKET_LOSS)]


def measure(cluster: Cluster, *kinds: Kind) -> Sequence[Finding]:
    """Return the series of some kinds that rose lastingly above what was usual, for objects that are known."""
    found = []
    for series in cluster.series:
        if series.meaning.kind not in kinds or (item := locate(cluster, series.service)) is None:
            continue
        frame = make_frame(series.times, None)
        shift = find_shift(series, frame) if frame is not None else None
        if shift is not None:
            quote = quote_point(series, shift.indexes[0])
            found.append(Finding(item, series.meaning.kind, shift.before, shift.after, quote))
    return found


def quote_point(series: Series, index: int) -> Quote:
    """Quote the line of one point of a series; without text, since whoever holds the series knows its form."""
    return Quote(series.id or series.name, series.lines[index] if series.lines else index + 1, "")


def _read_notice(cluster: Cluster, notice: Quote) -> Iterator[Finding]:
    text = notice.text[:_LONGEST]
    match = _ABOUT.match(text)
    item = locate(cluster, match[2]) if match else _find_named(cluster, text)
    if item is None:
        return
    text = text[match.end() :] if match else text
    heading = ""
    for part in text.split("|"):
        words = _name_measure(part)
        heading = words or heading
        meaning = read_meaning(words or heading)
        pair = _find_pair(part)
        if pair is not None:
            _, before, after = pair
            yield Finding(item, meaning.kind, before, after, notice)
        elif _THROTTLED.search(part):
            yield Finding(item, Kind.SATURATION, 0.0, 1.0, notice)


def _name_measure(part: str) -> str:
    """Return the words of a part that name what was measured: those in brackets, else those before the numbers."""
    pair = _find_pair(part)
    label = part[: pair[0]] if pair is not None else part
    bracket = _BRACKETS.search(label)
    for words in (bracket[1] if bracket else "", label):
        if read_meaning(words).kind is not Kind.OTHER:
            return words
    return ""


def _find_pair(part: str) -> tuple[int, float, float] | None:
    """Return where a pair of numbers begins, what was usual, and what is now; in milliseconds where they are times."""
    for pattern, usual, now in ((_PAIR, 1, 3), (_REVERSED, 3, 1)):
        match = pattern.search(part)
        if match is not None:
            return match.start(), _scale(match[usual], match[usual + 1]), _scale(match[now], match[now + 1])
    return None


def _scale(number: str, unit: str) -> float:
    return float(number) * _MILLISECONDS.get(unit.lower(), 1.0)


def _find_named(cluster: Cluster, text: str) -> KubeObject | None:
    """Return the first workload or node that a text names, else the workload of the first pod."""
    names = cluster.remember(_index_names)
    words = re.findall(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", text)
    found = next((names[word] for word in words if word in names), None)
    if found is not None:
        return found
    pods = (cluster.find("Pod", word) for word in words if "-" in word)
    return next((cluster.workload_of(pod) for pod in pods if pod is not None), None)


def _index_names(cluster: Cluster) -> Mapping[str, KubeObject]:
    found: dict[str, KubeObject] = {item.name: item for item in cluster.list("Node")}
    for item in cluster.workloads:
        found.setdefault(item.name, item)
    return found


def locate(cluster: Cluster, name: str) -> KubeObject | None:
    """Return what a monitor means by a name: a node, a workload, the workload behind a service, or that of a pod."""
    name = name.rpartition("/")[2].partition(".svc")[0]
    known = cluster.remember(_index_names).get(name)
    if known is not None:
        return known
    service = cluster.find("Service", name)
    if service is not None:
        behind = cluster.workloads_selected_by(service)
        return behind[0] if behind else service
    found = next((item for kind in _KINDS if (item := cluster.find(kind, name)) is not None), None)
    return cluster.workload_of(found) if found is not None else None
