"""A thing that alerts, evidence, actions and guardrails speak about."""

from __future__ import annotations

import re

from pydantic import field_validator

from fermata.domain.record import Record
from fermata.kit.invisible import WIDTHLESS

FORBIDDEN = rf"\s/:*?\[\]\x00-\x1f\x7f-\x9f{WIDTHLESS}"
"""What no part of a name may hold, as a class of a regular expression without its brackets."""
_PART = re.compile(f"[^{FORBIDDEN}]+")


class Entity(Record):
    """One object of one system: `supervisor:process/checkout`, `kubernetes:pod/shop/checkout-1`, `service/checkout`."""

    kind: str
    """Lower-case noun: service, process, pod, deployment, container, database, repository, host."""
    name: str
    """The name the system itself uses."""
    system: str = ""
    """The integration that owns the object; empty for a logical service that no system claims yet."""
    namespace: str = ""
    """What qualifies the name inside its system; empty where names are unique."""

    @field_validator("kind", "name")
    @classmethod
    def _refuse_bad_parts(cls, value: str) -> str:
        # Guardrails match resources by glob over `ref`: a separator or a wildcard in a name could widen a match. What
        # cannot be seen (control characters, zero-width spaces, changes of direction) would make a card lie.
        if not _PART.fullmatch(value):
            message = (
                f"{value!r} cannot name an entity: it is empty or holds a space, '/', ':', a wildcard or an "
                f"invisible character"
            )
            raise ValueError(message)
        return value

    @field_validator("system", "namespace")
    @classmethod
    def _refuse_bad_optional_parts(cls, value: str) -> str:
        return cls._refuse_bad_parts(value) if value else value

    @property
    def ref(self) -> str:
        """Return the entity as text, unique among entities: `system:kind/namespace/name`."""
        prefix = f"{self.system}:" if self.system else ""
        middle = f"{self.namespace}/" if self.namespace else ""
        return f"{prefix}{self.kind}/{middle}{self.name}"

    @classmethod
    def parse(cls, ref: str) -> Entity:
        """Build an entity from its `ref`.

        Raises:
            ValueError: The text has not the form `system:kind/namespace/name`.
        """
        system, colon, rest = ref.partition(":")
        parts = (rest if colon else ref).split("/")
        # Empty parts would vanish from the entity's own ref, and two texts would name one entity.
        if len(parts) not in (2, 3) or not all(parts) or (colon and not system):
            message = f"{ref!r} is not an entity; write system:kind/name or system:kind/namespace/name"
            raise ValueError(message)
        namespace = parts[1] if len(parts) == 3 else ""
        return cls(system=system if colon else "", kind=parts[0], namespace=namespace, name=parts[-1])
