"""Evidence about what a container runs with and where it came from: its variables, its image and the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts, EnvironmentFacts
from fermata.domain.scope import Scope
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.collect import list_events, shorten_image
from fermata.integrations.docker.containers import is_set_aside, is_wanted, parse_instant, split_variables
from fermata.integrations.docker.images import (
    EarlierRun,
    compare_images,
    describe_image,
    find_image,
    find_predecessor_image,
    list_earlier_runs,
    list_siblings,
)
from fermata.integrations.docker.left_networks import list_left_networks
from fermata.integrations.docker.remembered import Remembered, SeenRun
from fermata.integrations.docker.site import Site, Target, find_target
from fermata.integrations.docker.wire import Event, Image, Listed
from fermata.kit.clock import format_instant
from fermata.kit.destinations import hide_variable
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, Hidden, hide_lines
from fermata.kit.listing import join_cuts
from fermata.ports.handing import expect, hand_over

_MOST_VARIABLES = 300
_MOST_EVENTS = 20
_MOST_BESIDE = 10
"""Containers of the project beside those that are meant; `up` of a whole project creates as many as it has."""
_REVISION = "org.opencontainers.image.revision"
# What happens inside a container (`exec_start: ...`) and every health check would fill the list.
_TOLD = ("create", "start", "die", "oom", "kill", "stop", "restart", "update", "rename", "destroy", "pause", "unpause")


class EnvironmentCollector:
    """The variables the scope's containers were created with, and which of them the image brings.

    Args:
        shown: Globs of names whose values are shown; all others become digests. Secrets are never shown.
    """

    name = "docker.environment"

    def __init__(self, site: Site, shown: Sequence[str]) -> None:
        self._site = site
        self._shown = tuple(shown)

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
            expect(*(f"variables of {target.name}" for target in targets))
            evidence = []
            for target in targets:
                item = self._describe(scope, target, *await _find_image_quietly(session, target))
                hand_over(f"variables of {target.name}", item)
                evidence.append(item)
        return evidence

    def _describe(self, scope: Scope, target: Target, image: Image | None, gap: str) -> Evidence:
        variables = split_variables(target.inspected.config.env)
        defaults = split_variables(image.config.env) if image else {}
        names = sorted(variables)
        hidden = {name: hide_variable(name, variables[name], self._shown) for name in names[:_MOST_VARIABLES]}
        lines = [f"{name}={value}" for name, value in hidden.items()]
        own = [name for name in hidden if variables[name] != defaults.get(name)]
        if image is not None:
            lines.append(f"set for the container, not by its image: {', '.join(own) or 'nothing'}")
        cut = f"first {_MOST_VARIABLES} of {len(names)} variables" if len(names) > _MOST_VARIABLES else ""
        return self._site.build_evidence(
            scope,
            target.entity,
            # A value may hold line breaks; a line of evidence may not.
            Hidden(
                tuple(line.replace("\n", "\\n")[:LONGEST_LINE] for line in lines),
                sum(hidden[name] != variables[name] for name in hidden),
                0,
            ),
            EnvironmentFacts(variables=hidden, origin=f"Config.Env of container {target.name}"),
            kind=EvidenceKind.ENVIRONMENT,
            collector=self.name,
            title=f"{target.name}: {len(names)} variables",
            query=f"docker inspect --format '{{{{json .Config.Env}}}}' {target.name}",
            cut=join_cuts(cut, gap),
        )


async def _find_image_quietly(session: EngineSession, target: Target) -> tuple[Image | None, str]:
    try:
        image = await find_image(session, target.inspected.image)
    except OperationalError as error:
        return None, f"not compared with its image: {error.what}"
    return image, "" if image else "not compared with its image, which is not on the engine any more"


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a container came from."""

    created_at: datetime
    runs: tuple[EarlierRun, ...] = ()
    """What ran before, latest first."""
    revision: str = ""
    """The commit that its image says it was built from."""
    diff: tuple[str, ...] = ()
    """Between the image before and its own, and between what the container before was created with and it."""
    is_anew: bool = False
    """The container before it ran the same image."""
    seen: tuple[SeenRun, ...] = ()
    """What ran under its name before, as it was seen, latest first."""
    cut: str = ""
    siblings: tuple[str, ...] = ()
    """Other images of its repository, where what ran before is not known."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The events of containers that an engine still has, oldest first."""

    events: Sequence[Event]
    since: datetime | None
    """From when on they were asked for; `None` where the engine does not tell them."""
    window_start: datetime

    def explain(self, created_at: datetime) -> str:
        """Return why what ran before a container is not among them: they were used up; empty where that is not so."""
        if self.since is None or created_at < self.since:
            return ""
        if not self.events:
            return ": it has no event of then, as it keeps its last 256 only and none from before its own start"
        oldest = self.events[0].at
        if oldest <= created_at:
            return ""
        return (
            f": it keeps its last 256 events only, health checks among them, and the oldest of a container is of "
            f"{format_instant(oldest)}, after this one was created"
        )


