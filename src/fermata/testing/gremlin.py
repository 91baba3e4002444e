"""A Gremlin that keeps the attacks of one team, and takes only what its own client would send.

The paths, the header and the shape of an attack are those of gremlin-python (read November 2026); no live account was
asked, so what the real one answers beyond the fields here is not known. Refused: another key, another team, an attack
with an unknown field, a command line without its length or without what keeps the agent reachable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fermata.testing.web_server import Answer, Request

API_KEY = "gremlin-sample-key"
TEAM = "team-1"
_COMMANDS = {"latency": "Latency", "blackhole": "Blackhole", "cpu": "CPU", "memory": "Memory"}


@dataclass(slots=True)
class GremlinAttack:
    """One attack as it is kept."""

    guid: str
    body: dict[str, Any]
    stages: list[str] = field(default_factory=lambda: ["Pending"])
    """Of its targets."""
    is_active: bool = True


class GremlinTeam:
    """Answers for one team; hand `respond` to a `WebServer`."""

    def __init__(self) -> None:
        self.attacks: list[GremlinAttack] = []
        self.halts_at_once = True
        """False: an agent does not say that it stopped."""
        self.halted: list[str] = []

    def respond(self, request: Request) -> Answer:
        """Answer one request.

        Raises:
            NotImplementedError: It asks what is not modelled; halting everything at once is not.
        """
        if request.headers.get("authorization") != f"Key {API_KEY}":
            return Answer({"message": "Invalid credentials"}, status=401)
        if request.get_query("teamId") != TEAM:
            return Answer({"message": "User requires privilege for target team: EXPERIMENTS_READ"}, status=403)
        match request.method, request.path.removeprefix("/v1").strip("/").split("/"):
            case "GET", ["attacks", "active"]:
                return Answer([{"guid": attack.guid, "extra": 1} for attack in self.attacks if attack.is_active])
            case "POST", ["attacks", "new"]:
                return self._begin(request.read())
            case "GET", ["executions"]:
                attack = self.find(request.get_query("taskId"))
                return Answer([{"stage": stage, "taskId": attack.guid} for stage in attack.stages] if attack else [])
            case "DELETE", ["attacks", guid]:
                return self._halt(guid)
        raise NotImplementedError(request.target)

    def find(self, guid: str) -> GremlinAttack | None:
        """Return an attack."""
        return next((attack for attack in self.attacks if attack.guid == guid), None)

    def _begin(self, body: dict[str, Any]) -> Answer:
        _check(body)
        guid = f"8b5fba93-{len(self.attacks):04d}"
        self.attacks.append(GremlinAttack(guid, body))
        return Answer(guid.encode(), status=201, headers={"Content-Type": "text/plain"})

    def _halt(self, guid: str) -> Answer:
        attack = self.find(guid)
        if attack is None:
            return Answer({"message": "no such attack"}, status=404)
        self.halted.append(guid)
        if self.halts_at_once:
            attack.is_active, attack.stages = False, ["UserHalted"] * len(attack.stages)
        return Answer(status=202)


def _check(body: dict[str, Any]) -> None:
    """Refuse what gremlin-python would not send."""
    command, target = body["command"], body["target"]
    assert set(body) == {"command", "target"}, "unknown fields of an attack"  # noqa: S101 - the fake complains.
    assert _COMMANDS[command["type"]] == command["commandType"]  # noqa: S101 - as above.
    words: list[str] = command["args"]
    flags = dict(zip(words[::2], words[1::2], strict=True))
    assert 1 <= int(flags["-l"]) <= 31_449_600  # noqa: S101 - as above.
    if command["type"] in ("latency", "blackhole"):
        assert "^53" in flags["-p"].split(",")  # noqa: S101 - as above.
        assert "^api.gremlin.com" in flags["-h"].split(",")  # noqa: S101 - as above.
    assert set(target) - {"percent", "exact"} == {"type", "containers"}  # noqa: S101 - as above.
    assert ("percent" in target) != ("exact" in target)  # noqa: S101 - as above.
    assert isinstance(target.get("exact", ""), str)  # noqa: S101 - as above.
    labels = target["containers"]["multiSelectLabels"]
    assert labels  # noqa: S101 - as above.
    assert all(isinstance(values, list) and values for values in labels.values())  # noqa: S101 - as above.
