"""The tree of settings: its layers, its faults, and what it makes of what it reads."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fermata.domain.policy import MAX_APPROVAL
from fermata.flows.context import Limits
from fermata.kit.errors import UserError
from fermata.rules.grouping import GroupingMode
from fermata.settings import Settings, find_state_dir, find_unnamed_state, load_settings
from fermata.settings.tree import EngineSettings, LimitSettings, PolicySettings

GUARDRAIL = "{id: g, actions: [x.*], resources: ['*'], approvers: {roles: [oncall]}"


def list_faults(file, environ=None):
    """Load settings that must not load; give the faults."""
    with pytest.raises(UserError) as refusal:
        load_settings(file, environ or {})
    return refusal.value.facts["faults"]


def test_nothing_set_permits_nothing_and_listens_to_nobody(tmp_path, monkeypatch):
    """Dangerous defaults do not exist."""
    monkeypatch.chdir(tmp_path)

    loaded = load_settings(None, {})

    assert loaded.settings.policy.build().guardrails == ()
    assert loaded.settings.server.host == "127.0.0.1"
    assert loaded.settings.server.alert_token == ""
    assert loaded.settings.people == ()
    assert loaded.systems == {}
    assert loaded.origins == {}
    assert loaded.file is None


def test_real_environment_is_read_when_none_is_given(tmp_path, monkeypatch):
    """The one place that reads it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "FERMATA_SERVER__PORT", "9001")

    assert load_settings().settings.server.port == 9001


def test_environment_beats_the_file_and_the_file_beats_the_default(write):
    """Three layers, each with its origin."""
    file = write("server: {port: 9000, host: 0.0.0.0}\nlog: {level: debug}")

    loaded = load_settings(file, {"FERMATA_SERVER__PORT": "9001"})

    server = loaded.settings.server
    assert (server.port, server.host, server.max_body_bytes) == (9001, "0.0.0.0", 4 * 1024 * 1024)
    assert loaded.origins["server.port"].text == "environment FERMATA_SERVER__PORT"
    assert loaded.origins["server.host"].text == str(file)
    assert "server.max_body_bytes" not in loaded.origins
    assert not any(origin.secret for origin in loaded.origins.values())


def test_file_is_found_by_argument_then_variable_then_folder(write, tmp_path, monkeypatch):
    """The first of these wins."""
    here, named, given = tmp_path / "here", tmp_path / "named.yaml", tmp_path / "given.yaml"
    here.mkdir()
    for file, port in ((here / "fermata.yaml", 1), (named, 2), (given, 3)):
        file.write_text(f"server: {{port: {port}}}")
    monkeypatch.chdir(here)

    assert load_settings(None, {}).settings.server.port == 1
    assert load_settings(None, {"FERMATA_CONFIG": str(named)}).settings.server.port == 2
    assert load_settings(given, {"FERMATA_CONFIG": str(named)}).settings.server.port == 3


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_file_that_is_not_there_is_refused(tmp_path, how):
    """A file that was named is never silently left out."""
    absent = tmp_path / "absent.yaml"

    with pytest.raises(UserError, match=f"no settings file {absent}"):
        load_settings(*((absent, {}) if how == "argument" else (None, {"FERMATA_CONFIG": str(absent)})))


def test_all_faults_are_reported_at_once(write):
    """Every section is looked at, each fault with its path and where it was read."""
    file = write(
        "server: {port: 70000, prot: 1, alert_token: literal}\n"
        "limits: {lookback: soon}\n"
        "silences: [{id: s}]\n"
        f"policy: {{guardrails: [{GUARDRAIL}, condition: '<'}}]}}\n"
        "systems: {supervisor: {ulr: x}, nothing: {}}\n"
    )

    faults = list_faults(file, {"FERMATA_ENGINE__WORKERS": "0", "FERMATA_SEVER__PORT": "1"})

    paths = [fault.partition(":")[0] for fault in faults]
    assert sorted(paths) == [
        "FERMATA_SEVER__PORT",
        "engine.workers",
        "limits.lookback",
        "policy.guardrails.0.condition",
        "server.alert_token",
        "server.port",
        "server.prot",
        "silences.0.match",
        "silences.0.reason",
        "silences.0.until",
        "systems.nothing",
        "systems.supervisor.ulr",
        "systems.supervisor.url",
    ]
    origins = [fault.rpartition("[")[2].rstrip("]") for fault in faults]
    assert set(origins) == {str(file), "environment", "environment FERMATA_ENGINE__WORKERS"}


