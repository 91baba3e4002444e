"""From a bundle to a case: the scope is what alerts and the question name."""

import re

import pytest

from fermata.domain.diagnosis import ChangeVerdict, Diagnosis, Verdict
from fermata.flows.bundle.diagnose import SHIPPED_ACTIONS, build_case, diagnose_bundle
from fermata.integrations import SYSTEMS, resolve_system
from fermata.kit.clock import SystemClock
from fermata.ports.system import System
from fermata.rules.signatures import CATALOGUE


@pytest.fixture
def asked(folder):
    """Give a function that reads a bundle with a question."""

    def ask(question, title="something fails"):
        folder.write("bundle.yaml", f"version: 1\ntitle: {title}\nquestion: {question}\n")
        folder.write("logs/cart.log", "ERROR x\n")
        folder.write("logs/shop__checkout-1__main.log", "ERROR x\n")
        folder.write("graph.json", {"services": [{"name": "pay-gw"}], "edges": []})
        return [entity.ref for entity in build_case(folder.read()).scope.entities]

    return ask


def test_question_names_what_it_is_about(asked):
    """Words that are names of what the bundle speaks about, in the order they are asked; other words are words."""
    assert asked("Why does pay-gw refuse, since Cart was changed?") == ["service/pay-gw", "service/cart"]
    assert asked("Is checkout-1 well?") == ["pod/shop/checkout-1"]
    assert asked("What is wrong?") == []


def test_title_names_too(asked):
    """People put it there."""
    assert asked("why", title="cart is slow") == ["service/cart"]


def test_alert_name_is_no_name_beside_labels(folder):
    """A rule may be called as a workload is: its labels say what it is about. Without any, its name is all there is."""
    alert = {"title": "Cart", "started_at": "2026-11-23T12:00:00Z"}
    folder.write("bundle.yaml", "version: 1\n")
    folder.write("logs/cart.log", "ERROR x\n")
    folder.write("alerts/a.json", {**alert, "service": "edge"})
    named = build_case(folder.read()).scope.entities
    folder.write("alerts/a.json", alert)

    assert [entity.ref for entity in named] == ["service/edge"]
    assert [entity.ref for entity in build_case(folder.read()).scope.entities] == ["service/cart"]


def test_alert_comes_before_the_question(folder):
    """What a rule measured is what it is about first."""
    folder.write("bundle.yaml", "version: 1\nquestion: and cart?\n")
    folder.write("alerts/a.json", {"title": "x", "service": "edge", "started_at": "2026-11-23T12:00:00Z"})
    folder.write("logs/cart.log", "x\n")

    case = build_case(folder.read())

    assert [entity.ref for entity in case.scope.entities] == ["service/edge", "service/cart"]
    assert case.known_actions == SHIPPED_ACTIONS


def test_broken_bundle_names_its_gaps_in_the_diagnosis(folder):
    """What was left out is missing in the conclusion as well."""
    folder.write("logs/cart.log", "x\n")
    folder.write("changes/a.json", "{")

    assert "changes/a.json:1" in diagnose_bundle(folder.read()).diagnosis.gaps[0].reason


SECTIONS = {
    "docker": {"socket": "unix:///run/none.sock"},
    "git": {"repositories": [{"name": "shop", "path": "/none"}]},
    "github": {"token": "env:NONE", "repositories": {"shop/shop": {"services": {"checkout": ["a.py"]}}}},
    "gitlab": {"token": "env:NONE", "repositories": {"shop/shop": {"services": {"checkout": ["a.py"]}}}},
    "kubernetes": {"kubeconfig": "/none", "actions": ["*"]},
    "postgres": {"dsn": "postgresql:///none"},
    "supervisor": {"url": "http://127.0.0.1:9"},
    "systemd": {},
}
"""Of each system that has actions, the least that it must be told; nothing is asked of any of them."""
TRACKERS = {"jira", "linear"}
"""Their one action makes a follow-up that a person ticks: it is no answer to a fault."""
FOLLOW_UP = "create_issue"
"""The same on a forge, which has other actions, too."""


def list_answers(system):
    """Give the actions of a system that may answer a fault."""
    return [action for action in system.list_actions() if action.spec.name.partition(".")[2] != FOLLOW_UP]


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_shipped_actions_are_those_of_the_integrations(name):
    """What a bundle may be answered with is what the systems that ship offer, each with everything switched on."""
    system = resolve_system(name)
    shipped = {action for action in SHIPPED_ACTIONS if action.startswith(f"{name}.")}

    if name in SECTIONS:
        built = system(system.Settings.model_validate(SECTIONS[name]), SystemClock())
        assert {action.spec.name for action in list_answers(built)} == shipped
    else:
        assert system.list_actions is System.list_actions or name in TRACKERS
        assert shipped == set()


def test_actions_that_the_catalogue_names_are_shipped():
    """What a signature says that it proposes can be had; `<system>` stands for any of them."""
    named = {word for item in CATALOGUE for word in re.findall(r"(?<![\w>])[a-z]+\.[a-z]+_?[a-z_]+\b", item.action)}

    assert named
    assert named <= SHIPPED_ACTIONS


@pytest.fixture
def calm(folder, monkeypatch):
    """Give a bundle with a change, in which signatures find nothing wrong."""
    change = ChangeVerdict(id="77aa001", blame=0.0, why="Nothing is wrong that it could have brought about.")
    healthy = Diagnosis(verdict=Verdict.HEALTHY, changes=(change,))
    monkeypatch.setattr("fermata.flows.bundle.diagnose.diagnose", lambda _: healthy)
    folder.write("logs/cart.log", "2026-11-23T12:10:00Z INFO served\n")
    return folder


def test_calm_bundle_is_healthy(calm):
    """All of it was read."""
    diagnosis = diagnose_bundle(calm.read()).diagnosis

    assert diagnosis.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("name", "content"),
    [("psql/locks.txt", "x"), ("changes/log.rst", "x"), ("objects/free.txt", "total used\n"), ("alerts/b.json", "{")],
)
def test_calm_bundle_that_was_not_all_read_is_not_called_healthy(calm, name, content):
    """The failure may stand in a folder, a file or a text that nobody understood: that one is to look into."""
    calm.write(name, content)

    diagnosis = diagnose_bundle(calm.read()).diagnosis

    assert diagnosis.verdict is Verdict.UNDETERMINED
    (check,) = diagnosis.checks
    assert check.startswith(f"Look into {name}: ")
    assert [item.why[:11] for item in diagnosis.changes] == ["Not cleared"]


def test_many_unread_files_are_counted(calm):
    """Nobody reads a hundred names in one check."""
    for number in range(7):
        calm.write(f"psql/{number}.txt", "x")

    (check,) = diagnose_bundle(calm.read()).diagnosis.checks

    assert "psql/4.txt and 2 more: " in check
