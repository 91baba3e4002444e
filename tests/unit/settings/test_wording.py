"""Faults of settings are told in the words of YAML, and none of them tells the value."""

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings
from fermata.settings.wording import describe_fault

FAULTS = {
    "people: [{id: a, name: A, roles: oncall}]": "people.0.roles: a list is wanted: [one, two], or a line with '- '",
    "people: {id: a}": "people: a list is wanted",
    "people: [{id: 7, name: A}]": "people.0.id: text is wanted: write it in quotes",
    "people: [{name: A}]": "people.0.id: it is required, and not set",
    "people: [{id: a, name: A, bot: perhaps}]": "people.0.bot: yes or no is wanted",
    "people: [{id: a, name: A, handles: [a]}]": "people.0.handles: a section is wanted: lines of `key: value` [",
    "people: [alice]": "people.0: a section is wanted: lines of `key: value`; keys here: id, name, roles, handles, bot",
    "server: {port: many}": "server.port: a whole number is wanted",
    "server: {port: 80.5}": "server.port: a whole number is wanted",
    "server: {port: 99999}": "server.port: at most 65535 is wanted",
    "engine: {workers: 0}": "engine.workers: at least 1 is wanted",
    "log: {level: loud}": "log.level: one of these is wanted: 'debug', 'info', 'warning' or 'error'",
    "budgets: {day_usd: lots}": "budgets.day_usd: a number is wanted",
    "limits: {lookback: [1]}": "limits.lookback: a duration with its unit is wanted: 30s, 10m or 1h30m",
    "chaos: {longest: 5h}": "chaos.longest: at most 1h is wanted [",
    "chaos: {longest: 0s}": "chaos.longest: more than 0ms is wanted [",
    'chaos: {slot: {weekday: monday, begins: "25:00"}}': "chaos.slot.begins: a time of day is wanted, in quotes",
    "chaos: {sandbox_label: yes please}": "chaos.sandbox_label: write it like fermata.dev/rehearsals=allowed",
    "silences: [{id: a, match: {a: b}, until: soon, reason: r}]": "silences.0.until: an instant with its zone",
}


@pytest.mark.parametrize(("text", "told"), FAULTS.items())
def test_fault_is_told_without_types_of_python(tmp_path, text, told):
    """No tuple, no dictionary, no instance of anything: what to write instead."""
    file = tmp_path / "fermata.yaml"
    file.write_text(text)

    with pytest.raises(UserError) as refused:
        load_settings(file, {})

    assert told in refused.value.why + str(refused.value)
    assert "Input should be" not in str(refused.value)


def test_item_that_is_at_fault_is_not_missing_besides(tmp_path):
    """One slip is one line."""
    file = tmp_path / "fermata.yaml"
    rail = "{id: a, actions: [x.y], resources: [5], approvers: {roles: [oncall]}}"
    file.write_text(f"policy: {{guardrails: [{rail}]}}")

    with pytest.raises(UserError, match="hold 1 fault") as refused:
        load_settings(file, {})

    assert "policy.guardrails.0.resources.0: text is wanted" in str(refused.value)


def test_empty_list_that_needs_one_says_so(tmp_path):
    """Where nothing else is wrong with it."""
    file = tmp_path / "fermata.yaml"
    file.write_text("policy: {guardrails: [{id: a, actions: [], resources: [x], approvers: {roles: [oncall]}}]}")

    with pytest.raises(UserError, match="at least 1 of them is wanted"):
        load_settings(file, {})


@pytest.mark.parametrize(
    ("kind", "told"),
    [("value_error", "write it like 30s"), ("of_tomorrow", "write it like 30s"), ("enum", "Value error")],
)
def test_what_is_not_known_keeps_its_sentence(kind, told):
    """Our own faults are sentences already; one without its values is told as the library tells it."""
    assert describe_fault(kind, "Value error, write it like 30s", {}).startswith(told)


def test_key_that_stands_twice_is_told_without_its_values(tmp_path):
    """The library would print both, as far as it has read them."""
    file = tmp_path / "fermata.yaml"
    file.write_text("server: {port: 1}\nserver: {port: 2}\n")

    with pytest.raises(UserError, match='found duplicate key "server" at line 2, column 1'):
        load_settings(file, {})


def test_folder_instead_of_a_file_is_told_as_that(tmp_path):
    """Whoever names the folder is given the file's name in it."""
    with pytest.raises(UserError, match="is a folder") as refused:
        load_settings(tmp_path, {})

    assert str(tmp_path / "fermata.yaml") in refused.value.do
