"""The settings file that is written says what was chosen, and reads as what was meant."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fermata.rules.setup.composing import Choices, Owner, list_ready, write_scalar, write_section, write_settings_file
from fermata.rules.setup.findings import Found, Secret

ALICE = Owner("alice", "Alice Moreau", "alice")
CONSOLE = Found("console", "Cards in the terminal")
DOCKER = Found("docker", "Docker engine", section={"socket": "unix:///var/run/docker.sock"})
KUBERNETES = Found("kubernetes", "kind", section={"kubeconfig": "/home/alice/.kube/config", "context": "kind-dev"})
GITHUB = Found(
    "github",
    "GitHub: a/b",
    section={"token": "env:GITHUB_TOKEN", "repositories": {"a/b": {"services": ["b"]}}},
    secrets=(Secret("GITHUB_TOKEN", "a token"),),
)
JSON_TEXT = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF, exclude_categories=("Cs", "Cn", "Co")))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | JSON_TEXT,
    lambda inner: st.dictionaries(JSON_TEXT, inner, max_size=3),
    max_leaves=8,
)


def load(text):
    """Read YAML as Fermata does."""
    return YAML(typ="safe", pure=True).load(text)


def choose(*systems, **changes):
    """Give choices."""
    values = {"state_dir": ".fermata", "token_file": ".fermata/token", "schema_file": ".fermata/s.json"} | changes
    return Choices(owner=ALICE, systems=systems, **values)


def compose(*systems, **changes):
    """Give what the file says."""
    return load(write_settings_file(choose(*systems, **changes)))


def test_file_says_what_was_chosen():
    """State, token by reference, one person, and a section for each system; nothing is permitted."""
    tree = compose(CONSOLE, DOCKER)

    assert tree == {
        "state_dir": ".fermata",
        "server": {"alert_token": "file:.fermata/token"},
        "people": [{"id": "alice", "name": "Alice Moreau", "roles": ["oncall"], "handles": {"console": "alice"}}],
        "policy": {"guardrails": []},
        "systems": {"console": {}, "docker": {"socket": "unix:///var/run/docker.sock"}},
    }


def test_port_that_is_not_the_default_is_set():
    """Where another one was chosen, it stands there."""
    assert compose(CONSOLE, port=9000)["server"]["port"] == 9000


def test_editor_finds_the_schema_at_the_top():
    """The YAML language server reads it in the comments at the top."""
    text = write_settings_file(choose(CONSOLE))

    assert text.startswith("# fermata.yaml\n# yaml-language-server: $schema=.fermata/s.json\n")


@pytest.mark.parametrize("found", [GITHUB, replace(DOCKER, problem="Nobody answers there")])
def test_section_that_cannot_work_yet_is_a_comment_that_can_be_uncommented(found):
    """What waits for a secret or does not answer must not keep everything else from starting."""
    choices = choose(CONSOLE, found)
    text = write_settings_file(choices)

    assert load(text)["systems"] == {"console": {}}
    assert list_ready(choices) == (CONSOLE,)
    head, _, block = text.partition(f"  # {found.system}:")
    assert "uncomment these lines" in head
    block, _, rest = block.partition("\n\n")
    uncommented = head + f"  {found.system}:" + block.replace("\n  # ", "\n  ") + "\n\n" + rest
    assert load(uncommented)["systems"][found.system] == found.section
    assert "GITHUB_TOKEN" in text or "Nobody answers there" in text


def test_restarts_are_permitted_only_for_what_is_in_force():
    """A guardrail for each system that has something to restart; Kubernetes has to offer the action, too."""
    silent = Found("supervisor", "supervisord", section={"url": "unix:///s"}, problem="it does not answer")
    tree = compose(CONSOLE, DOCKER, KUBERNETES, silent, permits_restarts=True)

    rails = tree["policy"]["guardrails"]
    assert [rail["id"] for rail in rails] == ["docker-restart", "kubernetes-restart"]
    assert all(rail["approvers"] == {"roles": ["oncall"]} and rail["max_risk"] == "low" for rail in rails)
    assert [rail["max_blast_radius"] for rail in rails] == [1, 10]
    assert tree["systems"]["kubernetes"]["actions"] == ["kubernetes.rollout_restart"]


@pytest.mark.parametrize("systems", [(CONSOLE,), (CONSOLE, DOCKER, KUBERNETES)])
def test_what_is_not_permitted_stands_there_as_an_example(systems):
    """Without a word nothing is; what would permit it can be uncommented as it stands."""
    text = write_settings_file(choose(*systems))

    assert load(text)["policy"] == {"guardrails": []}
    assert "actions" not in (load(text)["systems"].get("kubernetes") or {})
    _, _, rest = text.partition("  guardrails: []")
    example, _, _ = rest.partition("\n\nsystems:")
    lines = [line.removeprefix("  # ") for line in example.splitlines() if line.startswith("  # ")]
    permitted = load("guardrails:\n" + "\n".join(line for line in lines if line.startswith("  ")))
    assert permitted["guardrails"][0]["actions"] == ["docker.restart_container"]


def test_slack_stands_there_to_be_uncommented():
    """Until it is chosen itself: the section is right but for the channel and the tokens."""
    text = write_settings_file(choose(CONSOLE))
    slack = Found("slack", "Slack", section={"bot_token": "env:B", "app_token": "env:A", "channel": "C1"})

    _, _, block = text.partition("  # slack:\n")
    section = load("\n".join(line.removeprefix("  # ") for line in block.splitlines()))
    assert section == {"bot_token": "env:SLACK_BOT_TOKEN", "app_token": "env:SLACK_APP_TOKEN", "channel": "C0123ABCD"}
    assert "fermata init slack" not in write_settings_file(choose(CONSOLE, slack))


def test_nothing_can_be_permitted_where_nothing_runs():
    """To permit restarts without a system that has any leaves the policy empty, not broken."""
    assert compose(CONSOLE, permits_restarts=True)["policy"] == {"guardrails": []}


def test_name_of_something_found_cannot_break_out_of_its_comment():
    """A container's name comes from outside: a line feed in it must not begin a setting."""
    evil = replace(DOCKER, title="x\nserver: {host: 0.0.0.0}\u2028y", notes=("a\rb: c",))

    tree = compose(evil)

    assert tree["server"] == {"alert_token": "file:.fermata/token"}
    assert set(tree["systems"]) == {"docker"}


