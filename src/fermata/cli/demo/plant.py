"""The demo's `fermata.yaml`: a real settings file, written where a curious person can read it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from fermata.cli.demo.slow_query import add_settings
from fermata.cli.demo.stage import Stage
from fermata.cli.opening import get_handle
from fermata.domain.ids import PersonId
from fermata.kit.errors import UserError

DEMO_PERSON = PersonId("dana")
"""Who decides in the demo: by a key, in the page, or with --yes."""
SETTINGS_FILE = "fermata.yaml"
_TOKEN_FILE = "alert_token"  # noqa: S105 - a file name
_STATE = "state"
_MARK = ".fermata-demo"


def claim_directory(root: Path) -> None:
    """Make the demo's directory, or take one that an earlier demo left; changes nothing in it yet.

    Raises:
        UserError: It holds files, and no demo marked it.
    """
    root.mkdir(parents=True, exist_ok=True)
    mark = root / _MARK
    if not mark.exists() and any(root.iterdir()):
        raise UserError(
            f"The demo cannot use {root}",
            why="it holds files that are not the demo's",
            do="Name an empty directory, or one that does not exist yet",
            root=str(root),
        )
    mark.touch()


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model that the demo asks besides."""

    base_url: str
    """Of an OpenAI-compatible endpoint."""
    name: str
    """Empty: the first that the endpoint lists."""


def write_settings(root: Path, stage: Stage, model: AskedModel | None = None) -> Path:
    """Write the settings of a Fermata that looks after the stage; return the file.

    What an earlier demo remembered here is removed: its executions would count as this shop's, and the same action
    would be refused as done a minute ago.
    """
    shutil.rmtree(root / _STATE, ignore_errors=True)
    token = root / _TOKEN_FILE
    token.touch(mode=0o600)
    token.write_text(stage.receiver.token)
    tree: dict[str, Any] = {
        "state_dir": _STATE,
        "server": {"alert_token": f"file:{_TOKEN_FILE}"},
        "log": {"level": "error"},
        "people": [
            {"id": DEMO_PERSON, "name": "Dana Demo", "roles": ["oncall"], "handles": {"console": get_handle()}},
        ],
        "policy": {
            "guardrails": [
                {
                    "id": "shop-processes",
                    "actions": ["supervisor.restart", "supervisor.set_memory_limit", "supervisor.set_env"],
                    "resources": ["supervisor:process/checkout", "supervisor:process/profile"],
                    "approvers": {"roles": ["oncall"]},
                    "max_risk": "medium",
                    "max_blast_radius": 2,
                    "condition": "blast_radius < 3",
                    "valid_for": "30m",
                },
                {
                    "id": "shop-reverts",
                    "actions": ["git.revert_commit"],
                    "resources": ["git:repository/shop"],
                    "approvers": {"roles": ["oncall"]},
                    "max_risk": "medium",
                },
            ]
        },
        # Seconds instead of minutes: a shop that serves ten requests a second shows its state at once.
        "limits": {"stable_for": "3s", "verify_within": "45s", "verify_poll": "250ms"},
        "systems": {
            "alertmanager": {},
            "supervisor": {
                "url": f"unix://{stage.socket_path}",
                "config_path": str(stage.root / "supervisord.conf"),
                "health_urls": {
                    name: f"http://127.0.0.1:{stage.ports[f'{name.upper()}_PORT']}/healthz"
                    for name in ("checkout", "profile")
                },
            },
            "git": {
                "repositories": [
                    {
                        "name": "shop",
                        "path": str(stage.repository_path),
                        "services": {
                            name: [f"services/{name}.py", "services/httpd.py", f"deploy/{name}.env"]
                            for name in ("checkout", "profile")
                        },
                        "env_files": {name: f"deploy/{name}.env" for name in ("checkout", "profile")},
                        "mode": "working_copy",
                    }
                ]
            },
        },
    }
    if stage.database is not None:
        add_settings(tree, root, stage.database)
    stage.adapt_settings(tree)
    if stage.prometheus_url is not None:
        tree["systems"]["prometheus"] = {"url": stage.prometheus_url}
    if model is not None:
        tree["models"] = {"targets": [{"base_url": model.base_url, "model": model.name}]}
        # Two minutes: a small model on a laptop reads the brief at 50 tokens a second.
        tree["analysis"] = {"when": "always", "deadline": "2m", "deadline_critical": "2m"}
    path = root / SETTINGS_FILE
    with path.open("w") as handle:
        YAML().dump(tree, handle)
    return path
