"""What the three actions have in common: their target's version, their parameters, their results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.entity import Entity
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.site import Site, Target
from fermata.kit.digest import compute_digest
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.redaction import redact


def compute_version(target: Target, **further: Any) -> str:
    """Return the digest of what a container is made of; its state is left out, since a crash loop changes it always.

    Args:
        further: What else counts for an action.
    """
    raw = target.raw
    networks = (raw.get("NetworkSettings") or {}).get("Networks") or {}
    return compute_digest(
        {
            "id": target.inspected.id,
            "name": target.name,
            "image": target.inspected.image,
            "config": raw.get("Config"),
            "host": raw.get("HostConfig"),
            "networks": sorted(networks),
            "further": further,
        }
    )


def make_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of parameters that are all required."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(properties),
        **({"required": sorted(properties)} if properties else {}),
    }


async def fetch_as_operational(site: Site, session: EngineSession, entity: Entity) -> Target:
    """Return the container; its absence is the engine's failure, as where a version is observed.

    Raises:
        OperationalError: The engine cannot be asked, or no longer has the container.
    """
    try:
        return await site.fetch_target(session, entity)
    except UserError as error:
        raise OperationalError(error.what, why=error.why, do=error.do) from error


def make_result(site: Site, outcome: Outcome, detail: str) -> ActionResult:
    """Return a result of now, redacted."""
    return ActionResult(outcome=outcome, detail=redact(detail).text, at=site.clock.now())


def refuse_drift(approved: str, found: str, name: str) -> None:
    """Refuse to change a container that is not the one a person saw.

    Raises:
        UserError: The versions differ.
    """
    if approved != found:
        raise UserError(
            "The change would not be the one that was approved",
            why=f"{name} was changed or created anew since",
            do="Look at the proposal anew",
        )
