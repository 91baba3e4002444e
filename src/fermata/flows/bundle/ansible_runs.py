"""What a run of Ansible printed, written as a diff of the files that it changed.

With `--diff` each task prints how its file differed, headed `--- before: /etc/x` and `+++ after: ...`, before the line
that says what became of it on a host; with `--check` it only says what it would do. Its log (`log_path`) has a time
before each record (docs.ansible.com, "Validating tasks: check mode and diff mode", "Logging Ansible output"; from
memory). Without `--diff` a task that changed something says not what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.parsing import read_instant
from fermata.kit.diffs import is_changed
from fermata.kit.listing import write_some

_LOGGED = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} p=\d+ u=\S+ n=\S+ (?:[A-Z]+ ?)?\| ?", re.MULTILINE)
_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.*?)\](?P<check> \[CHECK MODE\])? \*+\s*$")
_ENDS = re.compile(r"^(?:ok|changed|skipping|fatal|failed|included|rescued): \[|^(?:TASK|PLAY|RUNNING HANDLER)\b")
_CHANGED = re.compile(r"^changed: \[([^\]]+)\]")
_BEFORE = re.compile(r"^--- before(?:: (\S+))?")
_AFTER = re.compile(r"^\+\+\+ after(?:: (\S+))?")
_COMMAND = re.compile(r"(?:^|\s)ansible(?:-playbook|-pull)? ")
_CHECK = re.compile(r"(?:^|\s)(?:--check|-C)(?=\s|$)")
_ZONELESS = "its time states no zone, and is taken as UTC"
_MOST_TASKS = 3


@dataclass(slots=True)
class _Told:
    """What the lines of a run have told so far."""

    task: str = ""
    before: str | None = None
    """Of the difference that is being printed; `None` outside of one."""
    parts: dict[str, None] = field(default_factory=dict)
    """The differences, each once: many hosts have the same."""
    tasks: dict[str, None] = field(default_factory=dict)
    """The tasks that changed something."""
    lines: list[str] = field(default_factory=list)


def read_ansible(text: str, file: str, stem: str) -> Change | None:
    """Return what a run changed; `None` where the text is of none, or it changed nothing."""
    times = _LOGGED.findall(text)
    tried, done = _read_runs(_LOGGED.sub("", text))
    told = done if done.tasks else tried
    if not told.tasks:
        return None
    at = _read_last(times)
    notes = ("" if told.parts else "it does not tell what it changed: --diff would have", _ZONELESS if at else "")
    return Change(
        file=file,
        id=stem,
        kind="ansible",
        at=at,
        title=f"Ansible run {stem}: {write_some(list(told.tasks), _MOST_TASKS)}",
        state="applied" if done.tasks else UNCONFIRMED,
        diff="\n".join(told.parts),
        note="; ".join(filter(None, notes)),
    )


def _read_runs(text: str) -> tuple[_Told, _Told]:
    """Return what was only checked, and what was done: as a rule a session has the one and then the other."""
    tried, done = _Told(), _Told()
    told, goes_on = done, False
    for line in text.split("\n"):
        if goes_on or (told.before is None and _COMMAND.search(line)):
            is_check = _CHECK.search(line) is not None or (goes_on and told is tried)
            told, goes_on = tried if is_check else done, line.rstrip().endswith("\\")
            continue
        if (task := _TASK.match(line)) is not None and task["check"]:
            _close(told)
            told = tried
        _take(told, line)
    return tried, done


def _take(told: _Told, line: str) -> None:
    if (task := _TASK.match(line)) is not None:
        told.task = task[1]
    if _ENDS.match(line):
        _close(told)
        if _CHANGED.match(line) and told.task:
            told.tasks[told.task] = None
    elif (before := _BEFORE.match(line)) is not None:
        _close(told)
        told.before = before[1] or ""
    elif told.before is not None and (after := _AFTER.match(line)) is not None:
        path = (told.before or after[1] or told.task).strip("/")
        told.lines = [f"--- a/{path}", f"+++ b/{path}"]
    elif told.before is not None and line[:1] in ("+", "-", " ", "@"):
        told.lines.append(line)


def _close(told: _Told) -> None:
    if told.before is not None and any(is_changed(line) for line in told.lines):
        told.parts["\n".join(told.lines)] = None
    told.before, told.lines = None, []


def _read_last(times: list[str]) -> datetime | None:
    return read_instant(times[-1]) if times else None
