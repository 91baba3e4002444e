"""The result of a run as a file, from the moment it is known until the store has it: a dead store loses nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from fermata.domain.experiment import ExperimentResult
from fermata.kit.digest import canonical_json
from fermata.kit.log import get_log

_log = get_log("experiments")
_ENDING = ".result.json"


def keep_result(folder: Path, held_id: str, result: ExperimentResult) -> None:
    """Write the result, on disk before this returns. A disk that does not take it costs this copy, never the run."""
    path = folder / f"{held_id}{_ENDING}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(".partial")
        with partial.open("w") as handle:
            handle.write(canonical_json(result.to_json()))
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
    except OSError as error:
        _log.warning("result.not_kept", experiment_id=held_id, reason=error.strerror)


def forget_result(folder: Path, held_id: str) -> None:
    """Remove a result that the store has."""
    with contextlib.suppress(OSError):
        (folder / f"{held_id}{_ENDING}").unlink(missing_ok=True)


def list_kept(folder: Path) -> Iterator[tuple[str, ExperimentResult]]:
    """Yield results that the store has not taken, with the ids of their rows. What cannot be read is left out."""
    for path in sorted(folder.glob(f"*{_ENDING}")):
        try:
            yield path.name.removesuffix(_ENDING), ExperimentResult.model_validate_json(path.read_text())
        except (OSError, ValidationError):
            _log.warning("result.unreadable", file=path.name)
