"""What `flux get` and `argocd app get` print, given the kubectl command that shows the same objects.

Both ask the cluster for custom resources and print their conditions: a table of Flux has `READY` and `MESSAGE`, the
text of an application what its last operation said.
"""

from __future__ import annotations

import re

_FLUX = re.compile(
    r"(?:^|[$#%>\u276f✗→] )flux get (?P<words>(?:all|[a-z-]+)(?: (?:git|helm|oci|chart|bucket|all)\b)?)(?P<rest>.*)$"
)
_ARGO = re.compile(r"(?:^|[$#%>\u276f✗→] )argocd app get (?P<rest>.*)$")
_NAMESPACE = re.compile(r"(?:^|\s)(?:-n|--namespace)[ =](\S+)")
_EVERYWHERE = re.compile(r"(?:^|\s)(?:-A|--all-namespaces)(?:\s|$)")
_LONGEST = 400
_HOME = "flux-system"  # Where flux looks unless it is told otherwise.
_KINDS = {
    **dict.fromkeys(("helmreleases", "helmrelease", "hr"), "helmreleases"),
    **dict.fromkeys(("kustomizations", "kustomization", "ks"), "kustomizations"),
    **{f"{word} git": "gitrepositories" for word in ("sources", "source")},
    **{f"{word} helm": "helmrepositories" for word in ("sources", "source")},
    **{f"{word} oci": "ocirepositories" for word in ("sources", "source")},
}


def find_delivery_command(line: str) -> str | None:
    """Return the kubectl command for what a line asks of them; empty for what is not read, `None` for other lines."""
    if len(line) > _LONGEST or ("flux get " not in line and "argocd app get " not in line):
        return None
    if found := _FLUX.search(line):
        kind = _KINDS.get(found["words"])
        named = _NAMESPACE.search(found["rest"])
        everywhere = _EVERYWHERE.search(found["rest"]) is not None
        where = "-A" if everywhere else f"-n {named[1] if named else _HOME}"
        return f"kubectl get {kind} {where}" if kind is not None else ""
    if found := _ARGO.search(line):
        name = next((word for word in found["rest"].split() if not word.startswith("-")), "")
        namespace, slash, own = name.rpartition("/")
        return f"kubectl describe application {own} -n {namespace if slash else 'argocd'}" if own else ""
    return None
