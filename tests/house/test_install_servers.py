"""The installer of real servers: what it finds, what it says, and that it leaves the machine as it was."""

import os
import stat

import pytest

import install_servers
from install_servers import Server


def make_program(folder, name):
    """Put an executable file where a server would be."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_program_on_path_is_found_by_any_of_its_names(tmp_path, monkeypatch):
    """Distributions name the same server differently; one name is enough."""
    program = make_program(tmp_path, "alertmanager")
    monkeypatch.setenv("PATH", str(tmp_path))

    found = install_servers.find_program(Server("servers", "x", ("prometheus-alertmanager", "alertmanager")))

    assert found == program


def test_program_off_path_is_found_in_its_usual_place(tmp_path, monkeypatch):
    """Debian keeps initdb out of PATH, one folder per version; the newest wins."""
    monkeypatch.setenv("PATH", "")
    make_program(tmp_path / "usr/lib/postgresql/15/bin", "initdb")
    newest = make_program(tmp_path / "usr/lib/postgresql/17/bin", "initdb")

    found = install_servers.find_program(Server("postgres", "x", ("initdb",), ("usr/lib/postgresql/*/bin",)), tmp_path)

    assert found == newest


def test_absent_program_is_listed(monkeypatch):
    """What is on no PATH and in no usual place is missing."""
    monkeypatch.setenv("PATH", "")
    server = Server("servers", "x", ("no-such-server",))

    assert install_servers.list_missing([server]) == [server]


def test_every_marker_of_the_table_is_declared(pytestconfig):
    """A server's marker is one that pytest knows."""
    declared = {line.split(":")[0] for line in pytestconfig.getini("markers")}

    assert {server.marker for server in install_servers.SERVERS} <= declared


def test_ordinary_user_changes_nothing_and_is_told(monkeypatch, capsys, tmp_path):
    """Without root nothing is installed; the skipped tests are named and the run goes on."""
    make_program(tmp_path, "apt-get")
    monkeypatch.setenv("PATH", str(tmp_path))
    # The suite may run as root; who runs it cannot be injected.
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(install_servers, "list_missing", lambda: [Server("browser", "chromium", ("no-such-chromium",))])

    code = install_servers.main()

    assert code == 0
    assert capsys.readouterr().out == (
        "servers: no chromium (not installed, and only root can install it); tests marked `browser` are skipped\n"
    )


def test_machine_without_apt_is_told(monkeypatch, tmp_path):
    """On macOS or Fedora the servers are the user's own affair."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert install_servers.find_obstacle() == "not installed, and there is no apt-get here"


def test_failing_apt_is_reported_and_one_refusal_spares_the_rest(monkeypatch, tmp_path, capsys):
    """When the whole order fails, each package is tried alone, and apt's last words are shown."""
    log = tmp_path / "log"
    apt = make_program(tmp_path, "apt-get")
    apt.write_text(
        f'#!/bin/sh\necho "$*" >>{log}\ncase "$*" in *chromium*) echo "E: no snap here" >&2; exit 100;; esac\n'
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(install_servers, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(install_servers, "CLUSTER_CONFIGS", tmp_path / "createcluster.d")
    servers = [Server("browser", "chromium", ("c",)), Server("servers", "prometheus", ("p",))]

    install_servers.install(servers)

    orders = [line.split()[-2:] for line in log.read_text().splitlines()]
    assert orders[1:] == [["chromium", "prometheus"], ["install", "chromium"], ["install", "prometheus"]]
    assert "apt-get install chromium failed: E: no snap here" in capsys.readouterr().out


def test_services_are_forbidden_to_start_and_the_policy_is_put_back(tmp_path):
    """While packages are unpacked every start is denied; afterwards the administrator's own policy stands again."""
    policy = make_program(tmp_path, "policy-rc.d")
    policy.write_text("#!/bin/sh\nexit 104\n")
    policy.chmod(0o750)

    with install_servers.no_autostart(policy, tmp_path / "createcluster.d"):
        assert policy.read_text().endswith("exit 101\n")
        assert policy.stat().st_mode & stat.S_IXUSR
        assert "create_main_cluster = false" in (tmp_path / "createcluster.d" / "fermata-tests.conf").read_text()

    assert policy.read_text() == "#!/bin/sh\nexit 104\n"
    assert stat.S_IMODE(policy.stat().st_mode) == 0o750
    assert not (tmp_path / "createcluster.d").exists()


def test_policy_that_was_not_there_is_gone_again_also_after_a_failure(tmp_path):
    """A machine without a policy has none afterwards, whatever happened in between."""
    policy = tmp_path / "policy-rc.d"

    with pytest.raises(KeyboardInterrupt), install_servers.no_autostart(policy, tmp_path / "createcluster.d"):
        raise KeyboardInterrupt

    assert not policy.exists()


def test_settings_of_others_stay(tmp_path):
    """Only our own file leaves the folder of cluster settings."""
    configs = tmp_path / "createcluster.d"
    configs.mkdir()
    (configs / "theirs.conf").touch()

    with install_servers.no_autostart(tmp_path / "policy-rc.d", configs):
        pass

    assert [path.name for path in configs.iterdir()] == ["theirs.conf"]