def test_comments_stay_within_a_line():
    """What is long is wrapped, each line a comment."""
    lines = write_settings_file(choose(replace(DOCKER, title="word " * 60))).splitlines()

    assert max(map(len, lines)) <= 118


@given(VALUES)
def test_every_value_is_read_as_it_was_meant(value):
    """Whatever a name or a path holds: YAML gives back the same."""
    assert load("\n".join(write_section("key", {"inner": value}, 0)))["key"]["inner"] == value


@given(st.lists(JSON_TEXT | st.integers() | st.booleans(), min_size=1))
def test_every_list_is_read_as_it_was_meant(values):
    """Also between brackets, where a comma would end a word."""
    assert load("\n".join(write_section("key", {"inner": values}, 0)))["key"]["inner"] == values


def test_list_of_sections_is_a_block():
    """Each begins with a dash; what is inside keeps its form."""
    items = [{"name": "a b", "paths": {"x": ["."]}}, {"name": "no", "deep": [{"y": 1}]}]

    assert load("\n".join(write_section("key", {"items": items, "empty": {}}, 2))) == {
        "key": {"items": items, "empty": {}}
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("/var/run/x.sock", "/var/run/x.sock"),
        ("unix:///a", "unix:///a"),
        ("env:TOKEN", "env:TOKEN"),
        (".fermata", ".fermata"),
        ("Alice Moreau", "Alice Moreau"),
        ("yes", '"yes"'),
        ("Off", '"Off"'),
        ("12:30", '"12:30"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("", '""'),
        ("Ren\u00e9", '"Ren\u00e9"'),
        ("\u2028", '"\\u2028"'),
        (True, "true"),
        (3, "3"),
    ],
)
def test_scalar_has_quotes_only_where_it_needs_them(value, text):
    """A file for people: quotes are noise, and missing ones are mistakes."""
    assert write_scalar(value) == text
