"""`changes/*.json|*.diff`: what changed, when, where it was rolled out, and its diff where there is one.

Lines of the evidence: who, when and where as `name value`, a blank line, the title indented by four spaces, a blank
line, then the diff, as the git collector writes them.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import ValidationError

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import UNCONFIRMED, ChangeFacts
from fermata.flows.bundle.ansible_runs import read_ansible
from fermata.flows.bundle.change_records import Change, parse_changes
from fermata.flows.bundle.ci_lines import read_printed
from fermata.flows.bundle.deliveries import read_histories
from fermata.flows.bundle.diff_text import is_diff, list_file_changes
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, describe, make_entity, to_facts
from fermata.flows.bundle.helm_releases import read_helm_records, read_helm_releases
from fermata.flows.bundle.manifest_diffs import read_manifest_diff
from fermata.flows.bundle.parsing import parse_json_documents, read_instant
from fermata.flows.bundle.plan_json import read_machine_run
from fermata.flows.bundle.plan_run import PARTLY, Run, keep_addresses, list_addresses
from fermata.flows.bundle.plan_text import is_plan, read_run
from fermata.flows.bundle.pulumi_runs import read_pulumi
from fermata.flows.bundle.release_lists import read_releases
from fermata.flows.bundle.state_locks import read_lock
from fermata.kit.clock import format_instant
from fermata.kit.listing import write_some

MOST_LINES = 4_000
"""Lines of diff kept of one change: what is longer is a vendored tree or a lock file."""
MOST_CHANGES = 5_000
TEXTS = (".diff", ".patch", ".txt", ".log")
"""How files end that hold diffs, commits with their diffs, or the plan of a Terraform run, as they were printed."""
_MOST_NAMED = 5
_COMMITS = frozenset({"commit", "change", "merge"})
_STATED = frozenset({"flag", "config"})
"""Kinds whose whole effect is said by from what to what they went."""
_COMMIT = re.compile(r"^(?:commit [0-9a-f]{7,64}\b|From [0-9a-f]{40,64} )", re.MULTILINE)
_DIFF_STARTS = ("diff --git ", "--- ", "@@ ")
_MAIL_END = re.compile(r"\n-- \n\S+\s*\Z")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ARROW = re.compile(r"\S.*(?:->|→|=>).*\S")
_MAIL_HEADS = {
    "id": re.compile(r"^(?:commit|From) ([0-9a-f]{7,64})\b", re.MULTILINE),
    "author": re.compile(r"^(?:Author|From): (.+)$", re.MULTILINE),
    "time": re.compile(r"^(?:Date|AuthorDate|CommitDate): +(.+)$", re.MULTILINE),
    "title": re.compile(r"^(?:Subject: (?:\[PATCH[^\]]*\] )?|    )(\S.*)$", re.MULTILINE),
}


def read_changes(
    files: Sequence[SourceFile], haul: Haul, fallback: datetime | None, *, steps: Sequence[Change] = ()
) -> None:
    """Add every change of the folder; a diff file named like a record's id is that record's diff.

    Args:
        fallback: When a change without a time is taken to have happened: before everything else that is known.
        steps: Changes that Terraform states tell of; a record of the same serial tells when and by whom.
    """
    records: list[Change] = []
    diffs: list[tuple[SourceFile, str]] = []
    for file in files:
        try:
            text = read_text(file)
            if file.top == "terraform" or file.suffix in TEXTS or read_machine_run(text) is not None:
                diffs.append((file, text))
            else:
                for document in parse_json_documents(text):
                    own = read_helm_records(document, file.name, file.stem)
                    records += own or parse_changes([document], file.name, haul)
        except Unreadable as error:
            haul.leave_out_file(file, error)
    add_changes(_join_steps(_attach(records, diffs, haul), steps), haul, fallback)


def add_changes(changes: Sequence[Change], haul: Haul, fallback: datetime | None) -> None:
    """Add changes as evidence, in the order given."""
    for change in changes[:MOST_CHANGES]:
        at, is_dated = change.at, change.at is not None
        if at is None and fallback is None:
            haul.leave_out(change.file, f"change {change.id} has no time, and the bundle has no window to place it in")
            continue
        if at is None:
            note = "the source gives no time; it is taken as the start of the window"
            change, at = replace(change, note="; ".join(filter(None, (change.note, note)))), fallback  # noqa: PLW2901 - the same change, with what is unsure
        try:
            _add(replace(change, at=at), haul, is_dated=is_dated)
        except ValidationError as error:
            haul.leave_out(change.file, f"change {change.id[:80]}: {describe(error)}")
    if len(changes) > MOST_CHANGES:
        haul.leave_out("changes", f"{len(changes) - MOST_CHANGES:,} more changes: {MOST_CHANGES:,} are read")


def _attach(records: Sequence[Change], diffs: Sequence[tuple[SourceFile, str]], haul: Haul) -> list[Change]:
    """Give each diff file to the record that it is named after; the others are changes of their own, one a commit."""
    changes = list(records)
    runs = [(file, written, read_run(written)) for file, written in diffs]
    for file, written, run in _apply_plans(runs):
        if is_plan(written) or run.error:
            _add_run(changes, file, run, haul)
            if run.error:
                _keep_text(file, written, haul)
                changes += filter(None, [read_lock(_COLOUR.sub("", written), file.name)])
            continue
        text, at = _unwrap(written)
        if (told := _read_told(text, file)) is not None:
            # A log of CI tells when, of what does not tell it itself.
            changes += [
                one if one.at is not None else replace(one, at=at) for one in told if not _is_known(one, records)
            ]
            continue
        if not is_diff(text):
            haul.leave_out(file.name, "it holds no diff")
            continue
        stem = file.stem.lower()
        position = next((index for index, change in enumerate(changes) if _is_named(change, stem)), None)
        if position is not None:
            _give_diff(changes, position, text.removesuffix("\n"), file.name)
            continue
        if not _add_commits(changes, file, text):
            haul.leave_out(file.name, "it looks like a diff, and in no form that is read")
    return changes


def _unwrap(written: str) -> tuple[str, datetime | None]:
    """Return a text without what a CI wrote before its lines, and when it wrote the last one that says something."""
    printed = read_printed(written)
    last = max((at for at in printed.times if at is not None), default=None)
    return (_COLOUR.sub("", "\n".join(printed.lines)), last) if last is not None else (written, None)


def _read_told(text: str, file: SourceFile) -> list[Change] | None:
    """Return what a text tells that a tool printed of its releases, deliveries or changes; `None` for any other."""
    if releases := read_releases(text, file.name, file.stem):
        return releases
    if delivered := read_histories(text.split("\n"), file.name, file.stem):
        return delivered
    one = read_manifest_diff(text, file.name, file.stem)
    one = one or read_ansible(text, file.name, file.stem) or read_pulumi(text, file.name, file.stem)
    return [*read_helm_releases(text, file.name, file.stem), *([one] if one is not None else [])] or None


def _add_commits(changes: list[Change], file: SourceFile, text: str) -> bool:
    """Add the commits of a text, or give their records their diffs; answer whether there was any."""
    is_any = False
    for part in _split_commits(text):
        own = _read_mail(file, part)
        position = _find_record(changes, own)
        if position is not None:
            _give_diff(changes, position, own.diff, own.file)
        elif own.diff:  # Of several, what has none is a merge or an empty commit.
            changes.append(own)
        is_any = is_any or position is not None or bool(own.diff)
    return is_any


def _apply_plans(runs: Sequence[tuple[SourceFile, str, Run]]) -> list[tuple[SourceFile, str, Run]]:
    """Give each run that applied a saved plan what that plan says: `terraform apply FILE` prints it not again.

    It is the only plan that tells of all that the run completed. Of a run that an error ended, what it completed.
    """
    plans = [(file, run) for file, _, run in runs if run.state == UNCONFIRMED and run.diff]
    applied: set[str] = set()
    given: dict[str, Run] = {}
    for file, _, run in runs:
        is_open = bool(run.done) and not set(run.done) <= set(list_addresses(run.diff))
        fitting = [(of, plan) for of, plan in plans if set(run.done) <= set(list_addresses(plan.diff))]
        if is_open and len(fitting) == 1:
            of, plan = fitting[0]
            diff = keep_addresses(plan.diff, run.done) if run.state == PARTLY else plan.diff
            given[file.name] = replace(run, diff=diff, untold=())
            applied.add(of.name)
    joined = [(file, text, given.get(file.name, run)) for file, text, run in runs if file.name not in applied]
    # Last what still has none: a plan is given to a record without a diff, and to no run.
    return sorted(joined, key=lambda one: bool(one[2].done) and not one[2].diff)


def _is_known(release: Change, records: Sequence[Change]) -> bool:
    """Answer whether a record tells of the same release, by its number or as the deployment of the same commit.

    Each app counts its own releases: the third one of another app is another release.
    """
    deploys = (one.sha for one in records if one.kind not in _COMMITS and one.sha)
    same = (one.service for one in records if one.id == release.id)
    return any(name.startswith(release.service) or release.service.startswith(name) for name in same) or (
        release.sha != "" and any(sha.startswith(release.sha) or release.sha.startswith(sha) for sha in deploys)
    )


def _add_run(changes: list[Change], file: SourceFile, run: Run, haul: Haul) -> None:
    """Add what a printed Terraform run did, and what it found to be changed outside of it."""
    own = Change(file=file.name, id=file.stem, kind="terraform", at=run.at, diff=run.diff, state=run.state)
    own = replace(own, resources=run.done)
    # What a saved plan changes, its run does not say.
    untold = run.untold or (() if run.diff else run.done)
    # Of most of what is found so a provider only wrote down what was so already: it is a remark, and no change.
    found = _tell_some("what it found changed outside of Terraform is not told of", run.drift_untold)
    note = "; ".join(filter(None, (_tell_some("it does not tell what it changes of", untold), found)))
    own = replace(own, note=note)
    if run.diff or untold:
        _add_plan(changes, own)
    elif run.error:
        haul.leave_out(file.name, f"nothing is known to be applied by this run, which ended with: {run.error}")
    elif not run.drift:
        haul.leave_out(file.name, "it is a plan that changes nothing")
    if run.drift:
        title = f"Changed outside of Terraform, found by {file.stem}"
        changes.append(replace(own, id=f"{file.stem}-drift", at=None, title=title, diff=run.drift, state="", note=""))


def _tell_some(words: str, addresses: Sequence[str]) -> str:
    return f"{words} {write_some(addresses, _MOST_NAMED)}" if addresses else ""


def _keep_text(file: SourceFile, written: str, haul: Haul) -> None:
    """Keep what a run printed that an error ended: the error is in none of its changes."""
    block = haul.hide_block("\n".join(_COLOUR.sub("", written).split("\n")[-MOST_LINES:]))
    haul.add(
        Draft(
            kind=EvidenceKind.TEXT,
            entity=make_entity("terraform", file.stem),
            title=f"{file.name}: a run that an error ended",
            query=file.name,
            collector="bundle.text",
            lines=block.lines,
            cut=block.describe_cut(),
            redactions=block.redactions,
        )
    )


def _add_plan(changes: list[Change], plan: Change) -> None:
    """Give a plan to the record that is named like it, or the only one that has no diff; else it is a change."""
    named = [at for at, change in enumerate(changes) if _is_named(change, plan.id.lower())]
    bare = [at for at, change in enumerate(changes) if change.kind == "terraform" and not change.diff]
    chosen = named[:1] or (bare if len(bare) == 1 else [])
    if not chosen:
        # Whoever pasted a plan may well have applied it: not to know is no reason to clear it, nor to blame it.
        made = "plan" if plan.state == UNCONFIRMED else "run"
        title = _tell_some(f"Terraform {made} {plan.id}:", list_addresses(plan.diff) or plan.resources)
        changes.append(replace(plan, title=title or f"Terraform {made} {plan.id}"))
        return
    _give_diff(changes, chosen[0], plan.diff, plan.file)
    record = changes[chosen[0]]
    if plan.state == PARTLY and record.diff == plan.diff:
        # Its record calls it failed, which it is; what it had completed by then is in effect all the same.
        changes[chosen[0]] = replace(record, state=PARTLY)


def _give_diff(changes: list[Change], position: int, diff: str, source: str) -> None:
    """Give a diff to a record, where it has none; the record says which file it is from."""
    if not changes[position].diff:
        changes[position] = replace(changes[position], diff=diff, note=f"diff: {source}")


def _find_record(changes: Sequence[Change], own: Change) -> int | None:
    """Return where the record of a commit is; a deployment of it is none."""
    same = (at for at, change in enumerate(changes) if change.kind in _COMMITS and own.sha and change.sha == own.sha)
    return next(same, None)


def _split_commits(text: str) -> list[str]:
    """Return the commits of what `git log -p` and `git format-patch --stdout` write, each with what stands above it."""
    starts = [match.start() for match in _COMMIT.finditer(text)]
    ends = [*starts[1:], len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)] if len(starts) > 1 else [text]


def _join_steps(records: Sequence[Change], steps: Sequence[Change]) -> list[Change]:
    """Give the steps of a state to the records of their serials, or to the runs that made them."""
    changes = list(records)
    for step in steps:
        position = next(
            (i for i, change in enumerate(changes) if change.kind == "terraform" and change.ref == step.ref), None
        )
        if position is not None:
            _give_diff(changes, position, step.diff, step.file)
        elif (run := _find_run(changes, step, steps)) is None:
            changes.append(step)
        elif not set(changes[run].resources) <= set(list_addresses(changes[run].diff)):
            # What it said of itself tells less.
            changes[run] = replace(changes[run], diff=step.diff, note=f"diff: {step.file}")
    return changes


def _find_run(changes: Sequence[Change], step: Change, steps: Sequence[Change]) -> int | None:
    """Return where the one run is that completed all that a step changed, and no other step would fit."""
    fitting = [at for at, change in enumerate(changes) if _made(change, step)]
    if len(fitting) != 1 or sum(_made(changes[fitting[0]], other) for other in steps) != 1:
        return None
    return fitting[0]


def _made(run: Change, step: Change) -> bool:
    changed = {address for address in list_addresses(step.diff) if not address.startswith("output.")}
    return bool(changed) and changed <= set(run.resources)


def _is_named(change: Change, stem: str) -> bool:
    names = {change.id.lower(), change.sha.lower(), change.ref.lower()} - {""}
    return stem in names or (len(stem) >= 7 and any(name.startswith(stem) for name in names))


def _read_mail(file: SourceFile, text: str) -> Change:
    """Read a diff with what `git show` or `git format-patch` write above it, as far as it is there."""
    text = _MAIL_END.sub("\n", text)
    start = min((at for mark in _DIFF_STARTS if (at := text.find(mark)) >= 0), default=-1)
    head = text if start < 0 else text[:start]
    found = {name: match[1].strip() for name, pattern in _MAIL_HEADS.items() if (match := pattern.search(head))}
    return Change(
        file=file.name,
        id=found.get("id", file.stem),
        kind="commit",
        at=_read_mail_time(found.get("time", "")),
        title=found.get("title", ""),
        author=found.get("author", ""),
        sha=found.get("id", ""),
        diff="" if start < 0 else text.rstrip("\n"),
    )


def _read_mail_time(text: str) -> datetime | None:
    if not text:
        return None
    for form in ("%a %b %d %H:%M:%S %Y %z",):  # As `git show` writes it.
        try:
            return datetime.strptime(text, form).astimezone(UTC)
        except ValueError:
            pass
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return read_instant(text)


def _add(change: Change, haul: Haul, *, is_dated: bool) -> None:
    if change.at is None:  # Placed by the caller.
        return
    stated = change.kind in _STATED and _ARROW.match(change.state) is not None
    # A switch is known by what it sets; its id is a number of the system that keeps it.
    named = change.ref if change.kind in _STATED else ""
    title = haul.hide(change.title or named) or f"{change.kind} {change.id}"
    diff = change.diff.split("\n") if change.diff else []
    cut = f"first {MOST_LINES:,} of {len(diff):,} lines of the diff" if len(diff) > MOST_LINES else ""
    if change.diff and not is_diff(change.diff):
        haul.leave_out(change.file, f"change {change.id[:80]}: its diff is in no form that is read")
    lines = haul.hide_block("\n".join([*_describe(change, title), *diff[:MOST_LINES]]))
    repository = make_entity("repository", change.repository, system="git") if change.repository else None
    facts = ChangeFacts(
        id=change.id,
        kind=change.kind,
        title=title,
        author=haul.hide(change.author),
        changed_at=change.at,
        is_dated=is_dated,
        repository=repository.ref if repository else "",
        files=list_file_changes(change.diff, change.files),
        diff_read=(is_diff(change.diff) and not cut) or stated,
        service=change.service,
        environment=change.environment,
        state=haul.hide(change.state),
        ref=change.ref,
        sha=change.sha,
        commits=change.commits,
    )
    haul.add(
        Draft(
            kind=EvidenceKind.CHANGE,
            entity=_choose_entity(change, repository),
            title=f"{change.file}: {change.kind} {change.id} {title}"[:200],
            query=f"{change.file}#{change.id}",
            collector="bundle.changes",
            lines=lines.lines,
            facts=to_facts(facts),
            cut=lines.describe_cut(cut, change.note),
            redactions=lines.redactions,
        )
    )


def _choose_entity(change: Change, repository: Entity | None) -> Entity:
    if repository is not None:
        return repository
    return make_entity("service", change.service) if change.service else make_entity("change", change.id)


def _describe(change: Change, title: str) -> list[str]:
    at = format_instant(change.at) if change.at is not None else ""
    head = {
        change.kind: change.id,
        "author": change.author,
        "date": at,
        "service": change.service,
        "repository": change.repository,
        "environment": change.environment,
        "state": change.state,
        "ref": "" if change.ref == change.id else change.ref,
        "sha": "" if change.sha == change.id else change.sha,
        "commits": " ".join(change.commits),
    }
    described = [f"{name} {value}".replace("\n", " ") for name, value in head.items() if value]
    return [*described, "", f"    {title}", ""]
