"""The environment tells names and places; the value of a secret never leaves it."""

from dataclasses import fields
from pathlib import Path

import pytest

from fermata.settings.surroundings import read_surroundings

FOLDER = Path("/srv/shop")


def read(**environ):
    """Read an environment."""
    return read_surroundings(FOLDER, {"HOME": "/home/alice", **environ})


def test_usual_places_are_looked_at_where_nothing_is_named():
    """The kubeconfig and the sockets that the tools themselves use."""
    found = read()

    assert found.kubeconfigs == (Path("/home/alice/.kube/config"),)
    assert Path("/var/run/docker.sock") in found.docker_sockets
    assert Path("/home/alice/.docker/run/docker.sock") in found.docker_sockets
    assert found.supervisor_files[0] == FOLDER / "supervisord.conf"
    assert found.docker_host == ""


def test_supervisord_that_runs_goes_before_one_that_a_package_left(tmp_path):
    """By the file that it was started with; of several the one that is nearest to the folder."""
    for pid, words in {
        "7": ["/usr/bin/python3", "/usr/bin/supervisord", "-n", "-c", "/opt/other/supervisord.conf"],
        "8": ["python3", "-m", "supervisor.supervisord", "--configuration=../supervisord.conf"],
        "9": ["/usr/bin/vim", "-c", "set nu", "supervisord"],
        "10": [],
    }.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes("\0".join(words).encode())
        (tmp_path / pid / "cwd").symlink_to("/srv/shop/app")
    (tmp_path / "11").mkdir()

    found = read_surroundings(FOLDER, {"HOME": "/home/alice"}, tmp_path).supervisor_files

    assert list(map(str, found[2:5])) == [
        "/srv/shop/supervisord.conf",
        "/opt/other/supervisord.conf",
        "/etc/supervisord.conf",
    ]


def test_units_are_looked_for_where_systemd_booted_the_machine(tmp_path):
    """A container has the folders too, from its image, and nothing runs what is in them."""
    booted = read_surroundings(FOLDER, {}, booted=tmp_path)
    contained = read_surroundings(FOLDER, {}, booted=tmp_path / "none")

    assert Path("/etc/systemd/system") in booted.unit_folders
    assert contained.unit_folders == ()


def test_pod_is_known_by_what_kubernetes_sets():
    """The token lies where it is mounted; on any other machine there is none to look for."""
    assert read().service_account is None
    assert read(KUBERNETES_SERVICE_HOST="10.96.0.1").service_account.name == "token"


def test_what_is_named_is_looked_at_instead():
    """KUBECONFIG may name several files; a rootless engine lives in the runtime folder."""
    found = read(KUBECONFIG="/a/one:/b/two:", DOCKER_HOST="unix:///d.sock", XDG_RUNTIME_DIR="/run/user/7")

    assert found.kubeconfigs == (Path("/a/one"), Path("/b/two"))
    assert found.docker_host == "unix:///d.sock"
    assert Path("/run/user/7/docker.sock") in found.docker_sockets


@pytest.mark.parametrize("name", ["DATABASE_URL", "POSTGRES_DSN", "SHOP_DATABASE_URL", "PG_URI", "DB_URL"])
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_variable_with_the_address_of_a_postgres_is_named(name, scheme):
    """By its name and by what its value begins with."""
    assert read(**{name: f"{scheme}://u:p@h/d"}).database_variables == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u@h/d"),
        ("DATABASE_URL", ""),
        ("FERMATA_TEST_DATABASE_URL", "postgresql://u@h/d"),
        ("SOMETHING", "postgresql://u@h/d"),
    ],
)
def test_variable_of_something_else_is_not(name, value):
    """Another database, an empty one, our own, or a name that does not say what it is."""
    assert read(**{name: value}).database_variables == ()


def test_no_value_of_a_secret_is_kept():
    """Whatever is shown, logged or written afterwards cannot hold one."""
    found = read(DATABASE_URL="postgresql://u:hunter2@h/d", GITHUB_TOKEN="hunter2", EMPTY="")

    assert "hunter2" not in "".join(repr(getattr(found, field.name)) for field in fields(found))
    assert {"DATABASE_URL", "GITHUB_TOKEN"} <= found.variables
    assert "EMPTY" not in found.variables


def test_real_environment_is_read_where_none_is_given(monkeypatch):
    """As a command does."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2376")

    assert read_surroundings(FOLDER).docker_host == "tcp://elsewhere:2376"
