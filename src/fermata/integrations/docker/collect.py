"""Evidence about the life of containers and what they use. Nothing here writes.

Each collector asks for itself, so that one that fails or hangs leaves the others whole. Logs are in `collect_logs`,
variables and images in `collect_settings`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import MountFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.domain.scope import Scope
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import (
    Ending,
    drop_replaced,
    find_entity,
    is_called,
    is_wanted,
    judge_phase,
    list_destroyed,
    list_endings,
    list_inner_kills,
    parse_instant,
)
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.site import Site, Target, is_halted, list_full_mounts_of
from fermata.integrations.docker.wire import Event, HostConfig, Info, Inspected, Listed, Mount, Stats
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration, format_size
from fermata.ports.handing import expect, hand_over

_MOST_OTHERS = 50
_MOST_CHECKS = 3
_MOST_MOUNTS = 20
_HALTED = "its first process is paused by a signal: state T (stopped)"


class StateCollector:
    """The life cycle of the scope's containers, and in brief that of the containers beside them."""

    name = "docker.state"

    def __init__(self, site: Site, remembered: Remembered) -> None:
        self._site = site
        self._remembered = remembered

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a container here."""
        return is_wanted(scope)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each container, those of the scope first.

        The others (of the same compose project, or of the engine where there is none) are there because a failing
        dependent is explained by its failing dependency. Nothing is returned when the scope means no container.

        Raises:
            OperationalError: The engine cannot be asked, or the container that the scope means was removed in the
                window: that it is gone is no all-clear.
        """
        async with self._site.client.connect() as session:
            targets, listed = await self._site.find_targets(session, scope)
            now = self._site.clock.now() + session.skew
            named = [target for target in targets if is_called(target.inspected.as_listed(), scope)]
            self._hand_over(scope, named, (), "its earlier ends were not read in time", now)
            expect("events", "the containers beside")
            events, gap = await list_events(self._site, session, scope)
            self._hand_over(scope, named, events, gap, now)
            hand_over("events")
            beside = await _inspect_others(session, _choose_others(targets, listed))
            hand_over("the containers beside")
        gone = [_describe_loss(event) for event in list_destroyed(events, listed, scope)]
        if gone and not named:
            # One that runs the same image is another container: that it is well says nothing of the one that is gone.
            others = ", ".join(target.name for target in targets)
            raise OperationalError(
                gone[-1],
                why=f"only the image is the same of {others}" if others else "nothing that is there now has that name",
                do="Look who removed it and why; start it again from what it is made of",
            )
        if not targets:
            return ()
        gap = join_cuts(gap, *gone[-1:])
        evidence = [self._describe(scope, target, events, gap, now) for target in targets]
        mentioned = (self._mention(scope, one, inspected, events) for one, inspected in beside)
        found = [*evidence, *(one for one in mentioned if one is not None)]
        return await self._add_last_addresses(found, listed)

    async def _add_last_addresses(self, evidence: Sequence[Evidence], listed: Sequence[Listed]) -> list[Evidence]:
        """Say of what is down which addresses it had: who calls it may name nothing else."""
        try:
            last = await self._remembered.list_addresses(listed)
        except OperationalError:
            return list(evidence)  # What the engine says stands without it.
        names = {one.name: last[one.id] for one in listed if last.get(one.id)}
        return [_add_addresses(item, names.get(item.entity.name, ())) for item in evidence]

    def _hand_over(
        self, scope: Scope, named: Sequence[Target], events: Sequence[Event], gap: str, now: datetime
    ) -> None:
        """Hand over those that the scope names: of the others it may turn out that they say nothing of it."""
        for target in named:
            hand_over(f"state of {target.name}", self._describe(scope, target, events, gap, now))

    def _describe(self, scope: Scope, target: Target, events: Sequence[Event], gap: str, now: datetime) -> Evidence:
        inspected = target.inspected
        endings = list_endings(events, inspected.id)
        phase = judge_phase(inspected, endings, now)
        kills = list_inner_kills(events, inspected.id)
        facts = _build_facts(inspected, endings, phase)
        if kills:
            facts = facts.model_copy(update={"kills_within_at": kills[-1]})
        halted = _find_halt(inspected)
        facts = facts.model_copy(update=halted)
        lines = [*_describe_state(inspected, endings, now), *_describe_kills(kills), *([_HALTED] if halted else ())]
        image = "" if is_called(inspected.as_listed(), scope) else ", matched by its image only"
        return self._site.build_evidence(
            scope,
            target.entity,
            hide_lines([" ".join(line.split()) for line in lines]),
            facts,
            kind=EvidenceKind.STATE,
            collector=self.name,
            title=f"{target.name}{image}: {_title(inspected, endings)}",
            query=f"docker inspect {target.name}; docker events --filter container={target.name}",
            cut=gap,
        )

    def _mention(
        self, scope: Scope, listed: Listed, inspected: Inspected | None, events: Sequence[Event]
    ) -> Evidence | None:
        entity = find_entity(listed.name, listed.service)
        if entity is None:
            return None
        bare = Inspected.model_validate(
            {"Id": listed.id, "Name": listed.name, "State": {"Status": listed.state}, "HostConfig": {}, "Config": {}}
        )
        endings = list_endings(events, listed.id)
        facts = StateFacts(
            phase=judge_phase(bare, endings, scope.window_end),
            system_state=listed.state,
            exit_code=_find_code_in_words(listed.status),
            ended_at=endings[-1].at if endings and listed.state != "running" else None,
            version=listed.image,
            names=listed.list_names(),
            addresses=listed.network.addresses,
            mounts=_list_mounts(listed.mounts),
        )
        told = f"{listed.name} is {listed.state}: {listed.status}"
        if inspected is not None:
            life, halted = _read_life(inspected), _find_halt(inspected)
            facts = facts.model_copy(update=life | halted)
            told += "".join(f"; {word} {format_instant(at)}" for word, at in _list_times(life))
            told += f"; {_HALTED}" if halted else ""
        networks = _describe_networks(inspected) if inspected is not None else []
        return self._site.build_evidence(
            scope,
            entity,
            hide_lines([told, *networks, *_describe_mounts(listed.mounts)]),
            facts,
            kind=EvidenceKind.STATE,
            collector=self.name,
            title=f"{listed.name}, beside it: {listed.status or listed.state}",
            query=f"docker ps --all --filter name={listed.name}",
        )


