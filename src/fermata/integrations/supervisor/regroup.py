"""Having supervisord take up a changed configuration for one group, and for no other.

What `supervisorctl update <group>` does: reread, stop, remove, add. Each wait is bounded; each step is named, so that
a fault in the middle can be told as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fermata.integrations.supervisor.client import (
    CANT_REREAD,
    NOT_RUNNING,
    STILL_RUNNING,
    ProcessConfig,
    ProcessInfo,
    SupervisorClient,
    SupervisorFault,
    find_config,
)
from fermata.integrations.supervisor.processes import RUNNING_STATES, SETTLED_STATES
from fermata.kit.errors import TransientError

POLL_S = 0.1
_DEFAULT_STOP_WAIT_S = 10  # supervisord's own default of stopwaitsecs.
_DEFAULT_START_S = 1
_GRACE_S = 5  # On top of stopwaitsecs, after which supervisord kills: for a machine that is busy. A guess.


class NotTakenUp(Exception):
    """supervisord answered for certain that the new configuration changes nothing for the group, or is no good."""


@dataclass(slots=True)
class Progress:
    """The step under way, in words, for whoever has to explain a fault."""

    step: str = "supervisord read the configuration again"
    is_added: bool = False
    """The group runs with the new configuration from here on."""


async def reload_config(client: SupervisorClient, group: str) -> None:
    """Have supervisord read its files again; processes are not touched.

    Raises:
        NotTakenUp: It refuses the files, or sees no difference in this group.
        TransientError: It did not answer.
    """
    try:
        ((_, changed, _),) = await client.call("reloadConfig")
    except SupervisorFault as fault:
        if fault.code == CANT_REREAD:
            raise NotTakenUp(f"supervisord cannot read its configuration: {fault.text}") from fault
        raise NotTakenUp(f"supervisord does not read its configuration: {fault.text}") from fault
    if group not in changed:
        message = (
            f"supervisord sees no difference in group {group}: it reads other files than config_path says, "
            "or runs with these values already"
        )
        raise NotTakenUp(message)


async def readd_group(
    client: SupervisorClient,
    group: str,
    members: Sequence[ProcessInfo],
    configs: Sequence[ProcessConfig],
    progress: Progress,
) -> None:
    """Stop, remove and add the group, and start what ran before and does not start by itself.

    Args:
        members: The group's processes as they were before.
        progress: Told each step before it is taken.

    Raises:
        TransientError: supervisord did not answer, or the group did not stop in time.
        SupervisorFault: A step was refused.
    """
    patience = max((c.stopwaitsecs for c in configs if c.group == group), default=_DEFAULT_STOP_WAIT_S) + _GRACE_S
    progress.step = f"group {group} was being stopped"
    await _wait_until(lambda: _try_remove(client, group, progress), patience, f"Group {group} did not stop")
    progress.step = f"group {group} was being added again (if it is missing: supervisorctl add {group})"
    await client.call("addProcessGroup", group)
    progress.is_added = True
    progress.step = f"group {group} was being started"
    for info in members:
        config = find_config(configs, info)
        if config is not None and not config.autostart and info.state in RUNNING_STATES:
            await client.call("startProcess", info.namespec, False)


async def _try_remove(client: SupervisorClient, group: str, progress: Progress) -> bool:
    """Stop what runs, and remove the group if nothing does; a process may have been started again in between."""
    infos = [info for info in await client.fetch_processes() if info.group == group]
    if any(info.state in RUNNING_STATES for info in infos):
        await client.call("stopProcessGroup", group, False)
        return False
    if any(info.state == "STOPPING" for info in infos):
        return False
    progress.step = f"group {group} was being removed"
    try:
        await client.call("removeProcessGroup", group)
    except SupervisorFault as fault:
        if fault.code != STILL_RUNNING:
            raise
        return False
    return True


async def stop_process(client: SupervisorClient, namespec: str, config: ProcessConfig | None) -> None:
    """Stop one process and wait until it has ended; supervisord kills it after its stopwaitsecs.

    Raises:
        NotDelivered: The very first call was not delivered: nothing happened.
        TransientError: supervisord did not answer, or the process did not end in time.
    """
    try:
        await client.call("stopProcess", namespec, False)
    except SupervisorFault as fault:
        if fault.code != NOT_RUNNING:
            raise
    patience = (config.stopwaitsecs if config else _DEFAULT_STOP_WAIT_S) + _GRACE_S

    async def is_stopped() -> bool:
        info = await client.find_process(namespec)
        return info is None or info.state not in RUNNING_STATES | {"STOPPING"}

    await _wait_until(is_stopped, patience, f"{namespec} did not stop")


async def wait_settled(
    client: SupervisorClient, namespec: str, config: ProcessConfig | None, timeout_s: float
) -> ProcessInfo | None:
    """Return the process once its start went well or badly, or as it is when the patience ends.

    Raises:
        TransientError: supervisord did not answer.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (config.startsecs if config else _DEFAULT_START_S) + timeout_s
    while True:
        info = await client.find_process(namespec)
        # Freshly added, it is STOPPED for a moment before supervisord's next round starts it.
        is_waiting = (
            info is not None and info.state == "STOPPED" and not info.start and (not config or config.autostart)
        )
        if info is None or (info.state in SETTLED_STATES and not is_waiting) or loop.time() >= deadline:
            return info
        await asyncio.sleep(POLL_S)


async def _wait_until(check: Callable[[], Awaitable[bool]], patience_s: float, what: str) -> None:
    """Ask again and again until the answer is yes.

    Raises:
        TransientError: It was not within `patience_s`; `what` says what failed to happen.
    """
    try:
        async with asyncio.timeout(patience_s):
            while True:
                if await check():
                    return
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        raise TransientError(f"{what} within {patience_s:g} s", do="Look: supervisorctl status") from error
