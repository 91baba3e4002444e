"""What a request asks of the API server, in RBAC's words: verb, resource, namespace. Pure.

Source: Kubernetes documentation, "Authorization Overview", "Determine the request verb" (read November 2026).
"""

from __future__ import annotations

from dataclasses import dataclass

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the authoriser sees it."""

    verb: str
    group: str
    """Empty for the core group."""
    resource: str
    """Plural, with its subresource: `pods/log`. Empty for what is no resource."""
    namespace: str = ""
    """Empty for a whole cluster."""
    name: str = ""
    path: str = ""
    """Of what is no resource, as `/version`."""

    def describe(self) -> str:
        """Return it in words: `list pods in namespace shop`, `get deployment.apps web in namespace shop`."""
        what = f"{self.resource}.{self.group}" if self.group else self.resource or self.path
        name = f" {self.name}" if self.name else ""
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {what}{name}{where}"

    def describe_rule(self) -> str:
        """Return the RBAC rule that would allow it, as one line of YAML."""
        return f'- {{apiGroups: ["{self.group}"], resources: ["{self.resource}"], verbs: ["{self.verb}"]}}'


def read_call(method: str, path: str) -> Call:
    """Return what a request asks for.

    Args:
        path: Without its query: `/apis/apps/v1/namespaces/shop/deployments/web/scale`.
    """
    parts = [part for part in path.split("/") if part]
    # /api/v1/... is the core group, /apis/<group>/<version>/... any other.
    if parts[:1] == ["api"]:
        group, rest = "", parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 2:
        group, rest = parts[1], parts[3:]
    else:
        return Call(method.lower(), "", "", path=path)
    namespace = ""
    # `namespaces/shop` alone is the object, `namespaces/shop/pods` lies in it.
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource = "/".join([*rest[:1], *rest[2:3]])
    name = rest[1] if len(rest) > 1 else ""
    verb = _VERBS.get(method, "get" if name else "list")
    return Call(verb, group, resource, namespace, name)
