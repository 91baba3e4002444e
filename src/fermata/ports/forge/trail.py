"""What a forge tells of an incident's time: deployments, releases, merges, runs, and comments that belong to it.

Times and authors are the forge's own. A comment belongs to an incident when its issue or request is named after it: by
its id or its title, or in a comment; what is merely written at that time in a busy repository is another story.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.trail import Deploy
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration
from fermata.ports.chat.asking import PatientAsking
from fermata.ports.forge.issues.commands import UNHEARD, read_command
from fermata.ports.forge.issues.records import Account
from fermata.ports.forge.records import Event, ForgeWords
from fermata.ports.forge.settings import ForgeRepositorySettings
from fermata.ports.json_api import ApiSession, JsonApi, Pages
from fermata.ports.server_clock import listen_to_clocks
from fermata.ports.trail import Missing, TrailPart, TrailScope

PATIENCE = timedelta(seconds=30)
"""For everything that is read of one incident, waits for limits included: a person waits for the draft."""
MOST_REPOSITORIES = 10
"""Where more are set up, those whose services the incident names are read, and the rest is said to be left out."""
MOST_SKEW = timedelta(seconds=30)
"""Between a forge's clock and this machine's: with more, a deployment may seem to come after what it broke."""
_SHORTEST_NAME = 10
"""Characters of a name that means one incident and not any."""
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked for, both ends included."""

    start: datetime
    end: datetime

    def __contains__(self, moment: object) -> bool:
        """Answer whether an instant lies in it."""
        return isinstance(moment, datetime) and self.start <= moment <= self.end


