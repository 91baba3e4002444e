"""Where relative paths of the settings begin: two commands with one file must find the same state."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from fermata.settings.source import Layered


def refuse_no_place(named: object) -> object:
    """Return what names the state directory, unread.

    Raises:
        ValueError: It is empty, as a variable that nobody set in a compose file is. That would be the folder where each
            command happens to run: the store in one, and a halt in another.
    """
    if isinstance(named, str) and not named.strip():
        message = "it is empty: name a folder, or leave it out for .fermata"
        raise ValueError(message)
    return named


def refuse_no_store(url: str) -> None:
    """Refuse the URL of a store that is empty, as a variable that nobody set in a compose file is.

    Raises:
        ValueError: It is. It would quietly stand for SQLite, before a store that the file names: what is held there and
            its journal would be out of sight.
    """
    if not url.strip():
        message = "it is empty: name a store, or leave it out for SQLite in the state directory"
        raise ValueError(message)


def expand_home(path: Path) -> Path:
    """Return the path with `~` written out.

    Raises:
        ValueError: It is the home of somebody who is not known here.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def expand_store(url: str) -> str:
    """Return the URL of a store with `~` written out where it is a SQLite file.

    Raises:
        ValueError: It is empty, or the home of somebody who is not known here, or options stand behind a file's name.
    """
    refuse_no_store(url)
    kind, path = _split_file(url)
    if "?" in path:
        message = "a SQLite file takes no options: leave out what begins with `?`"
        raise ValueError(message)
    return f"{kind}:///{expand_home(Path(path))}" if path else url


StateDir = Annotated[Path, BeforeValidator(refuse_no_place)]


def place_state(state_dir: Path, file: Path | None, layered: Layered) -> Path:
    """Make the state directory absolute.

    From the file's folder, not from where a command happens to be run, also for the default. What the environment says
    is meant from where the command runs.
    """
    return _find_base("state_dir", file, layered) / state_dir


def place_store(url: str, file: Path | None, layered: Layered) -> str:
    """Make the path of a SQLite store's URL absolute, as `place_state` does; return any other URL as it is."""
    kind, path = _split_file(url)
    return f"{kind}:///{_find_base('store.url', file, layered) / path}" if path else url


def place_kubeconfig(name: str, system: BaseModel, file: Path | None, layered: Layered) -> BaseModel:
    """Make the kubeconfig of a system's settings absolute, as `place_state` does; others are returned as they are.

    One that is there only where the command runs is taken from there: so it was before there was this rule.
    """
    named = getattr(system, "kubeconfig", None)
    if not isinstance(named, Path) or named.is_absolute():
        return system
    beside, here = _find_base(f"systems.{name}.kubeconfig", file, layered) / named, Path.cwd() / named
    return system.model_copy(update={"kubeconfig": here if here.is_file() and not beside.is_file() else beside})


def _split_file(url: str) -> tuple[str, str]:
    """Return the kind and the path of a SQLite file's URL; no path for any other URL, and for one that names no file.

    What names none is left to the store, which refuses it in its own words.
    """
    kind, _, path = url.partition(":///")
    return (kind, path) if kind.startswith("sqlite") and path != ":memory:" else (kind, "")


def _find_base(key: str, file: Path | None, layered: Layered) -> Path:
    origin = layered.origins.get(key)
    # A reference of the file ("fermata.yaml -> env URL") was made by the file.
    if file is not None and (origin is None or origin.text.partition(" -> ")[0] == str(file)):
        return file.absolute().parent
    return Path.cwd()
