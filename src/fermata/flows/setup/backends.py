"""Where a folder of Terraform keeps its state, by what `terraform init` wrote down of its back end.

Of changes only places tell that keep a time and the serial before (docs/systems/terraform.md): a local back end is
therefore named by its file, and a bucket by itself. Terraform is not run, and no credential is read that init may have
written down. Form as Terraform 1.11 writes it (`.terraform/terraform.tfstate`); without such a file the back end is the
local one, with its own file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermata.rules.setup.findings import Secret

_DATA = ".terraform"
_RECORD = "terraform.tfstate"
_DEFAULT = "default"
_KEYS = (
    ("access_key_id", "AWS_ACCESS_KEY_ID"),
    ("secret_access_key", "AWS_SECRET_ACCESS_KEY"),
)
_HOW = "a key that may only read the state and list its versions (docs/systems/terraform.md#permission-needed)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state is, as the settings name it."""

    section: Mapping[str, Any]
    secrets: tuple[Secret, ...] = ()
    note: str = ""
    """What no setting can help; empty when changes can be told."""


def find_place(folder: Path) -> Place | None:
    """Return where the state of a folder is; `None` where nobody has initialised it and no state lies in it."""
    data, own = folder / _DATA, folder / _RECORD
    workspace = _read_text(data / "environment").strip() or _DEFAULT
    backend = _read_backend(data / _RECORD)
    config = backend.get("config")
    config = config if isinstance(config, Mapping) else {}
    kind = backend.get("type", "local")
    if kind == "local":
        path = _find_file(folder, config, workspace)
        return Place({"file": {"path": str(path)}}) if path.is_file() or data.is_dir() or own.is_file() else None
    if kind == "s3" and (bucket := _find_bucket(config, workspace)) is not None:
        return bucket
    note = (
        f"{folder.name}: its back end ({kind}) is asked by `terraform state pull`, which tells neither when a serial "
        "was written nor the one before it, so that no change of it is told: drift is, where allow_drift_check is true."
    )
    return Place({"directory": str(folder)}, note=note)


def _find_file(folder: Path, config: Mapping[str, Any], workspace: str) -> Path:
    path = _get_text(config, "path") or _RECORD
    if workspace != _DEFAULT:
        path = str(Path(_get_text(config, "workspace_dir") or "terraform.tfstate.d") / workspace / _RECORD)
    # Without what leads up and down again, and without following links: it is read by people.
    return Path(_join(folder, path))


def _join(folder: Path, path: str) -> str:
    parts: list[str] = []
    for part in (folder / path).parts:
        if part == "..":
            del parts[max(len(parts) - 1, 1) :]  # Above the root is the root.
        else:
            parts.append(part)
    return str(Path(*parts))


def _find_bucket(config: Mapping[str, Any], workspace: str) -> Place | None:
    bucket, key, region = (_get_text(config, name) for name in ("bucket", "key", "region"))
    if not (bucket and key and region):
        return None
    if workspace != _DEFAULT:
        key = f"{_get_text(config, 'workspace_key_prefix') or 'env:'}/{workspace}/{key}"
    section = {"bucket": bucket, "key": key, "region": region}
    section |= {name: f"env:{variable}" for name, variable in _KEYS}
    return Place({"s3": section}, tuple(Secret(variable, _HOW) for _, variable in _KEYS))


def _read_backend(record: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(_read_text(record) or "{}")
    except (ValueError, RecursionError):
        return {}
    backend = value.get("backend") if isinstance(value, Mapping) else None
    return backend if isinstance(backend, Mapping) else {}


def _get_text(config: Mapping[str, Any], name: str) -> str:
    value = config.get(name)
    return value if isinstance(value, str) else ""


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
