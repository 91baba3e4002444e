"""Libraries, images and engines that a change moves, takes away, or leaves open."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.moves import find_move, list_move_edits


def find(as_lines, path, body):
    """Return text -> edit of a diff of one file."""
    diff = parse_diff(as_lines(f"+++ b/{path}\n@@ -1,9 +1,9 @@\n{body}"))
    return {edit.text: edit for edit in list_move_edits(diff)}


@pytest.mark.parametrize(
    ("old", "new", "strength"),
    [
        ("python:3.11.7-slim", "python:3.11.8-slim", 0.25),
        ("python:3.11-slim", "python:3.12-slim", 0.7),
        ("node:18-bookworm", "node:22-bookworm", 0.9),
        ("python:3.11-slim", "python:3.11-alpine", 0.7),
        ("debian", "alpine", 0.7),
    ],
)
def test_step_between_images_counts_by_what_comes_with_it(as_lines, old, new, strength):
    """A later patch of the same system is next to none."""
    (hunk,) = parse_diff(as_lines(f"+++ b/Dockerfile\n-FROM {old}\n+FROM {new}")).hunks

    assert find_move(hunk).strength == strength


@pytest.mark.parametrize("name", ["eslint", "@types/node", "rspec-core", "pytest"])
def test_tool_of_who_writes_a_program_moves_nothing_that_runs(as_lines, name):
    """A linter of another major version changes no answer."""
    (hunk,) = parse_diff(as_lines(f'+++ b/package.json\n-    "{name}": "8.57.0",\n+    "{name}": "9.9.0",')).hunks

    assert find_move(hunk) is None


@pytest.mark.parametrize("name", ["langchain", "moquette-broker", "majestic"])
def test_library_with_the_name_of_a_tool_in_its_own_is_none(as_lines, name):
    """`chai`, `moq` and `jest` are words in those of others."""
    (hunk,) = parse_diff(as_lines(f'+++ b/package.json\n-    "{name}": "8.57.0",\n+    "{name}": "9.9.0",')).hunks

    assert find_move(hunk) is not None


def test_minor_step_before_the_first_major_version_is_a_major_one(as_lines):
    """Nothing is promised until then; an inline table names its library in front."""
    (hunk,) = parse_diff(
        as_lines('+++ b/Cargo.toml\n-tls = { version = "0.11.2" }\n+tls = { version = "0.12.0" }')
    ).hunks

    move = find_move(hunk)

    assert (move.name, move.strength) == ("tls", 0.9)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('-    "kafkajs": "1.16.0"\n+    "kafkajs": "2.2.4"', "backlog"),
        ('-    "express": "4.1.0"\n+    "express": "5.0.0"', "routing"),
        ('-    "pg": "7.1.0"\n+    "pg": "8.0.0"', "pool"),
    ],
)
def test_library_breaks_what_it_is_for(as_lines, body, kind):
    """A client of a queue loses messages, a framework routes."""
    (edit,) = find(as_lines, "package.json", body).values()

    assert kind in edit.brings


def test_library_that_nobody_knows_is_no_edit(as_lines):
    """Its name says nothing."""
    assert find(as_lines, "package.json", '-    "left-pad": "1.1.0"\n+    "left-pad": "2.0.0"') == {}


@pytest.mark.parametrize(
    ("path", "body", "name", "kind"),
    [
        ("requirements.txt", "-redis==4.6.0", "redis", "import"),
        ("Gemfile", '-gem "redis", "~> 4.8"', "redis", "import"),
        ("package.json", '-    "@acme/x": "^1.0.0",', "@acme/x", "import"),
        ("Dockerfile", " RUN apt-get install -y \\\n-    ffmpeg \\\n     curl", "ffmpeg", "notfound"),
        ("Dockerfile", "-RUN apk add --no-cache tzdata curl\n+RUN apk add --no-cache curl", "tzdata", "time"),
        ("Dockerfile", "-COPY --from=b /etc/ca-certificates.crt /etc/", "ca-certificates.crt", "tls"),
    ],
)
def test_what_is_no_longer_put_in_is_missed(as_lines, path, body, name, kind):
    """A library, a package of the system, a file."""
    assert kind in find(as_lines, path, body)[f"{name} is no longer put in"].brings


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("requirements.txt", "-redis==4.6.0\n+redis==4.6.0  # pinned"),
        ("Dockerfile", "-RUN apt-get update\n-RUN apt-get install -y libpq5\n+RUN apt-get update && apt-get install -y libpq5"),
        ("Dockerfile", "-EXPOSE 80"),
        ("values.yaml", "-redis==4.6.0"),
    ],
)  # fmt: skip
def test_what_is_put_in_otherwise_is_not_missed(as_lines, path, body):
    """Pinned, in one step with others; and what is no library."""
    assert find(as_lines, path, body) == {}


def test_version_that_is_left_open_may_be_any(as_lines):
    """What is taken then nobody chose."""
    assert "any version may be taken" in find(as_lines, "package.json", '-    "m": "0.5.43",\n+    "m": "*",')
    assert "any version may be taken" not in find(as_lines, "package.json", '+    "m": "*",')
