"""What a command starts with: the settings, a house that is not serving, and who is at the keyboard."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fermata.cli.output import say
from fermata.domain.person import Actor
from fermata.kit.errors import UserError

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.settings import LoadedSettings, Settings

T = TypeVar("T")
CHANNEL = "console"
"""The channel whose handles are operating-system user names."""
NO_FILE = "none: defaults and environment (`fermata init` writes one)"
"""What stands where a settings file would be named."""
_config: Path | None = None
_told_of: Path | None = None


def remember_config(config: Path | None) -> None:
    """Keep `--config` for the command that follows."""
    global _config  # noqa: PLW0603 - one command line, one value, set before any command runs
    _config = config


def load(*, needs_systems: bool = True) -> LoadedSettings:
    """Load the settings the command was given.

    Args:
        needs_systems: False for what looks at the store alone: then it works in a shell without the tokens, too.

    Raises:
        UserError: They hold faults; all are named.
    """
    # Half of all import time lies behind these names; `--help` must not pay for it.
    from fermata.kit.log import configure_log
    from fermata.settings import load_settings

    loaded = load_settings(_config, needs_systems=needs_systems)
    configure_log(loaded.settings.log.level, as_json=loaded.settings.log.json_lines)
    return loaded


def find_halt_path() -> Path:
    """Return the halt file's place, also when the settings hold faults that keep everything else from starting."""
    from fermata.settings import find_state_dir

    try:
        return load().settings.halt_path
    except UserError:
        return find_state_dir(_config) / "HALT"


def warn_of_unnamed_state() -> bool:
    """Say on stderr, once, that no settings were found, so that whatever runs elsewhere is neither seen nor reached.

    Returns:
        True when nobody has kept anything here before either: then nothing is running that could hear.
    """
    global _told_of  # noqa: PLW0603 - as above
    from fermata.settings import find_unnamed_state

    state = find_unnamed_state(_config)
    if state is None:
        return False
    is_new = not (state / "fermata.db").exists()
    if state != _told_of:
        _told_of = state
        say(
            f"No settings were found: no fermata.yaml in {Path.cwd()}, and neither --config nor FERMATA_CONFIG. So "
            f"this is only about {state}{', which is new' if is_new else ''}. What runs by other settings is neither "
            "seen nor reached: run it in their folder, or name them with --config. `fermata init` writes the first.",
            err=True,
        )
    return is_new


def _is_new(file: Path | None) -> bool:
    with suppress(OSError):  # Who may not look there is told so when the store is opened.
        # Of no bytes is what a backup left that failed, or a restore that was cut off: it holds no store either.
        return file is not None and (not file.exists() or file.stat().st_size == 0)
    return False


def _warn_of_new_store(file: Path) -> None:
    """Say on stderr that nothing was kept there before: an unmounted disk or a slip in a path is no quiet night."""
    say(
        f"There was no store at {file} before this command: it begins empty. If incidents should be there, look "
        "whether its disk is mounted, and at state_dir and store.url.",
        err=True,
    )


def with_house(work: Callable[[House], Awaitable[T]], *, enqueues: bool = False, needs_systems: bool = True) -> T:
    """Build a house beside whatever is serving, run `work` on it, and put it away. It executes nothing itself.

    Args:
        enqueues: True when `work` may start a run, which the serving process then carries out.
        needs_systems: As in `load`. Whoever changes what is on a card needs them: a channel would be forgotten.
    """
    from fermata.bootstrap import find_store_file, open_house
    from fermata.kit.log import configure_log

    loaded = load(needs_systems=needs_systems)
    file = find_store_file(loaded.settings)
    is_told = warn_of_unnamed_state() or not _is_new(file)
    configure_log("error")

    async def run() -> T:
        house = open_house(loaded, enqueues=enqueues)
        if file is not None and not is_told:
            _warn_of_new_store(file)
        try:
            return await work(house)
        finally:
            await house.close()

    return asyncio.run(run())


def find_base(host: str, port: int) -> str:
    """Return how this machine reaches a server that listens there; what listens everywhere is reached at home."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://{f'[{own}]' if ':' in own else own}:{port}"


def get_handle() -> str:
    """Return the operating-system user behind this process. Not `LOGNAME`: an environment variable proves nothing.

    A user without a name, as containers have them, is `uid:<number>`.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid:{os.getuid()}"


def is_open_to_others(folder: Path) -> bool:
    """Answer whether anybody but its owner may enter a folder; one that is not there is not open, nor is a file."""
    return folder.is_dir() and bool(folder.stat().st_mode & 0o077)


def choose_person(settings: Settings, person: str) -> str:
    """Return the id that `--as` names, or that of whoever has this user's console handle.

    Raises:
        UserError: Nobody has it.
    """
    handle = get_handle()
    chosen = person or next((item.id for item in settings.people if item.handles.get(CHANNEL) == handle), "")
    if not chosen:
        warn_of_unnamed_state()
        add = f"write `handles: {{console: {handle}}}` beside whom you are in `people:`"
        do = f"Name someone with --as, or {add}" if settings.people else f"Nobody is in `people:` yet: {add}"
        raise UserError(f"Nobody in `people:` has the console handle {handle!r}", do=do)
    return chosen


def get_actor(house: House) -> Actor:
    """Return who is at the keyboard, as the journal names them."""
    person = house.context.find_person(CHANNEL, get_handle())
    return Actor(kind="person" if person else "unknown", id=person.id if person else get_handle(), channel=CHANNEL)


def explain_no_model() -> str:
    """Return why no model can be asked by these settings, in words; empty where one can."""
    try:
        targets = load().settings.models.targets
    except UserError as error:
        return f"no model is asked ({error.what})"
    return "" if targets else "no model is configured"
