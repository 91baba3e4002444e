"""The set-up script: what it refuses, what it keeps, and when it does nothing.

A whole installation is not repeated here: `make test` is one, each time the locks change.
"""

import json
import sys

import pytest

import setup_env


@pytest.fixture
def tree(tmp_path):
    """Give a source tree with the files the stamp depends on, and no environment yet."""
    for name in (*setup_env.INPUTS, *(f"requirements/{lock}.txt" for lock in setup_env.SETS)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return tmp_path


@pytest.fixture
def finished(tree):
    """Give a tree whose demo environment was built."""
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").touch()
    stamp(tree, "demo")
    return tree


def stamp(tree, installed):
    """Mark the environment as the script does at its end."""
    content = {"set": installed, "digest": setup_env.compute_digest(tree, installed)}
    (tree / ".venv" / setup_env.STAMP).write_text(json.dumps(content))


def write_config(venv, *, command=None, version=None):
    """Make a folder look like an environment that `python -m venv` made."""
    (venv / "lib" / "python3.11" / "site-packages" / "pip").mkdir(parents=True)
    version = version or ".".join(map(str, sys.version_info[:3]))
    command = command or f"/usr/bin/python3 -m venv {venv}"
    (venv / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\ncommand = {command}\n")


def test_old_python_is_refused_with_the_way_out():
    """Python 3.10 cannot run Fermata; the message names the found and the needed one."""
    with pytest.raises(setup_env.SetupFailed, match=r"needs Python 3\.11 or newer; .* is 3\.10\.9.*PYTHON=python3\.11"):
        setup_env.check_python((3, 10, 9))


@pytest.mark.parametrize("absent", ["venv", "ensurepip"])
def test_python_without_venv_is_refused_with_the_package_to_install(monkeypatch, absent):
    """Debian packages venv and ensurepip apart; the message says which package brings them."""
    # The interpreter that runs the tests has both: only the look-up can be bent.
    monkeypatch.setattr(setup_env, "find_spec", lambda name: None if name == absent else object())

    with pytest.raises(setup_env.SetupFailed, match=f"comes without {absent} .*apt install python3-venv"):
        setup_env.check_python((3, 11, 2))


def test_finished_environment_is_left_alone(finished, capsys):
    """The second run does nothing and says nothing."""
    assert setup_env.main(["demo", "--tree", str(finished)]) == 0
    assert capsys.readouterr() == ("", "")


def test_larger_set_serves_a_smaller_wish(finished):
    """After `make test`, `make demo` installs nothing."""
    stamp(finished, "dev")

    assert setup_env.is_current(finished, "demo")
    assert setup_env.is_current(finished, "dev")


def test_smaller_set_does_not_serve_a_larger_wish(finished):
    """After `make demo`, `make test` still has something to install."""
    assert not setup_env.is_current(finished, "dev")


@pytest.mark.parametrize("changed", ["requirements/demo.txt", "requirements/uv.txt", "pyproject.toml"])
def test_changed_input_makes_the_environment_stale(finished, changed):
    """A new lock or new metadata is installed at the next run."""
    (finished / changed).write_text("# changed\n")

    assert not setup_env.is_current(finished, "demo")


def test_moved_tree_makes_the_environment_stale(finished, tmp_path_factory):
    """Scripts name their interpreter by absolute path, so a moved tree is set up anew."""
    moved = finished.rename(tmp_path_factory.mktemp("elsewhere") / "tree")

    assert not setup_env.is_current(moved, "demo")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"set": "demo"}', '{"set": "all", "digest": ""}'])
def test_damaged_stamp_counts_as_none(finished, damage):
    """Whatever stands in the stamp, the worst that happens is another installation."""
    (finished / ".venv" / setup_env.STAMP).write_text(damage)

    assert not setup_env.is_current(finished, "demo")


def test_missing_interpreter_counts_as_no_environment(finished):
    """A stamp without an interpreter, as after an upgrade of Python, is not believed."""
    (finished / ".venv" / "bin" / "python").unlink()

    assert not setup_env.is_current(finished, "demo")


def test_missing_lock_is_refused_with_the_way_out(finished, capsys):
    """Without its lock nothing is installed; the exit code is that of a user's error."""
    (finished / "requirements" / "demo.txt").unlink()

    code = setup_env.main(["demo", "--tree", str(finished)])

    assert code == 2
    assert "requirements/demo.txt cannot be read" in capsys.readouterr().err


def test_environment_made_by_hand_at_this_path_is_kept(tmp_path):
    """One that `python -m venv` made here, by this Python, is brought up to the lock, not replaced."""
    venv = tmp_path / ".venv"
    write_config(venv)
    (venv / "keepsake").touch()

    setup_env.make_venv(venv)

    assert (venv / "keepsake").exists()


@pytest.mark.parametrize("foreign", [{"command": "/usr/bin/python3 -m venv /elsewhere/.venv"}, {"version": "3.10.1"}])
def test_foreign_environment_is_not_usable(tmp_path, foreign):
    """A copied environment, or one of another Python, would start the wrong interpreter."""
    write_config(tmp_path / ".venv", **foreign)

    assert not setup_env.is_usable(tmp_path / ".venv")


def test_linked_environment_is_never_removed(tmp_path):
    """What a link points to may belong to something else: it is refused, not replaced."""
    target = tmp_path / "shared"
    target.mkdir()
    (tmp_path / ".venv").symlink_to(target)

    with pytest.raises(setup_env.SetupFailed, match="is a link"):
        setup_env.make_venv(tmp_path / ".venv")

    assert target.is_dir()


def test_failed_step_is_named_and_leaves_no_stamp(finished, capsys):
    """An interrupted installation does not look like a finished one."""
    (finished / "requirements" / "demo.txt").write_text("# changed\n")
    # An interpreter that fails at everything stands for a network that is away.
    write_config(finished / ".venv")
    (finished / ".venv" / "bin" / "python").unlink()
    (finished / ".venv" / "bin" / "python").symlink_to("/bin/false")

    code = setup_env.main(["demo", "--tree", str(finished)])

    assert code == 2
    assert "could not install uv" in capsys.readouterr().err
    assert not (finished / ".venv" / setup_env.STAMP).exists()