def _add_addresses(item: Evidence, addresses: tuple[str, ...]) -> Evidence:
    if not addresses or item.facts["addresses"]:
        return item
    text = f"address before it went down: {', '.join(addresses)}"
    line = EvidenceLine(number=item.lines[-1].number + 1, text=text)
    facts = {**item.facts, "addresses": list(addresses)}
    return Evidence.model_validate({**dict(item), "lines": (*item.lines, line), "facts": facts})


async def list_events(site: Site, session: EngineSession, scope: Scope) -> tuple[list[Event], str]:
    """Return the events of the window, and in words why there are none when the engine does not tell them."""
    try:
        events = await session.list_events(scope.window_start, scope.window_end)
        return [one for one in events if not site.projects or one.as_listed().project in site.projects], ""
    except OperationalError as error:
        # A socket proxy often allows containers and not events: what inspect says stands by itself.
        return [], f"no earlier ends: {error.what}"


def _choose_others(targets: Sequence[Target], listed: Sequence[Listed]) -> Sequence[Listed]:
    """Return the containers beside those of the scope: of the same compose project, or of the engine without one."""
    meant = {target.inspected.id for target in targets}
    projects = {target.inspected.as_listed().project for target in targets} - {""}
    others = [one for one in drop_replaced(listed) if one.id not in meant]
    if projects:
        others = [one for one in others if one.project in projects]
    # The ones that do not run are the ones that matter, should there be too many.
    return sorted(others, key=lambda one: one.state == "running")[:_MOST_OTHERS]


async def _inspect_others(
    session: EngineSession, others: Sequence[Listed]
) -> Sequence[tuple[Listed, Inspected | None]]:
    """Return each with what the list does not tell: since when it runs, its aliases and its command."""
    return list(zip(others, await asyncio.gather(*(_inspect_quietly(session, one) for one in others)), strict=True))


