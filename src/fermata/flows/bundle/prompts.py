"""Lines of a terminal that give a command: told from what was printed by the prompt that stands before it.

Prompts differ by shell, theme and person. What they share is a sign at their end, and a command behind it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fermata.rules.kubernetes.kubectl.commands import parse_command

_LONGEST = 600
"""Characters of a line that is looked at: a longer one is no command that somebody typed."""
# bash and zsh, root's, csh's, PowerShell and cmd, and the signs of usual themes (robbyrussell, pure, starship, lambda).
SIGNS = "$#>%\u276f➜λ»✗→⟩▶"
"""What prompts end with."""
# What may run kubectl for somebody: `sudo -E`, `watch -n 2`, `KUBECONFIG=x`, `k3s`; a trace's plus; what `watch` heads.
_BEFORE = re.compile(
    r"(?:\+{1,3} )?(?:(?:Every [\d.]+s: )?(?:(?:sudo|time|watch|nohup|env|command|k3s|microk8s|minikube|exec)\s+"
    r"(?:-\S+\s+(?:\d+\s+)?)*|[A-Z_]+=\S*\s+)*)?"
)
_PROMPT = re.compile(rf"\S.{{0,119}}?[{SIGNS}](?=\s).{{0,80}}|.{{0,119}}[{SIGNS}]|[{SIGNS}].{{0,80}}", re.DOTALL)
_KUBECTL = re.compile(
    r"(?<![\w.@=-])(?:[\w.~-]*/)*(?P<program>kubectl(?:\.exe)?|kubecolor|microk8s\.kubectl)(?=\s)"
    r"|(?<!\S)(?P<short>oc|k)(?=\s)"
)
# `dana@bastion:~/shop$`, `[root@m1 ~]#`, `(venv) dana@m1 shop %`: a person at a host, and a sign.
_USUAL = re.compile(r"(?:\(\S{1,40}\) ?)?\[?[\w.-]{1,40}@[\w.-]{1,60}[^$#%>]{0,80}[$#%>](?:\s|$)")
_WORDS = ("kubectl ", "kubectl.exe ", "kubecolor ", "k ", "oc ")
_VERBS = frozenset(
    {"get", "describe", "logs", "top", "events", "apply", "create", "delete", "edit", "exec", "rollout", "scale", "set"}
    | {"patch", "config", "cluster-info", "version", "explain", "auth", "debug", "drain", "cordon", "uncordon", "wait"}
    | {"label", "annotate", "replace", "run", "expose", "port-forward", "cp", "api-resources", "diff", "taint"}
)
_FILLED_IN = re.compile(r"\$[\w({]|`")
# `watch` writes its host and the time at the end of its head.
_WATCHED = re.compile(r"\s{2,}\S+: \w{3} \w{3} .*$")


class Given(NamedTuple):
    """A command that was given."""

    prompt: str
    """What stood before it, up to its sign."""
    command: str
    """As kubectl takes it; empty for another program's, and where the shell filled something in."""


def find_kubectl(line: str) -> Given | None:
    """Return the kubectl command that a line gives, or `None` when it gives none."""
    # Most lines are none, and finding a fixed word costs a twentieth of running a pattern.
    if len(line) > _LONGEST or not any(word in line for word in _WORDS):
        return None
    for match in _KUBECTL.finditer(line):
        before, rest = line[: match.start()], line[match.end() :].strip()
        if parse_command(f"kubectl {rest}").verb not in _VERBS:
            continue
        if not (_BEFORE.fullmatch(before) or _PROMPT.fullmatch(before)):
            continue
        program = "oc" if match["short"] == "oc" else "kubectl"
        command = f"{program} {_WATCHED.sub('', rest) if before.startswith('Every ') else rest}"
        return Given(_cut_prompt(before), "" if is_filled_in(command) else command.rstrip("'\""))
    return None


def is_filled_in(command: str) -> bool:
    """Answer whether the shell fills something into a command: nobody knows then which object was asked for."""
    return _FILLED_IN.search(command) is not None


def is_prompt(line: str, prompts: frozenset[str]) -> bool:
    """Answer whether a line is one at which something else was typed.

    Args:
        prompts: That stood before commands of the same text.
    """
    if _USUAL.match(line) is not None:
        return True
    return any(line.startswith(prompt) for prompt in prompts)


def _cut_prompt(before: str) -> str:
    """Return a prompt up to its last sign; empty when it is too little to know another line by it."""
    end = max(before.rfind(sign) for sign in SIGNS) + 1
    prompt = before[:end]
    # In what is printed `#`, `>` and `%` stand at the begin of lines as well.
    return "" if prompt in ("#", ">", "%", "") else prompt + (" " if prompt == "$" else "")
