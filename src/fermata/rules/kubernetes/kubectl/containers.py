"""The part of a description that tells of containers, volumes and where a pod may run."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import integer, known, put, split_list
from fermata.rules.kubernetes.kubectl.outline import Node, read_pairs
from fermata.rules.kubernetes.kubectl.probes import read_probe
from fermata.rules.kubernetes.quantities import parse_time

_PORT = re.compile(r"(\d{1,5})/(\w+)(?: \(([^)]*)\))?")
_ENV_KEY = re.compile(r"<set to the key '([^']*)' (in secret|of config map) '([^']*)'>(?:\s+Optional: (\w+))?")
_ENV_FIELD = re.compile(r"(.*)\((?:v1:([\w.\[\]'/-]+)|((?:limits|requests)\.[\w./-]+))\)")
_ENV_FROM = re.compile(r"(\S+)\s+(Secret|ConfigMap)(?: with prefix '([^']*)')?(?:\s+Optional: (\w+))?")
_MOUNT = re.compile(r"(\S+) from (\S+) \((ro|rw)(?:,path=\"([^\"]*)\")?\)")
_TOLERATION = re.compile(r"(?:([^:= ]+))?(?:=([^: ]*))?(?::(\w+))?(?: op=(\w+))?(?: for (\d+)s)?")


def read_pod_spec(body: dict[str, Any], node: Node) -> None:
    """Add what a pod's description or a template below it tells of the specification."""
    for title, field in (("Init Containers", "initContainers"), ("Containers", "containers")):
        if node.has(title):
            body[field] = [read_container(each) for each in node.child(title).children if each.key]
    put(body, node.get("Service Account"), "serviceAccountName")
    put(body, node.get("Priority Class Name"), "priorityClassName")
    put(body, node.get("Runtime Class Name"), "runtimeClassName")
    if node.has("Volumes"):
        body["volumes"] = [read_volume(each) for each in node.child("Volumes").children if each.key]
    if node.has("Node-Selectors"):
        body["nodeSelector"] = read_pairs(node.child("Node-Selectors"))
    if node.has("Tolerations"):
        texts = node.child("Tolerations").texts()
        body["tolerations"] = [found for text in texts if (found := read_toleration(text))]
    if node.has("Topology Spread Constraints"):
        texts = node.child("Topology Spread Constraints").texts()
        body["topologySpreadConstraints"] = [found for text in texts if (found := _read_spread(text))]