async def _inspect_quietly(session: EngineSession, listed: Listed) -> Inspected | None:
    try:
        return (await session.inspect(listed.id))[0]
    except OperationalError:
        return None  # The list says enough of one that is beside what this is about.


def _read_life(inspected: Inspected) -> dict[str, Any]:
    """Return the facts of a container that the list of all lacks."""
    return {
        "created_at": parse_instant(inspected.created),
        "started_at": parse_instant(inspected.state.started_at) if inspected.state.status == "running" else None,
        "names": inspected.as_listed().list_names(),
        "addresses": inspected.network.addresses,
        "networks": inspected.own_networks,
        "command": _read_command(inspected),
    }


def _list_times(life: dict[str, Any]) -> Sequence[tuple[str, datetime]]:
    return [(word, life[key]) for word, key in (("created", "created_at"), ("started", "started_at")) if life[key]]


def _read_command(inspected: Inspected) -> str:
    return redact(" ".join((*inspected.config.entrypoint, *inspected.config.cmd))).text[:2000]


def _describe_loss(event: Event) -> str:
    return f"Docker has no container {event.name} any more; it was destroyed at {format_instant(event.at)}"


def _find_code_in_words(status: str) -> int | None:
    """Return the exit code of `Exited (137) 2 minutes ago`."""
    code = status.partition("(")[2].partition(")")[0]
    return int(code) if code.isdecimal() else None


def _build_facts(inspected: Inspected, endings: Sequence[Ending], phase: WorkloadPhase) -> StateFacts:
    state = inspected.state
    ended_at = parse_instant(state.finished_at)
    has_ended = ended_at is not None or bool(state.start_error)
    own = [ending for ending in endings if not ending.was_asked]
    # The events' own exit code goes first: while a container runs again, the engine says 0.
    last = own[-1].exit_code if own else None
    return StateFacts(
        phase=phase,
        system_state=f"{state.status} ({state.health.status})" if state.health else state.status,
        exit_code=last if last is not None else state.exit_code if has_ended and state.status != "running" else None,
        exits=max(len(own), inspected.restart_count),
        pid=state.pid or None,
        created_at=parse_instant(inspected.created),
        started_at=parse_instant(state.started_at) if state.status == "running" else None,
        ended_at=ended_at if state.status not in ("running", "paused") else None,
        start_error=redact(state.start_error).text[:2000],
        names=inspected.as_listed().list_names(),
        addresses=inspected.network.addresses,
        networks=inspected.own_networks,
        mounts=_list_mounts(inspected.mounts),
        killed_for_memory=state.oom_killed or any(ending.is_out_of_memory for ending in own),
        check_command=redact(inspected.config.health.command).text[:2000] if inspected.config.health else "",
        check_output=redact(state.health.log[-1].output).text[-2000:] if state.health and state.health.log else "",
        command=_read_command(inspected),
        version=f"{inspected.config.image} ({shorten_image(inspected.image)})",
    )


def _find_halt(inspected: Inspected) -> dict[str, Any]:
    """Return what a container's facts are besides where its first process is stopped, as if the engine paused it."""
    is_so = inspected.state.status == "running" and is_halted(inspected)
    return {"phase": WorkloadPhase.STOPPED, "system_state": "paused by a signal", "started_at": None} if is_so else {}


def shorten_image(image_id: str) -> str:
    """Return the 12 digits by which people know an image."""
    return image_id.removeprefix("sha256:")[:12]


def _title(inspected: Inspected, endings: Sequence[Ending]) -> str:
    count = max(len([ending for ending in endings if not ending.was_asked]), inspected.restart_count)
    words = f"{inspected.state.status}, out of memory" if inspected.state.oom_killed else inspected.state.status
    return f"{words}, ended {count} times" if count else words