def test_budget_of_an_unknown_provider_is_a_fault(write):
    """A limit with a typo in it would limit nothing, and nobody would be told before the bill."""
    with pytest.raises(UserError, match=r"budgets\.providers_per_day\.opnai"):
        load_settings(write("budgets: {providers_per_day: {opnai: 4}}"), {})


def test_error_counts_its_faults_and_shows_them(write):
    """One is one fault; the text holds what the facts hold."""
    with pytest.raises(UserError, match=r"hold 1 fault \(.*fermata.yaml\)") as refusal:
        load_settings(write("server: {port: x}"), {})

    assert "\n  server.port: " in str(refusal.value)
    assert str(refusal.value).endswith("\nCorrect them; docs/settings.md lists every setting.")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("severs: {}", "severs: unknown key; did you mean 'server'?"),
        ("server: {prot: 1}", "server.prot: unknown key; did you mean 'port'?"),
        ("server: {zzz: 1}", "server.zzz: unknown key ["),
        (
            f"policy: {{guardrails: [{GUARDRAIL}, aprovals: 2}}]}}",
            "guardrails.0.aprovals: unknown key; did you mean 'approvals'?",
        ),
        ("people: [{id: a, name: A, handels: {}}]", "people.0.handels: unknown key; did you mean 'handles'?"),
        ("systems: {console: {colors: auto}}", "systems.console.colors: unknown key; did you mean 'colour'?"),
        ("8714: x", "8714: unknown key ["),
    ],
)
def test_unknown_key_is_a_fault_and_comes_with_the_nearest_known_one(write, text, fault):
    """A misspelt guardrail must not be silently absent, at whatever depth it stands."""
    (found, *_) = [item for item in list_faults(write(text)) if "unknown key" in item]

    assert fault in found


def test_unknown_system_comes_with_those_that_exist(write):
    """Including the one that was probably meant."""
    (fault,) = list_faults(write("systems: {supervisord: {}}"))

    assert fault.startswith("systems.supervisord: There is no system 'supervisord'")
    assert "Perhaps supervisor is meant" in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("systems: {console: {width: 3}}", "systems.console.width: at least 40 is wanted"),
        ("systems: {supervisor: {url: ftp://x}}", "systems.supervisor.url: write unix:///"),
        (
            "systems: {prometheus: {url: 'http://x', username: u}}",
            "systems.prometheus: username and password go together",
        ),
        ("systems: {alertmanager: {url: x}}", "systems.alertmanager.url: unknown key"),
        ("systems: {grafana: 0}", "systems.grafana: a section is wanted"),
        ("systems: [supervisor]", "systems: a section is wanted"),
    ],
)
def test_section_of_a_system_is_validated_by_the_system(write, text, fault):
    """Each system knows its own keys; its faults are reported like all others."""
    (found,) = list_faults(write(text))

    assert found.startswith(fault)
    assert found.endswith("fermata.yaml]")


def test_reference_to_nothing_is_one_fault_and_no_second_one(write):
    """What is missing for it, a section as a whole does not complain of again; its other faults stay."""
    text = "systems: {postgres: {dsn: env:NOPE_DSN, sample_s: 9, services: {checkout: shop}}}"

    told, other = list_faults(write(text))
    (alone,) = list_faults(write("systems: {postgres: {dsn: env:NOPE_DSN}}"))

    assert told.startswith("systems.postgres.dsn: environment variable NOPE_DSN is not set")
    assert other.startswith("systems.postgres.sample_s: ")
    assert alone == told


@pytest.mark.parametrize("section", ["{}", "", "~"])
def test_system_with_nothing_to_set_is_used_when_it_is_named(write, section):
    """Its name alone switches it on."""
    loaded = load_settings(write(f"systems:\n  alertmanager: {section}\n  supervisor: {{url: 'unix:///s.sock'}}\n"), {})

    assert sorted(loaded.systems) == ["alertmanager", "supervisor"]
    assert loaded.systems["supervisor"].url == "unix:///s.sock"


