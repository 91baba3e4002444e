"""Where a store lies that the settings name by a relative path."""

from pathlib import Path

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings


def test_relative_store_lies_beside_the_file_wherever_a_command_runs(write, tmp_path, monkeypatch):
    """An alert that was stored by the server is seen by a command that runs in another folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = write("store: {url: 'sqlite:///rows/f.db'}")
    by_reference = tmp_path / "by-reference.yaml"
    by_reference.write_text("store: {url: 'env:ROWS'}")
    monkeypatch.chdir(elsewhere)

    def find(file, environ):
        return load_settings(file, environ).settings.store_url

    assert find(file, {}) == f"sqlite:///{tmp_path}/rows/f.db"
    assert find(by_reference, {"ROWS": "sqlite:///rows/f.db"}) == f"sqlite:///{tmp_path}/rows/f.db"
    assert find(file, {"FERMATA_STORE__URL": "sqlite:///mine.db"}) == f"sqlite:///{elsewhere}/mine.db"
    assert find(None, {"FERMATA_STORE__URL": "sqlite:////var/f.db"}) == "sqlite:////var/f.db"


def test_home_in_the_url_of_a_store_is_found(write):
    """A folder that is called ~ is nobody's wish."""
    settings = load_settings(write("store: {url: 'sqlite:///~/f.db'}"), {}).settings

    assert settings.store_url == f"sqlite:///{Path.home()}/f.db"


@pytest.mark.parametrize(
    ("url", "word"),
    [("sqlite:////var/f.db?mode=ro", "takes no options"), ("sqlite:///~nobody-of-this-name/f.db", "home directory")],
)
def test_store_that_would_lie_elsewhere_or_be_opened_otherwise_is_a_fault(write, url, word):
    """An option that nobody reads would be taken for a promise."""
    with pytest.raises(UserError) as refusal:
        load_settings(write(f"store: {{url: '{url}'}}"), {})

    (fault,) = refusal.value.facts["faults"]
    assert fault.startswith("store.url: ")
    assert word in fault


@pytest.mark.parametrize(
    ("beside", "here", "expected"),
    [(True, True, "beside"), (True, False, "beside"), (False, False, "beside"), (False, True, "here")],
)
def test_relative_kubeconfig_lies_beside_the_settings_file(write, tmp_path, monkeypatch, beside, here, expected):
    """Like any other path; one that is only where the command runs goes on working."""
    pytest.importorskip("lightkube")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for folder, is_there in ((tmp_path, beside), (elsewhere, here)):
        if is_there:
            (folder / "admin.kubeconfig").touch()
    monkeypatch.chdir(elsewhere)

    loaded = load_settings(write("systems: {kubernetes: {kubeconfig: admin.kubeconfig}}"), {})

    folder = tmp_path if expected == "beside" else elsewhere
    assert loaded.systems["kubernetes"].kubeconfig == folder / "admin.kubeconfig"


@pytest.mark.parametrize(("section", "expected"), [("kubeconfig: /etc/k", Path("/etc/k")), ("in_cluster: true", None)])
def test_kubeconfig_that_is_no_relative_path_stays(write, section, expected):
    """An absolute one is where it says, and a pod needs none."""
    pytest.importorskip("lightkube")
    loaded = load_settings(write(f"systems: {{kubernetes: {{{section}}}}}"), {})

    assert loaded.systems["kubernetes"].kubeconfig == expected


@pytest.mark.parametrize("value", ["", " "])
def test_store_at_no_place_is_a_fault(tmp_path, value):
    """An unset variable of a compose file would beat the server that the file names, and serve an empty SQLite."""
    file = tmp_path / "fermata.yaml"
    file.write_text("store: {url: 'postgresql://u@h/db'}\n")

    with pytest.raises(UserError, match=r"store\.url: it is empty"):
        load_settings(file, {"FERMATA_STORE__URL": value})


def test_store_that_is_left_out_lies_in_the_state(tmp_path):
    """Nothing written is a decision for the default."""
    file = tmp_path / "fermata.yaml"
    file.write_text("store: {}\n")

    assert load_settings(file, {}).settings.store_url == f"sqlite:///{tmp_path}/.fermata/fermata.db"