def _describe_state(inspected: Inspected, endings: Sequence[Ending], now: datetime) -> list[str]:
    state = inspected.state
    lines = [f"{inspected.name} is {state.status}" + (f": {state.error}" if state.error else "")]
    started, finished = parse_instant(state.started_at), parse_instant(state.finished_at)
    if state.status in ("running", "paused") and started is not None:
        age = format_duration(max(timedelta(0), now - started))
        lines.append(f"pid {state.pid}, started {format_instant(started)}, {age} ago")
    elif finished is not None:
        for_memory = ", killed for memory (OOMKilled)" if state.oom_killed else ""
        lines.append(f"ended {format_instant(finished)} with exit code {state.exit_code}{for_memory}")
    own = [ending for ending in endings if not ending.was_asked]
    if own:
        killed = sum(ending.is_out_of_memory for ending in own)
        why = f", {killed} of them killed by the kernel for memory (oom)" if killed else ""
        lines.append(
            f"ended {len(own)} times by itself since {format_instant(own[0].at)}{why}, "
            f"last {format_instant(own[-1].at)} with exit code {own[-1].exit_code}"
        )
    if inspected.restart_count:
        lines.append(f"restarted {inspected.restart_count} times by its restart policy")
    policy = inspected.host.restart
    most = f", at most {policy.most_retries} times" if policy.most_retries else ""
    lines.append(f"restart policy: {policy.name or 'no'}{most}")
    lines.append(f"image: {inspected.config.image} ({inspected.image})")
    command = redact(" ".join((*inspected.config.entrypoint, *inspected.config.cmd))).text
    lines += [f"command: {command}", *_describe_networks(inspected)]
    return [*lines, *_describe_mounts(inspected.mounts), *_describe_health(inspected)]


def _describe_networks(inspected: Inspected) -> list[str]:
    networks = inspected.own_networks
    return [] if networks is None else [f"networks: {', '.join(networks) or 'none'}"]


def _describe_mounts(mounts: Sequence[Mount]) -> list[str]:
    return [
        f"mount: {one.words} at {one.destination}" + ("" if one.is_writable else ", read-only")
        for one in mounts[:_MOST_MOUNTS]
    ]


def _list_mounts(mounts: Sequence[Mount]) -> tuple[MountFacts, ...]:
    return tuple(
        MountFacts(path=one.destination, source=one.words, is_read_only=not one.is_writable)
        for one in mounts[:_MOST_MOUNTS]
    )


def _describe_kills(kills: Sequence[datetime]) -> list[str]:
    if not kills:
        return []
    times = "once" if len(kills) == 1 else f"{len(kills)} times"
    last = format_instant(kills[-1])
    return [f"the kernel killed a process in it for memory (oom) {times} while it went on, last {last}"]


def _describe_health(inspected: Inspected) -> list[str]:
    health = inspected.state.health
    if health is None:
        return []
    test = redact(inspected.config.health.command).text if inspected.config.health else ""
    return [
        f"health check: {health.status}, failing streak {health.failing_streak}",
        *([f"health check asks: {test[:300]}"] if test else []),
        *(
            f"health check ended {check.end} with {check.exit_code}: {_shorten(check.output)}"
            for check in health.log[-_MOST_CHECKS:]
        ),
    ]


def _shorten(output: str) -> str:
    """Return both ends of what a check printed: a stack tells at its end what went wrong."""
    return output if len(output) <= 300 else f"{output[:100]} ... {output[-200:]}"


