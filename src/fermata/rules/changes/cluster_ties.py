"""What a change declares and a cluster holds to: who is selected by which label, and how much may be used by whom.

A service whose selector a commit gave a pair that no pod carries leads nowhere, and so does one whose pods lost the
pair. A quota or a range that refuses pods says which amount it allows: who lowered it to that very amount did it,
and so did who made a workload ask for the very amount that is refused.
Nothing in the refused pods, or in the callers' errors, names the change otherwise. So it is with a container that an
alert calls throttled and whose limit was lowered, or of which fewer run, and with a mesh that takes nothing in the
clear any more: Envoy says then that no filter chain fits (istio.io, "Traffic Management Problems" and "Mutual TLS
Migration"; read from memory).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.diffs import Hunk
from fermata.rules.changes.entries import Shift, compare, find_ratio, list_shifts
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.kubernetes.selectors import selector_of
from fermata.rules.levels import LogLevel

if TYPE_CHECKING:
    from fermata.domain.alert import Alert
    from fermata.rules.kubernetes.objects import KubeObject
    from fermata.rules.signatures.base import Case

_EXACT = 2.5
_WEIGHT = 0.8
_MOST = 50
# Where a pair of a label stands in a manifest, a kustomization, or Terraform's form of either.
_PAIR = re.compile(
    r"(?:^|\.)(?P<where>selector|match_?labels|common_?labels|pairs|(?:pod_?)?labels)\."
    r"(?:match_?labels\.)?(?P<key>[^.].*)$",
    re.IGNORECASE,
)
_LABELS = re.compile(r"labels|pairs", re.IGNORECASE)
_SELECTS = re.compile(r"selector|match_?labels|common_?labels|pairs", re.IGNORECASE)
_LIMITED = re.compile(r"exceeded quota: \S+, requested: (?P<asked>\S+), used: \S+, limited: (?P<limits>\S+)")
# kubernetes, plugin/pkg/admission/limitranger/admission.go (read from memory).
_USAGE = re.compile(
    r"\b(?P<bound>maximum|minimum) (?P<resource>\S+) usage per \w+ is (?P<amount>[\w.]+)"
    r"(?:, but (?P<what>limit|request) is (?P<asked>[\w.]+))?"
)
_RATIO = re.compile(r"\b(?P<resource>\S+) max limit to request ratio per \w+ is (?P<amount>[\w.]+)")
# CPUThrottlingHigh of kube-prometheus, and how others word it.
_THROTTLED = re.compile(r"cpu[\s_-]*throttl|throttl\w{0,20}\b.{0,20}\bcpu", re.IGNORECASE)
_GENERIC = frozenset({"app", "main", "server", "container"})  # What containers of any workload are called.
_CONTAINER = ("container", "deployment", "statefulset", "daemonset", "workload", "service", "app")
_OF_POD = re.compile(r"-(?:[a-z0-9]{6,10}-[a-z0-9]{5}|[a-z0-9]{5}|\d{1,4})$")
_COUNT = re.compile(r"(?:^|\.)replicas$", re.IGNORECASE)
_CPU_LIMIT = re.compile(r"(?:^|\.)(?:limits\.cpu|cpu_?limit|cpus|cpu_?quota)$", re.IGNORECASE)
_NO_CHAIN = "filter_chain_not_found"
_MTLS = re.compile(r"(?:^|\.)(?P<side>m?tls)\.mode$", re.IGNORECASE)
_CLEAR = frozenset({"DISABLE", None})
_BOUNDS = {"maximum": "max", "minimum": "min"}


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A service that selects pods, and leads to none."""

    service: str
    pairs: frozenset[tuple[str, str]]
    """Of labels: what it selects."""
    telling: Telling
    """The line that shows it."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """What a refusal says is allowed, or was asked for."""

    path: re.Pattern[str]
    """The name under which it is declared."""
    amount: str
    way: int
    """-1 where less is allowed than before, 1 where more is demanded, of pods or by them."""
    telling: Telling


def list_unmatched(case: Case) -> tuple[Unmatched, ...]:
    """Return the services that select pods and that lead to none, as far as objects were captured."""
    if not any(item.kind is EvidenceKind.OBJECTS for item in case.evidence):
        return ()
    services = (one for one in case.cluster.list("Service") if _leads_nowhere(case, one))
    return tuple(islice((found for one in services for found in _describe(case, one)), _MOST))


def _leads_nowhere(case: Case, service: KubeObject) -> bool:
    cluster = case.cluster
    if not cluster.has_selector(service) or cluster.pods_selected_by(service):
        return False
    endpoints = cluster.endpoints_of(service)
    return not endpoints and (endpoints is not None or bool(cluster.list("Pod", service.namespace)))


def _describe(case: Case, service: KubeObject) -> Iterator[Unmatched]:
    """Yield a service with the line that shows it; nothing where its text was not kept."""
    name, pairs = service.name, selector_of(service)
    words = ("Selector:", "selector", ",".join(f"{key}={value}" for key, value in pairs.items()), name)
    for quote in case.cluster.quote(service, *words)[:1]:
        item, text = case.by_id[quote.document], quote.text
        telling = Telling(item, quote.line, text, name, None, LogLevel.ERROR, 1, 0, _WEIGHT, (text,))
        yield Unmatched(name, frozenset(pairs.items()), telling)


def list_throttled(alerts: Iterable[Alert]) -> frozenset[str]:
    """Return the names of the containers, their pods' workloads and services that alerts call throttled."""
    told = [alert for alert in alerts if _THROTTLED.search(f"{alert.name} {alert.summary}")]
    named = {alert.labels[label] for alert in told for label in _CONTAINER if label in alert.labels}
    pods = {_OF_POD.sub("", alert.labels["pod"]) for alert in told if "pod" in alert.labels}
    return frozenset((named | pods) - _GENERIC)


