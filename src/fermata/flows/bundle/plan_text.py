"""What `terraform plan` and `terraform apply` print, written as a diff of the resources it changes.

Their marks stand behind the margin (`      ~ size = "large" -> "small"`), where no reader of diffs looks for them.

What is planned is not done. How far a run came, its own progress tells (`x: Destruction complete after 1s`): Terraform
does not take back what it applied before an error (developer.hashicorp.com/terraform/cli/run, "Apply": "it will not
automatically roll back", read from memory). What `has changed` outside of it is in effect already, whoever did it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.ci_lines import PrintedLines, read_printed
from fermata.flows.bundle.diff_text import is_diff
from fermata.flows.bundle.plan_json import read_machine_run
from fermata.flows.bundle.plan_run import FAILED, PARTLY, Run
from fermata.kit.terraform_errors import find_error

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HEAD = re.compile(
    r"^\s*# (\S.*?) (?:will be|(?:is tainted, so )?must be) "
    r"(?:updated in-place|created|destroyed|replaced|imported)\b"
)
"""What is to change; what `has changed` outside of Terraform, and what is only read, is no change of this run."""
_DRIFTED = re.compile(r"^\s*# (\S.*?) has (?:(?:been )?changed|been deleted)\b")
"""`has been changed` is what Terraform 0.15.4 to 1.1 write, and some that were made of them."""
_COMPLETE = re.compile(
    r"^(\S.*?)(?: \(deposed object \w+\))?: (?:Creation|Modifications|Destruction) complete after ", re.MULTILINE
)
_OVER = re.compile(r"^(?:Apply|Destroy) (complete!|cancelled\.)", re.MULTILINE)
_BLOCK = re.compile(r'^\s*(?:-/\+|\+/-|<=|[~+-]|)\s*(?:resource|data) "[^"]+" "[^"]+" \{')
_MARKED = re.compile(r"^(\s*)(-/\+|\+/-|[~+-])( +)(\S.*)$")
_TURN = re.compile(r"""^((?:"[^"]*"|[\w.-]+)\s*=\s*)?(.+?) -> (.+)$""")
# Atlantis puts a mark first, so that a forge colours the line, and writes `!` for `~` (runatlantis.io; its
# `DiffMarkdownFormattedTerraformOutput`, read from memory).
_PUT_FIRST = re.compile(r"^([-+!]) ( +)(\S.*)$", re.MULTILINE)
_BLOCK_FIRST = re.compile(r'^[-+!] +(?:resource|data) "[^"]+" "[^"]+" \{', re.MULTILINE)
_PLANNED = re.compile(r"^(?:Plan: \d|Terraform will perform )", re.MULTILINE)
_OPENS = re.compile(r"^( *)\S.* = [\[{]$")
_COMPUTED = re.compile(r"^( *)[\]}] -> \(known after apply\)$")
_NOTE = re.compile(r"\s+# forces replacement$")
_HIDDEN = re.compile(r"^\s*# \(\d+ unchanged .* hidden\)$")
_GONE = " -> null"


def read_run(text: str) -> Run:
    """Return what a printed run changed, as far as it tells how far it came, and when where a CI wrote that down."""
    printed = read_printed(_clean(text))
    plain = _put_back("\n".join(printed.lines))
    if (run := read_machine_run(plain)) is not None:
        return run
    drift, error = _write(plain, _DRIFTED), find_error(plain)
    told = error["told"].strip() if error else ""
    done = tuple(dict.fromkeys(_COMPLETE.findall(plain)))
    # Of several runs in one text the last end counts, and an error below it belongs to a later one.
    over = max(_OVER.finditer(plain), key=re.Match.start, default=None)
    if over is not None and find_error(plain, over.end()) is None:
        state = "applied" if over[1] == "complete!" else "cancelled"
        return Run(_write(plain, _HEAD), state, drift, told, at=_find_time(printed, _COMPLETE, _OVER), done=done)
    if done or error:
        # What an error ended, or what still runs: only what was completed is known to be in effect.
        diff, at = _write(plain, _HEAD, only=done), _find_time(printed, _COMPLETE)
        return Run(diff, PARTLY if done else FAILED, drift, told, at=at, done=done)
    return Run(_write(plain, _HEAD), UNCONFIRMED, drift, at=_find_time(printed, _PLANNED))