def test_empty_section_is_one_not_filled_in_yet(write):
    """`people:` with nothing below it is what a template leaves behind."""
    assert load_settings(write("people:\nserver:\npolicy:\n"), {}).settings == load_settings(write(""), {}).settings


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("lookback: 90s", timedelta(seconds=90)),
        ("lookback: 1h30m", timedelta(minutes=90)),
        ("lookback: PT2H", timedelta(hours=2)),
    ],
)
def test_duration_is_written_in_words(write, text, duration):
    """As people write it; the form of ISO 8601, which JSON carries, is read as well."""
    limits = load_settings(write(f"limits: {{{text}}}"), {}).settings.limits

    assert limits.lookback == duration
    assert limits.build().lookback == duration


@pytest.mark.parametrize("value", ["10", "1.5", "soon", "1 fortnight", "-5s", "''", "[1m]", "0s", "0"])
def test_duration_without_a_unit_or_that_takes_no_time_is_refused(write, value):
    """Ten of what? And a deadline of nothing would gather nothing."""
    (fault,) = list_faults(write(f"limits: {{gather_deadline: {value}}}"))

    assert fault.startswith("limits.gather_deadline: ")


def test_duration_from_the_environment_needs_its_unit_too(tmp_path, monkeypatch):
    """A bare number is the same riddle there."""
    monkeypatch.chdir(tmp_path)

    assert load_settings(None, {"FERMATA_LIMITS__LOOKBACK": "2h"}).settings.limits.lookback == timedelta(hours=2)
    assert "is not a duration" in list_faults(None, {"FERMATA_LIMITS__LOOKBACK": "600"})[0]


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(milliseconds=100), "100ms"),
        (timedelta(hours=25, minutes=1, seconds=2, milliseconds=3), "1d1h1m2s3ms"),
        (timedelta(0), "0s"),
    ],
)
def test_duration_is_shown_as_it_is_written(duration, text):
    """`settings show` prints what could be put back into the file."""
    shown = LimitSettings(stable_for=duration).model_dump(mode="json")

    assert shown["stable_for"] == text
    assert LimitSettings.model_validate(shown).stable_for == duration


def test_limits_are_those_of_the_flows(write):
    """Unset, the settings say what the flows would do by themselves; every limit can be set."""
    assert LimitSettings().build() == Limits()
    assert set(LimitSettings.model_fields) == set(Limits.__slots__)


@pytest.mark.parametrize("valid_for", ["0s", "25h", "3d"])
def test_approval_outside_its_limits_is_refused(write, valid_for):
    """At most a day: by then nobody remembers the card."""
    (fault,) = list_faults(write(f"policy: {{guardrails: [{GUARDRAIL}, valid_for: {valid_for}}}]}}"))

    assert fault.startswith("policy.guardrails.0.valid_for: ")


def test_policy_is_built_as_it_is_written(write):
    """Durations in words, freezes with instants, conditions as text."""
    file = write(
        f"policy:\n  guardrails:\n    - {GUARDRAIL}, valid_for: 24h, cooldown: 0s, condition: 'blast_radius < 3'}}\n"
        "  freezes:\n"
        "    - {id: f, starts_at: 2026-12-24T00:00:00Z, ends_at: 2026-12-27T00:00:00+01:00, reason: leave}\n"
    )

    policy = load_settings(file, {}).settings.policy.build()

    (guardrail,), (freeze,) = policy.guardrails, policy.freezes
    assert (guardrail.valid_for, guardrail.cooldown) == (MAX_APPROVAL, timedelta(0))
    assert guardrail.condition == "blast_radius < 3"
    assert freeze.ends_at == datetime(2026, 12, 26, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "fault"),
    [("blast_radius <", "line 1, column 1"), ("blast_radios < 3", "unknown: blast_radios"), ("x" * 3000, "characters")],
)
def test_bad_condition_is_reported_with_its_guardrail(write, condition, fault):
    """Nothing runs under a policy with an expression that could only fail later; each one is named."""
    good = GUARDRAIL.replace("id: g", "id: good")
    bad = GUARDRAIL.replace("id: g", "id: bad")
    file = write(
        f"policy: {{guardrails: [{GUARDRAIL}, condition: '{condition}'}}, {good}}}, {bad}, "
        f"condition: '{condition}'}}]}}\n"
        "server: {port: x}\n"
    )

    faults = list_faults(file)

    assert [item.partition(":")[0] for item in faults] == [
        "server.port",
        "policy.guardrails.0.condition",
        "policy.guardrails.2.condition",
    ]
    assert fault in faults[1].lower()