def judge_cluster(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield the label or the bound that a change sets, and that a cluster shows to leave out or to hold back."""
    bounds = [bound for telling in symptoms.complaints for bound in _read_bounds(telling)]
    closed = next((one for one in symptoms.tellings if any(_NO_CHAIN in text for text in one.samples)), None)
    if not bounds and not symptoms.unmatched and not symptoms.throttled and closed is None:
        return
    for hunk in change.diff.effective if symptoms.throttled else ():
        yield from islice(_tie_limit(hunk, change, symptoms.throttled), 1)
    shifts = [shift for hunk in change.diff.effective for shift in list_shifts([hunk])]
    given = frozenset(_list_given(shifts))
    for shift in shifts:
        found = _tie_label(shift, symptoms, given) or _tie_bound(shift, bounds) or _tie_mesh(shift, closed)
        found = found or _tie_count(shift, change.facts.service, symptoms.complaints)
        if found is not None:
            text, telling = found
            yield Sign("constant", _EXACT, text, shift.line, telling)
            return


def _list_given(shifts: Iterable[Shift]) -> Iterator[tuple[str, str]]:
    """Yield the pairs that a change gives pods: whoever selects one of these finds them once they run."""
    for shift in shifts:
        pair = _PAIR.search(shift.name)
        if pair is not None and shift.new and not _SELECTS.search(pair["where"]):
            yield pair["key"], shift.new


def _tie_label(shift: Shift, symptoms: Symptoms, given: frozenset[tuple[str, str]]) -> tuple[str, Telling] | None:
    pair = _PAIR.search(shift.name)
    if pair is None:
        return None
    old, new = (pair["key"], shift.old), (pair["key"], shift.new)
    for one in symptoms.unmatched:
        if _SELECTS.search(pair["where"]) and new in one.pairs and new not in given:
            return f"it makes {one.service} select {new[0]}={new[1]}, and nothing is behind it", one.telling
        if _LABELS.search(pair["where"]) and old in one.pairs:
            return f"it takes away {old[0]}={old[1]}, which {one.service} selects", one.telling
    return None


def _tie_bound(shift: Shift, bounds: list[_Bound]) -> tuple[str, Telling] | None:
    for one in bounds:
        if shift.new is None or one.path.search(shift.name) is None:
            continue
        turned = shift.old is None or compare(shift.old, shift.new) == one.way
        if turned and (shift.new == one.amount or find_ratio(shift.new, one.amount) == 1.0):
            return f"it sets {shift.name} to {shift.new}, which is what refuses pods", one.telling
    return None


def _tie_count(shift: Shift, service: str, complaints: Iterable[Telling]) -> tuple[str, Telling] | None:
    """Return that a change runs more of a service whose pods a quota refuses."""
    is_more = shift.old is not None and shift.new is not None and compare(shift.old, shift.new) > 0
    if not service or not is_more or _COUNT.search(shift.name) is None:
        return None
    own = re.compile(rf"[\"/]{re.escape(service)}-[\w-]+.*exceeded quota")
    refused = (one for one in complaints if own.search(one.samples[0]))
    if (one := next(refused, None)) is not None:
        return f"it runs {shift.new} of {service} instead of {shift.old}, and a quota refuses its pods", one
    return None


def _tie_limit(hunk: Hunk, change: Change, throttled: frozenset[str]) -> Iterator[Sign]:
    """Yield that a hunk about a throttled container lets it compute less than before, or fewer of it run."""
    about = " ".join((hunk.path, hunk.heading, change.facts.service, *(line.text for line in hunk.lines)))
    name = next((name for name in sorted(throttled) if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", about)), "")
    for shift in list_shifts([hunk]) if name else ():
        is_less = shift.old is None or compare(shift.old, shift.new or "") < 0
        if shift.new is not None and is_less and _CPU_LIMIT.search(shift.name):
            yield Sign("constant", _EXACT, f"it limits {name}, which is throttled, to {shift.new} of CPU", shift.line)
        if shift.new is not None and shift.old is not None and is_less and _COUNT.search(shift.name):
            text = f"it runs {shift.new} of {name}, which is throttled, instead of {shift.old}"
            yield Sign("constant", _EXACT, text, shift.line)


def _tie_mesh(shift: Shift, closed: Telling | None) -> tuple[str, Telling] | None:
    """Return that a change asks for mutual TLS, or lets a client go without, where a proxy refuses what is clear."""
    mode = _MTLS.search(shift.name) if closed is not None else None
    if mode is None or closed is None:
        return None
    if mode["side"].casefold() == "mtls" and shift.new == "STRICT":
        return f"it takes nothing in the clear any more, and {_NO_CHAIN} is what the proxy says", closed
    if mode["side"].casefold() == "tls" and shift.new in _CLEAR:
        return f"it lets calls go in the clear, and {_NO_CHAIN} is what the proxy says", closed
    return None


def _read_bounds(telling: Telling) -> Iterator[_Bound]:
    text = telling.samples[0]
    if found := _LIMITED.search(text):
        for resource, amount in _part(found["limits"]).items():
            yield _Bound(_name(rf"hard\.{re.escape(resource)}"), amount, -1, telling)
        for resource, amount in _part(found["asked"]).items():
            # A quota's `cpu` is that of requests (Kubernetes, "Resource Quotas"; read November 2026).
            path = resource if resource.startswith(("requests.", "limits.")) else f"requests.{resource}"
            yield _Bound(_name(rf"resources\.{re.escape(path)}"), amount, 1, telling)
    for usage in _USAGE.finditer(text):
        path = rf"{_BOUNDS[usage['bound']]}\.{re.escape(usage['resource'])}"
        is_most = usage["bound"] == "maximum"
        yield _Bound(_name(path), usage["amount"], -1 if is_most else 1, telling)
        if usage["asked"]:
            path = rf"resources\.{usage['what']}s\.{re.escape(usage['resource'])}"
            yield _Bound(_name(path), usage["asked"], 1 if is_most else -1, telling)
    for ratio in _RATIO.finditer(text):
        path = rf"max_?limit_?request_?ratio\.{re.escape(ratio['resource'])}"
        yield _Bound(_name(path), ratio["amount"], -1, telling)


def _name(path: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|\.){path}$", re.IGNORECASE)


def _part(text: str) -> Mapping[str, str]:
    parts = (part.partition("=") for part in text.rstrip(".,'\"").split(","))
    return {name: amount for name, equals, amount in parts if equals}
