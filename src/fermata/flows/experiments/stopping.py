"""Stopping a rehearsal: a file first, because a file works when the store, the page and every model are gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from pathlib import Path

from fermata.domain.person import Actor
from fermata.flows.boundary import contain
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.halt import describe_halt
from fermata.flows.signal_file import write_or_touch
from fermata.kit.errors import OperationalError, UserError

_LOOK_S = 0.1
"""Between two looks at the files: a stop is felt within a second, with all that the injector's answer takes."""
_ASK_S = 0.5
"""Between two looks at the store, which only another machine needs."""
_FLAG = "experiment-stop/"
EVERYTHING = "exp-all"
"""What a request to stop is called that names no experiment: whatever runs from here ends."""
_DAY = re.compile(r"-\d{8}$")
_ID = re.compile(r"exp-[a-z0-9-]{1,100}")


def ask_to_stop(folder: Path, held_id: str, by: Actor, reason: str) -> None:
    """Write the request; the process that runs the experiment sees it within a tenth of a second.

    Where the words find no room, the file is made without them, which stops it as well.

    Raises:
        UserError: Nothing can have this id.
        OperationalError: It cannot be written; `fermata halt` stops everything.
    """
    path = _place(folder, held_id)
    words = f"stopped by {by.id}" + (f": {reason}" if reason else "")
    try:
        write_or_touch(path, json.dumps({"words": words}))
    except OSError as error:
        raise OperationalError(
            "The request to stop could not be written",
            why=f"{path}: {error.strerror}",
            do="Run `fermata halt`, or end the process that runs it: its fault goes with its lease",
        ) from error


def find_request(folder: Path, held_id: str) -> str:
    """Return why an experiment is to stop, or nothing. A request that cannot be read stops it."""
    try:
        return str(json.loads(_place(folder, held_id).read_text())["words"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        return "stopped by a request that cannot be read"


def forget_request(folder: Path, *names: str) -> None:
    """Remove requests that were carried out, or that found nothing to stop."""
    for name in filter(is_id, names):
        with contextlib.suppress(OSError):
            _place(folder, name).unlink(missing_ok=True)


def name_flag(held_id: str) -> str:
    """Return the flag that says the same in the store, for a runner on another machine."""
    return f"{_FLAG}{held_id}"


async def wait_for_stop(context: ExperimentContext, held_id: str) -> str:
    """Return why the experiment is to stop, once it is: a halt, a request here, or one in the store."""
    tasks = [asyncio.ensure_future(work) for work in (_watch_files(context, held_id), _watch_store(context, held_id))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()


def look_for_stop(context: ExperimentContext, held_id: str) -> str:
    """Return why the experiment is to stop, or nothing, by the files alone."""
    halt = context.flow.halt.find()
    if halt is not None:
        return describe_halt(halt)
    # A run of a standing approval also stops with it: its id is that one's, with its day behind it.
    names = (held_id, _DAY.sub("", held_id), EVERYTHING)
    return next((words for name in names if (words := find_request(context.folder, name))), "")


async def _watch_files(context: ExperimentContext, held_id: str) -> str:
    while True:
        if reason := look_for_stop(context, held_id):
            return reason
        await asyncio.sleep(_LOOK_S)


async def _watch_store(context: ExperimentContext, held_id: str) -> str:
    name = name_flag(held_id)
    while True:
        asked = await contain("stop", lambda: context.flow.store.read(lambda transaction: transaction.flags.find(name)))
        if asked.value is not None:
            return str(asked.value.get("words", "stopped"))
        await asyncio.sleep(_ASK_S)


def is_id(text: str) -> bool:
    """Answer whether a text can be a whole id, not the end of one."""
    return _ID.fullmatch(text) is not None


def refuse_bad_id(held_id: str) -> None:
    """Refuse what cannot be an experiment's id: it names files and, in clusters, objects.

    Raises:
        UserError: It is none.
    """
    if not is_id(held_id):
        raise UserError(
            f"{held_id[:80]!r} is no id of an experiment",
            why="one begins with exp- and holds small letters, digits and hyphens",
            do="Run `fermata chaos list`",
        )


def _place(folder: Path, held_id: str) -> Path:
    refuse_bad_id(held_id)
    return folder / f"{held_id}.stop"
