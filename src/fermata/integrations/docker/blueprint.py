"""What a container is created from, and how to create it anew from another image of the same service. Pure.

The engine's inspect mixes the image's own settings into the container's. What merely repeats the present image is left
out, so that the other image's own settings apply; all else (name, mounts, networks, ports, labels, limits) stays.
"""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.integrations.docker.containers import split_variables
from fermata.integrations.docker.wire import IMAGE_LABEL, MARK_LABEL
from fermata.kit.destinations import hide_variable
from fermata.kit.redaction import is_secret_name, redact
from fermata.kit.showing import cover, lose, names_program, refuse_alike

VARIABLE = "env "
"""How the line of a variable begins."""
COMMAND = "cmd"
NETWORK = "network "
"""How the line of a network begins that it is connected to."""

_DEFAULTED = ("User", "WorkingDir", "Healthcheck", "StopSignal", "StopTimeout", "Shell", "OnBuild")
_MERGED = ("Labels", "ExposedPorts", "Volumes")
_RUN_FIELDS = ("StopSignal", "StopTimeout", "Shell")
# What the engine worked out for the network by itself; asking for it again could clash.
_ASKED_OF_NETWORKS = ("IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority")
_SHARED_NETWORKS = ("host", "none", "container:")
_ID_DIGITS = 12
_HIDDEN_WORD = re.compile(r'(?:"--?(?P<option>[\w-]+)", )?"(?:\[redacted:[^"\]]{1,40}\]|<redacted [0-9a-f]{8}>)"')
"""A word of a command that is hidden whole, with the option before it."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a container is created with."""

    body: Mapping[str, Any]
    """Of `POST /containers/create`: configuration, host configuration and the first network."""
    further_networks: Mapping[str, Any]
    """Endpoint settings by network, to be connected before it starts: engines before API 1.44 create with one only."""


@dataclass(frozen=True, slots=True)
class Described:
    """A container as lines that can be compared."""

    written: tuple[str, ...]
    """With secrets, for comparing only."""
    shown: tuple[str, ...]
    """The same lines without secrets."""


def build_blueprint(
    raw: Mapping[str, Any], present: Mapping[str, Any], other: Mapping[str, Any], name: str, mark: str
) -> Blueprint:
    """Return how to create a container like this one from another image.

    Args:
        raw: The container, as the engine inspects it.
        present: The image it was created from, as the engine inspects it.
        other: The image to create it from.
        name: What that image was called when it ran.
        mark: Kept in a label.
    """
    config = _strip_image(raw["Config"], present.get("Config") or {})
    config["Image"] = _choose_reference(other, name)
    labels = {**(config.get("Labels") or {}), MARK_LABEL: mark}
    if IMAGE_LABEL in (raw["Config"].get("Labels") or {}):
        labels[IMAGE_LABEL] = other["Id"]
    config["Labels"] = labels
    host = _settle_mounts(raw)
    if config.get("Hostname") == raw["Id"][:_ID_DIGITS]:
        config.pop("Hostname")
    if str(host.get("NetworkMode", "")).startswith("container:"):
        # A neighbour's network comes with its names and ports; the engine refuses to be told them again.
        for field in ("Hostname", "Domainname", "ExposedPorts"):
            config.pop(field, None)
    networks = _list_networks(raw, host)
    names = sorted(networks, key=lambda network: network != host.get("NetworkMode"))
    first = {name: networks[name] for name in names[:1]}
    body = {**config, "HostConfig": host, "NetworkingConfig": {"EndpointsConfig": first}}
    return Blueprint(body, {name: networks[name] for name in names[1:]})


def _choose_reference(other: Mapping[str, Any], name: str) -> str:
    """Return the image's name where it still means this image, else its id."""
    return name if name in (other.get("RepoTags") or ()) else str(other["Id"])


