"""From nothing to settings that work, with few questions; and nothing is overwritten or taken without a word."""

import stat

import pytest
from ruamel.yaml import YAML
from tests.unit.cli.desk import run

from fermata.rules.setup.findings import Found, Secret
from fermata.settings import load_settings

DEV = Found("kubernetes", "context dev", section={"kubeconfig": "/nowhere/config", "context": "dev"})
PROD = Found(
    "kubernetes",
    "context prod",
    section={"kubeconfig": "/nowhere/config", "context": "prod"},
    caution="it looks like production",
)
DOCKER = Found("docker", "Docker engine", section={"socket": "unix:///nowhere/d.sock"}, services=("checkout",))
GITHUB = Found(
    "github",
    "GitHub: a/b",
    section={"token": "env:A_TOKEN", "repositories": {"a/b": {}}},
    secrets=(Secret("A_TOKEN", "a token"),),
)
BROKEN = Found("loki", "Loki perhaps", problem="it asks for a login")


def read(folder):
    """Give what the settings file says."""
    return YAML(typ="safe", pure=True).load((folder / "fermata.yaml").read_text())


def test_settings_that_work_are_written_without_a_question(folder, machine):
    """What was written loads, everything that is looked at is fine, and what to do next is said."""
    result = run("init", "--yes")

    loaded = load_settings(folder / "fermata.yaml", {})
    assert result.code == 0
    assert set(loaded.systems) == {"alertmanager", "console"}
    assert loaded.settings.policy.guardrails == ()
    assert "FAIL" not in result.out
    assert "fermata up" in result.out
    assert "fermata test-alert" in result.out
    assert f"credentials_file: {folder}/.fermata/alert_token" in result.out


def test_token_is_a_secret_and_stays_when_init_runs_again(folder, machine):
    """Only its owner reads it, it is nowhere in what is printed, and those who know it are not locked out."""
    first = run("init", "--yes")
    token = folder / ".fermata" / "alert_token"
    text = token.read_text()

    again = run("init", "--yes")

    assert again.code == 0
    assert "says this already" in again.out
    assert token.read_text() == text
    assert len(text.strip()) >= 40
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
    assert (token.parent / ".gitignore").read_text() == "*\n"
    assert text.strip() not in first.out + again.out + (folder / "fermata.yaml").read_text()


def test_machine_is_only_told_of(folder, machine):
    """--json alone looks and writes nothing."""
    machine(DEV, PROD, BROKEN, gaps=("Terraform: not looked at",))

    told = run("init", "--json").json

    assert told["written"] is False
    assert [one["system"] for one in told["found"] if one["taken_by_default"]] == [
        *("alertmanager", "console", "kubernetes"),
    ]
    assert told["gaps"] == ["Terraform: not looked at"]
    assert list(folder.iterdir()) == []


def test_machine_can_have_it_written_too(folder, machine):
    """--json --yes writes, looks, and tells both in one object."""
    told = run("init", "--json", "--yes").json

    assert told["written"] is True
    assert told["used"] == ["alertmanager", "console"]
    assert all(finding["ok"] for finding in told["checks"])
    assert (folder / "fermata.yaml").exists()


def test_nobody_at_the_keyboard_is_told_what_to_do(folder, machine):
    """A script that forgot --yes does not hang and writes nothing."""
    result = run("init")

    assert result.code == 2
    assert "--yes" in result.err
    assert list(folder.iterdir()) == []


def test_production_is_not_taken_without_its_name(folder, machine):
    """--yes is no word for it; its name is."""
    machine(PROD, DEV)

    run("init", "--yes", "--no-check")
    assert read(folder)["systems"]["kubernetes"]["context"] == "dev"

    run("init", "--yes", "--no-check", "--force", "--context", "prod")
    assert read(folder)["systems"]["kubernetes"]["context"] == "prod"


@pytest.mark.parametrize(
    ("found", "words"), [(DEV, "There is no context 'prod': the kubeconfig has dev"), (None, "has none")]
)
def test_context_that_is_not_there_is_refused(folder, machine, found, words):
    """A misspelt name must not end in another cluster."""
    machine(*filter(None, [found]))

    result = run("init", "--yes", "--context", "prod")

    assert result.code == 2
    assert words in result.err


def test_questions_have_answers_to_accept(folder, machine, answer):
    """Enter, a name, Enter: what is marked is used, and nothing is permitted."""
    machine(DOCKER, BROKEN)

    result = answer("init", "--no-check", lines=["", "Alice Moreau", ""])

    tree = read(folder)
    assert result.code == 0
    assert "[x]  3  Docker engine" in result.out
    assert "[!]  4  Loki perhaps" in result.out
    assert "it asks for a login" in result.out
    assert tree["people"][0] == {
        "id": "alice",
        "name": "Alice Moreau",
        "roles": ["oncall"],
        "handles": {"console": "alice"},
    }
    assert set(tree["systems"]) == {"alertmanager", "console", "docker"}
    assert tree["policy"] == {"guardrails": []}
    assert "fermata test-alert --service checkout" in result.out


def test_restarts_are_permitted_by_a_yes(folder, machine, answer):
    """The question comes only where something can be restarted."""
    machine(DOCKER)

    answer("init", "--no-check", lines=["", "", "y"])

    assert read(folder)["policy"]["guardrails"][0]["actions"] == ["docker.restart_container"]


def test_flag_permits_restarts_without_the_question(folder, machine):
    """For those who set up many machines."""
    machine(DOCKER)

    run("init", "--yes", "--no-check", "--allow-restarts")

    assert read(folder)["policy"]["guardrails"]


