"""Who is at the keyboard, and what is not asked because it cannot be used."""

import pytest

from fermata.cli.setup import asking
from fermata.cli.setup.asking import guess_owner, list_silent, name_owner, note_missing_packages
from fermata.kit.errors import UserError
from fermata.ports.system import CheckResult
from fermata.rules.setup.findings import Found
from fermata.settings.tree import Settings


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("alice", "alice"),
        ("uid:1000", "uid-1000"),
        ("DOMAIN\\alice", "DOMAIN-alice"),
        ("fermata", "operator"),
        ("Unknown", "operator"),
        ("\\", "operator"),
    ],
)
def test_owner_can_stand_in_the_settings(handle, expected):
    """Whatever the login name is: an id that is taken, and the handle as it is."""
    owner = name_owner(handle, "Alice")

    person = {"id": owner.id, "name": owner.name, "handles": {"console": owner.handle}}
    assert owner.id == expected
    assert Settings.model_validate({"people": [person]}).people[0].handles["console"] == handle


@pytest.mark.parametrize(
    ("handle", "name", "expected"),
    [
        ("root", "Mei Tanaka", "mei"),
        ("ubuntu", "José", "josé"),
        ("root", "root", "root"),
        ("root", "Fermata", "operator"),
        ("mtanaka", "Mei Tanaka", "mtanaka"),
    ],
)
def test_account_that_many_use_lends_nobody_its_name(handle, name, expected):
    """A card that reads `approved by root` tells nobody who it was; a login name of one's own does."""
    owner = name_owner(handle, name)

    person = {"id": owner.id, "name": owner.name, "handles": {"console": owner.handle}}
    assert (owner.id, owner.handle) == (expected, handle)
    assert Settings.model_validate({"people": [person]}).people[0].id == expected


def test_user_without_an_entry_is_called_by_the_handle(monkeypatch):
    """As in a container."""
    monkeypatch.setattr(asking, "get_handle", lambda: "uid:4711")

    assert guess_owner().name == "uid:4711"


def test_system_whose_package_is_missing_says_what_to_install(monkeypatch):
    """It is found, and cannot be used; what was wrong with it before is not hidden by that."""

    def refuse(name):
        raise UserError("no", why="It needs the Python package lightkube", do="Install it")

    monkeypatch.setattr(asking, "resolve_system", refuse)
    noted = note_missing_packages([Found("kubernetes", "dev"), Found("docker", "d", problem="it is down")])

    assert [one.problem for one in noted] == ["It needs the Python package lightkube. Install it", "it is down"]


def test_silence_is_told_from_a_finding():
    """The first thing that is looked at is whether anybody answers; files answer always."""

    def result(name, *, ok):
        return CheckResult(name=name, ok=ok, text="It cannot be reached. Start it.")

    systems = [Found(name, name) for name in ("docker", "prometheus", "terraform", "loki", "console")]
    silent = list_silent(
        systems,
        [
            result("docker: engine", ok=False),
            result("prometheus: server", ok=True),
            result("prometheus: clock", ok=False),
            result("terraform: state of infra", ok=False),
        ],
    )

    assert silent == {"docker": "It cannot be reached"}
