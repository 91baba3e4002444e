"""What a command starts with: its settings, a house that serves nothing, and who is at the keyboard."""

import os
import shutil

import pytest
from tests.unit.cli.desk import USER, run

from fermata.cli.opening import get_actor, get_handle, remember_config, with_house


def test_handle_is_the_operating_systems_user(monkeypatch):
    """An environment variable proves nothing about who somebody is."""
    monkeypatch.setenv("LOGNAME", "mallory")
    monkeypatch.setenv("USER", "mallory")

    assert get_handle() == USER


def test_user_without_a_name_has_its_number(monkeypatch):
    """In a container a process may run as a number that nobody named: it can be a handle all the same."""
    # The number of this process cannot be injected.
    monkeypatch.setattr(os, "getuid", lambda: 987654)

    assert get_handle() == "uid:987654"


def test_actor_is_the_person_behind_the_handle(desk):
    """The journal names the person whose console handle it is."""
    remember_config(desk.file)

    async def work(house):
        return get_actor(house)

    actor = with_house(work)
    assert (actor.kind, actor.id, actor.channel) == ("person", "dana", "console")


def test_stranger_is_journalled_by_the_handle(desk):
    """Somebody whom the settings do not name is unknown, and kept as such."""
    desk.write_settings(**{f"console: {USER}": "console: somebody"})
    remember_config(desk.file)

    async def work(house):
        return get_actor(house)

    actor = with_house(work)
    assert (actor.kind, actor.id) == ("unknown", USER)


def test_house_of_a_command_serves_nothing(desk):
    """A command works beside the serving process: it takes no lock and starts no sweep."""
    remember_config(desk.file)

    async def work(house):
        return [(result.name, result.ok) for result in await house.is_ready()]

    assert with_house(work) == [("engine", False), ("store", True)]
    assert not (desk.folder / "state" / "fermata.lock").exists()


def test_state_directory_is_made_private(desk):
    """Whoever can write there can decide: the first command that makes it makes it its owner's alone."""
    shutil.rmtree(desk.folder / "state")

    desk.run("incidents")

    assert (desk.folder / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("is_empty", [False, True])
def test_store_that_was_not_there_is_said_to_be_new(desk, is_empty):
    """An unmounted disk, a slip in a path or a restored backup of no bytes must not read like a quiet night."""
    shutil.rmtree(desk.folder / "state")
    if is_empty:
        (desk.folder / "state").mkdir(mode=0o700)
        (desk.folder / "state" / "fermata.db").touch(mode=0o600)

    first, again = desk.run("incidents"), desk.run("incidents")

    assert "There was no store at" in first.err
    assert "whether its disk is mounted" in first.err
    assert again.err == ""


def test_shell_without_the_tokens_sees_what_waits(desk):
    """They stand in the service's environment alone: whoever is on call looks, halts and signs in all the same."""
    desk.write_settings("  postgres: {dsn: env:NOPE_DSN}\n")

    for words in (
        ("incidents",),
        ("pending",),
        ("costs",),
        ("audit", "verify"),
        ("login",),
        ("halt", "a drill"),
        ("resume",),
    ):
        result = desk.run(*words)
        assert (result.code, result.err) == (0, ""), words
    assert desk.run("audit", "verify").code == 0


def test_decision_in_a_shell_without_the_tokens_is_refused_with_the_way_out(desk):
    """A house without its channels would leave cards behind that nobody changes any more."""
    desk.write_settings("  postgres: {dsn: env:NOPE_DSN}\n")

    result = desk.run("approve", "--digest", "12345678")

    assert result.code == 2
    assert "environment variable NOPE_DSN is not set" in result.err
    assert "must be set in this shell too, or be a file:PATH" in result.err


@pytest.fixture
def astray(tmp_path, monkeypatch):
    """Stand in a folder without settings."""
    for name in [name for name in os.environ if name.startswith("FERMATA_")]:
        monkeypatch.delenv(name)
    (tmp_path / "astray").mkdir()
    monkeypatch.chdir(tmp_path / "astray")
    return tmp_path / "astray"


@pytest.mark.parametrize("command", [("halt",), ("chaos", "stop")])
def test_word_that_nothing_running_can_hear_is_no_success(astray, command):
    """In the wrong folder, with something running elsewhere: it says so, and does what it can all the same."""
    first, second = run(*command), run(*command)

    assert first.code == 1
    assert f"No settings were found: no fermata.yaml in {astray}" in first.err
    assert f"only about {astray}/.fermata, which is new. What runs by other settings is neither seen" in first.err
    # The first has made a state there: somebody's, for all anybody knows.
    assert second.code == 0


@pytest.mark.parametrize("command", [("login",), ("link", "--channel", "slack"), ("test-alert",)])
def test_command_that_settings_would_have_helped_says_that_there_are_none(astray, command):
    """Before what it lacks: to set that in a file which is elsewhere would be the wrong thing to do."""
    told = run(*command)

    assert told.code == 2
    assert told.err.index(f"No settings were found: no fermata.yaml in {astray}") < told.err.index("fermata: ")
    assert "`fermata init` writes the first" in told.err


def test_stranger_at_the_keyboard_is_told_what_to_write(desk):
    """Nobody can be named by --as where nobody is: the line that makes one is told."""
    desk.write_settings(**{f"console: {USER}": "console: somebody-else"})
    among_others = desk.run("login")
    desk.file.write_text("state_dir: state\n")
    alone = desk.run("login")

    line = f"write `handles: {{console: {USER}}}` beside whom you are in `people:`"
    assert f"Name someone with --as, or {line}" in among_others.err
    assert f"Nobody is in `people:` yet: {line}" in alone.err


def test_word_in_the_wrong_folder_is_said_once(astray):
    """Also by what only looks."""
    assert run("chaos", "list").err.count("No settings were found") == 1


def test_folder_with_settings_is_nobodys_mistake(desk, monkeypatch):
    """Named by where one stands."""
    monkeypatch.chdir(desk.folder)

    result = run("chaos", "stop")

    assert (result.code, "No settings" in result.err) == (0, False)