def read_container(node: Node) -> dict[str, Any]:
    """Return the specification of one container."""
    found: dict[str, Any] = {"name": node.key}
    put(found, node.get("Image"), "image")
    put(found, _read_ports(node), "ports")
    for title, field in (("Command", "command"), ("Args", "args")):
        if node.has(title):
            found[field] = node.child(title).texts()
    for title, field in (("Limits", "limits"), ("Requests", "requests")):
        amounts = {each.key: each.value for each in node.child(title).children if each.key}
        put(found, amounts or None, "resources", field)
    for title, field in (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")):
        put(found, read_probe(node.get(title) or ""), field)
    _read_environment(found, node)
    if node.has("Mounts"):
        found["volumeMounts"] = [mount for text in node.child("Mounts").texts() if (mount := _read_mount(text))]
    return found


def _read_ports(node: Node) -> list[dict[str, Any]] | None:
    ports = split_list(node.get("Ports") or node.get("Port") or "")
    hosts = split_list(node.get("Host Ports") or node.get("Host Port") or "")
    numbers = [integer(host.partition("/")[0]) or None for host in hosts] + [None] * len(ports)
    found = [_read_port(port, number) for port, number in zip(ports, numbers, strict=False)]
    return [port for port in found if port] or None


def _read_environment(found: dict[str, Any], node: Node) -> None:
    if node.has("Environment Variables from"):
        texts = node.child("Environment Variables from").texts()
        found["envFrom"] = [source for text in texts if (source := _read_env_from(text))]
    if node.has("Environment"):
        found["env"] = [_read_variable(each) for each in node.child("Environment").children if each.key]


def read_container_status(node: Node) -> dict[str, Any]:
    """Return the status of one container of a pod; its states have the API's keys, its times RFC 3339."""
    found: dict[str, Any] = {"name": node.key}
    put(found, node.get("Image"), "image")
    put(found, node.get("Image ID"), "imageID")
    put(found, node.get("Container ID"), "containerID")
    ready = node.get("Ready")
    put(found, None if ready is None else ready == "True", "ready")
    put(found, integer(node.get("Restart Count")), "restartCount")
    for title, field in (("State", "state"), ("Last State", "lastState")):
        word = node.get(title)
        if word is not None:
            found[field] = {word.lower(): _read_state(node.child(title))}
    return found


def _read_state(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    put(found, node.get("Reason"), "reason")
    put(found, "\n".join(node.child("Message").texts()) or None, "message")
    put(found, integer(node.get("Exit Code")), "exitCode")
    put(found, integer(node.get("Signal")), "signal")
    for title, field in (("Started", "startedAt"), ("Finished", "finishedAt")):
        at = parse_time(node.get(title))
        put(found, at.isoformat() if at is not None else None, field)
    return found


def _read_port(text: str, host: int | None) -> dict[str, Any]:
    match = _PORT.fullmatch(text)
    if match is None:
        return {}
    found: dict[str, Any] = {"containerPort": int(match[1]), "protocol": match[2]}
    put(found, match[3], "name")
    put(found, host, "hostPort")
    return found


def _read_env_from(text: str) -> dict[str, Any]:
    match = _ENV_FROM.fullmatch(text)
    if match is None:
        return {}
    reference: dict[str, Any] = {"name": match[1]}
    put(reference, match[4] and match[4] == "true", "optional")
    found: dict[str, Any] = {"secretRef" if match[2] == "Secret" else "configMapRef": reference}
    put(found, match[3], "prefix")
    return found


def _read_variable(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"name": node.key}
    reference = _ENV_KEY.fullmatch(node.value)
    if reference is not None:
        source = {"name": reference[3], "key": reference[1]}
        put(source, reference[4] and reference[4] == "true", "optional")
        found["valueFrom"] = {"secretKeyRef" if reference[2] == "in secret" else "configMapKeyRef": source}
        return found
    field = _ENV_FIELD.fullmatch(node.value)
    if field is not None:
        path = {"fieldRef": {"fieldPath": field[2]}} if field[2] else {"resourceFieldRef": {"resource": field[3]}}
        found["valueFrom"] = path
        return found
    # A value of several lines goes on below.
    found["value"] = "\n".join([node.value, *(each.text for each in node.children)])
    return found


def _read_mount(text: str) -> dict[str, Any]:
    match = _MOUNT.fullmatch(text)
    if match is None:
        return {}
    found: dict[str, Any] = {"mountPath": match[1], "name": match[2]}
    put(found, match[3] == "ro" or None, "readOnly")
    put(found, match[4], "subPath")
    return found


def read_toleration(text: str) -> dict[str, Any]:
    """Return a toleration of the form `key=value:Effect op=Exists for 300s`; empty for other text."""
    match = _TOLERATION.fullmatch(text.strip())
    if match is None:
        return {}
    key, value, effect, operator, seconds = match.groups()
    if operator is None and key == "op":
        return {"operator": value} if value else {}  # `op=Exists` alone tolerates everything.
    found: dict[str, Any] = {}
    put(found, key, "key")
    put(found, value, "value")
    put(found, effect, "effect")
    put(found, operator or ("Equal" if value is not None else "Exists"), "operator")
    put(found, integer(seconds), "tolerationSeconds")
    return found


def _read_spread(text: str) -> dict[str, Any]:
    # As in `kubernetes.io/hostname:DoNotSchedule when max skew 1 is exceeded for selector app=web`.
    key, colon, rest = text.partition(":")
    words = rest.split()
    if not colon or not words:
        return {}
    found: dict[str, Any] = {"topologyKey": key, "whenUnsatisfiable": words[0]}
    put(found, integer(words[4]) if len(words) > 4 else None, "maxSkew")
    return found


# What tells the sort of a volume by, and where its source's name belongs.
_VOLUMES = {
    "ConfigMap": ("configMap", "Name", "name"),
    "Secret": ("secret", "SecretName", "secretName"),
    "PersistentVolumeClaim": ("persistentVolumeClaim", "ClaimName", "claimName"),
    "HostPath": ("hostPath", "Path", "path"),
    "EmptyDir": ("emptyDir", "Medium", "medium"),
    "NFS": ("nfs", "Server", "server"),
    "CSI": ("csi", "Driver", "driver"),
}


def read_volume(node: Node) -> dict[str, Any]:
    """Return one volume; sorts that are not known keep their name only."""
    found: dict[str, Any] = {"name": node.key}
    sort = (node.get("Type") or "").partition(" ")[0]
    if sort == "Projected":
        found["projected"] = {"sources": _read_projected(node)}
    elif sort in _VOLUMES:
        field, title, name = _VOLUMES[sort]
        source: dict[str, Any] = {}
        put(source, node.get(title), name)
        put(source, _truth(node.get("Optional")), "optional")
        put(source, _truth(node.get("ReadOnly")) or None, "readOnly")
        put(source, node.get("SizeLimit"), "sizeLimit")
        found[field] = source
    return found


def _read_projected(node: Node) -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = []
    for each in node.children:
        if known(each.value) is None:
            continue
        if each.key == "ConfigMapName":
            sources.append({"configMap": {"name": each.value}})
        elif each.key == "SecretName":
            sources.append({"secret": {"name": each.value}})
        elif each.key == "TokenExpirationSeconds":
            sources.append({"serviceAccountToken": {"expirationSeconds": integer(each.value)}})
    return sources


def _truth(text: str | None) -> bool | None:
    return None if text is None else text.lower() == "true"
