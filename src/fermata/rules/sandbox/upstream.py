"""Whose it is that a proxy stands before, by the systems that know who answers at an address. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fermata.domain.sandbox import Bearer, SandboxFinding
from fermata.rules.sandbox.case import meet, refuse
from fermata.rules.sandbox.production import find_production_label

_NAME = "upstream"


def judge_upstream(upstream: str, bearers: Mapping[str, Sequence[Bearer]], words: Sequence[str]) -> SandboxFinding:
    """Refuse what may be production's, or is none of what is looked after.

    Args:
        upstream: Where calls are passed on to, `host:port`.
        bearers: Who answers there, by the name of the system that knows.
        words: For production, as in the settings.
    """
    for system, found in bearers.items():
        for one in found:
            if told := find_production_label(one, words):
                return refuse(
                    _NAME,
                    f"The proxy passes calls on to {upstream}, which is {one.name} of {system}: {told}. Start the "
                    "proxy anew before the sandbox's own",
                )
            if not one.is_looked_after:
                return refuse(
                    _NAME,
                    f"The proxy passes calls on to {upstream}, which is {one.name}, and {system}'s settings do not "
                    "look after it: start the proxy before one that they do, or name its project there",
                )
    names = ", ".join(f"{one.name} of {system}" for system, found in bearers.items() for one in found)
    if names:
        return meet(_NAME, f"{upstream} is {names}")
    asked = f" by {', '.join(bearers)}" if bearers else ""
    return meet(_NAME, f"Whose {upstream} is was not found out{asked}: you know")
