import pytest
from pydantic import ValidationError

from fermata.integrations.git.system import Git
from fermata.testing.clock import FakeClock


def make(**repository):
    """Return validated settings with one repository."""
    return Git.Settings(repositories=[{"name": "shop", "path": "/srv/shop"} | repository])


@pytest.mark.parametrize(
    "repository",
    [
        {"path": "shop"},
        {"name": "a/b"},
        {"name": ""},
        {"services": {"checkout": ["/etc"]}},
        {"services": {"checkout": ["../other"]}},
        {"services": {"checkout": [""]}},
        {"env_files": {"checkout": "../x.env"}},
        {"mode": "push"},
        {"branch": "-D"},
        {"branch": "a b"},
        {"branch": "a..b;c"},
        {"colour": "red"},
    ],
)
def test_settings_that_could_reach_elsewhere_are_refused(repository):
    """Paths stay inside the repository, names stay names, unknown keys are errors."""
    with pytest.raises(ValidationError):
        make(**repository)


def test_two_repositories_of_one_name_are_refused():
    """A guardrail for one would cover the other."""
    with pytest.raises(ValidationError, match="a name of its own"):
        Git.Settings(repositories=[{"name": "shop", "path": "/a"}, {"name": "shop", "path": "/b"}])


def test_reverts_touch_nothing_that_runs_unless_told():
    """The default is the one that cannot hurt."""
    assert make().repositories[0].mode == "branch"


def test_building_the_system_does_no_io():
    """A folder that is not there is found by the doctor, not by the constructor."""
    system = Git(make(), FakeClock())

    assert [collector.name for collector in system.list_collectors()] == ["git.changes", "git.desired"]
    assert [action.spec.name for action in system.list_actions()] == ["git.revert_commit"]


async def test_services_of_the_settings_are_those_it_looks_after():
    """By these names an alert may call them."""
    system = Git(make(services={"checkout": ["."], "cart": ["cart"]}), FakeClock())

    assert await system.list_services() == ("checkout", "cart")