def test_numbers_switch_on_and_off(folder, machine, answer):
    """One section for each system: to take another context leaves the first one out, after one more question."""
    machine(DEV, PROD, BROKEN)

    result = answer("init", "--no-check", lines=["4 5 9 2", "y", "", "", ""])

    assert "context prod: it looks like production. Use it?" in result.out
    assert "5 cannot be used yet: it asks for a login" in result.out
    assert "There is no 9." in result.out
    assert read(folder)["systems"].keys() == {"alertmanager", "kubernetes"}
    assert read(folder)["systems"]["kubernetes"]["context"] == "prod"


def test_no_leaves_production_alone(folder, machine, answer):
    """Enter is no."""
    machine(DEV, PROD)

    answer("init", "--no-check", lines=["4", "", "", "", ""])

    assert read(folder)["systems"]["kubernetes"]["context"] == "dev"


def test_section_that_waits_for_a_secret_is_a_comment(folder, machine):
    """The settings work at once; the secret, and where to get it, is the next step."""
    machine(GITHUB)

    result = run("init", "--yes")

    assert result.code == 0
    assert "github" not in read(folder)["systems"]
    assert "#   token: env:A_TOKEN" in (folder / "fermata.yaml").read_text()
    assert "set A_TOKEN for whoever runs Fermata (a token)" in result.out


def test_what_does_not_answer_is_left_out_by_a_yes(folder, machine, answer):
    """It would be a gap on every card; the section stays as a comment with the reason."""
    machine(DOCKER)

    result = answer("init", lines=["", "", "", ""])

    assert result.code == 0
    assert "Leave out what does not answer (docker)?" in result.out
    assert "docker" not in read(folder)["systems"]
    assert "When that is mended, uncomment these lines" in (folder / "fermata.yaml").read_text()
    assert "When they answer, uncomment `docker:`" in result.out
    assert load_settings(folder / "fermata.yaml", {}).systems.keys() == {"alertmanager", "console"}


def test_what_does_not_answer_is_left_out_where_nobody_is_asked(folder, machine):
    """--yes takes the answer that Enter gives; what was found of it is told."""
    machine(DOCKER)

    told = run("init", "--yes", "--json").json

    assert "docker" not in read(folder)["systems"]
    assert "docker" not in told["used"]
    assert [finding["name"] for finding in told["checks"] if not finding["ok"]] == ["docker: engine"]


def test_what_does_not_answer_stays_by_a_no(folder, machine, answer):
    """It may be started later."""
    machine(DOCKER)

    answer("init", lines=["", "", "", "n"])

    assert "docker" in read(folder)["systems"]


def test_file_that_is_there_is_not_overwritten(folder, machine):
    """The change is shown, without its secrets, and nothing is written."""
    before = "server: {alert_token: hunter2hunter2hunter2}\n"
    (folder / "fermata.yaml").write_text(before)

    result = run("init", "--yes")

    assert result.code == 2
    assert "+state_dir: .fermata" in result.out
    assert "hunter2" not in result.out
    assert "--force" in result.err
    assert (folder / "fermata.yaml").read_text() == before
    assert not (folder / ".fermata").exists()


def test_file_that_is_replaced_is_kept(folder, machine):
    """By force, twice: each earlier one lies beside it."""
    (folder / "fermata.yaml").write_text("# one\n")
    run("init", "--yes", "--force")
    (folder / "fermata.yaml").write_text("# two\n")

    result = run("init", "--yes", "--force")

    assert result.code == 0
    assert (folder / "fermata.yaml.bak").read_text() == "# one\n"
    assert (folder / "fermata.yaml.bak1").read_text() == "# two\n"
    assert "fermata.yaml.bak1" in result.out


@pytest.mark.parametrize(("word", "code"), [("", 1), ("y", 0)])
def test_file_that_is_there_is_replaced_only_by_a_yes(folder, machine, answer, word, code):
    """Enter keeps it."""
    (folder / "fermata.yaml").write_text("# mine\n")

    result = answer("init", "--no-check", lines=["", "", word])

    assert result.code == code
    assert ((folder / "fermata.yaml").read_text() == "# mine\n") == bool(code)
    assert ("Nothing was written" in result.out) == bool(code)


def test_settings_go_where_config_says(folder, machine):
    """With the state beside them; what to do next names the file."""
    file = folder / "etc" / "f.yaml"
    file.parent.mkdir()

    result = run("--config", file, "init", "--yes")

    assert result.code == 0
    assert load_settings(file, {}).settings.server.alert_token
    assert (file.parent / ".fermata" / "alert_token").exists()
    assert f"fermata --config {file} up" in result.out


def test_environment_that_breaks_the_settings_is_told_at_once(folder, machine, monkeypatch):
    """What is written is loaded as every command will load it."""
    monkeypatch.setenv("FERMATA_SERVER__PORT", "here")

    result = run("init", "--yes")

    assert result.code == 2
    assert "environment FERMATA_SERVER__PORT" in result.err


def test_folder_that_cannot_be_written_is_told(folder, machine):
    """A file where the state directory belongs."""
    (folder / ".fermata").touch()

    result = run("init", "--yes")

    assert result.code == 4
    assert "cannot be written" in result.err


def test_what_cannot_be_used_is_told_to_those_who_are_asked_nothing(folder, machine):
    """In a list somebody would have seen it, with its reason; by --yes it must not vanish."""
    machine(BROKEN)

    told, calm = run("init", "--yes", "--no-check").out, run("init", "--yes", "--json", "--no-check").out

    assert "Not used\n  Loki perhaps: it asks for a login" in told
    assert "Not used" not in calm


def test_where_all_can_be_used_nothing_is_told_of_it(folder, machine):
    """No heading over nothing."""
    assert "Not used" not in run("init", "--yes", "--no-check").out
