"""What the containers of a workload wrote: now, and before their last restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.client import KubernetesSession
from fermata.integrations.kubernetes.digging import name_of
from fermata.integrations.kubernetes.evidence import build_evidence
from fermata.integrations.kubernetes.log_tail import Tail, TailKeeper, read_tail
from fermata.integrations.kubernetes.looking import look
from fermata.integrations.kubernetes.resources import POD
from fermata.integrations.kubernetes.scope import Target
from fermata.integrations.kubernetes.visit import ScopeCollector
from fermata.kit.digging import dig, dig_count, dig_map, dig_maps, dig_text
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, Hidden, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.stamps import Stamped, cut_stamps
from fermata.ports.handing import expect, hand_over

MOST_PODS = 3
"""Of one workload: its pods run the same program, and those that need attention come first."""
MOST_LOGS = 16
"""Of one gathering."""
LARGEST_LOG_BYTES = 64 * 1024 * 1024
"""Of one answer: four times what a thousand of the longest lines hold (runtimes part lines at 16 KiB). It is a guard
only, since the API server cuts off the newest: see `log_tail`."""
_BAD_REQUEST = 400
_NOTHING = Hidden((), 0)
_UNSTAMPED = cut_stamps(())
_NO_START_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class LogPlace:
    """One log that can be asked for."""

    entity: Entity
    """The workload it belongs to."""
    namespace: str
    pod: str
    container: str
    is_previous: bool

    @property
    def words(self) -> str:
        """Return it in the words of a person: `log of checkout-1/app before its last restart`."""
        return f"log of {self.pod}/{self.container}" + (" before its last restart" if self.is_previous else "")

    @property
    def file_name(self) -> str:
        """Return it as one word: `shop__checkout-1__app__previous.log`."""
        return (
            "__".join([self.namespace, self.pod, self.container, *(["previous"] if self.is_previous else [])]) + ".log"
        )

    def get_query(self, lines: int) -> str:
        """Return the command by which a person asks for the same."""
        previous = " --previous" if self.is_previous else ""
        return f"kubectl logs {self.pod} -n {self.namespace} -c {self.container} --tail={lines}{previous}"

    def get_params(self, lines: int, since: datetime) -> dict[str, str]:
        """Return the parameters of the call.

        Args:
            since: Older lines of a running container are of no interest; before a restart all are.
        """
        limits = {"tailLines": str(lines), "limitBytes": str(LARGEST_LOG_BYTES)}
        params = {"container": self.container, "timestamps": "true", **limits}
        if self.is_previous:
            return params | {"previous": "true"}
        return params | {"sinceTime": since.strftime(_NO_START_TIME)}


class LogCollector(ScopeCollector):
    """The last lines of the scope's containers."""

    name = "kubernetes.logs"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each log, those of pods that need attention first.

        A log that cannot be had while others can is evidence without lines that says why.

        Raises:
            OperationalError: The cluster cannot be asked, or gives none of the logs.
        """
        async with self._visits.join(scope) as visit:
            places = list_places((await look(visit, scope)).targets, scope)
            session = await visit.session()
            expect(*(place.words for place in places))
            reads = (self._read(session, place, scope) for place in places)
            answers = await asyncio.gather(*reads, return_exceptions=True)
        evidence, errors = [], []
        for place, answer in zip(places, answers, strict=True):
            if isinstance(answer, Evidence):
                evidence.append(answer)
            elif isinstance(answer, OperationalError):
                errors.append(answer)
                evidence.append(self._build(scope, place, None, cut=str(answer)))
            elif isinstance(answer, BaseException):
                raise answer
        if errors and len(errors) == len(evidence):
            raise errors[0]
        return evidence

    async def _read(self, session: KubernetesSession, place: LogPlace, scope: Scope) -> Evidence | None:
        item = await self._read_lines(session, place, scope)
        hand_over(place.words, *filter(None, [item]))
        return item

    async def _read_lines(self, session: KubernetesSession, place: LogPlace, scope: Scope) -> Evidence | None:
        path = POD.path(place.namespace, place.pod, "log")
        params = place.get_params(self._settings.log_lines, scope.window_start)
        keeper = TailKeeper(self._settings.log_bytes)
        try:
            async with asyncio.timeout(self._settings.timeout_s), session.stream(path, params) as chunks:
                tail = await read_tail(chunks, keeper)
            return await self._hide_and_build(scope, place, tail)
        except Refusal as error:
            if error.code == _BAD_REQUEST:
                return None  # It has not started yet, or has no earlier run on its node: nothing was written.
            raise
        except (TimeoutError, OperationalError) as error:
            if not keeper.size_bytes:
                raise _name_timeout(error, place) from error
            cut = f"the newest lines are missing: {_say(error)}"
            return await self._hide_and_build(scope, place, keeper.finish(), cut)

    async def _hide_and_build(self, scope: Scope, place: LogPlace, tail: Tail, cut: str = "") -> Evidence:
        # A thousand lines take a twentieth of a second; sixteen logs must not hold up everybody's deadline.
        stamped = cut_stamps(tail.lines)
        hidden = await asyncio.to_thread(hide_lines, stamped.lines)
        return self._build(scope, place, tail, stamped, hidden, cut=cut)

    def _build(
        self,
        scope: Scope,
        place: LogPlace,
        tail: Tail | None,
        stamped: Stamped = _UNSTAMPED,
        hidden: Hidden = _NOTHING,
        *,
        cut: str = "",
    ) -> Evidence:
        total = tail.first_line + len(tail.lines) - 1 if tail else 0
        cuts = [cut]
        if tail and not tail.is_whole:
            kept = self._settings.log_bytes
            cuts.append(f"last {len(tail.lines)} of {total} lines: the last {kept} of {tail.size_bytes} bytes")
        if tail and tail.size_bytes >= LARGEST_LOG_BYTES:
            cuts.append(f"the newest lines are missing: the last {total} lines hold more than was asked for")
        if total >= self._settings.log_lines:
            cuts.append(f"only the last {self._settings.log_lines} lines were asked for; numbered from there")
        if hidden.shortened:
            cuts.append(f"{hidden.shortened} lines cut to {LONGEST_LINE} characters")
        when = " before its last restart" if place.is_previous else ""
        what = f"{len(hidden.lines)} lines" if hidden.lines else "empty" if tail else "not readable"
        first = tail.first_line if tail else 1
        return build_evidence(
            scope,
            self._clock,
            lines=hidden.lines,
            facts=LogFacts(
                path=place.file_name,
                first_line=first,
                total_lines=total,
                oldest_at=stamped.oldest_at,
                newest_at=stamped.newest_at,
                seconds=stamped.seconds,
            ),
            kind=EvidenceKind.LOGS,
            collector=self.name,
            entity=place.entity,
            title=f"{place.pod}/{place.container}{when}: {what}",
            query=place.get_query(self._settings.log_lines),
            first_line=first,
            cut=join_cuts(*cuts),
            redactions=hidden.redactions,
        )


def list_places(targets: Sequence[Target], scope: Scope) -> tuple[LogPlace, ...]:
    """Return the logs worth reading: of the pods that need attention, of the named container first. Pure."""
    wanted = {entity.name for entity in scope.entities if entity.kind == "container"}
    found = [place for target in targets for pod in target.pods[:MOST_PODS] for place in _list_of_pod(target, pod)]
    found.sort(key=lambda place: bool(wanted) and place.container not in wanted)
    return tuple(found[:MOST_LOGS])


def _list_of_pod(target: Target, pod: Mapping[str, Any]) -> Iterator[LogPlace]:
    name = name_of(pod)
    for statuses, is_init in (("containerStatuses", False), ("initContainerStatuses", True)):
        for status in dig_maps(pod, "status", statuses):
            container = dig_text(status, "name")
            if is_init and _has_come_through(status):
                continue
            # What ended before is the more telling one. While a container waits to be started again, the kubelet gives
            # the same lines for both (kubernetes, pkg/kubelet, `validateContainerLogStatus`): they are read once.
            if dig_count(status, "restartCount") or dig_map(status, "lastState", "terminated"):
                yield LogPlace(target.entity, target.namespace, name, container, is_previous=True)
            if dig_map(status, "state", "running") or dig_map(status, "state", "terminated"):
                yield LogPlace(target.entity, target.namespace, name, container, is_previous=False)


def _has_come_through(status: Mapping[str, Any]) -> bool:
    return bool(dig(status, "state", "terminated", "exitCode") == 0)


def _name_timeout(error: Exception, place: LogPlace) -> Exception:
    if isinstance(error, OperationalError):
        return error
    what = f"The log of {place.pod}/{place.container} did not begin to arrive in time"
    return OperationalError(what, do="Ask for it by hand; its node may be unreachable")


def _say(error: Exception) -> str:
    return str(error) if isinstance(error, OperationalError) else "they did not arrive in time"