def test_empty_condition_means_always(write):
    """It is not compiled, and not refused."""
    policy = load_settings(write(f"policy: {{guardrails: [{GUARDRAIL}, condition: ''}}]}}"), {}).settings.policy

    assert policy.build().guardrails[0].condition == ""


def test_two_guardrails_with_one_id_are_reported_in_a_line(write):
    """The policy's own rules are faults of the settings."""
    (fault,) = list_faults(write(f"policy: {{guardrails: [{GUARDRAIL}}}, {GUARDRAIL}}}]}}"))

    assert fault.startswith("policy: two guardrails or freezes share an id: ['g']")
    assert "\n" not in fault


def test_policy_cannot_be_built_around_its_check():
    """Code that builds the section directly meets the same rule."""
    guardrail = {"id": "g", "actions": ["x"], "resources": ["*"], "approvers": {"roles": ["oncall"]}}

    with pytest.raises(ValueError, match="share an id"):
        PolicySettings(guardrails=[guardrail, guardrail])


@pytest.mark.parametrize(
    ("people", "fault"),
    [
        ("[{id: a, name: A}, {id: a, name: B}]", "two people have the id 'a'"),
        (
            "[{id: a, name: A, handles: {console: x}}, {id: b, name: B, handles: {console: x}}]",
            "2 people have the console handle 'x'",
        ),
        ("[{id: fermata, name: F}]", "'fermata' is a reserved id"),
        ("[{id: Unknown, name: F}]", "'Unknown' is a reserved id"),
    ],
)
def test_people_who_could_be_taken_for_another_are_refused(write, people, fault):
    """Whose word a click is must not depend on the order of a list."""
    (found,) = list_faults(write(f"people: {people}"))

    assert found.startswith(f"people: {fault}")


def test_one_handle_in_two_channels_is_fine(write):
    """Channels have names of their own, and the same name elsewhere may be someone else."""
    text = "people: [{id: a, name: A, handles: {console: x}}, {id: b, name: B, handles: {slack: x, console: y}}]"

    assert len(load_settings(write(text), {}).settings.people) == 2


@pytest.mark.parametrize("text", ["state_dir: state", ""])
def test_state_lies_beside_the_file_wherever_a_command_runs(write, tmp_path, monkeypatch, text):
    """Two commands with one file must find the same state, also when the file leaves the place to the default."""
    file = write(text)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    settings = load_settings(Path("../fermata.yaml"), {}).settings

    name = "state" if text else ".fermata"
    assert settings.state_dir.is_absolute()
    assert settings.state_dir.resolve() == file.parent / name
    assert Path(settings.store_url.removeprefix("sqlite:///")) == settings.state_dir / "fermata.db"
    assert settings.halt_path == settings.state_dir / "HALT"


