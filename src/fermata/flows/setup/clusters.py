"""Contexts of the kubeconfig. Read from the file; no cluster is asked, and nothing of a credential is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fermata.flows.setup.surroundings import Surroundings
from fermata.rules.setup.clusters import Context, choose_context, judge_context
from fermata.rules.setup.findings import Found

_LARGEST_BYTES = 4 * 1024 * 1024
_NEXT = "Give it a credential of its own that only reads: `fermata check kubernetes` prints the roles for it"


def find_clusters(surroundings: Surroundings) -> list[Found]:
    """Return each context as one finding; the proposed one comes first. Blocking: reads files.

    In a pod it is the cluster around it, whatever kubeconfigs are there.
    """
    if surroundings.service_account is not None and surroundings.service_account.is_file():
        title = "Kubernetes: the cluster this pod runs in, as its service account"
        return [Found("kubernetes", title, section={"in_cluster": True}, next_steps=(_NEXT,))]
    for path in surroundings.kubeconfigs:
        if path.is_file():
            try:
                contexts = list(_list_contexts(_read(path)))
            except (OSError, ValueError, YAMLError) as error:
                why = (
                    str(error).splitlines()[0] if isinstance(error, OSError) else "it is not YAML as kubectl writes it"
                )
                return [Found("kubernetes", f"Kubernetes: {path}", problem=f"{path} cannot be read: {why}", section={})]
            return _describe(path, contexts)
    return []


def _describe(path: Path, contexts: list[Context]) -> list[Found]:
    proposed = choose_context(contexts)
    found = []
    for context in sorted(contexts, key=lambda one: one is not proposed):
        caution = judge_context(context)
        if not caution and context is not proposed:
            caution = "it is not the current context"
        where = f" at {context.server}" if context.server else ""
        section: dict[str, Any] = {"kubeconfig": str(path), "context": context.name}
        if context.namespace:
            section["namespaces"] = [context.namespace]
        found.append(
            Found(
                "kubernetes",
                f"Kubernetes: context {context.name} of {path}{where}",
                section=section,
                caution=caution,
                notes=("Only its own namespace is looked at; leave `namespaces` out for all.",)
                if context.namespace
                else (),
                next_steps=(_NEXT,),
            )
        )
    return found


def _read(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as stream:
        loaded = YAML(typ="safe", pure=True).load(stream.read(_LARGEST_BYTES))
    if not isinstance(loaded, Mapping):
        message = "it is no mapping"
        raise ValueError(message)  # noqa: TRY004 - what stands in a file is a value, not a type of ours
    return loaded


def _list_contexts(config: Mapping[str, Any]) -> Iterator[Context]:
    servers = {name: str(body.get("server") or "") for name, body in _list_named(config, "clusters", "cluster")}
    current = config.get("current-context")
    for name, body in _list_named(config, "contexts", "context"):
        cluster = str(body.get("cluster") or "")
        namespace = str(body.get("namespace") or "")
        yield Context(name, cluster, servers.get(cluster, ""), namespace, is_current=name == current)


def _list_named(config: Mapping[str, Any], plural: str, singular: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in config.get(plural) or ():
        if isinstance(item, Mapping) and isinstance(item.get(singular), Mapping) and item.get("name"):
            yield str(item["name"]), item[singular]
