"""A word on stderr about places that are called like production, where nothing is injected and so nothing refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fermata.cli.output import say

if TYPE_CHECKING:
    from fermata.domain.experiment import FaultTarget

_MOST = 5


def warn_of_production(names: Iterable[str]) -> None:
    """Say which of these names carry a word for production; five at most."""
    from fermata.rules.sandbox.places import find_production_places

    found = find_production_places(names)
    for name, word in list(found.items())[:_MOST]:
        say(
            f'fermata: {name[:120]} carries "{word}": that is no sandbox, `fermata chaos run` refuses it, and a '
            "sandbox that uses it shares it with production",
            err=True,
        )
    if len(found) > _MOST:
        say(f"fermata: so do {len(found) - _MOST} other names", err=True)


def warn_of_target(target: FaultTarget) -> None:
    """Say which of a target's names carry one."""
    from fermata.rules.sandbox.places import list_target_places

    warn_of_production(list_target_places(target))