def test_state_named_by_the_environment_is_meant_from_here(write, tmp_path, monkeypatch):
    """So is the default without a file: there is no other place to start from."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = write("state_dir: state")
    monkeypatch.chdir(elsewhere)

    assert load_settings(file, {"FERMATA_STATE_DIR": "mine"}).settings.state_dir == elsewhere / "mine"
    assert load_settings(None, {}).settings.state_dir == elsewhere / ".fermata"


def test_absolute_state_stays_where_it_is(write, tmp_path):
    """And the home folder is found."""
    assert load_settings(write(f"state_dir: {tmp_path}/x"), {}).settings.state_dir == tmp_path / "x"
    assert load_settings(write("state_dir: ~/x"), {}).settings.state_dir == Path.home() / "x"


@pytest.mark.parametrize("value", ["", " "])
def test_state_at_no_place_is_a_fault(write, value):
    """An unset variable of a compose file is empty: the store would lie wherever the server was started."""
    with pytest.raises(UserError, match="state_dir: it is empty"):
        load_settings(write("{}"), {"FERMATA_STATE_DIR": value})


def test_state_in_the_folder_itself_is_a_decision(write, tmp_path):
    """Somebody wrote the dot."""
    assert load_settings(write("state_dir: ."), {}).settings.state_dir == tmp_path


@pytest.mark.parametrize("value", ["~nobody-of-this-name/x", '"a\\0b"'])
def test_state_at_an_impossible_place_is_a_fault(write, value):
    """Found when the settings are read, not when the first alert comes."""
    (fault,) = list_faults(write(f"state_dir: {value}"))

    assert fault.startswith("state_dir: ")


@pytest.mark.parametrize(
    "url", ["sqlite:////var/f.db", "postgresql://u@h/db", "postgres://u@h/db", "postgresql+psycopg://h/db"]
)
def test_store_is_named_by_its_url(write, url):
    """A file, or a database on a server."""
    assert load_settings(write(f"store: {{url: '{url}'}}"), {}).settings.store_url == url


@pytest.mark.parametrize("url", ["mysql://u@h/db", "fermata.db", "http://h/"])
def test_store_of_another_kind_is_refused(write, url):
    """At the start, with the forms that exist."""
    (fault,) = list_faults(write(f"store: {{url: '{url}'}}"))

    assert fault.startswith("store.url: write sqlite:///path/to/file or postgresql://")


def test_store_url_is_the_given_one_or_a_file_in_the_state(tmp_path):
    """Left out means SQLite beside the other state."""
    assert Settings(state_dir=tmp_path).store_url == f"sqlite:///{tmp_path}/fermata.db"


def test_settings_hide_secrets_from_a_trace(write):
    """Printing the whole tree, as a debugger or a trace would, shows no secret."""
    canary = "canary" + "-4711"
    file = write(
        "server: {alert_token: env:T, alert_hmac_secret: env:T}\n"
        "systems: {supervisor: {url: 'unix:///s', password: env:T}}\n"
    )

    loaded = load_settings(file, {"T": canary})

    assert loaded.settings.server.alert_token == canary
    assert loaded.systems["supervisor"].password.get_secret_value() == canary
    assert canary not in repr(loaded)


def test_sections_cannot_be_changed(write):
    """A change of settings is a restart."""
    settings = load_settings(write(""), {}).settings

    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1


def test_shadow_mode_is_named(write):
    """Modes are words."""
    assert load_settings(write("grouping: {mode: shadow}"), {}).settings.grouping.mode is GroupingMode.SHADOW
    (fault,) = list_faults(write("grouping: {mode: maybe}"))
    assert "'active', 'shadow' or 'off'" in fault


def test_worker_needs_a_name():
    """Two workers without one would take up each other's work."""
    with pytest.raises(ValueError, match="at least 1 character"):
        EngineSettings(executor_id="")


def test_state_directory_is_found_whatever_else_is_wrong(tmp_path):
    """Halting needs nothing but the place; where even the file cannot be read, that is said."""
    file = tmp_path / "fermata.yaml"
    file.write_text("state_dir: here\nserver: {port: many}\nnonsense: 1\n")

    assert find_state_dir(file, {}) == tmp_path / "here"
    assert find_state_dir(file, {"FERMATA_STATE_DIR": "/elsewhere"}) == Path("/elsewhere")
    file.write_text("server: {port: many}\n")
    assert find_state_dir(file, {}) == tmp_path / ".fermata"
    file.write_text("{")
    with pytest.raises(UserError, match="is not YAML"):
        find_state_dir(file, {})


def test_state_that_nothing_names_is_that_of_the_folder(tmp_path, monkeypatch):
    """A file or a variable says whose it is; without either it is wherever somebody happens to stand."""
    monkeypatch.chdir(tmp_path)

    assert find_unnamed_state(None, {}) == tmp_path / ".fermata"
    assert find_unnamed_state(None, {"FERMATA_STATE_DIR": "/elsewhere"}) is None
    assert find_unnamed_state(None, {"FERMATA_STORE__URL": "sqlite:////elsewhere/fermata.db"}) is None
    (tmp_path / "fermata.yaml").write_text("state_dir: here\n")
    assert find_unnamed_state(None, {}) is None
    assert find_unnamed_state(tmp_path / "fermata.yaml", {}) is None
