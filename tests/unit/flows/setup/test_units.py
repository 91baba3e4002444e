"""The services that somebody put into systemd's folders."""

from pathlib import Path

import pytest

from fermata.flows.setup.units import find_systemd


@pytest.fixture
def folder(tmp_path):
    """A folder as /etc/systemd/system is on a machine that serves a shop."""
    folder = tmp_path / "system"
    wants = folder / "multi-user.target.wants"
    wants.mkdir(parents=True)
    for name in ("checkout.service", "mailer@.service", "fermata.service", "backup.timer"):
        (folder / name).touch()
    (folder / "sshd.service").symlink_to("/lib/systemd/system/ssh.service")
    (folder / "noise.service").symlink_to("/dev/null")
    for name in ("checkout.service", "nginx.service", "postgresql@15-main.service", "cron.service", "ssh.service"):
        (wants / name).symlink_to(f"/lib/systemd/system/{name}")
    return folder


def test_own_services_and_the_usual_servers_are_found(around, folder):
    """Links are other names or masks, plumbing is nobody's concern, and Fermata does not look after itself."""
    (found,) = find_systemd(around(unit_folders=(folder, Path("/no/such/folder"))))

    assert found.services == ("checkout", "mailer", "nginx", "postgresql")
    assert found.section == {"units": ["nginx", "postgresql@15-main"]}
    assert found.detail == "services: checkout, mailer, nginx, postgresql"
    assert found.is_default


def test_machine_with_own_services_only_needs_no_setting(around, tmp_path):
    """They are looked after unasked; many of them are cut in what is said, not in what is looked after."""
    for number in range(20):
        (tmp_path / f"app-{number:02}.service").touch()

    (found,) = find_systemd(around(unit_folders=(tmp_path,)))

    assert found.section == {}
    assert found.detail.endswith("app-11 and 8 more")


def test_machine_without_any_is_told_nothing_of(around, tmp_path):
    """An empty folder is one of a container, or of a desktop."""
    assert find_systemd(around(unit_folders=(tmp_path,))) == []
    assert find_systemd(around()) == []


def test_folder_that_may_not_be_read_is_passed_over(around, monkeypatch, tmp_path):
    """What cannot be listed names nothing."""

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "glob", refuse)  # Root, who runs the tests, may read everything.

    assert find_systemd(around(unit_folders=(tmp_path,))) == []