def _strip_image(config: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    own = copy.deepcopy(dict(config))
    own["Env"] = [text for text in own.get("Env") or () if text not in (image.get("Env") or ())]
    # An entrypoint of its own comes with its own command; a command alone may stand on the image's entrypoint.
    if own.get("Entrypoint") == image.get("Entrypoint"):
        own["Entrypoint"] = None
        if own.get("Cmd") == image.get("Cmd"):
            own["Cmd"] = None
    for field in _DEFAULTED:
        if own.get(field) == image.get(field):
            own.pop(field, None)
    for field in _MERGED:
        theirs = image.get(field) or {}
        own[field] = {
            key: value for key, value in (own.get(field) or {}).items() if key not in theirs or theirs[key] != value
        }
    return own


def _settle_mounts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the host configuration with the volumes named that the engine made by itself.

    A container created anew would get empty ones: those its image declares, and mounts of volumes without a name.
    """
    host = copy.deepcopy(dict(raw["HostConfig"]))
    volumes = {one["Destination"]: one for one in raw.get("Mounts") or () if one.get("Type") == "volume"}
    declared = {bind.split(":")[1] for bind in host.get("Binds") or () if ":" in bind}
    for mount in host.get("Mounts") or ():
        declared.add(mount.get("Target"))
        if mount.get("Type") == "volume" and not mount.get("Source") and mount.get("Target") in volumes:
            mount["Source"] = volumes[mount["Target"]]["Name"]
    host["Binds"] = [
        *(host.get("Binds") or ()),
        *(
            f"{one['Name']}:{place}" + ("" if one.get("RW", True) else ":ro")
            for place, one in volumes.items()
            if place not in declared
        ),
    ]
    return host


def _list_networks(raw: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if str(host.get("NetworkMode", "")).startswith(_SHARED_NETWORKS):
        return {}
    found = {}
    for network, endpoint in ((raw.get("NetworkSettings") or {}).get("Networks") or {}).items():
        kept = {field: endpoint[field] for field in _ASKED_OF_NETWORKS if endpoint.get(field)}
        aliases = [alias for alias in kept.get("Aliases") or () if alias != raw["Id"][:_ID_DIGITS]]
        kept.pop("Aliases", None)
        # The default network knows no aliases, and refuses them.
        found[network] = {**kept, **({"Aliases": aliases} if aliases else {})}
    return found


def describe_blueprint(blueprint: Blueprint, image: Mapping[str, Any], shown: Sequence[str]) -> Described:
    """Return what a container created from a blueprint would be.

    Args:
        image: The image it is created from, as the engine inspects it.
    """
    body = dict(blueprint.body)
    defaults = image.get("Config") or {}
    config = {
        **{
            field: body.get(field) or defaults.get(field)
            for field in ("User", "WorkingDir", "Entrypoint", *_RUN_FIELDS)
        },
        **{field: {**(defaults.get(field) or {}), **(body.get(field) or {})} for field in _MERGED},
        # The engine takes from the image what a check of one's own leaves open.
        "Healthcheck": {
            **(defaults.get("Healthcheck") or {}),
            **{key: value for key, value in (body.get("Healthcheck") or {}).items() if value},
        },
        "Image": body["Image"],
        # A command of the image belongs to the image's entrypoint.
        "Cmd": body.get("Cmd") or (None if body.get("Entrypoint") else defaults.get("Cmd")),
        "Env": [f"{k}={v}" for k, v in (_merge_env(defaults.get("Env"), body.get("Env"))).items()],
    }
    networks = [*body["NetworkingConfig"]["EndpointsConfig"], *blueprint.further_networks]
    return _describe(config, body["HostConfig"], networks, str(image["Id"]), shown)


def describe_container(raw: Mapping[str, Any], shown: Sequence[str]) -> Described:
    """Return what a container is, in the same lines as `describe_blueprint`."""
    host = _settle_mounts(raw)
    return _describe(raw["Config"], host, list(_list_networks(raw, host)), str(raw["Image"]), shown)


def find_setting(described: Described, setting: str) -> tuple[str, str] | None:
    """Return the line of a setting, as it is written and as it is shown; `None` where there is no such setting.

    Args:
        setting: `cmd`, or `env NAME`.
    """
    begin = f"{setting}=" if setting.startswith(VARIABLE) else f"{setting}: "
    pairs = zip(described.written, described.shown, strict=True)
    return next((pair for pair in pairs if pair[0].startswith(begin)), None)


def write_setting(setting: str, value: str) -> str:
    """Return the line of a setting with a value, as it is written.

    Args:
        value: Of a variable, or of `cmd` its words as JSON.
    """
    return f"{setting}={value}" if setting.startswith(VARIABLE) else f"{setting}: {value}"


def change_setting(raw: Mapping[str, Any], setting: str, value: str | None) -> dict[str, Any]:
    """Return a container, as the engine inspects it, with another value of one setting.

    Args:
        value: As for `write_setting`; `None` takes it away.
    """
    config = dict(raw["Config"])
    if setting == COMMAND:
        config["Cmd"] = None if value is None else json.loads(value)
    else:
        name = setting.removeprefix(VARIABLE)
        others = [text for text in config.get("Env") or () if text.partition("=")[0] != name]
        config["Env"] = others if value is None else [*others, f"{name}={value}"]
    return {**raw, "Config": config}


def _merge_env(image: Sequence[str] | None, own: Sequence[str] | None) -> dict[str, str]:
    return split_variables([*(image or ()), *(own or ())])


def _describe(
    config: Mapping[str, Any], host: Mapping[str, Any], networks: Sequence[str], image_id: str, shown: Sequence[str]
) -> Described:
    labels = {key: value for key, value in (config.get("Labels") or {}).items() if key != MARK_LABEL}
    variables = sorted(split_variables(config.get("Env") or ()).items())
    head = [
        f"image: {config['Image']}",
        f"image id: {image_id}",
        f"entrypoint: {write_words(config.get('Entrypoint'))}",
        f"cmd: {write_words(config.get('Cmd'))}",
        f"health check: {write_words(config.get('Healthcheck'))}",
        *(f"{field}: {write_words(config[field])}" for field in _RUN_FIELDS if config.get(field)),
        f"user: {config.get('User') or 'root'}",
        f"workdir: {config.get('WorkingDir') or '/'}",
    ]
    tail = [
        *(f"label {name}={value}" for name, value in sorted(labels.items())),
        *(f"exposed {port}" for port in sorted(config.get("ExposedPorts") or {})),
        *(f"volume {place}" for place in sorted(config.get("Volumes") or {})),
        *(f"bind {bind}" for bind in sorted(host.get("Binds") or ())),
        *(f"mount {mount.get('Source', '')}:{mount.get('Target')}" for mount in host.get("Mounts") or ()),
        *(f"port {port}" for port in sorted(host.get("PortBindings") or {})),
        *(f"{NETWORK}{network}" for network in sorted(networks)),
        f"memory: {host.get('Memory') or 'no limit'}",
        f"restart policy: {(host.get('RestartPolicy') or {}).get('Name') or 'no'}",
    ]
    written = [*head, *(f"env {name}={value}" for name, value in variables), *tail]
    hidden = [*(_hide_variable(name, value, shown) for name, value in variables), *tail]
    # By themselves, and whole: a line that is hidden or cut for what stands above it would be approved unseen.
    covered = [_cover_command(_write_line(line)) for line in head] + [_cover(_write_line(line)) for line in hidden]
    return Described(tuple(written), tuple(covered))


def _hide_variable(name: str, value: str, shown: Sequence[str]) -> str:
    """Return a variable's line; one whose value is run is never approved behind a digest."""
    hidden = hide_variable(name, value, shown)
    return f"env {name}={lose(value) if hidden != value and names_program(name) else hidden}"


def _cover(line: str) -> str:
    return cover(line, redact(line).text)


def _cover_command(line: str) -> str:
    """Return a line without secrets; a word of a command is hidden only behind the option that names it a secret."""
    shown = _cover(line)
    words = _HIDDEN_WORD.finditer(shown) if shown != line else ()
    return lose(line) if any(not is_secret_name(word["option"] or "") for word in words) else shown


def write_words(value: Any) -> str:
    """Return a command or a check so that no two look the same: words joined by blanks could be cut elsewhere."""
    text = json.dumps(value, ensure_ascii=False) if value else "none"
    # Escaped here, where a word stays a word in quotes: escaped with its line, it would not be known as one.
    return text if text.isprintable() else json.dumps(value)


def _write_line(text: str) -> str:
    """Return text on one line; what is not printable is escaped, and a text with escapes stands in quotes."""
    return text if text.isprintable() else json.dumps(text)


def write_diff(before: Described, after: Described, name: str) -> str:
    """Return the unified diff of two described containers.

    Raises:
        UserError: Two values differ, and would be hidden behind the same digest.
    """
    refuse_alike(
        *([pair for pair in zip(one.written, one.shown, strict=True) if pair[0] != pair[1]] for one in (before, after))
    )
    lines = difflib.unified_diff(
        before.shown, after.shown, f"container {name}", f"container {name}, created anew", n=1, lineterm=""
    )
    return "\n".join(lines)