@dataclass(frozen=True, slots=True)
class Change:
    """One event, and where a person opens it."""

    event: Event
    url: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """One comment, or the text that an issue or a request was opened with."""

    place: str
    """With the forge's sign: `#12`, `!12`."""
    id: str
    body: str
    author: Account | None
    """`None` where the account was deleted."""
    at: datetime
    by_machine: bool = False
    edited_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one question."""

    changes: Sequence[Change] = ()
    posts: Sequence[Post] = ()
    left_out: str = ""
    """What is not here, in words; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What stands at one issue or request now."""

    ids: frozenset[str] = frozenset()
    """Of its comments, and `opened` for its own text; empty where it was deleted, or hidden from most."""
    left_out: str = ""
    """What is not here, in words; empty when nothing is."""


Question = Callable[[], Awaitable[Told]]
Belongs = Callable[[str], bool]
"""Answers whether a text names the incident."""


class StorySession(Protocol):
    """One forge over open connections. Nothing is changed through it."""

    async def find_self(self) -> Account:
        """Return the account whose token is used."""
        ...

    def ask_changes(self, repository: str, span: Span) -> Mapping[str, Question]:
        """Return what can be asked of a repository's changes, each by its name; each may raise `OperationalError`."""
        ...

    def ask_talk(self, repository: str, span: Span, belongs: Belongs) -> Mapping[str, Question]:
        """Return what can be asked of its comments; only those of issues and requests that belong are told."""
        ...

    async def list_talk(self, repository: str, place: str) -> Talk:
        """Return what stands at `#12` or `!12` now.

        Raises:
            OperationalError: The repository itself, or its issues, cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Story:
    """Opens a forge to read what happened. Holds no connection."""

    words: ForgeWords
    """How the forge calls things."""
    api: JsonApi
    repositories: Mapping[str, ForgeRepositorySettings]
    """Those of the settings by their names; comments can be read of others, too."""
    read: Callable[[ApiSession, Mapping[str, ForgeRepositorySettings]], StorySession]

    @asynccontextmanager
    async def open_story(self) -> AsyncIterator[StorySession]:
        """Open the forge; its connections are kept until it is closed."""
        async with self.api.connect() as session:
            yield self.read(session, self.repositories)


@dataclass(slots=True)
class _Reading:
    """One incident's part, as it is read."""

    asking: PatientAsking
    deploys: list[Deploy] = field(default_factory=list)
    posts: list[tuple[str, Post]] = field(default_factory=list)
    authors: dict[str, str] = field(default_factory=dict)
    """Login names of those who changed something, by their account's id."""
    refused: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What could not be read, by the repository and the reason."""
    gaps: list[str] = field(default_factory=list)


class ForgeTrail:
    """Reads the changes of an incident's repositories, and what was said on its issues and requests.

    Args:
        card_places: Repositories whose issues are cards: where a team talks on them, that is an incident's room.
    """

    def __init__(self, story: Story, clock: Clock, *, card_places: Sequence[str] = ()) -> None:
        self._story = story
        self._card_places = card_places
        self._system = story.words.system
        self._clock = clock

    @property
    def name(self) -> str:
        """Return the forge's name: `github`."""
        return self._system

    async def read_trail(self, scope: TrailScope) -> TrailPart:
        """Return what the forge knows of the time; each part that it refuses is a gap with the permission's name."""
        reading = _Reading(PatientAsking(self._clock, PATIENCE))
        span = Span(scope.start, scope.end)
        repositories = self._choose(scope, reading)
        rooms = dict.fromkeys([*repositories, *self._card_places, *(re.split("[#!]", room)[0] for room in scope.rooms)])
        if not rooms:
            return TrailPart(gaps=tuple(reading.gaps))
        belongs = name_incident(scope)
        with listen_to_clocks() as clocks:
            me = await self._ask_all(reading, (repositories, tuple(rooms)), span, belongs)
        reading.gaps += _tell_skew(self._system, clocks)
        refused = reading.refused.items()
        gaps = [f"{self._system} {name}: {', '.join(sorted(what))} not read, {why}" for (name, why), what in refused]
        posts = [(name, post) for name, post in reading.posts if not _is_own(post, me)]
        messages = [self._to_message(name, post) for name, post in posts]
        return TrailPart(
            messages=sorted(messages, key=lambda message: (message.at, message.id)),
            people=self._list_people((post for _, post in posts), reading.authors),
            deploys=_explain(reading.deploys),
            gaps=tuple(sorted([*reading.gaps, *gaps])),
        )

    async def find_missing(self, messages: Sequence[HeardMessage]) -> Missing:
        """Return which comments and texts are gone, as `fermata.ports.trail.Rereads` says."""
        places: dict[str, list[HeardMessage]] = {}
        for message in messages:
            places.setdefault(message.room, []).append(message)
        reading = _Reading(PatientAsking(self._clock, PATIENCE))
        async with self._story.open_story() as session:
            found = await asyncio.gather(*(self._ask_again(reading, session, *one) for one in places.items()))
        return Missing(frozenset(key for keys in found for key in keys), tuple(sorted(reading.gaps)))

    async def _ask_again(
        self, reading: _Reading, session: StorySession, room: str, messages: Sequence[HeardMessage]
    ) -> Sequence[str]:
        repository = re.split("[#!]", room)[0]
        try:
            talk = await reading.asking.ask(lambda: session.list_talk(repository, room.removeprefix(repository)))
        except OperationalError as error:
            reading.gaps.append(f"{self._system} {room}: not read again, {_tell(error)}")
            return ()
        gone = [message.key for message in messages if message.id not in talk.ids]
        if gone and talk.left_out:
            reading.gaps.append(f"{self._system} {room}: {talk.left_out}")
            return ()
        return gone

    async def _ask_all(
        self, reading: _Reading, places: tuple[Sequence[str], Sequence[str]], span: Span, belongs: Belongs
    ) -> Account | None:
        """Ask every question at once, of repositories and of rooms; return whose token it is, where that is known."""
        repositories, rooms = places
        async with self._story.open_story() as session:
            me = await self._find_self(session, reading)
            asked = [(name, session.ask_changes(name, span)) for name in repositories]
            asked += [(name, session.ask_talk(name, span, belongs)) for name in rooms]
            await asyncio.gather(
                *(
                    self._ask(reading, name, what, question)
                    for name, questions in asked
                    for what, question in questions.items()
                )
            )
        return me

    def _choose(self, scope: TrailScope, reading: _Reading) -> Sequence[str]:
        """Return the repositories to read: all of them where there are few, else those the incident is about."""
        known = self._story.repositories
        if len(known) <= MOST_REPOSITORIES:
            return tuple(known)
        names = {name.lower() for name in (*scope.words, *(entity.name for entity in scope.entities))}
        ours = [
            repository
            for repository, settings in known.items()
            if any(name.lower() in names for name in (*settings.services, repository, repository.rpartition("/")[2]))
        ]
        chosen = (ours or list(known))[:MOST_REPOSITORIES]
        if not ours or len(ours) > len(chosen):
            reading.gaps.append(f"{self._system}: {len(known) - len(chosen)} of {len(known)} repositories not read")
        return chosen

    async def _find_self(self, session: StorySession, reading: _Reading) -> Account | None:
        try:
            return await reading.asking.ask(session.find_self)
        except OperationalError:  # Whatever it cannot tell, the questions themselves say.
            return None

    async def _ask(self, reading: _Reading, repository: str, what: str, question: Question) -> None:
        try:
            told = await reading.asking.ask(question)
        except OperationalError as error:
            reading.refused.setdefault((repository, _tell(error)), []).append(what)
            return
        settings = self._story.repositories.get(repository)
        for change in told.changes:
            if settings is None or not _is_elsewhere(change.event, settings):
                reading.deploys.append(self._to_deploy(repository, change, settings))
                if change.event.author_id:
                    reading.authors[change.event.author_id] = change.event.author
        reading.posts += [(repository, post) for post in told.posts]
        if told.left_out:
            reading.gaps.append(f"{self._system} {repository}: {what}: {told.left_out}")

    def _to_deploy(self, repository: str, change: Change, settings: ForgeRepositorySettings | None) -> Deploy:
        event = change.event
        return Deploy(
            id=f"{self._system}:{repository}/{event.id}",
            at=event.changed_at,
            title=redact(event.title).text,
            service=event.service or name_service(event, tuple(settings.services) if settings else (), repository),
            kind=event.kind,
            ref=event.ref,
            sha=event.sha,
            author=event.author,
            state=event.state,
            url=change.url if change.url.startswith(("https://", "http://")) else "",
        )

    def _to_message(self, repository: str, post: Post) -> HeardMessage:
        return HeardMessage(
            platform=self._system,
            room=f"{repository}{post.place}",
            id=post.id,
            at=post.at,
            user=post.author.id if post.author else "",
            text=post.body,
            is_bot=post.by_machine,
            edited_at=post.edited_at,
            url=post.url,
        )

    def _list_people(self, posts: Iterable[Post], authors: Mapping[str, str]) -> Sequence[HeardPerson]:
        found = {user: HeardPerson(platform=self._system, user=user, name=login) for user, login in authors.items()}
        for post in posts:
            if post.author is not None:
                user = post.author.id
                found[user] = HeardPerson(
                    platform=self._system, user=user, name=post.author.login, is_bot=post.by_machine
                )
        return [found[user] for user in sorted(found)]


