"""The schema and the page say what the settings' own classes say."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import create_model

from fermata.integrations import SYSTEMS
from fermata.kit.errors import UserError
from fermata.settings import schema as schema_module
from fermata.settings.schema import describe_settings, export_schema
from fermata.settings.tree import Settings

PAGE = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


@pytest.fixture(scope="module")
def schema():
    """Give the schema."""
    return export_schema()


def list_nodes(value):
    """Give every map inside a schema."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from list_nodes(item)


def list_settings(page):
    """Give (setting, type, default, meaning) of each row of the page."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in page.splitlines() if line.startswith("| `")]
    return [tuple(cell.strip() for cell in row) for row in cells]


def test_schema_knows_every_section_and_every_system(schema):
    """Nothing that can be set is unknown to an editor, and nothing else is known."""
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert set(schema["properties"]["systems"]["properties"]) >= set(SYSTEMS)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["systems"]["additionalProperties"] is False


def test_schema_is_closed_and_complete(schema):
    """Each reference leads somewhere, each section refuses unknown keys, and all of it is JSON."""
    nodes = list(list_nodes(json.loads(json.dumps(schema))))

    references = {node["$ref"].removeprefix("#/$defs/") for node in nodes if "$ref" in node}
    assert references <= set(schema["$defs"])
    sections = [name for name, node in schema["$defs"].items() if "properties" in node]
    assert {"ServerSettings", "GuardrailSettings", "Person", "SupervisorSettings"} <= set(sections)
    assert all(schema["$defs"][name]["additionalProperties"] is False for name in sections)


def test_schema_carries_the_words_and_the_limits(schema):
    """What an editor shows is the docstring; what it underlines is what the settings refuse."""
    port = schema["$defs"]["ServerSettings"]["properties"]["port"]
    lookback = schema["$defs"]["LimitSettings"]["properties"]["lookback"]

    assert (port["type"], port["maximum"], port["default"]) == ("integer", 65535, 8714)
    assert port["description"].startswith("A free port")
    assert lookback["default"] == "1h"
    assert lookback["description"].startswith("How far before the onset")
    assert "title" not in port


@pytest.mark.parametrize("text", ["30s", "1h30m", "1h 30m", "500ms", "1.5h", "2d"])
def test_schema_accepts_durations_as_they_are_written(schema, text):
    """The pattern follows the parser."""
    assert re.search(schema["$defs"]["LimitSettings"]["properties"]["lookback"]["pattern"], text)


@pytest.mark.parametrize("text", ["", "30", "soon", "PT1H", "1h30"])
def test_schema_underlines_durations_without_a_unit(schema, text):
    """Neither is written in the file."""
    assert not re.search(schema["$defs"]["LimitSettings"]["properties"]["lookback"]["pattern"], text)


def test_system_that_cannot_be_imported_is_accepted_with_any_keys(monkeypatch):
    """A missing optional package must not break the editor of someone who has none of it."""

    def resolve(name):
        if name == "supervisor":
            raise UserError("The system 'supervisor' cannot be used", why="It needs a package")
        return original(name)

    original = schema_module.resolve_system
    monkeypatch.setattr(schema_module, "resolve_system", resolve)

    section = export_schema()["properties"]["systems"]["properties"]["supervisor"]

    assert section["type"] == ["object", "null"]
    assert "needs a package" in section["description"]
    assert "### `systems.supervisor`" in describe_settings()


def test_section_made_at_run_time_has_no_words(monkeypatch):
    """A third party may build its class without source: its keys are known all the same."""
    made = create_model("Made", __config__={"extra": "forbid"}, port=(int, 1))
    monkeypatch.setattr(schema_module, "resolve_system", lambda _: SimpleNamespace(Settings=made))

    properties = export_schema()["$defs"]["Made"]["properties"]

    assert properties == {"port": {"default": 1, "type": "integer"}}


def test_page_is_current():
    """Written by `python -m fermata.settings.schema > docs/settings.md`; run it when this fails."""
    assert PAGE.read_text() == describe_settings()


def test_page_lists_every_setting_with_type_default_and_meaning():
    """Each field of each section has its row, and says what it means."""
    rows = list_settings(describe_settings())
    names = {row[0].strip("`") for row in rows}

    assert {"state_dir", "server.port", "limits.flap_window", "people[].handles", "topology"} <= names
    assert {"policy.guardrails[].approvers.roles", "policy.freezes[].ends_at", "systems.supervisor.url"} <= names
    sections = {name for name, node in export_schema()["properties"].items() if "$ref" in node}
    for section in sections:
        model = Settings.model_fields[section].annotation
        assert {f"{section}.{name}" for name in model.model_fields} <= names
    assert len(names) == len(rows)
    assert [row for row in rows if not (row[1] and row[2])] == []
    assert [row[0] for row in rows if not row[3] and not row[0].startswith("`systems.")] == []


@pytest.mark.parametrize(
    ("setting", "kind", "default"),
    [
        ("state_dir", "path", "`.fermata`"),
        ("topology", "list of [text, text]", "none"),
        ("server.port", "whole number, ≥ 0, ≤ 65,535", "`8714`"),
        ("log.level", "`debug`, `info`, `warning`, `error`", "`info`"),
        ("log.json_lines", "yes or no", "`false`"),
        ("limits.verify_poll", "duration", "`1s`"),
        ("people[].id", "text", "required"),
        ("people[].handles", "map of text to text", "none"),
        ("policy.guardrails[].max_blast_radius", "whole number, ≥ 1 or none", "none"),
        ("policy.guardrails[].approvers", "section", "required"),
        ("policy.freezes[].starts_at", "instant", "required"),
        ("policy.freezes[].resources", "list of text", '`["*"]`'),
        ("systems.supervisor.password", "secret", "none"),
        ("systems.supervisor.timeout_s", "number, > 0, ≤ 60", "`5`"),
    ],
)
def test_types_and_defaults_are_in_words(setting, kind, default):
    """For people who do not read Python."""
    rows = {row[0].strip("`"): row for row in list_settings(PAGE.read_text())}

    assert rows[setting][1:3] == (kind, default)


@pytest.mark.parametrize(("arguments", "start"), [((), "# Settings\n"), (("--json",), '{\n  "$schema"')])
def test_module_writes_the_page_or_the_schema(arguments, start):
    """One command makes the page anew; another gives the schema to an editor."""
    done = subprocess.run(
        [sys.executable, "-m", "fermata.settings.schema", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
    )

    assert done.stdout.startswith(start)
    assert done.stderr == ""