def is_plan(text: str) -> bool:
    """Answer whether a text is what Terraform (or OpenTofu) prints of a plan or of its progress, or JSON of either."""
    plain = _put_back("\n".join(read_printed(_clean(text)).lines))
    if read_machine_run(plain) is not None:
        return True
    lines = plain.split("\n")
    heads = any(_HEAD.match(line) or _DRIFTED.match(line) for line in lines)
    blocks = any(_BLOCK.match(line) for line in lines)
    return (heads and blocks) or (_COMPLETE.search(plain) is not None and not is_diff(plain))


def _clean(text: str) -> str:
    return _COLOUR.sub("", text).replace("\r", "")


def _put_back(text: str) -> str:
    """Return a text with its marks where Terraform had them."""
    if _BLOCK_FIRST.search(text) is None:
        return text
    return _PUT_FIRST.sub(lambda line: f"{line[2]}{'~' if line[1] == '!' else line[1]} {line[3]}", text)


def _find_time(printed: PrintedLines, *patterns: re.Pattern[str]) -> datetime | None:
    """Return when the last line was printed that one of the first patterns to be found anywhere fits."""
    for pattern in patterns:
        told = (at for line, at in zip(printed.lines, printed.times, strict=True) if at and pattern.match(line))
        if (last := max(told, default=None)) is not None:
            return last
    return None


def write_plan(text: str) -> str:
    """Return the changes of a plan as a diff, one resource under one head; empty when it changes no value."""
    return _write(_put_back(_clean(text)), _HEAD)


def _write(text: str, heads: re.Pattern[str], *, only: Collection[str] | None = None) -> str:
    """Return the blocks under heads of a kind as a diff.

    Args:
        only: The addresses of the resources that are told; `None` tells all.
    """
    written: list[str] = []
    head, end, is_told = "", "", False
    for line in text.split("\n"):
        if line.lstrip().startswith("# ") and (found := heads.match(line)):
            head = found[1] if only is None or found[1] in only else ""
        elif not end and (_HEAD.match(line) or _DRIFTED.match(line)):
            head = ""  # Of another kind.
        elif not end and head and _BLOCK.match(line):
            # A block ends where a brace stands as far in as what it opened with, marks and all.
            end, is_told = line[: len(line) - len(line.lstrip(" ~+-/<="))], False
        elif end and line.rstrip() == " " * len(end) + "}":
            head, end = "", ""
        elif end and not _HIDDEN.match(line):
            if not is_told:
                written.append(f"@@ {head} @@")
                is_told = True
            written += _write_line(line)
    written = _drop_computed(written)
    return "\n".join(written) if any(line[:1] in ("+", "-") for line in written) else ""


def _drop_computed(written: list[str]) -> list[str]:
    """Leave out what stands within a value that is known after the apply: that it goes, the plan does not say."""
    kept: list[str] = []
    opened: dict[str, int] = {}
    for line in written:
        closed = _COMPUTED.match(line[1:])
        if closed is not None and (start := opened.get(closed[1])) is not None:
            kept[start:] = [f"{kept[start][:-1]}(known after apply)"]
            continue
        if (opening := _OPENS.match(line[1:])) is not None:
            opened[opening[1]] = len(kept)
        kept.append(line)
    return kept


def _write_line(line: str) -> Iterator[str]:
    found = _MARKED.match(line)
    if found is None:
        yield f" {line}"
        return
    margin, mark, gap, body = found.groups()
    body = _NOTE.sub("", body)
    indent = margin + " " * len(mark) + gap
    if mark == "-":
        yield f"-{indent}{body.removesuffix(_GONE)}"
    elif mark == "+":
        yield f"+{indent}{body}"
    elif turn := _TURN.match(body):
        yield f"-{indent}{turn[1] or ''}{turn[2]}"
        yield f"+{indent}{turn[1] or ''}{turn[3]}"
    else:
        yield f" {indent}{body}"
