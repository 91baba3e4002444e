"""The lock files: pinned, hashed, without addresses, and agreeing with each other and with pyproject.toml."""

import re
import tomllib

import pytest

import house_rules

LOCKS = ("core", "demo", "dev", "uv")


@pytest.fixture(scope="module")
def pins(texts):
    """Give each lock's versions by package name."""
    return {name: house_rules.parse_lock(texts[f"requirements/{name}.txt"]) for name in LOCKS}


@pytest.fixture(scope="module")
def project(texts):
    """Give pyproject.toml as data."""
    return tomllib.loads(texts["pyproject.toml"])


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_no_address(texts, name):
    """Where packages come from is each machine's own affair; the hashes say what they are."""
    assert house_rules.list_lock_addresses(texts[f"requirements/{name}.txt"]) == []


@pytest.mark.parametrize(
    "line",
    ["--index-url x", "-e .", "x @ file:///x", "x==1 # https://example.org", "--find-links y", "-f y", "/opt/x.whl"],
)
def test_address_in_a_lock_is_named(line):
    """Every way a lock can point at a place is seen."""
    assert len(house_rules.list_lock_addresses(f"x==1\n{line}\n")) == 1


@pytest.mark.parametrize("text", ["x>=1 \\\n    --hash=sha256:00\n", "x==1\n"])
def test_unpinned_or_unhashed_requirement_is_refused(text):
    """A requirement without `==` or without a hash is no lock."""
    with pytest.raises(ValueError, match="Not pinned with a hash: x"):
        house_rules.parse_lock(text)


def test_smaller_locks_are_parts_of_the_largest(pins):
    """What is demonstrated and shipped is what was tested: core and demo hold versions of dev, no others."""
    for smaller, larger in (("core", "demo"), ("demo", "dev"), ("uv", "dev")):
        assert pins[smaller].items() <= pins[larger].items(), smaller


def test_locks_hold_what_pyproject_asks(pins, project):
    """`make lock` was run after the last change of a dependency."""
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "core": project["project"]["dependencies"],
        "demo": [*extras["demo"], *extras["postgres"], *project["dependency-groups"]["build"]],
        "dev": [line for line in project["dependency-groups"]["dev"] if isinstance(line, str)],
        "uv": project["dependency-groups"]["installer"],
    }

    for lock, requirements in wanted.items():
        for requirement in requirements:
            name, version = re.fullmatch(r"([a-z0-9.-]+)(?:\[[a-z,]+\])?==([0-9.]+)", requirement).groups()
            assert pins[lock].get(name.replace(".", "-")) == version, f"{lock}.txt: {requirement}"


def test_build_back_end_is_the_locked_one(pins, project):
    """An isolated build and the set-up's own build use the same hatchling."""
    assert project["build-system"]["requires"] == [f"hatchling=={pins['demo']['hatchling']}"]


def test_core_stays_small(pins):
    """The core set is about 40 packages: a new one that drags in ten is noticed here."""
    assert len(pins["core"]) <= 45