class ResourceCollector:
    """Memory and CPU of the scope's containers against their limits; of one that does not run, its limit."""

    name = "docker.resources"

    def __init__(self, site: Site) -> None:
        self._site = site

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a container here."""
        return is_wanted(scope)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each container of the scope.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        async with self._site.client.connect() as session:
            targets, _ = await self._site.find_targets(session, scope)
            if not targets:
                return ()
            expect(*(f"use of {target.name}" for target in targets))
            info, missing = await _fetch_info(session)
            available = await self._site.find_host_available(info)

            async def read(target: Target) -> Evidence:
                stats, gap = await _fetch_stats(session, target)
                cut = join_cuts(gap, missing)
                # Beside the loop: its file systems are looked at.
                item = await asyncio.to_thread(self._describe, scope, target, stats, info, available, cut)
                hand_over(f"use of {target.name}", item)
                return item

            return await asyncio.gather(*(read(target) for target in targets))

    def _describe(
        self, scope: Scope, target: Target, stats: Stats | None, info: Info, available: int | None, cut: str
    ) -> Evidence:
        limit = target.inspected.host.memory or None
        memory = stats.memory_stats if stats else None
        full = list_full_mounts_of(target.inspected)
        facts = ResourceFacts(
            memory_bytes=memory.used if memory else None,
            memory_peak_bytes=memory.max_usage if memory else None,
            memory_limit_bytes=limit,
            memory_limit_kind="cgroup" if limit else "",
            host_available_bytes=available,
            cpu_seconds=stats.cpu_stats.cpu_usage.total_usage / 1e9 if stats else None,
            cpu_limit_cores=target.inspected.host.cpu_limit,
            cpu_periods=stats.watched.periods if stats and stats.watched.periods else None,
            cpu_throttled_periods=stats.watched.throttled_periods if stats and stats.watched.periods else None,
            full_mounts=tuple(path for path, _ in full),
        )
        return self._site.build_evidence(
            scope,
            target.entity,
            hide_lines(
                [
                    *_describe_resources(target.inspected.host, facts, stats, info),
                    *(f"{path} has no {lacks} left" for path, lacks in full),
                ]
            ),
            facts,
            kind=EvidenceKind.RESOURCES,
            collector=self.name,
            title=f"{target.name}: memory limit {format_size(limit) if limit else 'none'}",
            query=f"docker stats --no-stream {target.name}; docker inspect {target.name}: HostConfig",
            cut=cut,
        )


async def _fetch_info(session: EngineSession) -> tuple[Info, str]:
    try:
        return await session.fetch_info(), ""
    except OperationalError as error:
        return Info(), f"nothing of the host: {error.what}"


async def _fetch_stats(session: EngineSession, target: Target) -> tuple[Stats | None, str]:
    if target.inspected.state.status not in ("running", "paused"):
        return None, "nothing of its use: it does not run"
    try:
        # Since its start says little of now: where there is a limit, two readings do.
        stats = await session.fetch_stats(target.inspected.id, watch=target.inspected.host.cpu_limit is not None)
    except OperationalError as error:
        return None, f"nothing of its use: {error.what}"
    # It ended between the two questions: an engine then answers with zeros.
    return (stats, "") if stats.memory_stats.usage else (None, "nothing of its use: it has just ended")


def _describe_resources(host: HostConfig, facts: ResourceFacts, stats: Stats | None, info: Info) -> list[str]:
    lines = ["memory now: none, the container does not run"]
    if facts.memory_bytes is not None:
        peak = f", {format_size(facts.memory_peak_bytes)} at most since its start" if facts.memory_peak_bytes else ""
        lines = [f"memory now: {format_size(facts.memory_bytes)} without droppable cache{peak}"]
    limit = facts.memory_limit_bytes
    lines.append(f"memory limit: {format_size(limit)} by cgroup" if limit else "memory limit: none")
    if limit and host.memory_swap:
        swap = "unlimited" if host.memory_swap < 0 else format_size(max(0, host.memory_swap - limit))
        lines.append(f"swap beyond it: {swap}")
    if info.memory_total:
        free = f", {format_size(facts.host_available_bytes)} available" if facts.host_available_bytes else ""
        lines.append(f"host memory: {format_size(info.memory_total)}{free}")
    if facts.cpu_seconds is not None:
        lines.append(f"cpu used since its start: {facts.cpu_seconds:.1f} s, on {info.cpus or 'unknown'} cores")
    if facts.cpu_limit_cores:
        lines.append(f"cpu limit: {facts.cpu_limit_cores:g} cores")
    if facts.cpu_periods:
        lines.append(f"cpu throttled now: in {facts.cpu_throttled_periods} of the last {facts.cpu_periods} periods")
    throttling = stats.cpu_stats.throttling_data if stats else None
    if throttling is not None and throttling.periods:
        share = throttling.throttled_periods / throttling.periods
        lines.append(
            f"cpu throttled since its start: in {throttling.throttled_periods} of {throttling.periods} periods "
            f"({share:.0%}), {throttling.throttled_time / 1e9:.1f} s in all"
        )
    return lines
