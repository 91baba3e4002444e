"""Creating a container anew with one variable, or its command, as a container before it had it.

A value goes back, and no other is ever set: what no container of the service had is a deployment. What is hidden
anywhere is not known in full, and is not touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fermata.domain.action import ActionSpec, DryRun, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.docker.acting import make_schema
from fermata.integrations.docker.blueprint import (
    COMMAND,
    VARIABLE,
    Described,
    build_blueprint,
    change_setting,
    describe_blueprint,
    describe_container,
    find_setting,
    write_setting,
    write_words,
)
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import parse_instant, require_container
from fermata.integrations.docker.images import is_same_service
from fermata.integrations.docker.recreating import Change, ReplacingAction, refuse_unreplaceable
from fermata.integrations.docker.site import Target, find_target
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.ports.action import refuse_other_names
from fermata.ports.variables import NAME, refuse_secret, show_value

_LONGEST_VALUE = 400
"""What is remembered of a line is 500 characters, and a name may take some."""
_SETTING = re.compile(rf"{COMMAND}|{VARIABLE}{NAME.pattern}")

_SPEC = ActionSpec(
    name="docker.recreate_with_previous_setting",
    summary="Create one container anew with one variable or its command as before; the present one is set aside",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema=make_schema(
        {
            "setting": {
                "type": "string",
                "pattern": f"^({_SETTING.pattern})$",
                "maxLength": 200,
                "description": "`env NAME` for a variable, `cmd` for the command",
            },
            "value": {
                "type": ["string", "null"],
                "maxLength": _LONGEST_VALUE,
                "description": "What it was in a container of this service before; of `cmd` its words as a JSON list; "
                "null where there was none",
            },
        }
    ),
)


class RecreateSettingAction(ReplacingAction):
    """Replace a container by one like it, with one setting as it was."""

    spec = _SPEC

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"setting": str, "value": str | None}`. Pure.

        Raises:
            UserError: The target is no container, the setting is none that goes back, or the value is no such value.
        """
        require_container(target)
        refuse_other_names(self.spec.name, parameters, known={"setting", "value"})
        setting, value = parameters["setting"], parameters["value"]
        if not isinstance(setting, str) or len(setting) > 200 or _SETTING.fullmatch(setting) is None:
            raise UserError(f"setting cannot be {setting!r}", do="Give `env NAME` of a variable, or `cmd`")
        if value is not None and (not isinstance(value, str) or len(value) > _LONGEST_VALUE):
            raise UserError(
                f"value of {setting} cannot be of type {type(value).__name__}",
                do=f"Give text of {_LONGEST_VALUE} characters at most, or null where there was none",
            )
        if value is not None:
            value = _read_words(value) if setting == COMMAND else value
            refuse_secret(setting.removeprefix(VARIABLE), value)
        return {"setting": setting, "value": value}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute what the new container would be, compared with the present one.

        Raises:
            UserError: There is no such container, it cannot be set aside, none before it had the setting so, or a value
                cannot be shown in full.
            OperationalError: The engine cannot be asked.
        """
        chosen = self.validate(target, parameters)
        setting = str(chosen["setting"])
        async with self._site.client.connect() as session:
            change = await self._compute(session, target, chosen, mark="")
        name, present = change.target.name, _find_value(describe_container(change.target.raw, self._shown), setting)
        return DryRun(
            possible=True,
            diff=change.diff,
            note=f"{change.known}. Where it is declared (compose.yaml, .env) nothing is changed: what creates {name} "
            f"anew from there gives it the present value again. {name} is stopped and kept under another name; the new "
            "one takes its name, image, mounts, networks, ports and labels",
            observed_version=change.version,
            blast_radius=change.radius,
            undo=ActionSuggestion(
                name=self.spec.name, target=target, parameters={"setting": setting, "value": present}
            ),
            undo_text=f"The same with the present value: {setting} is {show_value(present)}",
        )

    async def _compute(
        self, session: EngineSession, entity: Entity, parameters: Mapping[str, Any], mark: str
    ) -> Change:
        setting, value = str(parameters["setting"]), parameters["value"]
        target = await self._site.fetch_target(session, entity)
        refuse_unreplaceable(target)
        before = describe_container(target.raw, self._shown)
        _refuse_hidden(before, setting, target.name)
        if _find_value(before, setting) == value:
            raise UserError(f"{setting} of {target.name} is {show_value(value)} already", do="Give the value before")
        _, image = await session.inspect_image(target.inspected.image)
        raw = change_setting(target.raw, setting, value)
        blueprint = build_blueprint(raw, image, image, target.inspected.config.image, mark)
        after = describe_blueprint(blueprint, image, self._shown)
        _refuse_hidden(after, setting, target.name)
        if _find_value(after, setting) != value:
            raise UserError(
                f"{setting} of {target.name} cannot be {show_value(value)}",
                why="Its image brings another value, which applies where the container has none",
                do="Change it where it is declared",
            )
        known = await self._find_source(session, target, setting, value)
        return self._compare(target, known, blueprint, image)

    async def _find_source(self, session: EngineSession, target: Target, setting: str, value: str | None) -> str:
        """Return in words how it is known that a container before had the setting so.

        Raises:
            UserError: None had, as far as is known.
        """
        what = f"{setting} was {show_value(value)}"
        for listed in await self._site.list_containers(session):
            if listed.id == target.inspected.id or not is_same_service(target.inspected, listed.name, listed.labels):
                continue
            other = await find_target(session, listed.id)
            if other is None or parse_instant(other.inspected.state.started_at) is None:
                continue
            if _find_value(describe_container(other.raw, self._shown), setting) == value:
                return f"{what} in container {other.name}"
        begin = write_setting(setting, "")
        line = write_setting(setting, value) if value is not None else None
        for seen in await self._remembered.list_before(target):
            if seen.had(begin, line):
                return f"{what} in the container of that name that was seen until {format_instant(seen.seen_at)}"
        raise UserError(
            f"{target.name} cannot go back to {setting} {show_value(value)}",
            why="No container of this service is known to have had it so",
            do="Change it where it is declared; another value is a deployment, which this action is not for",
        )


def _read_words(value: str) -> str:
    """Return a command as it is written in a diff.

    Raises:
        UserError: It is no JSON list of words.
    """
    try:
        words = json.loads(value)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise UserError(
            "value of cmd is no command", do='Give its words as a JSON list: ["redis-server", "--port=6379"]'
        )
    return write_words(words)


def _find_value(described: Described, setting: str) -> str | None:
    """Return a setting's value as it is written; `None` where there is none."""
    pair = find_setting(described, setting)
    value = pair[0].removeprefix(write_setting(setting, "")) if pair is not None else None
    return None if setting == COMMAND and value == "none" else value


def _refuse_hidden(described: Described, setting: str, name: str) -> None:
    """Refuse to change what nobody sees in full: neither the change nor its way back could be approved.

    Raises:
        UserError: The setting is hidden, or a part of it.
    """
    pair = find_setting(described, setting)
    if pair is not None and pair[0] != pair[1]:
        raise UserError(
            f"{setting} of {name} is not changed",
            why="Its value is not shown in full: a secret, or a name that `show_values_of` does not allow",
            do="Change it where it is declared",
        )
