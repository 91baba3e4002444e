"""Whether a change was in effect when the fault began, since when, and for whom; otherwise why not, in words.

A commit takes effect when a release that contains it reaches the affected environment, not when it is written. What was
never merged, failed, went elsewhere, came too late or had been rolled back is ruled out before its diff is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from fermata.domain.evidence import Evidence
from fermata.domain.facts import DELIVERY, MANIFESTS, UNCONFIRMED, ChangeFacts
from fermata.kit.units import format_duration
from fermata.rules.changes.applied import Runs, is_configuration
from fermata.rules.changes.deliveries import find_elsewhere, list_concerned
from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, Hunk, parse_diff
from fermata.rules.changes.environments import is_here
from fermata.rules.changes.migrations import MigrationRuns, is_migration
from fermata.rules.changes.own_lines import makes_containers
from fermata.rules.changes.replaced import find_former_tag, is_anew, is_container
from fermata.rules.changes.states import has_no_effect

TOLERANCE = timedelta(seconds=90)
"""How long after the first sign a change may be dated: metrics come by the minute, and clocks differ."""

_BACK = re.compile(r"roll(?:ed|ing)?[ -]?back|revert|previous (?:release|version)|restore", re.IGNORECASE)
_LANGUAGE = re.compile(
    r"[-_.](?:js|ts|node|py|python|go|java|jvm|rb|ruby|rs|php|net)$|^(?:js|node|py|python|go|java|rb)[-_.]"
)
_SHORT = 7  # git's own abbreviation of a commit id.
_RELEASES = frozenset({"deployment", "release"})
_WRITTEN = frozenset({"commit", "pull_request_merged"})


@dataclass(frozen=True)
class Change:
    """A change with its diff."""

    evidence: Evidence
    facts: ChangeFacts

    @cached_property
    def diff(self) -> Diff:
        """Return its diff; of a flag or a setting that only says from what to what it went, that."""
        diff = parse_diff(self.evidence.lines, [file.path for file in self.facts.files])
        old, arrow, new = self.facts.state.partition("->")
        lines = [line for line in self.evidence.lines if line.text.strip()]
        if diff.hunks or not arrow or not lines:
            return diff
        name = self.facts.ref or self.facts.title
        number = next((line.number for line in lines if self.facts.state in line.text), lines[0].number)
        turned = (DiffLine(number, "-", f"{name} = {old.strip()}"), DiffLine(number, "+", f"{name} = {new.strip()}"))
        return Diff((Hunk("", name, turned, number),))

    @property
    def id(self) -> str:
        """Return its id."""
        return self.facts.id

    @property
    def is_release(self) -> bool:
        """Answer whether it brings others into effect."""
        return self.facts.kind in _RELEASES

    @property
    def is_delivery(self) -> bool:
        """Answer whether it brings manifests into effect."""
        return self.facts.kind == DELIVERY

    @property
    def is_written(self) -> bool:
        """Answer whether it needs a release to take effect."""
        return self.facts.kind in _WRITTEN

    @property
    def is_unconfirmed(self) -> bool:
        """Answer whether it is only known to be planned."""
        return self.facts.state == UNCONFIRMED

    def is_commit(self, sha: str) -> bool:
        """Answer whether it stands for a commit; abbreviated ids count from seven characters on."""
        own = {self.facts.sha, self.facts.id} - {""}
        return bool(sha) and any(
            one == sha or (min(len(one), len(sha)) >= _SHORT and (one.startswith(sha) or sha.startswith(one)))
            for one in own
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """When a change took effect and where, or why it did not."""

    at: datetime | None
    """`None` when it was not in effect as the fault began."""
    services: frozenset[str]
    """Whose behaviour it can change; empty: nobody says."""
    why: str
    """For people: `in dep-1776 (catalog), 3 minutes before`, or the reason why not."""
    certain: bool = True
    """False when others were rolled out on record and it was not: only its date speaks for it."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Service -> when a release brought it there; empty for what needs no release."""

    def find_time(self, services: Iterable[str]) -> datetime | None:
        """Return when it last reached one of these services, or else anybody."""
        known = [self.times[service] for service in services if service in self.times]
        return max(known, default=self.at)


