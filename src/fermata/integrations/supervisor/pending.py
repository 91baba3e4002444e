"""Edits of a group that stand in the files and are not in force: they would come into force with an approved one.

supervisord tells for certain only when it reads its files anew, which the execution has it do before it writes. Before
that, what can be seen without it is compared: who belongs to the group, and the commands that supervisord read last.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.integrations.supervisor.client import CANT_REREAD, ProcessConfig, SupervisorClient, SupervisorFault
from fermata.integrations.supervisor.config_tree import Config
from fermata.kit.errors import UserError


def refuse_seen(config: Config, group: str, configs: Sequence[ProcessConfig]) -> None:
    """Refuse a group whose files are seen to say something else than supervisord read.

    Args:
        configs: As supervisord read them last; none where it is too old to tell.

    Raises:
        UserError: Naming what differs.
    """
    declared = {name: program for program in config.programs if program.group == group for name in program.processes}
    # Names that lean on what is not known here cannot be compared.
    is_whole = all(program.processes for program in config.programs if program.group == group)
    loaded = {one.name: one.command for one in configs if one.group == group}
    found = [f"{name} is new" for name in declared if name not in loaded]
    found += [f"{name} is gone" for name in loaded if name not in declared and is_whole]
    for name, program in declared.items():
        command = config.read_command(program, name)
        # supervisord hands on the lines of a command as they are; blanks around it are no part of it.
        if name in loaded and command is not None and command.split() != loaded[name].split():
            found.append(f"the command of {name} is another one")
    if found and configs:
        raise _refuse(group, "; ".join(found))


async def refuse_pending(client: SupervisorClient, group: str) -> None:
    """Have supervisord read its files, which starts and stops nothing, and refuse a group that differs from them.

    Raises:
        UserError: It differs, or supervisord refuses the files.
        OperationalError: supervisord does not answer.
    """
    try:
        ((_, changed, removed),) = await client.call("reloadConfig")
    except SupervisorFault as fault:
        what = "cannot" if fault.code == CANT_REREAD else "does not"
        raise UserError(f"supervisord {what} read its configuration", why=fault.text, do="Mend its files") from fault
    if group in (*changed, *removed):
        raise _refuse(group, "supervisord says that its files differ from what runs")


def _refuse(group: str, why: str) -> UserError:
    return UserError(
        f"Group {group} has edits that are not in force yet",
        why=f"{why}. They would come into force with this change, and nobody would have seen them",
        do=f"Take them up first (supervisorctl update {group}), or take them back",
    )
