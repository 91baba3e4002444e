"""The table of systems: what it knows, and what it says of the rest."""

import subprocess
import sys
from textwrap import dedent

import pytest

from fermata import integrations
from fermata.integrations import SYSTEMS, list_systems, resolve_system
from fermata.kit.errors import UserError
from fermata.ports.system import System


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution for one test: its metadata, and a module `fermata_pager` with the system `Pager`."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "fermata_pager.py").write_text(
        dedent("""
            from fermata.ports.system import System

            class Pager(System):
                name = "pager"
        """)
    )

    def put(distribution, *, systems=(), extras=()):
        folder = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", "Version: 1.0"]
        (folder / "METADATA").write_text("\n".join([*lines, *(f"Provides-Extra: {extra}" for extra in extras)]) + "\n")
        (folder / "entry_points.txt").write_text("\n".join(["[fermata.systems]", *systems]) + "\n")

    yield put
    sys.modules.pop("fermata_pager", None)


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_system_of_the_table_resolves_to_its_class(name):
    """Each line of the table names a class that calls itself by the same name."""
    system = resolve_system(name)

    assert issubclass(system, System)
    assert system.name == name
    assert system.Settings.model_config["extra"] == "forbid"


def test_listing_imports_no_system():
    """Asking for the names costs no import: `fermata --help` has a start budget."""
    script = (
        "import sys; from fermata.integrations import list_systems; list_systems(); "
        "print([m for m in sys.modules if m.startswith('fermata.integrations.')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=path_of_source()
    )

    assert done.stdout.strip() == "[]"


def path_of_source():
    """Give an environment in which a child finds the package where this process found it."""
    return {"PYTHONPATH": ":".join(sys.path)}


def test_misspelt_name_is_answered_with_what_is_near():
    """A wrong name in the settings is a slip of the finger more often than not."""
    with pytest.raises(UserError, match="Perhaps prometheus is meant") as refusal:
        resolve_system("promethius")

    assert refusal.value.facts["name"] == "promethius"


def test_name_near_nothing_is_answered_with_what_is_known():
    """The list of names is short enough to be told."""
    with pytest.raises(UserError, match="Known are alertmanager, chaosmesh, confluence"):
        resolve_system("zzz")


def test_third_party_system_is_listed_and_resolved(install):
    """A distribution adds a system by an entry point, without a line here."""
    install("pager", systems=["pager = fermata_pager:Pager"])

    assert "pager" in list_systems()
    assert resolve_system("pager").name == "pager"


def test_third_party_cannot_replace_a_system_of_the_table(install):
    """Installing a package must not change who executes `supervisor.restart`."""
    install("pager", systems=["console = fermata_pager:Pager"])

    assert resolve_system("console").__module__ == "fermata.integrations.console.system"
    assert list_systems().count("console") == 1


def test_name_claimed_twice_is_refused(install):
    """Which of two packages would win is nobody's decision: the person is asked."""
    install("pager", systems=["pager = one:Pager"])
    install("other-pager", systems=["pager = other:Pager"])

    with pytest.raises(UserError, match="registered 2 times") as refusal:
        resolve_system("pager")

    assert "one:Pager, other:Pager" in refusal.value.why


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_package.system:Pager", "No module named"),
        ("fermata_pager:NoSuchClass", "has no attribute"),
        ("fermata.ports.system:CheckResult", "not a subclass"),
        ("fermata.kit.clock:format_instant", "not a subclass"),
    ],
)
def test_entry_point_that_is_no_system_is_refused(install, value, why):
    """What a package registers is checked before anything of it is built."""
    install("pager", systems=[f"pager = {value}"])

    with pytest.raises(UserError, match="cannot be used") as refusal:
        resolve_system("pager")

    assert why in refusal.value.why


@pytest.mark.parametrize(
    ("extras", "command"),
    [
        (["demo", "metrics"], "pip install 'fermata-ops[metrics]'"),
        (["demo"], "pip install no_such_package"),
        ([], "pip install no_such_package"),
    ],
)
def test_missing_package_is_named_with_the_command_that_helps(install, monkeypatch, extras, command):
    """An extra of the system's name is recommended where it is declared, else the package itself."""
    install("fermata-ops", extras=extras)
    # No system of the table needs a package beyond the core today.
    monkeypatch.setattr(integrations, "SYSTEMS", {"metrics": "no_such_package.system:Metrics"})

    with pytest.raises(UserError, match="needs the Python package no_such_package") as refusal:
        resolve_system("metrics")

    assert refusal.value.do == f"Install it: {sys.executable} -m {command}"


def test_missing_module_of_ours_is_not_taken_for_an_option(monkeypatch):
    """A broken installation is not explained away by an extra."""
    monkeypatch.setattr(integrations, "SYSTEMS", {"ghost": "fermata.integrations.ghost.system:Ghost"})

    with pytest.raises(ModuleNotFoundError, match="ghost"):
        resolve_system("ghost")