class ChangeCollector:
    """When each container of the scope was created, from which image, and what ran before.

    Args:
        shown: Globs of variables whose values are shown.
        remembered: What was seen before.
    """

    name = "docker.changes"

    def __init__(self, site: Site, shown: Sequence[str], remembered: Remembered) -> None:
        self._site = site
        self._shown = tuple(shown)
        self._remembered = remembered

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a container here."""
        return is_wanted(scope)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each container: its creation, as the deployment that it is.

        Of what was created within the window in the same compose project, too, where it is known to be another than
        before: what a service calls is as a rule beside it. Also what was taken off a network by hand.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        async with self._site.client.connect() as session:
            targets, listed = await self._site.find_targets(session, scope)
            events, gap = await list_events(self._site, session, scope) if targets else ([], "")
            told = _Told(events, None if gap else scope.window_start, scope.window_start)
            expect(*(f"creation of {target.name}" for target in targets), "what was created beside", "networks left")
            evidence = []
            for target in targets:
                origin = await self._read_origin(session, target, listed, told)
                items = self._tell(scope, target, origin, events, gap, is_meant=True)
                hand_over(f"creation of {target.name}", *items)
                evidence += items
            beside = await _find_beside(session, scope, targets, listed)
            hand_over("what was created beside")  # The list of it; each is read by itself.
            expect(*(f"creation of {target.name}" for target in beside))
            for target in beside:
                origin = await self._read_origin(session, target, listed, told)
                items = self._tell(scope, target, origin, events, gap, is_meant=False)
                hand_over(f"creation of {target.name}", *items)
                evidence += items
            projects = {target.inspected.as_listed().project for target in targets} - {""}
            meant = {target.inspected.id for target in targets}
            near = [one for one in listed if one.id in meant or one.project in projects]
            left = await list_left_networks(self._site, session, scope, near, self._remembered)
            hand_over("networks left", *left)
        return [*evidence, *left]

    def _tell(
        self, scope: Scope, target: Target, origin: _Origin | None, events: Sequence[Event], gap: str, *, is_meant: bool
    ) -> list[Evidence]:
        if origin is None or not (is_meant or origin.diff):
            return []
        return [self._describe(scope, target, origin, _tell_events(target, events), gap, is_meant=is_meant)]

    async def _read_origin(
        self, session: EngineSession, target: Target, listed: Sequence[Listed], told: _Told
    ) -> _Origin | None:
        """Return where a container came from; `None` when the engine does not say when it was created."""
        created_at = parse_instant(target.inspected.created)
        if created_at is None:
            return None
        seen = await self._remembered.list_before(target)
        settings = self._remembered.compare(seen[0], target) if seen else ()
        try:
            runs = await list_earlier_runs(session, target, listed, told.events, seen)
            image = await find_image(session, target.inspected.image)
            is_anew = target.inspected.image == await find_predecessor_image(session, target, told.events, seen)
            before = runs[0] if runs and not is_anew else None
            diff = await self._compare(session, target, image, before)
            siblings = () if runs or seen else await _find_siblings(session, target)
        except OperationalError as error:
            # A socket proxy may allow containers and no images: when it was created stands by itself.
            cut = f"nothing of its images: {error.what}"
            return _Origin(created_at, diff=settings, seen=tuple(seen), cut=cut)
        # What was there before the window began is no change of it: nobody has to know what ran before that.
        is_known = runs or seen or is_anew or created_at < told.window_start
        cut = "" if is_known else f"what ran before is not known to this engine any more{told.explain(created_at)}"
        return _Origin(
            created_at,
            tuple(runs),
            image.config.labels.get(_REVISION, "") if image else "",
            (*diff, *_drop_repeated(settings, diff)),
            is_anew,
            tuple(seen),
            cut,
            siblings,
        )

    def _describe(
        self, scope: Scope, target: Target, origin: _Origin, told: Sequence[str], gap: str, *, is_meant: bool
    ) -> Evidence:
        lines = [*_tell_deployment(target, origin), *origin.diff, *told[-_MOST_EVENTS:]]
        title = _title(target, origin)
        more = f"last {_MOST_EVENTS} of {len(told)} events" if len(told) > _MOST_EVENTS else ""
        return self._site.build_evidence(
            scope,
            target.entity,
            hide_lines(lines),
            ChangeFacts(
                id=f"docker:{target.inspected.id[:12]}",
                # What is beside what fails brought the commits of its own service, and none of the one that fails.
                kind="deployment" if is_meant else "config",
                title=title,
                changed_at=origin.created_at,
                diff_read=bool(origin.diff),
                service=target.inspected.service or target.name,
                state=target.inspected.state.status,
                ref=target.inspected.config.image if is_meant else "",
                sha=origin.revision,
            ),
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            title=title,
            query=f"docker inspect {target.name}; docker image history {shorten_image(target.inspected.image)}",
            cut=join_cuts(gap, origin.cut, more),
        )

    async def _compare(
        self, session: EngineSession, target: Target, image: Image | None, before: EarlierRun | None
    ) -> tuple[str, ...]:
        if image is None or before is None:
            return ()
        old = describe_image(before.image, await session.list_layers(before.image.id), self._shown)
        new = describe_image(image, await session.list_layers(image.id), self._shown)
        names = (
            f"{before.name} ({shorten_image(before.image.id)})",
            f"{target.inspected.config.image} ({shorten_image(image.id)})",
        )
        return compare_images(old, new, names)


async def _find_beside(
    session: EngineSession, scope: Scope, targets: Sequence[Target], listed: Sequence[Listed]
) -> list[Target]:
    """Return what was created within the window beside the containers that are meant, the youngest first."""
    meant = {target.inspected.id for target in targets}
    projects = {target.inspected.as_listed().project for target in targets} - {""}
    since = scope.window_start.timestamp()
    young = [one for one in listed if one.project in projects and one.id not in meant and one.created >= since]
    young = sorted(young, key=lambda one: one.created, reverse=True)[:_MOST_BESIDE]
    found = [await find_target(session, one.id) for one in young if not is_set_aside(one.name)]
    return [target for target in found if target is not None]


def _drop_repeated(settings: Sequence[str], diff: Sequence[str]) -> list[str]:
    """Return the difference in settings without what the images' own tells: a container has its image's variables."""
    told = {line for line in diff if not line.startswith(("---", "+++", "@@"))}
    rest = [line for line in settings if line not in told]
    return rest if any(not line.startswith(("---", "+++", "@@")) for line in rest) else []


async def _find_siblings(session: EngineSession, target: Target) -> tuple[str, ...]:
    try:
        return tuple(await list_siblings(session, target.inspected))
    except OperationalError:
        return ()  # A hint: that what ran before is not known stands without it.


def _title(target: Target, origin: _Origin) -> str:
    name, image = target.name, target.inspected.config.image
    if origin.is_anew:
        return f"{name} was created anew from {image}" + (", with other settings" if origin.diff else "")
    if origin.runs or origin.seen:
        before = origin.runs[0].name if origin.runs else origin.seen[0].image
        return f"{name}: {image} took the place of {before}"
    return f"{name} was created from {image}"


def _tell_deployment(target: Target, origin: _Origin) -> list[str]:
    image = f"{target.inspected.config.image} ({shorten_image(target.inspected.image)})"
    return [
        f"{target.name} was created {format_instant(origin.created_at)} from {image}",
        *(
            f"before it ran {run.name} ({shorten_image(run.image.id)}), last seen {format_instant(run.until)}, "
            f"known from {run.source}"
            for run in origin.runs
        ),
        *(
            [f"images beside it on this engine: {', '.join(origin.siblings)}; none is known to have run"]
            if origin.siblings
            else []
        ),
    ]


def _tell_events(target: Target, events: Sequence[Event]) -> list[str]:
    told = []
    for event in events:
        if event.action not in _TOLD or event.name != target.name:
            continue
        code = f" with exit code {event.exit_code}" if event.exit_code is not None else ""
        at = format_instant(event.at)
        told.append(f"{at} {event.action}{code} ({event.actor.attributes.get('image', 'no image')})")
    return told
