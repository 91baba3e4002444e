"""Of a compose file for all services, the lines of one."""

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.own_lines import list_own_hunks, makes_containers


def list_own(lines, names=("cache",), variables=()):
    """Give the changed lines that are a service's own."""
    numbered = tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1))
    found = list_own_hunks(parse_diff(numbered), names, variables)
    return [f"{line.sign}{line.text}" for _, own in found for line in own]


@pytest.mark.parametrize("path", ["compose.yaml", "deploy/docker-compose.prod.yml", "compose.override.yaml"])
def test_lines_below_the_service_are_its_own(path):
    """As the heading says it; a service that begins in the hunk is told by its line."""
    lines = [
        *(f"+++ b/{path}", "@@ -3,8 +3,8 @@ services: cache: environment:"),
        *("-      SIZE: 1", "+      SIZE: 2", "     image: base", "", "   db:", "-    image: db:1", "+    image: db:2"),
    ]

    assert list_own(lines) == ["-      SIZE: 1", "+      SIZE: 2"]
    assert list_own(lines, ("db",)) == ["-    image: db:1", "+    image: db:2"]
    assert list_own(lines, ("web",)) == []


def test_service_that_stands_in_the_hunk_needs_no_heading():
    """As of a forge's diff, whose heading is the top key alone."""
    lines = [
        "+++ b/compose.yaml",
        "@@ -3,4 +3,4 @@ services:",
        "   cache:",
        '-    command: ["a"]',
        '+    command: ["b"]',
    ]

    assert list_own(lines) == ['-    command: ["a"]', '+    command: ["b"]']


def test_name_below_what_another_service_depends_on_has_no_settings_there():
    """They are those of who depends on it."""
    lines = [
        *("+++ b/compose.yaml", "@@ -3,9 +3,9 @@ services:", "   web:", "     depends_on:", "       cache:"),
        *("-        condition: service_started", "+        condition: service_healthy"),
    ]

    assert list_own(lines) == []
    assert len(list_own(lines, ("web",))) == 2


def test_items_of_a_list_are_below_what_the_list_is():
    """They are keys of nothing."""
    lines = ["+++ b/compose.yaml", "@@ -9 +9,2 @@ services: cache: command:", '       - "--port"', '+      - "6380"']

    assert list_own(lines) == ['+      - "6380"']


def test_service_that_comes_or_goes_is_not_below_itself():
    """Its own settings are what stands below its name."""
    assert list_own(["+++ b/compose.yaml", "@@ -3 +3,2 @@ services:", "+  cache:", "+    image: a"]) == [
        "+    image: a"
    ]


@pytest.mark.parametrize(
    ("path", "own"), [(".env", 1), ("deploy/worker.env", 1), (".env.production", 1), ("env.py", 0)]
)
def test_variable_of_an_env_file_is_whose_it_is(path, own):
    """Comments and others' variables are not."""
    lines = [f"+++ b/{path}", "@@ -1 +1 @@", "+BATCH_SIZE=ten", "+OTHER=1", "+# BATCH_SIZE", "+"]

    assert list_own(lines, variables=("BATCH_SIZE",)) == ["+BATCH_SIZE=ten"] * own


def test_empty_hunk_has_no_lines():
    """A change of mode alone."""
    assert list_own(["+++ b/compose.yaml", "@@ -1 +1 @@ services:", " "]) == []


@pytest.mark.parametrize(
    ("path", "makes"),
    [
        ("compose.yaml", True),
        ("deploy/docker-compose.prod.yml", True),
        ("env/orders.env", True),
        (".env.production", True),
        ("src/compose.py", False),
        ("fermata.yaml", False),
    ],
)
def test_files_of_compose_and_of_variables_make_containers(path, makes):
    """What they say takes effect as a container is made, whatever its image holds."""
    assert makes_containers(["README.md", path]) == makes
