"""What the documentation shows, an editor takes; and what the settings refuse, it underlines."""

import json
import re
import textwrap
from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tests.unit.settings.schema_judge import list_faults

from fermata.settings.schema import export_schema

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^ *```ya?ml\n(?P<text>.*?)^ *```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def schema():
    """Give the schema, as an editor reads it."""
    return json.loads(json.dumps(export_schema()))


def read(text):
    """Read YAML as an editor does, for whom a time is text; `None` when it is several documents or none."""
    try:
        return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=write_time))
    except YAMLError:
        return None


def write_time(value):
    """Write a time as it stood there."""
    assert isinstance(value, date)
    return value.isoformat()


def list_samples(schema):
    """Give (page, sample) of every block of settings in the documentation, whole or a part."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for match in BLOCK.finditer(page.read_text()):
            sample = read(textwrap.dedent(match["text"]))
            if isinstance(sample, dict) and sample.keys() <= schema["properties"].keys():
                yield page.relative_to(ROOT).as_posix(), sample


def test_every_sample_is_taken_by_an_editor(schema):
    """Settings that can be copied from a page are not underlined when they are pasted."""
    samples = list(list_samples(schema))

    faults = [f"{page}: {fault}" for page, sample in samples for fault in list_faults(schema, sample)]

    assert len({page for page, _ in samples}) >= 15
    assert faults == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("server: {prot: 1}", "$.server: prot is not known"),
        ("server: {port: 70000}", "$.server.port: 70000 is beyond 65535"),
        ("server: {port: here}", "$.server.port: 'here' is no integer"),
        ("limits: {lookback: 30}", "$.limits.lookback: 30 is no string"),
        ("limits: {lookback: '30'}", "$.limits.lookback: '30' does not fit"),
        ("log: {level: loud}", "$.log.level: 'loud' is no choice"),
        ("people: [{id: dana}]", "$.people[0]: name is missing"),
        ("topology: [[a, b, c]]", "$.topology[0]: too long or too short"),
        ("systems: {dokcer: {}}", "$.systems: dokcer is not known"),
        ("systems: {prometheus: {url: 1}}", "$.systems.prometheus.url: 1 is no string"),
        ("grouping: {mode: 3}", "$.grouping.mode: 3 is no choice"),
    ],
)
def test_mistake_is_underlined_where_it_stands(schema, text, fault):
    """An editor says it before Fermata is started."""
    assert fault in list_faults(schema, read(text))


@pytest.mark.parametrize(
    "text",
    [
        "models: {targets: [{provider: openai, model: m, keys: [env:A, {key: env:B, label: b}]}]}",
        "systems: {github: {token: env:T, repositories: {a/b: {services: [x]}, a/c: {services: {x: [src]}}}}}",
        "systems: {alertmanager: , console: {}}",
    ],
)
def test_short_forms_are_taken(schema, text):
    """What may be written shorter is not underlined for it."""
    assert list_faults(schema, read(text)) == []
