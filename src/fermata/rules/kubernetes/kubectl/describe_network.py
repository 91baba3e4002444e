"""Descriptions of services, endpoints, policies and ingresses."""

from __future__ import annotations

import re
from typing import Any

from fermata.rules.kubernetes.kubectl.cells import integer, known, put, split_list
from fermata.rules.kubernetes.kubectl.outline import Node, read_selector

_INGRESS_BACKEND = re.compile(r"(\S+?):(\S+) \(([^)]*)\)")
_POLICY_PORT = re.compile(r"(\d{1,5}|[\w-]+)/(\w+)")


def read_service(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a service tells; its addresses, ready ones only, stand under `printed`."""
    spec: dict[str, Any] = {}
    put(spec, root.get("Type"), "type")
    put(spec, root.get("IP"), "clusterIP")
    put(spec, root.get("External Name"), "externalName")
    put(spec, root.get("Session Affinity"), "sessionAffinity")
    put(spec, root.get("Internal Traffic Policy"), "internalTrafficPolicy")
    put(spec, root.get("External Traffic Policy"), "externalTrafficPolicy")
    if root.has("Selector"):
        spec["selector"] = read_selector(root.get("Selector") or "")
    ports: list[dict[str, Any]] = []
    addresses: list[str] = []
    for node in root.children:
        if node.key == "Port":
            ports.append(_read_port(node.value))
        elif node.key == "TargetPort" and ports:
            target = node.value.partition("/")[0]
            number = integer(target)
            put(ports[-1], known(target) if number is None else number, "targetPort")
        elif node.key == "NodePort" and ports:
            put(ports[-1], integer(node.value.split(" ")[-1].partition("/")[0]), "nodePort")
        elif node.key == "Endpoints":
            addresses += split_list(node.value)
    if ports:
        spec["ports"] = ports
    if root.has("Endpoints"):
        put(body, ",".join(addresses), "printed", "Endpoints")
    body["spec"] = spec


def _read_port(text: str) -> dict[str, Any]:
    name, _, rest = text.rpartition(" ")
    number, _, protocol = rest.partition("/")
    found: dict[str, Any] = {"protocol": protocol or "TCP"}
    put(found, known(name.strip()), "name")
    put(found, integer(number), "port")
    return found


def read_endpoints(body: dict[str, Any], root: Node) -> None:
    """Add the subsets; without any there are no addresses at all."""
    if not root.has("Subsets"):
        return
    subsets: list[dict[str, Any]] = []
    for node in root.child("Subsets").children:
        if node.key == "Addresses":
            subsets.append({"addresses": _addresses(node.value)})
        elif node.key == "NotReadyAddresses" and subsets:
            subsets[-1]["notReadyAddresses"] = _addresses(node.value)
        elif node.key == "Ports" and subsets:
            subsets[-1]["ports"] = [_read_endpoint_port(cells) for cells in node.rows()]
    body["subsets"] = [{key: value for key, value in subset.items() if value} for subset in subsets]


def _addresses(text: str) -> list[dict[str, str]]:
    return [{"ip": part} for part in split_list(text)]


def _read_endpoint_port(cells: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    put(found, known(cells[0]), "name")
    put(found, integer(cells[1]) if len(cells) > 1 else None, "port")
    put(found, cells[2] if len(cells) > 2 else None, "protocol")
    return found


def read_network_policy(body: dict[str, Any], root: Node) -> None:
    """Add what the description of a network policy tells.

    A direction that admits nothing gets an empty list of rules, as in the API; one that is not affected gets none.
    """
    node = root.child("Spec")
    spec: dict[str, Any] = {}
    put(spec, read_selector(node.get("PodSelector") or ""), "podSelector", "matchLabels")
    put(spec, split_list(node.get("Policy Types") or "") or None, "policyTypes")
    for title, field, peers in (
        ("Allowing ingress traffic", "ingress", "from"),
        ("Allowing egress traffic", "egress", "to"),
    ):
        if node.has(title):
            spec[field] = _read_rules(node.child(title), peers)
    body["spec"] = spec


def _read_rules(node: Node, peers: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    fresh = True
    for each in node.children:
        if each.text.startswith("<none>"):
            break
        if each.text.startswith("---"):
            fresh = True
            continue
        if fresh:
            rules.append({})
            fresh = False
        if each.key == "To Port":
            match = _POLICY_PORT.fullmatch(each.value)
            if match is not None:
                port = {"port": integer(match[1]) or match[1], "protocol": match[2]}
                rules[-1].setdefault("ports", []).append(port)
        elif each.key in ("From", "To"):
            found = [peer for line in each.children if (peer := _read_peer(line))]
            if found:
                rules[-1].setdefault(peers, []).extend(found)
    return rules


def _read_peer(node: Node) -> dict[str, Any]:
    if node.key in ("PodSelector", "NamespaceSelector"):
        field = node.key[0].lower() + node.key[1:]
        return {field: {"matchLabels": read_selector(node.value)}}
    cidr = node.get("CIDR")
    return {"ipBlock": {"cidr": cidr}} if cidr is not None else {}


def read_ingress(body: dict[str, Any], root: Node) -> None:
    """Add what the description of an ingress tells; a backend keeps the addresses printed with it."""
    spec: dict[str, Any] = {}
    put(spec, root.get("Ingress Class"), "ingressClassName")
    rules: list[dict[str, Any]] = []
    for cells in root.child("Rules").rows():
        if len(cells) == 1:
            rules.append({"host": cells[0], "paths": []})
            continue
        if len(cells) > 2:
            rules.append({"host": cells[0], "paths": []})
        if rules:
            rules[-1]["paths"].append(_read_path(cells[-2:]))
    if rules:
        spec["rules"] = [
            {**({} if rule["host"] == "*" else {"host": rule["host"]}), "http": {"paths": rule["paths"]}}
            for rule in rules
        ]
    body["spec"] = spec


def _read_path(cells: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"path": cells[0]}
    match = _INGRESS_BACKEND.match(cells[1])
    if match is not None:
        number = integer(match[2])
        port = {"name": match[2]} if number is None else {"number": number}
        found["backend"] = {"service": {"name": match[1], "port": port}, "printed": match[3]}
    return found
