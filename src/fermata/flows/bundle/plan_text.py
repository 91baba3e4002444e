"""What `terraform plan` and `terraform apply` print, written as a diff of the resources it changes.

Their marks stand behind the margin (`      ~ size = "large" -> "small"`), where no reader of diffs looks for them.

What is planned is not done. How far a run came, its own progress tells (`x: Destruction complete after 1s`): Terraform
does not take back what it applied before an error (developer.hashicorp.com/terraform/cli/run, "Apply": "it will not
automatically roll back", read from memory). What `has changed` outside of it is in effect already, whoever did it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.plan_json import read_machine_run
from fermata.flows.bundle.plan_run import FAILED, PARTLY, Run

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
_ERROR = re.compile(r"^\u2502 Error: (\S.*)$", re.MULTILINE)  # In the frame that Terraform draws around it.
_BLOCK = re.compile(r'^\s*(?:-/\+|\+/-|<=|[~+-]|)\s*(?:resource|data) "[^"]+" "[^"]+" \{')
_MARKED = re.compile(r"^(\s*)(-/\+|\+/-|[~+-])( +)(\S.*)$")
_TURN = re.compile(r"""^((?:"[^"]*"|[\w.-]+)\s*=\s*)?(.+?) -> (.+)$""")
_NOTE = re.compile(r"\s+# forces replacement$")
_HIDDEN = re.compile(r"^\s*# \(\d+ unchanged .* hidden\)$")
_GONE = " -> null"


def read_run(text: str) -> Run:
    """Return what a printed run changed, as far as it tells how far it came."""
    plain = _COLOUR.sub("", text).replace("\r", "")
    if (run := read_machine_run(plain)) is not None:
        return run
    drift, error = _write(plain, _DRIFTED), _ERROR.search(plain)
    told = error[1].strip() if error else ""
    # Of several runs in one text the last end counts, and an error below it belongs to a later one.
    over = max(_OVER.finditer(plain), key=re.Match.start, default=None)
    if over is not None and _ERROR.search(plain, over.end()) is None:
        is_done = over[1] == "complete!"
        return Run(write_plan(plain), "applied" if is_done else "cancelled", drift, told)
    done = frozenset(_COMPLETE.findall(plain))
    if done or error:
        # What an error ended, or what still runs: only what was completed is known to be in effect.
        return Run(_write(plain, _HEAD, only=done), PARTLY if done else FAILED, drift, told)
    return Run(write_plan(plain), UNCONFIRMED, drift)


def is_plan(text: str) -> bool:
    """Answer whether a text is what Terraform (or OpenTofu) prints of a plan: a head and its block, or JSON."""
    if read_machine_run(text) is not None:
        return True
    lines = _COLOUR.sub("", text).split("\n")
    heads = any(_HEAD.match(line) or _DRIFTED.match(line) for line in lines)
    return heads and any(_BLOCK.match(line) for line in lines)


def write_plan(text: str) -> str:
    """Return the changes of a plan as a diff, one resource under one head; empty when it changes no value."""
    return _write(_COLOUR.sub("", text).replace("\r", ""), _HEAD)


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
    return "\n".join(written) if any(line[:1] in ("+", "-") for line in written) else ""


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
