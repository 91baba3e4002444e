"""What `flux get` and `argocd app get` print, given the kubectl command that shows the same objects.

Both ask the cluster for custom resources and print their conditions: a table of Flux has `READY` and `MESSAGE`, the
text of an application what its last operation said. Flags after fluxcd.io/flux/cmd/flux_get and
argo-cd.readthedocs.io, user-guide/commands/argocd_app_get.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.flows.bundle.prompts import SIGNS, is_filled_in

_ASKED = re.compile(rf"(?:^|[{SIGNS}] )(?P<program>flux get|argocd app get) (?P<rest>.*)$")
_OTHER = re.compile(rf"(?:^|[{SIGNS}] )argocd app (?:history|diff|manifests|logs|list)\b")
"""What prints something else: what stands below is none of what was asked for before."""
_LONGEST = 400
_HOME = "flux-system"  # Where flux looks unless it is told otherwise.
_ARGO_HOME = "argocd"
_KINDS = {
    **dict.fromkeys(("helmreleases", "helmrelease", "hr"), "helmreleases"),
    **dict.fromkeys(("kustomizations", "kustomization", "ks"), "kustomizations"),
}
_SOURCES = {"git": "gitrepositories", "helm": "helmrepositories", "oci": "ocirepositories"}
_WITH_VALUE = frozenset(
    {"-n", "--namespace", "-l", "--label-selector", "--status-selector", "--context", "--cluster", "--kubeconfig"}
    | {"--as", "--as-group", "--as-uid", "--cache-dir", "--certificate-authority", "--client-certificate", "--user"}
    | {"--client-key", "--kube-api-burst", "--kube-api-qps", "--server", "--tls-server-name", "--token", "--timeout"}
    | {"-N", "--app-namespace", "-o", "--output", "--source-name", "--source-position", "--argocd-context", "--config"}
    | {"--auth-token", "--client-crt", "--client-crt-key", "--controller-name", "--grpc-web-root-path", "-H"}
    | {"--header", "--http-retry-max", "--kube-context", "--logformat", "--loglevel", "--port-forward-namespace"}
    | {"--redis-compress", "--redis-haproxy-name", "--redis-name", "--repo-server-name", "--server-crt"}
    | {"--server-name"}
)
_DATA = ("yaml", "json")


def find_delivery_command(line: str) -> str | None:
    """Return the kubectl command for what a line asks of them; empty for what is not read, `None` for other lines."""
    if len(line) > _LONGEST or ("flux get " not in line and "argocd app " not in line):
        return None
    if _OTHER.search(line) is not None:
        return ""
    found = _ASKED.search(line)
    if found is None:
        return None
    asked, pipe, filter_ = found["rest"].partition("|")
    if is_filled_in(asked):
        return ""
    flags: dict[str, str] = {}
    words = _part(asked.split(), flags)
    if found["program"] == "flux get":
        command = _ask_flux(words, flags)
        return f"{command} | {filter_.strip()}" if command and pipe else command
    return "" if pipe else _ask_argo(words, flags)


def _part(words: Sequence[str], flags: dict[str, str]) -> list[str]:
    """Return the words that belong to no flag, and note the flags with their values."""
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            plain.append(word.strip("'\""))
        elif not word.startswith("--") and word[:2] in _WITH_VALUE and word[2:]:
            flags[word[:2]] = word[2:].removeprefix("=").strip("'\"")  # A short one takes its value without a blank.
        elif equals or name not in _WITH_VALUE:
            flags[name] = value.strip("'\"")
        else:
            flags[name] = next(rest, "").strip("'\"")
    return plain


def _ask_flux(words: Sequence[str], flags: dict[str, str]) -> str:
    kind, names = _KINDS.get(words[0] if words else ""), words[1:]
    if words[:1] in (["sources"], ["source"]):
        kind, names = _SOURCES.get(words[1] if len(words) > 1 else ""), words[2:]
    # Its columns are not kubectl's: without their names nobody knows which is which.
    if kind is None or "--no-header" in flags:
        return ""
    everywhere = "-A" in flags or "--all-namespaces" in flags
    where = ["-A"] if everywhere else ["-n", _find(flags, "-n", "--namespace") or _HOME]
    labels, state = _find(flags, "-l", "--label-selector"), flags.get("--status-selector", "")
    chosen = [*(["-l", labels] if labels else []), *(["--field-selector", state] if state else [])]
    return " ".join(["kubectl get", kind, *names, *where, *chosen])


def _ask_argo(words: Sequence[str], flags: dict[str, str]) -> str:
    namespace, _, name = (words[0] if words else "").rpartition("/")
    if not name:
        return ""
    where = namespace or _find(flags, "-N", "--app-namespace") or _ARGO_HOME
    output = _find(flags, "-o", "--output")
    if output in _DATA:
        return f"kubectl get application {name} -n {where} -o {output}"
    return f"kubectl describe application {name} -n {where}"


def _find(flags: dict[str, str], *names: str) -> str:
    return next((flags[name] for name in names if flags.get(name)), "")
