"""The end of the scope's containers' logs, as the engine keeps them.

The engine is asked for the last lines of the window, and what it sends is taken apart as it comes: a log of any size
costs no more memory than what is kept of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.domain.scope import Scope
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import is_wanted
from fermata.integrations.docker.faults import EngineRefused
from fermata.integrations.docker.frames import BrokenStream, FrameReader, LineTail
from fermata.integrations.docker.site import Site, Target
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.stamps import cut_stamps
from fermata.ports.handing import expect, hand_over

STREAMS = ("stdout", "stderr")
_CONTROL = {code: None for code in range(0x20) if code != 0x09}


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of one stream."""

    lines: tuple[str, ...]
    oldest_at: datetime | None
    """When the first line was written, by the engine's clock."""
    newest_at: datetime | None
    """When the last line was written, by the engine's clock."""
    seconds: tuple[int, ...]
    """When each line was written, in whole seconds after the first; empty where no line says so."""
    seen: int
    """Lines the engine sent, kept or not."""
    is_broken: bool = False
    """Whether the engine stopped in the middle."""


class LogCollector:
    """The last lines of stdout and stderr of the scope's containers.

    Args:
        lines: How many are asked for.
        size_bytes: How much of each stream is kept.
    """

    name = "docker.logs"

    def __init__(self, site: Site, lines: int, size_bytes: int) -> None:
        self._site = site
        self._lines = lines
        self._size_bytes = size_bytes

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a container here."""
        return is_wanted(scope)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each stream that holds anything; one of a silent container, which says so.

        A log that cannot be had does not take those of the other containers with it: it is named where what was left
        out is told.

        Raises:
            OperationalError: The engine cannot be asked, or can give none of the logs.
        """
        evidence: list[Evidence] = []
        failures: list[OperationalError] = []
        async with self._site.client.connect() as session:
            targets, _ = await self._site.find_targets(session, scope)
            expect(*(f"log of {target.name}" for target in targets))
            for target in targets:
                try:
                    tails = await self._read(session, target, scope)
                except OperationalError as error:
                    failures.append(_explain(target, error))
                else:
                    built = self._build(scope, target, tails, session.skew)
                    hand_over(f"log of {target.name}", *built)
                    evidence += built
        if failures and not evidence:
            raise failures[0]
        if failures:
            lost = "; ".join(failure.what for failure in failures)
            evidence[0] = evidence[0].model_copy(update={"cut": join_cuts(evidence[0].cut, lost)})
        return evidence

    async def _read(self, session: EngineSession, target: Target, scope: Scope) -> dict[str, Tail]:
        since = max(0.0, (scope.window_start + session.skew).timestamp())
        return await read_tails(session, target, lines=self._lines, size_bytes=self._size_bytes, since_s=since)

    def _build(self, scope: Scope, target: Target, tails: dict[str, Tail], skew: timedelta) -> list[Evidence]:
        is_cut = sum(tail.seen for tail in tails.values()) >= self._lines
        shown = {stream: tail for stream, tail in tails.items() if tail.lines or tail.is_broken}
        if not shown:
            shown = {"stdout": tails["stdout"]}
        return [self._describe(scope, target, stream, tail, skew, is_cut=is_cut) for stream, tail in shown.items()]

    def _describe(
        self, scope: Scope, target: Target, stream: str, tail: Tail, skew: timedelta, *, is_cut: bool
    ) -> Evidence:
        cut = [f"last {self._lines} lines of both streams, numbered from the first of them"] if is_cut else []
        if len(tail.lines) < tail.seen:
            cut.append(f"last {len(tail.lines)} of {tail.seen} lines: {self._size_bytes} bytes")
        if tail.is_broken:
            cut.append("the engine stopped in the middle of a line")
        oldest_at, newest_at = (at - skew if at else None for at in (tail.oldest_at, tail.newest_at))
        return self._site.build_evidence(
            scope,
            target.entity,
            hide_lines(tail.lines),
            LogFacts(
                stream=stream,
                first_line=1,
                total_lines=len(tail.lines),
                oldest_at=oldest_at,
                newest_at=newest_at,
                seconds=tail.seconds,
            ),
            kind=EvidenceKind.LOGS,
            collector=self.name,
            title=f"{target.name}: {stream}, " + (f"{len(tail.lines)} lines" if tail.lines else "silent in the window"),
            query=f"docker logs --since {scope.window_start:%Y-%m-%dT%H:%M:%SZ} --tail {self._lines} {target.name}",
            cut=join_cuts(*cut),
        )


async def read_tails(
    session: EngineSession, target: Target, *, lines: int, size_bytes: int, since_s: float
) -> dict[str, Tail]:
    """Return the end of each stream; a container with a terminal has only `stdout`.

    Args:
        lines: How many the engine is asked for; 0 asks for all.
        since_s: Epoch seconds by the engine's clock; 0 asks from the beginning.

    Raises:
        OperationalError: The engine cannot give the log: its driver keeps none, or what comes is no log.
    """
    params = {"stdout": "1", "stderr": "1", "timestamps": "1", "tail": str(lines) if lines else "all"}
    if since_s:
        params["since"] = f"{since_s:.3f}"
    path = f"/containers/{target.inspected.id}/logs"
    tails = {stream: LineTail(size_bytes) for stream in STREAMS}
    frames = FrameReader()
    async with session.stream(path, params, session.timeout_s) as answer:
        try:
            async for chunk in answer.read():
                if target.inspected.config.tty:
                    tails["stdout"].add(chunk)
                    continue
                for stream, content in frames.feed(chunk):
                    tails[stream].add(content)
        except BrokenStream as error:
            raise OperationalError(
                f"The log of {target.name} cannot be read", why=str(error), do="Compare: docker logs"
            ) from error
    return {stream: _read_tail(tail, is_broken=frames.is_within_frame) for stream, tail in tails.items()}


def _read_tail(tail: LineTail, *, is_broken: bool) -> Tail:
    """Return the lines as the program wrote them: without the engine's times, and without colours."""
    found = cut_stamps(raw.decode(errors="replace") for raw in tail.finish())
    lines = tuple(line.translate(_CONTROL) for line in found.lines)
    return Tail(lines, found.oldest_at, found.newest_at, found.seconds, tail.total_lines, is_broken)


def _explain(target: Target, error: OperationalError) -> OperationalError:
    if isinstance(error, EngineRefused) and "not support reading" in error.said:
        return OperationalError(
            f"The log of {target.name} cannot be had",
            why=f"Its log driver does not let the engine read it: {error.said}",
            do="Use a driver that keeps it (json-file, local, journald), or ask where the driver sends it",
        )
    return error