def name_incident(scope: TrailScope) -> Belongs:
    """Return what answers whether a text names the incident.

    A service's name does not: others write about it, too. Nor does a title of one short word.
    """
    services = {entity.name.lower() for entity in scope.entities}
    names = [
        word
        for word in scope.words
        if len(word) >= _SHORTEST_NAME and word.lower() not in services and re.search(r"[\s\d]", word)
    ]
    if not names:
        return lambda _: False
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names), re.IGNORECASE)
    return lambda text: pattern.search(text) is not None


def name_service(event: Event, services: Sequence[str], repository: str) -> str:
    """Return the service that a change is of: the one it names, else the only one of its repository, else that."""
    words = f"{event.environment} {event.ref} {event.title}".lower()
    named = [
        name
        for name in sorted(services, key=len, reverse=True)
        if re.search(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])", words)
    ]
    if named:
        return named[0]
    return services[0] if len(services) == 1 else repository.rpartition("/")[2]


def find_steps_back(deployments: Iterable[tuple[int, str, str]]) -> frozenset[int]:
    """Return the deployments that went back to what had run before.

    Args:
        deployments: Id, environment and commit of each that ran, in the order in which they went live.
    """
    first: dict[tuple[str, str], int] = {}
    running: dict[str, str] = {}
    back = set()
    for number, (name, environment, sha) in enumerate(deployments):
        since = first.setdefault((environment, sha), number)
        before = running.get(environment, sha)
        if before != sha and since < first[environment, before]:
            back.add(name)
        running[environment] = sha
    return frozenset(back)


def tell_changes(changes: Iterable[tuple[Event, str]], span: Span, pages: Pages) -> Told:
    """Return what lies in the time, of events with where a person opens them."""
    return Told([Change(event, url) for event, url in changes if event.changed_at in span], left_out=say_cut(pages))


def say_cut(pages: Pages) -> str:
    """Return what stands behind the pages that were read; empty where nothing does."""
    return "" if pages.is_whole else f"those behind the first {len(pages.items):,}"


def _tell_skew(system: str, clocks: Sequence[timedelta]) -> Sequence[str]:
    """Return a sentence about a forge whose clock is far off: its times are told as it has them."""
    skew = sorted(clocks)[len(clocks) // 2] if clocks else timedelta(0)
    if abs(skew) <= MOST_SKEW:
        return ()
    side = "ahead of" if skew > timedelta(0) else "behind"
    return (
        f"{system}: its clock is {format_duration(abs(skew))} {side} this machine's; its times are told as it has them",
    )


def _is_elsewhere(event: Event, settings: ForgeRepositorySettings) -> bool:
    ours = settings.environments
    return bool(ours) and event.kind == "deployment" and event.environment not in ours


def _is_own(post: Post, me: Account | None) -> bool:
    """Answer whether a post is Fermata's, or a command to it: both stand in its own journal."""
    command = read_command(post.body)
    # What only looks like a decision is what somebody said.
    return (me is not None and me.wrote(post.author)) or (command is not None and command.kind not in UNHEARD)


def _explain(deploys: Sequence[Deploy]) -> Sequence[Deploy]:
    """Return each change once, in the order of time.

    A deployment that only names a commit tells what was merged with it. Whoever names a commit that was deployed means
    the deployment, and not that it was merged or tested before: only a deployment keeps the commit then.
    """
    merged = {deploy.sha: deploy.title for deploy in deploys if deploy.kind == "pull_request_merged" and deploy.sha}
    deployed = {deploy.sha for deploy in deploys if deploy.kind == "deployment"}
    found = {}
    for deploy in deploys:
        if deploy.kind != "deployment":
            found[deploy.id] = replace(deploy, sha="") if deploy.sha in deployed else deploy
        else:
            title = ": ".join(filter(None, (deploy.title, merged.get(deploy.sha))))
            found[deploy.id] = replace(deploy, title=title)
    return sorted(found.values(), key=lambda deploy: (deploy.at, deploy.id))


def _tell(error: OperationalError) -> str:
    """Return why, in a few words; for a permission that is missing, its name."""
    status = error.facts.get("status")
    parts = [f"HTTP {status}" if status else error.what, error.why]
    if status == _FORBIDDEN and not isinstance(error, TransientError):
        parts.append(error.do)
    return redact(": ".join(filter(None, parts))).text[:300]
