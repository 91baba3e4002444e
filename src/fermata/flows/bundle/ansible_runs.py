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
from fermata.kit.listing import write_some

_LOGGED = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} p=\d+ u=\S+ n=\S+ (?:[A-Z]+ ?)?\| ?", re.MULTILINE)
_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(.*)\] \*+\s*$")
_ENDS = re.compile(r"^(?:ok|changed|skipping|fatal|failed|included|rescued): \[|^(?:TASK|PLAY|RUNNING HANDLER)\b")
_CHANGED = re.compile(r"^changed: \[([^\]]+)\]")
_BEFORE = re.compile(r"^--- before(?:: (\S+))?")
_AFTER = re.compile(r"^\+\+\+ after(?:: (\S+))?")
_CHECKED = re.compile(r"(?:^|\s)ansible(?:-playbook)? [^\n]{0,500}\s(?:--check|-C)(?=\s|$)", re.MULTILINE)
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
    plain = _LOGGED.sub("", text)
    told = _Told()
    for line in plain.split("\n"):
        _take(told, line)
    if not any(_TASK.match(line) for line in plain.split("\n")) or not told.tasks:
        return None
    return Change(
        file=file,
        id=stem,
        kind="ansible",
        at=_read_last(times),
        title=f"Ansible run {stem}: {write_some(list(told.tasks), _MOST_TASKS)}",
        state=UNCONFIRMED if _CHECKED.search(plain) else "applied",
        diff="\n".join(told.parts),
        note="" if told.parts else "it does not tell what it changed: --diff would have",
    )


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
    if told.before is not None and any(_is_changed(line) for line in told.lines):
        told.parts["\n".join(told.lines)] = None
    told.before, told.lines = None, []


def _is_changed(line: str) -> bool:
    return line[:1] in ("+", "-") and not line.startswith(("+++ ", "--- "))


def _read_last(times: list[str]) -> datetime | None:
    return read_instant(times[-1]) if times else None
