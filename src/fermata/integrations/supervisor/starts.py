"""Whether a process was started after an instant: what tells a crash before an effect from a crash after it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.site import Site

# Clocks of two machines that are kept by NTP differ by less; above it their difference is measured and taken out.
_SKEW_S = 2


async def is_started_since(site: Site, info: ProcessInfo, instant: datetime) -> bool | None:
    """Answer whether the process's last start came after the instant; `None` when it is too close to tell.

    supervisord tells starts in whole seconds. `/proc` is asked for better where the process runs on this machine.
    """
    live = await site.find_live_quietly(info)
    now = site.clock.now()
    if live is not None:
        age = await asyncio.to_thread(site.proc.measure_age, live)
        return now - timedelta(seconds=age) > instant
    skew = info.now - now.timestamp()
    slack = 0 if site.client.is_unix and abs(skew) <= _SKEW_S else _SKEW_S
    start = info.start - (skew if abs(skew) > _SKEW_S else 0)
    if start - slack >= instant.timestamp():
        return True
    # The true start lies up to a second after the one that is told.
    return False if start + 1 + slack <= instant.timestamp() else None
