"""What is missing before this machine's systemd can be read and acted on, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import timedelta

from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import complete
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult

_RECENT = timedelta(days=7)
_MOST_NAMED = 8


async def check_site(site: Site, health_urls: Collection[str] = ()) -> Sequence[CheckResult]:
    """Return one finding for each of: systemd, the journal, units, rights. Never raises for expected failures.

    Args:
        health_urls: The units that a URL is given for: one of a name that nothing has is never asked.
    """
    try:
        own = [unit.id for unit in await site.list_own()]
    except OperationalError as error:
        return [_say("systemd", ok=False, text=str(error))]
    return (
        _say("systemd", ok=True, text="systemctl answers"),
        await _check_journal(site),
        _check_units(site, own),
        *_check_health_urls(own, health_urls),
        _check_rights(),
    )


async def _check_journal(site: Site) -> CheckResult:
    try:
        # What systemd itself wrote is there on every machine, and only who may read all of the journal sees it.
        tail = await site.client.fetch_journal(["_PID=1"], lines=1, since=site.clock.now() - _RECENT)
        site.refuse_blind(tail)
    except OperationalError as error:
        return _say("journal", ok=False, text=str(error))
    if tail.entries:
        return _say("journal", ok=True, text="the messages of systemd and of every unit can be read")
    text = (
        "readable, and it holds nothing of systemd's in the last seven days. Look at: journalctl _PID=1. Where logs go "
        "to files only, there is nothing to read; `Storage=persistent` in journald.conf keeps them over a boot"
    )
    return _say("journal", ok=False, text=text)


def _check_units(site: Site, own: Sequence[str]) -> CheckResult:
    missing = [name for name in site.units if name not in own]
    if missing:
        text = f"systemd has no {', '.join(missing)}. Correct `units` in the systemd settings"
        return _say("units", ok=False, text=text)
    if not own:
        text = "none in /etc/systemd/system. Name those to look after: `units: [nginx]` in the systemd settings"
        return _say("units", ok=False, text=text)
    rest = f" and {len(own) - _MOST_NAMED} more" if len(own) > _MOST_NAMED else ""
    return _say("units", ok=True, text=f"{', '.join(own[:_MOST_NAMED])}{rest}")


def _check_health_urls(own: Collection[str], names: Collection[str]) -> list[CheckResult]:
    if not (strangers := sorted(name for name in names if complete(name) not in own)):
        return []
    text = f"health_urls names {', '.join(strangers)}, which is not looked after: name it in `units` too"
    return [_say("health URLs", ok=False, text=text)]


def _check_rights() -> CheckResult:
    if os.geteuid() == 0:
        return _say("rights", ok=True, text="root: may restart units and set their limits, and read their variables")
    text = (
        "not root: reads all, and a restart needs a polkit rule for the units in question (one stands in "
        "docs/systems/systemd.md). Variables of a unit of another user are read from its declaration only"
    )
    return _say("rights", ok=True, text=text)


def _say(what: str, *, ok: bool, text: str) -> CheckResult:
    return CheckResult(name=f"systemd: {what}", ok=ok, text=text)