class Rollouts:
    """The history of releases, to find out what ran when the fault began."""

    def __init__(
        self,
        changes: Sequence[Change],
        *,
        began_at: datetime,
        environments: frozenset[str] = frozenset(),
        named: frozenset[str] = frozenset(),
    ) -> None:
        """Read the history.

        Args:
            environments: What the alert calls its own environment and region; empty when it does not say.
            named: The values of all labels of the alerts, in lower case.
        """
        self._named = named
        self._changes = changes
        self._began_at = began_at
        self._environments = environments
        self._limit = began_at + TOLERANCE
        self._releases = sorted(
            (change for change in changes if change.is_release), key=lambda change: change.facts.changed_at
        )
        self._deliveries = sorted(
            (change for change in changes if change.is_delivery), key=lambda change: change.facts.changed_at
        )
        written = [change for change in changes if change.is_written]
        self._heads = _map_commits(written, {one.id: one.facts.sha for one in (*self._releases, *self._deliveries)})
        self._formers = _map_commits(written, {one.id: find_former_tag(one.facts) for one in self._releases})
        self._runs = Runs(changes)
        self._migrations = MigrationRuns(changes)
        self._adoptions: dict[str, list[Change]] = {}
        self._repositories: Mapping[str, frozenset[str]] = self._map_repositories()

    def _map_repositories(self) -> dict[str, frozenset[str]]:
        """Return repository -> the services whose releases are built from it."""
        found: dict[str, set[str]] = {}
        for change in self._changes:
            facts = change.facts
            if facts.repository and change.is_written:
                own = found.setdefault(facts.repository, set())
                own.update({facts.service} - {""})
                own.update(
                    release.facts.service
                    for release in self._releases
                    if release.facts.service and change.is_commit(release.facts.sha)
                )
        return {repository: frozenset(services) for repository, services in found.items()}

    def judge(self, change: Change) -> Effect:
        """Return when a change took effect, or why it did not."""
        facts = change.facts
        services = frozenset({facts.service} - {""})
        if facts.kind == "ci_run":
            return Effect(None, services, "a test run changes nothing by itself")
        # Forges call a merged pull request closed.
        is_merged = facts.kind == "pull_request_merged" and facts.state.casefold() == "closed"
        if has_no_effect(facts) and not is_merged:
            return Effect(None, services, f"it never took effect: {facts.state}")
        if change.is_written:
            return self._judge_written(change)
        if facts.is_former:
            return Effect(None, services, "it ran before the time that is looked at")
        if (release := self._find_installer(change)) is not None:
            own = self.judge(release)
            why = own.why if own.at is None else f"installed with {release.id}, {own.why}"
            return Effect(own.at, own.services, why, times=dict.fromkeys(own.services, release.facts.changed_at))
        if not is_here(facts.environment, self._environments):
            return Effect(None, services, f"it went to {facts.environment}, not to where it hurts")
        if facts.changed_at > self._limit:
            return Effect(None, services, self._say_late(facts.changed_at))
        if change.is_release and (later := self._find_replacement(change)) is not None:
            return Effect(None, services, f"{later.id} had replaced it before the fault began")
        return Effect(facts.changed_at, services, self._say_when(change))

    def _say_late(self, at: datetime) -> str:
        return f"it came {format_duration(at - self._began_at)} after the first sign"

    def _say_when(self, change: Change) -> str:
        at = change.facts.changed_at
        if not change.facts.is_dated:
            return "in effect at some time before it was looked at: its source gives no time"
        if at >= self._began_at:
            return "in effect as the first sign showed"
        return f"in effect {format_duration(self._began_at - at)} before the first sign"

    def _is_effective(self, release: Change) -> bool:
        facts = release.facts
        return (
            is_here(facts.environment, self._environments)
            and not has_no_effect(facts)
            and facts.changed_at <= self._limit
        )

    def is_done(self, change: Change) -> bool:
        """Answer whether a change took effect in the affected environment at all, whenever that was."""
        return is_here(change.facts.environment, self._environments) and not has_no_effect(change.facts)

    def find_running_carrier(self, change: Change) -> Change | None:
        """Return the release that ran when the fault began, if it was the first to carry the change."""
        if (installer := self._find_installer(change)) is not None:
            return self.find_running_carrier(installer)
        if not change.is_written and not change.is_release:
            return None
        for service in sorted(self._list_users(change)):
            running = self._list_running(service)
            if running and (change.id == running[-1].id or self._find_carrier(change, running) is running[-1]):
                return running[-1]
        return None

    def _list_running(self, service: str) -> list[Change]:
        """Return the releases of a service up to the one that ran, oldest first."""
        return [one for one in self._releases if one.facts.service == service and self._is_effective(one)]

    def _find_replacement(self, release: Change) -> Change | None:
        """Return a later release that took this one back before the fault began."""
        for later in self._list_running(release.facts.service):
            if later.facts.changed_at > release.facts.changed_at and _BACK.search(
                f"{later.facts.title} {later.facts.state}"
            ):
                return later
        return None

    def _judge_written(self, change: Change) -> Effect:
        facts = change.facts
        users = self._list_users(change)
        if self._date(change) > self._limit:
            return Effect(None, users, self._say_late(facts.changed_at).replace("it came", "it was written"))
        if elsewhere := find_elsewhere(change, self._named | self._environments):
            return Effect(None, users, f"all that it declares is of {elsewhere}, not of where it hurts")
        run = self._judge_run(change, users)
        own = run if is_migration(change) else None
        if (told := self._judge_delivered(change, users) or self._judge_applied(change, users) or own) is not None:
            return told
        carriers = {
            service: carrier
            for service in sorted(users)
            if (carrier := self._find_carrier(change, self._list_running(service))) is not None
        }
        if carriers:
            carriers = self._prefer_told(change, carriers)
            if (reverting := self._find_revert(change)) is not None:
                return Effect(None, users, f"{reverting.id} had taken it back before the fault began")
            fresh = {service: one for service, one in carriers.items() if not self._ran_before(one, change)}
            if not fresh:
                ago = format_duration(max(self._began_at - facts.changed_at, timedelta()))
                first = min(one.facts.changed_at for one in carriers.values())
                why = f"written {ago} before the first sign; what ran before {first:%H:%M:%S} UTC had it, too"
                return Effect(facts.changed_at, frozenset(carriers), why)
            carriers = fresh
            times = {service: carrier.facts.changed_at for service, carrier in carriers.items()}
            last = max(carriers.values(), key=lambda carrier: carrier.facts.changed_at)
            why = f"released with {last.id} of {last.facts.service}, {self._say_when(last)}"
            return Effect(last.facts.changed_at, frozenset(carriers), why, times=times)
        if (dropping := self._find_dropping(change, users)) is not None:
            return Effect(None, users, f"{dropping.id} had taken it back before the fault began")
        if run is not None:
            return run
        if any(one.facts.service in users for one in self._releases) or (not users and self._releases):
            return Effect(None, users, "no release before the fault carried it to where it hurts")
        ago = format_duration(max(self._began_at - facts.changed_at, timedelta()))
        written = f"{ago} before the first sign" if facts.is_dated else "at a time that its source does not give"
        why = f"written {written}; no release of it is on record"
        return Effect(facts.changed_at, users, why, certain=not self._releases)

    def _ran_before(self, release: Change, change: Change) -> bool:
        """Answer whether what a release replaced had a commit already, as far as the release itself tells."""
        if is_anew(release.facts):
            return not makes_containers(change.diff.paths)
        head = self._formers.get(release.id)
        is_of = head is not None and head.facts.repository == change.facts.repository
        return head is not None and is_of and change.facts.changed_at <= head.facts.changed_at

    def _find_installer(self, change: Change) -> Change | None:
        """Return the release of which manifests say that it installed them."""
        is_named = change.facts.kind == MANIFESTS and change.facts.ref
        return next((one for one in self._releases if is_named and one.id == change.facts.ref), None)

    def _judge_delivered(self, change: Change, users: frozenset[str]) -> Effect | None:
        """Return when manifests were delivered, or that they were not; `None` where no history tells of them."""
        concerned = list_concerned(change, self._deliveries)
        if not concerned:
            return None
        apps = sorted({one.facts.ref for one in concerned})
        if (undated := next((one for one in concerned if not one.facts.is_dated), None)) is not None:
            return self._judge_running(change, users, undated)
        carriers: dict[str, Change] = {}
        for app in apps:
            running = [one for one in concerned if one.facts.ref == app and self._is_effective(one)]
            for one in running:  # A rollback delivers an earlier revision: the last one decides.
                carriers = {**carriers, app: carriers.get(app, one)} if self._contains(one, change) else {}
        if not carriers:
            return Effect(None, users, f"it was not delivered to {', '.join(apps)} before the fault began")
        times = {app: one.facts.changed_at for app, one in carriers.items()}
        last = max(carriers.values(), key=lambda one: one.facts.changed_at)
        at = last.facts.changed_at
        return Effect(at, users, f"delivered with {last.id}, {self._say_when(last)}", times=times)

    def _judge_applied(self, change: Change, users: frozenset[str]) -> Effect | None:
        """Return when Terraform applied a commit of its configuration; `None` where no run of it is known to."""
        if not is_configuration(change):
            return None
        if (run := self._runs.find(change)) is not None:
            return self._date_applied(change, users, run)
        if not self._runs.miss(change):
            return None
        ago = format_duration(max(self._began_at - change.facts.changed_at, timedelta()))
        why = f"written {ago} before the first sign; no run of Terraform that is known applied it"
        return Effect(change.facts.changed_at, users, why, certain=False)

    def _date_applied(self, change: Change, users: frozenset[str], run: Change) -> Effect:
        own = self.judge(run)
        if own.at is None:
            return Effect(None, users, f"applied with {run.id}: {own.why}")
        # Nobody applies what is not written yet.
        at = run.facts.changed_at if run.facts.is_dated else change.facts.changed_at
        why = self._say_when(run)
        if not run.facts.is_dated:
            ago = format_duration(max(self._began_at - at, timedelta()))
            why = f"at a time that it does not tell; written {ago} before the first sign"
        return Effect(at, users | own.services, f"applied with {run.id}, {why}", times={run.id: at})

    def _judge_running(self, change: Change, users: frozenset[str], last: Change) -> Effect | None:
        """Return whether what was delivered last holds a change; `None` where the history of its commits is not known.

        It was looked at after the fault began, as a rule: what is not in it now was not in it then.
        """
        head, facts = self._heads.get(last.id), last.facts
        if not change.is_commit(facts.sha) and (head is None or head.facts.repository != change.facts.repository):
            return None
        if head is not None and change.facts.changed_at > head.facts.changed_at:
            return Effect(None, users, f"it is not in {facts.sha[:_SHORT]}, which is what was delivered to {facts.ref}")
        ago = format_duration(max(self._began_at - change.facts.changed_at, timedelta()))
        return Effect(
            change.facts.changed_at, users, f"written {ago} before the first sign, and delivered to {facts.ref}"
        )

    def _prefer_told(self, change: Change, carriers: dict[str, Change]) -> dict[str, Change]:
        """Leave out releases of others, of a commit that says neither its repository nor its service.

        Where one release is known to be built from what it came with, another of which nobody knows the commit is none.
        """
        if change.facts.service or change.facts.repository:
            return carriers
        told = {name: one for name, one in carriers.items() if one.id in self._heads}
        return told or carriers

    def list_runs(self, change: Change) -> list[Change]:
        """Return the migrations that ran files of a commit before the fault began, the last one first."""
        return [one for one in self._migrations.list_runs(change) if self._is_effective(one)]

    def ships(self, release: Change, change: Change) -> bool:
        """Answer whether a release is the first one with the files of a migration, which ran by itself."""
        own = self._list_running(release.facts.service)
        return bool(self.list_runs(change)) and self._find_carrier(change, own) is release

    def _judge_run(self, change: Change, users: frozenset[str]) -> Effect | None:
        """Return when a migration of the change was run: it needs no release for that."""
        for run in self.list_runs(change):
            return Effect(run.facts.changed_at, users, f"run as {run.id}, {self._say_when(run)}")
        return None

    def _find_revert(self, change: Change) -> Change | None:
        """Return a commit that took this one back and was released before the fault began, too."""
        for later in self._changes:
            title, facts = later.facts.title, later.facts
            is_later = later.is_written and facts.changed_at > change.facts.changed_at and "revert" in title.casefold()
            names_it = change.facts.title in title or change.id[:_SHORT] in title
            if is_later and names_it:
                running = self._list_running(facts.service)
                if self._find_carrier(later, running) is not None:
                    return later
        return None

    def _list_users(self, change: Change) -> frozenset[str]:
        """Return the services it can reach: its own, those built from its repository, else everybody who may use it."""
        facts = change.facts
        everybody = frozenset(one.facts.service for one in self._releases if one.facts.service)
        listed = frozenset(
            one.facts.service
            for one in self._releases
            if one.facts.service and any(change.is_commit(sha) for sha in one.facts.commits)
        )
        if listed and facts.service not in everybody:  # Of a library: its releases say who took it.
            return listed
        adopters = self.list_adopters(change)
        is_shared = self._is_shared(change) or bool(adopters)
        if adopters and self._is_published(facts.service):
            return frozenset(one.facts.service for one in adopters if one.facts.service) or everybody
        if facts.service and (facts.service in everybody or not is_shared):
            return frozenset({facts.service})
        own = self._repositories.get(facts.repository, frozenset()) & everybody
        named = frozenset(
            service for service in everybody if any(f"/{service}/" in f"/{path}" for path in change.diff.paths)
        )
        return named or own or everybody

    def _is_published(self, service: str) -> bool:
        """Answer whether it is a library under its own name: versions of it are published, and deployed nowhere."""
        kinds = {one.facts.kind for one in self._releases if one.facts.service == service}
        return kinds == {"release"}

    def _is_shared(self, change: Change) -> bool:
        paths = " ".join(change.diff.paths)
        return not change.facts.service or bool(
            re.search(r"(?:^|[ /])(?:libs?|common|shared|packages|pkg|internal/platform)/", paths)
        )

    def _find_carrier(self, change: Change, running: Sequence[Change]) -> Change | None:
        """Return the first release of an unbroken row up to the running one that contains the change."""
        carrier: Change | None = None
        # Who names it says that it is new there: a branch is older than its merge, and was in nothing before.
        is_named = any(change.is_commit(sha) for release in running for sha in release.facts.commits)
        for release in running:
            if _carries(release, change) if is_named else self._contains(release, change):
                carrier = carrier or release
            elif release.facts.dropped:
                carrier = None if _drops(release, change) else carrier
            elif _BACK.search(f"{release.facts.title} {release.facts.state}"):
                carrier = None
        return carrier

    def _find_dropping(self, change: Change, users: frozenset[str]) -> Change | None:
        """Return the release that says that it left out a change which ran before it."""
        running = (one for service in sorted(users) for one in reversed(self._list_running(service)))
        return next((one for one in running if _drops(one, change)), None)

    def _date(self, change: Change) -> datetime:
        """Return when a change was written, at the latest: what was released was there, whatever its clock said."""
        named = (one for one in self._releases if _carries(one, change))
        return min([change.facts.changed_at, *(one.facts.changed_at for one in named)])

    def _contains(self, release: Change, change: Change) -> bool:
        facts = release.facts
        if any(_carries(release, one) for one in (change, *self.list_adopters(change))):
            return True
        if facts.commits or _BACK.search(facts.title) or change.facts.changed_at > facts.changed_at:
            return False
        head = self._heads.get(facts.id)
        if head is None or (is_container(facts) and makes_containers(change.diff.paths)):
            return True  # Nobody says what is in it, or what it was made with is not in its image; and it is younger.
        if head.facts.repository == change.facts.repository or not self.list_adopters(change):
            return change.facts.changed_at <= head.facts.changed_at
        return any(
            one.facts.repository == head.facts.repository and one.facts.changed_at <= head.facts.changed_at
            for one in self.list_adopters(change)
        )

    def list_adopters(self, change: Change) -> list[Change]:
        """Return the commits of other repositories that moved to a version of this one after the change."""
        if change.id not in self._adoptions:
            # A registry names a library without the language that its repository is named for.
            name = _LANGUAGE.sub("", change.facts.repository.rpartition("/")[2].casefold())
            others = (
                one
                for one in self._changes
                if name
                and one.facts.changed_at >= change.facts.changed_at
                and one.facts.repository != change.facts.repository
            )
            self._adoptions[change.id] = [one for one in others if _names_in_manifest(one, name)]
        return self._adoptions[change.id]


def _carries(release: Change, change: Change) -> bool:
    return any(change.is_commit(sha) for sha in (release.facts.sha, *release.facts.commits))


def _drops(release: Change, change: Change) -> bool:
    return any(change.is_commit(sha) for sha in release.facts.dropped)


def _map_commits(written: Sequence[Change], shas: Mapping[str, str]) -> dict[str, Change]:
    """Return release -> the commit that its sha names, of those whose commit is known."""
    heads = {release: next((one for one in written if one.is_commit(sha)), None) for release, sha in shas.items()}
    return {release: head for release, head in heads.items() if head is not None}


def _names_in_manifest(change: Change, name: str) -> bool:
    manifests = (hunk for hunk in change.diff.effective if hunk.kind is FileKind.MANIFEST)
    return any(
        name in f"{hunk.name_version(line)} {line.text}".casefold()
        for hunk in manifests
        for line in hunk.list_signed("+")
    )
